//! Two writers and one store, in every order of their calls, against a model of Secrets Manager's rules for versions.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html>

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use env_kvstore::aws::names::Region;
use env_kvstore::aws::secret_id::SecretId;
use env_kvstore::aws::secrets_manager::Access;
use env_kvstore::aws::sigv4::Credentials;
use env_kvstore::call::client::Client;
use env_kvstore::error::Error;
use env_kvstore::host::http::{Host, Log, Request, Response, Rs256, SendFailure};
use env_kvstore::host::url::BaseUrl;
use env_kvstore::stores::change::{Changed, Edit, Writer};
use env_kvstore::text::secret::Secret;
use serde_json::{Value, json};

/// A secret with its versions, as Secrets Manager keeps it.
#[derive(Debug, Default)]
struct Store {
    versions: BTreeMap<String, String>,
    /// Each staging label is at one version.
    stages: BTreeMap<String, String>,
    /// The document of each version that was ever current, in order.
    history: Vec<String>,
    /// Whether versions without a label are removed at once, as ministack does and AWS may at any time.
    forgets: bool,
    /// Whether it takes no more versions.
    is_full: bool,
    put: usize,
}

impl Store {
    fn of(text: Option<&str>, forgets: bool) -> Self {
        let mut store = Self { forgets, ..Self::default() };
        if let Some(text) = text {
            store.versions.insert("first".to_owned(), text.to_owned());
            store.move_stage("AWSCURRENT", "first");
        }
        store
    }

    fn move_stage(&mut self, stage: &str, to: &str) {
        let before = self.stages.insert(stage.to_owned(), to.to_owned());
        if stage == "AWSCURRENT" {
            self.history.push(self.versions[to].clone());
            if let Some(before) = before {
                self.stages.insert("AWSPREVIOUS".to_owned(), before);
            }
        }
        if self.forgets {
            let staged: Vec<_> = self.stages.values().cloned().collect();
            self.versions.retain(|id, _| staged.contains(id));
        }
    }

    fn current(&self) -> Option<&str> {
        self.stages.get("AWSCURRENT").map(|id| self.versions[id].as_str())
    }

    fn answer(&mut self, target: &str, body: &Value) -> (u16, Value) {
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let refused = |code: &str| (400, json!({ "__type": code, "message": "CANARY" }));
        match target {
            "secretsmanager.GetSecretValue" => {
                let stage = self.stages.get(&text("VersionStage").unwrap_or("AWSCURRENT".to_owned())).cloned();
                let Some(id) = text("VersionId").or(stage) else { return refused("ResourceNotFoundException") };
                match self.versions.get(&id) {
                    Some(text) => (200, json!({ "ARN": "arn", "VersionId": id, "SecretString": text })),
                    None => refused("ResourceNotFoundException"),
                }
            }
            "secretsmanager.PutSecretValue" => {
                let (id, text) = (text("ClientRequestToken").unwrap(), text("SecretString").unwrap());
                match self.versions.get(&id) {
                    Some(known) if *known != text => return refused("ResourceExistsException"),
                    Some(_) => return (200, json!({ "VersionId": id })),
                    None => {}
                }
                self.put += 1;
                if self.is_full {
                    return refused("LimitExceededException");
                }
                self.versions.insert(id.clone(), text);
                for stage in body["VersionStages"].as_array().unwrap() {
                    self.move_stage(stage.as_str().unwrap(), &id);
                }
                if self.current().is_none() {
                    self.move_stage("AWSCURRENT", &id);
                }
                (200, json!({ "VersionId": id }))
            }
            "secretsmanager.UpdateSecretVersionStage" => {
                let (from, to) = (text("RemoveFromVersionId"), text("MoveToVersionId").unwrap());
                if !self.versions.contains_key(&to) {
                    return refused("ResourceNotFoundException");
                }
                if self.stages.get("AWSCURRENT") != from.as_ref() {
                    return refused("InvalidParameterException");
                }
                self.move_stage("AWSCURRENT", &to);
                (200, json!({ "ARN": "arn" }))
            }
            "secretsmanager.DescribeSecret" => {
                let mut stages: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
                self.stages.iter().for_each(|(stage, id)| stages.entry(id).or_default().push(stage));
                (200, json!({ "ARN": "arn", "VersionIdsToStages": stages }))
            }
            other => panic!("{other}"),
        }
    }
}

