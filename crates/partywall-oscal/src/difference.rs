use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_catalog::{Framework, Requirement};
use serde::Serialize;

/// How two frameworks differ, `a` mostly the earlier one. Ids stand in the order of the framework that has them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Ids that only `a` has and that did not move.
    pub only_a: Vec<Arc<str>>,
    /// Ids that only `b` has and that did not move.
    pub only_b: Vec<Arc<str>>,
    /// Ids of one that stand elsewhere in the other.
    pub moved: Vec<Moved>,
    /// Lines whose title is another.
    pub retitled: Vec<Reworded>,
    /// Lines whose text is another.
    pub reworded: Vec<Reworded>,
    /// Lines with another mapping.
    pub remapped: Vec<Remapped>,
    /// Lines for which a selection notes something else.
    pub noted: Vec<Reworded>,
}

/// One of the two frameworks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

/// How it is known that a line moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The other framework lists the id as withdrawn.
    Withdrawn,
    /// A line says in its `aliases` that it is the same.
    Alias,
}

/// A line that stands elsewhere in the other framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Its id.
    pub id: Arc<str>,
    /// The framework that has the id.
    pub side: Side,
    /// What took it up in the other framework, as that one says it; empty if nothing did.
    pub to: Vec<Arc<str>>,
    /// How this is known.
    pub reason: Reason,
}

/// A line with two wordings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reworded {
    /// Its id, in `a` if the ids differ.
    pub id: Arc<str>,
    /// What `a` says.
    pub a: String,
    /// What `b` says.
    pub b: String,
}

/// A line with two mappings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remapped {
    /// Its id, in `a` if the ids differ.
    pub id: Arc<str>,
    /// Duties.
    pub duties: Change,
    /// Checks.
    pub checks: Change,
    /// Manual evidence.
    pub manual: Change,
}

/// Entries that only one of two lists has, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Only in `a`.
    pub only_a: Vec<String>,
    /// Only in `b`.
    pub only_b: Vec<String>,
}

/// Compares two frameworks: two editions, or what two people made of one. White space counts for nothing.
///
/// An id that only one has moved if the other lists it as withdrawn, or if either's `aliases` say which line of the other it is. Lines of
/// selections are compared if the catalogue has filled them in, else their ids only.
pub fn difference(a: &Framework, b: &Framework) -> Difference {
    let mut difference = Difference::default();
    let (a_ids, b_ids) = (ids(a), ids(b));
    let (a_set, b_set): (BTreeSet<_>, BTreeSet<_>) = (a_ids.iter().collect(), b_ids.iter().collect());
    let (a_lines, b_lines) = (lines(a), lines(b));
    let (to_b, to_a) = (aliases(a, b), aliases(b, a));
    let mut found_in_b = BTreeSet::new();
    for id in &a_ids {
        if b_set.contains(id) {
            difference.compare(id, a_lines.get(id), b_lines.get(id));
        } else if let Some(to) = b.withdrawn.get(id) {
            difference.moved.push(Moved { id: id.clone(), side: Side::A, to: to.clone(), reason: Reason::Withdrawn });
        } else if let Some(to) = to_b.get(id) {
            if let [same] = to.as_slice() {
                difference.compare(id, a_lines.get(id), b_lines.get(same));
            }
            found_in_b.extend(to.iter().cloned());
            difference.moved.push(Moved { id: id.clone(), side: Side::A, to: to.clone(), reason: Reason::Alias });
        } else {
            difference.only_a.push(id.clone());
        }
    }
    for id in b_ids.iter().filter(|id| !a_set.contains(id) && !found_in_b.contains(*id)) {
        if let Some(to) = a.withdrawn.get(id) {
            difference.moved.push(Moved { id: id.clone(), side: Side::B, to: to.clone(), reason: Reason::Withdrawn });
        } else if let Some(to) = to_a.get(id) {
            difference.moved.push(Moved { id: id.clone(), side: Side::B, to: to.clone(), reason: Reason::Alias });
        } else {
            difference.only_b.push(id.clone());
        }
    }
    for id in a_ids.iter().filter(|id| b_set.contains(id)) {
        let note = |framework: &Framework| framework.notes.get(id).cloned().unwrap_or_default();
        difference.noted.extend(reworded(id, &note(a), &note(b)));
    }
    difference
}

impl Difference {
    /// True if nothing differs.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn compare(&mut self, id: &Arc<str>, a: Option<&&Requirement>, b: Option<&&Requirement>) {
        let (Some(a), Some(b)) = (a, b) else { return };
        self.retitled.extend(reworded(id, &a.title, &b.title));
        self.reworded.extend(reworded(id, &a.text, &b.text));
        let remapped = Remapped {
            id: id.clone(),
            duties: change(&a.duties, &b.duties),
            checks: change(&a.checks, &b.checks),
            manual: change(&a.manual, &b.manual),
        };
        if [&remapped.duties, &remapped.checks, &remapped.manual].iter().any(|change| **change != Change::default()) {
            self.remapped.push(remapped);
        }
    }
}

/// The ids of a framework: its lines', else what it selects.
pub(crate) fn ids(framework: &Framework) -> Vec<Arc<str>> {
    if framework.requirements.is_empty() {
        framework.select.clone()
    } else {
        framework.requirements.iter().map(|requirement| requirement.id.clone()).collect()
    }
}

/// True if two texts differ in more than white space.
pub(crate) fn is_other_text(a: &str, b: &str) -> bool {
    !a.split_whitespace().eq(b.split_whitespace())
}

fn lines(framework: &Framework) -> BTreeMap<Arc<str>, &Requirement> {
    framework.requirements.iter().map(|requirement| (requirement.id.clone(), &**requirement)).collect()
}

