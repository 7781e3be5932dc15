//! Conditions of owner rules in words, both ways. What cannot be told shortly is not asked about.

use partywall_catalog::OwnerRule;
use partywall_model::Party;

/// A condition and its opposite, as they stand after "if".
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) holds: String,
    pub(super) fails: String,
}

/// The words of a predicate; `None` for those that take more than a clause.
pub(super) fn words(when: &str) -> Option<Words> {
    let when = when.trim();
    let both = |path: &str, holds: &str, fails: &str| Some(Words { holds: format!("{path} {holds}"), fails: format!("{path} {fails}") });
    if is_path(when) {
        return both(when, "is true", "is false");
    }
    if let Some(path) = when.strip_suffix(" is not null").filter(|path| is_path(path)) {
        return both(path, "is set", "is not set");
    }
    if let Some((path, prefix)) =
        when.strip_prefix("starts_with(").and_then(|rest| rest.strip_suffix(')')).and_then(|rest| rest.split_once(", "))
    {
        let prefix = literal(prefix).filter(|_| is_path(path))?;
        return both(path, &format!("begins with {prefix}"), &format!("does not begin with {prefix}"));
    }
    if let Some((path, list)) = when.split_once(" in (").and_then(|(path, list)| Some((path, list.strip_suffix(')')?))) {
        let values: Vec<&str> = list.split(", ").map(literal).collect::<Option<_>>().filter(|_| is_path(path))?;
        let (last, others) = values.split_last()?;
        let list = if others.is_empty() { (*last).to_owned() } else { format!("{} or {last}", others.join(", ")) };
        return both(path, &format!("is {list}"), &format!("is not {list}"));
    }
    if let Some((path, least)) = when.split_once(" >= ") {
        let least: u32 = least.parse().ok().filter(|_| is_path(path))?;
        let fails = if least == 1 { "is 0".to_owned() } else { format!("is below {least}") };
        return both(path, &format!("is {least} or more"), &fails);
    }
    let (path, value) = when.split_once(" = ")?;
    let value = literal(value).filter(|_| is_path(path))?;
    both(path, &format!("is {value}"), &format!("is not {value}"))
}

fn is_path(text: &str) -> bool {
    !text.is_empty()
        && text.split('.').all(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

fn literal(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.strip_suffix('\'').filter(|value| !value.is_empty() && !value.contains('\''))
}

/// Who owns what such rules say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ownership {
    Aws,
    Customer,
    /// A setting decides.
    Depends,
}

/// `None` if a rule names anybody else.
pub(super) fn ownership(rules: &[OwnerRule]) -> Option<Ownership> {
    let parties: Vec<Ownership> = rules.iter().map(|rule| side(&rule.party)).collect::<Option<_>>()?;
    let first = *parties.first()?;
    Some(if parties.iter().all(|party| *party == first) { first } else { Ownership::Depends })
}

/// AWS or the customer, who answers for whom it hires; `None` for anybody else.
pub(super) fn side(party: &Party) -> Option<Ownership> {
    match party {
        Party::Aws => Some(Ownership::Aws),
        Party::Customer => Some(Ownership::Customer),
        Party::Msp(_) | Party::Vendor(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_told_both_ways() {
        for (when, holds, fails) in [
            ("AutoMinorVersionUpgrade", "AutoMinorVersionUpgrade is true", "AutoMinorVersionUpgrade is false"),
            ("A.B is not null", "A.B is set", "A.B is not set"),
            ("starts_with(Engine, 'custom-')", "Engine begins with custom-", "Engine does not begin with custom-"),
            ("Origin in ('EXTERNAL', 'B', 'C')", "Origin is EXTERNAL, B or C", "Origin is not EXTERNAL, B or C"),
            ("Origin in ('EXTERNAL')", "Origin is EXTERNAL", "Origin is not EXTERNAL"),
            ("Days >= 1", "Days is 1 or more", "Days is 0"),
            ("Days >= 7", "Days is 7 or more", "Days is below 7"),
            ("A.Mode = 'Auto'", "A.Mode is Auto", "A.Mode is not Auto"),
        ] {
            assert_eq!(words(when), Some(Words { holds: holds.to_owned(), fails: fails.to_owned() }), "{when}");
        }
    }

    #[test]
    fn what_takes_more_than_a_clause_is_left_alone() {
        for when in [
            "",
            "a and b",
            "not A",
            "any_match(L, r -> r['A'] = 'b')",
            "regexp_like(A, '^x')",
            "A = 'x' and B = 'y'",
            "A in ('x') and B in ('y')",
            "starts_with(A, 'x') and starts_with(B, 'y')",
            "A >= x",
            "A is not null and B is not null",
            "A = B",
        ] {
            assert_eq!(words(when), None, "{when}");
        }
    }
}
