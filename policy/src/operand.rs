//! The values of a condition and how a value of the request compares with them.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::cmp::Ordering;
use std::net::IpAddr;

use crate::arn;
use crate::context::Context;
use crate::pattern::{Pattern, Template, Unresolved, Version};

/// What an operator compares, whatever its prefix, suffix and negation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text(TextKind),
    Number(Order),
    Date(Order),
    Bool,
    Ip,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextKind {
    Equals,
    EqualsIgnoreCase,
    Like,
    Arn,
}

/// How the request's value stands to the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn admits(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// One value of a condition. `T` is its text: a [`Template`] as written, a [`Pattern`] for one request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand<T> {
    Text(TextKind, T),
    Number(Order, f64),
    Date(Order, Seconds),
    Bool(bool),
    Ip(Network),
}

impl Operand<Template> {
    /// Variables are for text and ARNs; anywhere else they are not of the operator's type.
    pub(crate) fn parse(kind: Kind, text: &str, version: Version) -> Result<Self, String> {
        let not = |what: &str| format!("`{text}` is not {what}");
        match kind {
            Kind::Text(kind) => Ok(Self::Text(kind, Template::parse(text, version)?)),
            Kind::Number(order) => number(text).map(|value| Self::Number(order, value)).ok_or_else(|| not("a number")),
            Kind::Date(order) => date(text)
                .map(|value| Self::Date(order, value))
                .ok_or_else(|| not("a date as 2026-11-22T03:35:00Z, or seconds since 1970")),
            Kind::Bool => boolean(text).map(Self::Bool).ok_or_else(|| not("`true` or `false`")),
            Kind::Ip => Network::parse(text).map(Self::Ip).ok_or_else(|| not("an IP address or CIDR range")),
        }
    }

    pub(crate) fn expand(&self, context: &Context) -> Result<Operand<Pattern>, Unresolved> {
        Ok(match self {
            Self::Text(kind, template) => Operand::Text(*kind, template.expand(context)?),
            Self::Number(order, value) => Operand::Number(*order, *value),
            Self::Date(order, value) => Operand::Date(*order, *value),
            Self::Bool(value) => Operand::Bool(*value),
            Self::Ip(network) => Operand::Ip(*network),
        })
    }
}

impl Operand<Template> {
    /// The text, of an operand that has one; only text may hold variables.
    pub(crate) fn template(&self) -> Option<&Template> {
        match self {
            Self::Text(_, template) => Some(template),
            _ => None,
        }
    }

    /// This operand with another text in the place of its own, if it has one.
    pub(crate) fn map<E>(&self, change: impl FnOnce(&Template) -> Result<Template, E>) -> Result<Self, E> {
        Ok(match self {
            Self::Text(kind, template) => Self::Text(*kind, change(template)?),
            other => other.clone(),
        })
    }
}

impl Operand<Pattern> {
    /// Nothing if `actual` is not of the operator's type and so cannot be compared at all.
    pub(crate) fn admits(&self, actual: &str) -> Option<bool> {
        Some(match self {
            Self::Text(TextKind::Equals, expected) => expected.literal() == actual,
            Self::Text(TextKind::EqualsIgnoreCase, expected) => {
                expected.literal().to_lowercase() == actual.to_lowercase()
            }
            Self::Text(TextKind::Like, expected) => expected.matches(actual),
            Self::Text(TextKind::Arn, expected) => arn::matches(expected, actual),
            Self::Number(order, expected) => order.admits(number(actual)?.partial_cmp(expected)?),
            Self::Date(order, expected) => order.admits(date(actual)?.cmp(expected)),
            Self::Bool(expected) => boolean(actual)? == *expected,
            Self::Ip(network) => network.contains(actual.parse().ok()?),
        })
    }

    /// The text with its variables replaced, if this operand has a text.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Text(TextKind::Equals | TextKind::EqualsIgnoreCase, text) => Some(text.literal()),
            Self::Text(TextKind::Like | TextKind::Arn, text) => Some(text.to_string()),
            _ => None,
        }
    }

    /// The text, of an operand that has one.
    pub(crate) fn pattern(&self) -> Option<&Pattern> {
        match self {
            Self::Text(_, pattern) => Some(pattern),
            _ => None,
        }
    }

    /// The value as a policy could write it.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Text(..) => self.text().unwrap_or_default(),
            Self::Number(_, value) => value.to_string(),
            Self::Date(_, seconds) => date_text(*seconds),
            Self::Bool(value) => value.to_string(),
            Self::Ip(Network { address, prefix }) if *prefix == bits(*address).1 => address.to_string(),
            Self::Ip(Network { address, prefix }) => format!("{address}/{prefix}"),
        }
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Seconds since 1970-01-01T00:00:00Z.
type Seconds = i64;