/// What goes wrong with a call, counted over all calls of one writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// It does not arrive.
    Lost(usize),
    /// It arrives, and its answer does not.
    Unanswered(usize),
    /// No move arrives from this call on.
    LostFrom(usize),
}

/// The host of one writer. Each call waits for a turn.
struct Turns {
    store: Rc<RefCell<Store>>,
    calls: Cell<usize>,
    fault: Fault,
    time: Cell<Duration>,
}

async fn turn() {
    let mut waited = false;
    poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

impl Host for Turns {
    async fn send(&self, request: Request, _: Duration) -> Result<Response, SendFailure> {
        turn().await;
        let call = self.calls.replace(self.calls.get() + 1);
        let failure = SendFailure::from_host("ECONNRESET");
        if self.fault == Fault::Lost(call) {
            return Err(failure);
        }
        let target = &request.headers.iter().find(|(name, _)| *name == "x-amz-target").unwrap().1;
        if matches!(self.fault, Fault::LostFrom(first) if call >= first && target.ends_with("VersionStage")) {
            return Err(failure);
        }
        let body = serde_json::from_str(request.body.secret()).unwrap();
        let (status, body) = self.store.borrow_mut().answer(target, &body);
        if self.fault == Fault::Unanswered(call) {
            return Err(failure);
        }
        Ok(Response { status, headers: vec![], body: body.to_string().into_bytes() })
    }

    async fn github_token(&self, _: &str, _: Duration) -> Result<Secret, SendFailure> {
        panic!("no token is needed")
    }

    async fn sleep(&self, duration: Duration) {
        self.time.set(self.time.get() + duration);
    }

    async fn encrypt_to_age(&self, _: &str, _: &Secret) -> Option<Secret> {
        panic!("nothing is encrypted")
    }

    async fn all_sent(&self) {}

    fn connect_early(&self, _: &str, _: usize) {}

    fn trust(&self, _: &str, _: &str) -> bool {
        panic!("no certificate is given")
    }

    fn verify_rs256(&self, _: &Rs256<'_>) -> bool {
        panic!("no token is verified")
    }

    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_795_316_400)
    }

    fn monotonic(&self) -> Duration {
        self.time.get()
    }

    fn log(&self, _: Log) {}
}

fn set(key: &str, json: &str) -> Edit {
    Edit { set: vec![(key.to_owned(), Secret::new(json))], ..Edit::default() }
}

