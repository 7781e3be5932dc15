//! Where was looked: of which accounts and Regions the sources speak, and which types were seen in each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_catalog::{Catalog, Check};
use partywall_collect::Collected;
use partywall_model::{Listing, Resource, SourceKind};
use partywall_table::TypeBatch;

/// Account and Region, where known; no Region for what an account has once.
pub(crate) type Place = (Option<Arc<str>>, Option<Arc<str>>);

/// The place of a row.
pub(crate) fn place(row: &Resource) -> Place {
    (row.account.clone(), in_region(row.region.as_ref()).cloned())
}

/// The Region, if it is one.
pub(crate) fn in_region(region: Option<&Arc<str>>) -> Option<&Arc<str>> {
    region.filter(|region| &***region != "global")
}

/// How much of what a requirement's checks ask about was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sight {
    /// Of no type.
    Nothing,
    /// Of some type, or in some place.
    Some,
    /// Of every type there are rows in every place. There may be more than those, as beside a template.
    Rows,
    /// Of every type all there is in every place: its listing was answered, or AWS Config records it.
    All,
}

/// What a row says of its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    /// Known through others only: it says nothing of rows beside it.
    Named,
    /// Read itself.
    Read,
    /// Recorded by AWS Config, which records all of a type.
    Recorded,
}

/// Where rows were met.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    places: BTreeSet<Place>,
    rows: BTreeMap<Arc<str>, BTreeMap<Place, Row>>,
}

impl Seen {
    /// Takes the places of a batch's rows.
    pub(crate) fn look(&mut self, batch: &TypeBatch) {
        let found = self.rows.entry(batch.resource_type.name.clone()).or_default();
        let mut last: Option<(Place, Row)> = None;
        for row in batch.rows.iter().filter(|row| !is_closed_region(row)) {
            let said = match batch.kind {
                _ if row.stub => Row::Named,
                SourceKind::Config => Row::Recorded,
                _ => Row::Read,
            };
            let here = (place(row), said);
            if last.as_ref() != Some(&here) {
                found.entry(here.0.clone()).and_modify(|known| *known = said.max(*known)).or_insert(said);
                last = Some(here);
            }
        }
        self.places.extend(found.keys().cloned());
    }

    /// How much of what the checks ask about was looked at.
    pub(crate) fn of(&self, catalog: &Catalog, collected: &Collected, checks: &[&Arc<Check>]) -> Sight {
        let types: BTreeSet<&str> = checks.iter().map(|check| &*check.resource).collect();
        let failed = |name: &str| collected.gaps.iter().any(|gap| gap.resource_type.is_empty() || &*gap.resource_type == name);
        let any = |name: &str| self.rows.contains_key(name) || collected.listed.iter().any(|listing| &*listing.resource_type == name);
        if !types.is_empty() && !types.iter().any(|name| any(name) || failed(name)) {
            return Sight::Nothing;
        }
        if types.iter().any(|name| failed(name)) {
            return Sight::Some;
        }
        let whole = Whole::new(self, collected);
        let of_type = |name: &str| {
            let once = catalog.resource_type(name).is_some_and(|known| known.global);
            whole.asked(once).iter().map(|asked| self.at(&whole, collected, name, asked, once)).min().unwrap_or(Sight::Nothing)
        };
        types.iter().map(|name| of_type(name)).min().unwrap_or(Sight::All)
    }

    /// How much of one type was looked at in one place.
    fn at(&self, whole: &Whole, collected: &Collected, name: &str, asked: &Place, once: bool) -> Sight {
        let listed = |listing: &Listing| {
            &*listing.resource_type == name
                && (listing.account == asked.0 || listing.account.is_none() && whole.regions.len() < 2)
                && (once || listing.region.as_deref() == Some("global") || whole.is_in(listing.region.as_ref(), asked))
        };
        if collected.listed.iter().any(listed) {
            return Sight::All;
        }
        let rows = self.rows.get(name).into_iter().flatten();
        let here = rows.filter(|((account, region), _)| *account == asked.0 && (once || whole.is_in(region.as_ref(), asked)));
        match here.map(|(_, said)| *said).max() {
            Some(Row::Recorded) => Sight::All,
            Some(Row::Read) => Sight::Rows,
            Some(Row::Named) | None => Sight::Some,
        }
    }
}

/// All that the sources speak of: account → its Regions. Without any account, what is of no account is one.
struct Whole {
    regions: BTreeMap<Option<Arc<str>>, BTreeSet<Arc<str>>>,
}

impl Whole {
    fn new(seen: &Seen, collected: &Collected) -> Self {
        let listed = collected.listed.iter().map(|listing| (listing.account.clone(), in_region(listing.region.as_ref()).cloned()));
        let mut regions: BTreeMap<Option<Arc<str>>, BTreeSet<Arc<str>>> = BTreeMap::new();
        for (account, region) in seen.places.iter().cloned().chain(listed) {
            regions.entry(account).or_default().extend(region);
        }
        if regions.len() > 1 {
            regions.remove(&None);
        }
        Self { regions }
    }

    /// The places in which a type has to be looked for.
    fn asked(&self, once: bool) -> Vec<Place> {
        let of = |(account, regions): (&Option<Arc<str>>, &BTreeSet<Arc<str>>)| -> Vec<Place> {
            if once || regions.is_empty() {
                return vec![(account.clone(), None)];
            }
            regions.iter().map(|region| (account.clone(), Some(region.clone()))).collect()
        };
        self.regions.iter().flat_map(of).collect()
    }

