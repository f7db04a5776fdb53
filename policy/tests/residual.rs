//! Partial evaluation against evaluation: random policies, random contexts, and random splits of them into known and unknown.
//!
//! `cargo test` runs a share of the cases. All of them:
//!
//! ```text
//! cargo test --release -p env-kvstore-policy --test residual -- --ignored --nocapture
//! ```
//!
//! `RESIDUAL_SEED=N` repeats a run whose seed was printed.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use env_kvstore_policy::{
    Context, Decision, Evaluation, MAX_CASES, PartialContext, PartialRequest, Policy, Principal, Request, Residual,
    evaluate, residual, residual_within,
};
use serde_json::{Map, Value, json};

const FIXED_SEED: u64 = 0x05EE_D0FA_7E57;

#[test]
fn residual_decides_as_the_whole_does() {
    let counts = compare(5_000);
    for (operator, outcomes) in &counts.operators {
        assert!(outcomes.iter().all(|count| *count > 0), "{operator} {outcomes:?}");
    }
}

#[test]
#[ignore = "takes minutes; the head of this file has the command"]
fn residual_decides_as_the_whole_does_in_a_million_cases() {
    let counts = compare(600_000);
    for (operator, outcomes) in &counts.operators {
        assert!(outcomes.iter().all(|count| *count >= 1000), "{operator} {outcomes:?}");
    }
}

/// So many cases of a fixed seed, and as many of a new one.
fn compare(cases: u64) -> Counts {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let seed = std::env::var("RESIDUAL_SEED").map_or(now, |seed| seed.parse().unwrap());
    let mut counts = Counts::new();
    for seed in [FIXED_SEED, seed] {
        println!("RESIDUAL_SEED={seed}");
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            let run = |first: usize| {
                let mut counts = Counts::new();
                for case in (first as u64..cases).step_by(threads) {
                    // Each case has a generator of its own, so that one can be looked at alone.
                    Case::random(&mut Random(seed ^ case.wrapping_mul(0x9E37_79B9_7F4A_7C15))).check(&mut counts);
                }
                counts
            };
            let running: Vec<_> = (0..threads).map(|first| scope.spawn(move || run(first))).collect();
            running.into_iter().for_each(|thread| counts.add(thread.join().unwrap()));
        });
    }
    println!("{counts}");
    let all = 2 * cases;
    for (decision, count) in &counts.decisions {
        assert!(*count * 20 > all, "too few decisions are {decision}: {count} of {all}");
    }
    assert_eq!(counts.decisions.len(), 3);
    assert!(counts.conditional * 4 > all, "too few residuals depend on anything: {}", counts.conditional);
    assert!(counts.approximate * 500 < all, "too many residuals are approximate: {}", counts.approximate);
    assert!(
        counts.cut * 200 > all && counts.wider * 2000 > all,
        "too few lists are cut: {} {}",
        counts.cut,
        counts.wider
    );
    assert!(counts.joined * 20 > all, "too few pairs are joined exactly: {}", counts.joined);
    assert_eq!(counts.operators.len(), operators().len());
    counts
}

/// What the cases have been about.
struct Counts {
    decisions: BTreeMap<String, u64>,
    /// Conditions on an unknown key, by operator: how many held, and how many did not.
    operators: BTreeMap<String, [u64; 2]>,
    /// Residuals that neither always hold nor never.
    conditional: u64,
    /// Residuals that say of themselves that they are not exact.
    approximate: u64,
    /// As many, when only few cases are allowed.
    cut: u64,
    /// Those that then admit a context that the policies do not allow.
    wider: u64,
    /// Pairs of residuals joined without approximation.
    joined: u64,
    most_cases: usize,
}

impl Counts {
    fn new() -> Self {
        let operators = operators().into_iter().map(|operator| (operator, [0, 0])).collect();
        let decisions = BTreeMap::new();
        Self { decisions, operators, conditional: 0, approximate: 0, cut: 0, wider: 0, joined: 0, most_cases: 0 }
    }

