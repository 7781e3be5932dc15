//! OSCAL XML to the shape of OSCAL JSON: elements that may repeat become lists under their plural name, paragraphs become `prose`, and
//! inline markup becomes OSCAL's Markdown, with `{{ insert: param, … }}` for parameters.

use std::borrow::Cow;
use std::sync::Arc;

use partywall_catalog::Position;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use serde_json::{Map, Value as Json};

use crate::text::one_line;
use crate::{OscalError, unpack};

/// No OSCAL element has more.
const MAX_ATTRIBUTES: usize = 64;

/// How an element stands in JSON.
#[derive(Clone, Copy)]
enum Shape {
    Object,
    Objects,
    Text,
    Texts,
    /// A paragraph, list or table of the parent's prose.
    Prose,
    Skipped,
}

/// The member's name and shape.
fn member(element: &str) -> (&'static str, Shape) {
    use Shape::{Object, Objects, Prose, Skipped, Text, Texts};
    match element {
        "catalog" => ("catalog", Object),
        "profile" => ("profile", Object),
        "metadata" => ("metadata", Object),
        "modify" => ("modify", Object),
        "back-matter" => ("back-matter", Object),
        "select" => ("select", Object),
        "include-all" => ("include-all", Object),
        "group" => ("groups", Objects),
        "control" => ("controls", Objects),
        "param" => ("params", Objects),
        "prop" => ("props", Objects),
        "link" => ("links", Objects),
        "part" => ("parts", Objects),
        "party" => ("parties", Objects),
        "responsible-party" => ("responsible-parties", Objects),
        "constraint" => ("constraints", Objects),
        "import" => ("imports", Objects),
        "include-controls" => ("include-controls", Objects),
        "exclude-controls" => ("exclude-controls", Objects),
        "matching" => ("matching", Objects),
        "set-parameter" => ("set-parameters", Objects),
        "alter" => ("alters", Objects),
        "add" => ("adds", Objects),
        "resource" => ("resources", Objects),
        "rlink" => ("rlinks", Objects),
        "title" => ("title", Text),
        "version" => ("version", Text),
        "last-modified" => ("last-modified", Text),
        "oscal-version" => ("oscal-version", Text),
        "label" => ("label", Text),
        "usage" => ("usage", Text),
        "name" => ("name", Text),
        "short-name" => ("short-name", Text),
        "description" => ("description", Text),
        "value" => ("values", Texts),
        "choice" => ("choice", Texts),
        "with-id" => ("with-ids", Texts),
        "party-uuid" => ("party-uuids", Texts),
        "p" | "ul" | "ol" | "table" | "pre" | "blockquote" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => ("prose", Prose),
        _ => ("", Skipped),
    }
}

/// An element that is still open.
struct Open {
    name: &'static str,
    shape: Shape,
    members: Map<String, Json>,
    prose: Vec<String>,
    /// What inline markup writes at its end; `Some` only inside a text.
    inline: Option<Cow<'static, str>>,
}

struct Builder {
    open: Vec<Open>,
    /// The text that is being read; only one is, since texts do not stand in texts.
    text: Option<String>,
    elements: usize,
    root: Option<Json>,
}

