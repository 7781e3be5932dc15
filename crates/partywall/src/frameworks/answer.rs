//! From results and records to where a requirement stands (`ARCHITECTURE.md` §7).

use partywall_engine::StatusCounts;
use partywall_report::{Answer, Split};

use crate::sight::Sight;

/// How much of the manual evidence of a requirement is kept and in date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ManualCounts {
    /// All that is asked for.
    pub(super) asked: usize,
    /// Kept, in date.
    pub(super) current: usize,
    /// Kept, and shows that it was not done well.
    pub(super) failed: usize,
}

/// What checks say of the customer's part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Technical {
    /// There are none.
    None,
    /// All that was seen passes.
    Met,
    /// Nothing of their kind is there.
    NothingInScope,
    /// Nothing speaks for or against it.
    NoEvidence,
}

/// How the customer's part stands. A failure that an exception covers is no pass; what people have to show is missing until it is kept and
/// in date: both leave a requirement partly evidenced at best.
pub(super) fn answer(checks: usize, counts: Option<StatusCounts>, sight: Sight, manual: ManualCounts) -> Answer {
    let seen = counts.unwrap_or_default();
    if seen.fail > seen.excepted || manual.failed > 0 {
        return Answer::NotMet;
    }
    if seen.unknown > 0 || seen.fail > 0 || (counts.is_some() && sight == Sight::Some) {
        return Answer::Partly;
    }
    let technical = match (checks, counts, sight) {
        (0, ..) => Technical::None,
        (_, None, _) | (_, _, Sight::Nothing) => Technical::NoEvidence,
        _ if seen.pass > 0 => Technical::Met,
        (_, _, Sight::All) => Technical::NothingInScope,
        _ => Technical::NoEvidence,
    };
    let (all, none) = (manual.current == manual.asked, manual.current == 0);
    match technical {
        Technical::None if manual.asked == 0 || none => Answer::NoEvidence,
        Technical::NothingInScope if manual.asked == 0 => Answer::NothingInScope,
        Technical::None | Technical::Met | Technical::NothingInScope if all => Answer::Met,
        Technical::NothingInScope | Technical::NoEvidence if manual.asked == 0 || none => Answer::NoEvidence,
        _ => Answer::Partly,
    }
}

/// How a requirement that is AWS's alone stands: by the proof of AWS's duties. `proven` of `all` places.
pub(super) fn inherited(proven: u64, all: u64) -> Answer {
    match (proven, all) {
        (0, _) => Answer::NoEvidence,
        _ if proven == all => Answer::Met,
        _ => Answer::Partly,
    }
}

/// What is left for the customer to do, and so counts as remaining.
pub(crate) fn remains(split: Split, answer: Answer) -> bool {
    split != Split::Inherited && matches!(answer, Answer::NotMet | Answer::Partly | Answer::NoEvidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pass: u64, fail: u64, unknown: u64, excepted: u64) -> StatusCounts {
        StatusCounts { pass, fail, unknown, excepted, ..StatusCounts::default() }
    }

    fn kept(asked: usize, current: usize, failed: usize) -> ManualCounts {
        ManualCounts { asked, current, failed }
    }

    #[test]
    fn answers_never_flatter() {
        let none = kept(0, 0, 0);
        assert_eq!(answer(1, Some(counts(3, 0, 0, 0)), Sight::All, none), Answer::Met);
        assert_eq!(answer(1, Some(counts(3, 1, 5, 0)), Sight::All, none), Answer::NotMet);
        assert_eq!(answer(1, Some(counts(3, 0, 1, 0)), Sight::All, none), Answer::Partly);
        assert_eq!(answer(1, Some(counts(3, 2, 0, 2)), Sight::All, none), Answer::Partly);
        assert_eq!(answer(1, Some(counts(3, 0, 0, 0)), Sight::All, kept(1, 0, 0)), Answer::Partly);
        assert_eq!(answer(1, Some(counts(0, 0, 0, 0)), Sight::Some, none), Answer::Partly);
        assert_eq!(answer(1, Some(counts(0, 0, 0, 0)), Sight::All, none), Answer::NothingInScope);
        assert_eq!(answer(1, Some(counts(0, 0, 0, 0)), Sight::Rows, none), Answer::NoEvidence, "there may be more than the rows");
        assert_eq!(answer(1, Some(counts(0, 0, 0, 0)), Sight::All, kept(1, 0, 0)), Answer::NoEvidence);
        assert_eq!(answer(0, Some(counts(0, 0, 0, 0)), Sight::All, kept(1, 0, 0)), Answer::NoEvidence);
        assert_eq!(answer(0, Some(counts(0, 0, 0, 0)), Sight::All, none), Answer::NoEvidence);
        assert_eq!(answer(4, None, Sight::Nothing, none), Answer::NoEvidence);
        assert_eq!(answer(1, Some(counts(0, 0, 0, 0)), Sight::Nothing, none), Answer::NoEvidence, "nobody looked");
    }

    #[test]
    fn papers_count_only_where_they_are_all_there() {
        let passed = Some(counts(3, 0, 0, 0));
        assert_eq!(answer(1, passed, Sight::All, kept(2, 2, 0)), Answer::Met);
        assert_eq!(answer(1, passed, Sight::All, kept(2, 1, 0)), Answer::Partly);
        assert_eq!(answer(1, passed, Sight::All, kept(2, 1, 1)), Answer::NotMet, "an exercise that failed is no evidence of the contrary");
        assert_eq!(answer(0, None, Sight::Nothing, kept(2, 2, 0)), Answer::Met, "nothing technical is asked");
        assert_eq!(answer(0, None, Sight::Nothing, kept(2, 1, 0)), Answer::Partly);
        assert_eq!(answer(3, None, Sight::Nothing, kept(2, 2, 0)), Answer::Partly, "papers do not stand for checks");
        assert_eq!(answer(1, Some(counts(0, 0, 0, 0)), Sight::All, kept(1, 1, 0)), Answer::Met, "nothing of the kind is there");
        assert_eq!(answer(1, Some(counts(0, 1, 0, 0)), Sight::All, kept(1, 1, 0)), Answer::NotMet);
    }

    #[test]
    fn what_is_awss_alone_is_met_where_all_of_it_is_proven() {
        assert_eq!(
            [inherited(0, 0), inherited(0, 3), inherited(2, 3), inherited(3, 3)],
            [Answer::NoEvidence, Answer::NoEvidence, Answer::Partly, Answer::Met]
        );
        assert!(!remains(Split::Inherited, Answer::NoEvidence) && remains(Split::Shared, Answer::NoEvidence));
    }
}
