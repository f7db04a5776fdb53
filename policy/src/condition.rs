//! The `Condition` element.
//!
//! * Operators: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
//! * Keys with several values:
//!   <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>

use crate::context::Context;
use crate::mismatch::{Element, Mismatch};
use crate::operand;
use crate::operand::{Kind, Operand, Order, TextKind};
use crate::pattern::{Pattern, Template, Unresolved, Version};

/// One key under one operator. All conditions of a statement must hold.
#[derive(Debug)]
pub(crate) struct Condition {
    /// As written.
    pub(crate) operator: String,
    pub(crate) key: String,
    /// The values as written.
    pub(crate) expected: Vec<String>,
    pub(crate) test: Test,
}

#[derive(Debug)]
pub(crate) enum Test {
    /// `Null`: whether the key has no value.
    Null(Vec<bool>),
    Comparison(Comparison),
}

#[derive(Debug, Clone)]
pub(crate) struct Comparison {
    pub(crate) operator: Operator,
    pub(crate) operands: Vec<Operand<Template>>,
}

impl Condition {
    pub(crate) fn parse(operator: &str, key: &str, expected: Vec<String>, version: Version) -> Result<Self, String> {
        let test = if operator == "Null" {
            let absent = expected
                .iter()
                .map(|text| operand::boolean(text).ok_or_else(|| format!("`{text}` is not `true` or `false`")));
            Test::Null(absent.collect::<Result<_, _>>()?)
        } else {
            let operator = Operator::parse(operator).ok_or_else(|| format!("there is no operator `{operator}`"))?;
            let operands = expected.iter().map(|text| Operand::parse(operator.kind, text, version));
            Test::Comparison(Comparison { operator, operands: operands.collect::<Result<_, _>>()? })
        };
        Ok(Self { operator: operator.to_owned(), key: key.to_owned(), expected, test })
    }

    /// The values that are text.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &Template> {
        let operands = match &self.test {
            Test::Null(_) => [].as_slice(),
            Test::Comparison(comparison) => &comparison.operands,
        };
        operands.iter().filter_map(Operand::template)
    }

    /// Whether it holds.
    pub(crate) fn holds(&self, context: &Context) -> bool {
        let actual = context.values(&self.key);
        match &self.test {
            Test::Null(absent) => null(absent, actual).is_ok(),
            Test::Comparison(comparison) => comparison.admits_key(actual, context),
        }
    }

    /// Why this condition does not hold, if it does not.
    pub(crate) fn mismatch(&self, context: &Context) -> Option<Mismatch> {
        let actual = context.values(&self.key);
        let failure = match &self.test {
            Test::Null(absent) => null(absent, actual).err()?,
            Test::Comparison(comparison) => comparison.holds(actual, context).err()?,
        };
        Some(Mismatch {
            element: Element::Condition,
            operator: Some(self.operator.clone()),
            key: Some(self.key.clone()),
            expected: self.expected(context),
            actual: actual.map(<[String]>::to_vec),
            differences: Vec::new(),
            reason: failure.reason(&self.operator, &self.key),
        })
    }

    /// The values with their variables replaced, as far as this request has them.
    fn expected(&self, context: &Context) -> Vec<String> {
        let Test::Comparison(Comparison { operands, .. }) = &self.test else {
            return self.expected.clone();
        };
        let expanded = operands.iter().map(|operand| operand.expand(context).ok()?.text());
        self.expected
            .iter()
            .zip(expanded)
            .map(|(written, expanded)| expanded.unwrap_or_else(|| written.clone()))
            .collect()
    }
}

/// A key without a value is as good as absent:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition_examples-multi-valued-context-keys.html>
fn null(expected: &[bool], actual: Option<&[String]>) -> Result<(), Failure> {
    let absent = actual.unwrap_or_default().is_empty();
    match (expected.contains(&absent), absent) {
        (true, _) => Ok(()),
        (false, true) => Err(Failure::Absent),
        (false, false) => Err(Failure::Present),
    }
}

