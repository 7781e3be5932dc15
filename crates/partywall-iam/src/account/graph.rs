//! Pictures of an account as text.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::access::Standing;
use super::edges::Target;
use super::model::Account;
use super::paths::Escalations;
use super::trust_map::{From, TrustMap};

/// An arrow of a picture of paths.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrow<'f> {
    pub(super) from: usize,
    pub(super) to: Target,
    /// The way, or that it is so already.
    pub(super) label: &'f str,
    pub(super) certain: bool,
}

/// Every step of the paths once, and what administrators have.
pub(super) fn arrows(found: &Escalations) -> BTreeSet<Arrow<'_>> {
    let is =
        found.admins.iter().map(|admin| Arrow { from: admin.principal, to: Target::Admin, label: "is", certain: admin.depends.is_none() });
    let steps = found.paths.iter().flat_map(|path| &path.steps);
    let taken = steps.map(|step| Arrow { from: step.from, to: step.to, label: step.rule, certain: step.depends.is_empty() });
    is.chain(taken).collect()
}

impl Account {
    /// The paths to all rights as a graph in the DOT language of Graphviz: who can take whose rights, and how. What depends on
    /// something that is not known is dashed.
    pub fn paths_dot(&self, found: &Escalations) -> String {
        let mut text =
            String::from("digraph paths {\n  rankdir=LR;\n  node [shape=box];\n  admin [label=\"all rights\", shape=octagon];\n");
        let arrows = arrows(found);
        let mut nodes = BTreeSet::new();
        for arrow in &arrows {
            nodes.insert(arrow.from);
            if let Target::Principal(number) = arrow.to {
                nodes.insert(number);
            }
        }
        for number in nodes {
            self.node(&mut text, number);
        }
        for arrow in &arrows {
            let to = match arrow.to {
                Target::Admin => "admin".to_owned(),
                Target::Principal(number) => format!("p{number}"),
            };
            let style = if arrow.certain { "solid" } else { "dashed" };
            let _ = writeln!(text, "  p{} -> {to} [label={}, style={style}];", arrow.from, quoted(arrow.label));
        }
        text.push_str("}\n");
        text
    }

    /// Who can take which role, as a graph in the DOT language. What conditions keep is dashed; what comes from outside is red.
    pub fn trust_dot(&self, map: &TrustMap) -> String {
        let mut text = String::from("digraph trust {\n  rankdir=LR;\n  node [shape=box];\n");
        let roles: BTreeSet<usize> = map.trusts.iter().map(|trust| trust.role).collect();
        for number in roles {
            self.node(&mut text, number);
        }
        for trust in map.trusts.iter().filter(|trust| trust.from != From::Deleted) {
            let style = if trust.standing == Standing::Allowed { "solid" } else { "dashed" };
            let color = if matches!(trust.from, From::Anyone | From::OtherAccount | From::Provider) { ", color=red" } else { "" };
            let _ = writeln!(
                text,
                "  {} -> p{} [label={}, style={style}{color}];",
                quoted(&trust.name),
                trust.role,
                quoted(&trust.conditions.join("\n"))
            );
        }
        text.push_str("}\n");
        text
    }

    fn node(&self, text: &mut String, number: usize) {
        let Some(of) = self.principals.get(number) else { return };
        let _ = writeln!(text, "  p{number} [label={}];", quoted(&format!("{} {}", of.kind.name(), of.name)));
    }
}

/// A quoted text of the DOT language.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
