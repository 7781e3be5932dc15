//! Resource Explorer: every Region has an index of its own, with all that the catalogue says it would have.

use partywall_model::{Key, Value};

use super::answers::Question;
use super::handlers::Handled;
use super::{Form, Row, World, partition};

/// The call's answer.
pub(crate) fn explorer(world: &World, question: Question<'_>) -> Handled {
    let Question { account, region, .. } = question;
    let view = format!("arn:{}:resource-explorer-2:{region}:{account}:view/all/1", partition(region));
    match &*question.operation.name {
        "GetIndex" => Handled::Answer(map([
            ("Arn", Value::str(format!("arn:{}:resource-explorer-2:{region}:{account}:index/1", partition(region)))),
            ("Type", Value::str("LOCAL")),
            ("State", Value::str("ACTIVE")),
            ("CreatedAt", Value::str("2024-01-01T06:00:00+00:00")),
            ("LastUpdatedAt", Value::str("2024-01-01T06:00:00+00:00")),
        ])),
        "GetDefaultView" => Handled::Answer(map([("ViewArn", Value::str(view))])),
        "GetView" => {
            let scope = Value::str(format!("arn:{}:iam::{account}:root", partition(region)));
            let filters = map([("FilterString", Value::str(""))]);
            Handled::Answer(map([("View", map([("ViewArn", Value::str(view)), ("Scope", scope), ("Filters", filters)]))]))
        }
        "ListSupportedResourceTypes" => {
            let names = world.index_names.values().flatten();
            let of =
                |name: &str| map([("Service", Value::str(name.split(':').next().unwrap_or_default())), ("ResourceType", Value::str(name))]);
            Handled::Listing("ResourceTypes", names.map(|name| of(name)).collect())
        }
        "ListResources" => Handled::Listing("Resources", resources(world, question)),
        _ => Handled::No,
    }
}

fn resources(world: &World, question: Question<'_>) -> Vec<Value> {
    let Question { account, region, .. } = question;
    let of_kind = |(kind, names): (&usize, &Vec<_>)| {
        let (kind, names) = (*kind, names.clone());
        (0..world.count(kind, account, region)).zip(names.into_iter().cycle()).map(move |(index, name)| {
            let name: std::sync::Arc<str> = name;
            let service = name.split(':').next().unwrap_or_default().to_owned();
            map([
                ("Arn", Value::str(world.name_of(Row { account, region, kind, index }, Form::Arn))),
                ("OwningAccountId", Value::str(account)),
                ("Region", Value::str(region)),
                ("ResourceType", Value::str(&*name)),
                ("Service", Value::str(service)),
                ("LastReportedAt", Value::str("2026-11-01T06:00:00+00:00")),
                ("Properties", Value::List(Vec::new())),
            ])
        })
    };
    world.index_names.iter().flat_map(of_kind).collect()
}

fn map<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Map(members.into_iter().map(|(name, value)| (Key::from(name), value)).collect())
}