/// The ids in `to` of the lines of `from`, as either of them says.
fn aliases(from: &Framework, to: &Framework) -> BTreeMap<Arc<str>, Vec<Arc<str>>> {
    let mut found: BTreeMap<Arc<str>, BTreeSet<Arc<str>>> = BTreeMap::new();
    let there: BTreeSet<Arc<str>> = ids(to).into_iter().collect();
    for line in &from.requirements {
        let named = said(line, to).filter_map(|id| there.get(id.as_str()).cloned());
        found.entry(line.id.clone()).or_default().extend(named);
    }
    for line in &to.requirements {
        for id in said(line, from) {
            found.entry(Arc::from(id.as_str())).or_default().insert(line.id.clone());
        }
    }
    found.into_iter().filter(|(_, ids)| !ids.is_empty()).map(|(id, ids)| (id, ids.into_iter().collect())).collect()
}

/// The ids of a framework that a line says are the same.
fn said<'a>(line: &'a Requirement, of: &Framework) -> impl Iterator<Item = &'a String> {
    let is_of = |name: &str| *name == *of.id || of.aliases.iter().any(|alias| alias == name);
    line.aliases.iter().filter(move |(name, _)| is_of(name)).flat_map(|(_, ids)| ids)
}

fn reworded(id: &Arc<str>, a: &str, b: &str) -> Option<Reworded> {
    is_other_text(a, b).then(|| Reworded { id: id.clone(), a: a.to_owned(), b: b.to_owned() })
}

fn change(a: &[String], b: &[String]) -> Change {
    let (a, b): (BTreeSet<&String>, BTreeSet<&String>) = (a.iter().collect(), b.iter().collect());
    let only = |one: &BTreeSet<&String>, other: &BTreeSet<&String>| one.difference(other).map(|entry| (*entry).clone()).collect();
    Change { only_a: only(&a, &b), only_b: only(&b, &a) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str) -> Requirement {
        Requirement { id: id.into(), title: "T".into(), ..Requirement::default() }
    }

    fn framework(id: &str, lines: Vec<Requirement>) -> Framework {
        Framework { id: id.into(), requirements: lines.into_iter().map(Arc::new).collect(), ..Framework::empty() }
    }

    fn texts(items: &[&str]) -> Vec<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    #[test]
    fn lines_are_gone_new_or_moved() {
        let alias = |line: Requirement, other: &str, ids: &[&str]| Requirement {
            aliases: BTreeMap::from([(other.to_owned(), texts(ids))]),
            ..line
        };
        let a = framework("f-1", vec![line("same"), line("gone"), line("taken"), alias(line("old"), "f-2", &["new"]), line("back")]);
        let retitled = Requirement { title: "U".into(), ..line("new") };
        let mut b =
            framework("f-2", vec![line("same"), retitled, alias(line("front"), "first", &["back"]), line("added"), line("dropped")]);
        let a = Framework { aliases: texts(&["first"]), withdrawn: BTreeMap::from([("dropped".into(), Vec::new())]), ..a };
        b.withdrawn = BTreeMap::from([("taken".into(), vec!["same".into()])]);
        let found = difference(&a, &b);
        assert_eq!((found.only_a.join(" "), found.only_b.join(" ")), ("gone".to_owned(), "added".to_owned()));
        let moved: Vec<_> = found.moved.iter().map(|one| (&*one.id, one.side, one.to.join(" "), one.reason)).collect();
        assert_eq!(
            moved,
            [
                ("taken", Side::A, "same".to_owned(), Reason::Withdrawn),
                ("old", Side::A, "new".to_owned(), Reason::Alias),
                ("back", Side::A, "front".to_owned(), Reason::Alias),
                ("dropped", Side::B, String::new(), Reason::Withdrawn),
            ]
        );
        assert_eq!(found.retitled, [Reworded { id: "old".into(), a: "T".to_owned(), b: "U".to_owned() }]);
        assert!(difference(&a, &a).is_empty());
    }

    #[test]
    fn words_and_mappings_change() {
        let a = Requirement { text: "a.  One.".to_owned(), duties: texts(&["d.e", "d.f"]), checks: texts(&["c"]), ..line("x") };
        let b = Requirement { text: "a. One.".to_owned(), duties: texts(&["d.f", "d.g"]), checks: texts(&["c"]), ..line("x") };
        let found = difference(&framework("f", vec![a.clone()]), &framework("f", vec![b]));
        assert!(found.reworded.is_empty(), "white space counts for nothing: {found:?}");
        let duties = Change { only_a: texts(&["d.e"]), only_b: texts(&["d.g"]) };
        assert_eq!(found.remapped, [Remapped { id: "x".into(), duties, checks: Change::default(), manual: Change::default() }]);
        let reworded = Requirement { text: "Two.".to_owned(), ..a.clone() };
        let found = difference(&framework("f", vec![a]), &framework("f", vec![reworded]));
        assert_eq!(found.reworded, [Reworded { id: "x".into(), a: "a.  One.".to_owned(), b: "Two.".to_owned() }]);
    }

    #[test]
    fn selections_differ_by_ids_and_notes() {
        let selection = |ids: &[&str], note: &str| Framework {
            select: ids.iter().map(|id| Arc::from(*id)).collect(),
            notes: BTreeMap::from([("b".into(), note.to_owned())]),
            ..framework("s", Vec::new())
        };
        let found = difference(&selection(&["a", "b"], "yearly"), &selection(&["b", "c"], "monthly"));
        assert_eq!((found.only_a.join(" "), found.only_b.join(" ")), ("a".to_owned(), "c".to_owned()));
        assert_eq!(found.noted, [Reworded { id: "b".into(), a: "yearly".to_owned(), b: "monthly".to_owned() }]);
    }
}