impl Comparison {
    /// Whether this holds of a key with these values, or of an absent one.
    pub(crate) fn admits_key(&self, actual: Option<&[String]>, context: &Context) -> bool {
        self.holds(actual, context).is_ok()
    }

    /// An absent key is as a key without values, but for `IfExists`.
    fn holds(&self, actual: Option<&[String]>, context: &Context) -> Result<(), Failure> {
        let Operator { set, negated, if_exists, .. } = self.operator;
        if if_exists && actual.is_none() {
            return Ok(());
        }
        let values = actual.unwrap_or_default();
        let (operands, unresolved) = self.expand(context);
        // An operand whose variable is absent matches nothing. Under negation that would match everything instead, so
        // there one such operand is enough for the condition to fail.
        let evaluable = unresolved.is_none() || !(negated || operands.is_empty());
        let admits = |value: &String| self.admits(value, &operands);
        let holds = evaluable
            && match (set, values) {
                (Some(Set::ForAllValues), values) => values.iter().all(admits),
                (Some(Set::ForAnyValue), values) => values.iter().any(admits),
                (None, []) => negated,
                (None, [value]) => admits(value),
                (None, values) => return Err(Failure::SeveralValues(values.len())),
            };
        if holds {
            return Ok(());
        }
        if let Some(variable) = unresolved {
            return Err(Failure::Unresolved(variable));
        }
        let incomparable = |value: &&String| compare(value, &operands).is_none();
        Err(match values.iter().find(incomparable) {
            _ if values.is_empty() => Failure::Absent,
            Some(value) => Failure::Incomparable(value.clone()),
            None if negated => Failure::Excluded,
            None => Failure::NoneMatches,
        })
    }

    /// The operands that this request has values for, and a variable that it has none for.
    fn expand(&self, context: &Context) -> (Vec<Operand<Pattern>>, Option<Unresolved>) {
        let mut resolved = Vec::new();
        let mut unresolved = None;
        for operand in &self.operands {
            match operand.expand(context) {
                Ok(operand) => resolved.push(operand),
                Err(variable) => unresolved = Some(variable),
            }
        }
        (resolved, unresolved)
    }

    fn admits(&self, value: &str, operands: &[Operand<Pattern>]) -> bool {
        self.operator.admits(value, operands)
    }
}

/// Whether any operand matches; nothing if `value` is not of the operator's type.
fn compare(value: &str, operands: &[Operand<Pattern>]) -> Option<bool> {
    operands.iter().try_fold(false, |matched, operand| Some(operand.admits(value)? || matched))
}

/// Why a condition does not hold.
enum Failure {
    Absent,
    Present,
    SeveralValues(usize),
    Unresolved(Unresolved),
    Incomparable(String),
    Excluded,
    NoneMatches,
}

impl Failure {
    fn reason(&self, operator: &str, key: &str) -> String {
        match self {
            Self::Absent => format!("the request has no `{key}`"),
            Self::Present => format!("the request has `{key}`"),
            Self::SeveralValues(count) => format!(
                "`{key}` has {count} values, which `{operator}` compares only after `ForAllValues:` or `ForAnyValue:`"
            ),
            Self::Unresolved(variable) => variable.to_string(),
            Self::Incomparable(value) => format!("`{operator}` cannot compare `{value}`"),
            Self::Excluded => format!("`{key}` has a value that `{operator}` excludes"),
            Self::NoneMatches => format!("`{key}` has no value that `{operator}` expects"),
        }
    }
}

/// The name of an operator, taken apart: `ForAnyValue:StringNotEqualsIfExists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operator {
    pub(crate) set: Option<Set>,
    pub(crate) kind: Kind,
    pub(crate) negated: bool,
    pub(crate) if_exists: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Set {
    /// True of a key that is absent or has no value.
    ForAllValues,
    /// False of a key that is absent or has no value.
    ForAnyValue,
}

