//! Pictures of an account as text.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::access::Standing;
use super::edges::Target;
use super::model::Account;
use super::paths::Escalations;
use super::trust_map::{From, TrustMap};

impl Account {
    /// The paths to all rights as a graph in the DOT language of Graphviz: who can take whose rights, and how. What depends on
    /// something that is not known is dashed.
    pub fn paths_dot(&self, found: &Escalations) -> String {
        let mut text =
            String::from("digraph paths {\n  rankdir=LR;\n  node [shape=box];\n  admin [label=\"all rights\", shape=octagon];\n");
        let (mut nodes, mut edges) = (BTreeSet::new(), BTreeSet::new());
        for admin in &found.admins {
            nodes.insert(admin.principal);
            let style = if admin.depends.is_none() { "solid" } else { "dashed" };
            edges.insert(format!("  p{} -> admin [label=\"is\", style={style}];\n", admin.principal));
        }
        for step in found.paths.iter().flat_map(|path| &path.steps) {
            nodes.insert(step.from);
            let to = match step.to {
                Target::Admin => "admin".to_owned(),
                Target::Principal(number) => {
                    nodes.insert(number);
                    format!("p{number}")
                }
            };
            let style = if step.depends.is_empty() { "solid" } else { "dashed" };
            edges.insert(format!("  p{} -> {to} [label={}, style={style}];\n", step.from, quoted(step.rule)));
        }
        for number in nodes {
            self.node(&mut text, number);
        }
        text.extend(edges);
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
