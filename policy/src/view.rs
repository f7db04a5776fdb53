//! What a parsed policy says, for those who look for what it should not.

use crate::condition::Condition;
use crate::document::{Effect, Policy, Scope, Statement};
use crate::pattern::Template;
use crate::principal::Principal;

impl Policy {
    /// The name that it was parsed with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The characters of the document that count towards IAM's quotas: all but white space between its elements.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    pub fn size(&self) -> usize {
        self.size
    }

    /// Its statements, in the order of the document.
    pub fn statements(&self) -> impl Iterator<Item = StatementView<'_>> {
        self.statements.iter().enumerate().map(|(index, statement)| StatementView { index, statement })
    }
}

/// A statement as written.
#[derive(Debug, Clone, Copy)]
pub struct StatementView<'p> {
    index: usize,
    statement: &'p Statement,
}

/// What an element lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// Whether it is the negation, such as `NotAction`: everything but these.
    pub all_but: bool,
    /// The values, in the order of the document.
    pub items: Vec<T>,
}

/// One key under one operator, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConditionView<'p> {
    /// Such as `ForAnyValue:StringLike`.
    pub operator: &'p str,
    /// The key.
    pub key: &'p str,
    /// The values; booleans and numbers as text.
    pub values: &'p [String],
}

impl<'p> StatementView<'p> {
    /// In its policy, counted from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Its `Sid`, if it has one.
    pub fn sid(&self) -> Option<&'p str> {
        self.statement.sid.as_deref()
    }

    /// Its `Effect`.
    pub fn effect(&self) -> Effect {
        self.statement.effect
    }

    /// `Principal` or `NotPrincipal`; nothing in an identity policy.
    pub fn principals(&self) -> Option<Listed<&'p Principal>> {
        self.statement.principals.as_ref().map(|principals| Listed::of(principals, |principal| principal))
    }

    /// `Action` or `NotAction`.
    pub fn actions(&self) -> Listed<&'p str> {
        Listed::of(&self.statement.actions, String::as_str)
    }

    /// `Resource` or `NotResource`, where fields that were left out are `*`; nothing in a trust policy.
    pub fn resources(&self) -> Option<Listed<&'p str>> {
        self.statement.resources.as_ref().map(|resources| Listed::of(resources, Template::source))
    }

    /// `Condition`.
    pub fn conditions(&self) -> impl Iterator<Item = ConditionView<'p>> + use<'p> {
        self.statement.conditions.iter().map(|Condition { operator, key, expected, .. }| ConditionView {
            operator,
            key,
            values: expected,
        })
    }

    /// The keys of variables, in resources and in values of conditions. One may come twice.
    pub fn variables(&self) -> impl Iterator<Item = &'p str> + use<'p> {
        let resources = self.statement.resources.iter().flat_map(Scope::listed);
        let values = self.statement.conditions.iter().flat_map(Condition::templates);
        resources.chain(values).flat_map(Template::variables).map(|(key, _)| key)
    }
}

impl<'p, T> Listed<T> {
    fn of<S>(scope: &'p Scope<S>, item: impl Fn(&'p S) -> T) -> Self {
        Self { all_but: matches!(scope, Scope::AllBut(_)), items: scope.listed().iter().map(item).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statement_is_seen_as_written() {
        let document = r#"{ "Version": "2012-10-17", "Statement": [{
            "Sid": "Read it", "Effect": "Deny", "NotAction": ["s3:Get*", "s3:Put*"],
            "Resource": "arn:aws:s3:::${aws:PrincipalTag/team}/*", "Condition": {
                "ForAnyValue:StringLike": { "aws:TagKeys": ["${k, '-'}", "b*"] }, "Bool": { "aws:SecureTransport": true } }
        }]}"#;
        let policy = Policy::parse("p", document).unwrap();
        assert_eq!(policy.name(), "p");
        let [statement] = policy.statements().collect::<Vec<_>>()[..] else { panic!() };
        assert_eq!((statement.index(), statement.sid(), statement.effect()), (0, Some("Read it"), Effect::Deny));
        assert_eq!(statement.actions(), Listed { all_but: true, items: vec!["s3:Get*", "s3:Put*"] });
        let resources = vec!["arn:aws:s3:::${aws:PrincipalTag/team}/*"];
        assert_eq!(statement.resources(), Some(Listed { all_but: false, items: resources }));
        assert_eq!(statement.principals(), None);
        let conditions: Vec<_> = statement.conditions().map(|it| (it.operator, it.key, it.values.join(" "))).collect();
        assert_eq!(
            conditions,
            [
                ("ForAnyValue:StringLike", "aws:TagKeys", "${k, '-'} b*".to_owned()),
                ("Bool", "aws:SecureTransport", "true".to_owned())
            ]
        );
        assert_eq!(statement.variables().collect::<Vec<_>>(), ["aws:PrincipalTag/team", "k"]);
    }

    #[test]
    fn principals_keep_their_kind() {
        let document = r#"{"Statement":{"Effect":"Allow","Principal":{"Federated":"x","AWS":["*"]},"Action":"*"}}"#;
        let policy = Policy::parse("p", document).unwrap();
        let statement = policy.statements().next().unwrap();
        let principals = [Principal::Federated("x".to_owned()), Principal::Aws("*".to_owned())];
        assert_eq!(statement.principals(), Some(Listed { all_but: false, items: principals.iter().collect() }));
        assert_eq!(statement.resources(), None);
    }

    #[test]
    fn size_leaves_out_white_space_between_elements() {
        let short = r#"{"Statement":{"Sid":"a b \" c","Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let long = short.replace(':', " :\n\t").replace("{\"", "{ \"");
        for document in [short, &long] {
            assert_eq!(Policy::parse("p", document).unwrap().size(), short.chars().count());
        }
    }
}
