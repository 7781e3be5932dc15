//! Where the elements of each row's list are.

use std::ops::Range;

use datafusion::arrow::array::{Array, ArrayRef, ListArray};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};

/// The places of lists' elements, counted from the first element of the first list. An absent list has none.
#[derive(Debug, Clone)]
pub(crate) struct Ranges {
    offsets: OffsetBuffer<i32>,
    nulls: Option<NullBuffer>,
    first: usize,
}

fn place(offset: i32) -> usize {
    usize::try_from(offset).unwrap_or_default()
}

impl Ranges {
    pub(crate) fn of(list: &ListArray) -> Self {
        let first = list.value_offsets().first().copied().map_or(0, place);
        Self { offsets: list.offsets().clone(), nulls: list.nulls().filter(|nulls| nulls.null_count() > 0).cloned(), first }
    }

    /// The elements that the ranges are of.
    pub(crate) fn elements(&self, list: &ListArray) -> ArrayRef {
        let last = self.offsets.last().copied().map_or(0, place);
        list.values().slice(self.first, last.saturating_sub(self.first))
    }

    pub(crate) fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    pub(crate) fn of_row(&self, row: usize) -> Range<usize> {
        let present = self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        match (self.offsets.get(row), self.offsets.get(row + 1)) {
            (Some(start), Some(end)) if present => place(*start).saturating_sub(self.first)..place(*end).saturating_sub(self.first),
            _ => 0..0,
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        (0..self.len()).map(|row| self.of_row(row))
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::AsArray;
    use datafusion::arrow::datatypes::Int32Type;

    use super::*;

    #[test]
    fn a_slice_has_its_own_places() {
        let rows = [Some(vec![Some(1), Some(2)]), None, Some(vec![Some(3)]), Some(vec![])];
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>(rows).slice(1, 3);
        let ranges = Ranges::of(&list);
        assert_eq!(ranges.iter().collect::<Vec<_>>(), [0..0, 0..1, 1..1]);
        assert_eq!(ranges.elements(&list).as_primitive::<Int32Type>().values(), &[3]);
    }
}
