//! The ways to a session other than Cognito's basic flow, the second role, and what a run ends with: against a scripted host.

use std::time::Duration;

use crate::scripted_host::*;
use env_kvstore::aws::sigv4::Credentials;
use env_kvstore::error::Error;
use env_kvstore::inputs::Goal;
use env_kvstore::text::secret::Secret;
use serde_json::{Value, json};

const STORE: &str = "octo-org/repo/octo-org/app/secrets";
const STS: &str = "sts.amazonaws.com";
const OREGON: &str = "https://secretsmanager.us-west-2.amazonaws.com/";

fn enhanced(values: &str) -> Script {
    Script::new(values).input("identity", "cognito-enhanced")
}

/// Without a pool, and with a region instead.
fn web_identity(values: &str) -> Script {
    Script::new(values)
        .input("identity", "web-identity")
        .input("cognito-identity-pool-id", "")
        .environment("AWS_REGION", "us-west-2")
}

/// With neither pool nor role.
fn environment(values: &str) -> Script {
    Script::new(values).with_environment_identity(ENVIRONMENT).environment("AWS_REGION", "us-west-2")
}

/// A job whose token is for STS.
fn job_for_sts() -> Job {
    Job::push().claim("aud", STS)
}

trait Ways {
    fn signed_in_for_sts(self, job: &Job) -> Self;
    fn enhanced_session(self, job: &Job) -> Self;
    fn direct_session(self, job: &Job) -> Self;
    fn chained(self, by: Keys) -> Self;
}

impl Ways for Script {
    fn signed_in_for_sts(self, job: &Job) -> Self {
        self.together([job.github_token().for_audience(STS), jwks()])
    }

    fn enhanced_session(self, job: &Job) -> Self {
        self.signed_in(job).then(job.get_id()).then(job.get_credentials())
    }

    fn direct_session(self, job: &Job) -> Self {
        self.signed_in_for_sts(job).then(job.assume_role_with(job.jwt()))
    }

    /// The second role, by its default tags.
    fn chained(self, by: Keys) -> Self {
        self.input("chain-role-arn", CHAINED_ROLE).then(assume_chained_role(by, &TAGS))
    }
}

fn read_by(keys: Keys) -> Expectation {
    store(STORE, &document(&["A"])).signed_by(keys)
}

#[track_caller]
fn loaded(run: &Run) -> Vec<(String, String)> {
    let early = run.early_connections.iter().map(|early| early.origin.clone());
    for origin in early {
        let is_used = run.requests.iter().any(|sent| sent.url == format!("{origin}/"));
        assert!(is_used, "{origin} was connected to and not used");
    }
    read_file_commands(&run.plan().environment)
}

#[track_caller]
fn loads_a(run: &Run) {
    assert_eq!(loaded(run), [("A".to_owned(), value_of("A"))]);
}

fn outputs(run: &Run) -> Vec<String> {
    read_file_commands(&run.plan().outputs).into_iter().map(|(_, text)| text).collect()
}

#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

#[track_caller]
fn nothing_was_sent(run: &Run) {
    assert!(run.requests.is_empty() && run.early_connections.is_empty(), "{:?}", run.requests);
}

/// What an error says of inputs.
#[track_caller]
fn problems(run: &Run) -> Vec<String> {
    nothing_was_sent(run);
    let Error::InvalidInput(problems) = run.error() else { panic!("{}", run.error()) };
    problems.iter().map(ToString::to_string).collect()
}

/// The inputs that an error is about.
#[track_caller]
fn inputs_in(problems: &[String]) -> Vec<&str> {
    problems.iter().map(|problem| problem.split(':').next().unwrap()).collect()
}

fn same(credentials: &Credentials, Keys { id, secret, token }: Keys) -> bool {
    let text = Secret::secret;
    text(&credentials.access_key_id) == id
        && text(&credentials.secret_access_key) == secret
        && credentials.session_token.as_ref().map(text) == token
}

// The enhanced flow

#[test]
fn the_enhanced_flow_gets_credentials_of_cognito_and_asks_sts_for_nothing() {
    let job = Job::push();
    let run = enhanced("A,secret").enhanced_session(&job).then(read_by(SESSION)).run();
    loads_a(&run);
    assert_eq!(run.names()[2..], ["GetId", "GetCredentialsForIdentity", &format!("GetSecretValue {STORE}")]);
    assert!(run.log_text().contains(&format!("Assumed {ROLE} until {EXPIRATION}")), "{}", run.log_text());
}

#[test]
fn the_enhanced_flows_session_has_the_name_that_cognito_gives_it() {
    let run = enhanced("A,secret")
        .input("role-session-name", "{no_such_claim}")
        .enhanced_session(&Job::push())
        .then(read_by(SESSION))
        .run();
    assert_eq!(outputs(&run), ["123456789012", "CognitoIdentityCredentials", "1"]);
}

#[test]
fn the_enhanced_flow_has_the_basic_ones_audience_account_and_region() {
    let job = Job::push();
    let account = json!({
        "AccountId": "333333333333", "IdentityPoolId": POOL,
        "Logins": { "token.actions.githubusercontent.com": job.jwt() },
    });
    let frankfurt = "https://cognito-identity.eu-central-1.amazonaws.com/";
    let run = enhanced("A,secret")
        .input("cognito-account-id", "333333333333")
        .input("cognito-region", "eu-central-1")
        .signed_in(&job)
        .then(job.get_id().at(frankfurt).body(account))
        .then(job.get_credentials().at(frankfurt))
        .then(read_by(SESSION))
        .run();
    loads_a(&run);
}

