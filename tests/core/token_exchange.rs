//! A token exchange between GitHub and STS: against a scripted host.

use std::time::Duration;

use crate::scripted_host::*;
use env_kvstore::error::Error;
use env_kvstore::host::http::SendFailure;
use env_kvstore::inputs::Goal;

const STORE: &str = "octo-org/repo/octo-org/app/secrets";

fn script(values: &str) -> Script {
    Script::new(values)
        .input("identity", "web-identity")
        .input("token-exchange-url", EXCHANGE)
        .input("cognito-identity-pool-id", "")
        .environment("AWS_REGION", "us-west-2")
}

/// A job whose token is for the exchange.
fn job() -> Job {
    Job::push().claim("aud", EXCHANGE_ORIGIN)
}

trait Exchanging {
    fn signed_in_for_exchange(self, job: &Job) -> Self;
    fn exchanged_session(self, job: &Job, token: &str) -> Self;
}

impl Exchanging for Script {
    fn signed_in_for_exchange(self, job: &Job) -> Self {
        self.together([job.github_token().for_audience(EXCHANGE_ORIGIN), jwks()])
    }

    fn exchanged_session(self, job: &Job, token: &str) -> Self {
        self.signed_in_for_exchange(job).then(job.exchange(token)).then(job.assume_role_with(token))
    }
}

fn read_by(keys: Keys) -> Expectation {
    store(STORE, &document(&["A"])).signed_by(keys)
}

#[track_caller]
fn loads_a(run: &Run) {
    assert_eq!(read_file_commands(&run.plan().environment), [("A".to_owned(), value_of("A"))]);
}

#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

/// What an error says of inputs, before anything was sent.
#[track_caller]
fn problems(run: &Run) -> Vec<String> {
    assert!(run.requests.is_empty() && run.early_connections.is_empty(), "{:?}", run.requests);
    let Error::InvalidInput(problems) = run.error() else { panic!("{}", run.error()) };
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn the_github_token_is_posted_to_the_exchange_and_what_comes_back_goes_to_sts() {
    let job = job();
    let run = script("A,secret").exchanged_session(&job, &job.exchanged_token(&[])).then(read_by(SESSION)).run();
    loads_a(&run);
    let names = ["token exchange", "AssumeRoleWithWebIdentity", &format!("GetSecretValue {STORE}")];
    assert_eq!(run.names()[2..], names);
    let early: Vec<_> = run.early_connections.iter().map(|early| early.origin.as_str()).collect();
    assert!(early.contains(&EXCHANGE_ORIGIN) && early.contains(&"https://sts.us-west-2.amazonaws.com"), "{early:?}");
}

#[test]
fn the_tags_of_the_exchanged_token_are_in_the_log() {
    let job = job();
    let token = job.exchanged_token(&["Repository"]);
    let run = script("A,secret").exchanged_session(&job, &token).then(read_by(SESSION)).run();
    let log = run.log_text();
    assert_says(
        &log,
        &["Session tags in the exchange's token\nevent_name: push\nrepository: octo-org/app (transitive)\n"],
    );
}

#[test]
fn a_token_that_cannot_be_read_is_shown_to_sts_as_it_is() {
    let job = job();
    let token = format!("e30.{MARKER}.x");
    let run = script("A,secret").exchanged_session(&job, &token).then(read_by(SESSION)).run();
    loads_a(&run);
    assert!(!run.log_text().contains("Session tags"), "{}", run.log_text());
}

#[test]
fn white_space_around_the_token_is_not_sent_to_sts() {
    let job = job();
    let token = job.exchanged_token(&[]);
    let run = script("A,secret")
        .signed_in_for_exchange(&job)
        .then(job.exchange(&format!("\r\n {token}\n")))
        .then(job.assume_role_with(&token))
        .then(read_by(SESSION))
        .run();
    loads_a(&run);
}

#[test]
fn the_audience_is_that_of_the_input_where_it_is_given() {
    let job = Job::push().claim("aud", "https://github.com/octo-org");
    let token = job.exchanged_token(&[]);
    let run = script("A,secret")
        .input("audience", "https://github.com/octo-org")
        .together([job.github_token().for_audience("https://github.com/octo-org"), jwks()])
        .then(job.exchange(&token))
        .then(job.assume_role_with(&token))
        .then(read_by(SESSION))
        .run();
    loads_a(&run);
}

#[test]
fn a_given_token_for_an_audience_of_aws_is_not_sent_to_the_exchange() {
    for audience in [AUDIENCE, "sts.amazonaws.com"] {
        let job = Job::push().claim("aud", audience);
        let run = script("A,secret").input("github-token", job.jwt()).then(jwks()).run();
        assert_says(&run.fails_with("github-token-audience"), &[audience, EXCHANGE_ORIGIN]);
    }
}

#[test]
fn inputs_that_could_give_the_token_away_are_refused_before_anything_is_sent() {
    for (name, text, input, says) in [
        ("audience", AUDIENCE, "audience", "is an audience of AWS: whoever runs the token exchange could use"),
        ("audience", "sts.amazonaws.com.cn", "audience", "is an audience of AWS"),
        ("audience", "https://STS.us-gov-west-1.amazonaws.com/", "audience", "is an audience of AWS"),
        (
            "token-exchange-url",
            "https://sts.amazonaws.com/exchange",
            "audience",
            "`https://sts.amazonaws.com` is an audience",
        ),
        (
            "token-exchange-url",
            "http://jwtex.example.com/?q",
            "token-exchange-url",
            "`http://jwtex.example.com/` must be https",
        ),
        ("token-exchange-url", "https://h/#CANARY", "token-exchange-url", "`https://h/` must be a URL without"),
        ("token-exchange-url", "https://u:CANARY@h/?CANARY", "token-exchange-url", "it must be a URL without user"),
        ("identity", "cognito", "token-exchange-url", "is only for `identity: web-identity`"),
        ("identity", "cognito-enhanced", "token-exchange-url", "is only for `identity: web-identity`"),
        ("identity", "environment", "token-exchange-url", "is only for `identity: web-identity`"),
    ] {
        let run = script("A,secret")
            .input("cognito-identity-pool-id", POOL)
            .environment_keys(ENVIRONMENT)
            .input(name, text)
            .run();
        let problems = problems(&run);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(&format!("{input}: ")) && problems[0].contains(says), "{problems:?}");
    }
}

