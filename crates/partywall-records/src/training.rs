//! `training/*.toml`: campaigns of training, who is to complete them until when, and who did.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use partywall_catalog::Catalog;
use partywall_model::Severity;
use serde::{Deserialize, Serialize};
use toml::{Spanned, Value};

use crate::people::{TeamNames, UNNAMED};
use crate::table::{self, filled};
use crate::text::Text;
use crate::{Audience, Cabinet, FindingKind, Kept, KeptAs, People, Place, RecordFinding, RecordsError};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    evidence: Vec<Spanned<String>>,
    title: String,
    owner: String,
    starts: Spanned<toml::value::Datetime>,
    due: Spanned<toml::value::Datetime>,
    audience: Spanned<Value>,
    #[serde(default)]
    pass_score: Option<Spanned<f64>>,
    #[serde(default)]
    required_share: Option<Spanned<f64>>,
    #[serde(default)]
    materials: Vec<String>,
}

/// Somebody completed a training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Completion {
    /// Staff number or pseudonym.
    pub person: Arc<str>,
    /// When.
    #[serde(serialize_with = "crate::serial::day")]
    pub day: NaiveDate,
    /// Per cent of right answers, if it was measured.
    pub score: Option<f64>,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// A training that people are to complete until a day.
#[derive(Debug, Clone, Serialize)]
pub struct Campaign {
    /// The file's name.
    pub id: Arc<str>,
    /// For people.
    pub title: String,
    /// Who answers for it.
    pub owner: String,
    /// The first day.
    #[serde(serialize_with = "crate::serial::day")]
    pub starts: NaiveDate,
    /// The last day on which a completion counts.
    #[serde(serialize_with = "crate::serial::day")]
    pub due: NaiveDate,
    /// Whom it is for.
    pub audience: Audience,
    /// Per cent of right answers from which it is passed; `None`: being there is enough.
    pub pass_score: Option<f64>,
    /// The share of the audience that must have completed it by the due day, from 0 to 1.
    pub required_share: f64,
    /// Where its materials are.
    pub materials: Vec<String>,
    /// The manual evidence that it is.
    pub evidence: Vec<Arc<str>>,
    /// Everything in its table.
    pub completions: Vec<Completion>,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// How a campaign stands on a day, by the completions until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// People of the audience who completed it in time, with enough score.
    pub completed: usize,
    /// People of the audience who did so after the due day.
    pub late: usize,
    /// People of the audience; `None` without `people.csv`.
    pub audience: Option<usize>,
    /// The day on which enough had completed it; `None`: not in time, or nobody knows how many are needed.
    #[serde(serialize_with = "crate::serial::some_day")]
    pub reached: Option<NaiveDate>,
}

/// All files of `training/`, with their completions.
pub(crate) fn read(
    catalog: &Catalog,
    teams: &TeamNames,
    people: Option<&People>,
    directory: &Path,
    cabinet: &mut Cabinet,
) -> Result<Vec<Campaign>, RecordsError> {
    let mut campaigns = Vec::new();
    for file in Text::all(directory, "toml")? {
        campaigns.push(Campaign::read(catalog, teams, &file)?);
    }
    for file in Text::all(directory, "csv")? {
        let stem = file.stem();
        let of = stem.strip_suffix(".completed");
        let Some(campaign) = campaigns.iter_mut().find(|campaign| of == Some(&*campaign.id)) else {
            return Err(file.error(&(0..0), "there is no training of this name; a table beside `basics.toml` is `basics.completed.csv`"));
        };
        campaign.completions = completions(&file)?;
    }
    for campaign in &campaigns {
        if let Some(kept) = campaign.kept(people) {
            cabinet.keep_each(catalog, &campaign.evidence, &kept);
        }
    }
    Ok(campaigns)
}

fn completions(file: &Text) -> Result<Vec<Completion>, RecordsError> {
    let mut all = Vec::new();
    for row in table::rows(file, ["person", "day", "score"])? {
        let [person, day, score] = &row.cells;
        let number = score.strip_suffix('%').unwrap_or(score).trim();
        let score = match number {
            "" => None,
            number => match number.parse::<f64>() {
                Ok(score) if (0.0..=100.0).contains(&score) => Some(score),
                _ => return Err(file.error(&row.span(), &format!("`{score}` is no score; write per cent, from 0 to 100"))),
            },
        };
        all.push(Completion {
            person: filled(file, &row, person, "person")?,
            day: table::day(file, &row, day)?,
            score,
            place: file.place(&row.span()),
        });
    }
    Ok(all)
}

impl Campaign {
    fn read(catalog: &Catalog, teams: &TeamNames, file: &Text) -> Result<Self, RecordsError> {
        let entry = file.parse::<Entry>()?;
        let (starts, due) = (file.day(&entry.starts)?, file.day(&entry.due)?);
        if due < starts {
            return Err(file.error(&entry.due.span(), "a training is due after it starts"));
        }
        if entry.evidence.is_empty() {
            return Err(
                file.error(&entry.starts.span(), "a training names the manual evidence that it is, as an id of `catalog/evidence/`")
            );
        }
        let within = |number: &Option<Spanned<f64>>, most: f64, message: &str| match number {
            Some(number) if !(0.0..=most).contains(number.get_ref()) => Err(file.error(&number.span(), message)),
            Some(number) => Ok(Some(*number.get_ref())),
            None => Ok(None),
        };
        Ok(Self {
            id: file.stem(),
            title: entry.title,
            owner: entry.owner,
            starts,
            due,
            audience: teams.audience(file, &entry.audience)?,
            pass_score: within(&entry.pass_score, 100.0, "pass_score is per cent, from 0 to 100")?,
            required_share: within(&entry.required_share, 1.0, "required_share is a share, from 0 to 1")?.unwrap_or(1.0),
            materials: entry.materials,
            evidence: file.known_evidence(catalog, &entry.evidence)?,
            completions: Vec::new(),
            place: file.place(&entry.starts.span()),
        })
    }

