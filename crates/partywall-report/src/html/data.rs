//! The results inside the page: one JSON object with a table of strings, so that 10,000 results stay under a megabyte.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use partywall_model::{CheckResult, Severity, Status};

use crate::escape;
use crate::text::{at_most, clean};
use crate::words;
use crate::{CheckInfo, Run};

/// So many results are embedded; the page stays a page. The worst are kept and the page says how many are left out.
const MOST_RESULTS: usize = 20_000;
/// Facts per result that the page shows.
const MOST_FACTS: usize = 4;
/// Names longer than this are cut in the page.
const LONGEST_NAME: usize = 200;

/// Statuses in the order in which the page shows them.
const STATUSES: [Status; 4] = [Status::Fail, Status::Unknown, Status::Pass, Status::NotApplicable];

/// A result that may be embedded.
type Kept = (Arc<CheckInfo>, CheckResult);

/// Collects results while they arrive and renders them at the end. Holds at most [`MOST_RESULTS`] per status and severity.
#[derive(Debug, Default)]
pub(super) struct Data {
    kept: BTreeMap<(usize, usize), Vec<Kept>>,
    checks: HashMap<Arc<str>, Arc<CheckInfo>>,
    results: u64,
}

impl Data {
    /// Takes one result.
    pub(super) fn push(&mut self, check: &CheckInfo, result: &CheckResult) {
        self.results += 1;
        let status = STATUSES.iter().position(|one| *one == result.status).unwrap_or(STATUSES.len());
        let severity = severity_index(result.severity);
        let bucket = self.kept.entry((status, severity)).or_default();
        if bucket.len() < MOST_RESULTS {
            let check = self.checks.entry(check.id.clone()).or_insert_with(|| Arc::new(check.clone())).clone();
            bucket.push((check, result.clone()));
        }
    }

    /// The JSON text, safe inside a script element, and how many results were left out.
    pub(super) fn render(&self, run: &Run) -> (String, u64) {
        let mut tables = Tables::default();
        let mut results = String::new();
        let mut embedded = 0;
        for ((status, _), kept) in &self.kept {
            for (check, result) in kept.iter().take(MOST_RESULTS - embedded) {
                if embedded > 0 {
                    results.push_str(",\n");
                }
                embedded += 1;
                tables.result(&mut results, run, *status, check, result);
            }
        }
        let mut out = String::from("{\"strings\":[");
        let mut strings = Vec::new();
        for (at, text) in tables.strings.iter().enumerate() {
            if at > 0 {
                strings.push(b',');
            }
            escape::string(&mut strings, text);
        }
        out.push_str(&String::from_utf8_lossy(&strings));
        out.push_str("],\n\"checks\":[");
        out.push_str(&tables.checks.join(",\n"));
        out.push_str("],\n\"resources\":[");
        out.push_str(&tables.resources.join(",\n"));
        out.push_str("],\n\"results\":[");
        out.push_str(&results);
        out.push_str("]}");
        // Nothing in a script element ends it or opens a comment without this character.
        (out.replace('<', "\\u003c"), self.results - embedded as u64)
    }
}

fn severity_index(severity: Severity) -> usize {
    Severity::WORST_FIRST.iter().position(|one| *one == severity).unwrap_or(0)
}

/// What results refer to by number.
#[derive(Debug, Default)]
struct Tables {
    strings: Vec<String>,
    string_index: HashMap<String, usize>,
    checks: Vec<String>,
    check_index: HashMap<(Arc<str>, bool), usize>,
    resources: Vec<String>,
    resource_index: HashMap<String, usize>,
}

impl Tables {
    /// The number of a string; -1 for none.
    fn string(&mut self, text: &str) -> String {
        if text.is_empty() {
            return "-1".to_owned();
        }
        let text = clean(text);
        if let Some(at) = self.string_index.get(&*text) {
            return at.to_string();
        }
        let at = self.strings.len();
        self.strings.push(text.clone().into_owned());
        self.string_index.insert(text.into_owned(), at);
        at.to_string()
    }

