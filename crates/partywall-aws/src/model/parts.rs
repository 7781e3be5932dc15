//! What of a model's description is read: some operations, and the shapes that their requests, answers and errors are made of.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::description::{Description, OperationDescription, Ordered, ShapeDescription, Text};

/// Operations and shapes in the order of the file.
pub(super) struct Parts<'a> {
    pub(super) operations: Ordered<'a, OperationDescription<'a>>,
    pub(super) shapes: Ordered<'a, ShapeDescription<'a>>,
}

impl<'a> Parts<'a> {
    /// Those operations that are wanted with the shapes that they reach.
    ///
    /// # Errors
    /// What is not as a model's JSON should be.
    pub(super) fn reached(from: &Description<'a>, is_wanted: &dyn Fn(&str) -> bool) -> Result<Self, String> {
        let operations: Ordered<'a, OperationDescription<'a>> = described(&from.operations, is_wanted)?;
        let places: HashMap<&str, usize, foldhash::fast::RandomState> =
            from.shapes.0.iter().enumerate().map(|(place, (name, _))| (&*name.0, place)).collect();
        let mut shapes: Vec<Option<ShapeDescription<'a>>> = from.shapes.0.iter().map(|_| None).collect();
        let mut open = Vec::new();
        for (_, operation) in &operations.0 {
            let ends = operation.input.iter().chain(&operation.output).chain(&operation.errors);
            open.extend(ends.filter_map(|place| place.shape.clone()));
        }
        while let Some(name) = open.pop() {
            // A name that stands for nothing is told of where it is resolved.
            let Some(place) = places.get(&*name.0) else { continue };
            let (Some(slot @ None), Some((name, text))) = (shapes.get_mut(*place), from.shapes.0.get(*place)) else { continue };
            let shape: ShapeDescription<'a> = part(name, text)?;
            let inner = [&shape.member, &shape.key, &shape.value].into_iter().filter_map(|inner| inner.as_deref());
            open.extend(shape.members.0.iter().map(|(_, member)| member).chain(inner).filter_map(|place| place.shape.clone()));
            *slot = Some(shape);
        }
        let names = from.shapes.0.iter().map(|(name, _)| name.clone());
        let shapes = names.zip(shapes).filter_map(|(name, shape)| Some((name, shape?))).collect();
        Ok(Self { operations, shapes: Ordered(shapes) })
    }

    /// All operations and shapes.
    ///
    /// # Errors
    /// What is not as a model's JSON should be.
    pub(super) fn whole(from: &Description<'a>) -> Result<Self, String> {
        Ok(Self { operations: described(&from.operations, |_| true)?, shapes: described(&from.shapes, |_| true)? })
    }
}

fn described<'a, T: serde::Deserialize<'a>>(
    from: &Ordered<'a, &'a RawValue>,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Ordered<'a, T>, String> {
    let wanted = from.0.iter().filter(|(name, _)| is_wanted(&name.0));
    wanted.map(|(name, text)| Ok((name.clone(), part(name, text)?))).collect::<Result<_, String>>().map(Ordered)
}

fn part<'a, T: serde::Deserialize<'a>>(name: &Text<'a>, text: &'a RawValue) -> Result<T, String> {
    serde_json::from_str(text.get()).map_err(|error| format!("`{}`: {error}", name.0))
}
