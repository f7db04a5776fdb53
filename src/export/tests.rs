use futures_util::FutureExt;

use super::*;
use crate::aws::names::RoleArn;
use crate::inputs::{Goal, Inputs, RawInputs};
use crate::lines::env_name::EnvName;
use crate::stores::naming::Scope;
use crate::stores::resolve::Level;
use crate::text::table::Table;

fn value(name: &str, kind: Kind, text: &str) -> Value {
    Value {
        name: EnvName::parse(name).unwrap(),
        kind,
        text: Secret::new(text),
        also: None,
        level: Level::Store(Scope::Environment),
        secret_name: "o/repo/o/r/env/prod/secrets".to_owned(),
        secret_arn: "arn".to_owned(),
        version_id: "<v|1>".to_owned(),
    }
}

const PROFILE: (&str, &str) = ("export-aws-credentials", "profile:deploy");

fn inputs(given: &[(&str, &str)], environment: &str) -> Inputs {
    let required = [
        ("cognito-identity-pool-id", "us-west-2:12345678-1234-1234-1234-1234567890ab"),
        ("cognito-role-arn", "arn:aws:iam::123456789012:role/r"),
        ("values", "A,secret"),
    ];
    let inputs = required.iter().chain(given).map(|(name, text)| ((*name).to_owned(), Secret::new(*text))).collect();
    let environment = serde_json::from_str(environment).unwrap();
    let raw = RawInputs {
        goal: Goal::Export,
        claims: Table::default(),
        inputs,
        environment,
        windows: false,
        unmasked: false,
    };
    Inputs::parse(raw).unwrap()
}

fn export<'a>(inputs: &'a Inputs, outcome: &'a Outcome) -> Export<'a> {
    let account = inputs.session.session_role().map(RoleArn::account);
    Export { options: &inputs.export, region: Some(&inputs.region), account, source: "AWS Secrets Manager", outcome }
}

fn planned(values: &[Value], given: &[(&str, &str)], environment: &str) -> Result<(ExportPlan, Vec<String>), Error> {
    let secret = |text: &str| Secret::new(text);
    let session = Session {
        credentials: Credentials {
            access_key_id: secret("ASIACANARY"),
            secret_access_key: secret("key-canary"),
            session_token: Some(secret("token-canary")),
        },
        arn: "arn:aws:sts::123456789012:assumed-role/r/7@abc".to_owned(),
        expiration: Some("2026-11-22T04:00:00Z".to_owned()),
        answered: None,
    };
    let outcome = Outcome {
        values: values.to_vec(),
        session: Some(session),
        session_name: Some("7@abc".to_owned()),
        ..Outcome::default()
    };
    export(&inputs(given, environment), &outcome).plan(async || Ok(())).now_or_never().unwrap()
}

fn plan(values: &[Value], to_environment: bool, to_outputs: bool) -> (ExportPlan, Vec<String>) {
    let text = |yes: bool| if yes { "true" } else { "false" };
    let given = [("export-env", text(to_environment)), ("export-outputs", text(to_outputs))];
    planned(values, &given, "{}").unwrap()
}

/// The runner's reading of a file command, after `FileCommandManager.cs`.
fn read(commands: &Secret) -> Vec<(String, String)> {
    let mut lines = commands.secret().split('\n');
    let mut pairs = Vec::new();
    while let Some((name, delimiter)) = lines.next().and_then(|line| line.split_once("<<")) {
        let value: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        pairs.push((name.to_owned(), value.join("\n")));
    }
    pairs
}

#[test]
fn the_runner_reads_back_what_was_planned() {
    let hard = "a\nGITHUB_PATH<<x\n=\nghadelimiter_\r\n\n";
    let values = [value("A", Kind::Secret, hard), value("B", Kind::Variable, "")];
    let (plan, _) = plan(&values, true, true);
    let expected = [("A", hard), ("B", "")].map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(read(&plan.environment), expected);
    let outputs = read(&plan.outputs);
    let names: Vec<_> = outputs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["aws-account-id", "role-session-name", "values-loaded", "A", "B"]);
    assert_eq!(outputs[2].1, "2");
}

#[test]
fn nothing_goes_where_it_was_not_asked_for() {
    let (plan, _) = plan(&[value("A", Kind::Secret, "canary")], false, false);
    assert_eq!(plan.environment.secret(), "");
    assert!(!plan.outputs.secret().contains("canary"));
    assert!(plan.masks.iter().any(|mask| mask.secret() == "canary"));
}

