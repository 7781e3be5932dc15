//! The matrix itself: per service and mode every duty with its owners; kinds of layers are derived, never written.

use std::sync::Arc;

use anyhow::anyhow;
use chrono::NaiveDate;
use partywall_catalog::{Catalog, Confidence, Duty, Layer, Lifecycle, RowSource, Service, ServiceDuty};
use partywall_engine::reference_duties;
use partywall_model::Party;

use super::text;
use crate::summary;
use partywall_model::near::did_you_mean;

/// A party and the condition under which it owns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner {
    /// `None` is undetermined.
    pub(crate) party: Option<Party>,
    /// The condition as written, `otherwise` for the last of several; `None` if nothing decides.
    pub(crate) when: Option<String>,
}

/// A duty with its owners.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'a> {
    /// The duty.
    pub(crate) duty: &'a Duty,
    /// The service's own row.
    pub(crate) own: Option<&'a ServiceDuty>,
    /// Owners in the order in which they are tried, or those met.
    pub(crate) owners: Vec<Owner>,
}

/// One line of the matrix.
#[derive(Debug, Clone)]
pub(crate) struct Row<'a> {
    /// The service.
    pub(crate) service: &'a Service,
    /// Mode id; empty for resources that have no mode of their own, `?` where it is not known.
    pub(crate) mode: Arc<str>,
    /// For people.
    pub(crate) title: String,
    /// How many resources, if sources were read.
    pub(crate) resources: Option<u64>,
    /// Duties in the order of `duties.toml`.
    pub(crate) entries: Vec<Entry<'a>>,
}

/// Who owns a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// All AWS's.
    Inherited,
    /// All the customer's, or of those who work for the customer.
    Customer,
    /// Both have a part.
    Shared,
    /// An owner is not known, and the known ones stand on one side.
    Undetermined,
    /// The service has no such layer.
    None,
}

impl Kind {
    /// From the owners of a layer's duties.
    pub(crate) fn of<'p>(owners: impl Iterator<Item = Option<&'p Party>>) -> Self {
        let (mut aws, mut customer, mut unclear) = (false, false, false);
        for owner in owners {
            match owner {
                Some(Party::Aws) => aws = true,
                Some(_) => customer = true,
                None => unclear = true,
            }
        }
        match (aws, customer, unclear) {
            (true, true, _) => Self::Shared,
            (_, _, true) => Self::Undetermined,
            (true, false, false) => Self::Inherited,
            (false, true, false) => Self::Customer,
            (false, false, false) => Self::None,
        }
    }

    /// The letter in tables.
    pub(crate) fn letter(self) -> char {
        match self {
            Self::Inherited => 'A',
            Self::Customer => 'C',
            Self::Shared => 'S',
            Self::Undetermined => '?',
            Self::None => 'n',
        }
    }

    /// The word in machine-readable outputs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Inherited => "inherited",
            Self::Customer => "customer",
            Self::Shared => "shared",
            Self::Undetermined => "undetermined",
            Self::None => "none",
        }
    }
}

impl<'a> Entry<'a> {
    /// What that party does, in the service's words where it has its own.
    pub(crate) fn sentence(&self, party: Option<&Party>) -> &'a str {
        let (own, general) = match party {
            Some(Party::Aws) => (self.own.map(|own| &*own.aws), &*self.duty.aws),
            Some(_) => (self.own.map(|own| &*own.customer), &*self.duty.customer),
            None => (None, ""),
        };
        own.filter(|text| !text.is_empty()).or(Some(general).filter(|text| !text.is_empty())).unwrap_or(&self.duty.title)
    }

    /// Where the row comes from.
    pub(crate) fn source(&self) -> Option<&RowSource> {
        self.own.and_then(|own| own.source.as_ref())
    }

    /// The owners in one phrase: `AWS if AutoMinorVersionUpgrade, else customer`.
    pub(crate) fn phrase(&self) -> String {
        let parts: Vec<String> = self
            .owners
            .iter()
            .map(|owner| {
                let party = text::party(owner.party.as_ref());
                match owner.when.as_deref() {
                    Some("otherwise") if self.owners.len() > 1 => format!("else {party}"),
                    None | Some("otherwise") => party,
                    Some(when) => format!("{party} if {}", text::condition(when)),
                }
            })
            .collect();
        parts.join(", ")
    }

    /// The row rests on inference.
    pub(crate) fn is_unverified(&self) -> bool {
        self.source().is_some_and(|source| source.confidence == Confidence::Low)
    }

    /// The row was read longer ago than that.
    pub(crate) fn is_stale(&self, today: NaiveDate, days: u32) -> bool {
        self.source().and_then(|source| day(source.as_of)).is_some_and(|read| (today - read).num_days() > i64::from(days))
    }
}

