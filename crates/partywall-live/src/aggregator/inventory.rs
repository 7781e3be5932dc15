//! What an aggregator has: of which accounts and Regions, how fresh, and what their recorders record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_collect::{Failure, Shaped};
use partywall_model::{Cause, CauseKind, Value};

use super::query::{RECORDERS, count_of_account, count_of_region, counts, results};
use super::recording::Recording;
use crate::ask::{Asker, Page, Target, Turned};
use crate::journal::QuestionKey;
use crate::reading::ReadError;

/// Where rows without a Region are filed.
const GLOBAL: &str = "global";

const SELECT: &str = "SelectAggregateResourceConfig";

/// Why the aggregator's record of an account in a Region does not count, if it does not.
pub(super) type Health = Option<Cause>;

/// An aggregator and what it says of itself.
#[derive(Debug)]
pub(super) struct Inventory {
    pub(super) name: String,
    /// Account → Region → how it went.
    pub(super) sources: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Health>>,
    /// Region → types, by Config's names, of which it shows a row there in any account: it does record those there.
    pub(super) shown: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    /// Account → Region → its recorders.
    pub(super) recorders: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Vec<Recording>>>,
    /// What could not be found out, one line each.
    pub(super) errors: Vec<String>,
}

impl Inventory {
    /// Asks the aggregator of that name, or the only one that there is; only of the given accounts and Regions, all if empty.
    ///
    /// # Errors
    /// There is no such aggregator, several that nobody chose from, or AWS does not say of what it has records.
    pub(super) async fn ask(asker: &Asker, name: Option<&str>, accounts: &[String], regions: &[Arc<str>]) -> Result<Self, ReadError> {
        let failed = |operation: &str, failure: &Failure| ReadError::Aggregator(refusal(operation, failure));
        let known = everything(asker, "DescribeConfigurationAggregators", map([]), |answer| listed(answer, "ConfigurationAggregators"))
            .await
            .map_err(|failure| failed("DescribeConfigurationAggregators", &failure))?;
        let name = chosen(&known, name, &asker.caller.region).map_err(ReadError::Aggregator)?;
        let operation = "DescribeConfigurationAggregatorSourcesStatus";
        let input = map([("ConfigurationAggregatorName", Value::str(name.as_str()))]);
        let states = everything(asker, operation, input, |answer| listed(answer, "AggregatedSourceStatusList"))
            .await
            .map_err(|failure| failed(operation, &failure))?;
        let mut inventory = Self { name, sources: BTreeMap::new(), shown: BTreeMap::new(), recorders: BTreeMap::new(), errors: Vec::new() };
        inventory.take(&states, accounts, regions);
        if inventory.sources.is_empty() {
            let of = if accounts.is_empty() && regions.is_empty() { "" } else { " of what was named" };
            return Err(ReadError::Aggregator(format!("aggregator `{}` has records of no account and Region{of}", inventory.name)));
        }
        inventory.evidence(asker).await;
        Ok(inventory)
    }

    /// States of the sources: account and Region each, or the organisation as a whole.
    fn take(&mut self, states: &[Value], accounts: &[String], regions: &[Arc<str>]) {
        for state in states {
            let text = |name: &str| state.get(name).and_then(Value::as_str);
            let words = |status: &str| match text("LastErrorCode") {
                Some(code) => format!("the aggregator says {status} of it: {}", partywall_model::plain(code)),
                None => format!("the aggregator says {status} of it"),
            };
            let health = match (text("LastUpdateStatus"), state.get("LastUpdateTime")) {
                (Some("SUCCEEDED"), Some(_)) => None,
                (Some("SUCCEEDED") | None, _) => Some("the aggregator has never been given its records".to_owned()),
                (Some(status), _) => Some(words(status)),
            };
            match (text("SourceId"), text("AwsRegion"), text("SourceType")) {
                (Some(id), _, Some("ORGANIZATION")) => {
                    self.errors.extend(health.map(|words| format!("organisation {id}: {words}; accounts may be missing")));
                }
                (Some(id), Some(region), _) => {
                    let wanted = (accounts.is_empty() || accounts.iter().any(|account| account == id))
                        && (regions.is_empty() || regions.iter().any(|known| **known == *region));
                    if wanted {
                        let health = health.map(|words| Cause::new(CauseKind::NotRecorded, words));
                        self.sources.entry(Arc::from(id)).or_default().insert(Arc::from(region), health);
                    }
                }
                _ => self.errors.push("a source of the aggregator has no account or no Region".to_owned()),
            }
        }
        for account in accounts.iter().filter(|account| !self.sources.contains_key(account.as_str())) {
            self.errors.push(format!("account {account}: the aggregator has no records of it"));
        }
    }

