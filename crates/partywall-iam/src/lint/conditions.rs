//! The Condition element: operators, keys, values.

use partywall_model::{Key, Severity, Value};

use super::report::{At, Report};
use super::statement::{Statement, items};
use super::values::{Class, class_of, is_private, network, text};
use super::{Rule, resources};
use crate::node::kind_of;
use crate::{Comparison, ConditionKey, KeyType, Operator, Quantifier, Reference};

const MFA: &str = "aws:MultiFactorAuthPresent";

/// One comparison: operator, key and values.
struct Comparing<'a, 'v> {
    operator: Operator,
    /// The operator as written.
    name: &'v str,
    key: &'v str,
    /// What the reference data knows of the key.
    fact: Option<ConditionKey<'a>>,
    values: &'v Value,
    /// All operators of the element, to see what else is compared.
    all: &'a [(Key, Value)],
}

/// `current` says whether policy variables work.
pub(super) fn check(statement: &Statement<'_, '_>, current: bool, reference: &Reference, at: At<'_>, report: &mut Report) {
    let Some(condition) = statement.condition else { return };
    let place = at.member(condition.name);
    let operators = match condition.value {
        Value::Unknown(_) => return,
        Value::Map(operators) => operators,
        other => {
            report.add(Rule::WrongType, place, format!("condition is {}, not an object", kind_of(other)));
            return;
        }
    };
    for (name, keys) in operators {
        let operator_place = place.member(name);
        let operator = Operator::parse(name);
        if operator.is_none_or(|operator| operator.comparison == Comparison::Null && operator.if_exists) {
            report.add(Rule::UnknownOperator, operator_place, format!("condition operator `{name}` does not exist"));
        }
        let keys = match keys {
            Value::Unknown(_) => continue,
            Value::Map(keys) => keys,
            other => {
                report.add(Rule::WrongType, operator_place, format!("`{name}` holds {}, not an object of condition keys", kind_of(other)));
                continue;
            }
        };
        if keys.is_empty() {
            report.add(Rule::EmptyList, operator_place, format!("`{name}` has no condition key")).severity = Severity::Low;
        }
        for (key, values) in keys {
            if report.is_full() {
                return;
            }
            let here = operator_place.member(key);
            let numbers = reference.key_numbers(key);
            let fact = reference.key(&numbers);
            known(statement, key, &numbers, reference, here, report);
            let Some(operator) = operator else { continue };
            let comparing = Comparing { operator, name, key, fact, values, all: operators };
            comparing.values(current, reference, here, report);
            comparing.key(statement, here, report);
        }
    }
}

/// A key of an OIDC provider, such as `token.actions.githubusercontent.com:sub`; each customer may have others.
fn is_of_provider(key: &str) -> bool {
    key.split_once(':').is_some_and(|(provider, claim)| provider.contains('.') && !claim.is_empty())
}

/// Whether requests can carry the key at all, and those of the statement's actions.
fn known(statement: &Statement<'_, '_>, name: &str, numbers: &[u16], reference: &Reference, at: At<'_>, report: &mut Report) {
    if name.contains("${") || is_of_provider(name) {
        return;
    }
    let key = reference.key(numbers);
    if key.is_some_and(ConditionKey::is_global) {
        return;
    }
    let actions = statement.all_actions();
    if key.is_none() {
        let subjects = actions.iter().map(|action| action.full_name().into()).collect();
        let message = format!("condition key `{name}` is not in the reference data of {}", reference.date());
        report.about(Rule::UnknownConditionKey, at, message, subjects);
        return;
    }
    if actions.is_empty() || statement.has_every_action() {
        return;
    }
    let without: Vec<_> = actions.iter().filter(|action| !action.supports_any(numbers)).collect();
    let Some(first) = without.first() else { return };
    let message = if without.len() == 1 && actions.len() == 1 {
        format!("requests of `{}` have no condition key `{name}`", first.full_name())
    } else {
        format!(
            "requests of {} of {} actions, such as `{}`, have no condition key `{name}`",
            without.len(),
            actions.len(),
            first.full_name()
        )
    };
    // A pattern of actions names some that the author did not think of; that alone is no mistake.
    let meant = without.len() == actions.len()
        || statement.expanded.iter().any(|of| of.is_exact() && of.actions.iter().any(|action| !action.supports_any(numbers)));
    let finding =
        report.about(Rule::ConditionKeyNotForAction, at, message, without.iter().map(|action| action.full_name().into()).collect());
    if !meant {
        finding.severity = Severity::Info;
    }
}

impl Comparing<'_, '_> {
    fn is_mfa(&self) -> bool {
        self.key.eq_ignore_ascii_case(MFA)
    }

    fn values(&self, current: bool, reference: &Reference, at: At<'_>, report: &mut Report) {
        let class = Class::of(self.operator.comparison);
        let list = items(self.values);
        if self.values.as_list().is_some_and(<[Value]>::is_empty) {
            report.add(Rule::EmptyList, at, format!("`{}` is compared with no value", self.key));
        }
        for (index, value) in list {
            let here = at.item(index);
            if value.is_unknown() {
                continue;
            }
            let Some(value) = text(value) else {
                report.add(Rule::WrongType, here, format!("value is {}, not text", kind_of(value)));
                continue;
            };
            if value.contains("${") {
                resources::variables(&value, current, reference, here, report);
                if current {
                    continue;
                }
            }
            // What a template has not filled in yet.
            if value.contains('{') && class != Class::Text {
                continue;
            }
            if !class.admits(&value) {
                report.add(Rule::BadValue, here, format!("`{}` compares with {}, not with `{value}`", self.name, class.form()));
            }
            self.value(&value, here, report);
            let of_arns = self.fact.is_some_and(|key| key.kind() == KeyType::Arn);
            if of_arns && class == Class::Text && !value.starts_with(['*', '?']) && !value.starts_with("arn:") {
                report.add(Rule::BadValue, here, format!("`{}` is an ARN, so it is never `{value}`", self.key));
            }
        }
    }

