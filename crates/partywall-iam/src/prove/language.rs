//! Sets of texts given by patterns, and a text that lies in some of them and outside of others.

use super::machine::Machine;
use crate::wildcard::Token;

/// A set of characters that a wildcard stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Class {
    Any,
    /// No colon, which ends a field of an ARN.
    InField,
    /// Neither colon nor slash: one part of a name.
    InName,
    Digit,
}

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Char(char),
    One(Class),
    Star(Class),
}

/// A pattern, one step after the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Glob {
    pub(super) steps: Vec<Step>,
    pub(super) ignore_case: bool,
}

/// The texts that one of the patterns matches, or, if negated, none; `arns_only`: only ARNs among them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct TextSet {
    pub(super) any_of: Vec<Glob>,
    pub(super) arns_only: bool,
    pub(super) negated: bool,
}

/// The states of automata that a question may still visit.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) left: usize,
}

/// The question visited more states than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exhausted;

impl Class {
    pub(super) fn takes(self, character: char) -> bool {
        match self {
            Self::Any => true,
            Self::InField => character != ':',
            Self::InName => character != ':' && character != '/',
            Self::Digit => character.is_ascii_digit(),
        }
    }
}

impl Glob {
    pub(super) fn literal(text: &str) -> Self {
        Self { steps: text.chars().map(Step::Char).collect(), ignore_case: false }
    }

    pub(super) fn of_tokens(tokens: &[Token], ignore_case: bool) -> Self {
        let step = |token: &Token| match *token {
            Token::Char(character) => Step::Char(character),
            Token::One => Step::One(Class::Any),
            Token::OneInField => Step::One(Class::InField),
            Token::Star => Step::Star(Class::Any),
            Token::StarInField => Step::Star(Class::InField),
        };
        Self { steps: tokens.iter().map(step).collect(), ignore_case }
    }

    /// Takes the steps of another after its own.
    pub(super) fn then(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.steps.extend(steps);
        self
    }

    pub(super) fn then_text(self, text: &str) -> Self {
        self.then(text.chars().map(Step::Char).collect::<Vec<_>>())
    }

    /// The only text that it matches, but for the case of letters.
    pub(super) fn as_text(&self) -> Option<String> {
        let character = |step: &Step| match step {
            Step::Char(character) => Some(*character),
            Step::One(_) | Step::Star(_) => None,
        };
        self.steps.iter().map(character).collect()
    }

    /// False if no text matches both, as their first characters differ.
    pub(super) fn may_begin_like(&self, other: &Self) -> bool {
        let fold = self.ignore_case || other.ignore_case;
        for (one, other) in self.steps.iter().zip(&other.steps) {
            match (one, other) {
                (Step::Char(one), Step::Char(other)) if one == other || fold && one.eq_ignore_ascii_case(other) => {}
                (Step::Char(_), Step::Char(_)) => return false,
                (Step::Star(_), _) | (_, Step::Star(_)) => return true,
                (Step::One(class), Step::Char(character)) | (Step::Char(character), Step::One(class)) if !class.takes(*character) => {
                    return false;
                }
                _ => {}
            }
        }
        true
    }

    /// `arn:` and five more fields.
    pub(super) fn arn() -> Self {
        let field = [Step::Star(Class::InField), Step::Char(':')];
        Self::literal("arn:").then([field; 4].into_iter().flatten()).then([Step::Star(Class::Any)])
    }
}

impl TextSet {
    pub(super) fn of(any_of: Vec<Glob>) -> Self {
        Self { any_of, arns_only: false, negated: false }
    }

    pub(super) fn nothing() -> Self {
        Self::of(Vec::new())
    }

    pub(super) fn everything() -> Self {
        Self { any_of: Vec::new(), arns_only: false, negated: true }
    }

    pub(super) fn except(any_of: Vec<Glob>) -> Self {
        Self { any_of, arns_only: false, negated: true }
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        Machine::new(&[(self, true)]).is_some_and(|machine| machine.accepts(text))
    }

    /// True if one of the patterns has to match.
    pub(super) fn requires(&self, inside: bool) -> bool {
        inside && !self.negated || !inside && self.negated && !self.arns_only
    }
}

