use partywall_aws::model::{Kind as Shape, Service, Structure, Target};
use partywall_model::{Key, Value};

use super::plan::Part;
use super::rows::Item;
use super::{Form, HOME, Row, Seed, World};

/// Deeper shapes of answers are left out; none of the catalogue's programs looks there.
const DEEPEST: usize = 9;
/// A structure of more structures, and of nothing else, is a union in all but name, such as the nodes of a Glue job.
const MOST_PARTS: usize = 20;
/// Every moment of a world.
const MOMENT: &str = "2026-11-01T06:00:00+00:00";
/// Lists of what went wrong: empty in an answer that went well. Beginnings and ends of members' names in lower case.
const WENT_WRONG: [&str; 6] = ["failure", "unprocessed", "error", "invalid", "notfound", "failed"];

/// The one member that refers to a row of a type by the type's name alone, and means its ARN.
const DEFINITION: &str = "taskDefinition";

/// Makes an answer from the shape of its output.
#[derive(Debug)]
pub(crate) struct Synth<'a> {
    pub(crate) world: &'a World,
    pub(crate) service: &'a Service,
    pub(crate) input: &'a Value,
    /// Account and Region, for what tells of no row.
    pub(crate) place: Row<'a>,
    /// The page: items by part.
    pub(crate) parts: &'a [Part],
    pub(crate) page: &'a [(usize, Item<'a>)],
}

/// Where in an answer a value stands.
#[derive(Debug, Clone, Copy)]
struct At<'a> {
    /// The part on whose path this is, or in whose item.
    part: Option<&'a Part>,
    item: Option<Item<'a>>,
    /// Levels below the item that still speak of the item itself.
    own: bool,
    depth: usize,
    seed: Seed,
    /// The member's name; of elements, their list's.
    member: &'a str,
}