    /// How it stands on a day. Without `people.csv` all who completed it are counted, and nobody knows who is missing.
    pub fn standing(&self, people: Option<&People>, day: NaiveDate) -> Standing {
        let audience = people.map(|people| people.audience(&self.audience));
        let passed = |one: &&Completion| self.pass_score.is_none_or(|pass| one.score.is_some_and(|score| score >= pass));
        let expected = |one: &&Completion| audience.as_ref().is_none_or(|audience| audience.contains(&*one.person));
        let mut first: BTreeMap<&str, NaiveDate> = BTreeMap::new();
        for one in self.completions.iter().filter(|one| one.day <= day).filter(passed).filter(expected) {
            let day = first.entry(&one.person).or_insert(one.day);
            *day = one.day.min(*day);
        }
        let mut in_time: Vec<NaiveDate> = first.values().copied().filter(|day| *day <= self.due).collect();
        in_time.sort_unstable();
        let audience = audience.map(|audience| audience.len());
        let reached = match audience {
            // The day on which the last of those who are needed completed it.
            Some(audience) if audience > 0 => {
                let enough = |count: &usize| *count as f64 / audience as f64 + 1e-9 >= self.required_share;
                (1..=audience).find(enough).and_then(|count| in_time.get(count - 1)).copied()
            }
            Some(_) | None => None,
        };
        Standing { completed: in_time.len(), late: first.len() - in_time.len(), audience, reached }
    }

    /// The campaign as evidence: made on the day on which enough had completed it; failed from the day after it was due. `None` if
    /// some completed it and nobody knows who had to: that shows neither.
    fn kept(&self, people: Option<&People>) -> Option<Kept> {
        // What was reached by a day is not changed by what came later: the cabinet asks for the day.
        let standing = self.standing(people, NaiveDate::MAX);
        if standing.audience.is_none() && standing.completed > 0 {
            return None;
        }
        let failed = if standing.reached.is_some() { String::new() } else { self.failure(standing) };
        Some(Kept {
            evidence: Arc::default(),
            title: self.title.clone(),
            owner: self.owner.clone(),
            approver: String::new(),
            made: standing.reached.unwrap_or_else(|| self.due.checked_add_days(Days::new(1)).unwrap_or(self.due)),
            due: None,
            period: Some((self.starts, self.due)),
            failed,
            link: self.materials.first().cloned().unwrap_or_default(),
            note: String::new(),
            replaced: None,
            kept_as: KeptAs::Training,
            place: self.place.clone(),
        })
    }

    /// True if for all evidence that it is something newer came to an end: another training, or anything else that is kept.
    fn is_followed(&self, campaigns: &[Self], cabinet: &Cabinet, today: NaiveDate) -> bool {
        let later = |id: &Arc<str>| campaigns.iter().any(|other| other.evidence.contains(id) && other.due > self.due && other.due < today);
        let newer = |id: &Arc<str>| cabinet.state(id, today).kept().is_some_and(|kept| kept.made > self.due && kept.place != self.place);
        self.evidence.iter().all(|id| later(id) || newer(id))
    }

    fn failure(&self, standing: Standing) -> String {
        let by = self.due;
        match standing.audience {
            None => format!("nobody is on file who completed it by {by}"),
            Some(0) => format!("nobody in people.csv is of its audience, {}", self.audience),
            Some(audience) => {
                let (completed, share) = (standing.completed, self.required_share * 100.0);
                let percent = completed * 100 / audience;
                format!("{completed} of {audience} people ({percent} %) completed it by {by}, {share:.0} % are required")
            }
        }
    }
}

/// What nobody can know of campaigns. Those that failed are findings of the evidence that they are.
pub(crate) fn findings(
    campaigns: &[Campaign],
    people: Option<&People>,
    cabinet: &Cabinet,
    today: NaiveDate,
    found: &mut Vec<RecordFinding>,
) {
    for campaign in campaigns.iter().filter(|campaign| campaign.starts <= today) {
        let mut add = |severity, message: String, due, place: &Place| {
            found.push(RecordFinding {
                kind: FindingKind::Training,
                severity,
                subject: campaign.id.to_string(),
                message,
                owner: Some(campaign.owner.clone()).filter(|owner| !owner.is_empty()),
                due,
                place: Some(place.clone()),
            });
        };
        let (title, due, place) = (&campaign.title, campaign.due, &campaign.place);
        if campaign.owner.trim().is_empty() {
            add(Severity::Low, format!("{title} has no owner"), None, place);
        }
        if campaign.is_followed(campaigns, cabinet, today) {
            continue;
        }
        let Some(people) = people else {
            if today <= due {
                add(Severity::Low, format!("nobody knows who is missing in {title}; list the people in people.csv"), Some(due), place);
                continue;
            }
            let completed = campaign.standing(None, today).completed;
            if completed > 0 {
                let message = format!(
                    "nobody knows who had to complete {title} by {due}; {completed} did, which shows nothing without people.csv: list the people there"
                );
                add(Severity::Medium, message, Some(due), place);
            }
            continue;
        };
        let table = campaign.completions.iter().filter(|one| one.day <= today).map(|one| (&one.person, &one.place));
        if let Some((count, place)) = people.strangers(table) {
            add(Severity::Low, format!("{count} of those who completed {title} {UNNAMED}"), None, place);
        }
    }
}