#[test]
fn variables_are_not_masked_and_no_value_is_in_the_summary() {
    let values = [value("A", Kind::Variable, "visible"), value("B", Kind::Secret, "canary")];
    let (plan, _) = plan(&values, true, true);
    assert!(!plan.masks.iter().any(|mask| mask.secret().contains("visible")));
    assert!(plan.summary.contains("| `B` | secret | environment: `o/repo/o/r/env/prod/secrets` | `<v?1>` | yes |"));
    assert!(!plan.summary.contains("canary") && !plan.summary.contains("visible"));
    assert!(!format!("{plan:?}").contains("canary"));
}

#[test]
fn what_others_choose_is_code_in_the_summary_and_nothing_else() {
    for (chosen, shown) in [
        ("![x](https://evil.example/x.png)", "![x](https://evil.example/x.png)"),
        ("<img src=x> @octo-org/all #1", "<img src=x> @octo-org/all #1"),
        ("a` **b** ``c", "a? **b** ??c"),
        ("a | b \\| c\\", "a ? b ?? c?"),
        ("a\n\n# b\r\n</pre>", "a?u{a}?u{a}# b?u{d}?u{a}</pre>"),
        (" a ", "a"),
    ] {
        let chosen_id = Value { version_id: chosen.to_owned(), ..value("A", Kind::Variable, "x") };
        let (plan, _) = plan(&[chosen_id], true, false);
        assert!(plan.summary.contains(&format!(" | `{shown}` | no |\n")), "{}", plan.summary);
        assert_eq!(plan.summary.lines().count(), 6, "{}", plan.summary);
    }
    let without = Value { version_id: String::new(), ..value("A", Kind::Variable, "x") };
    assert!(plan(&[without], true, false).0.summary.contains(" |  | no |\n"));
}

#[test]
fn a_summary_that_github_would_drop_is_shortened_and_says_by_how_much() {
    let long = |name: &str| Value { secret_name: "n".repeat(512), ..value(name, Kind::Variable, "x") };
    let values: Vec<_> = (0..8000).map(|number| long(&format!("V{number}"))).collect();
    let summary = plan(&values, true, false).0.summary;
    assert!((900_000..1 << 20).contains(&summary.len()), "{}", summary.len());
    let listed = summary.lines().filter(|line| line.starts_with("| `V")).count();
    let told = format!("\n\n{} more values are not listed: a step's summary is limited to 1 MiB.\n", 8000 - listed);
    assert!(listed > 1000 && summary.ends_with(&(told + "\n")), "{listed}");
    assert!(!plan(&values[..1000], true, false).0.summary.contains("not listed"));
}

#[test]
fn credentials_stay_inside_unless_they_are_asked_for() {
    let (plan, _) = planned(&[], &[], "{}").unwrap();
    assert!(plan.masks.is_empty() && plan.profile.is_none() && plan.environment.secret().is_empty());
}