    fn add(&mut self, other: Self) {
        for (decision, count) in other.decisions {
            *self.decisions.entry(decision).or_default() += count;
        }
        for (operator, [held, failed]) in other.operators {
            let counts = self.operators.get_mut(&operator).unwrap();
            *counts = [counts[0] + held, counts[1] + failed];
        }
        self.conditional += other.conditional;
        self.approximate += other.approximate;
        self.cut += other.cut;
        self.wider += other.wider;
        self.joined += other.joined;
        self.most_cases = self.most_cases.max(other.most_cases);
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let least = |outcome: usize| self.operators.iter().map(|(name, counts)| (counts[outcome], name)).min().unwrap();
        writeln!(f, "decisions: {:?}", self.decisions)?;
        writeln!(f, "{} operators; rarest to hold: {:?}, to fail: {:?}", self.operators.len(), least(0), least(1))?;
        writeln!(f, "residuals that depend on unknown keys: {}, approximate: {}", self.conditional, self.approximate)?;
        writeln!(f, "cut on purpose: {}, and then wider: {}; joined: {}", self.cut, self.wider, self.joined)?;
        write!(f, "most cases in one residual: {}", self.most_cases)
    }
}

/// Every operator that IAM has and the evaluator knows.
fn operators() -> Vec<String> {
    let mut operators = vec!["Null".to_owned()];
    for base in BASES {
        for set in ["", "ForAllValues:", "ForAnyValue:"] {
            operators.extend(["", "IfExists"].map(|suffix| format!("{set}{base}{suffix}")));
        }
    }
    operators
}

const BASES: [&str; 25] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "ArnEquals",
    "ArnNotEquals",
    "ArnLike",
    "ArnNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "IpAddress",
    "NotIpAddress",
];

/// What a key's values look like.
#[derive(Clone, Copy, PartialEq)]
enum Type {
    Text,
    Arn,
    Number,
    Date,
    Bool,
    Address,
}

const KEYS: [(&str, Type); 9] = [
    ("t:a", Type::Text),
    ("t:b", Type::Text),
    ("T:c", Type::Text),
    ("t:D/x", Type::Text),
    ("v:arn", Type::Arn),
    ("v:number", Type::Number),
    ("v:date", Type::Date),
    ("v:bool", Type::Bool),
    ("v:address", Type::Address),
];

impl Type {
    fn of_operator(base: &str) -> Self {
        match base {
            base if base.starts_with("String") => Self::Text,
            base if base.starts_with("Arn") => Self::Arn,
            base if base.starts_with("Numeric") => Self::Number,
            base if base.starts_with("Date") => Self::Date,
            "Bool" => Self::Bool,
            _ => Self::Address,
        }
    }