/// Reads an XML document.
///
/// # Errors
/// No well-formed XML, a document type declaration, entities of one's own, too many or too deep elements, a root that is no OSCAL.
pub(crate) fn to_json(text: &str, file: &str) -> Result<Json, OscalError> {
    let mut reader = Reader::from_str(text);
    let mut builder = Builder { open: Vec::new(), text: None, elements: 0, root: None };
    loop {
        let event = reader.read_event();
        let at = || place(text, reader.buffer_position(), file);
        let refused = |message: String| OscalError::Refused { position: at(), message };
        match event.map_err(|error| syntax(place(text, reader.error_position(), file), &error))? {
            Event::Start(element) => builder.start(&element).map_err(refused)?,
            Event::Empty(element) => {
                builder.start(&element).map_err(refused)?;
                builder.end();
            }
            Event::End(_) => builder.end(),
            Event::Text(words) => builder.write(&words.xml10_content()),
            Event::CData(words) => builder.write(&words.xml10_content()),
            Event::GeneralRef(name) => match name.resolve_char_ref().map_err(|error| syntax(at(), &error))? {
                Some(letter) => builder.write(letter.encode_utf8(&mut [0; 4])),
                None => {
                    let name = name.into_inner();
                    let known = resolve_predefined_entity(&name);
                    builder.write(
                        known.ok_or_else(|| refused(format!("the entity `{}` is none of XML's own; write its text", shown(&name))))?,
                    );
                }
            },
            Event::DocType(_) => {
                return Err(refused("a document type declaration; remove it, entities are not expanded".to_owned()));
            }
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    match (builder.root, builder.open.is_empty()) {
        (Some(root), true) => Ok(root),
        _ => Err(OscalError::Syntax {
            position: place(text, text.len() as u64, file),
            message: "the file ends before its last element does; fetch it again".to_owned(),
        }),
    }
}

impl Builder {
    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        self.elements += 1;
        if self.elements > unpack::MAX_NODES {
            return Err(unpack::too_many());
        }
        if self.open.len() >= unpack::MAX_DEPTH {
            return Err(unpack::too_deep());
        }
        let local = element.local_name();
        let local: &str = local.as_ref();
        if self.open.is_empty() {
            if self.root.is_some() {
                return Err(format!("a second root element `{}`; give one document per file", shown(local)));
            }
            if !matches!(local, "catalog" | "profile") {
                return Err(format!("the root element is `{}`; give an OSCAL catalog or profile", shown(local)));
            }
        }
        let inside_skipped = self.open.last().is_some_and(|open| matches!(open.shape, Shape::Skipped));
        let (name, mut shape) = if inside_skipped { ("", Shape::Skipped) } else { member(local) };
        let mut open = Open { name, shape, members: Map::new(), prose: Vec::new(), inline: None };
        if let Some(text) = &mut self.text {
            open.inline = Some(markup(local, &attributes(element)?, text));
        } else {
            // Prose belongs to parts; the paragraphs of other elements (overviews, remarks) are nobody's.
            let parent = self.open.last().map_or("", |parent| parent.name);
            if matches!(shape, Shape::Prose) && parent != "parts" {
                shape = Shape::Skipped;
                open.shape = shape;
            }
            match shape {
                Shape::Object | Shape::Objects => {
                    open.members.extend(attributes(element)?.into_iter().map(|(key, value)| (key, Json::String(value))));
                }
                Shape::Text | Shape::Texts | Shape::Prose => self.text = Some(String::new()),
                Shape::Skipped => {}
            }
        }
        self.open.push(open);
        Ok(())
    }

    fn write(&mut self, words: &str) {
        if let Some(text) = &mut self.text {
            text.push_str(words);
        }
    }

    fn end(&mut self) {
        let Some(mut open) = self.open.pop() else { return };
        if let Some(tail) = open.inline {
            return self.write(&tail);
        }
        let parent = self.open.last_mut();
        match open.shape {
            Shape::Object | Shape::Objects => {
                if !open.prose.is_empty() {
                    open.members.insert("prose".to_owned(), Json::String(open.prose.join("\n\n")));
                }
                let value = Json::Object(open.members);
                match parent {
                    Some(parent) => put(&mut parent.members, open.name, value, matches!(open.shape, Shape::Objects)),
                    None => self.root = Some(Json::Object(Map::from_iter([(open.name.to_owned(), value)]))),
                }
            }
            Shape::Text | Shape::Texts | Shape::Prose => {
                let text = one_line(&self.text.take().unwrap_or_default());
                let Some(parent) = parent else { return };
                match open.shape {
                    Shape::Prose => parent.prose.push(text),
                    shape => put(&mut parent.members, open.name, Json::String(text), matches!(shape, Shape::Texts)),
                }
            }
            Shape::Skipped => {}
        }
    }
}

fn put(members: &mut Map<String, Json>, name: &str, value: Json, many: bool) {
    if many {
        if let Json::Array(items) = members.entry(name).or_insert_with(|| Json::Array(Vec::new())) {
            items.push(value);
        }
    } else {
        members.insert(name.to_owned(), value);
    }
}

/// Writes the beginning of inline markup as Markdown; gives its end.
fn markup(name: &str, attributes: &[(String, String)], text: &mut String) -> Cow<'static, str> {
    let attribute = |wanted: &str| attributes.iter().find(|(key, _)| key == wanted).map_or("", |(_, value)| value);
    let (start, end): (&str, Cow<'static, str>) = match name {
        "insert" => {
            text.push_str("{{ insert: param, ");
            text.push_str(attribute("id-ref"));
            (" }}", "".into())
        }
        "a" => ("[", format!("]({})", attribute("href")).into()),
        "strong" | "b" => ("**", "**".into()),
        "em" | "i" => ("*", "*".into()),
        "code" => ("`", "`".into()),
        "q" => ("\"", "\"".into()),
        "li" => (" - ", " ".into()),
        "td" | "th" => (" | ", " ".into()),
        "p" | "br" | "tr" | "pre" | "ul" | "ol" => (" ", " ".into()),
        _ => ("", "".into()),
    };
    text.push_str(start);
    end
}

fn attributes(element: &BytesStart<'_>) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    // Looking for attributes that come twice takes the square of their number; the count is capped and the last one wins.
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        found.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
        if found.len() > MAX_ATTRIBUTES {
            return Err(format!("an element with more than {MAX_ATTRIBUTES} attributes; give the catalogue as its publisher wrote it"));
        }
    }
    Ok(found)
}

/// A name from the file for an error: short, one line, nothing that moves a cursor.
fn shown(name: &str) -> String {
    partywall_model::plain(&name.chars().take(60).collect::<String>()).into_owned()
}

fn syntax(position: Position, error: &quick_xml::Error) -> OscalError {
    OscalError::Syntax { position, message: partywall_model::plain(&error.to_string()).into_owned() }
}

fn place(text: &str, offset: u64, file: &str) -> Position {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(text.len());
    let offset = (0..=offset).rev().find(|offset| text.is_char_boundary(*offset)).unwrap_or(0);
    Position::of(&Arc::from(file), text, Some(offset..offset))
}
