//! The texts by which satellites and their parents name each other: symbols of a template, ids, names, ARNs.

use std::collections::HashMap;
use std::sync::Arc;

use partywall_catalog::{DefaultOn, ResourceType, to_value};
use partywall_model::{Resource, SourceKind, Value};

use crate::complete::fill;
use crate::store::TypeRows;

/// Texts longer than this are not compared with unknown parts: they may be equal.
const MAX_COMPARED: usize = 2048;

/// The rows of one type by their names.
#[derive(Default)]
pub(super) struct Names {
    exact: HashMap<Box<str>, Vec<usize>>,
    /// By template, the names that it gives to rows, without those that a deployment makes; `*` for a name that is not known.
    written: HashMap<Arc<str>, Vec<(usize, Pattern)>>,
}

impl Names {
    pub(super) fn of(rows: &TypeRows) -> Self {
        let mut names = Self::default();
        for (place, row) in rows.rows.iter().enumerate() {
            let own = own_names(row, &rows.resource_type);
            let shown = row.name.as_deref().filter(|_| row.source.kind != SourceKind::CloudFormation);
            if row.source.kind == SourceKind::CloudFormation {
                let symbol = row.logical_id.as_ref().map(|logical| format!("{{{logical}}}"));
                let written = own.known.iter().filter(|name| symbol.as_ref().is_none_or(|symbol| !name.contains(symbol.as_str())));
                let here = names.written.entry(row.source.file.clone()).or_default();
                here.extend(written.map(|name| (place, pattern(name))));
                here.extend(own.open.then(|| (place, pattern("*"))));
            }
            for name in own.known.into_iter().chain(shown.map(key)) {
                names.add(name, place);
            }
        }
        names
    }

    pub(super) fn add(&mut self, name: Box<str>, place: usize) {
        let places = self.exact.entry(name).or_default();
        if places.last() != Some(&place) {
            places.push(place);
        }
    }

    /// The rows of that name.
    pub(super) fn find(&self, key: &str) -> Vec<usize> {
        let more = || self.exact.get(&*format!("{}:*", key.rsplit_once(':')?.0));
        self.exact.get(key).or_else(more).cloned().unwrap_or_default()
    }

    /// The rows of a template that may have that name, because a part of one or the other is known only at deployment.
    pub(super) fn may_find(&self, key: &str, template: &str) -> Vec<usize> {
        let wanted = pattern(key);
        let here = self.written.get(template).filter(|_| !is_one_symbol(key));
        // Two texts without open parts are equal or not, and these are not.
        let open = wanted.contains(&None);
        let candidates = here.into_iter().flatten().filter(|(_, name)| may_be_equal(&wanted, name) && (open || name.contains(&None)));
        let mut found: Vec<usize> = candidates.map(|(place, _)| *place).collect();
        found.dedup();
        found
    }
}

/// How a row may be named.
pub(super) struct OwnNames {
    pub(super) known: Vec<Box<str>>,
    /// A part of a name is not known.
    open: bool,
}

/// The names that the row's source makes certain. What a template calls a resource is no name of the resource, but for the symbol.
pub(super) fn own_names(row: &Resource, resource_type: &ResourceType) -> OwnNames {
    let mut known: Vec<Box<str>> = Vec::new();
    let mut open = row.unread.is_some();
    match resource_type.id_path().and_then(|path| row.properties.at(path)) {
        Some(Value::Unknown(_)) => open = true,
        Some(Value::Str(text)) => known.push(key(text)),
        Some(Value::Int(number)) => known.push(number.to_string().into()),
        _ => {}
    }
    match &row.logical_id {
        Some(logical) => known.push(format!("{{{logical}}}").into()),
        None => {
            // A stub's id may say more than its name.
            let name = row.name.as_deref().filter(|_| row.source.kind == SourceKind::CloudFormation);
            known.push(key(name.unwrap_or(&row.id)));
        }
    }
    known.extend(row.arn.as_deref().map(key));
    for template in resource_type.arn.iter().chain(&resource_type.names) {
        match filled(template, row, resource_type) {
            Ok(name) => known.extend(name.as_deref().map(key)),
            Err(Unknown) => open = true,
        }
    }
    known.sort_unstable();
    known.dedup();
    OwnNames { known, open }
}

/// A property that a name is made of is not known.
struct Unknown;