/// Names without prefix and suffix. Of two names for one thing, the first is the one that says what it does.
const NAMES: [(&str, Kind, bool); 25] = [
    ("StringEquals", Kind::Text(TextKind::Equals), false),
    ("StringNotEquals", Kind::Text(TextKind::Equals), true),
    ("StringEqualsIgnoreCase", Kind::Text(TextKind::EqualsIgnoreCase), false),
    ("StringNotEqualsIgnoreCase", Kind::Text(TextKind::EqualsIgnoreCase), true),
    ("StringLike", Kind::Text(TextKind::Like), false),
    ("StringNotLike", Kind::Text(TextKind::Like), true),
    ("ArnLike", Kind::Text(TextKind::Arn), false),
    ("ArnEquals", Kind::Text(TextKind::Arn), false),
    ("ArnNotLike", Kind::Text(TextKind::Arn), true),
    ("ArnNotEquals", Kind::Text(TextKind::Arn), true),
    ("NumericEquals", Kind::Number(Order::Equal), false),
    ("NumericNotEquals", Kind::Number(Order::Equal), true),
    ("NumericLessThan", Kind::Number(Order::Less), false),
    ("NumericLessThanEquals", Kind::Number(Order::LessOrEqual), false),
    ("NumericGreaterThan", Kind::Number(Order::Greater), false),
    ("NumericGreaterThanEquals", Kind::Number(Order::GreaterOrEqual), false),
    ("DateEquals", Kind::Date(Order::Equal), false),
    ("DateNotEquals", Kind::Date(Order::Equal), true),
    ("DateLessThan", Kind::Date(Order::Less), false),
    ("DateLessThanEquals", Kind::Date(Order::LessOrEqual), false),
    ("DateGreaterThan", Kind::Date(Order::Greater), false),
    ("DateGreaterThanEquals", Kind::Date(Order::GreaterOrEqual), false),
    ("Bool", Kind::Bool, false),
    ("IpAddress", Kind::Ip, false),
    ("NotIpAddress", Kind::Ip, true),
];

impl Operator {
    fn parse(name: &str) -> Option<Self> {
        let (set, name) = match name.split_once(':') {
            None => (None, name),
            Some(("ForAllValues", name)) => (Some(Set::ForAllValues), name),
            Some(("ForAnyValue", name)) => (Some(Set::ForAnyValue), name),
            Some(_) => return None,
        };
        let (if_exists, name) = match name.strip_suffix("IfExists") {
            None => (false, name),
            Some(name) => (true, name),
        };
        let (_, kind, negated) = *NAMES.iter().find(|(known, ..)| *known == name)?;
        Some(Self { set, kind, negated, if_exists })
    }

    /// The name without prefix and suffix.
    pub(crate) fn base_name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(_, kind, negated)| (*kind, *negated) == (self.kind, self.negated))
            .map_or("", |(name, ..)| name)
    }

    /// Of several operands one must match, or with a negated operator none may.
    pub(crate) fn admits(self, value: &str, operands: &[Operand<Pattern>]) -> bool {
        compare(value, operands).is_some_and(|matched| matched != self.negated)
    }
}