impl Synth<'_> {
    /// The whole answer.
    pub(crate) fn output(&self, structure: &Structure, seed: Seed) -> Value {
        let at = At { part: None, item: None, own: false, depth: 0, seed, member: "" };
        if let Some((part, item)) =
            self.page.iter().find_map(|(part, item)| Some((self.parts.get(*part)?, *item))).filter(|(part, _)| part.items.is_empty())
        {
            return self.structure(structure, self.in_item(at, part, item));
        }
        self.on_path(structure, "", at, self.page)
    }

    fn in_item<'b>(&self, at: At<'b>, part: &'b Part, item: Item<'b>) -> At<'b> {
        let kind = self.world.kind(item.named.kind);
        // What has no Region is the same wherever it is asked.
        let region = if kind.is_some_and(|kind| kind.global) { HOME } else { item.row.region };
        let name = kind.map_or("", |kind| &*kind.name);
        let seed = self.world.place(item.row.account, region).text(name).number(item.named.index);
        // However long the way to it was, the levels below an item count from it.
        At { part: Some(part), item: Some(item), own: true, depth: 1, seed, ..at }
    }

    /// A structure on the way to the items: `path` is what was passed.
    fn on_path<'b>(&'b self, structure: &'b Structure, path: &str, at: At<'b>, page: &'b [(usize, Item<'b>)]) -> Value {
        let mut members = Vec::new();
        for member in &structure.members {
            let here = if path.is_empty() { member.name.to_string() } else { format!("{path}.{}", member.name) };
            let inner = At { member: &member.name, depth: at.depth + 1, seed: at.seed.text(&member.name), ..at };
            let on = |part: &Part| part.items == here || part.items.strip_prefix(&here).is_some_and(|rest| rest.starts_with(['.', '[']));
            let value = match self.parts.iter().any(on) {
                true => self.towards(&member.target, &here, inner, page),
                false if wrong(&member.name, self.service.kind(&member.target)) => None,
                false => self.value(&member.target, inner),
            };
            if let Some(value) = value {
                members.push((member.name.clone(), value));
            }
        }
        Value::Map(members)
    }

    /// A member on the way to the items, or the items themselves.
    fn towards<'b>(&'b self, target: &'b Target, path: &str, at: At<'b>, page: &'b [(usize, Item<'b>)]) -> Option<Value> {
        let mine = |at: &usize| self.parts.get(*at).filter(|part| part.items == path);
        match self.service.kind(target) {
            Shape::List(list) if self.parts.iter().any(|part| part.items == path) => {
                let items = page.iter().filter_map(|(part, item)| self.item(&list.member, at, mine(part)?, *item));
                Some(Value::List(items.collect()))
            }
            Shape::List(list) => {
                let below = format!("{path}[]");
                let structure = self.service.structure(&list.member)?;
                let wanted = |part: &usize| self.parts.get(*part).is_some_and(|part| part.items.starts_with(&below));
                // Every item in an element of its own.
                let elements = page.chunks(1).filter(|one| one.iter().all(|(part, _)| wanted(part)));
                Some(Value::List(elements.map(|one| self.on_path(structure, &below, Self::around(at, one), one)).collect()))
            }
            Shape::Structure(structure) if self.parts.iter().all(|part| part.items != path) => {
                Some(self.on_path(structure, path, at, page))
            }
            _ => page.iter().find_map(|(part, item)| self.item(target, at, mine(part)?, *item)),
        }
    }

    /// One item.
    fn item<'b>(&self, target: &Target, at: At<'b>, part: &'b Part, item: Item<'b>) -> Option<Value> {
        match (self.service.kind(target), part.text) {
            (Shape::String, Some(form)) => Some(Value::str(self.world.name_of(item.named, form))),
            _ => self.value(target, self.in_item(at, part, item)),
        }
    }

    fn around<'b>(at: At<'b>, one: &'b [(usize, Item<'b>)]) -> At<'b> {
        one.first().map_or(at, |(_, item)| At { item: Some(*item), own: false, seed: at.seed.number(item.named.index), ..at })
    }

    /// A value that is on no path.
    fn value(&self, target: &Target, at: At<'_>) -> Option<Value> {
        if at.depth > DEEPEST {
            return None;
        }
        let shape = self.service.shape(target.shape);
        Some(match &shape.kind {
            Shape::Structure(structure) => return self.nested(structure, at),
            Shape::List(list) => {
                let count = if at.own && at.depth <= 1 { 1 } else { 1 + at.seed.text("length").below(2) };
                let deeper = |index: u64| At { depth: at.depth + 1, seed: Seed::new(at.seed.bits().wrapping_add(index)), own: false, ..at };
                Value::List((0..count).filter_map(|index| self.value(&list.member, deeper(index))).collect())
            }
            Shape::Map(map) => {
                let keys: Vec<String> = match at.part.filter(|part| at.own && !part.keys.is_empty()) {
                    Some(part) => part.keys.clone(),
                    None => vec![self.world.words().text(
                        &self.service.name,
                        &self.service.shape(map.key.shape).name,
                        "key",
                        self.place,
                        at.seed,
                    )],
                };
                let entry = |key: String| {
                    let inner = At { member: &key, depth: at.depth + 1, seed: at.seed.text(&key), ..at };
                    self.value(&map.value, inner).map(|value| (Key::from(key.as_str()), value))
                };
                Value::Map(keys.into_iter().filter_map(entry).collect())
            }
            Shape::String => self.text(&shape.name, at),
            Shape::Boolean => self.world.words().boolean(at.member, at.seed),
            Shape::Integer { max } => self.world.words().integer(at.member, *max, at.seed),
            Shape::Float => Value::Float(0.5 + at.seed.below(9) as f64),
            Shape::Blob => Value::str("c3ludGhldGlj"),
            Shape::Timestamp => Value::str(MOMENT),
        })
    }

    fn nested(&self, structure: &Structure, at: At<'_>) -> Option<Value> {
        if structure.event_stream {
            return None;
        }
        if structure.document {
            return Some(Value::Map(Vec::new()));
        }
        let noun = at.item.and_then(|item| self.world.kind(item.named.kind)).map_or("", |kind| kind.noun.as_str());
        let lower = at.member.to_ascii_lowercase();
        let own = at.own && (at.depth <= 1 || noun.ends_with(&lower) || lower.ends_with(noun));
        let at = At { own, ..at };
        let all_nested = || structure.members.iter().all(|member| matches!(self.service.kind(&member.target), Shape::Structure(_)));
        if !(structure.union || structure.members.len() > MOST_PARTS && all_nested()) {
            return Some(self.structure(structure, at));
        }
        let member = at.seed.pick(&structure.members)?;
        let inner = At { member: &member.name, depth: at.depth + 1, own: false, seed: at.seed.text(&member.name), ..at };
        Some(Value::Map(vec![(member.name.clone(), self.value(&member.target, inner)?)]))
    }

    fn structure(&self, structure: &Structure, at: At<'_>) -> Value {
        let made = structure.members.iter().filter(|member| !wrong(&member.name, self.service.kind(&member.target))).filter_map(|member| {
            let inner = At { member: &member.name, depth: at.depth + 1, seed: at.seed.text(&member.name), ..at };
            Some((member.name.clone(), self.value(&member.target, inner)?))
        });
        Value::Map(made.collect())
    }

    fn text(&self, shape: &str, at: At<'_>) -> Value {
        let words = self.world.words();
        let row = at.item.map_or(self.place, |item| item.row);
        if let Some(word) = at.item.and_then(|item| words.discriminator(&self.world.kind(item.row.kind)?.name, at.member)) {
            return Value::str(word);
        }
        if words.enumerated(&self.service.name, shape, at.seed).is_none()
            && let Some(name) =
                at.item.and_then(|item| self.identity(item, at)).or_else(|| self.echo(at)).or_else(|| self.reference(row, at))
        {
            return Value::str(name);
        }
        let text = words.text(&self.service.name, shape, at.member, row, at.seed);
        // IAM's documents are JSON on the screen, whatever they are on the wire.
        match serde_json::from_str(&text) {
            Ok(document) if &*self.service.name == "iam" && shape == "policyDocumentType" => crate::decode::plain_json(&document),
            _ => Value::str(text),
        }
    }

    /// The row's own name, or its parent's.
    fn identity(&self, item: Item<'_>, at: At<'_>) -> Option<String> {
        let kind = self.world.kind(item.named.kind)?;
        if at.member == "BucketRegion" && &*kind.name == "AWS::S3::Bucket" {
            return Some(self.world.bucket_region(item.named.account, item.named.index).to_owned());
        }
        let (_, stem) = Form::of_member(at.member);
        let full = |of: &super::Kind| of.own_form(at.member).filter(|_| at.own || (stem.len() > 3 && stem == of.noun));
        if let Some(form) = full(kind).or_else(|| self.world.kind(item.row.kind).and_then(full)) {
            return Some(self.world.name_of(item.named, form));
        }
        let parent = self.world.parent(item.row)?;
        let form = self.world.kind(parent.kind)?.own_form(at.member).filter(|_| stem.len() > 2)?;
        Some(self.world.name_of(parent, form))
    }

    /// What the input says of the same name.
    fn echo(&self, at: At<'_>) -> Option<String> {
        let members = self.input.as_map()?;
        let (_, value) = members.iter().find(|(name, _)| name.eq_ignore_ascii_case(at.member))?;
        value.as_str().filter(|_| at.depth <= 3).map(str::to_owned)
    }

    /// The name of a row of another type that the member's name tells.
    fn reference(&self, row: Row<'_>, at: At<'_>) -> Option<String> {
        if self.world.words().knows(at.member) {
            return None;
        }
        let (form, stem) = match at.member {
            member if member == DEFINITION => (Form::Arn, member.to_ascii_lowercase()),
            other => Form::of_member(other),
        };
        if stem.len() < 3 || at.member != DEFINITION && stem.eq_ignore_ascii_case(at.member) {
            return None;
        }
        let kind = self.world.referred(&self.service.name, &stem)?;
        let count = self.world.count(kind, row.account, row.region);
        (count > 0).then(|| self.world.name_of(Row { kind, index: at.seed.below(count), ..row }, form))
    }
}

/// True of a list of failures.
fn wrong(member: &str, kind: &Shape) -> bool {
    let lower = member.to_ascii_lowercase();
    matches!(kind, Shape::List(_) | Shape::Map(_))
        && WENT_WRONG.iter().any(|word| lower.starts_with(word) || lower.trim_end_matches('s').ends_with(word))
}
