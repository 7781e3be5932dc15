//! The result object of the jsonl and json formats. Field order, names and meaning are a public contract
//! (`docs/src/reference/jsonl.md`); a change that breaks a reader changes [`RESULT_SCHEMA`].

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_model::{CheckResult, Exception, Fact, Location, Resource, Satellite, Severity, Status, UnknownBecause};

use crate::escape::{number, optional, raw, string};
use crate::view::timestamp;
use crate::words;
use crate::{CheckInfo, Run};

/// Name and version of the result object.
pub const RESULT_SCHEMA: &str = "partywall.result/1";

/// The parts of an object that are the same for every result of one check, rendered once.
#[derive(Debug)]
struct CheckParts {
    /// From `check` up to the value of `status`.
    identity: Box<[u8]>,
    /// From `duty` up to the value of `party`.
    duty: Box<[u8]>,
    /// `controls`.
    controls: Box<[u8]>,
    /// From `fix_ref` up to the value of `observed_at`.
    fix: Box<[u8]>,
}

/// Writes result objects. Holds what is rendered once per run and once per check.
#[derive(Debug)]
pub(crate) struct Objects {
    run: Run,
    catalog: Vec<u8>,
    checks: HashMap<Arc<str>, CheckParts>,
    /// Resources of one source were mostly read at one time, and formatting a time costs more than the rest of the line.
    observed_at: Option<(DateTime<Utc>, String)>,
    due: [(Severity, Option<String>); 5],
    resources: Resources,
}

/// Resources of one batch, rendered once: results come check by check, each with the same rows in the same order.
#[derive(Debug, Default)]
struct Resources {
    rendered: Vec<(Arc<Resource>, Box<[u8]>)>,
    next: usize,
    /// No resource has come again yet.
    first_round: bool,
}

/// Rendered resources that are kept at most.
const KEPT: usize = 4096;

impl Resources {
    fn of(&mut self, resource: &Arc<Resource>) -> &[u8] {
        let is = |place: usize| self.rendered.get(place).is_some_and(|(known, _)| Arc::ptr_eq(known, resource));
        let place = if is(self.next) { Some(self.next) } else { is(0).then_some(0) };
        let place = if let Some(place) = place {
            self.first_round = false;
            place
        } else {
            let other_type = self.rendered.last().is_some_and(|(known, _)| known.resource_type != resource.resource_type);
            if !self.first_round || other_type || self.rendered.len() >= KEPT {
                self.rendered.clear();
                self.first_round = true;
            }
            let mut bytes = Vec::with_capacity(512);
            resource_object(&mut bytes, resource);
            self.rendered.push((resource.clone(), bytes.into()));
            self.rendered.len() - 1
        };
        self.next = place + 1;
        self.rendered.get(place).map(|(_, bytes)| &**bytes).unwrap_or_default()
    }
}

impl Objects {
    /// Prepares for one run.
    pub(crate) fn new(run: &Run) -> Self {
        let mut catalog = Vec::new();
        string(&mut catalog, &run.catalog);
        let due = Severity::WORST_FIRST.map(|severity| {
            let days = run.due_days.get(severity);
            let date = days.and_then(|days| run.as_of.date_naive().checked_add_days(chrono::Days::new(days.into())));
            (severity, date.map(|date| date.to_string()))
        });
        Self { run: run.clone(), catalog, checks: HashMap::new(), observed_at: None, due, resources: Resources::default() }
    }

