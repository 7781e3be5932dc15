//! A profile, or the catalogue that one was resolved to, to a selection.

use std::collections::BTreeSet;
use std::sync::Arc;

use partywall_catalog::Framework;

use crate::base::{Base, own};
use crate::catalogue;
use crate::head::{head, version_notice};
use crate::notes::Notes;
use crate::order::natural;
use crate::oscal::{Catalog, Choice, Import, Profile};
use crate::prose::{MAX_TEXT, TooLong};
use crate::text::{one_line, tidy, unfit};
use crate::{Hint, OscalError};

/// Patterns of one import; each is tried on every id.
const MAX_PATTERNS: usize = 1_000;

/// The controls of a resolved profile, as a selection from the framework that the caller named.
///
/// # Errors
/// As for a catalogue; ids that the named framework does not have.
pub(crate) fn resolved(catalog: &Catalog, hint: &Hint<'_>) -> Result<(Framework, Vec<String>), OscalError> {
    let mut framework = head(&catalog.metadata, hint)?;
    let base = Base::named(hint.of.unwrap_or_default(), hint.known);
    let selected = catalogue::ids(catalog, hint)?;
    let mut notes = Notes::of(&selected);
    notes.resolved(catalog);
    let notices = finish(&mut framework, &base, selected, notes, hint)?;
    Ok((framework, version_notice(&catalog.metadata).into_iter().chain(notices).collect()))
}

/// What a profile selects and adds.
///
/// # Errors
/// Nobody said what it selects from; ids that are not there; patterns that need the other framework's ids.
pub(crate) fn selection(profile: &Profile, hint: &Hint<'_>) -> Result<(Framework, Vec<String>), OscalError> {
    let mut framework = head(&profile.metadata, hint)?;
    let base = base(profile, hint)?;
    let mut selected = BTreeSet::new();
    for import in &profile.imports {
        selected.extend(Selector { base: &base, listed: base.listed(), file: hint.name }.import(import)?);
    }
    let listed = base.listed();
    let in_order = base.ids.iter().flatten().filter(|id| selected.contains(*id));
    let mut ids: Vec<Arc<str>> = in_order.cloned().collect();
    let mut rest: Vec<Arc<str>> = selected.iter().filter(|id| !listed.contains(&***id)).cloned().collect();
    rest.sort_by(|a, b| natural(a, b));
    ids.append(&mut rest);
    let mut notes = Notes::of(&ids);
    notes.set_parameters(&profile.modify.set_parameters);
    let too_long = |_: TooLong| OscalError::TextTooLong { file: hint.name.to_owned(), id: "modify".to_owned(), limit: MAX_TEXT >> 10 };
    notes.alters(&profile.modify.alters, |id| own(id, &listed).to_owned()).map_err(too_long)?;
    let notices = finish(&mut framework, &base, ids, notes, hint)?;
    Ok((framework, version_notice(&profile.metadata).into_iter().chain(notices).collect()))
}

fn finish(
    framework: &mut Framework,
    base: &Base,
    selected: Vec<Arc<str>>,
    notes: Notes,
    hint: &Hint<'_>,
) -> Result<Option<String>, OscalError> {
    if selected.is_empty() {
        return Err(OscalError::Empty { file: hint.name.to_owned(), what: "selected control" });
    }
    base.check(&selected, hint.name)?;
    framework.of = Some(base.id.clone());
    framework.select = selected;
    let (notes, notice) = notes.finish();
    framework.notes = notes;
    Ok(notice)
}

/// The framework that all imports of a profile are from: the caller's word, else the known one that they name.
fn base(profile: &Profile, hint: &Hint<'_>) -> Result<Base, OscalError> {
    if let Some(of) = hint.of {
        return Ok(Base::named(of, hint.known));
    }
    let mut found: Option<Base> = None;
    for import in &profile.imports {
        let said = said(profile, import);
        let shown = tidy(&one_line(&said.chars().take(160).collect::<String>()));
        let base = Base::matching(&said, hint.known)
            .ok_or_else(|| OscalError::NoBase { file: hint.name.to_owned(), import: format!("`{shown}`") })?;
        match found {
            Some(other) if other != base => {
                return Err(OscalError::NoBase { file: hint.name.to_owned(), import: "several catalogues".to_owned() });
            }
            _ => found = Some(base),
        }
    }
    found.ok_or_else(|| OscalError::Empty { file: hint.name.to_owned(), what: "import" })
}

