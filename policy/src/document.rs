//! Policy documents, read whole: what AWS refuses as `MalformedPolicyDocument` never comes to be a [`Policy`].
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::arn;
use crate::condition::Condition;
use crate::pattern::{Template, Version};
use crate::principal::Principal;

/// A policy document with a name of the caller's choice.
#[derive(Debug)]
pub struct Policy {
    pub(crate) name: String,
    pub(crate) size: usize,
    pub(crate) statements: Vec<Statement>,
}

#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) sid: Option<String>,
    pub(crate) effect: Effect,
    /// Nothing in an identity policy.
    pub(crate) principals: Option<Scope<Principal>>,
    pub(crate) actions: Scope<String>,
    /// Nothing in a trust policy.
    pub(crate) resources: Option<Scope<Template>>,
    pub(crate) conditions: Vec<Condition>,
}

/// What a statement does when it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, serde::Serialize)]
pub enum Effect {
    /// Allows, if no statement denies.
    Allow,
    /// Denies, whatever allows.
    Deny,
}

/// What an element or its negation lists.
#[derive(Debug)]
pub(crate) enum Scope<T> {
    /// `Principal`, `Action`, `Resource`.
    Only(Vec<T>),
    /// `NotPrincipal`, `NotAction`, `NotResource`.
    AllBut(Vec<T>),
}

impl<T> Scope<T> {
    pub(crate) fn listed(&self) -> &[T] {
        match self {
            Self::Only(listed) | Self::AllBut(listed) => listed,
        }
    }
}

impl Policy {
    /// Parses the JSON text of a document.
    pub fn parse(name: &str, json: &str) -> Result<Self, Malformed> {
        let malformed =
            |statement, Refusal { element, reason }| Malformed { policy: name.to_owned(), statement, element, reason };
        let (version, statements) = document(json).map_err(|refusal| malformed(None, refusal))?;
        let statements = statements
            .iter()
            .enumerate()
            .map(|(index, raw)| statement(raw, version).map_err(|refusal| malformed(Some(index), refusal)));
        Ok(Self { name: name.to_owned(), size: size(json), statements: statements.collect::<Result<_, _>>()? })
    }
}

/// The characters but for white space outside strings.
fn size(json: &str) -> usize {
    let (mut in_string, mut escaped) = (false, false);
    let counted = json.chars().filter(|char| {
        match char {
            '"' if !escaped => in_string = !in_string,
            _ => {}
        }
        escaped = *char == '\\' && !escaped;
        in_string || !char.is_ascii_whitespace()
    });
    counted.count()
}

