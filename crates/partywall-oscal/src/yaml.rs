//! YAML to a tree. Scalars stay text, short tags become long forms (`!Ref A` is `{"Ref": "A"}`), aliases are refused.

use std::borrow::Cow;
use std::sync::Arc;

use partywall_catalog::Position;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value as Json};

use crate::{OscalError, unpack};

/// Reads one YAML document.
///
/// # Errors
/// No YAML, aliases, a second document, too many or too deep values.
pub(crate) fn parse(text: &str, file: &str) -> Result<Json, OscalError> {
    let position = |marker: Marker| Position { file: Arc::from(file), line: marker.line().max(1), column: marker.col() + 1 };
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let message = partywall_model::plain(error.info()).into_owned();
            OscalError::Syntax { position: position(*error.marker()), message }
        })?;
        builder.take(event).map_err(|message| OscalError::Refused { position: position(span.start), message })?;
    }
    Ok(builder.root.unwrap_or_default())
}

/// A mapping or list that is still open.
struct Open<'a> {
    tag: Option<Cow<'a, Tag>>,
    content: Content,
}

enum Content {
    List(Vec<Json>),
    Map(Map<String, Json>, Option<String>),
}

#[derive(Default)]
struct Builder<'a> {
    open: Vec<Open<'a>>,
    nodes: usize,
    documents: usize,
    root: Option<Json>,
}

impl<'a> Builder<'a> {
    fn take(&mut self, event: Event<'a>) -> Result<(), String> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err("a second YAML document; give one document per file".to_owned());
                }
                Ok(())
            }
            Event::Alias(_) => Err("an alias; write the value out, aliases are not expanded".to_owned()),
            Event::Scalar(text, style, _, tag) => {
                self.enter()?;
                if let Some(Open { content: Content::Map(_, key @ None), .. }) = self.open.last_mut() {
                    *key = Some(text.into_owned());
                    return Ok(());
                }
                let is_null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value = if is_null && tag.is_none() { Json::Null } else { Json::String(text.into_owned()) };
                self.place(tagged(value, tag.as_deref()))
            }
            Event::SequenceStart(_, tag) => self.start(tag, Content::List(Vec::new())),
            Event::MappingStart(_, tag) => self.start(tag, Content::Map(Map::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let value = match open.content {
                    Content::List(items) => Json::Array(items),
                    Content::Map(members, _) => Json::Object(members),
                };
                self.place(tagged(value, open.tag.as_deref()))
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    /// Counts a value against the limits before it is built.
    fn enter(&mut self) -> Result<(), String> {
        self.nodes += 1;
        if self.nodes > unpack::MAX_NODES {
            return Err(unpack::too_many());
        }
        if self.open.len() >= unpack::MAX_DEPTH { Err(unpack::too_deep()) } else { Ok(()) }
    }

    fn start(&mut self, tag: Option<Cow<'a, Tag>>, content: Content) -> Result<(), String> {
        self.enter()?;
        if matches!(self.open.last(), Some(Open { content: Content::Map(_, None), .. })) {
            return Err("a key is a list or a mapping; keys are text".to_owned());
        }
        self.open.push(Open { tag, content });
        Ok(())
    }

    fn place(&mut self, value: Json) -> Result<(), String> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(value),
            Some(Content::List(items)) => items.push(value),
            Some(Content::Map(members, key)) => {
                let key = key.take().unwrap_or_default();
                if members.contains_key(&key) {
                    let key: String = key.chars().take(60).collect();
                    return Err(format!("a second `{}` in one mapping; remove one", partywall_model::plain(&key)));
                }
                members.insert(key, value);
            }
        }
        Ok(())
    }
}

/// The value under the function that a short tag stands for: `!Sub` is `Fn::Sub`. Tags of YAML itself stand for none.
fn tagged(value: Json, tag: Option<&Tag>) -> Json {
    let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema() && !tag.suffix.is_empty() && tag.suffix != "!") else { return value };
    let name = if matches!(tag.suffix.as_str(), "Ref" | "Condition") { tag.suffix.clone() } else { format!("Fn::{}", tag.suffix) };
    Json::Object(Map::from_iter([(name, value)]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_text_and_tags_are_functions() {
        let text = "a: 1\nb: !Ref X\nc: [true, ~, '~']\nd: !If [c, !Ref P, !Sub 'x${Y}']\n";
        let want = json!({"a": "1", "b": {"Ref": "X"}, "c": ["true", null, "~"],
            "d": {"Fn::If": ["c", {"Ref": "P"}, {"Fn::Sub": "x${Y}"}]}});
        assert_eq!(parse(text, "p.yaml").unwrap(), want);
        assert_eq!(parse("{\"a\":\t{\"b\": [1.5, \"x\\u00e4\"]}}", "p.json").unwrap(), json!({"a": {"b": ["1.5", "xä"]}}));
    }

    #[test]
    fn what_no_pack_has_is_refused_with_its_place() {
        for (text, want) in [
            ("a: &x 1\nb: *x\n", "p.yaml:2:4: an alias"),
            ("a: 1\n---\nb: 1\n", "p.yaml:2:1: a second YAML document"),
            ("a: 1\na: 2\n", "p.yaml:2:4: a second `a`"),
            ("a: [1\n", "p.yaml:2:1: "),
            ("? [a]\n: 1\n", "p.yaml:1:3: a key is"),
        ] {
            let error = parse(text, "p.yaml").unwrap_err().to_string();
            assert!(error.starts_with(want), "{error}");
        }
    }
}
