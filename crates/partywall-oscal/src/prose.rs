//! Prose with its parameters put in.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::oscal::{Catalog, Control, Group, Param};

/// The longest text of one control; NIST's longest has 6 KiB.
pub(crate) const MAX_TEXT: usize = 1 << 20;
/// All texts of a file together; parameters can make a small file long.
pub(crate) const MAX_ALL: usize = 64 << 20;
/// How deep selections may stand in selections.
const MAX_DEPTH: usize = 8;

/// A text became longer than any publisher's.
#[derive(Debug)]
pub(crate) struct TooLong;

/// The parameters of a catalogue by id.
#[derive(Debug, Default)]
pub(crate) struct Parameters<'a> {
    by_id: BTreeMap<&'a str, &'a Param>,
    written: Cell<usize>,
}

impl<'a> Parameters<'a> {
    /// Those of all controls: a control's text may name the parameters of another.
    pub(crate) fn of(catalog: &'a Catalog) -> Self {
        let mut parameters = Self::default();
        parameters.add(&catalog.params);
        catalog.groups.iter().for_each(|group| parameters.add_group(group));
        catalog.controls.iter().for_each(|control| parameters.add_control(control));
        parameters
    }

    fn add(&mut self, params: &'a [Param]) {
        self.by_id.extend(params.iter().map(|param| (param.id.as_str(), param)));
    }

    fn add_group(&mut self, group: &'a Group) {
        self.add(&group.params);
        group.groups.iter().for_each(|group| self.add_group(group));
        group.controls.iter().for_each(|control| self.add_control(control));
    }

    fn add_control(&mut self, control: &'a Control) {
        self.add(&control.params);
        control.controls.iter().for_each(|control| self.add_control(control));
    }

    /// The prose with `[Assignment: label]`, `[Selection: a; b]` or the value that was set in place of each parameter.
    ///
    /// # Errors
    /// The text becomes too long: parameters that hold each other many times.
    pub(crate) fn put_into(&self, prose: &str) -> Result<String, TooLong> {
        let mut out = String::new();
        self.write(prose, &mut out, &mut Vec::new())?;
        self.written.set(self.written.get() + out.len());
        if self.written.get() > MAX_ALL { Err(TooLong) } else { Ok(out) }
    }

    fn write<'b>(&'b self, prose: &'b str, out: &mut String, open: &mut Vec<&'b str>) -> Result<(), TooLong> {
        let mut rest = prose;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((inside, tail)) = after.split_once("}}") else { break };
            push(out, before)?;
            match self.named(inside) {
                Some(id) => self.write_parameter(id, out, open)?,
                None => {
                    push(out, "{{")?;
                    push(out, inside)?;
                    push(out, "}}")?;
                }
            }
            rest = tail;
        }
        push(out, rest)
    }

    /// The parameter that an insertion names: `insert: param, id` since OSCAL 1.0.0, the bare id before.
    fn named<'b>(&self, inside: &'b str) -> Option<&'b str> {
        let inside = inside.trim();
        let id = match inside.strip_prefix("insert:") {
            Some(what) => what.trim().strip_prefix("param,")?.trim(),
            None => Some(inside).filter(|id| self.by_id.contains_key(id))?,
        };
        (!id.is_empty()).then_some(id)
    }

    fn write_parameter<'b>(&'b self, id: &'b str, out: &mut String, open: &mut Vec<&'b str>) -> Result<(), TooLong> {
        // A parameter that holds itself, or is not there, is shown by its id.
        let param = self.by_id.get(id).filter(|_| open.len() < MAX_DEPTH && !open.contains(&id));
        let Some(param) = param else {
            push(out, "[Assignment: ")?;
            push(out, id)?;
            return push(out, "]");
        };
        open.push(id);
        let choices: &[String] = param.select.as_ref().map_or(&[], |select| &select.choice);
        let (start, items, end): (_, &[String], _) = if !param.values.is_empty() {
            ("", &param.values, "")
        } else if choices.is_empty() {
            ("[Assignment: ", std::slice::from_ref(name(param)), "]")
        } else if param.select.as_ref().is_some_and(|select| select.how_many == "one-or-more") {
            ("[Selection (one or more): ", choices, "]")
        } else {
            ("[Selection: ", choices, "]")
        };
        push(out, start)?;
        for (index, item) in items.iter().enumerate() {
            push(out, if index == 0 { "" } else { "; " })?;
            self.write(item, out, open)?;
        }
        push(out, end)?;
        open.pop();
        Ok(())
    }
}

