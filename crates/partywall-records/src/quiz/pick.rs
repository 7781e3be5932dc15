//! Choosing by chance that is the same every time.

use std::collections::BTreeSet;

use super::{Candidate, Question, Topic};

/// SplitMix64: small, and the same everywhere. Nothing secret depends on it.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Puts a list into an order of chance (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            // The bias of the remainder is far below what anybody could see in lists this short.
            let other = usize::try_from(self.next() % (end as u64 + 1)).unwrap_or(0);
            list.swap(end, other);
        }
    }
}

/// So many questions, from each topic in turn, first one on each thing.
pub(super) fn pick(mut all: Vec<Candidate>, count: usize, random: &mut Random) -> Vec<Question> {
    random.shuffle(&mut all);
    let mut asked = BTreeSet::new();
    // A stable sort keeps the order of chance among the first on their thing, and puts the others behind.
    let mut ranked: Vec<(bool, Candidate)> = all.into_iter().map(|one| (!asked.insert((one.topic, one.about.clone())), one)).collect();
    ranked.sort_by_key(|(again, _)| *again);
    let topics = [Topic::Setting, Topic::Layer, Topic::Expectation, Topic::Duty, Topic::Attestation];
    let mut stacks = topics.map(|topic| {
        let of_topic = |(_, one): &&(bool, Candidate)| one.topic == topic;
        ranked.iter().filter(of_topic).map(|(again, one)| (*again, one)).collect::<Vec<_>>().into_iter().peekable()
    });
    let mut chosen = Vec::new();
    let mut texts = BTreeSet::new();
    for repeated in [false, true] {
        loop {
            let before = chosen.len();
            let mut left = false;
            for stack in &mut stacks {
                if chosen.len() >= count {
                    return chosen;
                }
                let Some((_, one)) = stack.next_if(|(again, _)| *again == repeated) else { continue };
                left = true;
                if texts.insert(one.question.text.clone()) {
                    chosen.push(one.question.clone());
                }
            }
            if !left && chosen.len() == before {
                break;
            }
        }
    }
    chosen
}
