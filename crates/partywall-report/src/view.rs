use std::cmp::Reverse;
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, SecondsFormat, Utc};
use partywall_model::{CheckResult, FindingId, Severity, SourceKind, Status};
use serde::Serialize;

use crate::summary::Side;
use crate::words;

/// What people wrote down about findings outside the run itself: who answers for a resource, and when a finding was first
/// seen. Asked once per result, so answers should be a look-up. `()` knows nothing.
pub trait Ledger: Send + Sync {
    /// The person or team that answers for the result's resource; `None` if nobody does.
    fn owner(&self, result: &CheckResult) -> Option<Arc<str>>;
    /// When an earlier run first recorded this finding; `None` without history.
    fn first_seen(&self, id: FindingId) -> Option<DateTime<Utc>>;
}

impl Ledger for () {
    fn owner(&self, _result: &CheckResult) -> Option<Arc<str>> {
        None
    }

    fn first_seen(&self, _id: FindingId) -> Option<DateTime<Utc>> {
        None
    }
}

/// Days within which a failed check is due, per severity; `None` where the customer sets no term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DueDays {
    /// For [`Severity::Critical`].
    pub critical: Option<u32>,
    /// For [`Severity::High`].
    pub high: Option<u32>,
    /// For [`Severity::Medium`].
    pub medium: Option<u32>,
    /// For [`Severity::Low`].
    pub low: Option<u32>,
    /// For [`Severity::Info`].
    pub info: Option<u32>,
}

impl Default for DueDays {
    fn default() -> Self {
        Self { critical: Some(3), high: Some(14), medium: Some(30), low: Some(90), info: None }
    }
}

impl DueDays {
    /// The term of one severity, in days.
    pub fn get(&self, severity: Severity) -> Option<u32> {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Info => self.info,
        }
    }
}

/// What is known before the first result: where the facts come from, when, and what beside them every result needs.
#[derive(Clone, Serialize)]
pub struct Run {
    /// What was assessed, in the user's words: the paths on the command line.
    pub title: String,
    /// What follows a command that is printed, so that it sees the same sources; `None` if these are gone after the run.
    #[serde(skip)]
    pub again: Option<String>,
    /// One line that says that the input is made up, if it is.
    pub synthetic: Option<String>,
    /// Which checks were asked and by which options, if not all were. Duties that only the others speak of then look as if nothing spoke
    /// for or against them.
    pub narrowed: Option<String>,
    /// The moment to which every answer refers.
    #[serde(serialize_with = "as_timestamp")]
    pub as_of: DateTime<Utc>,
    /// Id of the snapshot.
    pub snapshot: String,
    /// Version or digest of the catalogue that was used.
    pub catalog: String,
    /// Version of partywall.
    pub version: String,
    /// Terms per severity.
    pub due_days: DueDays,
    /// Owners and history.
    #[serde(skip)]
    pub ledger: Arc<dyn Ledger>,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("title", &self.title).field("as_of", &self.as_of).finish_non_exhaustive()
    }
}

impl Run {
    /// The day by which a result is due: its severity's term after the day it was first seen, or after `as_of` without
    /// history. Only a failed check that no exception covers has one.
    pub fn due(&self, result: &CheckResult) -> Option<NaiveDate> {
        if result.status != Status::Fail || result.exception.is_some() {
            return None;
        }
        let days = self.due_days.get(result.severity)?;
        let start = self.ledger.first_seen(result.id).unwrap_or(self.as_of).date_naive();
        start.checked_add_days(Days::new(u64::from(days)))
    }

    /// The command that explains a finding, to be pasted as it is.
    pub fn explain(&self, id: FindingId) -> String {
        match &self.again {
            Some(again) => format!("partywall explain {id} {again}"),
            None => format!("partywall explain {id} DIR, kept by partywall assess aws --lake DIR"),
        }
    }
}

