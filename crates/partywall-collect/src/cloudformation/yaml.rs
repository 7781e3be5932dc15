//! YAML events to the tree: aliases are expanded within limits, short tags become long forms.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::document::{Fault, Kind, MAX_DEPTH, MAX_NODES, Member, Node, Position, count, plain_scalar, reject_duplicates, shown};

type EventTag<'a> = Option<Cow<'a, Tag>>;

/// Reads one YAML document.
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let mut parser = Parser::new_from_str(text);
    let mut builder = Builder::default();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| Fault::syntax(position(*error.marker()), lower_first(error.info())))?;
        builder.take(event, position(span.start))?;
    }
    Ok(builder.root.unwrap_or(Node { at: Position::START, kind: Kind::Null }))
}

fn position(marker: Marker) -> Position {
    Position { line: count(marker.line().saturating_sub(1)), column: count(marker.col()) }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

/// A mapping or list that is still open.
struct Open<'a> {
    at: Position,
    anchor: usize,
    tag: EventTag<'a>,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { members: Vec<Member>, merges: Vec<Node>, key: Option<PendingKey> },
}

/// A key whose value is still to come.
struct PendingKey {
    name: Box<str>,
    at: Position,
    /// A plain `<<`: its value's members are added to the mapping.
    merge: bool,
}

#[derive(Default)]
struct Builder<'a> {
    open: Vec<Open<'a>>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    documents: usize,
    root: Option<Node>,
}

struct Anchored {
    node: Node,
    depth: usize,
    size: usize,
}

impl<'a> Builder<'a> {
    fn take(&mut self, event: Event<'a>, at: Position) -> Result<(), Fault> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Fault::refused(at, "a second YAML document: a template is one document, split the file"));
                }
                Ok(())
            }
            Event::Alias(anchor) => {
                let Some(Anchored { node, depth, size }) = self.anchors.get(&anchor) else {
                    return Err(Fault::refused(at, "an alias inside the value that it stands for"));
                };
                self.nodes += size;
                if self.nodes > MAX_NODES {
                    return Err(Fault::too_many(at));
                }
                if self.open.len() + depth > MAX_DEPTH {
                    return Err(Fault::too_deep(at));
                }
                let node = node.clone();
                self.place(node)
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.enter(at)?;
                if self.expects_key() {
                    return self.take_key(text, style, tag.as_deref(), anchor, at);
                }
                let kind = scalar(text, style, tag.as_deref());
                self.finish(Node { at, kind }, tag.as_deref(), anchor)
            }
            Event::SequenceStart(anchor, tag) => self.start(at, anchor, tag, Content::List(Vec::new())),
            Event::MappingStart(anchor, tag) => {
                self.start(at, anchor, tag, Content::Map { members: Vec::new(), merges: Vec::new(), key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { at, anchor, tag, content }) = self.open.pop() else { return Ok(()) };
                let kind = match content {
                    Content::List(items) => Kind::List(items),
                    Content::Map { members, merges, .. } => {
                        reject_duplicates(&members)?;
                        Kind::Map(merged(members, merges)?)
                    }
                };
                self.finish(Node { at, kind }, tag.as_deref(), anchor)
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    /// Counts a value against the limits before it is built.
    fn enter(&mut self, at: Position) -> Result<(), Fault> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(Fault::too_many(at));
        }
        if self.open.len() >= MAX_DEPTH { Err(Fault::too_deep(at)) } else { Ok(()) }
    }

    fn start(&mut self, at: Position, anchor: usize, tag: EventTag<'a>, content: Content) -> Result<(), Fault> {
        self.enter(at)?;
        if self.expects_key() {
            return Err(Fault::refused(at, "a key is a list or a mapping: keys are text"));
        }
        self.open.push(Open { at, anchor, tag, content });
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Map { key: None, .. }, .. }))
    }

    fn take_key(&mut self, text: Cow<'a, str>, style: ScalarStyle, tag: Option<&Tag>, anchor: usize, at: Position) -> Result<(), Fault> {
        if tag.is_some_and(|tag| !tag.is_yaml_core_schema()) {
            return Err(Fault::refused(at, "a key has a tag: keys are text"));
        }
        let merge = style == ScalarStyle::Plain && text == "<<";
        let name: Box<str> = text.into();
        if anchor > 0 {
            self.remember(anchor, Node { at, kind: Kind::Str(name.clone()) })?;
        }
        if let Some(Open { content: Content::Map { key, .. }, .. }) = self.open.last_mut() {
            *key = Some(PendingKey { name, at, merge });
        }
        Ok(())
    }

    fn finish(&mut self, node: Node, tag: Option<&Tag>, anchor: usize) -> Result<(), Fault> {
        let node = match tag.and_then(long_form) {
            None => node,
            Some(name) => {
                let at = node.at;
                self.enter(at)?;
                Node { at, kind: Kind::Map(vec![Member { name: name.into(), at, value: node }]) }
            }
        };
        if anchor > 0 {
            self.remember(anchor, node.clone())?;
        }
        self.place(node)
    }

    fn remember(&mut self, anchor: usize, node: Node) -> Result<(), Fault> {
        let (depth, size) = (node.depth(), node.size());
        // Anchors within anchors are kept whole each: what is kept counts like what is used.
        self.nodes += size;
        if self.nodes > MAX_NODES {
            return Err(Fault::too_many(node.at));
        }
        self.anchors.insert(anchor, Anchored { node, depth, size });
        Ok(())
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, node: Node) -> Result<(), Fault> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { members, merges, key }) => match key.take() {
                Some(PendingKey { merge: true, .. }) => merges.push(node),
                Some(PendingKey { name, at, .. }) => members.push(Member { name: name.into(), at, value: node }),
                // Only an alias arrives here: every other key is taken as text.
                None => match node.text() {
                    Some(text) => *key = Some(PendingKey { name: text.into(), at: node.at, merge: false }),
                    None => return Err(Fault::refused(node.at, "a key is a list or a mapping: keys are text")),
                },
            },
        }
        Ok(())
    }
}