    /// Recorders, and of which types there are rows where. What cannot be found out proves nothing.
    async fn evidence(&mut self, asker: &Asker) {
        match self.select(asker, RECORDERS).await {
            Ok(found) => {
                for item in found {
                    let text = |name: &str| item.get(name).and_then(Value::as_str).map(Arc::<str>::from);
                    let configuration = match item.get("configuration") {
                        Some(Value::Str(text)) => partywall_collect::parse_json(text).unwrap_or_default(),
                        Some(other) => other.clone(),
                        None => Value::Null,
                    };
                    if let (Some(account), Some(region), Some(recording)) =
                        (text("accountId"), text("awsRegion"), Recording::of(&configuration))
                    {
                        self.recorders.entry(account).or_default().entry(region).or_default().push(recording);
                    }
                }
            }
            Err(failure) => self.errors.push(refusal(SELECT, &failure)),
        }
        let regions: BTreeSet<Arc<str>> = self.sources.values().flat_map(BTreeMap::keys).cloned().chain([Arc::from(GLOBAL)]).collect();
        for region in regions {
            match self.counted(asker, &count_of_region(&region)).await {
                Ok(counted) => {
                    self.shown.insert(region, counted.into_iter().filter(|(_, rows)| *rows > 0).map(|(name, _)| name).collect());
                }
                Err(failure) => self.errors.push(refusal(SELECT, &failure)),
            }
        }
    }

    /// Rows of an account by Config's name of the type.
    pub(super) async fn of_account(&self, asker: &Asker, account: &str, regions: &[Arc<str>]) -> Result<BTreeMap<Arc<str>, u64>, Failure> {
        let counted = self.counted(asker, &count_of_account(account, regions)).await?;
        Ok(counted.into_iter().filter(|(_, rows)| *rows > 0).collect())
    }

    async fn counted(&self, asker: &Asker, expression: &str) -> Result<Vec<(Arc<str>, u64)>, Failure> {
        counts(&self.select(asker, expression).await?).map_err(malformed)
    }

    async fn select(&self, asker: &Asker, expression: &str) -> Result<Vec<Value>, Failure> {
        everything(asker, SELECT, self.input(expression), results).await
    }

    /// The request for an expression.
    pub(super) fn input(&self, expression: &str) -> Value {
        map([("ConfigurationAggregatorName", Value::str(self.name.as_str())), ("Expression", Value::str(expression))])
    }

    /// How a query is asked.
    pub(super) fn target(asker: &Asker) -> Result<Target, Failure> {
        asker.target("config", SELECT)
    }

    /// Whether a recorder of the account in the Region records a type, by Config's name.
    pub(super) fn records(&self, account: &str, region: &str, name: &str) -> bool {
        let here = self.recorders.get(account).and_then(|regions| regions.get(region)).into_iter().flatten();
        here.into_iter().any(|recording| recording.records(name))
    }
}

/// The aggregator of the name, or the only one.
fn chosen(known: &[Value], name: Option<&str>, region: &str) -> Result<String, String> {
    let names: Vec<&str> = known.iter().filter_map(|item| item.get("ConfigurationAggregatorName")?.as_str()).collect();
    let listed = || names.iter().map(|name| format!("`{}`", partywall_model::plain(name))).collect::<Vec<_>>().join(", ");
    match (name, names.as_slice()) {
        (_, []) => Err(format!("AWS Config has no aggregator in {region}; name its Region with --region or AWS_REGION")),
        (Some(name), names) if names.contains(&name) => Ok(name.to_owned()),
        (Some(name), _) => Err(format!("AWS Config has no aggregator `{name}` in {region}; there are {}", listed())),
        (None, [only]) => Ok((*only).to_owned()),
        (None, _) => Err(format!("AWS Config has several aggregators in {region}; name one with --aggregator: {}", listed())),
    }
}

/// A failed question in a line, with the permission that it lacks.
pub(super) fn refusal(operation: &str, failure: &Failure) -> String {
    let allow = if failure.kind == CauseKind::Denied { format!("; allow config:{operation}") } else { String::new() };
    format!("config:{operation} answered {}{allow}", failure.words)
}

