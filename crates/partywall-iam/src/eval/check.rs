use std::sync::Arc;

use partywall_model::Cause;

use super::operand::Operand;
use super::pattern::Match;
use super::request::{Lookup, Request};
use crate::condition::{Comparison, Condition, Operator, Quantifier};
use crate::{Answer, Known};

/// One comparison of a Condition element, made ready.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Check {
    /// In lower case: names of keys match in either case.
    pub(crate) key: Box<str>,
    pub(crate) operator: Operator,
    pub(crate) operands: Vec<Operand>,
    /// Values that are not known.
    pub(crate) missing: Option<Arc<Cause>>,
}

impl Check {
    pub(crate) fn new(condition: &Condition, variables: bool) -> Self {
        let (known, missing) = match &condition.values {
            Known::Is(values) => (values.known.as_slice(), values.missing.clone()),
            Known::Unknown(cause) => (&[][..], Some(Arc::clone(cause))),
        };
        Self {
            key: condition.key.to_ascii_lowercase().into(),
            operator: condition.operator,
            operands: known.iter().map(|value| Operand::new(condition.operator.comparison, value, variables)).collect(),
            missing,
        }
    }

    /// Whether the condition holds (IAM user guide: condition operators; single-valued vs. multivalued context keys).
    ///
    /// Of the policy's values one must match, for a negated operator none. An absent key fails a positive operator and meets a
    /// negated one and `IfExists`; `ForAllValues` holds of no values, `ForAnyValue` does not. Several values without a set
    /// operator meet nothing: AWS defines no answer.
    pub(crate) fn holds(&self, request: &Request) -> Answer {
        let found = request.value(&self.key);
        if self.operator.comparison == Comparison::Null {
            return match found {
                Lookup::Unknown(cause) => Answer::Unknown(cause),
                Lookup::Absent => self.wants(true),
                Lookup::Values(_) => self.wants(false),
            };
        }
        match (found, self.operator.quantifier) {
            (Lookup::Unknown(cause), _) => Answer::Unknown(cause),
            (Lookup::Absent, _) if self.operator.if_exists => Answer::Yes,
            (Lookup::Absent, Some(Quantifier::All)) => Answer::Yes,
            (Lookup::Absent, None) => self.operator.is_negated().into(),
            (Lookup::Values([single]), None) => self.holds_of(single, request),
            (Lookup::Absent, Some(Quantifier::Any)) | (Lookup::Values(_), None) => Answer::No,
            (Lookup::Values(values), Some(Quantifier::Any)) => Answer::any(values.iter().map(|value| self.holds_of(value, request)), None),
            (Lookup::Values(values), Some(Quantifier::All)) => {
                Answer::any(values.iter().map(|value| self.holds_of(value, request).negate()), None).negate()
            }
        }
    }

    /// Of a Null test: whether a value asks for the key to be absent (or present).
    fn wants(&self, absent: bool) -> Answer {
        let listed = self.operands.iter().map(|operand| (*operand == Operand::Absent(Some(absent))).into());
        Answer::any(listed, self.missing.as_ref())
    }