/// Why AWS would not take a document, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The policy's name.
    pub policy: String,
    /// Counted from 0.
    pub statement: Option<usize>,
    /// Such as `Action`; nothing if the trouble is with no known element.
    pub element: Option<&'static str>,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MalformedPolicyDocument: {}", self.policy)?;
        if let Some(statement) = self.statement {
            write!(f, ", statement {statement}")?;
        }
        if let Some(element) = self.element {
            write!(f, ", {element}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for Malformed {}

/// [`Malformed`] as far as one statement knows it.
struct Refusal {
    element: Option<&'static str>,
    reason: String,
}

fn refusal(element: &'static str, reason: impl fmt::Display) -> Refusal {
    Refusal { element: Some(element), reason: reason.to_string() }
}

fn missing(element: &'static str) -> Refusal {
    refusal(element, "it is missing")
}

fn document(json: &str) -> Result<(Version, Vec<Box<RawValue>>), Refusal> {
    let mut elements = Elements::parse(json, &["Version", "Id", "Statement"])?;
    let version = match elements.take("Version") {
        None => Version::WithoutVariables,
        Some(raw) => json_of("Version", &raw)?,
    };
    let statement = elements.require("Statement")?;
    let statements = if statement.get().starts_with('[') { json_of("Statement", &statement)? } else { vec![statement] };
    Ok((version, statements))
}

fn statement(raw: &RawValue, version: Version) -> Result<Statement, Refusal> {
    let mut elements = Elements::parse(
        raw.get(),
        &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"],
    )?;
    let sid = elements.take("Sid");
    let effect = elements.require("Effect")?;
    let principals = elements.scope("Principal", "NotPrincipal", principals)?;
    let actions = elements.scope("Action", "NotAction", actions)?;
    let resources = elements.scope("Resource", "NotResource", |element, raw| resources(element, raw, version))?;
    let conditions = elements.take("Condition");
    if principals.is_none() && resources.is_none() {
        let reason = "it is missing, and so is `Principal`";
        return Err(refusal("Resource", reason));
    }
    Ok(Statement {
        sid: sid.map(|raw| json_of("Sid", &raw)).transpose()?,
        effect: json_of("Effect", &effect)?,
        principals,
        actions: actions.ok_or_else(|| missing("Action"))?,
        resources,
        conditions: match conditions {
            None => Vec::new(),
            Some(raw) => self::conditions(&raw, version)?,
        },
    })
}

/// The elements of an object as JSON, so that each is parsed, and refused, under its own name.
struct Elements(Vec<(String, Box<RawValue>)>);

impl Elements {
    fn parse(json: &str, known: &[&str]) -> Result<Self, Refusal> {
        let nameless = |reason| Refusal { element: None, reason };
        let Entries(elements) = serde_json::from_str(json).map_err(|error| nameless(error.to_string()))?;
        let unknown = |(name, _): &&(String, _)| !known.contains(&name.as_str());
        match elements.iter().find(unknown) {
            None => Ok(Self(elements)),
            Some((name, _)) => Err(nameless(format!("there is no element `{name}`"))),
        }
    }

    fn take(&mut self, element: &str) -> Option<Box<RawValue>> {
        let index = self.0.iter().position(|(name, _)| name == element)?;
        let (_, raw) = self.0.swap_remove(index);
        Some(raw)
    }

    fn require(&mut self, element: &'static str) -> Result<Box<RawValue>, Refusal> {
        self.take(element).ok_or_else(|| missing(element))
    }

    /// An element or its negation, but not both.
    fn scope<T>(
        &mut self,
        element: &'static str,
        negation: &'static str,
        parse: impl Fn(&'static str, &RawValue) -> Result<Vec<T>, Refusal>,
    ) -> Result<Option<Scope<T>>, Refusal> {
        match (self.take(element), self.take(negation)) {
            (None, None) => Ok(None),
            (Some(raw), None) => Ok(Some(Scope::Only(parse(element, &raw)?))),
            (None, Some(raw)) => Ok(Some(Scope::AllBut(parse(negation, &raw)?))),
            (Some(_), Some(_)) => Err(refusal(element, format!("`{negation}` stands beside it"))),
        }
    }
}

/// `"*"`, or names by their kind: `{"AWS": ["123456789012"], "Service": "lambda.amazonaws.com"}`.
fn principals(element: &'static str, raw: &RawValue) -> Result<Vec<Principal>, Refusal> {
    if !raw.get().starts_with('{') {
        return match json_of::<String>(element, raw)?.as_str() {
            "*" => Ok(vec![Principal::Aws("*".to_owned())]),
            other => Err(refusal(element, format!("`{other}` is not `*`"))),
        };
    }
    let Entries(kinds) = json_of::<Entries<OneOrMany<String>>>(element, raw)?;
    let mut principals = Vec::new();
    for (kind, names) in kinds {
        let principal = match kind.as_str() {
            "AWS" => Principal::Aws,
            "Federated" => Principal::Federated,
            "Service" => Principal::Service,
            "CanonicalUser" => Principal::CanonicalUser,
            _ => return Err(refusal(element, format!("there is no kind `{kind}`"))),
        };
        principals.extend(names.into_vec().into_iter().map(principal));
    }
    Ok(principals)
}

fn actions(element: &'static str, raw: &RawValue) -> Result<Vec<String>, Refusal> {
    let actions = json_of::<OneOrMany<String>>(element, raw)?.into_vec();
    match actions.iter().find(|action| *action != "*" && !action.contains(':')) {
        None => Ok(actions),
        Some(action) => Err(refusal(element, format!("`{action}` names no service"))),
    }
}

fn resources(element: &'static str, raw: &RawValue, version: Version) -> Result<Vec<Template>, Refusal> {
    let resources = json_of::<OneOrMany<String>>(element, raw)?.into_vec();
    resources
        .iter()
        .map(|resource| Template::parse(&arn::complete(resource, version)?, version))
        .collect::<Result<_, _>>()
        .map_err(|reason| refusal(element, reason))
}

fn conditions(raw: &RawValue, version: Version) -> Result<Vec<Condition>, Refusal> {
    let Entries(operators) = json_of::<Entries<Entries<OneOrMany<Scalar>>>>("Condition", raw)?;
    let mut conditions = Vec::new();
    for (operator, Entries(keys)) in operators {
        for (key, expected) in keys {
            let expected = expected.into_vec().into_iter().map(Scalar::into_text);
            let condition = Condition::parse(&operator, &key, expected.collect(), version)
                .map_err(|reason| refusal("Condition", reason))?;
            conditions.push(condition);
        }
    }
    Ok(conditions)
}

fn json_of<T: DeserializeOwned>(element: &'static str, raw: &RawValue) -> Result<T, Refusal> {
    serde_json::from_str(raw.get()).map_err(|error| refusal(element, error))
}

#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "expected one value or an array of values")]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(value) => vec![value],
            Self::Many(values) => values,
        }
    }
}

/// A value of a condition; AWS takes booleans and numbers also without quotes.
#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "expected a string, a boolean or a number")]
enum Scalar {
    Text(String),
    Bool(bool),
    Number(serde_json::Number),
}

impl Scalar {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Bool(bool) => bool.to_string(),
            Self::Number(number) => number.to_string(),
        }
    }
}