/// `YYYY-MM-DDTHH:MM:SSZ`, or seconds since 1970.
fn date(text: &str) -> Option<Seconds> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = digits(day, '-', [4, 2, 2])?;
    let [hour, minute, second] = digits(time, ':', [2, 2, 2])?;
    let valid = (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    valid.then(|| days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// Three numbers of exactly these widths with `separator` between them.
fn digits(text: &str, separator: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width)?;
        *number = part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(numbers)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts from March, so that a leap day is the last day of its year:
/// `days_from_civil` of <https://howardhinnant.github.io/date_algorithms.html>, for years from 0.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days_before_month = (153 * month + 2) / 5;
    365 * year + leap_days + days_before_month + day - 1 - 719_468
}

/// The notation that [`date`] reads; seconds for a year of more or fewer than four digits.
fn date_text(seconds: Seconds) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let Some((year, month, day)) = civil(days) else { return seconds.to_string() };
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// The inverse of [`days_since_1970`], for years 0 to 9999: `civil_from_days` of the same page.
fn civil(days: i64) -> Option<(i64, i64, i64)> {
    let days = days.checked_add(719_468)?;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let (month, carry) = if shifted < 10 { (shifted + 3, 0) } else { (shifted - 9, 1) };
    let year = year_of_era + era * 400 + carry;
    (0..=9999).contains(&year).then_some((year, month, day))
}

/// A CIDR range; an address without a prefix is a range of one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            None => (text, None),
            Some((address, prefix)) => (address, Some(prefix)),
        };
        let address: IpAddr = address.parse().ok()?;
        let (_, width) = bits(address);
        let prefix = prefix.map_or(Ok(width), str::parse).ok()?;
        (prefix <= width).then_some(Self { address, prefix })
    }

    fn contains(self, address: IpAddr) -> bool {
        let ((network, width), (address, address_width)) = (bits(self.address), bits(address));
        // A prefix of 0 shifts out an IPv6 address whole, which `checked_shr` refuses: then all addresses are in.
        width == address_width && (network ^ address).checked_shr(width - self.prefix).unwrap_or(0) == 0
    }
}

/// The bits of an address, and how many there are.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_is_iso_8601_or_seconds_since_1970() {
        let cases = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1969-12-31T23:59:59Z", Some(-1)),
            ("2000-02-29T12:00:00Z", Some(951_825_600)),
            ("2026-11-22T03:35:07Z", Some(1_795_318_507)),
            ("1795318507", Some(1_795_318_507)),
            ("2100-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-1-01T00:00:00Z", None),
            ("2026-11-22T24:00:00Z", None),
            ("2026-11-22", None),
            ("2026-11-22T+3:35:07Z", None),
        ];
        for (text, expected) in cases {
            assert_eq!(date(text), expected, "{text}");
        }
    }

    #[test]
    fn date_is_written_as_it_is_read() {
        for text in ["1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2000-02-29T12:00:00Z", "2026-11-22T03:35:07Z"] {
            assert_eq!(date_text(date(text).unwrap()), text);
        }
        for seconds in (-62_000_000_000..250_000_000_000).step_by(1_234_567_891) {
            assert_eq!(date(&date_text(seconds)), Some(seconds));
        }
        for seconds in [i64::MIN, i64::MAX] {
            assert_eq!(date_text(seconds), seconds.to_string());
        }
    }

    #[test]
    fn network_contains_by_prefix_and_family() {
        let cases = [
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.9", "203.0.113.9", true),
            ("203.0.113.9", "203.0.113.8", false),
            ("0.0.0.0/0", "255.1.2.3", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8:1234:5678::/64", "2001:DB8:1234:5678:9::1", true),
            ("2001:db8:1234:5678::/64", "2001:db8:1234:5679::1", false),
        ];
        for (network, address, expected) in cases {
            let address = address.parse().unwrap();
            assert_eq!(Network::parse(network).unwrap().contains(address), expected, "{address} in {network}");
        }
    }

    #[test]
    fn prefix_that_is_too_long_is_refused() {
        assert!(Network::parse("203.0.113.0/33").is_none());
        assert!(Network::parse("::/129").is_none());
        assert!(Network::parse("203.0.113.*").is_none());
    }

    #[test]
    fn infinity_is_no_number() {
        assert!(number("inf").is_none());
        assert!(number("NaN").is_none());
        assert_eq!(number("1.5"), Some(1.5));
    }
}
