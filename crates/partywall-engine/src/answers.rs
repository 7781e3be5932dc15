//! A sheet of questions asked of one batch. Each question is asked when the first predicate needs it, and once.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, UInt64Array};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::physical_plan::PhysicalExpr;

use crate::elements::Deciding;
use crate::error::one_line;
use crate::mask::{Mask, union};
use crate::ranges::Ranges;
use crate::sheet::{ListScope, Node, Sheet};
use crate::unknowns::{TestKind, UnknownPaths, flagged, inside};

/// The elements of a list, for all rows of its scope.
#[derive(Debug)]
struct Elements {
    batch: RecordBatch,
    /// Where each row's elements are.
    ranges: Ranges,
}

/// What is known so far of a sheet's questions for a batch. Errors are one line and make what rests on them unknown.
#[derive(Debug)]
pub(crate) struct Answers<'a> {
    sheet: &'a Sheet,
    batch: &'a RecordBatch,
    lists: Vec<Option<Elements>>,
    leaves: Vec<Option<Result<Mask, String>>>,
    anys: Vec<Option<Mask>>,
    arrays: Vec<Option<(ArrayRef, Option<UnknownPaths>)>>,
    tests: Vec<Option<Option<BooleanBuffer>>>,
}

fn slots<T>(number: usize) -> Vec<Option<T>> {
    std::iter::repeat_with(|| None).take(number).collect()
}

impl<'a> Answers<'a> {
    pub(crate) fn new(sheet: &'a Sheet, batch: &'a RecordBatch) -> Self {
        Self {
            sheet,
            batch,
            lists: slots(sheet.lists.len()),
            leaves: slots(sheet.leaves.len()),
            anys: slots(sheet.anys),
            arrays: slots(sheet.arrays.len()),
            tests: slots(sheet.tests.len()),
        }
    }

    /// The answers of one predicate: true, false, or NULL for unknown.
    ///
    /// # Errors
    /// A question of it fails on this batch, one line.
    pub(crate) fn of(&mut self, predicate: usize) -> Result<BooleanArray, String> {
        let sheet = self.sheet;
        match sheet.roots.get(predicate) {
            Some(root) => Ok(self.node(root, 0)?.into_array()),
            None => Err("a predicate was not planned".to_owned()),
        }
    }

    /// The elements of the batch's lists that make a predicate false; nothing for lists that cannot be asked.
    pub(crate) fn deciding(&mut self, predicate: usize) -> Deciding {
        let sheet = self.sheet;
        let mut found = Deciding::default();
        if let Some(root) = sheet.roots.get(predicate) {
            self.collect_deciding(root, false, &mut found);
        }
        found
    }

    /// What of the row a predicate's answer rests on: of two sides, those that have the answer of the whole.
    pub(crate) fn deciders(&mut self, predicate: usize, row: usize) -> Vec<Arc<str>> {
        let sheet = self.sheet;
        let mut found = Vec::new();
        if let Some(root) = sheet.roots.get(predicate) {
            self.collect_deciders(root, row, &mut found);
        }
        found
    }

    fn collect_deciders(&mut self, node: &'a Node, row: usize, found: &mut Vec<Arc<str>>) {
        let mut add = |path: &Arc<str>| {
            if !found.contains(path) {
                found.push(path.clone());
            }
        };
        match node {
            Node::Known(_) | Node::Unknown => {}
            Node::Leaf(index) => self.sheet.leaves.get(*index).into_iter().flat_map(|leaf| &leaf.facts).for_each(add),
            Node::Any { path, .. } => add(path),
            Node::Not(inner) => self.collect_deciders(inner, row, found),
            Node::And(sides) | Node::Or(sides) => {
                let whole = self.at(node, row);
                for side in [&sides.0, &sides.1] {
                    if self.at(side, row) == whole {
                        self.collect_deciders(side, row, found);
                    }
                }
            }
        }
    }