/// A name by its template, before the row is completed: with the symbols of a template and with what AWS puts into it itself.
fn filled(template: &str, row: &Resource, resource_type: &ResourceType) -> Result<Option<String>, Unknown> {
    let is_template = row.source.kind == SourceKind::CloudFormation;
    let defaults: HashMap<&str, Value> = resource_type
        .defaults
        .iter()
        .filter(|default| is_template && default.on == DefaultOn::Create)
        .filter_map(|default| Some((&*default.path, to_value(default.value.as_ref()?))))
        .collect();
    let own = row.logical_id.as_ref().filter(|_| !row.stub).map(|logical| format!("{{{logical}}}"));
    let symbol = |symbol: &'static str| is_template.then_some(symbol);
    let unknown = std::cell::Cell::new(false);
    let name = fill(template, |name| match name {
        "partition" => Some("*"),
        "account" => row.account.as_deref().or_else(|| symbol("{AWS::AccountId}")),
        "region" => row.region.as_deref().or_else(|| symbol("{AWS::Region}")),
        property => match row.properties.at(property) {
            None | Some(Value::Null) if Some(property) == resource_type.id_path() => own.as_deref(),
            None | Some(Value::Null) => defaults.get(property)?.as_str(),
            Some(Value::Unknown(_)) => {
                unknown.set(true);
                None
            }
            Some(value) => value.as_str(),
        },
    });
    if unknown.get() { Err(Unknown) } else { Ok(name) }
}

/// A name as it is compared: symbols without their attribute, ARNs without their partition, which is the same within an input.
pub(super) fn key(name: &str) -> Box<str> {
    let rest = name.strip_prefix("arn:").and_then(|rest| rest.strip_prefix("{AWS::Partition}:").or_else(|| Some(rest.split_once(':')?.1)));
    match rest {
        Some(rest) => format!("arn:*:{rest}").into(),
        None if is_one_symbol(name) => match name.split_once('.') {
            // `{Bucket.Arn}` and `{Bucket}` are the same bucket.
            Some((symbol, _)) if super::is_itself(name) => format!("{symbol}}}").into(),
            _ => name.into(),
        },
        None => name.into(),
    }
}

fn is_one_symbol(name: &str) -> bool {
    name.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).is_some_and(|inner| !inner.contains(['{', '}']))
}

/// The bytes of a name; `None` for a part of any text.
type Pattern = Vec<Option<u8>>;

fn pattern(name: &str) -> Pattern {
    let mut parts = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, symbol)) = rest.split_once('{') {
        parts.extend(literal(before));
        parts.push(None);
        rest = symbol.split_once('}').map_or("", |(_, after)| after);
    }
    parts.extend(literal(rest));
    parts
}

fn literal(text: &str) -> impl Iterator<Item = Option<u8>> {
    text.bytes().map(|byte| (byte != b'*').then_some(byte))
}

/// True if there is a text that both stand for.
fn may_be_equal(left: &[Option<u8>], right: &[Option<u8>]) -> bool {
    let both = left.iter().zip(right).map_while(|(left, right)| Some(((*left)?, (*right)?)));
    if both.into_iter().any(|(left, right)| left != right) {
        return false;
    }
    if left.len().max(right.len()) > MAX_COMPARED {
        return true;
    }
    // `row[j]`: what is left of the left one, from the part at hand, and `right[j..]` have a text in common.
    let width = right.len();
    let at = |row: &[bool], place: usize| row.get(place).copied().unwrap_or_default();
    let mut below: Vec<bool> = (0..=width).map(|place| right.iter().skip(place).all(Option::is_none)).collect();
    for part in left.iter().rev() {
        let mut row = vec![false; width + 1];
        for place in (0..=width).rev() {
            let other = right.get(place);
            let next = at(&row, place + 1);
            let common = match (part, other) {
                (None, other) => at(&below, place) || (other.is_some() && next),
                (Some(_), Some(None)) => next || at(&below, place),
                (Some(byte), Some(Some(other))) => byte == other && at(&below, place + 1),
                (Some(_), None) => false,
            };
            if let Some(slot) = row.get_mut(place) {
                *slot = common;
            }
        }
        below = row;
    }
    at(&below, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_partition_and_attribute() {
        for (name, want) in [
            ("arn:aws:iam::111122223333:policy/p", "arn:*:iam::111122223333:policy/p"),
            ("arn:{AWS::Partition}:iam::{AWS::AccountId}:policy/p", "arn:*:iam::{AWS::AccountId}:policy/p"),
            ("{Policy}", "{Policy}"),
            ("{Policy.PolicyArn}", "{Policy}"),
            ("{Vpc.DefaultSecurityGroup}", "{Vpc.DefaultSecurityGroup}"),
            ("arn:", "arn:"),
            ("é", "é"),
        ] {
            assert_eq!(&*key(name), want, "{name}");
        }
    }

    #[test]
    fn unknown_parts_may_be_any_text() {
        for (left, right, want) in [
            ("logs-{AWS::AccountId}", "logs-111122223333", true),
            ("logs-{AWS::AccountId}", "data-111122223333", false),
            ("{AWS::StackName}-logs", "prod-{AWS::Region}", true),
            ("{AWS::StackName}-logs", "{AWS::StackName}-data", false),
            ("a{X}b{Y}c", "abc", true),
            ("a{X}b{Y}c", "acb", false),
            ("arn:*:sns:eu-west-1:111122223333:t", "arn:*:sns:{AWS::Region}:{AWS::AccountId}:t", true),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(may_be_equal(&pattern(left), &pattern(right)), want, "{left} {right}");
            assert_eq!(may_be_equal(&pattern(right), &pattern(left)), want, "{right} {left}");
        }
    }
}
