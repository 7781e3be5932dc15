use crate::{Answer, Items, Known};

/// One comparison of a Condition element: an operator, a condition key and the values of which one must match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// How to compare.
    pub operator: Operator,
    /// The condition key as written; keys match in either case.
    pub key: Box<str>,
    /// The policy's values as text; booleans and numbers as JSON writes them.
    pub values: Known<Items<Box<str>>>,
}

/// A condition operator taken apart: `ForAnyValue:StringLikeIfExists` is quantifier, comparison and the suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// The set prefix, if there is one.
    pub quantifier: Option<Quantifier>,
    /// The operator's own name.
    pub comparison: Comparison,
    /// True with the suffix `IfExists`: the condition holds if the request lacks the key.
    pub if_exists: bool,
}

/// How a condition treats a key with several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// `ForAllValues`: every value of the request matches; holds if there are none.
    All,
    /// `ForAnyValue`: at least one value of the request matches.
    Any,
}

macro_rules! comparisons {
    ($($name:ident),+ $(,)?) => {
        /// The condition operators of IAM (user guide, JSON policy elements: condition operators).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is the operator of that name")]
        pub enum Comparison {
            $($name),+
        }

        const COMPARISONS: &[(&str, Comparison)] = &[$((stringify!($name), Comparison::$name)),+];
    };
}

comparisons!(
    StringEquals,
    StringNotEquals,
    StringEqualsIgnoreCase,
    StringNotEqualsIgnoreCase,
    StringLike,
    StringNotLike,
    NumericEquals,
    NumericNotEquals,
    NumericLessThan,
    NumericLessThanEquals,
    NumericGreaterThan,
    NumericGreaterThanEquals,
    DateEquals,
    DateNotEquals,
    DateLessThan,
    DateLessThanEquals,
    DateGreaterThan,
    DateGreaterThanEquals,
    Bool,
    BinaryEquals,
    IpAddress,
    NotIpAddress,
    ArnEquals,
    ArnLike,
    ArnNotEquals,
    ArnNotLike,
    Null,
);

impl Operator {
    /// Takes an operator's name apart; letters match in either case, as IAM accepts them. `None` for a name that IAM does not have.
    pub fn parse(name: &str) -> Option<Self> {
        let (quantifier, rest) = match name.split_once(':') {
            None => (None, name),
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAllValues") => (Some(Quantifier::All), rest),
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAnyValue") => (Some(Quantifier::Any), rest),
            Some(_) => return None,
        };
        let suffix_at = rest.len().saturating_sub("IfExists".len());
        let (base, if_exists) = match rest.split_at_checked(suffix_at) {
            Some((base, suffix)) if suffix.eq_ignore_ascii_case("IfExists") => (base, true),
            _ => (rest, false),
        };
        let (_, comparison) = *COMPARISONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(base))?;
        if if_exists && comparison == Comparison::Null {
            return None;
        }
        Some(Self { quantifier, comparison, if_exists })
    }

    /// True if a request without the key, or with a value that is not in the list, does not match: only then do the
    /// values bound who gets in. Excludes negated operators, `…IfExists`, `ForAllValues` and `Null`.
    pub fn confines(self) -> bool {
        !self.if_exists && self.quantifier != Some(Quantifier::All) && self.compares_text()
    }

    /// True for the operators that hold when the request's value is not among those listed, and when the key is missing.
    pub(crate) fn is_negated(self) -> bool {
        matches!(
            self.comparison,
            Comparison::StringNotEquals
                | Comparison::StringNotEqualsIgnoreCase
                | Comparison::StringNotLike
                | Comparison::NumericNotEquals
                | Comparison::DateNotEquals
                | Comparison::NotIpAddress
                | Comparison::ArnNotEquals
                | Comparison::ArnNotLike
        )
    }

    /// True for the operators that hold when the request's value is one of the texts, patterns or networks listed.
    pub(crate) fn compares_text(self) -> bool {
        matches!(
            self.comparison,
            Comparison::StringEquals
                | Comparison::StringEqualsIgnoreCase
                | Comparison::StringLike
                | Comparison::ArnEquals
                | Comparison::ArnLike
                | Comparison::IpAddress
        )
    }
}

impl Condition {
    /// True if this compares the key, whose name is given in lower case.
    pub(crate) fn reads(&self, lower_key: &str) -> bool {
        self.key.eq_ignore_ascii_case(lower_key)
    }

    /// Whether all values have the property.
    pub(crate) fn all_values(&self, mut question: impl FnMut(&str) -> bool) -> Answer {
        self.values.judge(|values| values.all(|value| question(value).into()))
    }

    /// Whether one of the values has the property.
    pub(crate) fn any_value(&self, mut question: impl FnMut(&str) -> bool) -> Answer {
        self.values.judge(|values| values.any(|value| question(value).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_taken_apart() {
        let operator = Operator::parse("ForAnyValue:StringLikeIfExists").unwrap();
        assert_eq!(operator.quantifier, Some(Quantifier::Any));
        assert_eq!(operator.comparison, Comparison::StringLike);
        assert!(operator.if_exists);
        assert!(!operator.confines());
        assert!(Operator::parse("bool").is_some_and(|operator| operator.comparison == Comparison::Bool));
        assert!(Operator::parse("arnlike").is_some_and(Operator::confines));
        assert!(Operator::parse("ForAllValues:StringEquals").is_some_and(|operator| !operator.confines()));
        assert!(Operator::parse("StringNotEquals").is_some_and(|operator| !operator.confines()));
        for name in ["", "IfExists", "NullIfExists", "StringSame", "ForSome:StringLike", "é", "éIfExists"] {
            assert_eq!(Operator::parse(name), None, "{name}");
        }
    }
}
