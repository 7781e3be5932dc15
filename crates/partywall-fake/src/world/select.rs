//! The part of AWS Config's query language that its readers use.

use std::collections::BTreeMap;

/// `SELECT … WHERE … [GROUP BY …]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Select<'a> {
    /// Fields, by their names.
    pub(super) fields: Vec<&'a str>,
    /// Property → the values that it may have.
    pub(super) only: BTreeMap<&'a str, Vec<&'a str>>,
    /// Rows are counted by this property.
    pub(super) group: Option<&'a str>,
}

impl<'a> Select<'a> {
    /// Reads an expression: conditions are `=` and `IN`, joined by `AND`.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let rest = text.trim().strip_prefix("SELECT ")?;
        let (fields, rest) = rest.split_once(" WHERE ")?;
        let (mut rest, group) = match rest.rsplit_once(" GROUP BY ") {
            Some((conditions, group)) => (conditions, Some(group.trim())),
            None => (rest, None),
        };
        let mut only = BTreeMap::new();
        loop {
            let (property, values, after) = condition(rest.trim())?;
            only.insert(property, values);
            match after.trim() {
                "" => break,
                more => rest = more.strip_prefix("AND ")?,
            }
        }
        let fields: Vec<&str> = fields.split(',').map(str::trim).collect();
        let counts = fields.contains(&"COUNT(*)");
        (counts == group.is_some() && group.is_none_or(|group| !group.contains(','))).then_some(Self { fields, only, group })
    }

    /// Whether a property may have a value.
    pub(super) fn takes(&self, property: &str, value: &str) -> bool {
        self.only.get(property).is_none_or(|values| values.contains(&value))
    }
}

/// A property, the values that it may have, and what follows.
fn condition(text: &str) -> Option<(&str, Vec<&str>, &str)> {
    let (property, rest) = text.split_once(' ')?;
    if let Some(list) = rest.trim().strip_prefix("IN (") {
        let (values, after) = list.split_once(')')?;
        let values: Option<Vec<&str>> = values.split(',').map(|value| value.trim().strip_prefix('\'')?.strip_suffix('\'')).collect();
        return Some((property, values?, after));
    }
    let value = rest.trim().strip_prefix("= '")?;
    let (value, after) = value.split_once('\'')?;
    Some((property, vec![value], after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_and_groups_are_read() {
        let select =
            Select::parse("SELECT resourceType, COUNT(*) WHERE accountId = '1' AND awsRegion IN ('a', 'b') GROUP BY resourceType").unwrap();
        assert_eq!((select.fields, select.group), (vec!["resourceType", "COUNT(*)"], Some("resourceType")));
        assert_eq!(select.only, BTreeMap::from([("accountId", vec!["1"]), ("awsRegion", vec!["a", "b"])]));
        for bad in [
            "SELECT *",
            "SELECT resourceId WHERE accountId",
            "SELECT resourceId WHERE accountId = 1",
            "SELECT resourceId WHERE accountId = '1' OR accountId = '2'",
            "SELECT COUNT(*) WHERE accountId = '1'",
            "SELECT resourceType, COUNT(*) WHERE accountId = '1' GROUP BY resourceType, awsRegion",
        ] {
            assert_eq!(Select::parse(bad), None, "{bad}");
        }
    }
}
