//! A catalogue to a whole framework.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_catalog::{Framework, Group as FrameworkGroup, Requirement};
use partywall_model::Severity;

use crate::head::{head, version_notice};
use crate::oscal::{Catalog, Control, Group, Prop, prop};
use crate::prose::{MAX_TEXT, Parameters};
use crate::statement::{is_holder, statement};
use crate::text::{one_line, slug, tidy, unfit};
use crate::{Hint, OscalError};

/// Links that say where a withdrawn control went, in the spellings that NIST uses.
const WENT: [&str; 5] = ["incorporated-into", "incorporated_into", "moved-to", "moved_to", "addressed_by"];
/// The group of controls that stand in none.
const UNGROUPED: &str = "controls";

/// All controls and enhancements as lines of a framework, and what to look at.
///
/// # Errors
/// No control, ids that are unfit or come twice, texts that their parameters make too long.
pub(crate) fn whole(catalog: &Catalog, hint: &Hint<'_>) -> Result<(Framework, Vec<String>), OscalError> {
    let mut framework = head(&catalog.metadata, hint)?;
    let mut reader = Reader::new(catalog, hint);
    reader.read(catalog)?;
    if reader.requirements.is_empty() {
        return Err(OscalError::Empty { file: hint.name.to_owned(), what: "control" });
    }
    if let Some(noun) = reader.nouns.iter().next().filter(|_| reader.nouns.len() == 1) {
        framework.noun = String::from(*noun);
    }
    let mut notices: Vec<String> = version_notice(&catalog.metadata).into_iter().collect();
    if !reader.unmarked.is_empty() {
        notices.push(format!(
            "{} subcategories without an example are taken as withdrawn: {}",
            reader.unmarked.len(),
            reader.unmarked.join(", ")
        ));
    }
    framework.groups = reader.groups;
    framework.requirements = reader.requirements;
    framework.withdrawn = reader.withdrawn;
    Ok((framework, notices))
}

/// What is collected on the way through groups and controls.
struct Reader<'a> {
    file: &'a str,
    parameters: Parameters<'a>,
    /// What the publisher puts before all ids: `SP_800_171_`.
    prefix: String,
    /// The catalogue has examples for each live subcategory and none for those that were withdrawn, which it marks in no other way (NIST
    /// CSF 2.0).
    has_examples: bool,
    groups: Vec<FrameworkGroup>,
    group_ids: BTreeSet<Arc<str>>,
    requirements: Vec<Arc<Requirement>>,
    withdrawn: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    ids: BTreeSet<Arc<str>>,
    nouns: BTreeSet<&'a str>,
    unmarked: Vec<Arc<str>>,
}

impl<'a> Reader<'a> {
    fn new(catalog: &'a Catalog, hint: &Hint<'a>) -> Self {
        Self {
            file: hint.name,
            parameters: Parameters::of(catalog),
            prefix: prop(&catalog.metadata.props, "framework-identifier").map(|name| format!("{name}_")).unwrap_or_default(),
            has_examples: catalog.groups.iter().flat_map(|group| &group.controls).any(has_example),
            groups: Vec::new(),
            group_ids: BTreeSet::new(),
            requirements: Vec::new(),
            withdrawn: BTreeMap::new(),
            ids: BTreeSet::new(),
            nouns: BTreeSet::new(),
            unmarked: Vec::new(),
        }
    }

    fn read(&mut self, catalog: &'a Catalog) -> Result<(), OscalError> {
        for group in sorted(&catalog.groups, |group| &group.props) {
            self.group(group)?;
        }
        self.within(&UNGROUPED.into(), "Controls", |reader, id| {
            sorted(&catalog.controls, |control| &control.props).into_iter().try_for_each(|control| reader.control(control, id, None))
        })
    }

    fn group(&mut self, group: &'a Group) -> Result<(), OscalError> {
        let id = if group.id.is_empty() { slug(&group.title) } else { group.id.clone() };
        self.within(&self.own(&id)?, &group.title, |reader, id| {
            for control in sorted(&group.controls, |control| &control.props) {
                reader.control(control, id, None)?;
            }
            sorted(&group.groups, |group| &group.props).into_iter().try_for_each(|group| reader.group(group))
        })
    }

    /// Reads what stands in a group, which is left out if nothing in it is a line.
    fn within(
        &mut self,
        id: &Arc<str>,
        title: &str,
        read: impl FnOnce(&mut Self, &Arc<str>) -> Result<(), OscalError>,
    ) -> Result<(), OscalError> {
        let (groups, lines) = (self.groups.len(), self.requirements.len());
        if self.group_ids.insert(id.clone()) {
            let title = if title.trim().is_empty() { id.to_string() } else { tidy(&one_line(title)) };
            self.groups.push(FrameworkGroup { id: id.clone(), title: title.into() });
        }
        read(self, id)?;
        if self.requirements.len() == lines {
            for empty in self.groups.drain(groups..) {
                self.group_ids.remove(&empty.id);
            }
        }
        Ok(())
    }

