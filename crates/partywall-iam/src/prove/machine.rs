//! Patterns as automata that run side by side.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use super::language::{Budget, Class, Exhausted, Glob, Step, TextSet};

/// The patterns of all sets, laid one after the other: one bit for each place in each pattern.
pub(super) struct Machine<'s> {
    wanted: Vec<Part<'s>>,
    /// By bit: the step from there, or none at the end of a pattern; and whether letters match in either case.
    steps: Vec<(Option<Step>, bool)>,
    starts: Vec<usize>,
    /// Where the pattern of all ARNs ends, if a set asks for it.
    arn_end: Option<usize>,
    all_ignore_case: bool,
}

struct Part<'s> {
    set: &'s TextSet,
    globs: Vec<&'s Glob>,
    inside: bool,
    bits: Range<usize>,
    ends: Vec<usize>,
}

type State = Box<[u64]>;

/// For states, which nobody from outside chooses: mixes each word by a multiplication.
#[derive(Debug, Default)]
struct WordHasher(u64);

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            self.write_u64(chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_usize(&mut self, length: usize) {
        self.write_u64(length as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

impl<'s> Machine<'s> {
    /// `None` if a set can be seen to be left at once. Patterns that begin unlike all those of the shortest list of which one has to
    /// match play no part.
    pub(super) fn new(wanted: &[(&'s TextSet, bool)]) -> Option<Self> {
        let mut machine =
            Self { wanted: Vec::with_capacity(wanted.len()), steps: Vec::new(), starts: Vec::new(), arn_end: None, all_ignore_case: true };
        let required = wanted.iter().filter(|(set, inside)| set.requires(*inside)).min_by_key(|(set, _)| set.any_of.len());
        for (set, inside) in wanted {
            let from = machine.steps.len();
            let possible = |glob: &&Glob| required.is_none_or(|(list, _)| list.any_of.iter().any(|base| base.may_begin_like(glob)));
            let globs: Vec<&'s Glob> = set.any_of.iter().filter(possible).collect();
            if globs.is_empty() && !set.arns_only {
                if set.negated != *inside {
                    return None;
                }
                continue;
            }
            let ends = globs.iter().map(|glob| machine.add(glob)).collect();
            machine.wanted.push(Part { set, globs, inside: *inside, bits: from..machine.steps.len(), ends });
        }
        if machine.wanted.iter().any(|part| part.set.arns_only) {
            machine.arn_end = Some(machine.add(&Glob::arn()));
        }
        Some(machine)
    }

    fn add(&mut self, glob: &Glob) -> usize {
        self.starts.push(self.steps.len());
        self.steps.extend(glob.steps.iter().map(|step| (Some(*step), glob.ignore_case)));
        self.steps.push((None, glob.ignore_case));
        self.all_ignore_case &= glob.ignore_case;
        self.steps.len().saturating_sub(1)
    }

    /// If the text has to be one of a few: these.
    pub(super) fn literals(&self) -> Option<Vec<String>> {
        let lists = self.wanted.iter().filter(|part| part.is_required());
        lists
            .filter(|part| self.all_ignore_case || part.globs.iter().all(|glob| !glob.ignore_case))
            .filter_map(|part| part.globs.iter().map(|glob| glob.as_text()).collect::<Option<Vec<String>>>())
            .min_by_key(Vec::len)
    }

    fn start(&self) -> State {
        let mut state = vec![0_u64; self.steps.len().div_ceil(64)].into_boxed_slice();
        for bit in &self.starts {
            self.reach(&mut state, *bit);
        }
        state
    }

    /// Sets the bit and those behind the stars that follow, as a star may stand for nothing.
    fn reach(&self, state: &mut State, mut bit: usize) {
        loop {
            if let Some(word) = state.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
            match self.steps.get(bit) {
                Some((Some(Step::Star(_)), _)) => bit = bit.saturating_add(1),
                _ => return,
            }
        }
    }

    fn next(&self, state: &State, character: char) -> State {
        let mut next = vec![0_u64; state.len()].into_boxed_slice();
        for bit in bits(state) {
            match self.steps.get(bit) {
                Some((Some(Step::Char(wanted)), ignore_case))
                    if *wanted == character || *ignore_case && wanted.eq_ignore_ascii_case(&character) =>
                {
                    self.reach(&mut next, bit.saturating_add(1));
                }
                Some((Some(Step::One(class)), _)) if class.takes(character) => self.reach(&mut next, bit.saturating_add(1)),
                Some((Some(Step::Star(class)), _)) if class.takes(character) => self.reach(&mut next, bit),
                _ => {}
            }
        }
        next
    }

    fn is_met(&self, state: &State) -> bool {
        let is_arn = self.arn_end.is_none_or(|end| has(state, end));
        self.wanted.iter().all(|part| {
            let listed = part.ends.iter().any(|end| has(state, *end));
            ((listed != part.set.negated) && (is_arn || !part.set.arns_only)) == part.inside
        })
    }

    /// True if no text from here on can be in a set that it has to be in.
    fn is_dead(&self, state: &State) -> bool {
        self.wanted.iter().any(|part| part.is_required() && !has_any(state, &part.bits))
            || self.arn_end.is_some_and(|end| {
                let arn = self.starts.last().copied().unwrap_or_default()..end.saturating_add(1);
                self.wanted.iter().any(|part| part.inside && part.set.arns_only) && !has_any(state, &arn)
            })
    }

    pub(super) fn accepts(&self, text: &str) -> bool {
        let mut state = self.start();
        for character in text.chars() {
            state = self.next(&state, character);
        }
        self.is_met(&state)
    }

    pub(super) fn search(&self, budget: &mut Budget) -> Result<Option<String>, Exhausted> {
        let start = self.start();
        if self.is_dead(&start) {
            return Ok(None);
        }
        let mut seen: HashSet<State, BuildHasherDefault<WordHasher>> = HashSet::default();
        seen.insert(start.clone());
        // Each state with the one that it was reached from, and by which character.
        let mut found: Vec<(State, usize, char)> = vec![(start, 0, '\0')];
        let mut at = 0_usize;
        while let Some((state, _, _)) = found.get(at) {
            if self.is_met(state) {
                return Ok(Some(spell(&found, at)));
            }
            let state = state.clone();
            for character in self.characters(&state) {
                let next = self.next(&state, character);
                if self.is_dead(&next) || seen.contains(&next) {
                    continue;
                }
                budget.left = budget.left.checked_sub(1).ok_or(Exhausted)?;
                seen.insert(next.clone());
                found.push((next, at, character));
            }
            at = at.saturating_add(1);
        }
        Ok(None)
    }

    /// One character of each kind that the patterns tell apart here.
    fn characters(&self, state: &State) -> Vec<char> {
        let mut told: Vec<char> = Vec::new();
        // Where no pattern has to match, any character goes on.
        let (mut wild, mut digits) = (!self.wanted.iter().any(Part::is_required), false);
        let mut tell = |character: char| {
            if !told.contains(&character) {
                told.push(character);
            }
        };
        for bit in bits(state) {
            match self.steps.get(bit) {
                Some((Some(Step::Char(character)), ignore_case)) => {
                    tell(*character);
                    if *ignore_case && !self.all_ignore_case {
                        tell(character.to_ascii_lowercase());
                        tell(character.to_ascii_uppercase());
                    }
                }
                Some((Some(Step::One(class) | Step::Star(class)), _)) => {
                    wild = true;
                    match class {
                        Class::Any => {}
                        Class::InField => tell(':'),
                        Class::InName => {
                            tell(':');
                            tell('/');
                        }
                        Class::Digit => digits = true,
                    }
                }
                _ => {}
            }
        }
        if wild {
            let free = |candidate: &char| !told.iter().any(|taken| taken.eq_ignore_ascii_case(candidate));
            let digit = digits.then(|| ('0'..='9').find(free)).flatten();
            let other = ('a'..='z').chain(['-', '_', '.']).chain('\u{3b1}'..='\u{3c9}').chain('\u{4e00}'..='\u{9fff}').find(free);
            told.extend(digit);
            told.extend(other);
        }
        told
    }
}

impl Part<'_> {
    fn is_required(&self) -> bool {
        self.set.requires(self.inside)
    }
}

fn bits(state: &State) -> impl Iterator<Item = usize> {
    state.iter().enumerate().flat_map(|(number, word)| {
        let mut left = *word;
        std::iter::from_fn(move || {
            let bit = left.trailing_zeros();
            if left == 0 {
                return None;
            }
            left &= left.wrapping_sub(1);
            Some(number.saturating_mul(64).saturating_add(usize::try_from(bit).unwrap_or_default()))
        })
    })
}

fn has(state: &State, bit: usize) -> bool {
    state.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
}

fn has_any(state: &State, bits: &Range<usize>) -> bool {
    bits.clone().any(|bit| has(state, bit))
}

fn spell(found: &[(State, usize, char)], mut at: usize) -> String {
    let mut text: Vec<char> = Vec::new();
    while at != 0 {
        let Some((_, from, character)) = found.get(at) else { break };
        text.push(*character);
        at = *from;
    }
    text.iter().rev().collect()
}
