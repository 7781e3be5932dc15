//! The framework that a profile selects from.

use std::collections::BTreeSet;
use std::sync::Arc;

use partywall_catalog::Framework;

use crate::OscalError;

/// As many ids as an error names.
const SHOWN: usize = 5;

/// What is known of the framework that a file selects from.
#[derive(Debug, PartialEq)]
pub(crate) struct Base {
    /// The whole framework's id.
    pub(crate) id: Arc<str>,
    /// The ids that may be selected, in its order; `None` if the framework is not there.
    pub(crate) ids: Option<Vec<Arc<str>>>,
}

impl Base {
    /// The framework of that id or alias, known or not.
    pub(crate) fn named(of: &str, known: &[&Framework]) -> Self {
        let found = known.iter().find(|one| *one.id == *of || one.aliases.iter().any(|alias| alias == of));
        found.map_or_else(|| Self { id: of.into(), ids: None }, |framework| Self::of(framework))
    }

    /// The known framework whose title or id a file names; the one that says most, if one does.
    pub(crate) fn matching(said: &str, known: &[&Framework]) -> Option<Self> {
        let said = words(said);
        let score = |framework: &Framework| {
            let names = [words(&framework.title), words(&framework.id)];
            names.iter().filter(|name| name.is_subset(&said)).map(BTreeSet::len).max().unwrap_or(0)
        };
        let best = known.iter().map(|framework| score(framework)).max().filter(|best| *best > 0)?;
        let mut found = known.iter().filter(|framework| score(framework) == best);
        let framework = found.next()?;
        found.next().is_none().then(|| Self::of(framework))
    }

    /// A selection stands for the framework that it is from, with its own ids only.
    fn of(framework: &Framework) -> Self {
        let lines = framework.requirements.iter().map(|requirement| requirement.id.clone());
        let selected = framework.select.iter().filter(|_| framework.requirements.is_empty() && framework.of.is_some());
        let ids: Vec<Arc<str>> = lines.chain(selected.cloned()).collect();
        let whole = framework.of.as_ref().unwrap_or(&framework.id);
        let is_listed = !ids.is_empty() && !ids.iter().any(|id| id.ends_with('*'));
        Self { id: whole.clone(), ids: is_listed.then_some(ids) }
    }

    /// The ids as a set to look in; empty if they are not known.
    pub(crate) fn listed(&self) -> BTreeSet<&str> {
        self.ids.iter().flatten().map(AsRef::as_ref).collect()
    }

    /// Refuses ids that the framework does not have, if it is known.
    ///
    /// # Errors
    /// The first such ids.
    pub(crate) fn check(&self, selected: &[Arc<str>], file: &str) -> Result<(), OscalError> {
        let listed = self.listed();
        let missing: Vec<&str> = selected.iter().map(AsRef::as_ref).filter(|id| self.ids.is_some() && !listed.contains(id)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut ids = missing.iter().take(SHOWN).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        if missing.len() > SHOWN {
            ids.push_str(&format!(" and {} more", missing.len() - SHOWN));
        }
        Err(OscalError::NotInBase { file: file.to_owned(), ids, of: self.id.clone() })
    }
}

/// How a framework of these ids writes one: some publishers put the framework's name before it (`SP_800_171_03.01.01`).
pub(crate) fn own<'a>(id: &'a str, listed: &BTreeSet<&str>) -> &'a str {
    let tail = id.rsplit_once('_').map_or(id, |(_, tail)| tail);
    if !listed.contains(id) && listed.contains(tail) { tail } else { id }
}

/// Words and numbers in lower case; the short forms of "revision" are spelt out.
fn words(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut word = String::new();
    for letter in text.chars().chain(std::iter::once(' ')) {
        let changes = word.ends_with(|last: char| last.is_ascii_digit()) != letter.is_ascii_digit();
        if !word.is_empty() && (changes || !letter.is_alphanumeric()) {
            let whole = std::mem::take(&mut word);
            words.insert(if matches!(whole.as_str(), "rev" | "r") { "revision".to_owned() } else { whole });
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framework(id: &str, title: &str) -> Framework {
        Framework { id: id.into(), title: title.into(), ..Framework::empty() }
    }

    #[test]
    fn imports_are_matched_by_title_or_file_name() {
        let all = [
            framework("nist-800-53r5", "NIST SP 800-53 revision 5"),
            framework("nist-800-171r3", "NIST SP 800-171 revision 3"),
            Framework {
                of: Some("nist-800-53r5".into()),
                select: vec!["ac-1".into()],
                ..framework("nist-800-53r5-low", "NIST SP 800-53 revision 5, low baseline")
            },
        ];
        let known: Vec<&Framework> = all.iter().collect();
        let whole = Base { id: "nist-800-53r5".into(), ids: None };
        let low = Base { id: "nist-800-53r5".into(), ids: Some(vec!["ac-1".into()]) };
        for (said, want) in [
            ("NIST Special Publication (SP) 800-53 revision 5", Some(&whole)),
            ("NIST_SP-800-53_rev5_catalog.json", Some(&whole)),
            ("NIST_SP-800-53_rev5_LOW-baseline_profile.xml", Some(&low)),
            ("NIST_SP-800-53_rev4_catalog.json", None),
            ("", None),
        ] {
            assert_eq!(Base::matching(said, &known).as_ref(), want, "{said}");
        }
        let twice = [framework("a-1", "A 1"), framework("a-1-1", "A 1")];
        assert_eq!(Base::matching("A 1", &twice.iter().collect::<Vec<_>>()), None);
    }

    #[test]
    fn an_error_names_the_first_missing_ids() {
        let base = Base { id: "f".into(), ids: Some(vec!["a".into()]) };
        let ids: Vec<Arc<str>> = ["a", "b", "c", "d", "e", "f", "g"].into_iter().map(Arc::from).collect();
        let error = base.check(&ids, "p.json").unwrap_err().to_string();
        assert!(error.starts_with("`p.json` selects `b`, `c`, `d`, `e`, `f` and 1 more, which `f` does not have"), "{error}");
        assert!(Base { id: "f".into(), ids: None }.check(&ids, "p.json").is_ok());
    }
}
