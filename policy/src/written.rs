//! Policies as their authors wrote them, for whoever looks for what is wrong with them and not for what they decide.

use std::collections::BTreeSet;

use crate::condition::{Condition, Set, Test};
use crate::document::{Effect, Policy, Scope, Statement};
use crate::evaluation::StatementId;
use crate::operand::{Kind, TextKind};
use crate::pattern::{Glyph, Template, Token};
use crate::principal::Principal;

/// A statement of a policy.
#[derive(Debug, Clone, Copy)]
pub struct Written<'p> {
    policy: &'p Policy,
    index: usize,
    statement: &'p Statement,
}

/// One key under one operator.
#[derive(Debug, Clone, Copy)]
pub struct WrittenCondition<'p>(&'p Condition);

impl Policy {
    /// Its statements.
    pub fn written(&self) -> impl Iterator<Item = Written<'_>> {
        self.statements.iter().enumerate().map(|(index, statement)| Written { policy: self, index, statement })
    }

    /// The characters of the document that count towards IAM's quotas: all but white space between its elements.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    pub fn size(&self) -> usize {
        self.size
    }

    /// How the ARNs begin, up to the first wildcard or variable, of what its statements allow this action on.
    ///
    /// What begins otherwise the policy does not allow.
    pub fn prefixes(&self, action: &str) -> BTreeSet<String> {
        let allowing = self.written().filter(|written| written.allows() && written.covers_action(action));
        let listed = allowing.flat_map(|written| match &written.statement.resources {
            Some(Scope::Only(templates)) => templates.iter().map(literal_prefix).collect(),
            Some(Scope::AllBut(_)) | None => vec![String::new()],
        });
        listed.collect()
    }
}

fn literal_prefix(template: &Template) -> String {
    let literal = template.tokens().iter().map_while(|token| match token {
        Token::Glyph(Glyph::Char(char)) => Some(*char),
        _ => None,
    });
    literal.collect()
}

impl<'p> Written<'p> {
    /// Where it stands.
    pub fn id(&self) -> StatementId {
        self.policy.statement_id(self.index, self.statement)
    }

    /// Whether its effect is `Allow`.
    pub fn allows(&self) -> bool {
        self.statement.effect == Effect::Allow
    }

    /// Whether it is for an action, of whatever resource.
    pub fn covers_action(&self, action: &str) -> bool {
        match &self.statement.actions {
            actions @ Scope::Only(_) => actions.cover(action),
            actions @ Scope::AllBut(_) => !actions.cover(action),
        }
    }

    /// Whether it is for a principal and an action.
    pub fn is_for(&self, principal: &Principal, action: &str) -> bool {
        self.statement.is_for(Some(principal), action)
    }

    /// The patterns of its `Resource`.
    pub fn resources(&self) -> impl Iterator<Item = &'p str> {
        let listed = match &self.statement.resources {
            Some(Scope::Only(templates)) => templates.as_slice(),
            _ => &[],
        };
        listed.iter().map(Template::source)
    }

    /// Whether it has a `NotResource`, and so is for everything else.
    pub fn is_for_other_resources(&self) -> bool {
        matches!(self.statement.resources, Some(Scope::AllBut(_)))
    }

    /// Its conditions, of which all must hold.
    pub fn conditions(&self) -> impl Iterator<Item = WrittenCondition<'p>> {
        self.statement.conditions.iter().map(WrittenCondition)
    }

    /// The keys of variables without a default, in resources and in values of conditions.
    pub fn variables(&self) -> BTreeSet<&'p str> {
        let resources = self.statement.resources.iter().flat_map(Scope::listed);
        let templates = resources.chain(self.statement.conditions.iter().flat_map(Condition::templates));
        let needed = templates.flat_map(Template::variables).filter(|(_, default)| default.is_none());
        needed.map(|(key, _)| key).collect()
    }
}