    /// The number of a check. Why and how to fix are told only where something is wrong, so a check has up to two entries.
    fn check(&mut self, check: &CheckInfo, wrong: bool) -> usize {
        if let Some(at) = self.check_index.get(&(check.id.clone(), wrong)) {
            return *at;
        }
        let mut fields = vec![self.string(&check.title), self.string(&check.layer), severity_index(check.severity).to_string()];
        let mut fixes = Vec::new();
        if wrong {
            fields.extend([&check.why, &check.aws_part, &check.customer_part].map(|text| self.string(text)));
            for (tool, text) in check.fixes() {
                // A fix keeps its lines.
                fixes.extend([self.string(tool), self.lines(text)]);
            }
        } else {
            fields.extend(["-1", "-1", "-1"].map(str::to_owned));
        }
        let at = self.checks.len();
        self.checks.push(format!("[{},[{}]]", fields.join(","), fixes.join(",")));
        self.check_index.insert((check.id.clone(), wrong), at);
        at
    }

    fn lines(&mut self, text: &str) -> String {
        let text: Vec<_> = text.lines().map(clean).collect();
        let text = text.join("\n");
        let at = *self.string_index.entry(text.clone()).or_insert_with(|| {
            self.strings.push(text);
            self.strings.len() - 1
        });
        at.to_string()
    }

    fn resource(&mut self, result: &CheckResult) -> usize {
        let name = words::resource_name(result).map_or_else(|| words::resource(result), |name| at_most(name, LONGEST_NAME).into_owned());
        let resource = result.resource.as_deref();
        let location = resource.and_then(|one| one.location.as_ref());
        let file = location.map(|at| &at.file).or(resource.map(|one| &one.source.file));
        let fields = [
            self.string(&name),
            self.string(&words::type_name(&result.resource_type)),
            self.string(result.account.as_deref().unwrap_or_default()),
            self.string(result.region.as_deref().unwrap_or_default()),
            self.string(&at_most(file.map_or("", |one| one), LONGEST_NAME)),
            location.map_or(0, |at| at.line).to_string(),
        ];
        let row = format!("[{}]", fields.join(","));
        let next = self.resources.len();
        let at = *self.resource_index.entry(row.clone()).or_insert(next);
        if at == next {
            self.resources.push(row);
        }
        at
    }

    /// Appends `[check, resource, status, party, owner, [fact, file, line …], id, due in days, exception]`.
    fn result(&mut self, out: &mut String, run: &Run, status: usize, check: &CheckInfo, result: &CheckResult) {
        let wrong = matches!(result.status, Status::Fail | Status::Unknown);
        let check = self.check(check, wrong);
        let resource = self.resource(result);
        let mut facts = Vec::new();
        if result.unknown_because.is_empty() {
            for fact in words::deciding(result).take(MOST_FACTS) {
                facts.push(self.string(&words::fact(fact)));
                match &fact.location {
                    Some(at) => facts.extend([self.string(&at_most(&at.file, LONGEST_NAME)), at.line.to_string()]),
                    None => facts.extend(["-1".to_owned(), "0".to_owned()]),
                }
            }
        } else {
            for because in result.unknown_because.iter().take(MOST_FACTS) {
                facts.extend([self.string(&words::missing(because)), "-1".to_owned(), "0".to_owned()]);
            }
        }
        let party = self.string(words::party(&result.party));
        let owner = self.string(&run.ledger.owner(result).unwrap_or_default());
        let exception = result.exception.as_deref().map(words::exception).unwrap_or_default();
        let exception = self.string(&exception);
        let id = if wrong { format!("\"{}\"", result.id.to_string().trim_start_matches("F-")) } else { "0".to_owned() };
        let due = run.due(result).map_or("null".to_owned(), |due| (due - run.as_of.date_naive()).num_days().to_string());
        let fields = [
            check.to_string(),
            resource.to_string(),
            status.to_string(),
            party,
            owner,
            format!("[{}]", facts.join(",")),
            id,
            due,
            exception,
        ];
        out.push('[');
        out.push_str(&fields.join(","));
        out.push(']');
    }
}
