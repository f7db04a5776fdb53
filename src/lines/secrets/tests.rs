use super::*;
use crate::aws::names::RoleArn;

const ARN: &str = "arn:aws:secretsmanager:eu-central-1:210987654321:secret:shared/datadog-AbCdEf";

const VERSION: &str = "9d4cb84b-ad69-40c0-a0ab-cead36b967e8";

fn wanted(line: &str) -> (Option<String>, SecretVersion) {
    let role = RoleArn::parse("arn:aws:iam::123456789012:role/r").unwrap();
    let (region, account) = (Region::parse("us-west-2").unwrap(), AccountId::parse("123456789012").unwrap());
    let line = SecretLine::parse(line).unwrap();
    let source = line.source(Home { region: &region, account: Some(&account), role: Some(&role) });
    let Source::Secret(wanted) = source else { panic!("{source:?}") };
    (line.key.clone(), wanted)
}

fn parts(line: &str) -> (String, [Option<String>; 3]) {
    let (key, SecretVersion { secret, stage, id }) = wanted(line);
    (secret.as_parameter().to_owned(), [key, stage, id])
}

#[test]
fn a_secret_is_named_with_key_stage_and_version() {
    let some = |text: &str| Some(text.to_owned());
    for secret in ["shared/datadog", "a=b@c.d+e-f_g", "rds!db-1", ARN] {
        let line = |rest: &str| parts(&format!("A={secret}{rest}"));
        let of = |fields| (secret.to_owned(), fields);
        for all in ["", ":", "::", ":::"] {
            assert_eq!(line(all), of([None, None, None]), "{all}");
        }
        assert_eq!(line(":api-key"), of([some("api-key"), None, None]));
        assert_eq!(line(":api key::"), of([some("api key"), None, None]));
        assert_eq!(line("::AWSPREVIOUS"), of([None, some("AWSPREVIOUS"), None]));
        assert_eq!(line(&format!(":::{VERSION}")), of([None, None, some(VERSION)]));
        assert_eq!(line(&format!(":k:AWSCURRENT:{VERSION}")), of([some("k"), some("AWSCURRENT"), some(VERSION)]));
    }
}

#[test]
fn wrong_lines_are_told_by_what_is_wrong() {
    for (line, problem) in [
        ("A", "is not `ENV_VAR="),
        ("A,secret", "is not `ENV_VAR="),
        ("A=", "no secret's name"),
        ("A=a b", "no secret's name"),
        ("A=a:k:s:v:more", "more than three"),
        ("A=a:k:s:short", "version id"),
        ("1A=a", "not a name for an environment variable"),
        ("PATH=a", "refused"),
        ("A=arn:aws:secretsmanager:us-west-2:123:secret:a", "an ARN that is not"),
        ("A=arn:aws:ssm:us-west-2:123456789012:parameter", "arn:PARTITION:ssm:REGION:ACCOUNT:parameter/NAME"),
        ("A=arn:aws:ssm:us-west-2:123456789012:parameter/a:b:c", "[:VERSION-OR-LABEL]"),
        ("A=arn:aws:ssm:us-west-2:123456789012:parameter/a:0", "neither the number of a version nor a label"),
        (
            "A=arn:aws:ssm:us-west-2:123456789012:parameter/a/*",
            "write `*=arn:aws:ssm:us-west-2:123456789012:parameter/a/*`",
        ),
        ("*=arn:aws:ssm:us-west-2:123456789012:parameter/a", "parameter/PATH/*`"),
        ("*=arn:aws:ssm:us-west-2:123456789012:parameter/a/*:3", "a path (`/*`) does not take"),
        ("*=shared/a", "parameter/PATH/*`"),
        ("PATH=arn:aws:ssm:us-west-2:123456789012:parameter/a", "refused"),
        ("A=arn:aws:secretsmanager:us-west-2:123456789012:secret:", "an ARN that is not"),
    ] {
        let told = SecretLine::parse(line).unwrap_err();
        assert!(told.contains(problem), "{line}: {told}");
    }
}

#[test]
fn wrong_lines_are_quoted_with_their_numbers() {
    let problems = parse("# a comment\n\nA=a\nB\nA=b\n").unwrap_err();
    assert_eq!(problems.len(), 2);
    assert!(problems[0].starts_with("line 4, `B`: is not"), "{problems:?}");
    assert_eq!(problems[1], "line 5, `A=b`: `A` is already set on line 3");
}

#[test]
fn a_name_like_ssm_is_a_secrets_and_its_rest_a_key() {
    assert_eq!(parts("A=ssm:NAME"), ("ssm".to_owned(), [Some("NAME".to_owned()), None, None]));
}

#[test]
fn paths_are_compared_with_their_case() {
    let arn = "arn:aws:ssm:us-west-2:123456789012:parameter";
    assert_eq!(parse(&format!("*={arn}/a/*\n*={arn}/A/*\nA={arn}/a/b")).unwrap().len(), 3);
    let problems = parse(&format!("*={arn}/a/*\n*={arn}/a/*")).unwrap_err();
    assert_eq!(problems, [format!("line 2, `*={arn}/a/*`: is there twice")]);
}
