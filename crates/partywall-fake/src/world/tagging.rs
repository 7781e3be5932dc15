//! The Resource Groups Tagging API: what has tags, of the types that are asked for.

use partywall_model::{Key, Value};

use super::answers::Question;
use super::{Form, Row, World};

/// Tag keys and their values.
const TAGS: [(&str, &str); 2] = [("team", "data"), ("stage", "test")];

/// Every second resource, in the Region, of the types that the filters name. AWS: a filter is the service and, after a colon, the type as ARNs
/// have it; those of S3's buckets have none.
pub(super) fn tagged(world: &World, question: Question<'_>) -> Vec<Value> {
    let Question { account, region, .. } = question;
    let filters = question.input.get("ResourceTypeFilters").and_then(Value::as_list).unwrap_or_default();
    let names = filters.iter().filter_map(Value::as_str).map(|filter| match filter {
        "s3" => "aws::s3::bucket".to_owned(),
        other => format!("aws::{}", other.replace(':', "::")),
    });
    let kinds: Vec<usize> = names.filter_map(|name| world.kinds().iter().position(|kind| kind.name.eq_ignore_ascii_case(&name))).collect();
    let rows =
        kinds.into_iter().flat_map(|kind| (0..world.count(kind, account, region)).map(move |index| Row { account, region, kind, index }));
    let here = rows.filter(|row| !world.is_bucket(row.kind) || world.bucket_region(account, row.index) == region);
    here.filter(|row| row.index % 2 == 0)
        .map(|row| {
            let arn = world.name_of(row, Form::Arn);
            let count = 1 + usize::from(world.place(account, region).text(&arn).below(2) == 1);
            let tag = |(key, value): (&str, &str)| map([("Key", Value::str(key)), ("Value", Value::str(value))]);
            let tags = TAGS.into_iter().take(count).map(tag).collect();
            map([("ResourceARN", Value::str(arn)), ("Tags", Value::List(tags))])
        })
        .collect()
}

fn map<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Map(members.into_iter().map(|(name, value)| (Key::from(name), value)).collect())
}
