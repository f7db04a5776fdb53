//! What is tried again, how often and after how long, inside the step's time: against a scripted host and its clock.

use std::time::Duration;

use crate::scripted_host::*;
use env_kvstore::host::http::SendFailure;
use serde_json::json;

const STORE: &str = "octo-org/repo/octo-org/app/secrets";
const TOKEN: &str = "GitHub token for cognito-identity.amazonaws.com";

fn reset() -> SendFailure {
    SendFailure::Connection("ECONNRESET".to_owned())
}

fn milliseconds(duration: u64) -> Duration {
    Duration::from_millis(duration)
}

/// Every call of a run, by its place in the path.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Keys,
    GetId,
    GetOpenIdToken,
    AssumeRole,
    GetSecretValue,
}

const STAGES: [Stage; 5] = [Stage::Keys, Stage::GetId, Stage::GetOpenIdToken, Stage::AssumeRole, Stage::GetSecretValue];

impl Stage {
    fn good(self, job: &Job) -> Expectation {
        match self {
            Self::Keys => jwks(),
            Self::GetId => job.get_id(),
            Self::GetOpenIdToken => job.get_open_id_token(),
            Self::AssumeRole => job.assume_role(),
            Self::GetSecretValue => store(STORE, &document(&["A"])),
        }
    }

    /// The path up to this stage, whose answers are `bad`, then a good one and the rest of the path if `recovers`.
    fn script(self, job: &Job, bad: &[Expectation], recovers: bool) -> Script {
        let mut script = Script::new("A,secret");
        let mut beside: Vec<_> = [job.github_token()].into();
        for stage in STAGES {
            let mut calls = vec![stage.good(job)];
            if stage == self {
                calls = bad.to_vec();
                calls.extend(recovers.then(|| stage.good(job)));
            }
            if stage == Self::Keys {
                beside.extend(calls);
                script = script.together(std::mem::take(&mut beside));
            } else {
                script = calls.into_iter().fold(script, Script::then);
            }
            if stage == self && !recovers {
                break;
            }
        }
        script
    }

    /// Attempts of this stage's call.
    fn attempts(self, run: &Run) -> usize {
        run.count(match self {
            Self::Keys => "GET ",
            Self::GetId => "GetId",
            Self::GetOpenIdToken => "GetOpenIdToken",
            Self::AssumeRole => "AssumeRoleWithWebIdentity",
            Self::GetSecretValue => "GetSecretValue",
        })
    }

    fn refused(self, job: &Job, status: u16, code: &str) -> Expectation {
        match self {
            Self::AssumeRole => self.good(job).refused_by_sts(status, code, "no"),
            _ => self.good(job).refused(status, code, "no"),
        }
    }
}

// What is tried again

#[test]
fn transient_failures_of_every_call_are_tried_again_and_pass() {
    let job = Job::push();
    for stage in STAGES {
        let mut bad = vec![
            stage.good(&job).answers(500, "CANARY"),
            stage.good(&job).answers(502, "<html>CANARY</html>"),
            stage.good(&job).answers(503, ""),
            stage.good(&job).answers(504, ""),
            stage.good(&job).answers(200, "CANARY, which is not what was promised"),
            stage.good(&job).fails(reset()),
            stage.good(&job).fails(SendFailure::TimedOut),
            stage.good(&job).fails(SendFailure::Proxy(503)),
            stage.good(&job).silent(),
        ];
        if stage != Stage::Keys {
            bad.push(stage.refused(&job, 400, "RequestTimeout"));
            bad.push(stage.refused(&job, 400, "PriorRequestNotComplete"));
        }
        for bad in bad {
            let run = stage.script(&job, &[bad], true).run();
            run.plan();
            assert_eq!(stage.attempts(&run), 2, "{stage:?}");
            assert_eq!(run.sleeps.len(), 1, "{stage:?}");
        }
    }
}

#[test]
fn throttling_of_every_call_is_tried_again_and_passes() {
    let job = Job::push();
    for stage in STAGES {
        let mut bad = vec![stage.good(&job).answers(429, "")];
        if stage != Stage::Keys {
            bad.extend([
                stage.refused(&job, 400, "ThrottlingException"),
                stage.refused(&job, 400, "Throttling"),
                stage.refused(&job, 400, "TooManyRequestsException"),
                stage.refused(&job, 400, "LimitExceededException"),
                stage.refused(&job, 400, "RequestLimitExceeded"),
                stage.refused(&job, 503, "SlowDown"),
            ]);
        }
        for bad in bad {
            let run = stage.script(&job, &[bad], true).run();
            run.plan();
            assert_eq!(stage.attempts(&run), 2, "{stage:?}");
        }
    }
}