    fn values(self) -> &'static [&'static str] {
        match self {
            Self::Text => &[
                "x", "x", "x", "x", "x", "x", "x", "y", "y", "X", "xy", "x/y", "x/x/y", "", "*", "-", "x@y", "${t:a}",
                "ß", "?",
            ],
            Self::Arn => {
                &["arn:aws:s3:::b/x", "arn:aws:s3:::b/x/y", "arn:aws:iam::1:role/x", "arn:aws:s3:::b/x:y", "x", "*", ""]
            }
            Self::Number => &["1", "2", "1.0", "-3", "many"],
            Self::Date => &["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "0", "1767225600", "soon"],
            Self::Bool => &["true", "false", "True", "maybe"],
            Self::Address => &["10.0.0.1", "10.1.0.1", "::1", "here"],
        }
    }
}

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn list<T>(&mut self, lengths: &[usize], mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let length = self.of(lengths);
        (0..length).map(|_| item(self)).collect()
    }

    /// Text that may hold variables and wildcards.
    fn template(&mut self, literals: &[&str]) -> String {
        let pieces = self.list(&[1, 1, 1, 1, 2, 2, 3, 4], |random| match random.below(10) {
            0..5 => random.of(literals).replace("${", "${$}{"),
            5..7 => random.variable(),
            7 => random.of(&["*", "?", "${*}", "${?}", "${$}"]).to_owned(),
            _ => random.of(&["/", "x", "@", ":", "-"]).to_owned(),
        });
        pieces.concat()
    }

    fn variable(&mut self) -> String {
        let (key, _) = self.of(&KEYS[..5]);
        let key = if self.percent(20) { key.to_uppercase() } else { key.to_owned() };
        let default = if self.percent(30) { self.of(&[", 'x'", ", '-'", ",''"]) } else { "" };
        format!("${{{key}{default}}}")
    }

    fn expected(&mut self, kind: Type) -> String {
        match kind {
            Type::Text => self.template(kind.values()),
            Type::Arn => match self.below(6) {
                0 => "*".to_owned(),
                1 => self.template(kind.values()),
                2 => format!("*{}", self.variable()),
                3 => format!("arn:{}:s3:::b/{}", self.of(&["aws", "*", "a??"]), self.template(&["x", "y", "x/y"])),
                4 => format!("arn:aws:{}", self.template(&["s3", "iam", "", ":::b/x", "::"])),
                _ => self.of(kind.values()).to_owned(),
            },
            Type::Number => self.of(&["1", "2", "1.50", "-3"]).to_owned(),
            Type::Date => self.of(&["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "0"]).to_owned(),
            Type::Bool => self.of(&["true", "false"]).to_owned(),
            Type::Address => self.of(&["10.0.0.0/16", "10.0.0.1", "0.0.0.0/0", "::/0"]).to_owned(),
        }
    }

    fn conditions(&mut self) -> Map<String, Value> {
        let mut conditions = Map::new();
        for _ in 0..self.of(&[0, 1, 1, 1, 2, 2, 2, 3]) {
            let (operator, kind, values) = if self.percent(8) {
                let values = self.list(&[1, 1, 1, 1, 0, 2], |random| random.of(&["true", "false"]).to_owned());
                ("Null".to_owned(), self.of(&KEYS).1, values)
            } else {
                let base = self.of(&BASES);
                let set = self.of(&["", "ForAllValues:", "ForAnyValue:"]);
                let suffix = self.of(&["", "IfExists"]);
                let kind = Type::of_operator(base);
                (format!("{set}{base}{suffix}"), kind, self.list(&[1, 1, 2, 2, 3, 0], |random| random.expected(kind)))
            };
            let keys: Vec<&str> = KEYS.iter().filter(|(_, of)| *of == kind).map(|(key, _)| *key).collect();
            let key = if self.percent(10) { self.of(&KEYS).0 } else { self.of(&keys) };
            let under = conditions.entry(operator).or_insert_with(|| json!({}));
            under[key] = json!(values);
        }
        conditions
    }

    fn resource(&mut self) -> String {
        match self.below(8) {
            0 => "*".to_owned(),
            1 => "arn:aws:s3:::*".to_owned(),
            2 => "arn:aws:sqs:*".to_owned(),
            3 => format!("arn:*:s3:::b/{}/{}", self.variable(), self.variable()),
            4 => format!("arn:aws:s3:::b/{}/x/{}", self.variable(), self.variable()),
            _ => format!("arn:aws:s3:::{}", self.template(&["b/x", "b", "y", "x/y", "b/x/y"])),
        }
    }

    fn statement(&mut self) -> Value {
        let mut statement = Map::new();
        statement.insert("Effect".to_owned(), json!(if self.percent(30) { "Deny" } else { "Allow" }));
        let mut add = |random: &mut Self, element: &str, negation: &str, odds: usize, value: Value| {
            let name = if random.percent(odds) { negation } else { element };
            statement.insert(name.to_owned(), value);
        };
        let actions = self.of(&[json!("s3:*"), json!("*"), json!(["S3:getobject", "a:b"])].each_ref()).clone();
        match self.below(12) {
            0 => add(self, "Action", "NotAction", 50, json!("sqs:*")),
            _ => add(self, "Action", "NotAction", 3, actions),
        }
        if self.percent(25) {
            let principal = self.of(&["*", "arn:aws:iam::1:role/a", "1", "arn:aws:iam::2:root"]);
            add(self, "Principal", "NotPrincipal", 20, json!({"AWS": [principal]}));
        } else {
            let resources = self.list(&[1, 1, 1, 2, 3], Self::resource);
            add(self, "Resource", "NotResource", 20, json!(resources));
        }
        let conditions = self.conditions();
        if !conditions.is_empty() {
            statement.insert("Condition".to_owned(), Value::Object(conditions));
        }
        Value::Object(statement)
    }

    /// Values of a key, or nothing if it is absent.
    fn values(&mut self, kind: Type, single_valued: bool) -> Option<Vec<String>> {
        let kind = if self.percent(5) { Type::Text } else { kind };
        let lengths: &[usize] = if single_valued { &[1] } else { &[1, 1, 1, 1, 1, 1, 0, 2, 2, 3] };
        (!self.percent(25)).then(|| self.list(lengths, |random| random.of(kind.values()).to_owned()))
    }
}

type Entries = BTreeMap<String, Vec<String>>;

struct Case {
    documents: Vec<Value>,
    policies: Vec<Policy>,
    resource: Option<String>,
    /// All of the context.
    all: Entries,
    /// The keys that are unknown at first.
    unknown: BTreeSet<&'static str>,
    partial: PartialContext,
    /// How many cases the second residual may have.
    most: usize,
}

impl Case {
    fn random(random: &mut Random) -> Self {
        let documents = random.list(&[1, 1, 2], |random| {
            let version = if random.percent(95) { "2012-10-17" } else { "2008-10-17" };
            let mut statements = random.list(&[1, 1, 2, 2, 3, 4], Random::statement);
            // What two statements want alike must be seen to be alike.
            if random.percent(15)
                && let [first, .., last] = statements.as_mut_slice()
                && let Some(condition) = first.get("Condition")
            {
                last["Condition"] = condition.clone();
            }
            json!({"Version": version, "Statement": statements})
        });
        let parsed = documents.iter().enumerate().map(|(index, document)| {
            Policy::parse(&format!("p{index}"), &document.to_string())
                .unwrap_or_else(|error| panic!("{error}: {document}"))
        });
        let policies = parsed.collect();
        let resource = random.of(&[
            "arn:aws:s3:::b/x",
            "arn:aws:s3:::b/x/x/y",
            "arn:aws:s3:::b/x/x/x/y",
            "arn:aws:s3:::b//y",
            "none",
        ]);
        let (single, absent) = (random.percent(40), random.percent(20));
        let mut partial = PartialContext::default();
        if single {
            partial = partial.single_valued_under("T:");
        }
        if absent {
            partial = partial.absent_under("t:").absent_under("V:");
        }
        let (mut all, mut unknown) = (Entries::new(), BTreeSet::new());
        let share = random.of(&[30, 60, 100]);
        for (key, kind) in KEYS {
            let values = random.values(kind, single && key.to_lowercase().starts_with("t:"));
            let name = if random.percent(20) { key.to_uppercase() } else { key.to_owned() };
            if random.percent(share) {
                unknown.insert(key);
                partial = if absent || random.percent(50) { partial.unknown(&name) } else { partial };
            } else {
                partial = match &values {
                    Some(values) => partial.known(&name, values.clone()),
                    None if absent => partial,
                    None => partial.absent(&name),
                };
            }
            if let Some(values) = values {
                all.insert(key.to_owned(), values);
            }
        }
        let resource = (resource != "none").then(|| resource.to_owned());
        Self { documents, policies, resource, all, unknown, partial, most: random.of(&[1, 2, 4]) }
    }

    fn check(&self, counts: &mut Counts) {
        let (action, principal) = ("s3:GetObject".to_owned(), Some(Principal::Aws("arn:aws:iam::1:role/a".to_owned())));
        let request = Request {
            action: action.clone(),
            principal: principal.clone(),
            resource: self.resource.clone(),
            context: context(self.all.clone()),
        };
        let evaluation = evaluate(&self.policies, &request);
        self.count(&evaluation, counts);
        let allowed = evaluation.decision == Decision::Allow;
        let partial =
            PartialRequest { action, principal, resource: self.resource.clone(), context: self.partial.clone() };
        let left = residual(&self.policies, &partial);
        let unknown: Entries =
            self.all.clone().into_iter().filter(|(key, _)| self.unknown.contains(key.as_str())).collect();
        let rest = context(unknown.clone());

        counts.approximate += u64::from(left.is_approximate());
        counts.conditional += u64::from(!left.is_never() && !left.is_always());
        counts.most_cases = counts.most_cases.max(left.cases().len());
        assert!(left.cases().len() <= MAX_CASES);
        self.compare(&left, &rest, allowed, "the residual");
        self.compare(&left, &request.context, allowed, "the residual with known keys in the context");

        let cut = residual_within(&self.policies, &partial, self.most);
        assert!(cut.cases().len() <= self.most);
        self.compare(&cut, &rest, allowed, "the residual cut short");
        counts.cut += u64::from(cut.is_approximate());
        counts.wider += u64::from(cut.evaluate(&rest) && !allowed);

        let prefixed = |key: &str| format!("n/{key}");
        let renamed = unknown.iter().map(|(key, values)| (prefixed(key), values.clone())).collect();
        self.compare(&left.rename(&prefixed), &context(renamed), allowed, "the residual renamed");

        self.check_pairs(&partial, &rest, counts);
        self.check_fold(&left);
    }

    /// The policies one by one, joined.
    fn check_pairs(&self, partial: &PartialRequest, rest: &Context, counts: &mut Counts) {
        if let [first, second] = self.policies.as_slice() {
            let [first, second] = [first, second].map(|policy| residual(std::slice::from_ref(policy), partial));
            let (one, other) = (first.evaluate(rest), second.evaluate(rest));
            let both = first.and(&second);
            counts.joined += u64::from(!both.is_approximate());
            self.compare(&both, rest, one && other, "both residuals");
            self.compare(&first.or(&second), rest, one || other, "either residual");
        }
    }

    /// Two keys under one name are one key.
    fn check_fold(&self, left: &Residual) {
        let fold = |key: &str| if key.eq_ignore_ascii_case("t:b") { "t:a".to_owned() } else { key.to_owned() };
        let mut same: Entries = self.all.clone();
        same.remove("t:b");
        let folded = context(same.clone());
        if let Some(values) = same.get("t:a").cloned() {
            same.insert("t:b".to_owned(), values);
        }
        let expected = left.evaluate(&context(same));
        self.compare(&left.rename(&fold), &folded, expected, "two keys as one");
    }

    fn compare(&self, residual: &Residual, rest: &Context, allowed: bool, what: &str) {
        let admitted = residual.evaluate(rest);
        let right = admitted == allowed || residual.is_approximate() && admitted;
        assert!(
            right,
            "{what} {} ({:?}) is {admitted}\npolicies {}\nresource {:?}\ncontext {:?}\nunknown {:?}",
            residual,
            residual.approximations(),
            json!(self.documents),
            self.resource,
            self.all,
            self.unknown
        );
    }

    fn count(&self, evaluation: &Evaluation, counts: &mut Counts) {
        *counts.decisions.entry(format!("{:?}", evaluation.decision)).or_default() += 1;
        let statements = self.documents.iter().flat_map(|document| document["Statement"].as_array().unwrap());
        for (statement, result) in statements.zip(&evaluation.statements) {
            for (operator, keys) in statement.get("Condition").and_then(Value::as_object).into_iter().flatten() {
                for key in keys.as_object().unwrap().keys().filter(|key| self.unknown.contains(key.as_str())) {
                    let named = |name: &Option<String>, expected: &str| name.as_deref() == Some(expected);
                    let failed = result
                        .mismatches
                        .iter()
                        .any(|mismatch| named(&mismatch.operator, operator) && named(&mismatch.key, key));
                    counts.operators.get_mut(operator).unwrap()[usize::from(failed)] += 1;
                }
            }
        }
    }
}

fn context(entries: Entries) -> Context {
    Context::try_from_iter(entries).unwrap()
}