/// How a profile calls what it imports: title and file names of the resource that it refers to, else its address.
fn said(profile: &Profile, import: &Import) -> String {
    let file_name = |href: &str| href.rsplit('/').next().unwrap_or(href).to_owned();
    let resource = import.href.strip_prefix('#').and_then(|uuid| profile.back_matter.resources.iter().find(|one| one.uuid == uuid));
    resource.map_or_else(
        || file_name(&import.href),
        |resource| {
            let files = resource.rlinks.iter().map(|link| file_name(&link.href));
            std::iter::once(resource.title.clone()).chain(files).collect::<Vec<_>>().join(" ")
        },
    )
}

struct Selector<'a> {
    base: &'a Base,
    listed: BTreeSet<&'a str>,
    file: &'a str,
}

impl Selector<'_> {
    /// The ids of one import, or beginnings with `*` where the other framework's ids are not known.
    fn import(&self, import: &Import) -> Result<BTreeSet<Arc<str>>, OscalError> {
        let mut selected = BTreeSet::new();
        // An import that says nothing takes all.
        if import.include_all.is_some() || import.include_controls.is_empty() {
            match &self.base.ids {
                Some(ids) => selected.extend(ids.iter().cloned()),
                None => selected.extend([Arc::from("*")]),
            }
        }
        selected.extend(self.chosen(&import.include_controls)?);
        let excluded = self.chosen(&import.exclude_controls)?;
        let beginning = excluded.iter().chain(selected.iter().filter(|_| !excluded.is_empty())).find(|id| id.ends_with('*'));
        if let Some(beginning) = beginning {
            return Err(self.needs_base(beginning));
        }
        selected.retain(|id| !excluded.contains(id));
        Ok(selected)
    }

    fn chosen(&self, choices: &[Choice]) -> Result<BTreeSet<Arc<str>>, OscalError> {
        let mut chosen = BTreeSet::new();
        let mut with_children: BTreeSet<&str> = BTreeSet::new();
        let mut patterns = 0;
        for choice in choices {
            for id in &choice.with_ids {
                if let Some(problem) = unfit(id) {
                    let shown = tidy(&one_line(&id.chars().take(60).collect::<String>()));
                    return Err(OscalError::Id { file: self.file.to_owned(), id: shown, problem });
                }
                let own = own(id, &self.listed);
                chosen.insert(Arc::from(own));
                if choice.with_child_controls == "yes" {
                    with_children.insert(own);
                }
            }
            for matching in &choice.matching {
                patterns += 1;
                if patterns > MAX_PATTERNS {
                    return Err(self.needs_base("…"));
                }
                self.matching(&matching.pattern, &mut chosen)?;
            }
        }
        let Some(ids) = &self.base.ids else {
            return with_children.first().map_or(Ok(chosen), |id| Err(self.needs_base(&format!("{id} and its enhancements"))));
        };
        let has_chosen_parent =
            |id: &&Arc<str>| id.match_indices('.').filter_map(|(end, _)| id.get(..end)).any(|parent| with_children.contains(parent));
        chosen.extend(ids.iter().filter(has_chosen_parent).cloned());
        Ok(chosen)
    }

    fn matching(&self, pattern: &str, chosen: &mut BTreeSet<Arc<str>>) -> Result<(), OscalError> {
        match &self.base.ids {
            Some(ids) => chosen.extend(ids.iter().filter(|id| matches_glob(pattern, id)).cloned()),
            None => {
                let is_beginning = pattern.strip_suffix('*').is_some_and(|rest| unfit(rest).is_none() && !rest.contains('?'));
                if !is_beginning {
                    return Err(self.needs_base(pattern));
                }
                chosen.insert(Arc::from(pattern));
            }
        }
        Ok(())
    }

    fn needs_base(&self, wanted: &str) -> OscalError {
        let wanted = tidy(&one_line(&wanted.chars().take(60).collect::<String>()));
        OscalError::NeedsBase { file: self.file.to_owned(), wanted, of: self.base.id.clone() }
    }
}

