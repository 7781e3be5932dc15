use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_catalog::{Framework, Group, Requirement};

use crate::difference::{ids, is_other_text};

/// A new edition with the mapping of an old one.
#[derive(Debug, Clone)]
pub struct Merged {
    /// The new edition's lines with the old one's mapping.
    pub framework: Framework,
    /// Ids that only the new edition has; they have no mapping yet.
    pub added: Vec<Arc<str>>,
    /// Ids that only the old edition has; their mapping is dropped.
    pub removed: Vec<Arc<str>>,
    /// Ids whose title is another.
    pub retitled: Vec<Arc<str>>,
    /// Ids whose text is another; their mapping is taken over and should be read again.
    pub reworded: Vec<Arc<str>>,
}

/// Lays a new edition of a framework over an old one.
///
/// The publisher's side is the new one's: version, day, source, ids, groups, titles, texts, parts, what was withdrawn, what is selected and
/// its notes. The catalogue's side is the old one's: the framework's id, title, noun, publisher and aliases, and for each id both sides'
/// parts, duties, checks, evidence, the reason why nothing is technical, other frameworks' ids, and confidence. A title that is only the id
/// says nothing, so the old one stays; so does a group's that differs in capitals only. Nobody has reviewed a mapping whose lines are new or say something else: `reviews` falls to 0 then.
pub fn merge(old: &Framework, new: &Framework) -> Merged {
    let (old_ids, new_ids) = (ids(old), ids(new));
    let added: Vec<Arc<str>> = new_ids.iter().filter(|id| !old_ids.contains(*id)).cloned().collect();
    let removed: Vec<Arc<str>> = old_ids.iter().filter(|id| !new_ids.contains(*id)).cloned().collect();
    let by_id: BTreeMap<&str, &Arc<Requirement>> = old.requirements.iter().map(|line| (&*line.id, line)).collect();
    let (mut retitled, mut reworded) = (Vec::new(), Vec::new());
    let mut requirements = Vec::new();
    for line in &new.requirements {
        let Some(before) = by_id.get(&*line.id) else {
            requirements.push(line.clone());
            continue;
        };
        let merged = merged(before, line);
        if is_other_text(&before.title, &merged.title) {
            retitled.push(line.id.clone());
        }
        if is_other_text(&before.text, &merged.text) {
            reworded.push(line.id.clone());
        }
        requirements.push(Arc::new(merged));
    }
    let is_as_reviewed = new.of.is_some() || (added.is_empty() && retitled.is_empty() && reworded.is_empty());
    let framework = Framework {
        id: old.id.clone(),
        position: None,
        title: old.title.clone(),
        noun: old.noun.clone(),
        nouns: old.nouns.clone(),
        publisher: old.publisher.clone(),
        reviews: if is_as_reviewed { old.reviews } else { 0 },
        aliases: old.aliases.clone(),
        default: old.default,
        equivalents: old.equivalents.clone().or_else(|| new.equivalents.clone()),
        groups: new.groups.iter().map(|group| merged_group(old, group)).collect(),
        requirements,
        ..new.clone()
    };
    Merged { framework, added, removed, retitled, reworded }
}

fn merged(old: &Requirement, new: &Requirement) -> Requirement {
    let text = |old: &String, new: &String| if old.is_empty() { new.clone() } else { old.clone() };
    let list = |old: &Vec<String>, new: &Vec<String>| if old.is_empty() { new.clone() } else { old.clone() };
    let mut aliases = old.aliases.clone();
    aliases.extend(new.aliases.clone());
    Requirement {
        id: new.id.clone(),
        group: new.group.clone(),
        title: if new.title == new.id { old.title.clone() } else { new.title.clone() },
        text: text(&new.text, &old.text),
        aws: text(&old.aws, &new.aws),
        customer: text(&old.customer, &new.customer),
        duties: list(&old.duties, &new.duties),
        checks: list(&old.checks, &new.checks),
        manual: list(&old.manual, &new.manual),
        nothing_technical: text(&old.nothing_technical, &new.nothing_technical),
        aliases,
        level: new.level.or(old.level),
        assessment: new.assessment.clone().or_else(|| old.assessment.clone()),
        risk: new.risk.or(old.risk),
        parts: new.parts.clone(),
        confidence: old.confidence.or(new.confidence),
    }
}

