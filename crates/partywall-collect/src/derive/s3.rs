use std::sync::Arc;

use partywall_catalog::Column;
use partywall_model::{Cause, CauseKind, Value};

use super::Inputs;

const SETTINGS: [&str; 4] = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
const ACCOUNT: &str = "Partywall::S3::AccountPublicAccessBlock";

pub(super) fn block_columns() -> Column {
    Column::Struct(SETTINGS.iter().map(|name| (Arc::from(*name), Column::Bool)).collect())
}

/// S3 applies the most restrictive combination of the bucket's and the account's settings (S3 user guide, "Blocking public access to
/// your Amazon S3 storage"). On alone proves on; off needs both to be known. A template says nothing of the account, so there off counts as the bucket's own.
pub(super) fn effective_block(inputs: &Inputs<'_>) -> Value {
    let bucket = inputs.at("PublicAccessBlockConfiguration");
    let account = inputs.other(ACCOUNT);
    Value::Map(
        SETTINGS
            .iter()
            .map(|name| {
                let own = setting(&bucket, name);
                let outer = match account {
                    Some(row) => setting(row, name),
                    None if inputs.is_template() => Value::Bool(false),
                    None => Value::unknown(
                        Cause::new(CauseKind::MissingRow, format!("the account's `{name}` is not in the input"))
                            .with_action("s3:GetAccountPublicAccessBlock"),
                    ),
                };
                (Arc::from(*name), either(own, outer))
            })
            .collect(),
    )
}

fn setting(block: &Value, name: &str) -> Value {
    match block.at(name) {
        Some(Value::Str(text)) => Value::Bool(text.eq_ignore_ascii_case("true")),
        Some(Value::Null) | None => Value::Bool(false),
        Some(value) => value.clone(),
    }
}

fn either(a: Value, b: Value) -> Value {
    match (&a, &b) {
        (Value::Bool(true), _) | (_, Value::Bool(true)) => Value::Bool(true),
        (Value::Unknown(_), _) => a,
        _ => b,
    }
}

/// The canned ACL of a template, or the grants of an answer. Only one of them is visible in each kind of source.
pub(super) fn acl_is_public(inputs: &Inputs<'_>) -> Value {
    if inputs.is_template() {
        return partywall_iam::acl_is_public(&inputs.at("AccessControl"), &Value::Null).to_value();
    }
    partywall_iam::acl_is_public(&Value::Null, &inputs.at("_Runtime.Acl")).to_value()
}