pub(super) fn malformed(words: String) -> Failure {
    Failure { kind: CauseKind::Malformed, code: None, words, operation: None, action: None }
}

fn map<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Map(members.into_iter().map(|(name, value)| (partywall_model::Key::from(name), value)).collect())
}

fn listed(answer: &Value, name: &str) -> Result<Vec<Value>, String> {
    partywall_collect::items(answer.clone(), name)
}

/// The items of all pages.
async fn everything(
    asker: &Asker,
    operation: &str,
    input: Value,
    items: impl Fn(&Value) -> Result<Vec<Value>, String>,
) -> Result<Vec<Value>, Failure> {
    let target = asker.target("config", operation)?;
    let region = asker.caller.region.clone();
    let mut input = Asker::first(&target, &input)?;
    let mut found = Vec::new();
    loop {
        let key = QuestionKey::new("aggregator", &asker.account, &region, &target, &input);
        let Turned { page, next } = asker.page(key, &region, &target, &input).await?;
        match page {
            Page::Recorded { shaped, .. } => found.extend(shaped.into_iter().flat_map(|shaped| shaped.found)),
            Page::Fresh { value, at, key, .. } => {
                let items = items(&value).map_err(malformed)?;
                asker.record(&key, &[Shaped { found: items.clone(), ..Shaped::default() }], at, next.as_ref())?;
                found.extend(items);
            }
        }
        match next {
            Some(next) => input = next,
            None => return Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        partywall_collect::parse_json(text).unwrap()
    }

    #[test]
    fn one_aggregator_is_taken_and_of_several_one_is_named() {
        let one = [value(r#"{"ConfigurationAggregatorName":"all"}"#)];
        let two = [value(r#"{"ConfigurationAggregatorName":"all"}"#), value(r#"{"ConfigurationAggregatorName":"some"}"#)];
        assert_eq!(chosen(&one, None, "eu-central-1").unwrap(), "all");
        assert_eq!(chosen(&two, Some("some"), "eu-central-1").unwrap(), "some");
        assert!(chosen(&two, None, "eu-central-1").unwrap_err().ends_with("--aggregator: `all`, `some`"));
        assert!(chosen(&one, Some("al"), "eu-central-1").unwrap_err().contains("there are `all`"));
        assert!(chosen(&[], None, "eu-central-1").unwrap_err().contains("no aggregator in eu-central-1"));
    }

    #[test]
    fn only_a_source_that_was_updated_counts() {
        let states = [
            r#"{"SourceId":"111122223333","SourceType":"ACCOUNT","AwsRegion":"eu-central-1","LastUpdateStatus":"SUCCEEDED","LastUpdateTime":"2026-11-01T06:00:00+00:00"}"#,
            r#"{"SourceId":"111122223333","SourceType":"ACCOUNT","AwsRegion":"eu-west-1","LastUpdateStatus":"FAILED","LastErrorCode":"AccessDenied"}"#,
            r#"{"SourceId":"111122223333","SourceType":"ACCOUNT","AwsRegion":"us-east-1","LastUpdateStatus":"SUCCEEDED"}"#,
            r#"{"SourceId":"444455556666","SourceType":"ACCOUNT","AwsRegion":"eu-west-1","LastUpdateStatus":"OUTDATED","LastUpdateTime":"2026-11-01T06:00:00+00:00"}"#,
            r#"{"SourceId":"o-example","SourceType":"ORGANIZATION","LastUpdateStatus":"FAILED","LastErrorCode":"x"}"#,
        ]
        .map(value);
        let mut inventory = Inventory {
            name: "all".to_owned(),
            sources: BTreeMap::new(),
            shown: BTreeMap::new(),
            recorders: BTreeMap::new(),
            errors: Vec::new(),
        };
        inventory.take(&states, &[], &[]);
        let healthy: Vec<(&str, bool)> =
            inventory.sources.values().flat_map(|regions| regions.iter().map(|(region, health)| (&**region, health.is_none()))).collect();
        assert_eq!(healthy, [("eu-central-1", true), ("eu-west-1", false), ("us-east-1", false), ("eu-west-1", false)]);
        assert_eq!(inventory.errors.len(), 1, "{:?}", inventory.errors);
    }
}
