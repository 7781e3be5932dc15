//! The index of AWS Resource Explorer in a Region: which types it has none of.
//!
//! It is asked only where it is already there: a search may make an index for callers who may do so, and a reader makes nothing ("Terms and
//! concepts for Resource Explorer", user guide).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use partywall_collect::{Failure, items};
use partywall_model::{CauseKind, Key, Value};
use tokio::task::JoinSet;

use crate::ask::Asker;

/// An index is filled in the background after it is made. AWS says of such work that it may take up to 36 hours ("Demoting the aggregator
/// index to a local index", user guide); two days leave room.
const YOUNGEST: TimeDelta = TimeDelta::days(2);

/// The largest page, `MaxResults` of ListResources and ListSupportedResourceTypes.
const PAGE: i64 = 1000;

/// Pages after which a Region is full enough to be asked type by type.
const PAGES: usize = 20;

/// What an index has, of the account that is asked in.
#[derive(Debug, Default)]
pub(crate) struct Index {
    supported: BTreeSet<Arc<str>>,
    found: BTreeSet<Arc<str>>,
}

impl Index {
    /// True if the index would have things with each of these names, and has none.
    pub(crate) fn has_none(&self, names: &[Arc<str>]) -> bool {
        names.iter().all(|name| self.supported.contains(name) && !self.found.contains(name))
    }
}

/// The indexes of the Regions, and one line on the Regions in which there is none that proves anything.
pub(crate) async fn ask_all(asker: &Asker, regions: &[Arc<str>]) -> (BTreeMap<Arc<str>, Index>, Option<String>) {
    let mut asked = JoinSet::new();
    for region in regions.iter().cloned() {
        let explorer = Explorer { asker: asker.clone(), region };
        asked.spawn(async move {
            let answer = explorer.ask().await;
            (explorer.region, answer)
        });
    }
    let (mut indexes, mut reasons) = (BTreeMap::new(), BTreeMap::<String, BTreeSet<Arc<str>>>::new());
    while let Some(answered) = asked.join_next().await {
        match answered {
            Ok((region, Ok(index))) => {
                indexes.insert(region, index);
            }
            Ok((region, Err(reason))) => {
                reasons.entry(reason).or_default().insert(region);
            }
            // Without an answer every type is asked.
            Err(_) => {}
        }
    }
    let lines: Vec<String> = reasons
        .iter()
        .map(|(reason, regions)| format!("{} ({reason})", regions.iter().map(|region| &**region).collect::<Vec<_>>().join(", ")))
        .collect();
    let note =
        || format!("account {}: Resource Explorer proves nothing in {}; every type is asked for there", asker.account, lines.join(", "));
    let note = (!lines.is_empty()).then(note);
    (indexes, note)
}

/// Asks in one Region.
struct Explorer {
    asker: Asker,
    region: Arc<str>,
}

impl Explorer {
    /// # Errors
    /// Why the index proves nothing.
    async fn ask(&self) -> Result<Index, String> {
        let index = self.whole("GetIndex", Vec::new()).await?;
        if text(&index, "State") != Some("ACTIVE") {
            return Err("its index is not active".to_owned());
        }
        let made = text(&index, "CreatedAt").and_then(|made| made.parse::<DateTime<Utc>>().ok());
        if made.is_none_or(|made| self.asker.now() - made < YOUNGEST) {
            return Err("its index may not be filled yet".to_owned());
        }
        let default = self.whole("GetDefaultView", Vec::new()).await?;
        let arn = text(&default, "ViewArn").filter(|arn| !arn.is_empty()).ok_or_else(|| "it has no default view".to_owned())?;
        let arn = || (Key::from("ViewArn"), Value::str(arn));
        let view = self.whole("GetView", vec![arn()]).await?;
        let of_account = text(&view, "View.Scope").is_some_and(|scope| scope.ends_with(&format!(":iam::{}:root", self.asker.account)));
        if !of_account || text(&view, "View.Filters.FilterString").is_some_and(|filter| !filter.trim().is_empty()) {
            return Err("its default view does not show the whole account".to_owned());
        }
        let mut index = Index::default();
        let take = |item: &Value| text(item, "ResourceType").map(|name| index.supported.insert(Arc::from(name))).is_some();
        self.each("ListSupportedResourceTypes", Vec::new(), "ResourceTypes", take).await?;
        let region = Value::Map(vec![(Key::from("FilterString"), Value::str(format!("region:{}", self.region)))]);
        let take = |item: &Value| {
            let (Some(name), Some(place)) = (text(item, "ResourceType"), text(item, "Region")) else { return false };
            if *place == *self.region && text(item, "OwningAccountId").is_none_or(|owner| *owner == *self.asker.account) {
                index.found.insert(Arc::from(name));
            }
            true
        };
        self.each("ListResources", vec![arn(), (Key::from("Filters"), region)], "Resources", take).await?;
        Ok(index)
    }

    async fn whole(&self, operation: &str, input: Vec<(Key, Value)>) -> Result<Value, String> {
        let target = self.asker.target("resource-explorer-2", operation).map_err(|failure| failure.words)?;
        let answered = self.asker.whole(&self.region, &target, &Value::Map(input)).await;
        answered.map(|answer| answer.value).map_err(|failure| refusal(operation, &failure))
    }

    /// Hands over every item of a list; `take` says whether it is one.
    async fn each(
        &self,
        operation: &str,
        mut input: Vec<(Key, Value)>,
        list: &str,
        mut take: impl FnMut(&Value) -> bool + Send,
    ) -> Result<(), String> {
        let target = self.asker.target("resource-explorer-2", operation).map_err(|failure| failure.words)?;
        input.push((Key::from("MaxResults"), Value::Int(PAGE)));
        let mut is_whole = true;
        let mut each = |value: Value, _, _| is_whole &= items(value, list).is_ok_and(|items| items.iter().all(&mut take));
        let ended = self.asker.each_page(&self.region, &target, &Value::Map(input), PAGES, &mut each).await;
        match ended.map_err(|failure| refusal(operation, &failure))? {
            _ if !is_whole => Err(format!("{operation} gave no whole answer")),
            true => Ok(()),
            false => Err(format!("it has more than {PAGES} pages of things")),
        }
    }
}

/// Why a call has no answer, and what to allow where that is the reason; `ListResources` is allowed by the action of `Search`.
fn refusal(operation: &str, failure: &Failure) -> String {
    let action = if operation == "ListResources" { "Search" } else { operation };
    let advice = if failure.kind == CauseKind::Denied { format!("; allow resource-explorer-2:{action}") } else { String::new() };
    format!("{operation} answered {}{advice}", failure.words)
}

fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value.at(path).and_then(Value::as_str)
}