#[test]
fn an_end_of_the_session_that_is_no_time_is_left_out_or_refused() {
    let job = Job::push();
    let with = |expiration: &str| {
        let credentials = format!(
            r#"{{"AccessKeyId":"{}","SecretKey":"{SECRET_ACCESS_KEY}","SessionToken":"{SESSION_TOKEN}"{expiration}}}"#,
            SESSION.id
        );
        let script = enhanced("A,secret").signed_in(&job).then(job.get_id());
        let answered =
            job.get_credentials().answers(200, &format!(r#"{{"IdentityId":"x","Credentials":{credentials}}}"#));
        (script, answered)
    };
    for (expiration, expected) in [(r#","Expiration":1.7953173E9"#, EXPIRATION), (r#","Expiration":1e300"#, "its end")]
    {
        let (script, answered) = with(expiration);
        let run = script.then(answered).then(read_by(SESSION)).run();
        run.plan();
        assert!(run.log_text().contains(&format!("until {expected}\n")), "{}", run.log_text());
    }
    for expiration in ["", r#","Expiration":"soon""#, r#","Expiration":null"#] {
        let (script, answered) = with(expiration);
        script.then(answered.again_and_again()).run().fails_with("answer-unusable");
    }
}

#[test]
fn credentials_of_cognito_that_lack_a_part_are_unusable() {
    let job = Job::push();
    let whole = json!({
        "AccessKeyId": SESSION.id, "SecretKey": SESSION.secret, "SessionToken": SESSION.token, "Expiration": START,
    });
    for part in ["AccessKeyId", "SecretKey", "SessionToken"] {
        for wrong in [json!(""), Value::Null, json!(7)] {
            let mut credentials = whole.clone();
            credentials[part] = wrong;
            let body = json!({ "IdentityId": IDENTITY, "Credentials": credentials }).to_string();
            let answered = job.get_credentials().answers(200, &body).again_and_again();
            enhanced("A,secret").signed_in(&job).then(job.get_id()).then(answered).run().fails_with("answer-unusable");
        }
    }
}

#[test]
fn refusals_of_get_credentials_for_identity_have_codes() {
    let job = Job::push();
    for (code, message, expected, says) in [
        (
            "InvalidIdentityPoolConfigurationException",
            "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
            "assume-role-denied",
            "CognitoIdentityCredentials",
        ),
        ("ResourceNotFoundException", "Identity not found.", "identity-pool-not-found", POOL),
        ("NotAuthorizedException", "Logins don't match.", "issuer-not-in-identity-pool", "OIDC provider"),
        ("NotAuthorizedException", "Invalid login token. Token expired", "github-token-refused", "issuer and audience"),
        ("ExternalServiceException", "Unable to reach", "issuer-not-reachable-by-cognito", "reachable from AWS"),
        ("ResourceConflictException", "Conflict", "cognito-refused", "docs/set-up-aws.md"),
    ] {
        let refused = job.get_credentials().refused(400, code, message);
        let run = enhanced("A,secret").signed_in(&job).then(job.get_id()).then(refused).run();
        let parts = [says, "GetCredentialsForIdentity", ROLE, POOL, code, message, "req-1"];
        assert_says(&run.fails_with(expected), &parts);
    }
}

// STS by the GitHub token

#[test]
fn web_identity_shows_the_github_token_to_sts_and_calls_nobody_at_cognito() {
    let job = job_for_sts();
    let body = format!(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&\
         RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fgithub-actions&RoleSessionName=7001%40{SHA}&\
         DurationSeconds=900&WebIdentityToken={}",
        job.jwt()
    );
    let assume = job.assume_role_with(job.jwt()).text(&body);
    let run = web_identity("A,secret").signed_in_for_sts(&job).then(assume).then(read_by(SESSION)).run();
    loads_a(&run);
    assert_eq!(run.names()[2..], ["AssumeRoleWithWebIdentity", &format!("GetSecretValue {STORE}")]);
    assert_eq!(outputs(&run), ["123456789012", SESSION_NAME, "1"]);
}

#[test]
fn a_pool_is_not_looked_at_where_none_is_used() {
    let job = job_for_sts();
    let run = web_identity("A,secret")
        .input("cognito-identity-pool-id", "no pool at all")
        .direct_session(&job)
        .then(read_by(SESSION))
        .run();
    loads_a(&run);
}

#[test]
fn web_identity_takes_name_duration_and_audience_as_asked() {
    let job = Job::push().claim("aud", "ours");
    let assume =
        job.assume_role_with(job.jwt()).form_field("RoleSessionName", "ci-mona").form_field("DurationSeconds", "43200");
    let run = web_identity("A,secret")
        .input("audience", "ours")
        .input("role-session-name", "ci-{actor}")
        .input("role-duration-seconds", "43200")
        .together([job.github_token().for_audience("ours"), jwks()])
        .then(assume)
        .then(read_by(SESSION))
        .run();
    loads_a(&run);
}

#[test]
fn a_given_token_for_another_audience_is_told_what_this_identity_wants() {
    let job = Job::push();
    let text = web_identity("A,secret").input("github-token", job.jwt()).then(jwks()).run();
    let text = text.fails_with("github-token-audience");
    assert_says(&text, &["`cognito-identity.amazonaws.com`, expected `sts.amazonaws.com`", "`audience`"]);
    assert!(!text.contains("identity pool"), "{text}");
}

#[test]
fn regions_without_a_pool_are_those_of_the_inputs_and_then_of_the_environment() {
    let both = [("AWS_REGION", "us-east-2"), ("AWS_DEFAULT_REGION", "us-east-1")];
    for (inputs, environment, sts, stores) in [
        (&[][..], &both[..], "us-east-2", "us-east-2"),
        (&[], &both[1..], "us-east-1", "us-east-1"),
        (&[("aws-region", "eu-west-1")], &both, "eu-west-1", "eu-west-1"),
        (&[("cognito-region", "eu-west-2")], &[], "eu-west-2", "eu-west-2"),
        (&[("cognito-region", "eu-west-2")], &both, "eu-west-2", "us-east-2"),
        (&[("cognito-region", "eu-west-2"), ("aws-region", "eu-west-1")], &both, "eu-west-2", "eu-west-1"),
        (&[("secrets-manager-region", "eu-west-3")], &both, "us-east-2", "eu-west-3"),
    ] {
        let job = job_for_sts();
        let script = web_identity("A,secret").environment("AWS_REGION", "").signed_in_for_sts(&job);
        let script = inputs.iter().fold(script, |script, (name, text)| script.input(name, text));
        let script = environment.iter().fold(script, |script, (name, text)| script.environment(name, text));
        let run = script
            .then(job.assume_role_with(job.jwt()).at(&format!("https://sts.{sts}.amazonaws.com/")))
            .then(read_by(SESSION).at(&format!("https://secretsmanager.{stores}.amazonaws.com/")).signed_for(stores))
            .run();
        loads_a(&run);
    }
}

#[test]
fn accounts_without_a_pool_are_the_roles_or_those_of_the_inputs() {
    let job = job_for_sts();
    for input in ["aws-account-id", "secrets-manager-account-id"] {
        let arn = format!("arn:aws:secretsmanager:us-west-2:333333333333:secret:{STORE}");
        let read = store(&arn, &document(&["A"]));
        let run = web_identity("A,secret").input(input, "333333333333").direct_session(&job).then(read).run();
        loads_a(&run);
        assert_eq!(outputs(&run)[0], "123456789012");
    }
}

#[test]
fn refusals_of_the_github_token_by_sts_have_codes() {
    let issuer = "token.actions.githubusercontent.com";
    for (status, code, message, expected, says) in [
        (403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", "assume-role-denied", issuer),
        (
            400,
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com",
            "github-token-refused",
            "account 123456789012",
        ),
        (400, "InvalidIdentityToken", "Incorrect token audience", "github-token-refused", "`audience`"),
        (400, "ExpiredTokenException", "Token expired", "github-token-refused", issuer),
        (
            400,
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            "role-duration-refused",
            "role-duration-seconds",
        ),
        (400, "ValidationError", "1 validation error detected", "assume-role-refused", "role-session-name"),
        (403, "RegionDisabledException", "STS is not activated", "sts-region-disabled", "IAM's account settings"),
    ] {
        let job = job_for_sts();
        let refused = job.assume_role_with(job.jwt()).refused_by_sts(status, code, message);
        let run = web_identity("A,secret").signed_in_for_sts(&job).then(refused).run();
        let text = run.fails_with(expected);
        assert_says(&text, &[says, "AssumeRoleWithWebIdentity", ROLE, SESSION_NAME, code, message, "sts-2"]);
        assert!(!text.contains("pool") || expected == "sts-region-disabled", "{text}");
    }
}

#[test]
fn a_key_that_sts_could_not_retrieve_is_asked_for_again() {
    let job = job_for_sts();
    let message = "Couldn't retrieve verification key from your identity provider";
    let refused = job.assume_role_with(job.jwt()).refused_by_sts(400, "InvalidIdentityToken", message);
    let run = web_identity("A,secret")
        .signed_in_for_sts(&job)
        .then(refused)
        .then(job.assume_role_with(job.jwt()))
        .then(read_by(SESSION))
        .run();
    loads_a(&run);
}

#[test]
fn denial_of_a_store_says_that_a_session_by_the_github_token_has_no_tags() {
    let denied = store(STORE, "").refused(400, "AccessDeniedException", "User is not authorized");
    let run = web_identity("A,secret").direct_session(&job_for_sts()).then(denied).run();
    assert_says(&run.fails_with("store-access-denied"), &["session has no tags", "chain-session-tags", ROLE]);
}

// Tokens that end before an attempt

#[test]
fn a_token_that_is_about_to_end_is_renewed_before_each_call_that_shows_it() {
    for shows in ["GetId", "GetCredentialsForIdentity", "AssumeRoleWithWebIdentity"] {
        let audience = if shows == "AssumeRoleWithWebIdentity" { STS } else { AUDIENCE };
        let (old, new) = (Job::push().claim("aud", audience), Job::push().claim("aud", audience).claim("jti", "new"));
        let ends_soon = old.claim("exp", START + 8);
        let token = |job: &Job| [job.github_token().for_audience(audience), jwks()];
        // The first attempt takes all the time that the old token has left.
        let slow = |expectation: Expectation| expectation.answers(503, "").after(Duration::from_secs(4));
        let script = match audience {
            STS => web_identity("A,secret"),
            _ => enhanced("A,secret"),
        };
        let script = script.together(token(&ends_soon));
        let script = match shows {
            "GetId" => script
                .then(slow(ends_soon.get_id()))
                .together(token(&new))
                .then(new.get_id())
                .then(new.get_credentials()),
            "GetCredentialsForIdentity" => script
                .then(ends_soon.get_id())
                .then(slow(ends_soon.get_credentials()))
                .together(token(&new))
                .then(new.get_credentials()),
            _ => script
                .then(slow(ends_soon.assume_role_with(ends_soon.jwt())))
                .together(token(&new))
                .then(new.assume_role_with(new.jwt())),
        };
        let run = script.then(read_by(SESSION)).run();
        loads_a(&run);
        assert_eq!(run.count(shows), 2);
    }
}

#[test]
fn a_given_token_that_ends_before_a_retry_is_not_shown_again() {
    let job = job_for_sts().claim("exp", START + 2);
    let slow = job.assume_role_with(job.jwt()).answers(503, "").after(Duration::from_secs(3));
    let run = web_identity("A,secret").input("github-token", job.jwt()).then(jwks()).then(slow).then(jwks()).run();
    run.fails_with("github-token-expired");
    assert_eq!(run.count("AssumeRoleWithWebIdentity"), 1);
}

// Credentials of the environment

#[test]
fn the_environments_credentials_read_stores_that_the_token_names_and_it_is_shown_to_nobody() {
    let job = Job::push();
    let run = environment("A,secret").signed_in(&job).then(read_by(ENVIRONMENT)).run();
    loads_a(&run);
    assert_eq!(run.names()[2..], [format!("GetSecretValue {STORE}")]);
    assert_eq!(outputs(&run), ["", "", "1"]);
}

#[test]
fn no_token_is_asked_for_where_nothing_needs_its_claims() {
    let run = environment("")
        .input("secrets", "A=shared/a")
        .then(store("shared/a", &value_of("A")).signed_by(ENVIRONMENT))
        .run();
    loads_a(&run);
    assert_eq!(run.names(), ["GetSecretValue shared/a"]);
}

#[test]
fn claims_that_are_given_take_the_place_of_the_tokens() {
    let run = environment("A,secret").claim("repository", "octo-org/app").then(read_by(ENVIRONMENT)).run();
    loads_a(&run);
    let production = "team/repo/octo-org/app/env/production/secrets";
    let run = environment("A,secret")
        .input("namespace", "team")
        .claim("repository", "octo-org/app")
        .claim("environment", "production")
        .together([
            store(production, &document(&["A"])).signed_by(ENVIRONMENT),
            store("team/repo/octo-org/app/secrets", "{}").signed_by(ENVIRONMENT),
        ])
        .run();
    loads_a(&run);
}

#[test]
fn a_users_credentials_have_no_session_token() {
    let user = Keys { id: "AKIACANARYACCESSKEY4", token: None, ..ENVIRONMENT };
    let run = environment("A,secret")
        .environment("AWS_SESSION_TOKEN", "")
        .environment_keys(user)
        .input("export-aws-credentials", "env")
        .signed_in(&Job::push())
        .then(read_by(user))
        .run();
    let names: Vec<_> = loaded(&run).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION", "A"]);
}

#[test]
fn an_account_beside_the_environments_credentials_gives_an_arn_of_the_regions_partition() {
    for (region, partition, suffix) in [
        ("us-west-2", "aws", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
        ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
    ] {
        for input in ["secrets-manager-account-id", "aws-account-id"] {
            let arn = format!("arn:{partition}:secretsmanager:{region}:333333333333:secret:{STORE}");
            let run = environment("A,secret")
                .environment("AWS_REGION", region)
                .input(input, "333333333333")
                .claim("repository", "octo-org/app")
                .then(
                    store(&arn, &document(&["A"]))
                        .signed_by(ENVIRONMENT)
                        .at(&format!("https://secretsmanager.{region}.{suffix}/"))
                        .signed_for(region),
                )
                .run();
            loads_a(&run);
        }
    }
}

#[test]
fn expired_and_unknown_credentials_of_the_environment_are_told_as_such() {
    for code in ["ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId"] {
        let refused = store(STORE, "").signed_by(ENVIRONMENT).refused(400, code, "The security token is no good");
        let run = environment("A,secret").claim("repository", "octo-org/app").then(refused).run();
        assert_says(&run.fails_with("credentials-refused"), &[code, STORE, "us-west-2"]);
    }
}

#[test]
fn denial_of_a_store_names_the_environments_credentials_and_no_role() {
    let denied = read_by(ENVIRONMENT).refused(400, "AccessDeniedException", "User is not authorized");
    let run = environment("A,secret").claim("repository", "octo-org/app").then(denied).run();
    assert_says(&run.fails_with("store-access-denied"), &["the environment's credentials", STORE, "us-west-2"]);
}

#[test]
fn the_environments_claims_that_no_store_can_be_named_by_are_told_before_anything_is_sent() {
    for (claim, text) in [("repository", "octo-org/my app"), ("environment", "prod eu")] {
        let run = environment("A,secret").claim("repository", "octo-org/app").claim(claim, text);
        let run = run.input("environment-store", "required").run();
        assert_says(&run.fails_with("claim-unusable"), &[&format!("`{claim}`"), text]);
        assert!(run.requests.is_empty());
    }
}

// The second role

#[test]
fn a_second_role_is_assumed_by_the_first_ones_session_with_claims_as_its_tags() {
    let job = Job::push();
    let body = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A222222222222%3Arole%2Freader&\
         RoleSessionName=7001%40{SHA}&DurationSeconds=900&\
         Tags.member.1.Key=event_name&Tags.member.1.Value=push&\
         Tags.member.2.Key=ref&Tags.member.2.Value=refs%2Fheads%2Fmain&\
         Tags.member.3.Key=repository&Tags.member.3.Value=octo-org%2Fapp&\
         Tags.member.4.Key=run_id&Tags.member.4.Value=7001&\
         Tags.member.5.Key=sha&Tags.member.5.Value={SHA}"
    );
    let run = Script::new("A,secret")
        .input("chain-role-arn", CHAINED_ROLE)
        .with_session(&job)
        .then(assume_chained_role(SESSION, &TAGS).text(&body))
        .then(read_by(CHAINED))
        .run();
    loads_a(&run);
    let last = ["AssumeRoleWithWebIdentity", "AssumeRole", &format!("GetSecretValue {STORE}")];
    assert_eq!(run.names()[4..], last);
    assert_eq!(outputs(&run), ["222222222222", SESSION_NAME, "1"]);
    let assumed = format!("Assumed arn:aws:sts::222222222222:assumed-role/reader/{SESSION_NAME} until {EXPIRATION}");
    assert!(run.log_text().contains(&assumed), "{}", run.log_text());
}

#[test]
fn every_identity_leads_to_a_second_role() {
    let (job, for_sts) = (Job::push(), job_for_sts());
    loads_a(&enhanced("A,secret").enhanced_session(&job).chained(SESSION).then(read_by(CHAINED)).run());
    loads_a(&web_identity("A,secret").direct_session(&for_sts).chained(SESSION).then(read_by(CHAINED)).run());
    loads_a(&environment("A,secret").signed_in(&job).chained(ENVIRONMENT).then(read_by(CHAINED)).run());
    // The token gives the tags, though nothing else needs it.
    let secrets = environment("").input("secrets", "A=shared/a").signed_in(&job).chained(ENVIRONMENT);
    loads_a(&secrets.then(store("shared/a", &value_of("A")).signed_by(CHAINED)).run());
}

#[test]
fn the_enhanced_flows_second_session_has_the_name_that_the_input_gives() {
    let run = enhanced("A,secret").enhanced_session(&Job::push()).chained(SESSION).then(read_by(CHAINED)).run();
    assert_eq!(outputs(&run), ["222222222222", SESSION_NAME, "1"]);
}

#[test]
fn a_second_role_is_assumed_by_given_claims_if_they_fill_the_sessions_name() {
    let given = || environment("A,secret").input("chain-role-arn", CHAINED_ROLE).claim("repository", "octo-org/app");
    let tags = [("repository", "octo-org/app")];
    let run = given()
        .input("role-session-name", "laptop")
        .then(assume_chained_role(ENVIRONMENT, &tags).form_field("RoleSessionName", "laptop"))
        .then(read_by(CHAINED))
        .run();
    loads_a(&run);
    let run = given().run();
    assert_says(&run.fails_with("claim-unusable"), &["`run_id`", "absent"]);
    assert!(run.requests.is_empty());
}

#[test]
fn the_second_sessions_tags_are_the_claims_that_are_named_and_present_each_once() {
    for (names, tags) in [
        ("actor,environment, ref ", &[("actor", "mona"), ("ref", "refs/heads/main")][..]),
        ("sha\nactor\n", &[("sha", SHA), ("actor", "mona")]),
        ("ref,actor,ref", &[("ref", "refs/heads/main"), ("actor", "mona")]),
        ("environment", &[]),
        ("none", &[]),
        // On GitHub an input that is empty is one that is left out.
        ("", &TAGS),
    ] {
        let run = Script::new("A,secret")
            .input("chain-role-arn", CHAINED_ROLE)
            .input("chain-session-tags", names)
            .with_session(&Job::push().claim("environment", ""))
            .then(assume_chained_role(SESSION, tags))
            .then(read_by(CHAINED))
            .run();
        loads_a(&run);
    }
}

#[test]
fn tags_of_the_second_session_are_transitive_if_they_are_named_and_sent() {
    for (tags, keys, transitive) in [
        ("", "", &[][..]),
        ("", "none", &[]),
        ("", "repository, sha", &["repository", "sha"]),
        ("", "sha\nrepository\nsha", &["sha", "repository"]),
        // This job has no environment, and STS refuses the key of a tag that is not there.
        ("", "environment,repository", &["repository"]),
    ] {
        let run = Script::new("A,secret")
            .input("chain-role-arn", CHAINED_ROLE)
            .input("chain-session-tags", tags)
            .input("chain-transitive-tag-keys", keys)
            .with_session(&Job::push())
            .then(assume_chained_role_transitively(SESSION, &TAGS, transitive))
            .then(read_by(CHAINED))
            .run();
        loads_a(&run);
    }
}

#[test]
fn a_key_that_is_no_tag_of_the_second_session_is_told_before_anything_is_sent() {
    for (tags, keys, says) in [
        ("repository", "repository,sha", "`sha` is not among the claims of `chain-session-tags`"),
        ("none", "repository", "`repository` is not among"),
        ("", "actor", "`actor` is not among"),
        ("", "none,sha", "is not names of claims"),
    ] {
        let run = Script::new("A,secret")
            .input("chain-role-arn", CHAINED_ROLE)
            .input("chain-session-tags", tags)
            .input("chain-transitive-tag-keys", keys)
            .run();
        let problems = problems(&run);
        assert_eq!(inputs_in(&problems), ["chain-transitive-tag-keys"]);
        assert_says(&problems[0], &[says]);
        nothing_was_sent(&run);
    }
}

#[test]
fn a_job_with_every_claim_gives_every_default_tag() {
    let job = Job::production()
        .claim("actor_id", "583231")
        .claim("enterprise", "octo")
        .claim("job_workflow_ref", "octo-org/app/.github/workflows/w.yml@refs/heads/main");
    let tags = [
        ("actor_id", "583231"),
        ("enterprise", "octo"),
        ("environment", "production"),
        ("event_name", "push"),
        ("job_workflow_ref", "octo-org/app/.github/workflows/w.yml@refs/heads/main"),
        ("ref", "refs/heads/main"),
        ("repository", "octo-org/app"),
        ("run_id", "7001"),
        ("sha", SHA),
    ];
    let base = "octo/repo/octo-org/app";
    let run = Script::new("A,secret")
        .input("chain-role-arn", CHAINED_ROLE)
        .with_session(&job)
        .then(assume_chained_role(SESSION, &tags))
        .together([
            store(&format!("{base}/env/production/secrets"), &document(&["A"])).signed_by(CHAINED),
            store(&format!("{base}/secrets"), "{}").signed_by(CHAINED),
        ])
        .run();
    loads_a(&run);
}

#[test]
fn a_claim_that_no_tag_can_hold_is_named_before_the_second_role_is_asked_for() {
    let too_long = "x".repeat(257);
    for (value, says) in [("dependabot[bot]", "`[`"), (too_long.as_str(), "257 characters")] {
        let job = Job::push().claim("triggering_actor", value);
        let run = Script::new("A,secret")
            .input("chain-role-arn", CHAINED_ROLE)
            .input("chain-session-tags", "triggering_actor")
            .with_session(&job)
            .run();
        let text = run.fails_with("claim-unusable");
        assert_says(&text, &["`triggering_actor`", says, "`chain-session-tags`"]);
        assert!(!text.contains("tag map"), "{text}");
    }
}

#[test]
fn stores_of_a_second_role_are_in_its_account() {
    let job = Job::push();
    // In the second role's own account a name is enough, and in the first one's it is not.
    for (account, secret_id) in [
        ("222222222222", STORE.to_owned()),
        ("123456789012", format!("arn:aws:secretsmanager:us-west-2:123456789012:secret:{STORE}")),
    ] {
        let run = Script::new("A,secret")
            .input("secrets-manager-account-id", account)
            .with_session(&job)
            .chained(SESSION)
            .then(store(&secret_id, &document(&["A"])).signed_by(CHAINED))
            .run();
        loads_a(&run);
    }
    // The pool stays in the first role's.
    assert_eq!(
        Script::new("A,secret").with_session(&job).chained(SESSION).then(read_by(CHAINED)).run().count("GetId"),
        1
    );
}

#[test]
fn the_second_role_is_asked_for_where_the_first_one_was() {
    let job = Job::push();
    let frankfurt = "https://sts.eu-central-1.amazonaws.com/";
    let cognito = "https://cognito-identity.eu-central-1.amazonaws.com/";
    let run = Script::new("A,secret")
        .input("cognito-region", "eu-central-1")
        .input("chain-role-arn", CHAINED_ROLE)
        .input("role-duration-seconds", "3600")
        .signed_in(&job)
        .then(job.get_id().at(cognito))
        .then(job.get_open_id_token().at(cognito))
        .then(job.assume_role().at(frankfurt).form_field("DurationSeconds", "3600"))
        .then(
            assume_chained_role(SESSION, &TAGS)
                .at(frankfurt)
                .signed_for("eu-central-1")
                .form_field("DurationSeconds", "3600"),
        )
        .then(read_by(CHAINED).at(OREGON))
        .run();
    loads_a(&run);
}

#[test]
fn refusals_of_the_second_role_have_codes() {
    for (status, code, message, expected, says) in [
        (
            403,
            "AccessDenied",
            "User is not authorized to perform: sts:AssumeRole",
            "chain-role-denied",
            "sts:TagSession",
        ),
        (
            403,
            "ExpiredToken",
            "The security token included in the request is expired",
            "credentials-refused",
            "partition",
        ),
        (403, "InvalidClientTokenId", "The security token is invalid", "credentials-refused", "partition"),
        (403, "SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2", "signature-refused", "clock"),
        (403, "RequestExpired", "Request has expired.", "signature-refused", "clock"),
        (400, "PackedPolicyTooLarge", "Packed size", "session-tags-too-large", "chain-session-tags"),
        (403, "RegionDisabledException", "STS is not activated", "sts-region-disabled", "IAM's account settings"),
        (
            400,
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            "role-duration-refused",
            "role-duration-seconds",
        ),
        (
            400,
            "InvalidParameterValue",
            "conflicts with a transitive tag key",
            "assume-role-refused",
            "Remove that claim",
        ),
        (400, "InvalidParameterValue", "must be included in the requested tags", "assume-role-refused", "become tags"),
    ] {
        let refused = assume_chained_role(SESSION, &TAGS).refused_by_sts(status, code, message);
        let run = Script::new("A,secret")
            .input("chain-role-arn", CHAINED_ROLE)
            .with_session(&Job::push())
            .then(refused)
            .run();
        let text = run.fails_with(expected);
        assert_says(&text, &[says, "AssumeRole for", CHAINED_ROLE, SESSION_NAME, code, message, "sts-2"]);
    }
}

#[test]
fn denial_of_the_second_role_names_the_tags_that_its_session_would_have_had() {
    let refused = assume_chained_role(SESSION, &TAGS).refused_by_sts(403, "AccessDenied", "not authorized");
    let script = Script::new("A,secret").input("chain-role-arn", CHAINED_ROLE).with_session(&Job::push());
    let text = script.then(refused).run().fails_with("chain-role-denied");
    assert_says(&text, &["event_name=push", "ref=refs/heads/main", "repository=octo-org/app", "chain-session-tags"]);
}

#[test]
fn denial_of_a_store_names_the_second_role_and_its_tags() {
    let denied = read_by(CHAINED).refused(400, "AccessDeniedException", "User is not authorized");
    let run = Script::new("A,secret").with_session(&Job::push()).chained(SESSION).then(denied).run();
    let text = run.fails_with("store-access-denied");
    assert_says(&text, &[CHAINED_ROLE, "repository=octo-org/app", "account 222222222222"]);
    assert!(!text.contains(ROLE) && !text.contains("resource policy"), "{text}");
}

#[test]
fn a_clock_that_sts_finds_wrong_is_corrected_for_the_second_role() {
    let skewed = "Signature expired: 20261122T020000Z is now earlier than 20261122T024500Z";
    let job = Job::push().claim("nbf", START - 7200);
    let assume = || assume_chained_role(SESSION, &TAGS);
    let refused = assume().refused_by_sts(403, "SignatureDoesNotMatch", skewed).header("date", &http_date(START));
    let run = Script::new("A,secret")
        .clock_off(-3600)
        .input("chain-role-arn", CHAINED_ROLE)
        .with_session(&job)
        .then(refused.signed_at(START - 3600))
        .then(assume().signed_at(START))
        .then(read_by(CHAINED).signed_at(START))
        .run();
    loads_a(&run);
}

#[test]
fn keys_that_sts_repeats_in_a_refusal_are_left_out() {
    for echoed in [SESSION.id, SESSION.secret, SESSION_TOKEN, &SESSION_TOKEN[..20]] {
        for code in ["SignatureDoesNotMatch", "AccessDenied", "FlyingMonkeys"] {
            let refused =
                assume_chained_role(SESSION, &TAGS).refused_by_sts(403, code, &format!("The key {echoed} is no good"));
            let script = Script::new("A,secret").input("chain-role-arn", CHAINED_ROLE).with_session(&Job::push());
            script.forbid(echoed).then(refused).run().error();
        }
    }
}

#[test]
fn answers_that_are_not_what_was_promised_are_errors_without_an_excerpt() {
    let job = Job::push();
    let direct =
        "<AssumeRoleWithWebIdentityResponse><AccessKeyId>CANARY</AccessKeyId></AssumeRoleWithWebIdentityResponse>";
    for body in ["", "CANARY", "{\"CANARY\":1}", "<html>CANARY</html>", "{\"Credentials\":\"CANARY\"}", direct] {
        let credentials = job.get_credentials().answers(200, body).again_and_again();
        let run = enhanced("A,secret").signed_in(&job).then(job.get_id()).then(credentials).run();
        run.fails_with("answer-unusable");
        let chained = assume_chained_role(SESSION, &TAGS).answers(200, body).again_and_again();
        let script = Script::new("A,secret").input("chain-role-arn", CHAINED_ROLE).with_session(&job);
        script.then(chained).run().fails_with("answer-unusable");
    }
}

// Wrong inputs

#[test]
fn every_wrong_input_is_told_at_once() {
    let run = environment("A,secrt")
        .environment("AWS_REGION", "")
        .environment("AWS_SECRET_ACCESS_KEY", "")
        .input("chain-role-arn", "reader")
        .input("chain-session-tags", "repository,run-id")
        .input("export-aws-credentials", "profile:a b")
        .input("overwrite-aws-profile", "yes")
        .input("role-duration-seconds", "60")
        .claim("repository", "app")
        .run();
    let problems = problems(&run);
    let expected = [
        "identity",
        "chain-role-arn",
        "chain-session-tags",
        "export-aws-credentials",
        "values",
        "role-duration-seconds",
        "overwrite-aws-profile",
        "repository",
        "aws-region",
    ];
    assert_eq!(inputs_in(&problems), expected);
}

#[test]
fn each_wrong_input_is_told_alone() {
    for (script, input, says) in [
        (Script::new("A,secret").input("identity", "enviroment"), "identity", "`enviroment` is not cognito, "),
        // What an identity that nobody knows would need is not told.
        (
            Script::new("A,secret").input("identity", "Environment").input("cognito-identity-pool-id", ""),
            "identity",
            "`Environment` is not cognito, cognito-enhanced, web-identity or environment",
        ),
        (
            Script::new("A,secret").input("identity", "env").input("cognito-role-arn", ""),
            "identity",
            "`env` is not cognito, ",
        ),
        (enhanced("A,secret").input("cognito-identity-pool-id", ""), "cognito-identity-pool-id", "is required"),
        (enhanced("A,secret").input("cognito-role-arn", ""), "cognito-role-arn", "is required"),
        (web_identity("A,secret").input("cognito-role-arn", ""), "cognito-role-arn", "is required"),
        (
            web_identity("A,secret").environment("AWS_REGION", ""),
            "aws-region",
            "is required with `identity: web-identity`, or AWS_REGION",
        ),
        (
            environment("A,secret").environment("AWS_REGION", ""),
            "aws-region",
            "is required with `identity: environment`, or AWS_REGION",
        ),
        (
            environment("A,secret").environment("AWS_ACCESS_KEY_ID", ""),
            "identity",
            "needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ),
        (
            environment("A,secret").environment("AWS_SECRET_ACCESS_KEY", " "),
            "identity",
            "needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ),
        (
            environment("A,secret").environment("AWS_REGION", "Oregon").input("aws-region", "us-west-2"),
            "AWS_REGION",
            "",
        ),
        (
            environment("A,secret").environment("AWS_REGION", "").environment("AWS_DEFAULT_REGION", "CANARY"),
            "AWS_DEFAULT_REGION",
            "is not a region's name",
        ),
        (Script::new("A,secret").claim("repository", "a/b"), "repository", "is only for `identity: environment`"),
        (
            web_identity("A,secret").claim("environment", "production"),
            "repository",
            "is only for `identity: environment`",
        ),
        (environment("A,secret").claim("repository", "app"), "repository", "is not OWNER/NAME"),
        (environment("A,secret").claim("repository", "a/b/c"), "repository", "is not OWNER/NAME"),
        (environment("A,secret").claim("repository", "/b"), "repository", "is not OWNER/NAME"),
        (environment("A,secret").claim("environment", "production"), "repository", "is not OWNER/NAME"),
        (
            Script::new("A,secret").input("chain-role-arn", CHAINED_ROLE).input("role-duration-seconds", "3601"),
            "role-duration-seconds",
            "is 3600 at most with `chain-role-arn`",
        ),
        (Script::new("A,secret").input("chain-role-arn", "arn:aws:iam::1:role/x"), "chain-role-arn", "ARN of a role"),
        (Script::new("A,secret").input("chain-session-tags", "a b"), "chain-session-tags", "names of claims"),
        (Script::new("A,secret").input("chain-session-tags", "none,sha"), "chain-session-tags", "or `none`"),
        (Script::new("A,secret").input("chain-session-tags", ","), "chain-session-tags", "names of claims"),
        (Script::new("").input("export-aws-credentials", "profile"), "export-aws-credentials", "`profile` is not none"),
        (Script::new("").input("export-aws-credentials", "profile:"), "export-aws-credentials", "profile:NAME"),
        (Script::new("").input("export-aws-credentials", "Env"), "export-aws-credentials", "none, env or"),
        (Script::new("A,secret").input("export-aws-credentials", "profile:a]"), "export-aws-credentials", "letters"),
        (Script::new("A,secret").input("overwrite-aws-profile", "1"), "overwrite-aws-profile", "true or false"),
        (Script::new("").goal(Goal::Values), "values", "names nothing to load"),
    ] {
        let problems = problems(&script.run());
        assert_eq!(inputs_in(&problems), [input], "{problems:?}");
        assert!(problems[0].contains(says), "{says} is not in: {problems:?}");
    }
}

#[test]
fn lines_of_secrets_are_held_against_the_partition_of_the_role_that_reads() {
    let arn = "arn:aws-cn:secretsmanager:cn-north-1:210987654321:secret:shared/a-AbCdEf";
    let china = "arn:aws-cn:iam::222222222222:role/reader";
    let script = || Script::new("").input("secrets", &format!("A={arn}"));
    assert_eq!(inputs_in(&problems(&script().run())), ["secrets"]);
    let run = script().input("cognito-role-arn", china).input("chain-role-arn", CHAINED_ROLE).run();
    assert_eq!(inputs_in(&problems(&run)), ["secrets"]);
}

// What a run is for

#[test]
fn credentials_are_a_sessions_and_nothing_is_read_for_them() {
    let job = Job::push();
    let goal = |script: Script| script.goal(Goal::Credentials);
    for (script, keys, expiration) in [
        (goal(Script::new("")).with_session(&job), SESSION, Some(EXPIRATION)),
        (goal(enhanced("")).enhanced_session(&job), SESSION, Some(EXPIRATION)),
        (goal(web_identity("")).direct_session(&job_for_sts()), SESSION, Some(EXPIRATION)),
        (goal(environment("")), ENVIRONMENT, None),
        (goal(Script::new("")).with_session(&job).chained(SESSION), CHAINED, Some(EXPIRATION)),
        // Lines are for other goals.
        (goal(Script::new("A,secret")).input("secrets", "B=shared/b").with_session(&job), SESSION, Some(EXPIRATION)),
    ] {
        let run = script.run();
        assert_eq!(loaded(&run), []);
        let session = run.outcome().session.as_ref().unwrap();
        assert!(same(&session.credentials, keys));
        assert_eq!(session.expiration.as_deref(), expiration);
        assert!(run.outcome().values.is_empty() && run.outcome().web_identity_token.is_none());
    }
}

#[test]
fn a_token_for_sts_is_cognitos_or_githubs_and_no_role_is_assumed_with_it() {
    let (job, for_sts) = (Job::push(), job_for_sts());
    let goal = |script: Script| script.goal(Goal::WebIdentityToken);
    let cognito = goal(Script::new("A,secret")).signed_in(&job).with_cognito_token(&job).run();
    let github = goal(web_identity("A,secret")).signed_in_for_sts(&for_sts).run();
    for (run, token) in [(cognito, job.cognito_token()), (github, for_sts.jwt().to_owned())] {
        assert_eq!(loaded(&run), []);
        assert_eq!(run.outcome().web_identity_token.as_ref().unwrap().secret(), token);
        assert_eq!(run.outcome().session_name.as_deref(), Some(SESSION_NAME));
        assert!(run.outcome().session.is_none());
    }
}

#[test]
fn a_token_for_sts_needs_no_role_and_then_the_pools_account_is_left_to_cognito() {
    let job = Job::push();
    let wanted = json!({
        "IdentityPoolId": POOL, "Logins": { "token.actions.githubusercontent.com": job.jwt() },
    });
    let run = Script::new("")
        .goal(Goal::WebIdentityToken)
        .input("cognito-role-arn", "")
        .signed_in(&job)
        .then(job.get_id().body(wanted))
        .then(job.get_open_id_token())
        .run();
    assert_eq!(loaded(&run), []);
}

#[test]
fn identities_without_a_token_for_sts_cannot_give_one() {
    for (script, name) in [(enhanced(""), "cognito-enhanced"), (environment(""), "environment")] {
        let problems = problems(&script.goal(Goal::WebIdentityToken).run());
        assert_eq!(problems, [format!("identity: `{name}` has no web identity token")]);
    }
}

#[test]
fn each_goal_asks_for_what_it_needs_and_no_more() {
    let required = |goal| {
        let script = Script::new("").goal(goal).input("cognito-role-arn", "").input("cognito-identity-pool-id", "");
        problems(&script.run())
    };
    assert_eq!(inputs_in(&required(Goal::Export)), ["cognito-identity-pool-id", "cognito-role-arn"]);
    assert_eq!(inputs_in(&required(Goal::Values)), ["cognito-identity-pool-id", "cognito-role-arn", "values"]);
    assert_eq!(inputs_in(&required(Goal::Credentials)), ["cognito-identity-pool-id", "cognito-role-arn"]);
    assert_eq!(inputs_in(&required(Goal::WebIdentityToken)), ["cognito-identity-pool-id"]);
}

#[test]
fn values_are_loaded_by_the_goal_of_that_name() {
    let run = Script::new("A,secret").goal(Goal::Values).with_session(&Job::push()).then(read_by(SESSION)).run();
    let values = &run.outcome().values;
    assert_eq!((values.len(), values[0].text.secret()), (1, value_of("A").as_str()));
}

// Credentials for later steps

#[test]
fn credentials_alone_are_exported_without_asking_for_any_store() {
    let run = Script::new("").input("export-aws-credentials", "env").with_session(&Job::push()).run();
    let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let expected = [
        pair("AWS_ACCESS_KEY_ID", SESSION.id),
        pair("AWS_SECRET_ACCESS_KEY", SESSION.secret),
        pair("AWS_SESSION_TOKEN", SESSION_TOKEN),
        pair("AWS_REGION", "us-west-2"),
        pair("AWS_DEFAULT_REGION", "us-west-2"),
    ];
    assert_eq!(loaded(&run), expected);
    assert_eq!(outputs(&run), ["123456789012", SESSION_NAME, "0"]);
}

#[test]
fn the_second_roles_credentials_are_what_is_exported() {
    let script = || Script::new("").with_session(&Job::push()).chained(SESSION);
    let run = script().input("export-aws-credentials", "profile:reader").input("aws-region", "eu-west-1").run();
    assert_eq!(loaded(&run), []);
    let profile = run.plan().profile.as_ref().unwrap();
    let texts: Vec<_> = profile.credentials.iter().map(|(_, text)| text.secret()).collect();
    assert_eq!(texts, [CHAINED.id, CHAINED.secret, CHAINED.token.unwrap()]);
    assert_eq!((profile.name.as_str(), profile.region.as_str(), profile.overwrite), ("reader", "eu-west-1", false));
    for text in texts {
        assert!(run.plan().masks.iter().any(|mask| mask.secret() == text));
    }
    let run = script().input("export-aws-credentials", "env").run();
    assert_eq!(loaded(&run)[0].1, CHAINED.id);
}

#[test]
fn a_value_by_the_name_of_an_exported_credential_is_refused() {
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"] {
        let script = |export: &str| {
            let script = Script::new(&format!("{name},variable,A")).input("export-aws-credentials", export);
            let variables = STORE.replace("secrets", "variables");
            script.with_session(&Job::push()).then(store(&variables, &document(&["A"])))
        };
        assert_says(&script("env").run().fails_with("value-unusable"), &[name, "export-aws-credentials"]);
        script("none").run().plan();
        script("env").input("export-env", "false").run().plan();
    }
}
