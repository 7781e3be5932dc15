//! Which elements of a row's lists made a check fail: the rule among sixty that opens the port.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::buffer::BooleanBuffer;

use crate::ranges::Ranges;

/// The elements that decided, for all rows of a batch: list path, where each row's elements are, which of them decided.
#[derive(Debug, Default)]
pub(crate) struct Deciding {
    pub(crate) lists: Vec<(Arc<str>, Ranges, BooleanBuffer)>,
}

impl Deciding {
    /// Of one row: list path → places of the elements that decided, counted among the elements that are known. Lists without any are
    /// left out.
    pub(crate) fn of_row(&self, row: usize) -> Vec<(Arc<str>, Vec<usize>)> {
        let mut found: BTreeMap<&Arc<str>, BTreeSet<usize>> = BTreeMap::new();
        for (path, ranges, mask) in &self.lists {
            let range = ranges.of_row(row);
            let places = mask.slice(range.start, range.len());
            if places.count_set_bits() > 0 {
                found.entry(path).or_default().extend(places.set_indices());
            }
        }
        found.into_iter().map(|(path, places)| (path.clone(), places.into_iter().collect())).collect()
    }
}
