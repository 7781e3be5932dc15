//! `attestations/*.toml`: what a provider was attested, by whom, for which services, Regions and dates. The document itself stays where its
//! terms allow it; here are its hash and what it says.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use partywall_catalog::{AttestationKind, Catalog, Series};
use partywall_model::{Party, plain};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use toml::Spanned;

use crate::text::{Text, matches};
use crate::{Place, RecordsError, Scope};

/// The largest document that is read to compare its hash, in bytes: reports are some megabytes.
const MAX_DOCUMENT: u64 = 1 << 30;

const WHICH_DUTIES: &str = "say which duties are not proven, `*` for all";

/// What the auditor concluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Opinion {
    /// Without reservation.
    #[default]
    Unqualified,
    /// With reservations: the duties of the exceptions are not proven.
    Qualified,
    /// The controls do not work: proves nothing.
    Adverse,
    /// The auditor could not tell: proves nothing.
    Disclaimer,
}

impl Opinion {
    /// The word used in files and outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unqualified => "unqualified",
            Self::Qualified => "qualified",
            Self::Adverse => "adverse",
            Self::Disclaimer => "disclaimer",
        }
    }
}

/// Under which terms a document was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Terms {
    /// Anyone may have it.
    Public,
    /// Confidential: never exported, only its hash and what is written here.
    Nda,
}

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

/// A finding of the auditor.
#[derive(Debug, Clone, Serialize)]
pub struct NotedException {
    /// The report's id of the control.
    pub control: String,
    /// What was found, in own words.
    pub text: String,
    /// Duties that are not proven for it, as duty ids, `layer.*` or `*` for all.
    pub duties: Vec<Arc<str>>,
}

/// What another organization does for the provider and the report leaves out.
#[derive(Debug, Clone, Serialize)]
pub struct CarveOut {
    /// Who.
    pub organization: String,
    /// What.
    pub text: String,
    /// Services that are left out; empty: not limited to some.
    pub services: BTreeSet<Arc<str>>,
    /// Duties that are left out, as duty ids, `layer.*` or `*` for all; empty: all of those services.
    pub duties: Vec<Arc<str>>,
}

/// A letter that carries a period report on until the next.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Bridge {
    /// First day.
    #[serde(serialize_with = "crate::serial::day")]
    pub from: NaiveDate,
    /// Last day.
    #[serde(serialize_with = "crate::serial::day")]
    pub to: NaiveDate,
    /// The day it came.
    #[serde(serialize_with = "crate::serial::day")]
    pub received: NaiveDate,
}

/// One document.
#[derive(Debug, Clone, Serialize)]
pub struct Attestation {
    /// The file's name.
    pub id: Arc<str>,
    /// The family of documents that it is of.
    #[serde(serialize_with = "series_id")]
    pub series: Arc<Series>,
    /// Whom it speaks of.
    pub provider: Party,
    /// For people.
    pub title: String,
    /// Auditor, certification body or authority.
    pub issuer: String,
    /// The issuer's id of it.
    pub report: String,
    /// Its version.
    pub version: String,
    /// Level of an authorization.
    pub level: String,
    /// The first day that it speaks of.
    #[serde(serialize_with = "crate::serial::day")]
    pub from: NaiveDate,
    /// The last day that it speaks of itself; `None`: no end.
    #[serde(serialize_with = "crate::serial::some_day")]
    pub to: Option<NaiveDate>,
    /// What the auditor concluded.
    pub opinion: Opinion,
    /// The day it came.
    #[serde(serialize_with = "crate::serial::day")]
    pub received: NaiveDate,
    /// Hash of the document, lower case hexadecimal.
    pub sha256: String,
    /// Where the document lies, beside this file; never exported under terms of confidence.
    #[serde(skip)]
    pub file: Option<PathBuf>,
    /// Terms under which it was received.
    pub terms: Terms,
    /// Services it speaks of; `None`: it names none, and speaks of all of the provider's.
    pub services: Option<BTreeSet<Arc<str>>>,
    /// Regions it speaks of, `*` for any text.
    pub regions: Vec<String>,
    /// Accounts that an agreement is for; empty: all.
    pub accounts: Vec<String>,
    /// What the auditor noted.
    pub exceptions: Vec<NotedException>,
    /// What it leaves out.
    pub carve_outs: Vec<CarveOut>,
    /// Letters that carry it on.
    pub bridges: Vec<Bridge>,
    /// Anything else.
    pub note: String,
    /// The last day on which it is taken as proof, with every bridge letter that connects to it, also those that came later than a day
    /// that is asked about: see [`Attestation::accepted_until_on`].
    #[serde(serialize_with = "crate::serial::some_day")]
    pub accepted_until: Option<NaiveDate>,
    /// The last day on which it is taken as proof without any bridge letter.
    #[serde(skip)]
    pub(crate) accepted_alone: Option<NaiveDate>,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

fn series_id<S: serde::Serializer>(series: &Arc<Series>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&series.id)
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