fn merged_group(old: &Framework, new: &Group) -> Group {
    let says_nothing_new = |old: &&Group| new.title == new.id || old.title.eq_ignore_ascii_case(&new.title);
    old.groups.iter().find(|group| group.id == new.id).filter(says_nothing_new).unwrap_or(new).clone()
}

#[cfg(test)]
mod tests {
    use partywall_catalog::Confidence;

    use super::*;

    fn line(id: &str, title: &str, text: &str) -> Requirement {
        Requirement { id: id.into(), group: "g".into(), title: title.into(), text: text.to_owned(), ..Requirement::default() }
    }

    fn framework(id: &str, version: &str, lines: Vec<Requirement>) -> Framework {
        Framework {
            id: id.into(),
            title: id.into(),
            version: version.to_owned(),
            groups: vec![Group { id: "g".into(), title: version.into() }],
            requirements: lines.into_iter().map(Arc::new).collect(),
            ..Framework::empty()
        }
    }

    #[test]
    fn the_mapping_is_kept_by_id() {
        let mapped = |line: Requirement| Requirement {
            aws: "A".to_owned(),
            customer: "C".to_owned(),
            duties: vec!["d.e".to_owned()],
            checks: vec!["c.d".to_owned()],
            manual: vec!["m.n".to_owned()],
            nothing_technical: "N".to_owned(),
            aliases: BTreeMap::from([("x".to_owned(), vec!["1".to_owned()])]),
            level: Some(2),
            parts: vec!["old".to_owned()],
            confidence: Some(Confidence::High),
            ..line
        };
        let mut old = framework(
            "own-id",
            "1",
            vec![
                mapped(line("a", "Own words", "Text  one.")),
                mapped(line("b", "B", "b")),
                mapped(line("c", "C", "c")),
                line("gone", "", ""),
            ],
        );
        old.reviews = 2;
        old.aliases = vec!["short".to_owned()];
        let new = framework(
            "title-slug",
            "2",
            vec![line("new", "New", "n"), line("a", "a", "Text one."), line("b", "B2", "b"), line("c", "C", "c2")],
        );
        let merged = merge(&old, &new);
        let names = |ids: &[Arc<str>]| ids.join(" ");
        assert_eq!(
            [names(&merged.added), names(&merged.removed), names(&merged.retitled), names(&merged.reworded)],
            ["new", "gone", "b", "c"]
        );
        let head = &merged.framework;
        assert_eq!((&*head.id, head.version.as_str(), head.reviews, head.aliases.len()), ("own-id", "2", 0, 1));
        let a = head.requirements.iter().find(|line| &*line.id == "a").unwrap();
        assert_eq!((&*a.title, a.text.as_str(), a.parts.len()), ("Own words", "Text one.", 0));
        assert_eq!((a.aws.as_str(), a.customer.as_str(), a.nothing_technical.as_str(), a.level), ("A", "C", "N", Some(2)));
        assert_eq!((a.duties.len(), a.checks.len(), a.manual.len(), a.aliases.len(), a.confidence), (1, 1, 1, 1, Some(Confidence::High)));
        assert_eq!(head.requirements.iter().map(|line| &*line.id).collect::<Vec<_>>(), ["new", "a", "b", "c"]);
    }

    #[test]
    fn reviews_stay_where_nothing_else_is_said() {
        let mut old = framework("f", "1", vec![line("a", "A", "a"), line("b", "B", "b")]);
        old.reviews = 2;
        let merged = merge(&old, &framework("f", "2", vec![line("a", "A", "a")]));
        assert_eq!((merged.framework.reviews, merged.removed.len()), (2, 1));
    }

    #[test]
    fn selections_are_compared_by_what_they_select() {
        let selection = |ids: &[&str]| Framework {
            of: Some("whole".into()),
            select: ids.iter().map(|id| Arc::from(*id)).collect(),
            ..framework("s", "1", Vec::new())
        };
        let merged = merge(&selection(&["a", "b"]), &selection(&["b", "c"]));
        assert_eq!((merged.added.join(" "), merged.removed.join(" ")), ("c".to_owned(), "a".to_owned()));
        assert_eq!(merged.framework.select.join(" "), "b c");
    }
}
