//! The `owners` file: who answers for which duties, in the style of a code owners file. One line is patterns, then owners; the last line that
//! matches holds; a line without owners takes the duties away from everybody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_catalog::Catalog;
use partywall_model::Party;
use partywall_model::near::did_you_mean;
use serde::Deserialize;
use toml::Spanned;

use crate::text::{Text, covers_duty, is_duty, matches};
use crate::{Place, RecordsError};

/// A group of people that answers for duties.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Such as `core-banking`; `@core-banking` in the owners file.
    pub id: String,
    /// For people.
    pub title: String,
    /// How it is reached: an address, a channel, a rota.
    pub contact: String,
    /// Who is told if the team does not answer.
    #[serde(default)]
    pub escalation: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamsFile {
    #[serde(default)]
    team: Vec<Spanned<Team>>,
}

/// Who is named in the owners file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A team of the customer.
    Team(Arc<str>),
    /// A provider or vendor.
    Party(Party),
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Team(id) => write!(f, "{id}"),
            Self::Party(party) => write!(f, "{party}"),
        }
    }
}

#[derive(Debug, Clone)]
enum Selector {
    All,
    Account(String),
    Unit(String),
    Tag(String, String),
    Type(String),
    Layer(String),
    Duty(String),
}

#[derive(Debug, Clone)]
struct Rule {
    selectors: Vec<Selector>,
    owners: Vec<Owner>,
    place: Place,
}

/// What a duty is about, as far as owners are chosen by it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject<'a> {
    /// 12 digits.
    pub account: Option<&'a str>,
    /// Resource type.
    pub resource_type: Option<&'a str>,
    /// Value of a tag.
    pub tags: Option<&'a dyn Tags>,
    /// Duty id.
    pub duty: &'a str,
}

/// The tags of a resource.
pub trait Tags: std::fmt::Debug {
    /// The value of a tag, if the resource has it.
    fn tag(&self, key: &str) -> Option<&str>;
}

impl Tags for BTreeMap<String, String> {
    fn tag(&self, key: &str) -> Option<&str> {
        self.get(key).map(String::as_str)
    }
}

/// Who answers for what.
#[derive(Debug, Clone, Default)]
pub struct Owners {
    rules: Vec<Rule>,
    /// Teams by id.
    pub teams: BTreeMap<Arc<str>, Team>,
    /// Account → organizational unit, from the scope.
    pub(crate) units: BTreeMap<String, String>,
    /// True if there is an owners file: without one nobody is expected to be named.
    pub present: bool,
}

impl Owners {
    pub(crate) fn read_teams(&mut self, file: &Text) -> Result<(), RecordsError> {
        for team in file.parse::<TeamsFile>()?.team {
            let span = team.span();
            let team = team.into_inner();
            if self.teams.contains_key(team.id.as_str()) {
                return Err(file.error(&span, &format!("`{}` is the id of an earlier team; give each its own", team.id)));
            }
            self.teams.insert(Arc::from(team.id.as_str()), team);
        }
        Ok(())
    }