/// The name with prefix and suffix.
impl std::fmt::Display for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let set = match self.set {
            None => "",
            Some(Set::ForAllValues) => "ForAllValues:",
            Some(Set::ForAnyValue) => "ForAnyValue:",
        };
        write!(f, "{set}{}{}", self.base_name(), if self.if_exists { "IfExists" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;
    use crate::mismatch::Mismatch;
    use crate::pattern::Version;

    /// Why `operator` with `expected` does not hold for key `k`, if it does not.
    fn failure(operator: &str, expected: &[&str], actual: Option<&[&str]>) -> Option<Mismatch> {
        let entries = actual.map(|values| ("k", values));
        failure_in(operator, expected, entries.as_slice())
    }

    fn failure_in(operator: &str, expected: &[&str], entries: &[(&str, &[&str])]) -> Option<Mismatch> {
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        let context = Context::try_from_iter(entries.iter().map(|(key, values)| ((*key).to_owned(), owned(values))));
        Condition::parse(operator, "k", owned(expected), Version::WithVariables).unwrap().mismatch(&context.unwrap())
    }

    fn holds(operator: &str, expected: &[&str], actual: Option<&[&str]>) -> bool {
        failure(operator, expected, actual).is_none()
    }

    #[test]
    fn one_of_several_values_is_enough() {
        assert!(holds("StringEquals", &["a", "b"], Some(&["b"])));
        assert!(!holds("StringEquals", &["a", "b"], Some(&["c"])));
    }

    #[test]
    fn negated_operator_excludes_every_value() {
        assert!(!holds("StringNotEquals", &["a", "b"], Some(&["b"])));
        assert!(holds("StringNotEquals", &["a", "b"], Some(&["c"])));
    }

    #[test]
    fn absent_key_is_false_but_for_negated_operators() {
        for (operator, expected) in [
            ("StringEquals", "a"),
            ("StringEqualsIgnoreCase", "a"),
            ("StringLike", "*"),
            ("NumericEquals", "1"),
            ("NumericLessThan", "1"),
            ("DateGreaterThan", "0"),
            ("Bool", "false"),
            ("ArnLike", "*"),
            ("IpAddress", "0.0.0.0/0"),
        ] {
            assert!(!holds(operator, &[expected], None), "{operator}");
        }
        for (operator, expected) in [
            ("StringNotEquals", "a"),
            ("StringNotEqualsIgnoreCase", "a"),
            ("StringNotLike", "*"),
            ("NumericNotEquals", "1"),
            ("DateNotEquals", "0"),
            ("ArnNotLike", "*"),
            ("ArnNotEquals", "*"),
            ("NotIpAddress", "0.0.0.0/0"),
        ] {
            assert!(holds(operator, &[expected], None), "{operator}");
        }
    }

    #[test]
    fn if_exists_holds_for_an_absent_key_and_compares_a_present_one() {
        for operator in ["StringEqualsIfExists", "ForAnyValue:StringLikeIfExists"] {
            assert!(holds(operator, &["a"], None));
            assert!(holds(operator, &["a"], Some(&["a"])));
            assert!(!holds(operator, &["a"], Some(&["b"])));
        }
        assert!(holds("StringNotEqualsIfExists", &["a"], None));
        assert!(!holds("StringNotEqualsIfExists", &["a"], Some(&["a"])));
    }

    #[test]
    fn for_all_values_holds_for_an_absent_or_empty_key() {
        for operator in ["ForAllValues:StringEquals", "ForAllValues:StringNotEquals"] {
            assert!(holds(operator, &["a"], None));
            assert!(holds(operator, &["a"], Some(&[])));
        }
        let expected = ["a", "b"];
        assert!(holds("ForAllValues:StringEquals", &expected, Some(&["b", "a"])));
        assert!(!holds("ForAllValues:StringEquals", &expected, Some(&["a", "c"])));
        assert!(!holds("ForAllValues:StringNotEquals", &expected, Some(&["a", "c"])));
    }

    #[test]
    fn for_any_value_is_false_for_an_absent_or_empty_key() {
        for operator in ["ForAnyValue:StringEquals", "ForAnyValue:StringNotEquals"] {
            assert!(!holds(operator, &["a"], None));
            assert!(!holds(operator, &["a"], Some(&[])));
        }
        assert!(holds("ForAnyValue:StringEquals", &["a"], Some(&["c", "a"])));
        assert!(!holds("ForAnyValue:StringEquals", &["a"], Some(&["c", "d"])));
        assert!(holds("ForAnyValue:StringNotEquals", &["a"], Some(&["c", "a"])));
        assert!(!holds("ForAnyValue:StringNotEquals", &["a"], Some(&["a"])));
    }

    #[test]
    fn several_values_need_a_set_operator() {
        for operator in ["StringEquals", "StringNotEquals"] {
            let failure = failure(operator, &["c"], Some(&["a", "b"])).unwrap();
            assert!(failure.reason.contains("ForAnyValue"), "{}", failure.reason);
        }
    }

    #[test]
    fn null_asks_whether_the_key_has_a_value() {
        assert!(holds("Null", &["true"], None));
        assert!(holds("Null", &["true"], Some(&[])));
        assert!(holds("Null", &["false"], Some(&["a"])));
        assert!(!holds("Null", &["false"], None));
        assert!(!holds("Null", &["false"], Some(&[])));
        assert!(!holds("Null", &["true"], Some(&["a"])));
    }

    #[test]
    fn wildcards_are_characters_outside_like_and_arn_operators() {
        assert!(!holds("StringEquals", &["a*"], Some(&["ab"])));
        assert!(holds("StringEquals", &["a*"], Some(&["a*"])));
        assert!(!holds("StringEqualsIgnoreCase", &["a?"], Some(&["ab"])));
        assert!(holds("StringLike", &["a*"], Some(&["ab"])));
        assert!(!holds("StringLike", &["a${*}"], Some(&["ab"])));
        assert!(holds("StringLike", &["a${*}"], Some(&["a*"])));
        assert!(!holds("StringNotLike", &["a?"], Some(&["ab"])));
    }

    #[test]
    fn values_compare_with_case_unless_the_operator_ignores_it() {
        assert!(!holds("StringEquals", &["A"], Some(&["a"])));
        assert!(!holds("StringLike", &["A*"], Some(&["ab"])));
        assert!(holds("StringEqualsIgnoreCase", &["Ä"], Some(&["ä"])));
        assert!(!holds("StringNotEqualsIgnoreCase", &["A"], Some(&["a"])));
    }

    #[test]
    fn numbers_compare_by_value() {
        assert!(holds("NumericEquals", &["10"], Some(&["10.0"])));
        assert!(holds("NumericLessThan", &["10"], Some(&["9"])));
        assert!(!holds("NumericLessThan", &["10"], Some(&["10"])));
        assert!(holds("NumericLessThanEquals", &["10"], Some(&["10"])));
        assert!(holds("NumericGreaterThan", &["9"], Some(&["10"])));
        assert!(holds("NumericGreaterThanEquals", &["9"], Some(&["9"])));
        assert!(!holds("NumericNotEquals", &["9"], Some(&["9.0"])));
    }

    #[test]
    fn dates_compare_also_across_notations() {
        let noon = "2026-11-22T12:00:00Z";
        assert!(holds("DateLessThan", &[noon], Some(&["2026-11-22T11:59:59Z"])));
        assert!(!holds("DateLessThan", &[noon], Some(&[noon])));
        assert!(holds("DateLessThanEquals", &[noon], Some(&[noon])));
        assert!(holds("DateEquals", &["0"], Some(&["1970-01-01T00:00:00Z"])));
        assert!(holds("DateGreaterThan", &["0"], Some(&[noon])));
        assert!(holds("DateGreaterThanEquals", &[noon], Some(&[noon])));
        assert!(!holds("DateNotEquals", &[noon], Some(&[noon])));
    }

    #[test]
    fn bools_and_addresses_compare_by_value() {
        assert!(holds("Bool", &["true"], Some(&["True"])));
        assert!(!holds("Bool", &["true"], Some(&["false"])));
        assert!(holds("IpAddress", &["203.0.113.0/24"], Some(&["203.0.113.7"])));
        assert!(!holds("NotIpAddress", &["203.0.113.0/24"], Some(&["203.0.113.7"])));
    }

    #[test]
    fn arn_operators_match_field_by_field() {
        let arn = "arn:aws:iam::123456789012:role/ci/deploy";
        for operator in ["ArnEquals", "ArnLike"] {
            assert!(holds(operator, &["arn:aws:iam::*:role/*"], Some(&[arn])));
            assert!(!holds(operator, &["arn:aws:iam:*:role/*"], Some(&[arn])));
        }
        assert!(!holds("ArnNotLike", &["arn:aws:iam::*:role/*"], Some(&[arn])));
    }

    #[test]
    fn value_of_another_type_fails_also_under_a_negated_operator() {
        for (operator, expected) in
            [("NumericNotEquals", "1"), ("DateNotEquals", "1"), ("NotIpAddress", "10.0.0.0/8"), ("Bool", "false")]
        {
            let failure = failure(operator, &[expected], Some(&["x"])).unwrap();
            assert_eq!(failure.reason, format!("`{operator}` cannot compare `x`"));
        }
    }

    #[test]
    fn variable_stands_for_the_value_of_its_key() {
        let expected = ["${run_id}@${sha}"];
        let entries: [(&str, &[&str]); 3] = [("k", &["7@abc"]), ("run_id", &["7"]), ("sha", &["abd"])];
        let failure = failure_in("StringEquals", &expected, &entries).unwrap();
        assert_eq!(failure.expected, ["7@abd"]);
        assert_eq!(failure.actual, Some(vec!["7@abc".to_owned()]));
        let [session, run_id, _] = entries;
        let entries = [session, run_id, ("sha", ["abc"].as_slice())];
        assert!(failure_in("StringEquals", &expected, &entries).is_none());
    }

    #[test]
    fn absent_variable_never_matches() {
        for operator in [
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "ArnNotLike",
            "StringEqualsIfExists",
            "StringNotEqualsIfExists",
            "ForAllValues:StringEquals",
            "ForAnyValue:StringNotEquals",
        ] {
            let failure = failure(operator, &["${absent}"], Some(&["a"])).unwrap();
            assert_eq!(failure.expected, ["${absent}"], "{operator}");
            assert!(failure.reason.contains("the request has no `absent`"), "{operator}");
        }
        assert!(!holds("StringNotEquals", &["${absent}"], None));
        assert!(!holds("ForAllValues:StringEquals", &["${absent}"], None));
    }

    #[test]
    fn absent_variable_does_not_matter_when_if_exists_finds_no_key() {
        assert!(holds("StringEqualsIfExists", &["${absent}"], None));
        assert!(holds("StringNotEqualsIfExists", &["${absent}"], None));
    }

    #[test]
    fn absent_variable_leaves_the_other_values_to_match_unless_negated() {
        assert!(holds("StringEquals", &["${absent}", "a"], Some(&["a"])));
        assert!(!holds("StringNotEquals", &["${absent}", "b"], Some(&["a"])));
        let failure = failure("StringEquals", &["${absent}", "a"], Some(&["b"])).unwrap();
        assert!(failure.reason.contains("the request has no `absent`"));
    }

    #[test]
    fn values_that_are_not_of_the_operators_type_are_refused() {
        for (operator, expected) in [
            ("NumericEquals", "${k}"),
            ("DateEquals", "yesterday"),
            ("Bool", "yes"),
            ("IpAddress", "localhost"),
            ("Null", "maybe"),
        ] {
            let condition = Condition::parse(operator, "k", vec![expected.to_owned()], Version::WithVariables);
            assert!(condition.is_err(), "{operator}");
        }
    }

    #[test]
    fn unknown_operators_are_refused() {
        for operator in ["StringEqual", "NullIfExists", "ForAllValues:Null", "ForSomeValues:StringEquals", "IfExists"] {
            assert!(Condition::parse(operator, "k", vec![], Version::WithVariables).is_err(), "{operator}");
        }
    }
}