/// One check as the formats print it. Texts are the catalogue's; ids are stable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckInfo {
    /// Check id, such as `s3.bucket-blocks-public-access`.
    pub id: Arc<str>,
    /// One line that is true when the check passes.
    pub title: String,
    /// How much a failure hurts.
    pub severity: Severity,
    /// Registry or `Partywall::` type that it reads.
    pub resource_type: String,
    /// Duty id.
    pub duty: String,
    /// The duty's sentence.
    pub duty_title: String,
    /// Layer id.
    pub layer: String,
    /// The layer's name.
    pub layer_title: String,
    /// The course of the wall that the layer is in, counted from the top.
    pub course: usize,
    /// The side of the wall on which the layer's chart band stands.
    pub side: Side,
    /// Requirements that it is evidence for: framework id and requirement ids.
    pub controls: Vec<(String, Vec<String>)>,
    /// Ids of the same check in other tools: tool and ids.
    pub equivalents: Vec<(String, Vec<String>)>,
    /// What goes wrong, in plain words.
    pub why: String,
    /// What AWS does for this duty on this kind of resource; empty if it does nothing.
    pub aws_part: String,
    /// What is left to the customer.
    pub customer_part: String,
    /// How to fix it in the console.
    pub fix_console: Option<String>,
    /// How to fix it with the AWS CLI.
    pub fix_cli: Option<String>,
    /// How to fix it in a CloudFormation template.
    pub fix_cloudformation: Option<String>,
    /// How to fix it in Terraform.
    pub fix_terraform: Option<String>,
}

impl CheckInfo {
    /// The fixes that exist, each with the name of its tool, in the order in which they are printed.
    pub fn fixes(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("Console", &self.fix_console),
            ("AWS CLI", &self.fix_cli),
            ("CloudFormation", &self.fix_cloudformation),
            ("Terraform", &self.fix_terraform),
        ]
        .into_iter()
        .filter_map(|(tool, text)| Some((tool, text.as_deref()?)))
    }
}

/// One failed check as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingLine {
    /// How much it hurts.
    pub severity: Severity,
    /// False if it stands in a template: then it may not run yet.
    pub live: bool,
    /// The course of the wall that the layer is in, counted from the top.
    pub course: usize,
    /// The check's title, or a sentence that says what is wrong.
    pub title: String,
    /// The resource, by the name people use.
    pub resource: String,
    /// Whose duty it is: `you`, `AWS`, or the party.
    pub party: String,
    /// The person or team that answers for the resource.
    pub owner: Option<String>,
    /// Days until it is due; negative if overdue.
    pub due_in_days: Option<i64>,
    /// The facts that decided, with position.
    pub because: String,
    /// What is to be said of the owner if that is not the customer; else empty.
    pub attribution: String,
    /// The command that shows more.
    pub command: String,
    /// The exception that covers it, in words.
    pub exception: Option<String>,
    /// Stable id.
    pub id: FindingId,
}

impl FindingLine {
    /// The line of one result, in the catalogue's own words.
    pub fn new(run: &Run, check: &CheckInfo, result: &CheckResult) -> Self {
        Self {
            severity: result.severity,
            live: Self::is_live(result),
            course: check.course,
            title: check.title.clone(),
            resource: words::resource(result),
            party: words::party(&result.party).to_owned(),
            owner: run.ledger.owner(result).map(|owner| owner.to_string()),
            due_in_days: run.due(result).map(|due| (due - run.as_of.date_naive()).num_days()),
            because: words::because(result),
            attribution: words::attribution(&result.party).to_owned(),
            command: run.explain(result.id),
            exception: result.exception.as_deref().map(words::exception),
            id: result.id,
        }
    }

    /// True unless it stands in a template.
    pub fn is_live(result: &CheckResult) -> bool {
        result.resource.as_ref().is_none_or(|resource| resource.source.kind != SourceKind::CloudFormation)
    }

    /// What every list of findings is sorted by: what an exception covers last, then the worst, then what runs already, then
    /// what stands higher in the wall.
    pub fn rank(&self) -> impl Ord + '_ {
        (self.exception.is_some(), Reverse(self.severity), !self.live, self.course, &self.title, &self.resource, self.id)
    }

    /// Whose it is, who answers, and by when: `you · team-data · due 3 d`.
    pub fn responsibility(&self) -> String {
        let owner = self.owner.as_ref().map(|owner| format!(" · {owner}")).unwrap_or_default();
        let due = match (&self.exception, self.due_in_days) {
            (Some(exception), _) => format!(" · {exception}"),
            (None, Some(days)) if days < 0 => format!(" · overdue {} d", days.unsigned_abs()),
            (None, Some(days)) => format!(" · due {days} d"),
            (None, None) => String::new(),
        };
        format!("{}{owner}{due}", self.party)
    }
}

/// RFC 3339 in UTC with `Z`, to the second unless the reading was finer.
pub(crate) fn timestamp(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A day as text, or `null`.
#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
pub(crate) fn as_some_day<S: serde::Serializer>(day: &Option<NaiveDate>, serializer: S) -> Result<S::Ok, S::Error> {
    match day {
        Some(day) => serializer.collect_str(day),
        None => serializer.serialize_none(),
    }
}

fn as_timestamp<S: serde::Serializer>(moment: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&timestamp(*moment))
}
