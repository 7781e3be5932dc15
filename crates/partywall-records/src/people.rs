//! `people.csv`: who is expected to know the rules and to be trained. A person may be a staff number or a pseudonym.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use partywall_model::near::did_you_mean;
use toml::{Spanned, Value};

use crate::table::{self, filled};
use crate::text::Text;
use crate::{Owners, Place, RecordsError};

/// What is said of people in a table whom `people.csv` does not name.
pub(crate) const UNNAMED: &str = "are not in people.csv; add them there, also those who left, or correct the table";

/// Whom a policy or a training is for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Everybody.
    Everyone,
    /// People of these teams.
    Teams(Vec<Arc<str>>),
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("all staff"),
            Self::Teams(teams) => f.write_str(&teams.join(", ")),
        }
    }
}

/// Teams that may be named: those of `teams.toml` and of `people.csv`.
#[derive(Debug)]
pub(crate) struct TeamNames(BTreeSet<Arc<str>>);

impl TeamNames {
    pub(crate) fn of(owners: &Owners, people: Option<&People>) -> Self {
        let listed = people.into_iter().flat_map(|people| people.teams.iter());
        Self(owners.teams.keys().chain(listed).cloned().collect())
    }

    /// Reads `"all staff"`, `"all"` or a list of teams.
    pub(crate) fn audience(&self, file: &Text, value: &Spanned<Value>) -> Result<Audience, RecordsError> {
        let broken = |message: &str| file.error(&value.span(), message);
        let teams = match value.get_ref() {
            Value::String(word) if word == "all staff" || word == "all" => return Ok(Audience::Everyone),
            Value::Array(teams) if !teams.is_empty() => teams,
            _ => return Err(broken("write \"all staff\", or a list of teams")),
        };
        let mut names: Vec<Arc<str>> = Vec::new();
        for team in teams {
            let Some(team) = team.as_str() else { return Err(broken("a team is a text: its id in teams.toml or people.csv")) };
            // Without any list of teams nobody can say that one is misspelt.
            if !self.0.is_empty() && !self.0.contains(team) {
                let near = did_you_mean(team, self.0.iter().map(|known| &**known));
                return Err(broken(&format!("there is no team `{team}` in teams.toml or people.csv{near}")));
            }
            names.push(Arc::from(team));
        }
        Ok(Audience::Teams(names))
    }
}

/// The staff, as far as rules and training need it.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// Active people and their teams.
    active: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    /// Everybody who is named, also those who left.
    named: BTreeSet<Arc<str>>,
    /// Every team that is named.
    teams: BTreeSet<Arc<str>>,
}

impl People {
    pub(crate) fn read(file: &Text) -> Result<Self, RecordsError> {
        let mut people = Self::default();
        let mut seen = BTreeSet::new();
        for row in table::rows(file, ["person", "team", "active"])? {
            let [person, team, active] = &row.cells;
            let (person, team) = (filled(file, &row, person, "person")?, filled(file, &row, team, "team")?);
            if !seen.insert((person.clone(), team.clone())) {
                return Err(file.error(&row.span(), &format!("`{person}` stands in team `{team}` twice")));
            }
            people.named.insert(person.clone());
            people.teams.insert(team.clone());
            match &*active.to_ascii_lowercase() {
                "yes" => {
                    people.active.entry(person).or_default().insert(team);
                }
                "no" => {}
                _ => return Err(file.error(&row.span(), &format!("`{active}` is neither yes nor no"))),
            }
        }
        Ok(people)
    }

    /// Active people that an audience is made of.
    pub fn audience(&self, audience: &Audience) -> BTreeSet<&str> {
        let is_in = |teams: &BTreeSet<Arc<str>>| match audience {
            Audience::Everyone => true,
            Audience::Teams(wanted) => wanted.iter().any(|team| teams.contains(team)),
        };
        self.active.iter().filter(|(_, teams)| is_in(teams)).map(|(person, _)| &**person).collect()
    }

    /// How many of those who stand in a table are not named, and where the first of them stands; `None`: all are.
    pub(crate) fn strangers<'a>(&self, table: impl Iterator<Item = (&'a Arc<str>, &'a Place)>) -> Option<(usize, &'a Place)> {
        let mut strangers: BTreeMap<&str, &Place> = BTreeMap::new();
        for (person, place) in table.filter(|(person, _)| !self.named.contains(*person)) {
            strangers.entry(person).or_insert(place);
        }
        let first = strangers.values().min()?;
        Some((strangers.len(), first))
    }

    /// How many people are active.
    pub fn len(&self) -> usize {
        self.active.len()
    }

    /// True if nobody is active.
    pub fn is_empty(&self) -> bool {
        self.active.is_empty()
    }
}