    pub(crate) fn read(&mut self, catalog: &Catalog, parties: &BTreeSet<Party>, file: &Text) -> Result<(), RecordsError> {
        self.present = true;
        let mut at = 0;
        for line in file.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let text = line.split('#').next().unwrap_or_default();
            let mut rule = Rule { selectors: Vec::new(), owners: Vec::new(), place: file.place(&(start..start)) };
            let mut offset = start;
            for word in text.split_inclusive(char::is_whitespace) {
                let span = offset..offset + word.trim_end().len();
                offset += word.len();
                let word = word.trim();
                if word.is_empty() {
                    continue;
                }
                let broken = |message: String| file.error(&span, &message);
                if let Some(owner) = self.owner_of(word, parties).map_err(broken)? {
                    rule.owners.push(owner);
                } else if rule.owners.is_empty() {
                    rule.selectors.push(selector(catalog, word).map_err(|message| file.error(&span, &message))?);
                } else {
                    return Err(file.error(&span, &format!("`{word}` stands after an owner; write patterns first, then owners")));
                }
            }
            if !rule.selectors.is_empty() {
                self.rules.push(rule);
            } else if !rule.owners.is_empty() {
                return Err(file.error(&(start..start), "this line has owners but no pattern; write `*` for everything"));
            }
        }
        Ok(())
    }

    fn owner_of(&self, word: &str, parties: &BTreeSet<Party>) -> Result<Option<Owner>, String> {
        if let Some(team) = word.strip_prefix('@') {
            return match self.teams.get_key_value(team) {
                Some((id, _)) => Ok(Some(Owner::Team(id.clone()))),
                None => {
                    let near = did_you_mean(team, self.teams.keys().map(|id| &**id));
                    Err(format!("there is no team `{team}`{near}; add [[team]] to teams.toml"))
                }
            };
        }
        match word.parse::<Party>() {
            Ok(party @ (Party::Msp(_) | Party::Vendor(_))) if parties.contains(&party) => Ok(Some(Owner::Party(party))),
            Ok(party @ (Party::Msp(_) | Party::Vendor(_))) => {
                Err(format!("`{party}` is not listed as a party; add [[party]] to parties.toml"))
            }
            _ => Ok(None),
        }
    }

    /// The owners of a duty, the one that answers first; `None` if no line names anybody.
    pub fn of(&self, subject: Subject<'_>) -> Option<&[Owner]> {
        let rule = self.rules.iter().rev().find(|rule| rule.selectors.iter().all(|selector| self.selects(selector, subject)))?;
        if rule.owners.is_empty() { None } else { Some(&rule.owners) }
    }

    /// Keys of the tags that any line looks at.
    pub fn tag_keys(&self) -> BTreeSet<&str> {
        let selectors = self.rules.iter().flat_map(|rule| &rule.selectors);
        selectors.filter_map(|selector| if let Selector::Tag(key, _) = selector { Some(key.as_str()) } else { None }).collect()
    }

    /// Teams that no line names, with the place of no line: they answer for nothing.
    pub fn idle_teams(&self) -> impl Iterator<Item = &Team> {
        let named: BTreeSet<&Owner> = self.rules.iter().flat_map(|rule| &rule.owners).collect();
        self.teams.iter().filter(move |(id, _)| !named.contains(&Owner::Team((*id).clone()))).map(|(_, team)| team)
    }

    /// The lines of the owners file, for screens: place and owners.
    pub fn lines(&self) -> impl Iterator<Item = (&Place, &[Owner])> {
        self.rules.iter().map(|rule| (&rule.place, rule.owners.as_slice()))
    }

    fn selects(&self, selector: &Selector, subject: Subject<'_>) -> bool {
        match selector {
            Selector::All => true,
            Selector::Account(pattern) => subject.account.is_some_and(|account| matches(pattern, account)),
            Selector::Unit(pattern) => {
                subject.account.and_then(|account| self.units.get(account)).is_some_and(|unit| matches(pattern, unit))
            }
            Selector::Tag(key, pattern) => subject.tags.and_then(|tags| tags.tag(key)).is_some_and(|value| matches(pattern, value)),
            Selector::Type(pattern) => subject.resource_type.is_some_and(|name| matches(pattern, name)),
            Selector::Layer(layer) => subject.duty.split('.').next() == Some(layer),
            Selector::Duty(pattern) => covers_duty(pattern, subject.duty),
        }
    }
}

fn selector(catalog: &Catalog, word: &str) -> Result<Selector, String> {
    if word == "*" {
        return Ok(Selector::All);
    }
    let Some((kind, value)) = word.split_once(':').filter(|(_, value)| !value.is_empty()) else {
        return Err(format!("`{word}` is no pattern; write *, account:, ou:, tag:KEY=VALUE, type:, layer: or duty:, then @team"));
    };
    match kind {
        "account" => Ok(Selector::Account(value.to_owned())),
        "ou" => Ok(Selector::Unit(value.to_owned())),
        "tag" => match value.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok(Selector::Tag(key.to_owned(), value.to_owned())),
            _ => Err(format!("`{word}` needs a key and a value: tag:KEY=VALUE")),
        },
        "type" => {
            let mut names = catalog.registry().names().chain(catalog.types.keys().map(|name| &**name));
            if names.any(|name| matches(value, name)) {
                return Ok(Selector::Type(value.to_owned()));
            }
            let near = did_you_mean(value, catalog.registry().names().chain(catalog.types.keys().map(|name| &**name)));
            Err(format!("nobody knows a type `{value}`{near}"))
        }
        "layer" => is_duty(catalog, &format!("{value}.*")).map(|()| Selector::Layer(value.to_owned())),
        "duty" => is_duty(catalog, value).map(|()| Selector::Duty(value.to_owned())),
        _ => Err(format!("`{kind}:` is no pattern{}", did_you_mean(kind, ["account", "ou", "tag", "type", "layer", "duty"]))),
    }
}