#[test]
fn every_call_is_tried_three_times_and_no_more() {
    let job = Job::push();
    for stage in STAGES {
        let (fault, throttled) = match stage {
            Stage::Keys => ("issuer-keys-unavailable", "issuer-keys-unavailable"),
            _ => ("service-fault", "throttled"),
        };
        for (bad, code) in [
            (stage.good(&job).answers(500, "CANARY"), fault),
            (stage.good(&job).answers(429, ""), throttled),
            (stage.good(&job).fails(reset()), "service-unreachable"),
            (stage.good(&job).answers(200, "CANARY"), "answer-unusable"),
        ] {
            let run = stage.script(&job, &[bad.again_and_again()], false).run();
            run.fails_with(code);
            assert_eq!(stage.attempts(&run), 3, "{stage:?} {code}");
            assert_eq!(run.sleeps.len(), 2, "{stage:?} {code}");
        }
    }
}

#[test]
fn an_unreachable_service_is_named_with_the_number_of_attempts() {
    let job = Job::push();
    let bad = Stage::GetId.good(&job).fails(reset()).again_and_again();
    let text = Stage::GetId.script(&job, &[bad], false).run().fails_with("service-unreachable");
    for part in ["GetId", "cognito-identity.us-west-2.amazonaws.com", "ECONNRESET", "tried 3 times"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

#[test]
fn aws_max_attempts_sets_the_number_of_attempts() {
    let job = Job::push();
    for attempts in [1, 2, 5] {
        let bad = Stage::AssumeRole.good(&job).answers(503, "").again_and_again();
        let script = Stage::AssumeRole.script(&job, &[bad], false);
        let run = script.environment("AWS_MAX_ATTEMPTS", &attempts.to_string()).run();
        run.fails_with("service-fault");
        assert_eq!(Stage::AssumeRole.attempts(&run), attempts);
    }
}

#[test]
fn permanent_errors_get_one_attempt() {
    let job = Job::push();
    for stage in STAGES {
        let mut bad = vec![
            stage.good(&job).answers(400, ""),
            stage.good(&job).answers(403, "<html>CANARY</html>"),
            stage.good(&job).answers(413, ""),
            stage.good(&job).answers(501, ""),
            stage.refused(&job, 400, "AccessDeniedException"),
            stage.refused(&job, 400, "ResourceNotFoundException"),
            stage.refused(&job, 400, "ValidationException"),
            stage.good(&job).fails(SendFailure::Tls("CERT_HAS_EXPIRED".to_owned())),
            stage.good(&job).fails(SendFailure::Proxy(407)),
        ];
        if stage == Stage::AssumeRole {
            bad.push(stage.refused(&job, 400, "InvalidIdentityToken"));
            bad.push(stage.refused(&job, 400, "ExpiredTokenException"));
        }
        for bad in bad {
            let run = stage.script(&job, &[bad], false).run();
            run.error();
            assert_eq!(stage.attempts(&run), 1, "{stage:?}");
            assert!(run.sleeps.is_empty(), "{stage:?}");
        }
    }
}

#[test]
fn a_redirect_is_not_followed_and_not_tried_again() {
    let job = Job::push();
    for stage in STAGES {
        for status in [301, 302, 303, 307, 308] {
            let bad = stage.good(&job).answers(status, "").header("location", "https://evil.example.com/CANARY");
            let run = stage.script(&job, &[bad], false).run();
            let text = run.fails_with("answer-unusable");
            assert!(text.contains("redirect") && !text.contains("evil"), "{text}");
            assert_eq!(stage.attempts(&run), 1, "{stage:?}");
        }
    }
}

#[test]
fn an_issuer_that_sts_could_not_ask_is_asked_again() {
    let job = Job::push();
    let no_key = "Couldn't retrieve verification key from your identity provider, please reference documentation";
    for (code, message) in [("IDPCommunicationError", "An error occurred"), ("InvalidIdentityToken", no_key)] {
        let bad = Stage::AssumeRole.good(&job).refused_by_sts(400, code, message);
        let run = Stage::AssumeRole.script(&job, std::slice::from_ref(&bad), true).run();
        run.plan();
        let run = Stage::AssumeRole.script(&job, &[bad.again_and_again()], false).run();
        run.error();
        assert_eq!(Stage::AssumeRole.attempts(&run), 3, "{code}");
    }
}

// The GitHub token

fn token_script(job: &Job, bad: &[Expectation], recovers: bool) -> Script {
    let mut calls = bad.to_vec();
    calls.push(jwks());
    let script = Script::new("A,secret");
    if !recovers {
        return script.together(calls);
    }
    calls.push(job.github_token());
    let rest = STAGES.into_iter().filter(|stage| *stage != Stage::Keys);
    rest.fold(script.together(calls), |script, stage| script.then(stage.good(job)))
}

#[test]
fn the_github_token_is_asked_for_again_after_faults_and_timeouts() {
    let job = Job::push();
    let bad = [
        job.github_token().fails(SendFailure::Status(500)),
        job.github_token().fails(SendFailure::Status(503)),
        job.github_token().fails(SendFailure::Status(429)),
        job.github_token().fails(SendFailure::NoToken),
        job.github_token().fails(SendFailure::TimedOut),
        job.github_token().fails(reset()),
        job.github_token().silent(),
    ];
    for bad in bad {
        let run = token_script(&job, std::slice::from_ref(&bad), true).run();
        run.plan();
        assert_eq!(run.count(TOKEN), 2);
        let run = token_script(&job, &[bad.again_and_again()], false).run();
        run.fails_with("github-token-unavailable");
        assert_eq!(run.count(TOKEN), 3);
    }
}

#[test]
fn a_stalled_token_endpoint_costs_seconds() {
    let job = Job::push();
    let run = token_script(&job, &[job.github_token().silent()], true).run();
    run.plan();
    assert!(run.elapsed < Duration::from_secs(6), "{:?}", run.elapsed);
}

#[test]
fn a_token_that_is_refused_is_asked_for_once() {
    let job = Job::push();
    for status in [400, 401, 403, 404] {
        let run = token_script(&job, &[job.github_token().fails(SendFailure::Status(status))], false).run();
        let text = run.fails_with("github-token-unavailable");
        assert!(text.contains(&format!("HTTP {status}")), "{text}");
        assert_eq!(run.count(TOKEN), 1);
    }
}

#[test]
fn a_job_without_a_token_endpoint_is_told_of_the_permission_at_once() {
    let job = Job::push();
    let none = job.github_token().fails(SendFailure::NoTokenEndpoint);
    for keys in [jwks(), jwks().silent()] {
        let run = Script::new("A,secret").together([none.clone(), keys]).run();
        let text = run.fails_with("id-token-permission-missing");
        assert!(text.contains("id-token: write"), "{text}");
        assert_eq!(run.count(TOKEN), 1);
        assert!(run.sleeps.is_empty() && run.elapsed < milliseconds(100), "{:?}", run.elapsed);
    }
}

// Pauses

/// The pauses before the second and third attempt, of many runs.
fn pauses(bad: impl Fn(&Job) -> Expectation) -> Vec<(Duration, Duration)> {
    let job = Job::push();
    let script = Stage::GetId.script(&job, &[bad(&job).again_and_again()], false);
    let pauses = (0..100).map(|_| script.clone().run().sleeps);
    pauses.map(|sleeps| (sleeps[0], sleeps[1])).collect()
}

#[test]
fn pauses_after_a_fault_are_random_up_to_50_and_100_milliseconds() {
    let pauses = pauses(|job| job.get_id().answers(500, ""));
    assert!(pauses.iter().all(|(first, second)| *first <= milliseconds(50) && *second <= milliseconds(100)));
    // That none of 100 uniform draws is in the upper quarter has a chance of three in 10^13.
    assert!(pauses.iter().any(|(first, _)| *first > milliseconds(38)), "{pauses:?}");
    assert!(pauses.iter().any(|(first, _)| *first < milliseconds(12)), "{pauses:?}");
    assert!(pauses.iter().any(|(_, second)| *second > milliseconds(75)), "{pauses:?}");
}

#[test]
fn pauses_after_throttling_are_random_up_to_one_and_two_seconds() {
    let pauses = pauses(|job| job.get_id().refused(400, "TooManyRequestsException", "Rate exceeded"));
    assert!(pauses.iter().all(|(first, second)| *first <= milliseconds(1000) && *second <= milliseconds(2000)));
    assert!(pauses.iter().any(|(first, _)| *first > milliseconds(750)), "{pauses:?}");
    assert!(pauses.iter().any(|(first, _)| *first < milliseconds(250)), "{pauses:?}");
    assert!(pauses.iter().any(|(_, second)| *second > milliseconds(1500)), "{pauses:?}");
}

#[test]
fn pauses_grow_to_twenty_seconds_and_no_further() {
    let job = Job::push();
    let bad = job.get_id().answers(500, "").again_and_again();
    let script = Stage::GetId.script(&job, &[bad], false).input("timeout-seconds", "3600");
    let run = script.environment("AWS_MAX_ATTEMPTS", "30").run();
    run.fails_with("service-fault");
    for (index, pause) in run.sleeps.iter().enumerate() {
        let longest = (50 << index.min(20)).min(20_000);
        assert!(*pause <= milliseconds(longest), "{index}: {pause:?}");
    }
    assert!(run.sleeps.iter().any(|pause| *pause > Duration::from_secs(10)), "{:?}", run.sleeps);
}

#[test]
fn a_service_may_ask_for_a_longer_pause_but_not_for_more_than_five_seconds() {
    let with = |text: &str| pauses(|job| job.get_id().answers(503, "").header("x-amz-retry-after", text));
    assert!(with("2000").iter().all(|(first, second)| *first == milliseconds(2000) && *second == milliseconds(2000)));
    let five = milliseconds(5000);
    for far in ["600000", "18446744073709551615"] {
        assert!(with(far).iter().all(|(first, _)| *first >= five && *first <= five + milliseconds(50)), "{far}");
    }
    for nothing in ["0", "", "-1", "soon", "99999999999999999999999"] {
        assert!(with(nothing).iter().all(|(first, _)| *first <= milliseconds(50)), "{nothing}");
    }
}

#[test]
fn the_budget_of_retries_ends_after_35_faults() {
    let job = Job::push().claim("exp", START + 3600);
    let bad = job.get_id().answers(500, "").again_and_again();
    let script = Stage::GetId.script(&job, &[bad], false).input("timeout-seconds", "3600");
    let run = script.environment("AWS_MAX_ATTEMPTS", "100").run();
    run.fails_with("service-fault");
    // 500 tokens, 14 for each retry.
    assert_eq!(Stage::GetId.attempts(&run), 1 + 500 / 14);
}

/// So many single reads, each of another version of a secret.
fn single_reads(count: usize) -> (Script, Vec<Expectation>) {
    let stages: Vec<_> = (0..count).map(|number| format!("S{number}")).collect();
    let lines: Vec<_> = stages.iter().map(|stage| format!("A_{stage}=shared/a::{stage}")).collect();
    let script = Script::new("").input("secrets", &lines.join("\n")).input("timeout-seconds", "3600");
    let reads = stages.iter().map(|stage| version("shared/a", Some(stage), None, &value_of(stage)));
    (script.with_session(&Job::push().claim("exp", START + 3600)), reads.collect())
}

#[test]
fn the_budget_of_retries_is_one_for_the_whole_run() {
    let (script, reads) = single_reads(40);
    let run = script.together(reads.into_iter().map(|read| read.answers(500, "").again_and_again())).run();
    run.fails_with("service-fault");
    // 500 tokens, 14 for each retry, and nothing comes back.
    assert_eq!(run.count("GetSecretValue"), 40 + 500 / 14);
}

#[test]
fn a_success_gives_back_what_its_retries_took() {
    // Without that, the budget would end at the 36th read, or at the 18th.
    for (failures, bad) in [(1, 500), (2, 503), (2, 429)] {
        let (script, reads) = single_reads(120);
        let each = reads.into_iter().flat_map(|read| {
            let mut calls = vec![read.clone().answers(bad, ""); failures];
            calls.push(read);
            calls
        });
        let run = script.together(each).run();
        assert_eq!(read_file_commands(&run.plan().environment).len(), 120);
        assert_eq!(run.count("GetSecretValue"), 120 * (failures + 1));
    }
}

#[test]
fn a_success_without_a_retry_gives_one_back() {
    // Of 17 reads that fail for good 476 of 500 tokens are taken: one retry is left, and from 4 successes on two.
    for (successes, retries) in [(0, 1), (3, 1), (4, 2), (5, 2)] {
        let (script, reads) = single_reads(successes + 17 + 1);
        let last = reads.len() - 1;
        let reads = reads.into_iter().enumerate().map(|(place, read)| match place {
            // Eight at a time are read: these succeed when the 17 are over, and before the last has failed once.
            place if place < successes => read.after(milliseconds(4000)),
            place if place == last => read.answers(500, "").after(milliseconds(4900)).again_and_again(),
            _ => read.answers(500, "").again_and_again(),
        });
        let run = script.together(reads).run();
        run.fails_with("service-fault");
        assert_eq!(run.count("GetSecretValue"), successes + 17 * 3 + 1 + retries, "{successes}");
    }
}

#[test]
fn the_budget_of_retries_never_grows_beyond_its_size() {
    let job = Job::push().claim("exp", START + 3600);
    let bad = store(STORE, "").answers(500, "").again_and_again();
    let script = Script::new("A,secret").input("timeout-seconds", "3600").environment("AWS_MAX_ATTEMPTS", "100");
    // Five successes came before.
    let run = script.with_session(&job).then(bad).run();
    run.fails_with("service-fault");
    assert_eq!(run.count("GetSecretValue"), 1 + 500 / 14);
}

// The step's time

#[test]
fn the_steps_time_holds_while_masks_are_made_of_many_long_secrets() {
    let load = |turns_take| {
        let values: serde_json::Map<_, _> =
            (0..9).map(|index| (format!("V{index}"), json!(format!("{MARKER}{index}").repeat(4000)))).collect();
        Script::new("*,secret")
            .with_session(&Job::push())
            .then(store("octo-org/repo/octo-org/app/secrets", &serde_json::Value::Object(values).to_string()))
            .turns_take(turns_take)
            .run()
    };
    let run = load(Duration::from_secs(5));
    run.plan();
    let turns = run.gave_way_after.len();
    assert!(turns >= 3, "{turns}");
    let run = load(Duration::from_secs(40));
    let text = run.fails_with("deadline-exceeded");
    assert!(text.contains("masks") && run.gave_way_after.len() < turns, "{text}");
}

#[test]
fn an_attempt_gets_five_seconds_or_what_is_left() {
    let job = Job::push();
    let bad = job.get_id().silent().again_and_again();
    let run = Stage::GetId.script(&job, &[bad], false).input("timeout-seconds", "12").run();
    run.fails_with("deadline-exceeded");
    for sent in &run.requests {
        let left = Duration::from_secs(12) - sent.at;
        assert_eq!(sent.timeout, left.min(Duration::from_secs(5)), "{sent:?}");
    }
    assert_eq!(run.elapsed, Duration::from_secs(12));
}

#[test]
fn no_run_takes_longer_than_its_time_whatever_stalls() {
    let job = Job::push();
    for stage in STAGES {
        for bad in [
            stage.good(&job).silent(),
            stage.good(&job).answers(503, "").after(milliseconds(4900)),
            stage.refused(&job, 400, "ThrottlingException").after(milliseconds(700)),
            stage.good(&job).answers(429, "").header("x-amz-retry-after", "4000"),
        ] {
            let script = stage.script(&job, &[bad.again_and_again()], false).environment("AWS_MAX_ATTEMPTS", "50");
            let run = script.input("timeout-seconds", "7").run();
            run.error();
            assert!(run.elapsed <= Duration::from_secs(7), "{stage:?}: {:?}", run.elapsed);
        }
    }
}

#[test]
fn a_step_out_of_time_says_which_input_gives_it_more() {
    let job = Job::push();
    for stage in STAGES {
        let bad = stage.good(&job).silent().again_and_again();
        let run = stage.script(&job, &[bad], false).input("timeout-seconds", "3").run();
        let text = run.fails_with("deadline-exceeded");
        assert!(text.contains("`timeout-seconds` (3)"), "{text}");
        assert_eq!(run.elapsed, Duration::from_secs(3), "{stage:?}");
    }
    let run = token_script(&job, &[job.github_token().silent()], false).input("timeout-seconds", "3").run();
    run.fails_with("deadline-exceeded");
    assert_eq!(run.elapsed, Duration::from_secs(3));
}

#[test]
fn slow_answers_inside_their_attempts_share_the_steps_time() {
    let job = Job::push();
    let slow = |expectation: Expectation| expectation.after(milliseconds(2500));
    // Keys and token 2.5 s, GetId until 5 s, GetOpenIdToken until 7.5 s, then AssumeRole has half a second.
    let run = Script::new("A,secret")
        .input("timeout-seconds", "8")
        .together([slow(job.github_token()), slow(jwks())])
        .then(slow(job.get_id()))
        .then(slow(job.get_open_id_token()))
        .then(slow(job.assume_role()))
        .run();
    let text = run.fails_with("deadline-exceeded");
    assert!(text.contains("AssumeRoleWithWebIdentity"), "{text}");
    assert_eq!(run.requests.last().unwrap().timeout, milliseconds(500));
    assert_eq!(run.elapsed, Duration::from_secs(8));
}

#[test]
fn stores_that_fail_are_tried_again_each_for_itself() {
    let job = Job::production();
    let environment = "octo-org/repo/octo-org/app/env/production/secrets";
    let run = Script::new("A,secret\nB,secret")
        .with_session(&job)
        .together([
            store(environment, "").answers(500, ""),
            store(environment, &document(&["A"])),
            store(STORE, "").fails(reset()),
            store(STORE, &document(&["B"])),
        ])
        .run();
    let loaded = read_file_commands(&run.plan().environment);
    assert_eq!(loaded, [("A".to_owned(), value_of("A")), ("B".to_owned(), value_of("B"))]);
    assert_eq!(run.count("GetSecretValue"), 4);
}

// The clock of a signature

fn refused_for_its_time(code: &str, date: &str) -> Expectation {
    store(STORE, "").refused(403, code, "Signature expired: 20261122T030000Z is now earlier").header("date", date)
}

#[test]
fn a_signature_of_the_wrong_hour_is_made_anew_once_by_the_answers_date() {
    for code in ["InvalidSignatureException", "RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"] {
        for theirs in [START + 3600, START - 3600] {
            let run = Script::new("A,secret")
                .with_session(&Job::push())
                .then(refused_for_its_time(code, &http_date(theirs)))
                .then(store(STORE, &document(&["A"])).signed_at(theirs))
                .run();
            run.plan();
            assert_eq!(run.count("GetSecretValue"), 2);
            assert!(run.sleeps.is_empty(), "{code}: {:?}", run.sleeps);
        }
    }
}

#[test]
fn a_signature_refused_for_its_time_twice_is_refused() {
    let theirs = START + 3600;
    let again = refused_for_its_time("InvalidSignatureException", &http_date(theirs + 3600)).signed_at(theirs);
    let run = Script::new("A,secret")
        .with_session(&Job::push())
        .then(refused_for_its_time("InvalidSignatureException", &http_date(theirs)))
        .then(again)
        .run();
    run.fails_with("signature-refused");
    assert_eq!(run.count("GetSecretValue"), 2);
}

#[test]
fn a_signature_refused_at_the_right_time_is_permanent() {
    for date in [http_date(START), http_date(START + 20), "CANARY".to_owned()] {
        let run = Script::new("A,secret")
            .with_session(&Job::push())
            .then(refused_for_its_time("InvalidSignatureException", &date))
            .run();
        run.fails_with("signature-refused");
        assert_eq!(run.count("GetSecretValue"), 1);
    }
}

#[test]
fn a_refusal_that_is_not_about_time_does_not_move_the_clock() {
    let run = Script::new("A,secret")
        .with_session(&Job::push())
        .then(store(STORE, "").refused(400, "ThrottlingException", "slow").header("date", &http_date(START + 3600)))
        .then(store(STORE, &document(&["A"])).check(|request| {
            let signed = header(request, "x-amz-date").unwrap();
            assert!(signed.starts_with("20261122T0300"), "{signed}");
        }))
        .run();
    run.plan();
}

#[test]
fn second_look_at_the_keys_is_tried_again_after_a_fault_too() {
    let job = Job::push();
    let old = json!({ "keys": [jwk("key-0", &forger_key().to_public_key())] });
    let run = Script::new("A,secret")
        .together([job.github_token(), jwks_at(JWKS, &old)])
        .then(jwks().answers(503, ""))
        .then(jwks())
        .exchanged(&job)
        .then(store(STORE, &document(&["A"])))
        .run();
    run.plan();
}
