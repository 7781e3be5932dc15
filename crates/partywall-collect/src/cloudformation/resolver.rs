//! The walk over a template's tree that turns it into values, with limits on what references may multiply into.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use partywall_model::{Cause, CauseKind, Key, Value};

use super::Parameters;
use super::document::{Fault, Kind, MAX_NODES, Member, Node, Position, shown};
use super::sections::Sections;
use super::values;
use crate::derive::{is_dynamic, is_symbol};

/// Most values that resolving may visit or copy: references make small templates large.
const MAX_STEPS: usize = 4 * MAX_NODES;

/// Most bytes of text, paths and reasons that resolving may write.
const MAX_WRITTEN: usize = 256 << 20;

/// Deepest chain of nesting and references together; what lies deeper is unknown.
const MAX_CHAIN: usize = 256;

/// Deepest property path, in names, whose position is kept.
const MAX_POSITION_NAMES: usize = 6;

/// Line and column of property paths, as a resource holds them.
pub(super) type Positions = Vec<(Box<str>, u32, u32)>;

/// Why a function has no value to give.
pub(super) enum Stop {
    /// The template is refused.
    Fault(Fault),
    /// The value is unknown, for this reason.
    Unknown(Arc<Cause>),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Resolves the values of one template.
pub(super) struct Resolver<'a> {
    pub(super) sections: Sections<'a>,
    pub(super) parameters: &'a Parameters,
    pub(super) id_property: &'a dyn Fn(&str) -> Option<String>,
    file: Arc<str>,
    /// True where `{LogicalId}` may stand for what only a deployment knows; false where the text itself decides: conditions, keys, splitting.
    pub(super) symbols: bool,
    chain: usize,
    steps: usize,
    written: usize,
    pub(super) truths: HashMap<&'a str, Result<bool, Arc<Cause>>>,
    pub(super) parameter_values: HashMap<&'a str, Value>,
    /// Properties that others refer to, by their position.
    referred: HashMap<Position, Option<Value>>,
    /// Path of the property that is being resolved, and how many names it has.
    path: String,
    names: usize,
    recording: bool,
    positions: Positions,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        sections: Sections<'a>,
        parameters: &'a Parameters,
        id_property: &'a dyn Fn(&str) -> Option<String>,
        file: Arc<str>,
    ) -> Self {
        Self {
            sections,
            parameters,
            id_property,
            file,
            symbols: true,
            chain: 0,
            steps: 0,
            written: 0,
            truths: HashMap::new(),
            parameter_values: HashMap::new(),
            referred: HashMap::new(),
            path: String::new(),
            names: 0,
            recording: false,
            positions: Vec::new(),
        }
    }

    /// The properties of a resource and the positions of their paths.
    pub(super) fn properties(&mut self, node: &'a Node) -> Result<(Option<Value>, Positions), Fault> {
        self.recording = true;
        let value = self.value(node)?;
        self.recording = false;
        Ok((value, mem::take(&mut self.positions)))
    }

    /// The value of a node; `None` if it is taken away by `AWS::NoValue`.
    pub(super) fn value(&mut self, node: &'a Node) -> Result<Option<Value>, Fault> {
        match self.deeper(node.at, |this| this.value_here(node)) {
            Ok(value) => Ok(value),
            Err(Stop::Unknown(cause)) => Ok(Some(Value::Unknown(cause))),
            Err(Stop::Fault(fault)) => Err(fault),
        }
    }

    /// Runs one level down, if that is not too deep.
    pub(super) fn deeper<T>(&mut self, at: Position, run: impl FnOnce(&mut Self) -> Result<T, Stop>) -> Result<T, Stop> {
        self.step(at, 1)?;
        if self.chain >= MAX_CHAIN {
            return Err(self.unknown(format!("references and nesting go deeper than {MAX_CHAIN} levels ({})", self.place(at))));
        }
        self.chain += 1;
        let result = run(self);
        self.chain -= 1;
        result
    }

    fn value_here(&mut self, node: &'a Node) -> Result<Option<Value>, Stop> {
        Ok(Some(match &node.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Int(value) => Value::Int(*value),
            Kind::Float(value) => Value::Float(*value),
            Kind::Str(text) => {
                self.write(node.at, text.len())?;
                if !self.symbols && is_dynamic(text) {
                    return Err(self.unknown(format!("a dynamic reference is resolved at deployment ({})", self.place(node.at))));
                }
                if is_symbol(text) {
                    let detail = format!("`{}` cannot be told from a reference ({})", shown(text), self.place(node.at));
                    let cause = Cause::new(CauseKind::UnresolvedReference, detail).stating_text();
                    return Err(Stop::Unknown(Arc::new(cause)));
                }
                Value::Str(text.clone())
            }
            Kind::List(items) => Value::List(self.list(items)?),
            Kind::Map(members) => match members.as_slice() {
                [Member { name, value, .. }] if &**name == "Ref" || name.starts_with("Fn::") => return self.function(name, value, node.at),
                _ => match members.iter().find(|member| member.name.starts_with("Fn::")) {
                    Some(member) => {
                        return Err(self.unknown(format!(
                            "`{}` may change what stands beside it ({})",
                            member.name,
                            self.place(member.at)
                        )));
                    }
                    None => Value::Map(self.map(members)?),
                },
            },
        }))
    }

    fn list(&mut self, items: &'a [Node]) -> Result<Vec<Value>, Fault> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let mark = self.path.len();
            if self.recording {
                self.path.push('[');
                self.path.push_str(&values.len().to_string());
                self.path.push(']');
                self.record(item.at)?;
            }
            values.extend(self.value(item)?);
            self.path.truncate(mark);
        }
        Ok(values)
    }

    fn map(&mut self, members: &'a [Member]) -> Result<Vec<(Key, Value)>, Fault> {
        let mut values = Vec::with_capacity(members.len());
        for member in members {
            let mark = self.path.len();
            self.names += 1;
            if self.recording && self.names <= MAX_POSITION_NAMES {
                if mark > 0 {
                    self.path.push('.');
                }
                self.path.push_str(&member.name);
                self.record(member.at)?;
            }
            let value = self.value(&member.value)?;
            values.extend(value.map(|value| (member.name.clone(), value)));
            self.names -= 1;
            self.path.truncate(mark);
        }
        Ok(values)
    }

    fn record(&mut self, at: Position) -> Result<(), Fault> {
        if self.names <= MAX_POSITION_NAMES {
            self.write(at, self.path.len())?;
            self.positions.push((self.path.as_str().into(), at.line, at.column));
        }
        Ok(())
    }

    /// Runs without noting positions: what is read there is no property of its own.
    pub(super) fn quiet<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = mem::replace(&mut self.recording, false);
        let result = run(self);
        self.recording = before;
        result
    }

    /// Runs with or without symbols.
    pub(super) fn with_symbols<T>(&mut self, symbols: bool, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = mem::replace(&mut self.symbols, symbols);
        let result = run(self);
        self.symbols = before;
        result
    }

    /// The value of a property that another place refers to, worked out once. A property that refers to itself is unknown.
    pub(super) fn referred(&mut self, node: &'a Node) -> Result<Option<Value>, Fault> {
        if let Some(value) = self.referred.get(&node.at) {
            let value = value.clone();
            return match value {
                Some(value) => self.copy(&value, node.at).map(Some),
                None => Ok(None),
            };
        }
        let itself = Cause::new(CauseKind::UnresolvedReference, format!("the value refers to itself ({})", self.place(node.at)));
        self.referred.insert(node.at, Some(Value::unknown(itself)));
        let value = self.quiet(|this| this.with_symbols(true, |this| this.value(node)))?;
        self.referred.insert(node.at, value.clone());
        Ok(value)
    }

    /// A copy of a value, counted against the limits.
    pub(super) fn copy(&mut self, value: &Value, at: Position) -> Result<Value, Fault> {
        let (nodes, bytes) = values::weight(value);
        self.step(at, nodes)?;
        self.write(at, bytes)?;
        Ok(value.clone())
    }

    /// Counts work.
    pub(super) fn step(&mut self, at: Position, steps: usize) -> Result<(), Fault> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps <= MAX_STEPS {
            Ok(())
        } else {
            Err(Fault::refused(at, format!("references multiply into more than {MAX_STEPS} values")))
        }
    }

    /// Counts text before it is written.
    pub(super) fn write(&mut self, at: Position, bytes: usize) -> Result<(), Fault> {
        self.written = self.written.saturating_add(bytes);
        if self.written <= MAX_WRITTEN {
            Ok(())
        } else {
            Err(Fault::refused(at, format!("references multiply into more than {} MiB of text", MAX_WRITTEN >> 20)))
        }
    }

    /// The position as messages name it.
    pub(super) fn place(&self, at: Position) -> String {
        format!("{}:{}:{}", self.file, at.line, at.column)
    }

    /// Ends a function: its value is unknown.
    pub(super) fn unknown(&mut self, detail: String) -> Stop {
        match self.write(Position::START, detail.len()) {
            Ok(()) => Stop::Unknown(Arc::new(Cause::new(CauseKind::UnresolvedReference, detail))),
            Err(fault) => Stop::Fault(fault),
        }
    }
}