    /// True if something of a Region is in the place. What names no Region can only be in the account's only one.
    fn is_in(&self, region: Option<&Arc<str>>, asked: &Place) -> bool {
        region == asked.1.as_ref() || region.is_none() && self.regions.get(&asked.0).is_some_and(|regions| regions.len() < 2)
    }
}

/// A Region that the account has not opted in to holds nothing.
fn is_closed_region(row: &Resource) -> bool {
    &*row.resource_type == "Partywall::Region" && row.properties.get("OptInStatus").and_then(|value| value.as_str()) == Some("not-opted-in")
}

#[cfg(test)]
mod tests {
    use partywall_model::{Source, Value};
    use partywall_table::build_batch;

    use super::*;

    const ONE: &str = "111122223333";
    const INSTANCE: &str = "AWS::RDS::DBInstance";

    struct Reading {
        catalog: Catalog,
        seen: Seen,
        collected: Collected,
    }

    impl Reading {
        fn new() -> Self {
            Self { catalog: Catalog::load(None).unwrap(), seen: Seen::default(), collected: Collected::default() }
        }

        fn row(&mut self, name: &str, kind: SourceKind, account: Option<&str>, region: Option<&str>) -> &mut Self {
            self.add(name, kind, account, region, &|_| {})
        }

        fn add(
            &mut self,
            name: &str,
            kind: SourceKind,
            account: Option<&str>,
            region: Option<&str>,
            change: &dyn Fn(&mut Resource),
        ) -> &mut Self {
            let resource_type = self.catalog.resource_type(name).unwrap();
            let mut row = Resource::new(name, "one", Arc::new(Source { kind, file: Arc::from("x") }));
            (row.account, row.region) = (account.map(Arc::from), region.map(Arc::from));
            change(&mut row);
            self.seen.look(&build_batch(&resource_type, kind, &resource_type.schema, &[], vec![Arc::new(row)]).unwrap());
            self
        }

        fn listed(&mut self, name: &str, account: Option<&str>, region: Option<&str>) -> &mut Self {
            let listing = Listing { resource_type: Arc::from(name), account: account.map(Arc::from), region: region.map(Arc::from) };
            self.collected.listed.insert(listing);
            self
        }

        fn sight(&self) -> Sight {
            let check = self.catalog.checks.values().find(|check| &*check.resource == INSTANCE).unwrap();
            self.seen.of(&self.catalog, &self.collected, &[check])
        }
    }

    #[test]
    fn every_account_and_region_that_was_seen_has_to_be_looked_at() {
        let mut reading = Reading::new();
        assert_eq!(reading.sight(), Sight::Nothing);
        reading.row(INSTANCE, SourceKind::Api, Some(ONE), Some("eu-west-1"));
        assert_eq!(reading.sight(), Sight::Rows);
        reading.listed(INSTANCE, Some(ONE), Some("eu-west-1"));
        assert_eq!(reading.sight(), Sight::All);
        reading.row("AWS::IAM::Role", SourceKind::Api, Some(ONE), Some("global"));
        assert_eq!(reading.sight(), Sight::All, "what is global is in no other Region");
        let closed = |row: &mut Resource| row.properties.set("OptInStatus", Value::Str("not-opted-in".into()));
        reading.add("Partywall::Region", SourceKind::Api, Some(ONE), Some("ap-east-1"), &closed);
        assert_eq!(reading.sight(), Sight::All, "a closed Region holds nothing");
        reading.row("Partywall::Region", SourceKind::Api, Some(ONE), Some("us-east-1"));
        assert_eq!(reading.sight(), Sight::Some, "an enabled Region without an answer");
        reading.listed(INSTANCE, Some(ONE), Some("us-east-1"));
        assert_eq!(reading.sight(), Sight::All);
        reading.row("AWS::EC2::Instance", SourceKind::Api, Some("444455556666"), Some("us-east-1"));
        assert_eq!(reading.sight(), Sight::Some, "a second account");
        reading.row(INSTANCE, SourceKind::Config, Some("444455556666"), Some("us-east-1"));
        assert_eq!(reading.sight(), Sight::All, "AWS Config records all of a type");
    }

    #[test]
    fn a_template_never_shows_all_there_is() {
        let mut reading = Reading::new();
        reading.row(INSTANCE, SourceKind::CloudFormation, None, None);
        assert_eq!(reading.sight(), Sight::Rows);
        reading.row("AWS::EC2::Instance", SourceKind::Api, Some(ONE), Some("eu-west-1"));
        assert_eq!(reading.sight(), Sight::Some, "the account beside it");
    }

    #[test]
    fn an_answer_without_a_place_serves_the_only_one() {
        let mut reading = Reading::new();
        reading.listed(INSTANCE, None, None).row("AWS::EC2::Instance", SourceKind::Api, Some(ONE), Some("eu-west-1"));
        assert_eq!(reading.sight(), Sight::All);
        reading.row("AWS::EC2::Instance", SourceKind::Api, Some(ONE), Some("eu-west-2"));
        assert_eq!(reading.sight(), Sight::Some, "of which Region?");
    }
}
