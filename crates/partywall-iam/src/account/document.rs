//! Policy documents of an account, each read and made ready once however often it is attached.

use std::collections::HashMap;
use std::sync::Arc;

use partywall_model::{Cause, CauseKind, Value};
use serde_json::Value as Json;

use crate::batch::tree_of;
use crate::eval::Policy;
use crate::{Document, Element, Items, Known, PrincipalKind, Principals, Statement};

/// The number of a document among all of the account.
pub(crate) type DocumentId = usize;

/// A document, made ready.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) document: Document,
    /// Without a name; each attachment has its own.
    pub(crate) policy: Policy,
    /// False if a part is not known: then an unknown answer may come from the policy rather than from the request.
    pub(crate) is_whole: bool,
    /// What it says may differ between two callers to whom it is attached: it has variables, or conditions on who calls.
    pub(crate) is_about_caller: bool,
}

/// All documents; equal ones are one.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    ready: Vec<Ready>,
    by_text: HashMap<Box<str>, DocumentId>,
}

impl Documents {
    pub(crate) fn get(&self, id: DocumentId) -> Option<&Ready> {
        self.ready.get(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Ready> {
        self.ready.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.ready.len()
    }

    /// Takes in a document: a tree, or its text, percent-encoded or not.
    pub(crate) fn add(&mut self, tree: &Value) -> DocumentId {
        let text: Box<str> = format!("{tree:?}").into();
        if let Some(id) = self.by_text.get(&text) {
            return *id;
        }
        let id = self.push(Document::parse(tree));
        self.by_text.insert(text, id);
        id
    }

    /// Takes in a document that could not be read.
    pub(crate) fn add_unknown(&mut self, cause: Cause) -> DocumentId {
        self.push(Err(Arc::new(cause)))
    }

    fn push(&mut self, document: Result<Document, Arc<Cause>>) -> DocumentId {
        let document = document.unwrap_or_else(|cause| unknown_document(&cause));
        self.ready.push(Ready {
            policy: Policy::new("", &document),
            is_whole: document.flaws().is_empty(),
            is_about_caller: document.statements.known.iter().any(is_about_caller),
            document,
        });
        self.ready.len().saturating_sub(1)
    }

    /// The policy under a name of its own.
    pub(crate) fn named(&self, id: DocumentId, name: &str) -> Option<Policy> {
        self.get(id).map(|ready| Policy { name: name.into(), ..ready.policy.clone() })
    }
}

/// The tree of a JSON value; unknown if it is nested too deep.
pub(crate) fn tree(json: &Json) -> Value {
    tree_of(json, 0).unwrap_or_else(|reason| Value::unknown(Cause::new(CauseKind::WrongType, reason)))
}

/// A document of which nothing is known.
pub(crate) fn unknown_document(cause: &Arc<Cause>) -> Document {
    Document { version: None, id: None, statements: Items { known: Vec::new(), missing: Some(Arc::clone(cause)) } }
}

fn is_about_caller(statement: &Statement) -> bool {
    // Keys that are filled in from who calls.
    const KEYS: [&str; 2] = ["aws:principal", "aws:user"];
    let by_condition = statement.conditions.known.iter().any(|condition| {
        let key = condition.key.to_ascii_lowercase();
        let value_varies = match &condition.values {
            Known::Is(values) => values.known.iter().any(|value| value.contains("${")),
            Known::Unknown(_) => true,
        };
        KEYS.iter().any(|start| key.starts_with(start)) || value_varies
    });
    let by_resource = match statement.resource.content() {
        Some(Known::Is(patterns)) => patterns.known.iter().any(|pattern| pattern.contains("${")),
        Some(Known::Unknown(_)) | None => false,
    };
    by_condition || by_resource || names_callers(&statement.principal)
}

/// True unless Principal takes in all callers of an account alike.
fn names_callers(principal: &Element<Principals>) -> bool {
    match principal {
        Element::Absent | Element::Only(Known::Is(Principals::Everyone)) => false,
        Element::Only(Known::Is(Principals::Named(named))) => named.known.iter().any(|principal| {
            let whole_account = principal.name.ends_with(":root") || principal.name.bytes().all(|byte| byte.is_ascii_digit());
            principal.kind == PrincipalKind::Aws && &*principal.name != "*" && !whole_account
        }),
        Element::Only(Known::Unknown(_)) | Element::Except(_) => true,
    }
}