/// True if the whole text fits a pattern in which `*` is any text and `?` any letter.
fn matches_glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the last `*` stands, and how much of the text it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while let Some(letter) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == letter => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                (p, t) = (at + 1, taken + 1);
            }
        }
    }
    pattern.iter().skip(p).all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oscal::Matching;

    fn choice(ids: &[&str], children: &str, pattern: &str) -> Choice {
        let matching = if pattern.is_empty() { Vec::new() } else { vec![Matching { pattern: pattern.to_owned() }] };
        Choice { with_ids: ids.iter().map(|id| (*id).to_owned()).collect(), with_child_controls: children.to_owned(), matching }
    }

    fn select(ids: Option<&[&str]>, include: Vec<Choice>, exclude: Vec<Choice>) -> Result<Vec<String>, String> {
        let base = Base { id: "f".into(), ids: ids.map(|ids| ids.iter().map(|id| Arc::from(*id)).collect()) };
        let import = Import { include_controls: include, exclude_controls: exclude, ..Import::default() };
        let selector = Selector { base: &base, listed: base.listed(), file: "p.json" };
        selector.import(&import).map(|ids| ids.iter().map(ToString::to_string).collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_known_framework_answers_every_choice() {
        let ids: Option<&[&str]> = Some(&["a-1", "a-1.1", "a-1.2", "a-10", "b-1"]);
        for (include, exclude, want) in [
            (vec![], vec![], "a-1 a-1.1 a-1.2 a-10 b-1"),
            (vec![choice(&["a-1", "x_b-1"], "", "")], vec![], "a-1 b-1"),
            (vec![choice(&["a-1"], "yes", "")], vec![], "a-1 a-1.1 a-1.2"),
            (vec![choice(&[], "", "a-?")], vec![], "a-1"),
            (vec![choice(&[], "", "*-1")], vec![], "a-1 b-1"),
            (vec![], vec![choice(&["a-1"], "yes", "b*")], "a-10"),
        ] {
            assert_eq!(select(ids, include, exclude).unwrap().join(" "), want);
        }
    }

    #[test]
    fn an_unknown_framework_answers_ids_and_beginnings() {
        assert_eq!(select(None, vec![], vec![]).unwrap(), ["*"]);
        assert_eq!(select(None, vec![choice(&["a-1"], "", "b-*")], vec![]).unwrap(), ["a-1", "b-*"]);
        assert_eq!(select(None, vec![choice(&["a-1", "a-2"], "", "")], vec![choice(&["a-2"], "", "")]).unwrap(), ["a-1"]);
        for (include, exclude) in [
            (vec![choice(&["a-1"], "yes", "")], vec![]),
            (vec![choice(&[], "", "a-?")], vec![]),
            (vec![], vec![choice(&["a-1"], "", "")]),
            (vec![choice(&["a-1"], "", "")], vec![choice(&[], "", "a*")]),
        ] {
            let error = select(None, include, exclude).unwrap_err();
            assert!(error.contains("needs the ids of `f`"), "{error}");
        }
    }

    #[test]
    fn globs() {
        for (pattern, text, want) in [
            ("*", "", true),
            ("", "a", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-d", false),
            ("?", "ä", true),
            ("??", "a", false),
            ("a**", "a", true),
        ] {
            assert_eq!(matches_glob(pattern, text), want, "{pattern} {text}");
        }
        let hard = format!("{}b", "a*".repeat(100));
        assert!(!matches_glob(&hard, &"a".repeat(128)));
    }
}
