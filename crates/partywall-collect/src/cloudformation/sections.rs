//! The parts of a template that references lead to, indexed by name.

use std::collections::HashMap;

use super::document::{Fault, Kind, Member, Node};

/// What a template declares. Duplicate names cannot occur: the readers refuse them.
pub(super) struct Sections<'a> {
    pub(super) parameters: HashMap<&'a str, &'a Member>,
    /// By map name, first and second key.
    pub(super) mappings: HashMap<(&'a str, &'a str, &'a str), &'a Node>,
    /// An include or a macro may add mappings, or change them.
    pub(super) mappings_open: bool,
    pub(super) conditions: HashMap<&'a str, &'a Node>,
    pub(super) resources: HashMap<&'a str, Declared<'a>>,
}

/// A resource as far as others refer to it.
#[derive(Clone, Copy)]
pub(super) struct Declared<'a> {
    pub(super) resource_type: &'a str,
    pub(super) properties: Option<&'a Node>,
    pub(super) condition: Option<&'a Node>,
}

impl<'a> Sections<'a> {
    pub(super) fn of(root: &'a Node) -> Result<Self, Fault> {
        let parameters = section(root, "Parameters")?.iter().map(|member| (&*member.name, member)).collect();
        let conditions = section(root, "Conditions")?.iter().map(|member| (&*member.name, &member.value)).collect();
        let mut mappings = HashMap::new();
        let mut mappings_open = includes(root);
        for map in section(root, "Mappings")? {
            let second = map.value.members().unwrap_or_default();
            mappings_open |= is_function(map) || second.iter().any(is_function);
            mappings_open |= second.iter().flat_map(|first| first.value.members().unwrap_or_default()).any(is_function);
            for first in map.value.members().unwrap_or_default() {
                for second in first.value.members().unwrap_or_default() {
                    mappings.insert((&*map.name, &*first.name, &*second.name), &second.value);
                }
            }
        }
        let resources = section(root, "Resources")?.iter().filter_map(|member| Some((&*member.name, declared(&member.value)?))).collect();
        Ok(Self { parameters, mappings, mappings_open, conditions, resources })
    }
}

fn is_function(member: &Member) -> bool {
    member.name.starts_with("Fn::")
}

/// True if the template as a whole includes another file, which may bring anything that is not here.
fn includes(root: &Node) -> bool {
    let listed = root.get("Transform").map_or(&[][..], |node| node.items().unwrap_or(std::slice::from_ref(node)));
    let named = |node: &Node| node.get("Name").and_then(Node::text).is_some_and(|name| name == "AWS::Include");
    listed.iter().chain(root.get("Fn::Transform")).any(named)
}

/// The members of a top-level section; none if it is absent or empty.
pub(super) fn section<'a>(root: &'a Node, name: &str) -> Result<&'a [Member], Fault> {
    match root.get(name) {
        None | Some(Node { kind: Kind::Null, .. }) => Ok(&[]),
        Some(node) => node.members().ok_or_else(|| Fault::refused(node.at, format!("`{name}` is not a mapping"))),
    }
}

/// What a member of `Resources` declares; `None` if it has no type.
pub(super) fn declared(node: &Node) -> Option<Declared<'_>> {
    match &node.get("Type")?.kind {
        Kind::Str(resource_type) => Some(Declared { resource_type, properties: node.get("Properties"), condition: node.get("Condition") }),
        _ => None,
    }
}
