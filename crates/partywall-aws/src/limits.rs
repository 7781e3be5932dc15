use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::Deserialize;

static DATA: &str = include_str!("../../../catalog/reference/limits.toml");

static BUILT_IN: LazyLock<Result<Limits, String>> =
    LazyLock::new(|| toml::from_str(DATA).map_err(|error: toml::de::Error| error.to_string().replace('\n', " ")));

/// How often AWS lets an account call an action: `rate` calls a second after `burst` calls at once.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the table")]
pub struct Limit {
    /// The service, as the models name it; empty in the row for all services.
    #[serde(default)]
    pub service: String,
    /// Services whose calls AWS counts with this one's.
    #[serde(default)]
    pub with: Vec<String>,
    /// Operations, or beginnings of their names that end with `*`; empty means all.
    #[serde(default)]
    pub actions: Vec<String>,
    /// Holds for calls without any parameter only.
    #[serde(default)]
    pub unfiltered: bool,
    /// AWS counts these actions as one.
    #[serde(default)]
    pub together: bool,
    /// Regions share the count.
    #[serde(default)]
    pub account_wide: bool,
    /// Calls per second.
    pub rate: f64,
    /// Calls at once.
    pub burst: f64,
    /// AWS documents nothing; the numbers are ours.
    #[serde(default)]
    pub guess: bool,
    /// The page of AWS's documentation that says so.
    pub source: Option<String>,
    /// The day it was read.
    #[serde(default, deserialize_with = "day")]
    pub as_of: Option<NaiveDate>,
}

impl Limit {
    fn covers(&self, service: &str, operation: &str, unfiltered: bool) -> bool {
        let named = |action: &String| action.strip_suffix('*').map_or(action == operation, |begin| operation.starts_with(begin));
        (self.service == service || self.with.iter().any(|other| other == service))
            && (unfiltered || !self.unfiltered)
            && (self.actions.is_empty() || self.actions.iter().any(named))
    }
}

fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let date = toml::value::Datetime::deserialize(deserializer)?;
    let parsed = date.date.and_then(|date| NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into()));
    parsed.map(Some).ok_or_else(|| serde::de::Error::custom("no day; write year-month-day"))
}

/// The table of limits: `catalog/reference/limits.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    default: Limit,
    limit: Vec<Limit>,
}

impl Limits {
    /// The table that is built in. The error says what is wrong with the data.
    pub fn builtin() -> Result<&'static Self, &'static str> {
        BUILT_IN.as_ref().map_err(String::as_str)
    }

    /// The limit of one call, and which row it is: calls that AWS counts together have the same row. `unfiltered`: the call names no
    /// resource, no filter and no size of page.
    pub fn of(&self, service: &str, operation: &str, unfiltered: bool) -> (usize, &Limit) {
        let found = self.limit.iter().enumerate().find(|(_, limit)| limit.covers(service, operation, unfiltered));
        found.unwrap_or((self.limit.len(), &self.default))
    }

    /// All rows, the one for all services last.
    pub fn all(&self) -> impl Iterator<Item = &Limit> {
        self.limit.iter().chain([&self.default])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Models;

    #[test]
    fn every_row_names_what_the_models_have_and_where_its_numbers_are_from() {
        let limits = Limits::builtin().unwrap();
        for limit in limits.all() {
            assert!(limit.rate > 0.0 && limit.burst >= 1.0, "{limit:?}");
            assert_eq!(limit.guess, limit.source.is_none() || limit.as_of.is_none(), "a guess has no source, all else has: {limit:?}");
            assert!(limit.with.is_empty() || limit.together, "services that share a bucket have one: {limit:?}");
            assert!(limit.with.iter().all(|service| Models::builtin().service(service).is_ok()), "{limit:?}");
            if !limit.service.is_empty() {
                let service = Models::builtin().service(&limit.service).unwrap();
                for action in limit.actions.iter().filter(|action| !action.ends_with('*')) {
                    assert!(service.operations.contains_key(action.as_str()), "{} has no {action}", limit.service);
                }
            }
        }
    }

    #[test]
    fn the_first_row_that_fits_holds() {
        let limits = Limits::builtin().unwrap();
        let rate = |service: &str, operation: &str, unfiltered: bool| limits.of(service, operation, unfiltered).1.rate;
        assert_eq!((rate("ec2", "DescribeInstances", false), rate("ec2", "DescribeRegions", true)), (20.0, 10.0));
        assert_eq!((rate("lambda", "GetFunction", false), rate("nosuch", "X", false)), (100.0, 10.0));
        let row = |operation: &str| limits.of("lambda", operation, false).0;
        assert_eq!(row("ListTags"), row("GetFunctionUrlConfig"));
        assert_ne!(row("ListTags"), row("GetPolicy"));
        assert_eq!(limits.of("apigateway", "GetRestApis", true).0, limits.of("apigatewayv2", "GetApis", true).0);
    }
}