    /// The answer of a node about a row of the batch; unknown also if a question of it failed.
    fn at(&mut self, node: &Node, row: usize) -> Option<bool> {
        let read = |mask: &Mask| match &mask.unknown {
            Some(unknown) if unknown.value(row) => None,
            _ => Some(mask.truth.value(row)),
        };
        match node {
            Node::Known(value) => Some(*value),
            Node::Unknown => None,
            Node::Leaf(index) => self.leaf(*index).ok().and_then(|mask| read(&mask)),
            Node::Any { .. } => self.node(node, 0).ok().and_then(|mask| read(&mask)),
            Node::Not(inner) => self.at(inner, row).map(|value| !value),
            Node::And(sides) => match (self.at(&sides.0, row), self.at(&sides.1, row)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Node::Or(sides) => match (self.at(&sides.0, row), self.at(&sides.1, row)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }

    /// A list's elements make a predicate false by matching if `any` stands under a `not`.
    fn collect_deciding(&mut self, node: &Node, under_not: bool, found: &mut Deciding) {
        match node {
            Node::Not(inner) => self.collect_deciding(inner, !under_not, found),
            Node::And(sides) | Node::Or(sides) => {
                self.collect_deciding(&sides.0, under_not, found);
                self.collect_deciding(&sides.1, under_not, found);
            }
            Node::Any { list, path, body, .. } if under_not => {
                if let (Ok(mask), Ok(elements)) = (self.node(body, *list), self.elements(*list)) {
                    found.lists.push((path.clone(), elements.ranges.clone(), mask.truth));
                }
            }
            Node::Any { .. } | Node::Leaf(_) | Node::Known(_) | Node::Unknown => {}
        }
    }

    /// The answers of a node for the rows of a slot.
    fn node(&mut self, node: &Node, slot: usize) -> Result<Mask, String> {
        match node {
            Node::Known(value) => Ok(Mask::all(*value, self.rows(slot)?)),
            Node::Unknown => Ok(Mask::unknown(self.rows(slot)?)),
            Node::Leaf(index) => self.leaf(*index),
            Node::Not(inner) => Ok(self.node(inner, slot)?.not()),
            Node::And(sides) => {
                let left = self.node(&sides.0, slot)?;
                if left.is_false() { Ok(left) } else { Ok(left.and(&self.node(&sides.1, slot)?)) }
            }
            Node::Or(sides) => {
                let left = self.node(&sides.0, slot)?;
                if left.is_true() { Ok(left) } else { Ok(left.or(&self.node(&sides.1, slot)?)) }
            }
            Node::Any { index, list, body, tests, .. } => {
                if let Some(Some(known)) = self.anys.get(*index) {
                    return Ok(known.clone());
                }
                let mask = self.node(body, *list)?;
                let mut incomplete = None;
                for test in tests {
                    incomplete = union(incomplete, self.test(*test)?);
                }
                let mask = mask.any(&self.elements(*list)?.ranges, incomplete);
                if let Some(place) = self.anys.get_mut(*index) {
                    *place = Some(mask.clone());
                }
                Ok(mask)
            }
        }
    }

    fn rows(&mut self, slot: usize) -> Result<usize, String> {
        Ok(self.batch_of(slot)?.num_rows())
    }

    fn leaf(&mut self, index: usize) -> Result<Mask, String> {
        if let Some(Some(known)) = self.leaves.get(index) {
            return known.clone();
        }
        let asked = self.ask_leaf(index);
        if let Some(place) = self.leaves.get_mut(index) {
            *place = Some(asked.clone());
        }
        asked
    }

    fn ask_leaf(&mut self, index: usize) -> Result<Mask, String> {
        let sheet = self.sheet;
        let leaf = sheet.leaves.get(index).ok_or("a question was not planned")?;
        let mut doubt = None;
        for test in &leaf.tests {
            doubt = union(doubt, self.test(*test)?);
        }
        let batch = self.batch_of(leaf.slot)?;
        let value = leaf.value.evaluate(batch).map_err(|error| one_line(&error))?;
        Mask::of_leaf(value, batch.num_rows(), doubt)
    }

    fn test(&mut self, index: usize) -> Result<Option<BooleanBuffer>, String> {
        if let Some(Some(known)) = self.tests.get(index) {
            return Ok(known.clone());
        }
        let sheet = self.sheet;
        let (array, kind) = sheet.tests.get(index).ok_or("a test was not planned")?;
        let (array, unknown) = self.array(*array)?;
        let found = match kind {
            TestKind::Flag => flagged(array)?,
            TestKind::Inside => inside(array),
            TestKind::Paths { exact, paths } => unknown.get_or_insert_with(|| UnknownPaths::of(array)).touching(paths, *exact),
        };
        if let Some(place) = self.tests.get_mut(index) {
            *place = Some(found.clone());
        }
        Ok(found)
    }

    fn array(&mut self, index: usize) -> Result<(&ArrayRef, &mut Option<UnknownPaths>), String> {
        let sheet = self.sheet;
        let (slot, planned) = sheet.arrays.get(index).ok_or("what a test looks at was not planned")?;
        if !matches!(self.arrays.get(index), Some(Some(_))) {
            let array = evaluated(planned, self.batch_of(*slot)?)?;
            if let Some(place) = self.arrays.get_mut(index) {
                *place = Some((array, None));
            }
        }
        match self.arrays.get_mut(index) {
            Some(Some((array, unknown))) => Ok((array, unknown)),
            _ => Err("what a test looks at was not read".to_owned()),
        }
    }

    fn batch_of(&mut self, slot: usize) -> Result<&RecordBatch, String> {
        if slot == 0 { Ok(self.batch) } else { Ok(&self.elements(slot)?.batch) }
    }

    fn elements(&mut self, slot: usize) -> Result<&Elements, String> {
        let sheet = self.sheet;
        let index = slot.checked_sub(1).ok_or("rows are no list")?;
        let scope = sheet.lists.get(index).ok_or("a list was not planned")?;
        if !matches!(self.lists.get(index), Some(Some(_))) {
            let opened = opened(scope, self.batch_of(scope.parent)?)?;
            if let Some(place) = self.lists.get_mut(index) {
                *place = Some(opened);
            }
        }
        match self.lists.get(index) {
            Some(Some(elements)) => Ok(elements),
            _ => Err("a list was not opened".to_owned()),
        }
    }
}

fn evaluated(planned: &Arc<dyn PhysicalExpr>, batch: &RecordBatch) -> Result<ArrayRef, String> {
    planned.evaluate(batch).and_then(|value| value.into_array(batch.num_rows())).map_err(|error| one_line(&error))
}

/// A batch of a list's elements, with the captured columns of each element's row.
fn opened(scope: &ListScope, parent: &RecordBatch) -> Result<Elements, String> {
    let array = evaluated(&scope.list, parent)?;
    let list = array.as_list_opt::<i32>().ok_or("a list is none")?;
    let ranges = Ranges::of(list);
    let elements = ranges.elements(list);
    let number = elements.len();
    let mut columns = vec![elements];
    if !scope.captured.is_empty() {
        let mut rows = vec![0_u64; number];
        for (row, range) in (0_u64..).zip(ranges.iter()) {
            if let Some(places) = rows.get_mut(range) {
                places.fill(row);
            }
        }
        let rows = UInt64Array::from(rows);
        for column in scope.captured.iter().filter_map(|index| parent.columns().get(*index)) {
            columns.push(take(column.as_ref(), &rows, None).map_err(|error| error.to_string())?);
        }
    }
    let batch = batch(&scope.schema, columns, number)?;
    Ok(Elements { batch, ranges })
}

fn batch(schema: &SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch, String> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options).map_err(|error| error.to_string())
}
