//! Three-valued answers for many rows at once, as two sets of bits.

use datafusion::arrow::array::{Array, AsArray, BooleanArray};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::ColumnarValue;

use crate::ranges::Ranges;

/// The rows for which something is true, and those for which nobody knows; no row is both.
#[derive(Debug, Clone)]
pub(crate) struct Mask {
    pub(crate) truth: BooleanBuffer,
    pub(crate) unknown: Option<BooleanBuffer>,
}

impl Mask {
    pub(crate) fn all(value: bool, rows: usize) -> Self {
        Self { truth: if value { BooleanBuffer::new_set(rows) } else { BooleanBuffer::new_unset(rows) }, unknown: None }
    }

    pub(crate) fn unknown(rows: usize) -> Self {
        Self { truth: BooleanBuffer::new_unset(rows), unknown: Some(BooleanBuffer::new_set(rows)) }
    }

    /// A leaf's own value, absent read as false, where no doubt is.
    ///
    /// # Errors
    /// The value is no boolean.
    pub(crate) fn of_leaf(value: ColumnarValue, rows: usize, doubt: Option<BooleanBuffer>) -> Result<Self, String> {
        let truth = match value {
            ColumnarValue::Scalar(ScalarValue::Boolean(value)) => Self::all(value == Some(true), rows).truth,
            ColumnarValue::Scalar(ScalarValue::Null) => BooleanBuffer::new_unset(rows),
            ColumnarValue::Array(array) => is_true(array.as_ref())?,
            ColumnarValue::Scalar(other) => return Err(not_boolean(&other.data_type())),
        };
        Ok(Self { truth, unknown: None }.doubted(doubt))
    }

    /// Unknown wherever the doubt is.
    fn doubted(self, doubt: Option<BooleanBuffer>) -> Self {
        match doubt {
            None => self,
            Some(doubt) => Self { truth: &self.truth & &!&doubt, unknown: union(self.unknown, Some(doubt)) },
        }
    }

    pub(crate) fn not(&self) -> Self {
        let known = match &self.unknown {
            Some(unknown) => &self.truth | unknown,
            None => self.truth.clone(),
        };
        Self { truth: !&known, unknown: self.unknown.clone() }
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        let truth = &self.truth & &other.truth;
        // Unknown where neither is known false and not both are true.
        let unknown = (self.unknown.is_some() || other.unknown.is_some()).then(|| &(&self.possible() & &other.possible()) & &!&truth);
        Self { truth, unknown }
    }

    pub(crate) fn or(&self, other: &Self) -> Self {
        let truth = &self.truth | &other.truth;
        let unknown = union(self.unknown.clone(), other.unknown.clone()).map(|unknown| &unknown & &!&truth);
        Self { truth, unknown }
    }

    /// True or unknown.
    fn possible(&self) -> BooleanBuffer {
        match &self.unknown {
            Some(unknown) => &self.truth | unknown,
            None => self.truth.clone(),
        }
    }

    /// Known false for all rows.
    pub(crate) fn is_false(&self) -> bool {
        self.truth.count_set_bits() == 0 && self.unknown.as_ref().is_none_or(|unknown| unknown.count_set_bits() == 0)
    }

    /// Known true for all rows.
    pub(crate) fn is_true(&self) -> bool {
        self.truth.count_set_bits() == self.truth.len()
    }

    /// For each list, whether the mask of its elements is true for one of them; else unknown if it is unknown for one of them, or if the
    /// list may hold more than was seen.
    pub(crate) fn any(&self, ranges: &Ranges, incomplete: Option<BooleanBuffer>) -> Self {
        let truth = any_in(&self.truth, ranges);
        let doubt = union(self.unknown.as_ref().map(|unknown| any_in(unknown, ranges)), incomplete);
        let unknown = doubt.map(|doubt| &doubt & &!&truth);
        Self { truth, unknown }
    }

    /// As an Arrow array, NULL for unknown.
    pub(crate) fn into_array(self) -> BooleanArray {
        BooleanArray::new(self.truth, self.unknown.map(|unknown| NullBuffer::new(!&unknown)))
    }
}