/// Does something with a writer of the store.
async fn with_writer<T>(host: &Turns, use_it: impl AsyncFnOnce(Writer<'_, Turns>) -> T) -> T {
    let secret = |text: &str| Secret::new(text);
    let credentials =
        Credentials { access_key_id: secret("AKIA"), secret_access_key: secret("key"), session_token: None };
    let (endpoint, region) = (BaseUrl::parse("https://sm.example").unwrap(), Region::parse("us-west-2").unwrap());
    let access =
        Access { endpoint: &endpoint, region: &region, role: None, credentials: &credentials, session_tags: None };
    let client = Client::new(host, Duration::from_secs(600), None);
    let secret = SecretId { region: region.clone(), account: None, name: "o/repo/o/r/secrets".to_owned(), arn: None };
    use_it(Writer { host, client: &client, access: &access, secret: &secret }).await
}

/// Reads and changes the store as a command does.
async fn write(host: Rc<Turns>, edit: Edit) -> Result<Changed, Error> {
    with_writer(&host, async |writer| {
        let current = writer.current().await?;
        writer.change(None, current, &edit).await
    })
    .await
}

type Writing = Pin<Box<dyn Future<Output = Result<Changed, Error>>>>;

/// Runs the writers. Each bit of `order` says whose turn it is; when it is used up they take turns. `killed` ends the first
/// writer before its turn of that number.
fn run(
    store: &Rc<RefCell<Store>>,
    edits: Vec<Edit>,
    faults: &[Fault],
    order: u32,
    bits: u32,
    killed: Option<usize>,
) -> Vec<Option<Result<Changed, Error>>> {
    let mut writers: Vec<Option<Writing>> = Vec::new();
    for (edit, fault) in edits.into_iter().zip(faults) {
        let (store, calls, time) = (Rc::clone(store), Cell::new(0), Cell::new(Duration::ZERO));
        writers.push(Some(Box::pin(write(Rc::new(Turns { store, calls, time, fault: *fault }), edit))));
    }
    let mut results: Vec<_> = writers.iter().map(|_| None).collect();
    let mut context = Context::from_waker(Waker::noop());
    let mut turns_of_first = 0;
    for step in 0.. {
        let open: Vec<_> = (0..writers.len()).filter(|place| writers[*place].is_some()).collect();
        if open.is_empty() {
            return results;
        }
        let choice = if step < bits { (order >> step & 1) as usize } else { step as usize };
        let place = open[choice % open.len()];
        if place == 0 {
            if killed == Some(turns_of_first) {
                writers[0] = None;
                continue;
            }
            turns_of_first += 1;
        }
        if let Poll::Ready(result) = writers[place].as_mut().unwrap().as_mut().poll(&mut context) {
            results[place] = Some(result);
            writers[place] = None;
        }
        assert!(step < 500, "the writers do not come to an end");
    }
    unreachable!()
}

fn document(store: &Rc<RefCell<Store>>) -> Value {
    serde_json::from_str(store.borrow().current().unwrap()).unwrap()
}

const BEFORE: &str = "{ \"kept\" : 1.10, \"o\": \"old\" }";

/// So many orders of two writers are tried: each needs three calls if it is alone.
const BITS: u32 = 7;

#[test]
fn no_order_of_two_writers_loses_an_update() {
    for (text, forgets) in [(Some(BEFORE), false), (Some(BEFORE), true), (None, false), (None, true)] {
        let mut races = 0;
        for order in 0..1 << BITS {
            let store = Rc::new(RefCell::new(Store::of(text, forgets)));
            let edits = vec![set("A", "\"one\""), set("B", "\"two\"")];
            let results = run(&store, edits, &[Fault::None; 2], order, BITS, None);
            for result in results {
                races += result.unwrap().unwrap().lost_races;
            }
            let document = document(&store);
            assert_eq!((&document["A"], &document["B"]), (&json!("one"), &json!("two")), "order {order:b}");
            let store = store.borrow();
            let writes = store.history.len() - usize::from(text.is_some());
            assert_eq!(writes, 2, "each update is made once");
            if text.is_some() {
                assert!(store.current().unwrap().starts_with("{ \"kept\" : 1.10, \"o\": \"old\", "), "{store:?}");
            }
        }
        assert!(races > 20, "{races}");
    }
}

#[test]
fn of_two_writers_of_one_key_the_slower_is_told_unless_it_saw_the_other_s_value() {
    let (mut told, mut saw) = (0, 0);
    for order in 0..1 << BITS {
        let store = Rc::new(RefCell::new(Store::of(Some(BEFORE), false)));
        let results = run(&store, vec![set("A", "\"one\""), set("A", "\"two\"")], &[Fault::None; 2], order, BITS, None);
        let results: Vec<_> = results.into_iter().map(Option::unwrap).collect();
        let failed: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
        match failed.as_slice() {
            [] => {
                saw += 1;
                assert!(results.iter().all(|result| result.as_ref().unwrap().written));
            }
            [error] => {
                told += 1;
                assert_eq!(error.code().as_str(), "store-changed");
                assert!(error.to_string().contains("`A`"), "{error}");
                let winner = if results[0].is_ok() { "one" } else { "two" };
                assert_eq!(document(&store)["A"], winner);
            }
            _ => panic!("both failed: {failed:?}"),
        }
    }
    assert!(told > 50 && saw > 5, "{told} {saw}");
}

#[test]
fn two_writers_of_the_same_value_are_both_content() {
    for order in 0..1 << BITS {
        let store = Rc::new(RefCell::new(Store::of(Some(BEFORE), false)));
        let results = run(&store, vec![set("A", "\"v\""), set("A", "\"v\"")], &[Fault::None; 2], order, BITS, None);
        assert!(results.into_iter().all(|result| result.unwrap().is_ok()));
        assert_eq!(store.borrow().history.len(), 2);
    }
}

#[test]
fn a_writer_that_is_killed_at_any_call_leaves_the_old_document_or_the_new_one() {
    for (text, forgets) in [(Some(BEFORE), true), (None, false)] {
        let mut ends = BTreeMap::new();
        for killed in 0..8 {
            for order in 0..1 << BITS {
                let store = Rc::new(RefCell::new(Store::of(text, forgets)));
                let edits = vec![set("A", "\"one\""), set("B", "\"two\"")];
                let results = run(&store, edits, &[Fault::None; 2], order, BITS, Some(killed));
                assert!(results[1].as_ref().unwrap().is_ok());
                let document = document(&store);
                assert_eq!(document["B"], "two");
                assert!(document["A"].is_null() || document["A"] == "one");
                assert!(results[0].is_none() || document["A"] == "one");
                *ends.entry(document["A"] == "one").or_insert(0) += 1;
                assert!(document["kept"] == json!(1.1) || text.is_none());
            }
        }
        assert!(ends.len() == 2, "{ends:?}");
    }
}

#[test]
fn a_call_that_is_lost_or_not_answered_is_made_once() {
    for (text, forgets) in [(Some(BEFORE), false), (Some(BEFORE), true), (None, true)] {
        for fault in (0..8).flat_map(|call| [Fault::Lost(call), Fault::Unanswered(call)]) {
            for order in 0..1 << BITS {
                let store = Rc::new(RefCell::new(Store::of(text, forgets)));
                let edits = vec![set("A", "\"one\""), set("B", "\"two\"")];
                let results = run(&store, edits, &[fault, Fault::None], order, BITS, None);
                for result in results {
                    result.unwrap().unwrap_or_else(|error| panic!("{fault:?} {order:b}: {error}"));
                }
                let document = document(&store);
                assert_eq!((&document["A"], &document["B"]), (&json!("one"), &json!("two")), "{fault:?} {order:b}");
                let store = store.borrow();
                assert_eq!(store.history.len() - usize::from(text.is_some()), 2, "{fault:?} {order:b}");
            }
        }
    }
}

fn alone(text: Option<&str>, edit: Edit) -> (Result<Changed, Error>, Rc<RefCell<Store>>) {
    let store = Rc::new(RefCell::new(Store::of(text, false)));
    let result = run(&store, vec![edit], &[Fault::None], 0, 0, None).remove(0).unwrap();
    (result, store)
}

#[test]
fn what_does_not_change_is_not_written() {
    for (key, json) in [("o", "\"old\""), ("o", "\"\\u006fld\""), ("kept", "1.10"), ("kept", "\"1.10\"")] {
        let (changed, store) = alone(Some(BEFORE), set(key, json));
        assert!(!changed.unwrap().written);
        assert_eq!(store.borrow().put, 0);
    }
}

#[test]
fn keys_that_cannot_come_out_do_not_go_in() {
    for (key, json, problem) in
        [("two words", "\"x\"", "not a name"), ("PATH", "\"x\"", "refused"), ("O", "\"\"", "differs")]
    {
        let (result, store) = alone(Some(BEFORE), set(key, json));
        let error = result.unwrap_err();
        assert_eq!(error.code().as_str(), "name-unusable");
        assert!(error.to_string().contains(problem), "{error}");
        assert_eq!(store.borrow().put, 0);
    }
    for (json, problem) in [("null", "null"), ("\"\\u0000\"", "NUL"), ("\"\\ud800\"", "surrogate")] {
        let (result, store) = alone(Some(BEFORE), Edit { allow_any_key: true, ..set("KEY", json) });
        let error = result.unwrap_err();
        assert_eq!((error.code().as_str(), store.borrow().put), ("value-unusable", 0));
        assert!(error.to_string().contains(problem), "{error}");
    }
    let any = Edit { allow_any_key: true, ..set("two words", "\"x\"") };
    assert!(alone(Some(BEFORE), any).0.unwrap().written);
}

#[test]
fn a_document_that_would_be_too_long_is_not_sent_and_its_largest_keys_are_named() {
    let text = json!({ "big": "x".repeat(40_000), "small": "y" }).to_string();
    let (result, store) = alone(Some(&text), set("larger", &json!("z".repeat(50_000)).to_string()));
    let error = result.unwrap_err();
    assert_eq!((error.code().as_str(), store.borrow().put), ("store-too-large", 0));
    assert!(error.to_string().contains("`larger`, `big`, `small`"), "{error}");
    let (kept, fits) = ("{\"k\":\"\"}".len(), 65_536);
    let exactly = json!("z".repeat(fits - kept)).to_string();
    assert!(alone(Some("{}"), set("k", &exactly)).0.unwrap().written);
    assert!(alone(Some("{}"), set("k", &json!("z".repeat(fits - kept + 1)).to_string())).0.is_err());
}

#[test]
fn keys_are_removed_and_replaced() {
    let remove = |keys: &[&str]| Edit { remove: keys.iter().map(ToString::to_string).collect(), ..Edit::default() };
    let (changed, store) = alone(Some(BEFORE), remove(&["o"]));
    assert_eq!(changed.unwrap().keys.len(), 1);
    assert_eq!(store.borrow().current(), Some("{ \"kept\" : 1.10 }"));
    let error = alone(Some(BEFORE), remove(&["absent", "o"])).0.unwrap_err();
    assert_eq!(error.code().as_str(), "key-missing");
    assert!(error.to_string().contains("`absent`") && !error.to_string().contains("`o`"), "{error}");
    let (_, store) = alone(Some(BEFORE), Edit { replace: true, ..set("new", "1") });
    assert_eq!(document(&store), json!({ "new": 1 }));
}

#[test]
fn what_is_no_object_is_refused_and_never_replaced() {
    for text in ["canary", "[1]", "\"x\"", "{\"a\":"] {
        let (result, store) = alone(Some(text), set("A", "1"));
        assert_eq!(result.unwrap_err().code().as_str(), "store-not-an-object", "{text}");
        assert_eq!(store.borrow().put, 0);
    }
}

#[test]
fn a_store_with_too_many_versions_is_asked_once_and_the_quota_is_explained() {
    let store = Rc::new(RefCell::new(Store { is_full: true, ..Store::of(Some(BEFORE), false) }));
    let error = run(&store, vec![set("A", "1")], &[Fault::None], 0, 0, None).remove(0).unwrap().unwrap_err();
    assert_eq!((error.code().as_str(), store.borrow().put), ("store-version-quota", 1));
    // A service may quote the request.
    assert!(error.hint().contains("24 hours") && !error.to_string().contains("CANARY"), "{error}");
}

/// The outcome of a move back from `second` to `first`, which was current before.
fn move_back(fault: Fault, meanwhile: impl Fn(&mut Store)) -> (Result<(), Error>, Rc<RefCell<Store>>) {
    let mut store = Store::of(Some(BEFORE), false);
    store.versions.insert("second".to_owned(), "{}".to_owned());
    store.move_stage("AWSCURRENT", "second");
    let store = Rc::new(RefCell::new(store));
    let host = Turns { store: Rc::clone(&store), calls: Cell::new(0), time: Cell::new(Duration::ZERO), fault };
    let mut moving = Box::pin(with_writer(&host, async |writer| writer.move_current(Some("second"), "first").await));
    meanwhile(&mut store.borrow_mut());
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = moving.as_mut().poll(&mut context) {
            return (result, Rc::clone(&store));
        }
    }
}

#[test]
fn a_way_back_that_was_not_taken_is_not_said_to_be_done_because_its_version_was_the_one_before() {
    let (result, store) = move_back(Fault::LostFrom(0), |_| {});
    assert_eq!(result.unwrap_err().code().as_str(), "service-unreachable");
    assert_eq!(store.borrow().stages["AWSCURRENT"], "second");
}

#[test]
fn a_way_back_is_done_once_if_its_answer_is_lost_and_not_if_somebody_else_wrote_first() {
    for fault in [Fault::None, Fault::Unanswered(0)] {
        let (result, store) = move_back(fault, |_| {});
        assert!(result.is_ok());
        assert_eq!((store.borrow().stages["AWSCURRENT"].as_str(), store.borrow().history.len()), ("first", 3));
    }
    let (result, store) = move_back(Fault::None, |store| {
        store.versions.insert("third".to_owned(), "{}".to_owned());
        store.move_stage("AWSCURRENT", "third");
    });
    assert_eq!(result.unwrap_err().code().as_str(), "store-changed");
    assert_eq!(store.borrow().stages["AWSCURRENT"], "third");
}
