//! How a file of `attestations/` is read, and what such a file cannot say.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use partywall_catalog::{AttestationKind, Catalog};
use partywall_model::Party;
use serde::Deserialize;
use toml::Spanned;

use super::judging::carried;
use super::{Attestation, Bridge, CarveOut, NotedException, Opinion, Terms};
use crate::text::Text;
use crate::{RecordsError, Scope};

const WHICH_DUTIES: &str = "say which duties are not proven, `*` for all";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    series: Spanned<String>,
    provider: Spanned<Party>,
    title: String,
    issuer: String,
    report: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    level: String,
    #[serde(default)]
    from: Option<Spanned<toml::value::Datetime>>,
    #[serde(default)]
    to: Option<Spanned<toml::value::Datetime>>,
    #[serde(default)]
    on: Option<Spanned<toml::value::Datetime>>,
    #[serde(default)]
    until: Option<Spanned<toml::value::Datetime>>,
    #[serde(default)]
    opinion: Option<Spanned<Opinion>>,
    received: Spanned<toml::value::Datetime>,
    sha256: Spanned<String>,
    #[serde(default)]
    file: Option<Spanned<String>>,
    terms: Terms,
    #[serde(default)]
    scope_list: Option<Spanned<String>>,
    #[serde(default)]
    services: Vec<Spanned<String>>,
    #[serde(default)]
    regions: Vec<String>,
    #[serde(default)]
    accounts: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    exception: Vec<ExceptionEntry>,
    #[serde(default)]
    carve_out: Vec<CarveOutEntry>,
    #[serde(default)]
    bridge: Vec<BridgeEntry>,
    #[serde(default)]
    note: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExceptionEntry {
    control: Spanned<String>,
    text: String,
    #[serde(default)]
    duties: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CarveOutEntry {
    organization: Spanned<String>,
    text: String,
    #[serde(default)]
    services: Vec<Spanned<String>>,
    #[serde(default)]
    duties: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BridgeEntry {
    from: Spanned<toml::value::Datetime>,
    to: Spanned<toml::value::Datetime>,
    received: Spanned<toml::value::Datetime>,
    sha256: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeListEntry {
    title: String,
    #[serde(default)]
    source: String,
    services: Vec<Spanned<String>>,
    regions: Vec<String>,
}

/// Services and Regions that a document speaks of, shared by several documents.
#[derive(Debug, Clone)]
pub(crate) struct ScopeListFile {
    id: Arc<str>,
    services: BTreeSet<Arc<str>>,
    regions: Vec<String>,
}

impl ScopeListFile {
    pub(crate) fn read(catalog: &Catalog, file: &Text) -> Result<Self, RecordsError> {
        let entry = file.parse::<ScopeListEntry>()?;
        if entry.title.trim().is_empty() || entry.source.trim().is_empty() {
            return Err(file.error(&(0..0), "a list of services in scope needs `title` and `source`: where it was read, and when"));
        }
        Ok(Self { id: file.stem(), services: services(catalog, file, &entry.services)?, regions: entry.regions })
    }
}

impl Attestation {
    pub(crate) fn read(catalog: &Catalog, scope: &Scope, lists: &[ScopeListFile], file: &Text) -> Result<Self, RecordsError> {
        let entry = file.parse::<Entry>()?;
        let series_id = file.known(&entry.series, "series of attestations", catalog.series.keys().map(|id| &**id))?;
        let Some(series) = catalog.series.get(&series_id).cloned() else {
            return Err(file.error(&entry.series.span(), "the series is gone"));
        };
        if *entry.provider.get_ref() == Party::Customer {
            return Err(file.error(&entry.provider.span(), "a provider is aws, msp:<id> or vendor:<id>"));
        }
        let (from, to) = interval(file, series.kind, &entry)?;
        let received = file.day(&entry.received)?;
        let looks_back = matches!(series.kind, AttestationKind::PeriodReport | AttestationKind::PointInTime);
        if looks_back && to.is_some_and(|to| received < to) {
            return Err(file.error(&entry.received.span(), "received before the period that it speaks of ended"));
        }
        if let Some(accounts) = entry.accounts.as_ref().filter(|accounts| series.proves_duties && !accounts.get_ref().is_empty()) {
            return Err(file.error(&accounts.span(), "accounts are for agreements"));
        }
        let opinion = entry.opinion.as_ref().map_or(Opinion::Unqualified, |opinion| *opinion.get_ref());
        if let Some(opinion) = entry.opinion.as_ref().filter(|_| opinion == Opinion::Qualified && entry.exception.is_empty()) {
            return Err(file.error(&opinion.span(), "a qualified opinion has its reservations: write each as an [[exception]]"));
        }
        let hash = |text: &Spanned<String>| -> Result<String, RecordsError> {
            let hash = text.get_ref().to_ascii_lowercase();
            if hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Ok(hash);
            }
            Err(file.error(&text.span(), "sha256 is 64 hexadecimal digits; `partywall attest add` writes it"))
        };
        let mut bridges = Vec::new();
        for bridge in &entry.bridge {
            hash(&bridge.sha256)?;
            let bridge_to = file.day(&bridge.to)?;
            let one = Bridge { from: file.day(&bridge.from)?, to: bridge_to, received: file.day(&bridge.received)? };
            if series.kind != AttestationKind::PeriodReport || one.to < one.from {
                return Err(file.error(&bridge.to.span(), "a bridge letter carries a period report on, from a day to a later one"));
            }
            bridges.push(one);
        }
        let listed = match &entry.scope_list {
            None => None,
            Some(name) => {
                let known = file.known(name, "list in scopes/", lists.iter().map(|list| &*list.id))?;
                lists.iter().find(|list| list.id == known)
            }
        };
        if listed.is_some() && !entry.services.is_empty() {
            return Err(file.error(&entry.series.span(), "give either scope_list or services"));
        }
        let own = services(catalog, file, &entry.services)?;
        let named = listed.map(|list| list.services.clone()).or_else(|| (!own.is_empty()).then_some(own));
        if named.is_none() && *entry.provider.get_ref() == Party::Aws && series.proves_duties {
            return Err(file
                .error(&entry.series.span(), "name the services that it covers: services = [...] or scope_list; AWS's reports list them"));
        }
        let mut exceptions = Vec::new();
        for noted in &entry.exception {
            if noted.duties.is_empty() {
                return Err(file.error(&noted.control.span(), WHICH_DUTIES));
            }
            exceptions.push(NotedException {
                control: noted.control.get_ref().clone(),
                text: noted.text.clone(),
                duties: duties(catalog, file, &noted.duties)?,
            });
        }
        let mut carve_outs = Vec::new();
        for carve in &entry.carve_out {
            if carve.services.is_empty() && carve.duties.is_empty() {
                return Err(file.error(&carve.organization.span(), WHICH_DUTIES));
            }
            carve_outs.push(CarveOut {
                organization: carve.organization.get_ref().clone(),
                text: carve.text.clone(),
                services: services(catalog, file, &carve.services)?,
                duties: duties(catalog, file, &carve.duties)?,
            });
        }
        let accept = scope.accept_days.get(&series.id).copied().or(series.accept_days);
        let accepted_alone = match series.kind {
            AttestationKind::PeriodReport | AttestationKind::PointInTime => {
                to.and_then(|to| to.checked_add_days(Days::new(u64::from(accept.unwrap_or(0)))))
            }
            _ => to,
        };
        bridges.sort_by_key(|bridge| bridge.from);
        let accepted_until = accepted_alone.map(|until| carried(until, &bridges));
        let kept_beside = entry.file.as_ref().map(|name| file_name(file, name)).transpose()?;
        Ok(Self {
            id: file.stem(),
            provider: entry.provider.get_ref().clone(),
            title: entry.title,
            issuer: entry.issuer,
            report: entry.report,
            version: entry.version,
            level: entry.level,
            from,
            to,
            opinion,
            received,
            sha256: hash(&entry.sha256)?,
            file: kept_beside,
            terms: entry.terms,
            services: named,
            regions: listed.map(|list| list.regions.clone()).filter(|_| entry.regions.is_empty()).unwrap_or(entry.regions),
            accounts: entry.accounts.map(Spanned::into_inner).unwrap_or_default(),
            exceptions,
            carve_outs,
            bridges,
            note: entry.note,
            accepted_until,
            accepted_alone,
            place: file.place(&entry.series.span()),
            series,
        })
    }
}

/// A document lies beside its record: a name that leads elsewhere would have other files read.
fn file_name(file: &Text, name: &Spanned<String>) -> Result<PathBuf, RecordsError> {
    let text = name.get_ref().as_str();
    if text.trim().is_empty() || text.contains(['/', '\\', ':', '\0']) || matches!(text, "." | "..") {
        return Err(
            file.error(&name.span(), &format!("`{text}` is no file name; the document lies beside this record, under one plain name"))
        );
    }
    Ok(file.path.with_file_name(text))
}

/// Duty ids, `layer.*`, or `*` for all.
fn duties(catalog: &Catalog, file: &Text, patterns: &[Spanned<String>]) -> Result<Vec<Arc<str>>, RecordsError> {
    let one = |pattern: &Spanned<String>| match pattern.get_ref().as_str() {
        "*" => Ok(Arc::from("*")),
        _ => file.known_duty(catalog, pattern),
    };
    patterns.iter().map(one).collect()
}

/// The dates that a kind of document has, as the first and the last day that it speaks of.
fn interval(file: &Text, kind: AttestationKind, entry: &Entry) -> Result<(NaiveDate, Option<NaiveDate>), RecordsError> {
    let (from, to) = (file.some_day(entry.from.as_ref())?, file.some_day(entry.to.as_ref())?);
    let (on, until) = (file.some_day(entry.on.as_ref())?, file.some_day(entry.until.as_ref())?);
    let wrong = |message: &str| Err(file.error(&entry.series.span(), &format!("a {} {message}", kind.as_str())));
    let interval = match (kind, from, to, on, until) {
        (AttestationKind::PeriodReport, Some(from), Some(to), None, None) => (from, Some(to)),
        (AttestationKind::PeriodReport, ..) => return wrong("has `from` and `to`, the period that it speaks of"),
        (AttestationKind::PointInTime, None, None, Some(on), None) => (on, Some(on)),
        (AttestationKind::PointInTime, ..) => return wrong("has `on`, the day that it speaks of"),
        (AttestationKind::Certificate, Some(from), None, None, Some(until)) => (from, Some(until)),
        (AttestationKind::Certificate, ..) => return wrong("has `from` and `until`, the days on which it holds"),
        (_, Some(from), None, None, until) => (from, until),
        _ => return wrong("has `from`, and `until` if it ends"),
    };
    if interval.1.is_some_and(|to| to < interval.0) {
        return wrong("must end after it begins");
    }
    Ok(interval)
}

fn services(catalog: &Catalog, file: &Text, ids: &[Spanned<String>]) -> Result<BTreeSet<Arc<str>>, RecordsError> {
    ids.iter().map(|id| file.known(id, "service", catalog.services.keys().map(|id| &**id))).collect()
}