    fn control(&mut self, control: &'a Control, group: &Arc<str>, parent: Option<&str>) -> Result<(), OscalError> {
        let inner = || sorted(&control.controls, |control| &control.props).into_iter().filter(|inner| !is_holder(inner));
        let id = self.own(&control.id)?;
        if is_group(control) {
            return self.within(&id, &control.title, |reader, id| inner().try_for_each(|inner| reader.control(inner, id, None)));
        }
        if !self.ids.insert(id.clone()) {
            return Err(self.refused(&id, "which two controls have; give the catalogue as its publisher wrote it"));
        }
        let own_title = tidy(&one_line(&control.title));
        let own_title = if own_title.is_empty() { id.to_string() } else { own_title };
        let unmarked = self.has_examples && control.class == "subcategory" && !with_example(control);
        if unmarked {
            self.unmarked.push(id.clone());
        }
        if unmarked || prop(&control.props, "status").is_some_and(|status| status.eq_ignore_ascii_case("withdrawn")) {
            let went = control.links.iter().filter(|link| WENT.contains(&link.rel.as_str()));
            let went = went.map(|link| self.own(link.href.trim_start_matches('#'))).collect::<Result<_, _>>()?;
            self.withdrawn.insert(id, went);
        } else {
            self.nouns.insert(noun(control));
            let said = statement(control, &self.parameters).map_err(|_| OscalError::TextTooLong {
                file: self.file.to_owned(),
                id: id.to_string(),
                limit: MAX_TEXT >> 10,
            })?;
            self.requirements.push(Arc::new(Requirement {
                id,
                group: group.clone(),
                title: parent.map_or_else(|| own_title.clone(), |parent| format!("{parent} | {own_title}")).into(),
                text: said.text,
                parts: said.parts,
                risk: risk(control),
                ..Requirement::default()
            }));
        }
        inner().try_for_each(|inner| self.control(inner, group, Some(&own_title)))
    }

    /// The id without what the publisher puts before all of them.
    fn own(&self, id: &str) -> Result<Arc<str>, OscalError> {
        let own = id.strip_prefix(&self.prefix).unwrap_or(id);
        unfit(own).map_or_else(|| Ok(Arc::from(own)), |problem| Err(self.refused(own, problem)))
    }

    fn refused(&self, id: &str, problem: &'static str) -> OscalError {
        OscalError::Id { file: self.file.to_owned(), id: tidy(&one_line(&id.chars().take(60).collect::<String>())), problem }
    }
}

/// CSF 2.0 writes its functions and categories as controls too.
fn is_group(control: &Control) -> bool {
    matches!(control.class.as_str(), "function" | "category")
}

fn with_example(control: &Control) -> bool {
    control.parts.iter().any(|part| part.name == "example")
}

fn has_example(control: &Control) -> bool {
    (control.class == "subcategory" && with_example(control)) || control.controls.iter().any(has_example)
}

/// The framework's own word for a line, where the class of its controls is a word.
fn noun(control: &Control) -> &str {
    let is_word = !control.class.is_empty() && control.class.chars().all(|letter| letter.is_ascii_lowercase());
    if is_word { &control.class } else { "control" }
}

/// How much the publisher says that a line weighs (AWS Security Hub).
fn risk(control: &Control) -> Option<Severity> {
    let severity = prop(&control.props, "SeverityLabel").or_else(|| prop(&control.props, "severity"))?;
    severity.to_ascii_lowercase().parse().ok()
}

/// Siblings by their `sort-id` if all have one, else as they stand: some files are not in the publisher's order (NIST SP 800-171).
fn sorted<T>(items: &[T], props: impl Fn(&T) -> &[Prop]) -> Vec<&T> {
    let mut sorted: Vec<&T> = items.iter().collect();
    if items.iter().all(|item| prop(props(item), "sort-id").is_some()) {
        sorted.sort_by(|a, b| prop(props(a), "sort-id").cmp(&prop(props(b), "sort-id")));
    }
    sorted
}

/// The ids of a catalogue's live controls, in its order, as a framework would have them.
///
/// # Errors
/// As [`whole`].
pub(crate) fn ids(catalog: &Catalog, hint: &Hint<'_>) -> Result<Vec<Arc<str>>, OscalError> {
    let mut reader = Reader::new(catalog, hint);
    reader.read(catalog)?;
    Ok(reader.requirements.iter().map(|requirement| requirement.id.clone()).collect())
}