impl<'a> Row<'a> {
    /// `service/mode`, or the service alone.
    pub(crate) fn name(&self) -> String {
        if self.mode.is_empty() { self.service.id.to_string() } else { format!("{}/{}", self.service.id, self.mode) }
    }

    /// The duties of a layer.
    pub(crate) fn layer(&self, layer: &str) -> impl Iterator<Item = &Entry<'a>> {
        self.entries.iter().filter(move |entry| entry.duty.layer() == layer)
    }

    /// Who owns a layer.
    pub(crate) fn kind(&self, layer: &str) -> Kind {
        Kind::of(self.layer(layer).flat_map(|entry| &entry.owners).map(|owner| owner.party.as_ref()))
    }
}

/// A catalogue date.
pub(crate) fn day(date: toml::value::Datetime) -> Option<NaiveDate> {
    let date = date.date?;
    NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
}

/// Layers as the wall stands, top course first, with the title of their course.
pub(crate) fn courses(catalog: &Catalog) -> Vec<(String, Vec<Arc<Layer>>)> {
    summary::wall(catalog, &partywall_engine::Tally::default(), &crate::proofs::Proofs::default())
        .into_iter()
        .map(|row| (row.title, row.cells.iter().filter_map(|cell| catalog.layer(&cell.layer)).cloned().collect()))
        .collect()
}

/// Two letters for a layer: the first letters of its words, or of its only word.
pub(crate) fn code(layer: &str) -> String {
    match layer.split_once('-') {
        Some((first, second)) => first.chars().take(1).chain(second.chars().take(1)).collect(),
        None => layer.chars().take(2).collect(),
    }
}

/// What there is to say about a service's life.
pub(crate) fn lifecycle(service: &Service, today: NaiveDate) -> Option<String> {
    let ends = service.ends.and_then(day);
    match (service.lifecycle, ends) {
        (Lifecycle::Available, _) => None,
        (Lifecycle::ClosedToNew, _) => Some("closed to new customers".to_owned()),
        (Lifecycle::Ending | Lifecycle::Ended, Some(ends)) if ends > today => Some(format!("ends on {ends}")),
        (Lifecycle::Ending | Lifecycle::Ended, Some(ends)) => Some(format!("ended on {ends}")),
        (Lifecycle::Ending, None) => Some("will end".to_owned()),
        (Lifecycle::Ended, None) => Some("has ended".to_owned()),
    }
}

/// The service of a name such as `rds`, and the mode if the name is `rds/custom`.
pub(crate) fn named<'a, 'n>(catalog: &'a Catalog, name: &'n str) -> anyhow::Result<(&'a Service, Option<&'n str>)> {
    let (service, mode) = match name.split_once('/') {
        Some((service, mode)) => (service, Some(mode)),
        None => (name, None),
    };
    let Some(found) = catalog.services.get(service) else {
        let near = did_you_mean(service, catalog.services.keys().map(|id| &**id));
        return Err(anyhow!("there is no service `{service}`{near}"));
    };
    if let Some(mode) = mode
        && !found.modes.iter().any(|known| &*known.id == mode)
    {
        let modes: Vec<&str> = found.modes.iter().map(|mode| &*mode.id).collect();
        return Err(anyhow!("`{service}` has no mode `{mode}`; its modes are {}", modes.join(", ")));
    }
    Ok((found, mode))
}

