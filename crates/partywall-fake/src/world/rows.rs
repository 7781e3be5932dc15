use partywall_model::Value;

use super::plan::{Asked, Part};
use super::{Row, World};

/// One item of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Item<'a> {
    /// The row that it tells of.
    pub(crate) row: Row<'a>,
    /// The row whose names it bears: another type's where one type is asked for by the names of another.
    pub(crate) named: Row<'a>,
}

/// The items that a part of an answer has in all, without making them.
#[derive(Debug, Clone)]
pub(crate) enum Items<'a> {
    /// Every `step`th row from `start` on.
    Every { first: Row<'a>, step: u64, count: u64 },
    /// These.
    These(Vec<Item<'a>>),
}

impl<'a> Items<'a> {
    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Every { count, .. } => *count,
            Self::These(items) => items.len() as u64,
        }
    }

    /// The item at a position.
    pub(crate) fn get(&self, at: u64) -> Option<Item<'a>> {
        match self {
            Self::Every { first, step, count } => (at < *count).then(|| {
                let row = Row { index: first.index + at * step, ..*first };
                Item { row, named: row }
            }),
            Self::These(items) => items.get(usize::try_from(at).ok()?).copied(),
        }
    }
}

/// All texts in an input, but those of members that only page.
pub(crate) fn texts<'v>(input: &'v Value, paging: &[&str]) -> Vec<&'v str> {
    fn add<'v>(value: &'v Value, out: &mut Vec<&'v str>) {
        match value {
            Value::Str(text) => out.push(text),
            Value::List(elements) => elements.iter().for_each(|element| add(element, out)),
            Value::Map(members) => members.iter().for_each(|(_, member)| add(member, out)),
            _ => {}
        }
    }
    let mut out = Vec::new();
    for (name, value) in input.as_map().unwrap_or_default() {
        if !paging.contains(&&**name) {
            add(value, &mut out);
        }
    }
    out
}

impl World {
    /// The items of one part of an answer.
    ///
    /// # Errors
    /// The first text of the input, where it names nothing that exists although the call wants a name.
    pub(crate) fn items<'a>(&self, part: &Part, account: &'a str, region: &'a str, texts: &[&str]) -> Result<Items<'a>, String> {
        let kind = part.kind;
        let count = self.count(kind, account, region);
        let all = |first: u64, step: u64, count: u64| Items::Every { first: Row { account, region, kind, index: first }, step, count };
        if self.kind(kind).is_some_and(|of| of.singleton) {
            return Ok(all(0, 1, 1));
        }
        let named: Vec<Item<'a>> = texts.iter().filter_map(|text| self.item(kind, account, region, text)).collect();
        match &part.asked {
            Asked::Named if named.is_empty() => {
                // A type that is called by another's names exists for each of those.
                let borrowed: Vec<Item<'a>> = texts.iter().filter_map(|text| self.borrowed(kind, account, region, text)).collect();
                if borrowed.is_empty() {
                    return Err(texts.first().map_or_else(String::new, |text| (*text).to_owned()));
                }
                Ok(Items::These(borrowed))
            }
            Asked::Within(parent) if named.is_empty() => {
                let found = texts.iter().find_map(|text| self.find(*parent, account, region, text));
                match (found, self.kind(kind).and_then(|of| of.parent) == Some(*parent)) {
                    (Some(found), true) => {
                        let parents = self.count(*parent, account, region).max(1);
                        let own = count.saturating_sub(found.index).div_ceil(parents);
                        Ok(all(found.index, parents, own))
                    }
                    (Some(found), false) => Ok(Items::These(vec![Item { row: Row { kind, ..found }, named: found }])),
                    (None, _) if texts.is_empty() => Ok(all(0, 1, count)),
                    (None, _) => Err(texts.first().map_or_else(String::new, |text| (*text).to_owned())),
                }
            }
            Asked::All if named.is_empty() => Ok(all(0, 1, count)),
            _ => Ok(Items::These(named)),
        }
    }

    fn item<'a>(&self, kind: usize, account: &'a str, region: &'a str, text: &str) -> Option<Item<'a>> {
        self.find(kind, account, region, text).map(|row| Item { row, named: row })
    }

    /// A row of this type for the row of another that the text names.
    fn borrowed<'a>(&self, kind: usize, account: &'a str, region: &'a str, text: &str) -> Option<Item<'a>> {
        (0..self.kinds().len()).find_map(|other| {
            let named = self.find(other, account, region, text)?;
            Some(Item { row: Row { kind, ..named }, named })
        })
    }
}
