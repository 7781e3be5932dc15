//! `policies/*.md`: policies and procedures, who approved them until when, and who read them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use partywall_catalog::Catalog;
use partywall_model::Severity;
use serde::{Deserialize, Serialize};
use toml::{Spanned, Value};

use crate::evidence::within_term;
use crate::people::{TeamNames, UNNAMED};
use crate::table::{self, filled};
use crate::text::Text;
use crate::{Audience, Cabinet, FindingKind, Kept, KeptAs, People, Place, RecordFinding, RecordsError};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    evidence: Vec<Spanned<String>>,
    title: String,
    version: Spanned<String>,
    owner: String,
    approver: String,
    approved: Spanned<toml::value::Datetime>,
    #[serde(default)]
    review_by: Option<Spanned<toml::value::Datetime>>,
    #[serde(default)]
    acknowledge: Option<Spanned<Value>>,
    #[serde(default)]
    supersedes: Option<Spanned<String>>,
}

/// Somebody says to have read a version of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Acknowledgement {
    /// Staff number or pseudonym.
    pub person: Arc<str>,
    /// When.
    #[serde(serialize_with = "crate::serial::day")]
    pub day: NaiveDate,
    /// Which version.
    pub version: Arc<str>,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// A policy or procedure.
#[derive(Debug, Clone, Serialize)]
pub struct Policy {
    /// The file's name.
    pub id: Arc<str>,
    /// For people.
    pub title: String,
    /// As people call it; acknowledgements name it.
    pub version: String,
    /// Who answers for it.
    pub owner: String,
    /// Who approved it.
    pub approver: String,
    /// When.
    #[serde(serialize_with = "crate::serial::day")]
    pub approved: NaiveDate,
    /// The last day on which it is current; `None`: it has no term.
    #[serde(serialize_with = "crate::serial::some_day")]
    pub review_by: Option<NaiveDate>,
    /// Who has to have read it; `None`: nobody has to say so.
    pub acknowledge: Option<Audience>,
    /// The policy that it takes the place of.
    pub supersedes: Option<Arc<str>>,
    /// The manual evidence that it is.
    pub evidence: Vec<Arc<str>>,
    /// The text, as Markdown.
    pub body: String,
    /// Who said to have read it, all versions.
    pub acknowledgements: Vec<Acknowledgement>,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// All files of `policies/`, with their acknowledgements.
pub(crate) fn read(catalog: &Catalog, teams: &TeamNames, directory: &Path, cabinet: &mut Cabinet) -> Result<Vec<Policy>, RecordsError> {
    let mut policies = Vec::new();
    let files = Text::all(directory, "md")?;
    let names: BTreeSet<Arc<str>> = files.iter().map(Text::stem).collect();
    for mut file in files {
        policies.push(Policy::read(catalog, teams, &names, &mut file)?);
    }
    for file in Text::all(directory, "csv")? {
        let stem = file.stem();
        let of = stem.strip_suffix(".acknowledged");
        let Some(policy) = policies.iter_mut().find(|policy| of == Some(&*policy.id)) else {
            return Err(file.error(&(0..0), "there is no policy of this name; a table beside `rules.md` is `rules.acknowledged.csv`"));
        };
        policy.acknowledgements = acknowledgements(&file)?;
    }
    for policy in &policies {
        if let Some(message) = circle(&policies, policy) {
            return Err(RecordsError::Broken { place: policy.place.to_string(), message });
        }
        let successors = policies.iter().filter(|other| other.supersedes.as_ref() == Some(&policy.id));
        let replaced = successors.map(|other| other.approved).min();
        cabinet.keep_each(catalog, &policy.evidence, &Kept { replaced, ..policy.kept() });
    }
    Ok(policies)
}

/// Policies that take each other's place would leave none in force.
fn circle(policies: &[Policy], policy: &Policy) -> Option<String> {
    let mut next = policy.supersedes.as_ref();
    // No chain is longer than there are policies.
    for _ in policies {
        let id = next?;
        if *id == policy.id {
            return Some(format!("`{id}` supersedes a policy that supersedes it; take one `supersedes` out"));
        }
        next = policies.iter().find(|other| other.id == *id).and_then(|other| other.supersedes.as_ref());
    }
    None
}

fn acknowledgements(file: &Text) -> Result<Vec<Acknowledgement>, RecordsError> {
    let mut all = Vec::new();
    for row in table::rows(file, ["person", "team", "day", "version"])? {
        let [person, _, day, version] = &row.cells;
        all.push(Acknowledgement {
            person: filled(file, &row, person, "person")?,
            day: table::day(file, &row, day)?,
            version: filled(file, &row, version, "version")?,
            place: file.place(&row.span()),
        });
    }
    Ok(all)
}

impl Policy {
    fn read(catalog: &Catalog, teams: &TeamNames, names: &BTreeSet<Arc<str>>, file: &mut Text) -> Result<Self, RecordsError> {
        let (head, body) = file.parse_head::<Head>()?;
        let id = file.stem();
        let approved = file.day(&head.approved)?;
        if head.evidence.is_empty() {
            return Err(file.error(&head.approved.span(), "a policy names the manual evidence that it is, as an id of `catalog/evidence/`"));
        }
        if head.version.get_ref().trim().is_empty() {
            return Err(file.error(&head.version.span(), "a policy has a version; acknowledgements name it"));
        }
        let given = file.some_day(head.review_by.as_ref())?;
        let evidence = file.known_evidence(catalog, &head.evidence)?;
        let mut review_by = given;
        for evidence in &evidence {
            let span = head.review_by.as_ref().map_or(head.approved.span(), Spanned::span);
            let term = within_term(catalog, evidence, approved, given).map_err(|message| file.error(&span, &message))?;
            review_by = [review_by, term].into_iter().flatten().min();
        }
        let supersedes = match &head.supersedes {
            Some(name) if **name.get_ref() == *id => {
                return Err(file.error(&name.span(), "a policy cannot supersede itself; raise its version"));
            }
            Some(name) => Some(file.known(name, "other policy", names.iter().map(|name| &**name))?),
            None => None,
        };
        Ok(Self {
            id,
            title: head.title,
            version: head.version.get_ref().trim().to_owned(),
            owner: head.owner,
            approver: head.approver,
            approved,
            review_by,
            acknowledge: head.acknowledge.as_ref().map(|value| teams.audience(file, value)).transpose()?,
            supersedes,
            evidence,
            body,
            acknowledgements: Vec::new(),
            place: file.place(&head.approved.span()),
        })
    }