/// The reference matrix: all services, or those that are named.
pub(crate) fn reference<'a>(catalog: &'a Catalog, names: &[String]) -> anyhow::Result<Vec<Row<'a>>> {
    let mut rows = Vec::new();
    if names.is_empty() {
        rows.extend(catalog.services.values().flat_map(|service| modes(catalog, service, None)));
    }
    for name in names {
        let (service, mode) = named(catalog, name)?;
        rows.extend(modes(catalog, service, mode));
    }
    Ok(rows)
}

fn modes<'a>(catalog: &'a Catalog, service: &'a Service, only: Option<&str>) -> Vec<Row<'a>> {
    service
        .modes
        .iter()
        .filter(|mode| only.is_none_or(|only| &*mode.id == only))
        .map(|mode| Row {
            service,
            mode: mode.id.clone(),
            title: mode.title.to_string(),
            resources: None,
            entries: reference_duties(catalog, service, mode)
                .into_iter()
                .map(|found| Entry { duty: found.duty, own: found.own, owners: owners(found.owners) })
                .collect(),
        })
        .collect()
}

/// Owner rules as owners; the last of several is `otherwise`.
pub(crate) fn owners(rules: &[partywall_catalog::OwnerRule]) -> Vec<Owner> {
    rules
        .iter()
        .map(|rule| Owner {
            party: Some(rule.party.clone()),
            when: rule.when.as_deref().map(|when| when.trim().to_owned()).or_else(|| (rules.len() > 1).then(|| "otherwise".to_owned())),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn kinds_are_derived() {
        let (aws, customer) = (Party::Aws, Party::Customer);
        assert_eq!(Kind::of([Some(&aws), Some(&customer), None].into_iter()), Kind::Shared);
        assert_eq!(Kind::of([Some(&aws), None].into_iter()), Kind::Undetermined);
        assert_eq!(Kind::of([Some(&customer), Some(&Party::Msp("m".to_owned()))].into_iter()), Kind::Customer);
        assert_eq!(Kind::of(std::iter::empty()), Kind::None);
    }

    #[test]
    fn every_layer_has_a_code_and_a_place() {
        let catalog = Catalog::load(None).unwrap();
        let layers: Vec<_> = courses(&catalog).into_iter().flat_map(|(_, layers)| layers).collect();
        assert_eq!(layers.len(), catalog.layers.len());
        assert_eq!(layers.iter().map(|layer| code(&layer.id)).collect::<BTreeSet<_>>().len(), layers.len());
    }

    #[test]
    fn the_reference_matrix_is_as_reviewed() {
        let catalog = Catalog::load(None).unwrap();
        let rows = reference(&catalog, &[]).unwrap();
        let reviewed = include_str!("../../../../partywall-catalog/tests/data/reference-matrix.tsv");
        let mut seen = 0;
        for line in reviewed.lines().skip(1) {
            let [service, mode, layer, kind] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let row = rows.iter().find(|row| &*row.service.id == service && &*row.mode == mode).unwrap();
            assert_eq!(row.kind(layer).letter().to_string(), kind, "{line}");
            seen += 1;
        }
        assert!(seen > 400);
    }

    #[test]
    fn lives_end() {
        let catalog = Catalog::load(None).unwrap();
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        assert_eq!(lifecycle(&catalog.services["chime"], today).unwrap(), "ended on 2026-02-20");
        assert_eq!(lifecycle(&catalog.services["workmail"], today).unwrap(), "ends on 2027-03-31");
        assert_eq!(lifecycle(&catalog.services["auditmanager"], today).unwrap(), "closed to new customers");
        assert_eq!(lifecycle(&catalog.services["rds"], today), None);
    }

    #[test]
    fn unknown_services_have_neighbours() {
        let catalog = Catalog::load(None).unwrap();
        let error = named(&catalog, "lamda").unwrap_err().to_string();
        assert!(error.contains("did you mean `lambda`"), "{error}");
        assert!(named(&catalog, "rds/serverless").unwrap_err().to_string().contains("standard"));
    }
}