/// The lists with an element whose bit is set.
pub(crate) fn any_in(bits: &BooleanBuffer, ranges: &Ranges) -> BooleanBuffer {
    if bits.count_set_bits() == 0 {
        return BooleanBuffer::new_unset(ranges.len());
    }
    let bytes = bits.values();
    BooleanBuffer::collect_bool(ranges.len(), |row| {
        let range = ranges.of_row(row);
        !range.is_empty() && any_bit(bytes, bits.offset() + range.start, bits.offset() + range.end)
    })
}

/// Is a bit of a nonempty range set? Lists are short, so that bytes will do.
fn any_bit(bytes: &[u8], start: usize, end: usize) -> bool {
    let last = end - 1;
    let (head, tail) = (0xFF_u8 << (start % 8), 0xFF_u8 >> (7 - last % 8));
    match bytes.get(start / 8..=last / 8) {
        Some([one]) => one & head & tail != 0,
        Some([first, middle @ .., end]) => first & head != 0 || end & tail != 0 || middle.iter().any(|byte| *byte != 0),
        _ => false,
    }
}

/// Rows of either.
pub(crate) fn union(left: Option<BooleanBuffer>, right: Option<BooleanBuffer>) -> Option<BooleanBuffer> {
    match (left, right) {
        (Some(left), Some(right)) => Some(&left | &right),
        (left, right) => left.or(right),
    }
}

/// The rows of a boolean array that are true; NULL is not.
pub(crate) fn is_true(array: &dyn Array) -> Result<BooleanBuffer, String> {
    match array.data_type() {
        DataType::Boolean => {
            let array = array.as_boolean();
            Ok(match array.nulls() {
                Some(nulls) => array.values() & nulls.inner(),
                None => array.values().clone(),
            })
        }
        DataType::Null => Ok(BooleanBuffer::new_unset(array.len())),
        other => Err(not_boolean(other)),
    }
}

fn not_boolean(found: &DataType) -> String {
    format!("a leaf of a predicate must be a boolean, not {found}")
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::ListArray;
    use datafusion::arrow::datatypes::Int32Type;

    use super::*;

    const ALL: [Option<bool>; 3] = [Some(true), Some(false), None];

    fn mask(values: &[Option<bool>]) -> Mask {
        Mask {
            truth: values.iter().map(|value| *value == Some(true)).collect(),
            unknown: Some(values.iter().map(Option::is_none).collect()),
        }
    }

    fn values(mask: Mask) -> Vec<Option<bool>> {
        mask.into_array().iter().collect()
    }

    #[test]
    fn every_pair_follows_kleene() {
        let left: Vec<_> = ALL.iter().flat_map(|left| [*left; 3]).collect();
        let right: Vec<_> = ALL.iter().flat_map(|_| ALL).collect();
        let (a, b) = (mask(&left), mask(&right));
        let and = |(left, right): (&Option<bool>, &Option<bool>)| match (left, right) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        let not = |value: Option<bool>| value.map(|value| !value);
        let ands: Vec<_> = left.iter().zip(&right).map(and).collect();
        assert_eq!(values(a.and(&b)), ands);
        let ors: Vec<_> = left.iter().zip(&right).map(|(left, right)| not(and((&not(*left), &not(*right))))).collect();
        assert_eq!(values(a.or(&b)), ors);
        assert_eq!(values(a.not()), left.iter().copied().map(not).collect::<Vec<_>>());
    }

    #[test]
    fn bits_are_found_where_they_are() {
        for bit in 0..40 {
            let bits = BooleanBuffer::collect_bool(40, |place| place == bit);
            for start in 0..40 {
                for end in start + 1..=40 {
                    assert_eq!(any_bit(bits.values(), start, end), (start..end).contains(&bit), "{bit} in {start}..{end}");
                }
            }
        }
    }

    #[test]
    fn a_known_match_counts_in_an_incomplete_list() {
        let elements = mask(&[Some(false), Some(true), None, Some(false), Some(false), Some(true), Some(false)]);
        let lists = [Some(2), Some(2), Some(1), None, Some(1), Some(1)].map(|number| number.map(|number| vec![Some(0); number]));
        let ranges = Ranges::of(&ListArray::from_iter_primitive::<Int32Type, _, _>(lists));
        let incomplete = [false, false, false, false, true, true].into_iter().collect();
        assert_eq!(values(elements.any(&ranges, Some(incomplete))), [Some(true), None, Some(false), Some(false), Some(true), None]);
    }
}
