//! The file of assertions: who must not be able to do what.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::AccountError;
use super::model::Kind;

/// Longest file that is read, in bytes.
const MAX_TEXT: usize = 16 << 20;

/// Rules of separation of duties.
///
/// ```toml
/// [[rule]]
/// id      = "dev-reads-no-financial-data"
/// title   = "No developer reads financial data"
/// who     = { tags = { team = "dev" } }            # or arn, name (patterns), kind; all that are given hold
/// except  = { name = ["dev-lead"] }                # may be left out
/// may_not = { actions = ["s3:GetObject*"] }        # or access = ["Read"], with services = ["s3"]
/// on      = { tags = { class = "financial" } }     # or arn (patterns); may be left out
/// ```
#[derive(Debug)]
pub struct Assertions {
    /// The rules in the order of the file.
    pub rules: Vec<Assertion>,
}

/// One rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// Its name.
    pub id: String,
    /// What it says, in words.
    pub title: String,
    /// The line of the file on which it begins, counted from 1.
    #[serde(skip)]
    pub line: usize,
    pub(crate) who: Select,
    pub(crate) except: Option<Select>,
    pub(crate) may_not: Actions,
    #[serde(default)]
    pub(crate) on: Resources,
}

/// Principals; all that is given must hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Select {
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) arn: Vec<String>,
    pub(crate) name: Vec<String>,
    #[serde(deserialize_with = "kind")]
    pub(crate) kind: Option<Kind>,
}

/// Actions; one of `actions` matches, or the access level is one of `access`.
#[derive(Debug, Default, Deserialize)]
#[expect(clippy::struct_field_names, reason = "each is a key of the file")]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Actions {
    pub(crate) actions: Vec<String>,
    pub(crate) access: Vec<String>,
    pub(crate) services: Vec<String>,
}

/// Resources; a pattern of `arn` matches, and all tags are there.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Resources {
    pub(crate) arn: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Spanned<Assertion>>,
}

impl Assertions {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// [`AccountError::TooLarge`], or [`AccountError::Line`] with line and column of what is wrong.
    pub fn parse(text: &str) -> Result<Self, AccountError> {
        if text.len() > MAX_TEXT {
            return Err(AccountError::TooLarge { length: text.len(), limit: MAX_TEXT });
        }
        let file: File = toml::from_str(text).map_err(|error: toml::de::Error| {
            let (line, column) = place(text, error.span().map_or(0, |span| span.start));
            AccountError::Line { line, column, reason: error.message().replace('\n', " ") }
        })?;
        if file.rule.is_empty() {
            return Err(AccountError::Line { line: 1, column: 1, reason: "has no rules: start one with `[[rule]]`".to_owned() });
        }
        let mut rules: Vec<Assertion> = Vec::with_capacity(file.rule.len());
        for spanned in file.rule {
            let (line, column) = place(text, spanned.span().start);
            let rule = Assertion { line, ..spanned.into_inner() };
            let wrong = match () {
                () if rules.iter().any(|other| other.id == rule.id) => Some("is there twice: give each rule an id of its own"),
                () if rule.who.is_empty() => Some("is about nobody in particular: say `who` by tags, arn, name or kind"),
                () if rule.may_not.actions.is_empty() && rule.may_not.access.is_empty() => {
                    Some("forbids nothing: say in `may_not` which actions, or which access levels")
                }
                () if rule.may_not.actions.iter().any(|action| !action.contains(':') && action != "*") => {
                    Some("has an action without service: write `service:Name`, with wildcards if need be")
                }
                () if !rule.may_not.services.is_empty() && rule.may_not.access.is_empty() => {
                    Some("names services without access levels: say `access` too, or write `service:*` in `actions`")
                }
                () => None,
            };
            if let Some(wrong) = wrong {
                return Err(AccountError::Line { line, column, reason: format!("rule `{}` {wrong}", rule.id) });
            }
            rules.push(rule);
        }
        Ok(Self { rules })
    }
}

impl Select {
    fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.arn.is_empty() && self.name.is_empty() && self.kind.is_none()
    }
}

fn kind<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Kind>, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "user" => Ok(Some(Kind::User)),
        "role" => Ok(Some(Kind::Role)),
        other => Err(serde::de::Error::custom(format!("kind `{other}` is neither `user` nor `role`"))),
    }
}

/// Line and column of a byte, counted from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    (line, column)
}