/// A text that lies in every set given with `true` and in none given with `false`: one of the shortest; `None` if there is none.
///
/// The automata of all patterns run side by side over an alphabet that is found on the way: in each state only the characters that
/// some pattern tells from the others, and one for all others.
pub(super) fn find(wanted: &[(&TextSet, bool)], budget: &mut Budget) -> Result<Option<String>, Exhausted> {
    let Some(machine) = Machine::new(wanted) else { return Ok(None) };
    match machine.literals() {
        Some(texts) => Ok(texts.into_iter().find(|text| machine.accepts(text))),
        None => machine.search(budget),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wildcard::{matches, plain_token};

    fn set(patterns: &[&str]) -> TextSet {
        let tokens = |pattern: &&str| pattern.chars().map(plain_token).collect::<Vec<_>>();
        TextSet::of(patterns.iter().map(|pattern| Glob::of_tokens(&tokens(pattern), false)).collect())
    }

    fn lies_in(inside: &[&str], outside: &[&str]) -> Option<String> {
        let inside: Vec<TextSet> = inside.iter().map(|pattern| set(&[pattern])).collect();
        let outside = set(outside);
        let wanted: Vec<(&TextSet, bool)> = inside.iter().map(|set| (set, true)).chain([(&outside, false)]).collect();
        find(&wanted, &mut Budget { left: 10_000 }).unwrap()
    }

    #[test]
    fn patterns_within_others_and_texts_that_are_not() {
        for (inside, outside, want) in [
            (&["arn:aws:s3:::bkt/*"][..], &["arn:aws:s3:::bkt/a*", "arn:aws:s3:::bkt/*z"][..], true),
            (&["arn:aws:s3:::*"], &["arn:aws:s3:::a*", "arn:aws:s3:::*/x", "arn:aws:s3:::?"], true),
            (&["prod-*/x"], &["prod-*"], false),
            (&["arn:aws:iam::*:role/*"], &["arn:aws:iam::1*:role/*", "arn:aws:iam::*:role/app*"], true),
            (&["s3:*Object*"], &["s3:Get*", "s3:Put*", "s3:*Acl", "s3:Object*"], true),
            (&["*abc*", "*bcd*", "*cde*"], &["*abcde*", "a*e"], true),
            (&["a*b*c*d*e*"], &["a*c*e*", "*b*d*"], false),
            (&["a*", "*b"], &["a*b"], false),
            (&["??"], &["?*"], false),
            (&["a*"], &["a", "a?", "a?*"], false),
        ] {
            let found = lies_in(inside, outside);
            assert_eq!(found.is_some(), want, "{inside:?} without {outside:?}: {found:?}");
            if let Some(text) = found {
                assert!(inside.iter().all(|pattern| set(&[pattern]).contains(&text)) && !set(outside).contains(&text), "{text}");
            }
        }
    }

    #[test]
    fn states_are_counted() {
        let many = format!("*{}", "a?????????????????????".repeat(3));
        let wanted = set(&[&many]);
        let other = set(&["*b?????????????????????c"]);
        let sets = [(&wanted, true), (&other, true)];
        assert_eq!(find(&sets, &mut Budget { left: 100 }), Err(Exhausted));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_found_is_there_and_what_is_not_is_not(
            inside in prop::collection::vec("[ab*?:]{0,4}", 0..3), outside in prop::collection::vec("[aAb*?:]{0,4}", 0..3),
            sensitive in any::<bool>(),
        ) {
            let glob = |pattern: &String| Glob::of_tokens(&pattern.chars().map(plain_token).collect::<Vec<_>>(), false);
            let loose = |pattern: &String| Glob { ignore_case: !sensitive, ..glob(pattern) };
            let sets: Vec<TextSet> = inside.iter().map(|pattern| TextSet::of(vec![glob(pattern)])).collect();
            let other = TextSet::of(outside.iter().map(loose).collect());
            let wanted: Vec<(&TextSet, bool)> = sets.iter().map(|set| (set, true)).chain([(&other, false)]).collect();
            let found = find(&wanted, &mut Budget { left: 1_000_000 }).unwrap();
            let is_right = |text: &str| {
                let is = |pattern: &String, ignore| matches(&pattern.chars().map(plain_token).collect::<Vec<_>>(), text, ignore);
                inside.iter().all(|pattern| is(pattern, false)) && !outside.iter().any(|pattern| is(pattern, !sensitive))
            };
            match found {
                Some(text) => prop_assert!(is_right(&text), "{text}"),
                None => {
                    let mut texts = vec![String::new()];
                    for _ in 0..5 {
                        let longer: Vec<String> = texts.iter().flat_map(|text| ["a", "A", "b", ":", "x"].map(|letter| format!("{text}{letter}"))).collect();
                        prop_assert!(!texts.iter().any(|text| is_right(text)));
                        texts = longer;
                    }
                }
            }
        }
    }
}
