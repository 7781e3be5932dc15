//! Where an answer cannot be known: the tests that a leaf carries.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanBufferBuilder, ListArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::HashMap;
use partywall_table::UNKNOWN;

use crate::mask::{any_in, is_true, union};
use crate::ranges::Ranges;

/// What an array says of unknowns.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum TestKind {
    /// A list of unknown paths: one of them, or an ancestor of one, or (unless `exact`) something below one is unknown.
    Paths { exact: bool, paths: Vec<String> },
    /// A list whose elements have unknowns of their own, at any depth.
    Inside,
    /// A boolean that says it itself.
    Flag,
}

/// The unknown paths of a batch, each with its rows: a path is looked at once however many rows have it.
#[derive(Debug, Default)]
pub(crate) struct UnknownPaths {
    rows: usize,
    by_path: Vec<(String, Vec<usize>)>,
}

impl UnknownPaths {
    pub(crate) fn of(array: &ArrayRef) -> Self {
        let mut found = Self { rows: array.len(), by_path: Vec::new() };
        let Some(list) = array.as_list_opt::<i32>() else { return found };
        let elements = Ranges::of(list).elements(list);
        let Some(values) = elements.as_string_opt::<i32>() else { return found };
        if list.value_offsets().first() == list.value_offsets().last() {
            return found;
        }
        let mut places: HashMap<&str, usize> = HashMap::new();
        // Paths come in order and rows are alike, so that the next path is mostly the one that followed last time.
        let mut likely = 0;
        for (row, range) in Ranges::of(list).iter().enumerate() {
            for index in range {
                let path = values.value(index);
                let known = found.by_path.get(likely).is_some_and(|(known, _)| known == path);
                let place = if known {
                    likely
                } else {
                    *places.entry(path).or_insert_with(|| {
                        found.by_path.push((path.to_owned(), Vec::new()));
                        found.by_path.len() - 1
                    })
                };
                if let Some((_, rows)) = found.by_path.get_mut(place) {
                    rows.push(row);
                }
                likely = place + 1;
            }
        }
        found
    }

    /// The rows where one of these reads is unknown; `None` if there are none.
    pub(crate) fn touching(&self, paths: &[String], exact: bool) -> Option<BooleanBuffer> {
        let mut mask: Option<BooleanBufferBuilder> = None;
        for (_, rows) in self.by_path.iter().filter(|(unknown, _)| paths.iter().any(|read| touches(unknown, read, exact))) {
            let mask = mask.get_or_insert_with(|| {
                let mut mask = BooleanBufferBuilder::new(self.rows);
                mask.append_n(self.rows, false);
                mask
            });
            for row in rows {
                mask.set_bit(*row, true);
            }
        }
        mask.map(|mut mask| mask.finish())
    }
}

/// Rows whose own flag is set.
///
/// # Errors
/// The array is no boolean.
pub(crate) fn flagged(array: &ArrayRef) -> Result<Option<BooleanBuffer>, String> {
    let flags = is_true(array.as_ref())?;
    Ok((flags.count_set_bits() > 0).then_some(flags))
}

/// Rows of a list whose elements carry unknowns of their own, at any depth.
pub(crate) fn inside(array: &ArrayRef) -> Option<BooleanBuffer> {
    let list = array.as_list_opt::<i32>()?;
    let ranges = Ranges::of(list);
    let inner = element_unknowns(&ranges.elements(list))?;
    Some(any_in(&inner, &ranges))
}

fn element_unknowns(values: &ArrayRef) -> Option<BooleanBuffer> {
    let elements = values.as_struct_opt()?;
    let mut mask: Option<BooleanBuffer> = None;
    for (field, column) in elements.fields().iter().zip(elements.columns()) {
        let found = match column.data_type() {
            _ if field.name() == UNKNOWN => column.as_list_opt::<i32>().and_then(nonempty),
            DataType::List(_) => inside(column),
            DataType::Struct(_) => element_unknowns(column),
            _ => None,
        };
        mask = union(mask, found);
    }
    mask
}

fn nonempty(list: &ListArray) -> Option<BooleanBuffer> {
    if list.value_offsets().first() == list.value_offsets().last() {
        return None;
    }
    Some(Ranges::of(list).iter().map(|range| !range.is_empty()).collect())
}

/// True if an unknown at `unknown` makes a read of `read` unknown: the same path, an ancestor, or (unless `exact`) a descendant.
pub(crate) fn touches(unknown: &str, read: &str, exact: bool) -> bool {
    let below = |longer: &str, shorter: &str| {
        longer.strip_prefix(shorter).is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('['))
    };
    below(read, unknown) || (!exact && below(unknown, read))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{ListBuilder, StringBuilder};

    use super::*;

    #[test]
    fn ancestors_and_descendants_touch() {
        assert!(touches("A.B", "A.B", true));
        assert!(touches("A", "A.B", true));
        assert!(touches("A.B.C", "A.B", false));
        assert!(!touches("A.B.C", "A.B", true));
        assert!(!touches("A.Bx", "A.B", false));
        assert!(touches("L", "L[].X", true));
    }

    #[test]
    fn rows_are_found_by_what_is_unknown_in_them() {
        let mut builder = ListBuilder::new(StringBuilder::new());
        for row in [&["A.B"][..], &[], &["A.C", "D"], &["A"]] {
            for path in row {
                builder.values().append_value(path);
            }
            builder.append(true);
        }
        let unknown = UnknownPaths::of(&(Arc::new(builder.finish()) as ArrayRef));
        let rows = |path: &str, exact| unknown.touching(&[path.to_owned()], exact).map(|mask| mask.set_indices().collect::<Vec<_>>());
        assert_eq!(rows("A.B", false), Some(vec![0, 3]));
        assert_eq!(rows("A", false), Some(vec![0, 2, 3]));
        assert_eq!(rows("A", true), Some(vec![3]));
        assert_eq!(rows("E", false), None);
    }
}