#[test]
fn credentials_go_to_the_environment_with_their_region_and_masks() {
    let (plan, _) = planned(&[], &[("export-aws-credentials", "env")], "{}").unwrap();
    let expected = [
        ("AWS_ACCESS_KEY_ID", "ASIACANARY"),
        ("AWS_SECRET_ACCESS_KEY", "key-canary"),
        ("AWS_SESSION_TOKEN", "token-canary"),
        ("AWS_REGION", "us-west-2"),
        ("AWS_DEFAULT_REGION", "us-west-2"),
    ];
    assert_eq!(read(&plan.environment), expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    for (_, text) in &expected[..3] {
        assert!(plan.masks.iter().any(|mask| mask.secret() == *text), "{text}");
    }
    assert!(plan.summary.contains("until 2026-11-22T04:00:00Z, in the environment"), "{}", plan.summary);
    assert!(!plan.summary.to_lowercase().contains("canary") && !format!("{plan:?}").contains("canary"));
}

#[test]
fn credentials_go_to_a_profile_and_not_to_the_environment() {
    let (plan, warnings) = planned(&[], &[PROFILE], "{}").unwrap();
    let profile = plan.profile.unwrap();
    assert_eq!((profile.name.as_str(), profile.overwrite, profile.region.as_str()), ("deploy", false, "us-west-2"));
    let names: Vec<_> = profile.credentials.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"]);
    assert_eq!(profile.credentials[1].1.secret(), "key-canary");
    assert_eq!((plan.environment.secret(), plan.masks.len() >= 3, warnings.len()), ("", true, 0));
}

#[test]
fn a_profile_beside_credentials_of_the_environment_is_warned_about() {
    let (_, warnings) = planned(&[], &[PROFILE], r#"{"AWS_ACCESS_KEY_ID": "AKIA"}"#).unwrap();
    assert!(warnings[0].contains("AWS_ACCESS_KEY_ID is set") && warnings[0].contains("deploy"), "{warnings:?}");
}

#[test]
fn a_value_that_would_change_the_exported_credentials_is_refused() {
    for name in ["AWS_REGION", "aws_access_key_id", "Aws_Session_Token", "aws_default_region"] {
        let values = [value(name, Kind::Variable, "eu-west-1")];
        let error = planned(&values, &[("export-aws-credentials", "env")], "{}").unwrap_err();
        assert!(error.to_string().contains(name) && error.code().as_str() == "value-unusable", "{error}");
        assert!(planned(&values, &[PROFILE], "{}").is_ok());
    }
}

#[test]
fn every_delimiter_is_new() {
    let (plan, _) = plan(&[value("A", Kind::Secret, "a"), value("B", Kind::Secret, "b")], true, false);
    let delimiters: Vec<_> = plan.environment.secret().lines().filter_map(|line| line.split_once("<<")).collect();
    assert_eq!(delimiters.len(), 2);
    assert_ne!(delimiters[0].1, delimiters[1].1);
}

#[test]
fn an_empty_secret_is_warned_about_by_name() {
    let (_, warnings) = plan(&[value("B", Kind::Secret, " ")], true, false);
    assert!(warnings[0].starts_with("B ") && warnings.len() == 1, "{warnings:?}");
}

#[test]
fn nothing_is_said_of_masks_that_nobody_is_told() {
    let mut inputs = inputs(&[], "{}");
    inputs.export.unmasked = true;
    let values = vec![value("A", Kind::Secret, "main"), value("B", Kind::Secret, "")];
    let outcome = Outcome { values, ..Outcome::default() };
    let plan = export(&inputs, &outcome).plan(async || Ok(())).now_or_never().unwrap();
    let (plan, warnings) = plan.unwrap();
    assert!(plan.masks.is_empty() && warnings.is_empty(), "{warnings:?}");
}

#[test]
fn one_warning_names_all_secrets_whose_masks_hide_ordinary_text_and_shows_none() {
    let json = r#"{"password":"postgres","engine":"mysql","port":5432}"#;
    let texts = ["abc", "refs-main-secret", "main", "5432", json, r#"{"engine":"mysql"}"#, "a\nmain\n", "production"];
    let values: Vec<_> =
        texts.iter().zip('A'..).map(|(text, name)| value(&name.to_string(), Kind::Secret, text)).collect();
    let (_, warnings) = plan(&values, true, false);
    assert!(warnings.len() == 1 && warnings[0].starts_with("A, C, D, E, G, H "), "{warnings:?}");
    assert!(!texts.iter().any(|text| warnings[0].contains(text)), "{warnings:?}");
}

#[test]
fn the_host_gets_its_turn_between_long_secrets_and_may_end_the_plan() {
    let outcome = |bytes: usize| {
        let values = (0..4).map(|index| value(&format!("V{index}"), Kind::Secret, &"a1B2".repeat(bytes / 4))).collect();
        Outcome { values, ..Outcome::default() }
    };
    let inputs = &inputs(&[], "{}");
    let turns = std::cell::Cell::new(0);
    let give_way = async || {
        turns.set(turns.get() + 1);
        if turns.get() < 4 { Ok(()) } else { Err(Error::OutOfTime(inputs.timeout)) }
    };
    let plan = |outcome: &Outcome| export(inputs, outcome).plan(give_way).now_or_never().unwrap().err();
    assert_eq!((plan(&outcome(1024)), turns.get()), (None, 0));
    assert_eq!((plan(&outcome(48 * 1024)), turns.get()), (None, 2));
    assert_eq!((plan(&outcome(65 * 1024)), turns.get()), (Some(Error::OutOfTime(inputs.timeout)), 4));
}