impl<'p> WrittenCondition<'p> {
    /// As written, with prefix and suffix.
    pub fn operator(&self) -> &'p str {
        &self.0.operator
    }

    /// As written.
    pub fn key(&self) -> &'p str {
        &self.0.key
    }

    /// The values as written.
    pub fn expected(&self) -> &'p [String] {
        &self.0.expected
    }

    /// Whether it holds of a key that is absent.
    pub fn holds_if_absent(&self) -> bool {
        match &self.0.test {
            Test::Null(absent) => absent.contains(&true),
            Test::Comparison(comparison) => {
                let operator = comparison.operator;
                match operator.set {
                    _ if operator.if_exists => true,
                    Some(Set::ForAllValues) => true,
                    Some(Set::ForAnyValue) => false,
                    None => operator.negated,
                }
            }
        }
    }

    /// The values that have wildcards, if the operator reads them as such and wants one of them.
    pub fn patterns(&self) -> impl Iterator<Item = &'p str> {
        let is_like = match &self.0.test {
            Test::Null(_) => false,
            Test::Comparison(comparison) => {
                let kind = comparison.operator.kind;
                let like = kind == Kind::Text(TextKind::Like) || kind == Kind::Text(TextKind::Arn);
                like && !comparison.operator.negated
            }
        };
        self.0.expected.iter().map(String::as_str).filter(move |text| is_like && text.contains(['*', '?']))
    }

    /// The values that look like patterns, if to the operator a wildcard is a character like any other.
    pub fn literal_wildcards(&self) -> impl Iterator<Item = &'p str> {
        let is_exact = match &self.0.test {
            Test::Null(_) => false,
            Test::Comparison(comparison) => {
                let kind = comparison.operator.kind;
                kind == Kind::Text(TextKind::Equals) || kind == Kind::Text(TextKind::EqualsIgnoreCase)
            }
        };
        self.0.expected.iter().map(String::as_str).filter(move |text| is_exact && text.contains(['*', '?']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(statement: &str) -> Policy {
        Policy::parse("p", &format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#)).unwrap()
    }

    #[test]
    fn prefixes_are_those_of_what_is_allowed_up_to_the_first_wildcard() {
        let policy = policy(
            r#"[
                {"Effect":"Allow","Action":"s3:Get*","Resource":["arn:aws:s3:::a/${aws:PrincipalTag/x}","arn:aws:s3:::b?c"]},
                {"Effect":"Allow","Action":"s3:Put","Resource":"arn:aws:s3:::c"},
                {"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::d"}
            ]"#,
        );
        let prefixes: Vec<_> = policy.prefixes("s3:GetObject").into_iter().collect();
        assert_eq!(prefixes, ["arn:aws:s3:::a/", "arn:aws:s3:::b"]);
    }

    #[test]
    fn prefix_of_all_but_some_resources_is_that_of_everything() {
        let policy = policy(r#"{"Effect":"Allow","NotAction":"iam:*","NotResource":"arn:aws:s3:::a"}"#);
        assert_eq!(policy.prefixes("s3:GetObject").into_iter().collect::<Vec<_>>(), [""]);
        assert!(policy.prefixes("iam:GetRole").is_empty());
    }

    #[test]
    fn conditions_say_whether_they_hold_of_an_absent_key() {
        let conditions = [
            ("StringEquals", "a", false),
            ("StringNotEquals", "a", true),
            ("StringEqualsIfExists", "a", true),
            ("ForAllValues:StringLike", "a", true),
            ("ForAnyValue:StringNotEquals", "a", false),
            ("Null", "true", true),
            ("Null", "false", false),
        ];
        for (operator, value, expected) in conditions {
            let text = format!(
                r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"{operator}":{{"k":"{value}"}}}}}}"#
            );
            let policy = policy(&text);
            let condition = policy.written().next().unwrap().conditions().next().unwrap();
            assert_eq!(condition.holds_if_absent(), expected, "{operator}");
        }
    }

    #[test]
    fn variables_with_a_default_need_no_key() {
        let policy = policy(
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${a:B}/${c:D, '-'}","Condition":{"StringEquals":{"k":"${e:F}"}}}"#,
        );
        let variables: Vec<_> = policy.written().flat_map(|written| written.variables()).collect();
        assert_eq!(variables, ["a:B", "e:F"]);
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