    /// Whether one value of the request meets the policy's values.
    pub(crate) fn holds_of(&self, value: &str, request: &Request) -> Answer {
        let negated = self.operator.is_negated();
        let mut result = match &self.missing {
            Some(cause) => Answer::Unknown(Arc::clone(cause)),
            None => Answer::No,
        };
        for operand in &self.operands {
            match operand.matches(value, request) {
                Match::Yes => result = Answer::Yes,
                Match::NoValue if negated => return Answer::No,
                Match::No | Match::NoValue => {}
                Match::Unknown(cause) => result = result.or(Answer::Unknown(cause)),
            }
            if result == Answer::Yes && !negated {
                break;
            }
        }
        if negated { result.negate() } else { result }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Caller;
    use crate::{Items, Operator};

    fn check(operator: &str, key: &str, values: &[&str], context: &[(&str, &[&str])]) -> Answer {
        let mut request = Request::new(Caller::parse("arn:aws:iam::111122223333:user/Bob"), "s3:GetObject", "arn:aws:s3:::b/k");
        for (key, values) in context {
            request.set(key, values.iter().copied());
        }
        let values = Items { known: values.iter().map(|value| Box::from(*value)).collect(), missing: None };
        let condition = Condition { operator: Operator::parse(operator).unwrap(), key: key.into(), values: Known::Is(values) };
        Check::new(&condition, true).holds(&request)
    }

    #[test]
    fn one_value_against_another() {
        for (operator, wanted, found, want) in [
            ("StringEquals", "a*", "a*", true),
            ("StringEquals", "a*", "ab", false),
            ("StringNotEquals", "a", "A", true),
            ("StringEqualsIgnoreCase", "AbC", "aBc", true),
            ("StringLike", "a?c*", "abc", true),
            ("StringNotLike", "a*", "abc", false),
            ("StringEquals", "${aws:username}", "Bob", true),
            ("StringNotEquals", "${aws:PrincipalTag/x}", "Bob", false),
            ("NumericEquals", "100", "100.0", true),
            ("NumericEquals", "9007199254740993", "9007199254740992", false),
            ("NumericNotEquals", "1", "x", true),
            ("NumericLessThan", "10", "9.5", true),
            ("NumericLessThanEquals", "10", "10", true),
            ("NumericGreaterThan", "10", "10", false),
            ("NumericGreaterThanEquals", "-1", "0", true),
            ("NumericLessThan", "inf", "1", false),
            ("DateEquals", "2024-01-01", "1704067200", true),
            ("DateLessThan", "2024-01-01", "2023-12-31T23:59:59Z", true),
            ("DateNotEquals", "2024-01-01", "2024-01-01T00:00:00Z", false),
            ("Bool", "true", "True", true),
            ("Bool", "false", "0", false),
            ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", true),
            ("BinaryEquals", "QmluYXJ5", "QmluYXJ6", false),
            ("IpAddress", "203.0.113.0/24", "203.0.113.7", true),
            ("IpAddress", "203.0.113.7", "203.0.113.7", true),
            ("IpAddress", "2001:db8::/32", "2001:db8::1", true),
            ("IpAddress", "203.0.113.0/24", "2001:db8::1", false),
            ("NotIpAddress", "203.0.113.0/24", "198.51.100.1", true),
            ("ArnEquals", "arn:aws:sns:*:111122223333:t", "arn:aws:sns:eu-west-1:111122223333:t", true),
            ("ArnLike", "arn:aws:s3*", "arn:aws:s3:::b", false),
            ("ArnLike", "arn:aws:s3:::b*", "arn:aws:s3:::b/c:d", true),
            ("ArnNotLike", "arn:aws:s3:::b", "not an arn", false),
            ("ArnNotEquals", "arn:aws:s3:::b", "arn:aws:s3:::c", true),
        ] {
            assert_eq!(check(operator, "x:y", &[wanted], &[("X:Y", &[found])]), want.into(), "{operator} {wanted} {found}");
        }
    }

    #[test]
    fn absent_keys_and_sets() {
        for (operator, values, found, want) in [
            ("StringEquals", &["a"][..], &[][..], false),
            ("StringNotEquals", &["a"], &[], true),
            ("StringEqualsIfExists", &["a"], &[], true),
            ("StringEqualsIfExists", &["a"], &["b"], false),
            ("Null", &["true"], &[], true),
            ("Null", &["true"], &[""], false),
            ("Null", &["true", "false"], &["a"], true),
            ("ForAllValues:StringEquals", &["a", "b"], &["a", "b"], true),
            ("ForAllValues:StringEquals", &["a", "b"], &["a", "c"], false),
            ("ForAllValues:StringEquals", &["a"], &[], true),
            ("ForAnyValue:StringEquals", &["a"], &["c", "a"], true),
            ("ForAnyValue:StringEquals", &["a"], &[], false),
            ("ForAnyValue:StringNotEquals", &["a"], &["a", "b"], true),
            ("ForAllValues:StringNotLike", &["a*"], &["b", "ab"], false),
            ("StringEquals", &["a"], &["a", "b"], false),
            ("StringNotEquals", &["c"], &["a", "b"], false),
            ("StringEquals", &["a", "b"], &["b"], true),
            ("StringNotEquals", &["a", "b"], &["b"], false),
        ] {
            assert_eq!(check(operator, "x:y", values, &[("x:y", found)]), want.into(), "{operator} {values:?} {found:?}");
        }
    }
}