#[test]
fn whatever_is_not_a_token_is_a_refusal_that_is_not_asked_for_again() {
    let job = job();
    let long = format!("e30.e30.{}", "A".repeat(20_000));
    let huge = format!("{MARKER}{}", "x".repeat(2 * 1024 * 1024));
    let jwt = "application/jwt";
    for (status, content_type, body, says) in [
        (400, "text/plain; charset=utf-8", "unable to exchange CANARY", "HTTP 400"),
        (401, jwt, "e30.e30.c2ln", "HTTP 401"),
        (403, "application/json", r#"{"message":"CANARY"}"#, "HTTP 403"),
        (404, "text/html", "CANARY", "no token exchange at this address"),
        (405, "text/html", "CANARY", "no token exchange at this address"),
        (201, jwt, "e30.e30.c2ln", "HTTP 201"),
        (302, "text/html", "CANARY", "redirects"),
        (307, "text/html", "CANARY", "redirects"),
        (200, "text/html", "<html>CANARY</html>", "HTTP 200: the content type is not application/jwt"),
        (200, "application/json", r#"{"token":"e30.e30.CANARY"}"#, "the content type is not"),
        (200, jwt, "", "not a JSON Web Token by itself"),
        (200, jwt, "<html>CANARY</html>", "not a JSON Web Token by itself"),
        (200, jwt, "\"e30.e30.CANARY\"", "not a JSON Web Token by itself"),
        (200, jwt, &long, "longer than 20,000"),
        (200, jwt, &huge, "too large"),
    ] {
        // The last header of a name is not the first one.
        let answer = job.exchange("").answers(status, body).header("content-type", content_type);
        let answer = answer.header("location", "https://evil.example/CANARY");
        let text = script("A,secret").signed_in_for_exchange(&job).then(answer).run();
        assert_eq!(text.count("token exchange"), 1, "{status} {content_type}");
        let text = text.fails_with("token-exchange-refused");
        assert_says(
            &text,
            &[says, "jwtex.example.com/exchange was refused", "issuerId", "`https://jwtex.example.com`"],
        );
        assert!(!text.contains("unable to") && !text.contains("evil") && !text.contains("=github"), "{text}");
    }
}

#[test]
fn what_the_exchange_repeats_of_the_token_is_shown_nowhere() {
    let job = job();
    for status in [200, 400, 503] {
        let echo = job.exchange("").answers(status, job.jwt()).header("content-type", "text/plain").again_and_again();
        let run = script("A,secret").signed_in_for_exchange(&job).then(echo).run();
        run.fails_with("token-exchange-refused");
    }
}

#[test]
fn a_fault_of_the_exchange_is_tried_again() {
    let job = job();
    let token = job.exchanged_token(&[]);
    let exchange = || job.exchange(&token);
    for fault in [
        exchange().answers(500, "CANARY"),
        exchange().answers(502, ""),
        exchange().answers(503, ""),
        exchange().answers(504, ""),
        exchange().answers(429, ""),
        exchange().fails(SendFailure::Connection("ECONNRESET".to_owned())),
        exchange().silent(),
    ] {
        let run = script("A,secret")
            .signed_in_for_exchange(&job)
            .then(fault)
            .then(exchange())
            .then(job.assume_role_with(&token))
            .then(read_by(SESSION))
            .run();
        loads_a(&run);
    }
    for (fault, code, says) in [
        (exchange().answers(502, "CANARY"), "token-exchange-refused", "HTTP 502, tried 3 times"),
        (exchange().answers(429, "CANARY"), "token-exchange-refused", "HTTP 429, tried 3 times"),
        (exchange().fails(SendFailure::Connection("ENOTFOUND".to_owned())), "service-unreachable", "does not resolve"),
    ] {
        let run = script("A,secret").signed_in_for_exchange(&job).then(fault.again_and_again()).run();
        assert_says(&run.fails_with(code), &["token exchange for issuer token.actions.githubusercontent.com", says]);
        assert_eq!(run.count("token exchange"), 3);
    }
}

#[test]
fn a_token_that_is_about_to_end_is_renewed_before_it_is_posted_again() {
    let (old, new) = (job().claim("exp", START + 8), job().claim("jti", "new"));
    let token = new.exchanged_token(&[]);
    let run = script("A,secret")
        .signed_in_for_exchange(&old)
        .then(old.exchange("").answers(503, "").after(Duration::from_secs(4)))
        .signed_in_for_exchange(&new)
        .then(new.exchange(&token))
        .then(new.assume_role_with(&token))
        .then(read_by(SESSION))
        .run();
    loads_a(&run);
}

#[test]
fn a_tag_that_sts_refuses_is_named_before_sts_is_called() {
    let job = job().claim("event_name", "push[bot]");
    let script = script("A,secret").signed_in_for_exchange(&job).then(job.exchange(&job.exchanged_token(&[])));
    let text = script.run().fails_with("claim-unusable");
    assert_says(
        &text,
        &["session tag `event_name` of the token exchange", "`push[bot]`", "mapping of the token exchange"],
    );
}

#[test]
fn refusals_of_the_exchanged_token_by_sts_say_what_to_set_up() {
    let issuer = "IAM OIDC provider for https://jwtex.example.com whose client ids list `https://jwtex.example.com`";
    let assume = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
    let tag = "Not authorized to perform sts:TagSession";
    let tags = "The session's tags:\n  event_name: push\n  repository: octo-org/app (transitive)";
    for (status, code, message, expected, says) in [
        (400, "InvalidIdentityToken", "No OpenIDConnect provider found", "exchanged-token-refused", issuer),
        (400, "InvalidIdentityToken", "Incorrect token audience", "exchanged-token-refused", issuer),
        (400, "ExpiredTokenException", "Token expired", "exchanged-token-refused", "the exchange's clock"),
        (
            403,
            "AccessDenied",
            assume,
            "assume-role-denied",
            "principal is the OIDC provider of https://jwtex.example.com",
        ),
        (403, "AccessDenied", assume, "assume-role-denied", "`jwtex.example.com:aud` is https://jwtex.example.com"),
        (403, "AccessDenied", assume, "assume-role-denied", tags),
        (403, "AccessDenied", tag, "assume-role-denied", "Allow `sts:TagSession` in the trust policy"),
        (403, "AccessDenied", tag, "assume-role-denied", "sts:TransitiveTagKeys"),
    ] {
        let job = job();
        let token = job.exchanged_token(&["repository"]);
        let refused = job.assume_role_with(&token).refused_by_sts(status, code, message);
        let run = script("A,secret").signed_in_for_exchange(&job).then(job.exchange(&token)).then(refused).run();
        let text = run.fails_with(expected);
        assert_says(&text, &[says, ROLE, SESSION_NAME, code, message]);
        // What tags the exchange gives is in no kvstore.json.
        assert!(!text.contains("env-kvstore explain") && !text.contains("pool"), "{text}");
    }
}

#[test]
fn keys_of_the_exchange_that_sts_cannot_read_are_said_to_be_what_is_missing() {
    let job = job();
    let token = job.exchanged_token(&[]);
    for code in ["IDPCommunicationError", "InvalidIdentityToken"] {
        let message = "Couldn't retrieve verification key from your identity provider";
        let refused = job.assume_role_with(&token).refused_by_sts(400, code, message).again_and_again();
        let run = script("A,secret").signed_in_for_exchange(&job).then(job.exchange(&token)).then(refused).run();
        assert_says(
            &run.fails_with("service-fault"),
            &["keys of the token's issuer", "/.well-known/openid-configuration"],
        );
    }
}

#[test]
fn a_denial_of_a_store_lists_the_tags_that_the_exchange_gave() {
    let job = job();
    let denied = store(STORE, "").refused(400, "AccessDeniedException", "User is not authorized");
    let run = script("A,secret").exchanged_session(&job, &job.exchanged_token(&[])).then(denied).run();
    let text = run.fails_with("store-access-denied");
    assert_says(&text, &["repository=octo-org/app", ROLE]);
    assert!(!text.contains("env-kvstore explain"), "{text}");
}

// The second role

#[test]
fn transitive_tags_are_left_out_of_the_default_of_the_second_sessions_tags() {
    let job = job();
    for (transitive, left) in [
        (&[][..], &[0, 1, 2, 3, 4][..]),
        (&["repository"], &[0, 1, 3, 4]),
        (&["REPOSITORY", "sha"], &[0, 1, 3]),
        // A key of no tag passes nothing on.
        (&["ref"], &[0, 1, 2, 3, 4]),
    ] {
        let token = job.exchanged_token(transitive);
        let tags: Vec<_> = left.iter().map(|&index| TAGS[index]).collect();
        let run = script("A,secret")
            .input("chain-role-arn", CHAINED_ROLE)
            // As GitHub gives a step the default.
            .input(
                "chain-session-tags",
                "actor_id,enterprise,environment,event_name,job_workflow_ref,ref,repository,repository_id,run_id,sha",
            )
            .exchanged_session(&job, &token)
            .then(assume_chained_role(SESSION, &tags))
            .then(read_by(CHAINED))
            .run();
        loads_a(&run);
    }
}

#[test]
fn a_tag_that_was_asked_for_and_that_the_first_session_passes_on_is_an_error_before_sts_is_asked() {
    let job = job();
    let run = script("A,secret")
        .input("chain-role-arn", CHAINED_ROLE)
        .input("chain-session-tags", "sha,repository")
        .exchanged_session(&job, &job.exchanged_token(&["Repository"]))
        .run();
    let text = run.fails_with("claim-unusable");
    assert_says(&text, &["claim `repository`", "is in `chain-session-tags`", "Remove it", "aws:PrincipalTag"]);
}

#[test]
fn denials_name_the_tags_that_the_second_session_inherits() {
    let job = job();
    let token = job.exchanged_token(&["repository"]);
    let chained = || {
        script("A,secret")
            .input("chain-role-arn", CHAINED_ROLE)
            .input("chain-session-tags", "sha")
            .exchanged_session(&job, &token)
    };
    let assume = || assume_chained_role(SESSION, &[("sha", SHA)]);
    let run = chained().then(assume().refused_by_sts(403, "AccessDenied", "not authorized")).run();
    let says = format!("to have the tags sha={SHA}. From the first session it inherits repository=octo-org/app, ");
    assert_says(&run.fails_with("chain-role-denied"), &[&says]);
    let denied = read_by(CHAINED).refused(400, "AccessDeniedException", "User is not authorized");
    let text = chained().then(assume()).then(denied).run().fails_with("store-access-denied");
    assert_says(&text, &[&format!("sha={SHA}, repository=octo-org/app"), CHAINED_ROLE]);
}

#[test]
fn a_conflict_with_a_tag_that_could_not_be_read_is_explained() {
    let job = job();
    let message = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from \
                   the calling session.";
    let run = script("A,secret")
        .input("chain-role-arn", CHAINED_ROLE)
        .exchanged_session(&job, &format!("e30.{MARKER}.x"))
        .then(assume_chained_role(SESSION, &TAGS).refused_by_sts(400, "InvalidParameterValue", message))
        .run();
    assert_says(&run.fails_with("assume-role-refused"), &["Remove that claim from `chain-session-tags`"]);
}

#[test]
fn the_token_for_other_programs_is_the_exchanged_one() {
    let job = job();
    let token = job.exchanged_token(&[]);
    let run = script("")
        .goal(Goal::WebIdentityToken)
        .input("cognito-role-arn", "")
        .signed_in_for_exchange(&job)
        .then(job.exchange(&token))
        .run();
    assert_eq!(run.outcome().web_identity_token.as_ref().unwrap().secret(), token);
    assert_eq!(run.outcome().session_name.as_deref(), Some(SESSION_NAME));
}