    fn kept(&self) -> Kept {
        Kept {
            evidence: Arc::default(),
            title: self.title.clone(),
            owner: self.owner.clone(),
            approver: self.approver.clone(),
            made: self.approved,
            due: self.review_by,
            period: None,
            failed: if self.says_nothing() { "the file has no text".to_owned() } else { String::new() },
            link: String::new(),
            note: format!("version {}", self.version),
            replaced: None,
            kept_as: KeptAs::Policy,
            place: self.place.clone(),
        }
    }

    /// True if there is no text but headings.
    pub fn says_nothing(&self) -> bool {
        self.body.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'))
    }

    /// Who acknowledged this very version by a day.
    pub fn acknowledged(&self, day: NaiveDate) -> BTreeSet<&str> {
        let these = self.acknowledgements.iter().filter(|one| *one.version == *self.version && one.day <= day);
        these.map(|one| &*one.person).collect()
    }

    /// Active people who should have acknowledged this version and have not; `None` if nobody has to.
    pub fn missing<'a>(&self, people: &'a People, day: NaiveDate) -> Option<BTreeSet<&'a str>> {
        let done = self.acknowledged(day);
        let expected = people.audience(self.acknowledge.as_ref()?);
        Some(expected.into_iter().filter(|person| !done.contains(person)).collect())
    }
}

/// The policies that hold on a day: approved by then, and no other that was approved by then takes their place.
pub(crate) fn in_force(policies: &[Policy], day: NaiveDate) -> impl Iterator<Item = &Policy> {
    let approved = move |policy: &&Policy| policy.approved <= day;
    let replaced: BTreeMap<&str, &str> =
        policies.iter().filter(approved).filter_map(|policy| Some((policy.supersedes.as_deref()?, &*policy.id))).collect();
    policies.iter().filter(approved).filter(move |policy| !replaced.contains_key(&*policy.id))
}

/// Policies whose review is overdue, that are not acknowledged, or by people whom nobody knows, or that say nothing.
pub(crate) fn findings(policies: &[Policy], people: Option<&People>, today: NaiveDate, found: &mut Vec<RecordFinding>) {
    for policy in in_force(policies, today) {
        let mut add = |severity, message: String, due, place: Option<&Place>| {
            found.push(RecordFinding {
                kind: FindingKind::Policy,
                severity,
                subject: policy.id.to_string(),
                message,
                owner: Some(policy.owner.clone()).filter(|owner| !owner.is_empty()),
                due,
                place: Some(place.unwrap_or(&policy.place).clone()),
            });
        };
        let title = &policy.title;
        if let Some(by) = policy.review_by.filter(|by| *by < today) {
            add(
                Severity::Medium,
                format!("{title} was to be reviewed by {by}; review it and write the new day of approval"),
                Some(by),
                None,
            );
        }
        if policy.says_nothing() {
            add(Severity::Medium, format!("{title} has no text below its head; write it, or say where it is kept"), None, None);
        }
        if policy.approver.trim().is_empty() {
            add(Severity::Medium, format!("{title} names nobody who approved it"), None, None);
        }
        if policy.owner.trim().is_empty() {
            add(Severity::Medium, format!("{title} has no owner"), None, None);
        }
        let expected = people.zip(policy.acknowledge.as_ref()).map(|(people, audience)| people.audience(audience).len());
        let missing = people.and_then(|people| policy.missing(people, today)).map_or(0, |missing| missing.len());
        if let Some(expected) = expected.filter(|_| missing > 0) {
            let version = &policy.version;
            add(Severity::Medium, format!("{missing} of {expected} people have not acknowledged version {version} of {title}"), None, None);
        }
        let current = policy.acknowledgements.iter().filter(|one| *one.version == *policy.version && one.day <= today);
        let strangers = people.and_then(|people| people.strangers(current.map(|one| (&one.person, &one.place))));
        if let Some((count, place)) = strangers {
            add(Severity::Low, format!("{count} of those who acknowledged {title} {UNNAMED}"), None, Some(place));
        }
    }
}