    /// What a well-formed value says that cannot be meant.
    fn value(&self, value: &str, at: At<'_>, report: &mut Report) {
        let comparison = self.operator.comparison;
        let literal = matches!(
            comparison,
            Comparison::StringEquals
                | Comparison::StringNotEquals
                | Comparison::StringEqualsIgnoreCase
                | Comparison::StringNotEqualsIgnoreCase
        );
        if literal && value.contains('*') {
            report.add(Rule::WildcardInEquals, at, format!("`{}` compares with the plain text `{value}`, star included", self.name));
        }
        let is_false = value.eq_ignore_ascii_case("false");
        if comparison == Comparison::Bool && is_false && self.is_mfa() && !self.operator.if_exists {
            let message =
                "requests without MFA that were signed with long-term keys do not match `Bool` `false`: they lack the key".to_owned();
            report.add(Rule::MfaBoolWithoutIfExists, at, message);
        }
        if comparison == Comparison::Null && is_false && self.is_mfa() {
            report.add(Rule::MfaNull, at, "`Null` `false` holds for every request that has the key, also without MFA".to_owned());
        }
        if comparison == Comparison::IpAddress && self.key.eq_ignore_ascii_case("aws:SourceIp") && network(value).is_some_and(is_private) {
            report.add(Rule::PrivateSourceIp, at, format!("no request has the private address `{value}` as `aws:SourceIp`"));
        }
    }

    /// Whether the operator suits the key.
    fn key(&self, statement: &Statement<'_, '_>, at: At<'_>, report: &mut Report) {
        let Some(key) = self.fact else { return };
        let class = Class::of(self.operator.comparison);
        if self.operator.quantifier.is_some() && !key.is_multi_valued() {
            let message = format!("`{}` is for keys with several values; a request has one `{}` at most", self.name, self.key);
            report.add(Rule::SingleValuedSetOperator, at, message);
        }
        if class == Class::Null {
            return;
        }
        let own = class_of(key.kind());
        if class == Class::Text && own == Class::Arn {
            let message = format!("`{}` compares the ARN in `{}` as text", self.name, self.key);
            report.add(Rule::StringOperatorOnArn, at, message);
        } else if class != own && !self.is_usable(class, key) {
            let message = format!("`{}` compares {}, but the values of `{}` are {}", self.name, noun(class), self.key, noun(own));
            report.add(Rule::OperatorTypeMismatch, at, message);
        }
        if self.operator.quantifier.is_none() && key.is_multi_valued() {
            let message = format!("a request can have several values of `{}`, but `{}` compares one", self.key, self.name);
            report.add(Rule::SetOperatorMissing, at, message);
        }
        if self.operator.quantifier == Some(Quantifier::All) && statement.allows() && !self.is_present() {
            let message = format!("`{}` in an `Allow` also holds for requests without `{}`", self.name, self.key);
            report.add(Rule::ForAllValuesWithoutNull, at, message);
        }
    }

    /// Pairs that work although the types differ.
    fn is_usable(&self, class: Class, key: ConditionKey<'_>) -> bool {
        match class {
            // The reference data gives many keys that hold ARNs as text.
            Class::Arn => key.name().to_ascii_lowercase().contains("arn"),
            // `aws:EpochTime` is a time and a number.
            Class::Numeric => key.kind() == KeyType::Date && key.name().eq_ignore_ascii_case("aws:EpochTime"),
            Class::Binary => key.kind() == KeyType::String,
            // `true` and `false` are the only texts of such a key.
            Class::Text => {
                key.kind() == KeyType::Bool
                    && items(self.values).iter().all(|(_, value)| text(value).is_none_or(|value| Class::Bool.admits(&value)))
            }
            _ => false,
        }
    }

    /// Whether the same element says that the key has to be there: `"Null": {key: "false"}`.
    fn is_present(&self) -> bool {
        self.all.iter().filter(|(name, _)| Operator::parse(name).is_some_and(|operator| operator.comparison == Comparison::Null)).any(
            |(_, keys)| {
                let keys = keys.as_map().unwrap_or_default();
                keys.iter().any(|(key, values)| {
                    let all_false =
                        |(_, value): &(Option<usize>, &Value)| text(value).is_none_or(|value| value.eq_ignore_ascii_case("false"));
                    key.eq_ignore_ascii_case(self.key) && items(values).iter().all(all_false)
                })
            },
        )
    }
}

fn noun(class: Class) -> &'static str {
    match class {
        Class::Text => "texts",
        Class::Numeric => "numbers",
        Class::Date => "times",
        Class::Bool | Class::Null => "`true` or `false`",
        Class::Binary => "bytes",
        Class::Address => "addresses",
        Class::Arn => "ARNs",
    }
}