/// The members of a mapping and of what it merges in; its own win, then the earlier merged.
fn merged(mut members: Vec<Member>, merges: Vec<Node>) -> Result<Vec<Member>, Fault> {
    if merges.is_empty() {
        return Ok(members);
    }
    let mut names: HashSet<_> = members.iter().map(|member| member.name.clone()).collect();
    let mut sources = Vec::new();
    for node in merges {
        match node.kind {
            Kind::List(items) => sources.extend(items),
            kind => sources.push(Node { at: node.at, kind }),
        }
    }
    for source in sources {
        let Kind::Map(more) = source.kind else {
            return Err(Fault::refused(source.at, "`<<` merges mappings only"));
        };
        members.extend(more.into_iter().filter(|member| names.insert(member.name.clone())));
    }
    Ok(members)
}

fn scalar(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>) -> Kind {
    let core = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
    match core {
        Some("null" | "bool" | "int" | "float") => plain_scalar(&text),
        None if style == ScalarStyle::Plain => plain_scalar(&text),
        Some(_) | None => Kind::Str(text.into()),
    }
}

/// The function that a short tag stands for: `!Sub` is `Fn::Sub`. Tags of YAML itself stand for none.
fn long_form(tag: &Tag) -> Option<String> {
    if tag.is_yaml_core_schema() || tag.suffix.is_empty() || (tag.handle.is_empty() && tag.suffix == "!") {
        return None;
    }
    Some(match tag.suffix.as_str() {
        "Ref" | "Condition" => tag.suffix.clone(),
        other => format!("Fn::{}", shown(other)),
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn fault(text: &str) -> (u32, u32, String) {
        let fault = parse(text).unwrap_err();
        (fault.at.line, fault.at.column, fault.message)
    }

    fn shape(node: &Node) -> String {
        match &node.kind {
            Kind::List(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(",")),
            Kind::Map(members) => {
                let members: Vec<_> = members.iter().map(|member| format!("{}:{}", member.name, shape(&member.value))).collect();
                format!("{{{}}}", members.join(","))
            }
            Kind::Str(text) => format!("'{text}'"),
            Kind::Null => "null".to_owned(),
            _ => node.text().unwrap().into_owned(),
        }
    }

    #[test]
    fn keeps_places_of_keys_and_values() {
        let root = parse("# c\nä:\n  b: !Ref X\n  c:\n  - d: 1\n    e: |\n      x\n  -  2\n").unwrap();
        let outer = &root.members().unwrap()[0];
        assert_eq!((outer.at.line, outer.at.column), (2, 1));
        let members = outer.value.members().unwrap();
        assert_eq!((members[0].at.line, members[0].at.column), (3, 3));
        assert_eq!((members[0].value.at.line, members[0].value.at.column), (3, 6));
        let items = members[1].value.items().unwrap();
        assert_eq!((items[0].at.line, items[0].at.column), (5, 5));
        assert_eq!((items[1].at.line, items[1].at.column), (8, 6));
    }

    #[test]
    fn short_tags_are_long_forms() {
        for (text, want) in [
            ("!Ref A", "{Ref:'A'}"),
            ("!Condition A", "{Condition:'A'}"),
            ("!GetAtt A.B.C", "{Fn::GetAtt:'A.B.C'}"),
            ("!Join [',', [a, !Ref B]]", "{Fn::Join:[',',['a',{Ref:'B'}]]}"),
            ("!Sub\n- a\n- {x: !Ref Y}", "{Fn::Sub:['a',{x:{Ref:'Y'}}]}"),
            ("!Base64\n  Fn::Sub: a", "{Fn::Base64:{Fn::Sub:'a'}}"),
            ("!!str 12", "'12'"),
            ("!!int '12'", "12"),
            ("! 12", "12"),
            ("!!map {a: 1}", "{a:1}"),
            ("'12'", "'12'"),
            ("\"true\"", "'true'"),
            ("? a\n: 1", "{a:1}"),
            ("12: a", "{12:'a'}"),
        ] {
            assert_eq!(shape(&parse(text).unwrap()), want, "{text}");
        }
    }

    #[test]
    fn aliases_and_merges() {
        assert_eq!(shape(&parse("a: &x {k: 1, l: 2}\nb: *x\nc: {<<: *x, k: 3}").unwrap()), "{a:{k:1,l:2},b:{k:1,l:2},c:{k:3,l:2}}");
        assert_eq!(shape(&parse("a: &x {k: 1}\nb: &y {k: 2, l: 2}\nc: {<<: [*x, *y]}").unwrap()), "{a:{k:1},b:{k:2,l:2},c:{k:1,l:2}}");
        assert_eq!(shape(&parse("a: &x k\n*x : 1").unwrap()), "{a:'k',k:1}");
        assert_eq!(shape(&parse("'<<': {a: 1}").unwrap()), "{<<:{a:1}}");
        assert!(fault("a: {<<: 1}").2.contains("mappings only"));
        assert!(fault("a: &x [*x]").2.contains("inside the value"));
        assert!(fault("a: *x").2.contains("anchor"));
    }

    #[test]
    fn a_bomb_of_aliases_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..20 {
            let earlier = vec![format!("*a{}", level - 1); 10].join(", ");
            writeln!(text, "a{level}: &a{level} [{earlier}]").unwrap();
        }
        assert!(fault(&text).2.contains("more than"));
        let mut chain = "a0: &a0 [x]\n".to_owned();
        for level in 1..300 {
            writeln!(chain, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
        }
        assert!(fault(&chain).2.contains("deeper"));
    }

    #[test]
    fn deep_nesting_is_refused() {
        for levels in [1_000, 200_000] {
            assert!(!fault(&"[".repeat(levels)).2.is_empty());
            assert!(!fault(&"{a: ".repeat(levels)).2.is_empty());
            assert!(fault(&"- ".repeat(levels)).2.contains("deeper"));
            assert!(!fault(&"? ".repeat(levels)).2.is_empty());
        }
        let mut stairs = String::new();
        for level in 0..1_000 {
            writeln!(stairs, "{}a:", " ".repeat(level)).unwrap();
        }
        assert!(fault(&stairs).2.contains("deeper"));
        assert!(fault(&"!Ref ".repeat(1_000)).0 == 1);
    }

    #[test]
    fn names_the_place_of_what_is_wrong() {
        assert_eq!(fault("a: 1\nb: 2\na: 3"), (3, 1, "key `a` is there twice".to_owned()));
        assert_eq!(fault("a:\n\t- b").0, 2);
        assert_eq!(fault("a: [1, 2\nb: 1").0, 2);
        assert_eq!(fault("a: 1\n---\nb: 2").0, 2);
        assert_eq!(fault("[a, b]: 1").2, "a key is a list or a mapping: keys are text");
        assert_eq!(shape(&parse("").unwrap()), "null");
        assert_eq!(shape(&parse("---\na: 1\n...\n").unwrap()), "{a:1}");
    }
}
