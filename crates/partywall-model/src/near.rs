//! Names that resemble one that nothing has, so that an error says what was meant.

use std::collections::BTreeSet;

/// A longer text is no misspelt name.
const LONGEST: usize = 80;
/// A shorter text is a part of too many names.
const SHORTEST_PART: usize = 3;
/// How far apart a name and a part of it count as.
const PART: usize = 3;
/// As many names as a reader can take in.
pub const MOST: usize = 5;

/// How far a candidate is from what was typed, capitals aside, if it is near at all: letters that differ (Levenshtein), or [`PART`] if one
/// holds the other.
pub fn apart(typed: &str, candidate: &str) -> Option<usize> {
    if typed.len() > LONGEST || candidate.len() > LONGEST {
        return None;
    }
    let (typed, candidate) = (typed.to_lowercase(), candidate.to_lowercase());
    let a: Vec<char> = typed.chars().collect();
    let b: Vec<char> = candidate.chars().collect();
    let most = (1 + a.len() / 4).min(a.len().saturating_sub(1));
    if a.len().abs_diff(b.len()) <= most {
        let letters = distance(&a, &b);
        if letters <= most {
            return Some(letters);
        }
    }
    let is_part = a.len() >= SHORTEST_PART && candidate.contains(&typed) || b.len() >= SHORTEST_PART && typed.contains(&candidate);
    is_part.then_some(PART)
}

/// The known names that are nearest to a text, all equally near, at most [`MOST`]: by letters, else by words, else as parts.
pub fn near<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let mut found: Vec<(usize, &str)> = known.iter().filter_map(|name| Some((apart(typed, name)?, *name))).collect();
    if !found.iter().any(|(letters, _)| *letters < PART) {
        let by_words: Vec<(usize, &str)> = known.iter().filter_map(|name| Some((words_apart(typed, name)?, *name))).collect();
        if !by_words.is_empty() {
            found = by_words;
        }
    }
    found.sort_unstable();
    found.dedup();
    let best = found.first().map_or(0, |(letters, _)| *letters);
    found.into_iter().take_while(|(letters, _)| *letters == best).map(|(_, name)| name).take(MOST).collect()
}

/// How many words only one of two names has, if they share at least two, and those are most of what was typed.
fn words_apart(typed: &str, candidate: &str) -> Option<usize> {
    let words = |text: &str| -> BTreeSet<String> {
        text.to_lowercase().split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
    };
    if typed.len() > LONGEST {
        return None;
    }
    let (typed, candidate) = (words(typed), words(candidate));
    let shared = typed.intersection(&candidate).count();
    (shared >= 2 && shared * 2 > typed.len()).then_some(typed.len() + candidate.len() - 2 * shared)
}

/// `; did you mean …?` or nothing.
pub fn did_you_mean<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let near: Vec<String> = near(typed, known).into_iter().map(|name| format!("`{}`", crate::plain(name))).collect();
    match near.split_last() {
        None => String::new(),
        Some((last, [])) => format!("; did you mean {last}?"),
        Some((last, others)) => format!("; did you mean {} or {last}?", others.join(", ")),
    }
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = (0..=b.len()).collect();
    for (row, left) in a.iter().enumerate() {
        let mut here = vec![row + 1];
        for ((right, above), diagonal) in b.iter().zip(before.iter().skip(1)).zip(&before) {
            let beside = here.last().copied().unwrap_or(row + 1);
            here.push((diagonal + usize::from(left != right)).min(above + 1).min(beside + 1));
        }
        before = here;
    }
    before.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted() {
        for (typed, name, want) in [
            ("core-legder", "core-ledger", Some(2)),
            ("ledger", "core-ledger", Some(PART)),
            ("Core-Ledger", "core-ledger", Some(0)),
            ("xyz", "core-ledger", None),
            ("ab", "cd", None),
            ("", "core-ledger", None),
            ("Nmae", "Name", Some(2)),
        ] {
            assert_eq!(apart(typed, name), want, "{typed}");
        }
    }

    #[test]
    fn the_nearest_come_first() {
        let known = ["rds", "redshift", "lambda", "ecs", "ecr"];
        assert_eq!(near("lamda", known), ["lambda"]);
        assert_eq!(did_you_mean("redshif", known), "; did you mean `redshift`?");
        assert_eq!(near("rdss", ["dms", "rds", "rdss-old"]), ["rds"]);
        assert_eq!(did_you_mean("ecx", known), "; did you mean `ecr` or `ecs`?");
        assert_eq!(did_you_mean("zzzzzz", known), "");
    }

    #[test]
    fn words_that_are_shared_say_what_was_meant() {
        let known = ["rds", "rds.instance-keeps-backups", "rds.instance-is-not-public", "rds.cluster-keeps-backups"];
        assert_eq!(near("rds.instance-takes-backups", known), ["rds.instance-keeps-backups"]);
        assert_eq!(near("rds.no-such-thing", known), ["rds"]);
    }
}