    /// Appends the object of one result, without a line break.
    pub(crate) fn append(&mut self, out: &mut Vec<u8>, check: &CheckInfo, result: &CheckResult) {
        if !self.checks.contains_key(&check.id) {
            let parts = check_parts(&self.run, check);
            self.checks.insert(check.id.clone(), parts);
        }
        let Some(parts) = self.checks.get(&check.id) else { return };

        out.extend_from_slice(b"{\"schema\":\"partywall.result/1\",\"id\":\"F-");
        out.extend_from_slice(&result.id.encode());
        out.extend_from_slice(&parts.identity);
        out.extend_from_slice(result.status.as_str().as_bytes());
        out.extend_from_slice(b"\",\"severity\":\"");
        out.extend_from_slice(result.severity.as_str().as_bytes());
        out.extend_from_slice(b"\",\"resource\":");
        match &result.resource {
            Some(resource) => out.extend_from_slice(self.resources.of(resource)),
            None => listing_object(out, result),
        }
        out.extend_from_slice(b",\"decided_by\":");
        match words::decided_by(result) {
            Some(satellite) => satellite_object(out, satellite),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(&parts.duty);
        string(out, &result.party);
        out.extend_from_slice(b",\"owner\":");
        optional(out, self.run.ledger.owner(result).as_deref());
        out.extend_from_slice(&parts.controls);
        out.extend_from_slice(b",\"facts\":");
        list(out, &result.facts, fact_object);
        out.extend_from_slice(b",\"unknown_because\":");
        list(out, &result.unknown_because, because_object);
        out.extend_from_slice(&parts.fix);
        match result.resource.as_deref().and_then(|resource| resource.observed_at) {
            Some(moment) => {
                if self.observed_at.as_ref().is_none_or(|(known, _)| *known != moment) {
                    self.observed_at = Some((moment, timestamp(moment)));
                }
                optional(out, self.observed_at.as_ref().map(|(_, text)| text.as_str()));
            }
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"first_seen\":");
        let first_seen = self.run.ledger.first_seen(result.id);
        optional(out, first_seen.map(timestamp).as_deref());
        out.extend_from_slice(b",\"due\":");
        if first_seen.is_some() {
            optional(out, self.run.due(result).map(|due| due.to_string()).as_deref());
        } else if result.status == Status::Fail && result.exception.is_none() {
            let due = self.due.iter().find(|(severity, _)| *severity == result.severity);
            optional(out, due.and_then(|(_, date)| date.as_deref()));
        } else {
            out.extend_from_slice(b"null");
        }
        out.extend_from_slice(b",\"exception\":");
        match &result.exception {
            Some(exception) => exception_object(out, exception),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"catalog\":");
        out.extend_from_slice(&self.catalog);
        out.push(b'}');
    }
}

fn check_parts(run: &Run, check: &CheckInfo) -> CheckParts {
    let mut identity = b"\",\"check\":".to_vec();
    string(&mut identity, &check.id);
    identity.extend_from_slice(b",\"title\":");
    string(&mut identity, &check.title);
    identity.extend_from_slice(b",\"status\":\"");

    let mut duty = b",\"duty\":".to_vec();
    string(&mut duty, &check.duty);
    duty.extend_from_slice(b",\"layer\":");
    string(&mut duty, &check.layer);
    duty.extend_from_slice(b",\"party\":");

    let mut controls = b",\"controls\":{".to_vec();
    for (at, (framework, ids)) in check.controls.iter().enumerate() {
        if at > 0 {
            controls.push(b',');
        }
        string(&mut controls, framework);
        controls.push(b':');
        list(&mut controls, ids, |out, id| string(out, id));
    }
    controls.push(b'}');

    let mut fix = b",\"fix_ref\":".to_vec();
    let reference = check.fixes().next().map(|_| format!("{}#fix", check.id));
    optional(&mut fix, reference.as_deref());
    fix.extend_from_slice(b",\"snapshot\":");
    string(&mut fix, &run.snapshot);
    fix.extend_from_slice(b",\"observed_at\":");

    CheckParts { identity: identity.into(), duty: duty.into(), controls: controls.into(), fix: fix.into() }
}

fn list<T>(out: &mut Vec<u8>, items: &[T], mut each: impl FnMut(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        each(out, item);
    }
    out.push(b']');
}

fn resource_object(out: &mut Vec<u8>, resource: &Resource) {
    out.extend_from_slice(b"{\"type\":");
    string(out, &resource.resource_type);
    out.extend_from_slice(b",\"id\":");
    string(out, &resource.id);
    out.extend_from_slice(b",\"logical_id\":");
    optional(out, resource.logical_id.as_deref());
    out.extend_from_slice(b",\"arn\":");
    optional(out, resource.arn.as_deref());
    out.extend_from_slice(b",\"account\":");
    optional(out, resource.account.as_deref());
    out.extend_from_slice(b",\"region\":");
    optional(out, resource.region.as_deref());
    out.extend_from_slice(b",\"source\":");
    string(out, resource.source.kind.as_str());
    out.extend_from_slice(b",\"location\":");
    if let Some(location) = &resource.location {
        location_object(out, location);
    } else {
        out.extend_from_slice(b"{\"file\":");
        string(out, &resource.source.file);
        out.extend_from_slice(b",\"line\":null,\"column\":null}");
    }
    out.push(b'}');
}

fn listing_object(out: &mut Vec<u8>, result: &CheckResult) {
    out.extend_from_slice(b"{\"type\":");
    string(out, &result.resource_type);
    out.extend_from_slice(b",\"id\":null,\"logical_id\":null,\"arn\":null,\"account\":");
    optional(out, result.account.as_deref());
    out.extend_from_slice(b",\"region\":");
    optional(out, result.region.as_deref());
    out.extend_from_slice(b",\"source\":null,\"location\":null}");
}

fn location_object(out: &mut Vec<u8>, location: &Location) {
    out.extend_from_slice(b"{\"file\":");
    string(out, &location.file);
    out.extend_from_slice(b",\"line\":");
    number(out, location.line);
    out.extend_from_slice(b",\"column\":");
    number(out, location.column);
    out.push(b'}');
}

fn optional_location(out: &mut Vec<u8>, location: Option<&Location>) {
    match location {
        Some(location) => location_object(out, location),
        None => out.extend_from_slice(b"null"),
    }
}

fn satellite_object(out: &mut Vec<u8>, satellite: &Satellite) {
    out.extend_from_slice(b"{\"path\":");
    string(out, &satellite.path);
    out.extend_from_slice(b",\"type\":");
    string(out, &satellite.resource_type);
    out.extend_from_slice(b",\"id\":");
    string(out, &satellite.id);
    out.extend_from_slice(b",\"location\":");
    optional_location(out, satellite.location.as_ref());
    out.push(b'}');
}

fn fact_object(out: &mut Vec<u8>, fact: &Fact) {
    out.extend_from_slice(b"{\"path\":");
    string(out, &fact.path);
    out.extend_from_slice(b",\"value\":");
    raw(out, &fact.json);
    out.extend_from_slice(b",\"location\":");
    optional_location(out, fact.location.as_ref());
    out.extend_from_slice(b",\"default\":");
    optional(out, fact.default_note.as_deref());
    out.extend_from_slice(if fact.decided { b",\"decided\":true}" } else { b",\"decided\":false}" });
}

fn because_object(out: &mut Vec<u8>, because: &UnknownBecause) {
    out.extend_from_slice(b"{\"path\":");
    string(out, &because.path);
    out.extend_from_slice(b",\"cause\":");
    string(out, &because.cause.to_string());
    out.extend_from_slice(b",\"iam_action\":");
    optional(out, because.cause.iam_action.as_deref());
    out.push(b'}');
}

fn exception_object(out: &mut Vec<u8>, exception: &Exception) {
    out.extend_from_slice(b"{\"id\":");
    string(out, &exception.id);
    out.extend_from_slice(b",\"kind\":");
    string(out, words::exception_id(exception.kind));
    out.extend_from_slice(b",\"reason\":");
    string(out, &exception.reason);
    out.extend_from_slice(b",\"owner\":");
    string(out, &exception.owner);
    out.extend_from_slice(b",\"approver\":");
    string(out, &exception.approver);
    out.extend_from_slice(b",\"expires\":");
    string(out, &exception.expires.to_string());
    out.push(b'}');
}
