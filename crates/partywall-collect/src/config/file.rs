//! The forms in which Config's items come: lists in snapshot and history files and in answers of the API, answers of queries, single items
//! and events that wrap one.

use std::borrow::Cow;
use std::fmt;

use partywall_model::Value;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::ReadError;
use crate::json::{Names, value_from_slice};

/// What a query asked for, by the names that its answer gives the fields; `None` for items that hold all that was recorded.
pub(super) struct Selected(Option<Vec<String>>);

impl Selected {
    /// These fields.
    pub(super) fn of(fields: Vec<String>) -> Self {
        Self(Some(fields))
    }

    /// True if everything at this path of the item was asked for.
    pub(super) fn has(&self, path: &str) -> bool {
        let Self(Some(fields)) = self else { return true };
        let above = |field: &str| path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        fields.iter().any(|field| field == "*" || above(field))
    }
}

/// What a file says beside its items.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// There are items that the file does not hold, in words for people.
    pub(super) more: Option<String>,
}

/// Hands over each item of a file, as JSON text, in the order of the file.
///
/// # Errors
/// The text is no JSON of Config, or `each` fails. The items before the broken place have been handed over.
pub(super) fn each_item(text: &str, each: &mut dyn FnMut(&str, &Selected) -> Result<(), ReadError>) -> Result<Beside, ReadError> {
    let head = text.get(..4096.min(text.len())).or_else(|| text.get(..4093.min(text.len()))).unwrap_or(text);
    if head.contains("\"Results\"") && !head.contains("onfigurationItems\"") {
        return each_result(text, each);
    }
    let mut lists = Lists { each, beside: Beside::default(), found: false, failed: None };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = (&mut lists).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    let Lists { beside, found, failed, .. } = lists;
    match (failed, read) {
        (Some(error), _) => Err(error),
        (None, Err(error)) if found => Err(error.into()),
        (None, Ok(())) if found => Ok(beside),
        _ => each_single(text, each).map(|()| Beside::default()),
    }
}

/// One item, a list of them without a name, or an event of Config that wraps one.
fn each_single(text: &str, each: &mut dyn FnMut(&str, &Selected) -> Result<(), ReadError>) -> Result<(), ReadError> {
    let whole: Value = value_from_slice(text.as_bytes(), &mut Names::default())?;
    let wrapped = ["configurationItem", "detail.configurationItem", "invokingEvent.configurationItem"]
        .iter()
        .find_map(|path| whole.at(path))
        .and_then(partywall_table::canonical_json);
    let all = Selected(None);
    match (wrapped, whole.as_list()) {
        (Some(item), _) => each(&item, &all),
        (None, Some(items)) => items.iter().filter_map(partywall_table::canonical_json).try_for_each(|item| each(&item, &all)),
        (None, None) => each(text, &all),
    }
}

#[derive(Deserialize)]
struct SelectFile<'a> {
    #[serde(rename = "Results", borrow)]
    results: Vec<Cow<'a, str>>,
    #[serde(rename = "QueryInfo")]
    info: Option<QueryInfo>,
    #[serde(rename = "NextToken")]
    next: Option<String>,
}

#[derive(Deserialize, Default)]
struct QueryInfo {
    #[serde(rename = "SelectFields", default)]
    fields: Vec<SelectField>,
}

#[derive(Deserialize)]
struct SelectField {
    #[serde(rename = "Name")]
    name: String,
}

/// Without `QueryInfo` nobody can say what was asked for, so nothing was.
fn each_result(text: &str, each: &mut dyn FnMut(&str, &Selected) -> Result<(), ReadError>) -> Result<Beside, ReadError> {
    let file: SelectFile<'_> = serde_json::from_str(text)?;
    let selected = Selected(Some(file.info.unwrap_or_default().fields.into_iter().map(|field| field.name).collect()));
    for result in &file.results {
        each(result, &selected)?;
    }
    Ok(Beside { more: file.next.filter(|token| !token.is_empty()).map(|_| "the query had more results: read all pages".to_owned()) })
}

/// The member lists of a file; each item goes on before the next is read.
struct Lists<'a> {
    each: &'a mut dyn FnMut(&str, &Selected) -> Result<(), ReadError>,
    beside: Beside,
    found: bool,
    failed: Option<ReadError>,
}

impl<'de> DeserializeSeed<'de> for &mut Lists<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Lists<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("configuration items")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        while let Some(name) = access.next_key::<Cow<'_, str>>()? {
            match &*name {
                "configurationItems" => {
                    self.found = true;
                    access.next_value_seed(Items { lists: self, selected: Selected(None) })?;
                }
                // What `batch-get-resource-config` answers: items without tags.
                "baseConfigurationItems" => {
                    self.found = true;
                    let recorded = ["configuration", "supplementaryConfiguration", "arn"].map(str::to_owned).to_vec();
                    access.next_value_seed(Items { lists: self, selected: Selected(Some(recorded)) })?;
                }
                "unprocessedResourceKeys" => {
                    let keys: Vec<IgnoredAny> = access.next_value()?;
                    if !keys.is_empty() {
                        self.beside.more = Some(format!("{} resources were not processed: ask for them again", keys.len()));
                    }
                }
                "nextToken" => {
                    if access.next_value::<Option<String>>()?.is_some_and(|token| !token.is_empty()) {
                        self.beside.more = Some("there were more items: read all pages".to_owned());
                    }
                }
                _ => {
                    access.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Items<'a, 'b> {
    lists: &'a mut Lists<'b>,
    selected: Selected,
}

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of configuration items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        while let Some(item) = access.next_element::<&RawValue>()? {
            if let Err(error) = (self.lists.each)(item.get(), &self.selected) {
                self.lists.failed = Some(error);
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}