/// An object in the order of the document. A map would drop all but the last of equal keys, where AWS refuses them.
struct Entries<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
                let mut entries: Vec<(String, T)> = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, T>()? {
                    if entries.iter().any(|(earlier, _)| *earlier == key) {
                        return Err(serde::de::Error::custom(format!("`{key}` comes twice")));
                    }
                    entries.push((key, value));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(document: &str) -> Malformed {
        Policy::parse("p", document).unwrap_err()
    }

    fn refused_statement(change: &[(&str, serde_json::Value)]) -> Malformed {
        let mut statement = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
        for (element, value) in change {
            statement[*element] = value.clone();
        }
        let good = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
        refused(&json!({"Statement": [good, statement]}).to_string())
    }

    #[test]
    fn error_says_policy_statement_and_element() {
        let malformed = refused_statement(&[("Action", json!("GetSecretValue"))]);
        assert_eq!(
            malformed.to_string(),
            "MalformedPolicyDocument: p, statement 1, Action: `GetSecretValue` names no service"
        );
    }

    #[test]
    fn statement_is_an_object_or_an_array() {
        let statement = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
        let one = json!({"Version": "2012-10-17", "Id": "x", "Statement": statement});
        let two = json!({"Version": "2008-10-17", "Statement": [statement, statement]});
        assert_eq!(Policy::parse("p", &one.to_string()).unwrap().statements.len(), 1);
        assert_eq!(Policy::parse("p", &two.to_string()).unwrap().statements.len(), 2);
    }

    #[test]
    fn element_that_is_not_of_the_right_form_is_refused_by_name() {
        for (element, value) in [
            ("Sid", json!(1)),
            ("Effect", json!("allow")),
            ("Principal", json!("123456789012")),
            ("Principal", json!({"Role": "x"})),
            ("Action", json!({"s3": "*"})),
            ("Resource", json!("secret:x")),
            ("Resource", json!([1])),
            ("Condition", json!([])),
            ("Condition", json!(null)),
            ("Condition", json!({"StringEqual": {"k": "v"}})),
            ("Condition", json!({"StringEquals": "v"})),
            ("Condition", json!({"StringEquals": {"k": {}}})),
        ] {
            let malformed = refused_statement(&[(element, value)]);
            assert_eq!(malformed.statement, Some(1), "{malformed}");
            assert_eq!(malformed.element, Some(element), "{malformed}");
        }
        let statement = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
        let malformed = refused(&json!({"Version": "2020-01-01", "Statement": statement}).to_string());
        assert_eq!(malformed.element, Some("Version"));
    }

    #[test]
    fn element_and_its_negation_together_are_refused() {
        for (element, negation) in [("Action", "NotAction"), ("Resource", "NotResource")] {
            let malformed = refused_statement(&[(negation, json!("*"))]);
            assert_eq!(malformed.element, Some(element), "{malformed}");
        }
        let everyone = json!("*");
        let malformed = refused_statement(&[("Principal", everyone.clone()), ("NotPrincipal", everyone)]);
        assert_eq!(malformed.element, Some("Principal"));
    }

    #[test]
    fn unknown_elements_are_refused() {
        let malformed = refused_statement(&[("Resources", json!("*"))]);
        assert!(malformed.reason.contains("`Resources`"), "{malformed}");
        assert!(refused(r#"{"Statement":[],"Statements":[]}"#).reason.contains("`Statements`"));
    }

    #[test]
    fn missing_elements_are_refused() {
        for (statement, missing) in [
            (r#"{"Action":"s3:*","Resource":"*"}"#, "Effect"),
            (r#"{"Effect":"Allow","Resource":"*"}"#, "Action"),
            (r#"{"Effect":"Allow","Action":"s3:*"}"#, "Resource"),
        ] {
            let malformed = refused(&format!(r#"{{"Statement":{statement}}}"#));
            assert_eq!(malformed.element, Some(missing));
        }
        assert_eq!(refused("{}").element, Some("Statement"));
    }

    #[test]
    fn element_that_comes_twice_is_refused() {
        let statement = r#"{"Effect":"Deny","Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
        assert!(refused(&format!(r#"{{"Statement":{statement}}}"#)).reason.contains("Effect"));
        let condition = r#"{"Bool":{"a":"true"},"Bool":{"b":"true"}}"#;
        let statement = format!(r#"{{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{condition}}}"#);
        let malformed = refused(&format!(r#"{{"Statement":{statement}}}"#));
        assert!(malformed.reason.contains("`Bool` comes twice"), "{malformed}");
    }

    #[test]
    fn values_of_conditions_may_be_bare_booleans_and_numbers() {
        let condition = json!({"Bool": {"a": true}, "NumericLessThan": {"b": [1, 2.5]}});
        let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition});
        let policy = Policy::parse("p", &json!({"Statement": statement}).to_string()).unwrap();
        assert_eq!(policy.statements[0].conditions.len(), 2);
    }
}