/// How a parameter is called: its label, else what it is for, else its id.
fn name(param: &Param) -> &String {
    [&param.label, &param.usage].into_iter().find(|text| !text.trim().is_empty()).unwrap_or(&param.id)
}

fn push(out: &mut String, text: &str) -> Result<(), TooLong> {
    out.push_str(text);
    if out.len() > MAX_TEXT { Err(TooLong) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oscal::Select;

    fn param(id: &str, label: &str, how_many: &str, choice: &[&str]) -> Param {
        let select = (!choice.is_empty())
            .then(|| Select { how_many: how_many.to_owned(), choice: choice.iter().map(|text| (*text).to_owned()).collect() });
        Param { id: id.to_owned(), label: label.to_owned(), select, ..Param::default() }
    }

    fn put(params: Vec<Param>, prose: &str) -> Result<String, TooLong> {
        let catalog = Catalog { params, ..Catalog::default() };
        Parameters::of(&catalog).put_into(prose)
    }

    #[test]
    fn parameters_become_assignments_and_selections() {
        let params = || {
            vec![
                param("l", "some time", "", &[]),
                param("n", "", "", &[]),
                Param { usage: "a time".to_owned(), ..param("u", " ", "", &[]) },
                param("s", "x", "one", &["a", "b {{ insert: param, l }}"]),
                param("m", "x", "one-or-more", &["a", "b"]),
                Param { values: vec!["90 days".to_owned()], ..param("v", "some time", "", &[]) },
            ]
        };
        for (prose, want) in [
            ("in {{ insert: param, l }}.", "in [Assignment: some time]."),
            ("{{insert:param,l}}", "[Assignment: some time]"),
            ("{{ l }}", "[Assignment: some time]"),
            ("{{ insert: param, n }}", "[Assignment: n]"),
            ("{{ insert: param, u }}", "[Assignment: a time]"),
            ("{{ insert: param, gone }}", "[Assignment: gone]"),
            ("{{ insert: param, s }}", "[Selection: a; b [Assignment: some time]]"),
            ("{{ insert: param, m }}", "[Selection (one or more): a; b]"),
            ("{{ insert: param, v }}", "90 days"),
            ("{{ other }} {{ insert: link, l }} {{", "{{ other }} {{ insert: link, l }} {{"),
        ] {
            assert_eq!(put(params(), prose).unwrap(), want, "{prose}");
        }
    }

    #[test]
    fn a_parameter_that_holds_itself_ends() {
        let cycle = vec![param("a", "", "", &["{{ insert: param, b }}"]), param("b", "", "", &["x {{ insert: param, a }}"])];
        assert_eq!(put(cycle, "{{ insert: param, a }}").unwrap(), "[Selection: [Selection: x [Assignment: a]]]");
    }

    #[test]
    fn parameters_that_multiply_are_refused() {
        let inserts = |name: &str| vec![format!("{{{{ insert: param, {name} }}}}"); 40].join(" ");
        let params: Vec<Param> =
            (0..8).map(|level| param(&format!("p{level}"), "", "", &[inserts(&format!("p{}", level + 1)).as_str()])).collect();
        assert!(put(params, "{{ insert: param, p0 }}").is_err());
    }

    #[test]
    fn many_long_texts_are_refused_together() {
        let label = "x".repeat(MAX_TEXT - 100);
        let catalog = Catalog { params: vec![param("a", &label, "", &[])], ..Catalog::default() };
        let parameters = Parameters::of(&catalog);
        let refused = (0..100).position(|_| parameters.put_into("{{ insert: param, a }}").is_err());
        assert_eq!(refused, Some(64));
    }
}
