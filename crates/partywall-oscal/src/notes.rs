//! What a selection adds to its lines: values of parameters, further demands and guidance.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::oscal::{Alter, Catalog, Constraint, Control, Group, Param, Part, SetParameter, prop};
use crate::prose::{Parameters, TooLong};
use crate::text::{MAX_ID, one_line, tidy};

/// As many ids as a notice names.
const SHOWN: usize = 10;

/// Notes by id, and what found no place.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    by_id: BTreeMap<Arc<str>, Vec<String>>,
    unplaced: Vec<String>,
    /// Selected ids by their canonical form.
    places: BTreeMap<String, Arc<str>>,
}

impl Notes {
    /// For a selection's ids.
    pub(crate) fn of(selected: &[Arc<str>]) -> Self {
        Self { places: selected.iter().map(|id| (canonical(id), id.clone())).collect(), ..Self::default() }
    }

    /// The values that a profile sets or demands.
    pub(crate) fn set_parameters(&mut self, set: &[SetParameter]) {
        for set in set {
            self.parameter(&set.param_id, &set.values, &set.constraints);
        }
    }

    /// The demands on parameters that a resolved profile carries with its controls.
    pub(crate) fn resolved(&mut self, catalog: &Catalog) {
        fn control(notes: &mut Notes, one: &Control) {
            notes.params(&one.params);
            one.controls.iter().for_each(|inner| control(notes, inner));
        }
        fn group(notes: &mut Notes, one: &Group) {
            one.controls.iter().for_each(|inner| control(notes, inner));
            one.groups.iter().for_each(|inner| group(notes, inner));
        }
        catalog.groups.iter().for_each(|one| group(self, one));
        catalog.controls.iter().for_each(|one| control(self, one));
    }

    fn params(&mut self, params: &[Param]) {
        for param in params.iter().filter(|param| !param.values.is_empty() || !param.constraints.is_empty()) {
            self.parameter(&param.id, &param.values, &param.constraints);
        }
    }

    fn parameter(&mut self, id: &str, values: &[String], constraints: &[Constraint]) {
        let said = values.iter().chain(constraints.iter().map(|constraint| &constraint.description));
        let said: Vec<String> = said.map(|text| tidy(&one_line(text))).filter(|text| !text.is_empty()).collect();
        match self.place(id) {
            Some((place, name)) => {
                self.by_id.entry(place).or_default().extend(said.iter().map(|text| format!("{name}: {text}")));
            }
            None => self.unplaced.push(tidy(&one_line(id))),
        }
    }

    /// The selected id that a parameter's id begins with, and the rest of the parameter's id: `ac-02.03_odp.01` is `odp.01` of `ac-2.3`.
    fn place(&self, id: &str) -> Option<(Arc<str>, String)> {
        if id.len() > MAX_ID {
            return None;
        }
        // NIST's assessment procedures put `A.` before the id.
        [id, id.strip_prefix("A.").unwrap_or(id)].into_iter().find_map(|id| {
            let ends = id.char_indices().rev().filter(|(_, letter)| !letter.is_ascii_alphanumeric());
            ends.filter_map(|(end, _)| id.split_at_checked(end)).find_map(|(beginning, rest)| {
                let name = rest.trim_start_matches(['_', '.', '-']);
                // A number belongs to the control: `ac-02.04_odp` is none of `ac-2`.
                let place = self.places.get(&canonical(beginning)).filter(|_| name.starts_with(|letter: char| letter.is_alphabetic()))?;
                Some((place.clone(), tidy(name)))
            })
        })
    }

    /// Requirements and guidance that a profile adds to a control, part by part.
    ///
    /// # Errors
    /// A text becomes too long.
    pub(crate) fn alters(&mut self, alters: &[Alter], own: impl Fn(&str) -> String) -> Result<(), TooLong> {
        let parameters = Parameters::default();
        for alter in alters {
            let mut said = Vec::new();
            for part in alter.adds.iter().flat_map(|add| &add.parts) {
                added(part, &parameters, &mut said)?;
            }
            if said.is_empty() {
                continue;
            }
            let id = own(&alter.control_id);
            match self.places.get(&canonical(&id)) {
                Some(place) => self.by_id.entry(place.clone()).or_default().append(&mut said),
                None => self.unplaced.push(tidy(&one_line(&id))),
            }
        }
        Ok(())
    }

    /// The notes as a framework has them, and what to look at.
    pub(crate) fn finish(self) -> (BTreeMap<Arc<str>, String>, Option<String>) {
        let Self { by_id, unplaced, .. } = self;
        let notice = (!unplaced.is_empty()).then(|| {
            let ids = unplaced.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if unplaced.len() > SHOWN { ", …" } else { "" };
            format!("parameters or additions that belong to no selected line: {} ({ids}{more})", unplaced.len())
        });
        let notes = by_id.into_iter().filter(|(_, notes)| !notes.is_empty()).map(|(id, notes)| (id, notes.join("; "))).collect();
        (notes, notice)
    }
}

/// The prose of a part and of those in it, each after its label.
fn added(part: &Part, parameters: &Parameters<'_>, said: &mut Vec<String>) -> Result<(), TooLong> {
    let prose = one_line(&part.prose);
    if !prose.is_empty() {
        let label = prop(&part.props, "label").map(one_line).unwrap_or_default();
        let label = if label.is_empty() && part.name == "guidance" { "Guidance:".to_owned() } else { label };
        let prose = parameters.put_into(&prose)?;
        said.push(tidy(format!("{label} {prose}").trim_start()));
    }
    part.parts.iter().try_for_each(|inner| added(inner, parameters, said))
}

/// The id in lower case, its numbers without zeros before them: parameters write `ac-02`, controls `ac-2`.
fn canonical(id: &str) -> String {
    let mut canonical = String::new();
    let mut letters = id.chars().peekable();
    while let Some(letter) = letters.next() {
        let after_digit = canonical.ends_with(|last: char| last.is_ascii_digit());
        let before_digit = letters.peek().is_some_and(char::is_ascii_digit);
        if letter != '0' || after_digit || !before_digit {
            canonical.push(letter.to_ascii_lowercase());
        }
    }
    canonical
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_find_their_control() {
        let ids = ["ac-2", "ac-2.3", "ac-20", "03.01.08", "GV.OC-01", "ac-100"].map(Arc::from);
        let notes = Notes::of(&ids);
        for (parameter, want) in [
            ("ac-02_odp.05", Some(("ac-2", "odp.05"))),
            ("ac-2_prm_2", Some(("ac-2", "prm_2"))),
            ("ac-02.03_odp.01", Some(("ac-2.3", "odp.01"))),
            ("ac-02.04_odp.01", None),
            ("ac-20_odp", Some(("ac-20", "odp"))),
            ("ac-100_prm_1", Some(("ac-100", "prm_1"))),
            ("A.03.01.08.ODP.04", Some(("03.01.08", "ODP.04"))),
            ("gv.oc-01_prm_1", Some(("GV.OC-01", "prm_1"))),
            ("ac-3_prm_1", None),
            ("", None),
        ] {
            let found = notes.place(parameter);
            assert_eq!(found.as_ref().map(|(id, name)| (&**id, name.as_str())), want, "{parameter}");
        }
    }
}