    /// True if it was on file on a day.
    pub fn is_on_file(&self, day: NaiveDate) -> bool {
        self.received <= day
    }

    /// The last day on which it is taken as proof, as it was known on a day: bridge letters that came later do not count, nor those that
    /// leave a gap. `None`: no end.
    pub fn accepted_until_on(&self, day: NaiveDate) -> Option<NaiveDate> {
        self.accepted_alone.map(|until| carried(until, self.bridges.iter().filter(|bridge| bridge.received <= day)))
    }

    /// True if it is taken as proof on a day, as far as dates say: on file, begun, and not lapsed.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.is_on_file(day) && self.from <= day && !self.has_lapsed(day)
    }

    /// True if the days on which it is taken as proof are over, as it was known on that day.
    pub(crate) fn has_lapsed(&self, day: NaiveDate) -> bool {
        self.accepted_until_on(day).is_some_and(|until| until < day)
    }

    /// True if this document speaks of all services and Regions that another one speaks of.
    pub(crate) fn speaks_of_all(&self, other: &Self) -> bool {
        let services = match (&self.services, &other.services) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(others)) => others.is_subset(own),
        };
        // A star in the other's pattern is text here: only a star of this document stands for it.
        let named = |region: &String| self.regions.iter().any(|pattern| matches(pattern, region));
        services && (self.regions.is_empty() || !other.regions.is_empty() && other.regions.iter().all(named))
    }

    /// True if it speaks of a service.
    pub fn names_service(&self, service: &str) -> bool {
        self.services.as_ref().is_none_or(|services| services.contains(service))
    }

    /// True if it speaks of a Region; what has no Region is everywhere.
    pub fn names_region(&self, region: Option<&str>) -> bool {
        let Some(region) = region else { return true };
        self.regions.is_empty() || self.regions.iter().any(|pattern| matches(pattern, region))
    }

    /// What is wrong with the document beside the record: `None` if it is not kept there or has the hash that was recorded.
    pub fn file_trouble(&self) -> Option<String> {
        let path = self.file.as_ref()?;
        let shown = path.display().to_string();
        let shown = plain(&shown);
        match std::fs::symlink_metadata(path) {
            Err(error) => Some(format!("`{shown}` cannot be read: {error}")),
            Ok(found) if !found.is_file() => Some(format!("`{shown}` is no plain file; put the document itself there")),
            Ok(found) if found.len() > MAX_DOCUMENT => {
                Some(format!("`{shown}` is larger than {MAX_DOCUMENT} bytes and was not compared; keep it elsewhere"))
            }
            // It may grow while it is read: what is beyond the limit is another hash.
            Ok(_) => match File::open(path).and_then(|file| hash_of(file.take(MAX_DOCUMENT))) {
                Ok(hash) if hash == self.sha256 => None,
                Ok(hash) => Some(format!("`{shown}` has the sha256 {hash}, not the recorded one; it was changed or replaced")),
                Err(error) => Some(format!("`{shown}` cannot be read: {error}")),
            },
        }
    }
}

/// The last day, carried on by each letter that begins no later than the day after. They stand in the order of their first days.
fn carried<'a>(until: NaiveDate, bridges: impl IntoIterator<Item = &'a Bridge>) -> NaiveDate {
    bridges.into_iter().fold(until, |end, bridge| {
        let connects = end.succ_opt().is_none_or(|next| bridge.from <= next);
        if connects { end.max(bridge.to) } else { end }
    })
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

/// The SHA-256 of a file, lower case hexadecimal.
///
/// # Errors
/// The file cannot be read.
pub fn sha256_of(path: &Path) -> std::io::Result<String> {
    hash_of(File::open(path)?)
}

fn hash_of(mut file: impl Read) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(buffer.get(..read).unwrap_or_default());
    }
    let mut text = String::with_capacity(64);
    for byte in &hash.finalize() {
        text.push_str(&format!("{byte:02x}"));
    }
    Ok(text)
}
