//! How much of an audit period the documents of a provider cover.

use chrono::{Days, NaiveDate};
use serde::Serialize;

use crate::Attestation;

/// What stands for a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cover {
    /// Nothing.
    Uncovered,
    /// A bridge letter.
    Bridged,
    /// The period of a document itself.
    Covered,
}

/// Consecutive days of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// What stands for them.
    pub cover: Cover,
    /// First day.
    #[serde(serialize_with = "crate::serial::day")]
    pub from: NaiveDate,
    /// Last day.
    #[serde(serialize_with = "crate::serial::day")]
    pub to: NaiveDate,
}

/// An audit period, day by day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Days that a document speaks of itself.
    pub covered: u64,
    /// Days that only a bridge letter stands for.
    pub bridged: u64,
    /// Days that nothing stands for.
    pub uncovered: u64,
    /// The same as stretches, in order.
    pub stretches: Vec<Stretch>,
}

impl Coverage {
    /// Counts the days from `from` to `to`, both included. A document counts if its opinion proves anything; documents that hold without
    /// an end cover every day since they began. Point-in-time documents cover their day alone: how old is acceptable is another question.
    /// Documents and bridge letters count that were on file on the day `known`.
    #[expect(clippy::needless_pass_by_value, reason = "an iterator is handed over and copied for each day")]
    pub fn of<'a>(documents: impl Iterator<Item = &'a Attestation> + Clone, from: NaiveDate, to: NaiveDate, known: NaiveDate) -> Self {
        let mut coverage = Self { covered: 0, bridged: 0, uncovered: 0, stretches: Vec::new() };
        let mut day = from;
        while day <= to {
            let cover = documents.clone().map(|document| cover(document, day, known)).max().unwrap_or(Cover::Uncovered);
            match cover {
                Cover::Covered => coverage.covered += 1,
                Cover::Bridged => coverage.bridged += 1,
                Cover::Uncovered => coverage.uncovered += 1,
            }
            match coverage.stretches.last_mut() {
                Some(last) if last.cover == cover => last.to = day,
                _ => coverage.stretches.push(Stretch { cover, from: day, to: day }),
            }
            let Some(next) = day.checked_add_days(Days::new(1)) else { break };
            day = next;
        }
        coverage
    }

    /// The period as one line of `width` marks: `#` covered, `=` bridged, `.` uncovered. A mark stands for its worst day: no gap is too
    /// short to be seen.
    pub fn picture(&self, width: usize) -> String {
        let days: u64 = self.covered + self.bridged + self.uncovered;
        let Some(first) = self.stretches.first().map(|stretch| stretch.from) else { return String::new() };
        let width = (width as u64).min(days).max(1);
        let mut picture = String::new();
        for mark in 0..width {
            let (begin, end) = (mark * days / width, ((mark + 1) * days / width).max(mark * days / width + 1) - 1);
            let at = |offset: u64| first.checked_add_days(Days::new(offset)).unwrap_or(first);
            let (begin, end) = (at(begin), at(end));
            let worst =
                self.stretches.iter().filter(|stretch| stretch.from <= end && stretch.to >= begin).map(|stretch| stretch.cover).min();
            picture.push(match worst {
                Some(Cover::Covered) => '#',
                Some(Cover::Bridged) => '=',
                _ => '.',
            });
        }
        picture
    }
}

fn cover(document: &Attestation, day: NaiveDate, known: NaiveDate) -> Cover {
    if !document.proves_anything() || !document.is_on_file(known) {
        return Cover::Uncovered;
    }
    if document.from <= day && document.to.is_none_or(|to| day <= to) {
        return Cover::Covered;
    }
    let bridged = document.bridges.iter().any(|bridge| bridge.received <= known && bridge.from <= day && day <= bridge.to);
    if bridged { Cover::Bridged } else { Cover::Uncovered }
}
