use partywall_catalog::Column;
use partywall_iam::{Context, OWN_ACCOUNT, PolicyFacts, external_access, policy_facts};
use partywall_model::Value;

use super::Inputs;

pub(super) fn columns() -> Column {
    let empty: PolicyFacts = policy_facts(&[], &Context::default());
    match empty.to_value() {
        Value::Map(members) => Column::Struct(
            members
                .into_iter()
                .map(|(name, value)| {
                    let column = if matches!(value, Value::List(_)) { Column::List(Box::new(Column::Str)) } else { Column::Bool };
                    (name, column)
                })
                .collect(),
        ),
        _ => Column::Json,
    }
}

/// All answers about the documents at the inputs, united (`partywall-iam`).
pub(super) fn facts(inputs: &Inputs<'_>) -> Value {
    let documents: Vec<Value> = inputs.inputs().map(|(_, value)| value).filter(|value| !value.is_null()).collect();
    let references: Vec<&Value> = documents.iter().collect();
    let service = inputs.row.resource_type.split("::").nth(1).map(str::to_ascii_lowercase);
    policy_facts(&references, &Context { account: inputs.row.account.as_deref(), service: service.as_deref() }).to_value()
}

/// The columns of [`external`].
pub(super) fn external_columns() -> Column {
    let members = [("Anyone", Column::Bool), ("OtherAccounts", Column::Bool), ("Example", Column::Str)];
    Column::Struct(members.into_iter().map(|(name, column)| (std::sync::Arc::from(name), column)).collect())
}

/// Who from outside gets in by the documents at the inputs (`partywall-iam`).
pub(super) fn external(inputs: &Inputs<'_>) -> Value {
    let documents: Vec<Value> = inputs.inputs().map(|(_, value)| value).filter(|value| !value.is_null()).collect();
    let account = inputs.row.account.as_deref().or(inputs.is_template().then_some(OWN_ACCOUNT));
    external_access(&documents.iter().collect::<Vec<_>>(), account).to_value()
}
