use std::sync::Arc;

use partywall_catalog::ResourceType;
use partywall_model::{Cause, CauseKind, Resource, Value};
use partywall_table::{Paths, project};

use crate::defaults::Lookup;
use crate::derive::{self, About};
use crate::identities;
use crate::redact::{holds, plain, redact};

/// Redaction keeps whether there is a secret, which is all that this function asks; every other one needs the text that is gone.
const ASKS_FOR_PRESENCE: &str = "plaintext-secrets";

/// Computes derived facts of a row again after some of its properties were changed, as the collector computes them: those with an
/// input at, above or below one of the `changed` paths. Gives their paths.
///
/// `others` are the rows that derive functions look up ([`partywall_catalog::Derive::tables`]), of any type, account and Region; a
/// fact whose row is not among them is unknown, with that as its cause. So is a fact that is computed from a secret's text which the
/// change does not give: texts of secrets are not kept.
pub fn rederive(row: &mut Resource, resource_type: &ResourceType, changed: &[&str], others: &[Arc<Resource>]) -> Vec<Arc<str>> {
    let mut found = Vec::new();
    let mut wanted = Paths::new();
    for derive in &resource_type.derives {
        if !derive.inputs.iter().any(|input| changed.iter().any(|path| holds(path, input) || holds(input, path))) {
            continue;
        }
        let given = |input: &str| changed.iter().any(|path| holds(path, input));
        let is_secret =
            |input: &str| resource_type.secrets.iter().any(|secret| holds(input, &plain(secret)) || holds(&plain(secret), input));
        let gone = derive.inputs.iter().find(|input| derive.function != ASKS_FOR_PRESENCE && is_secret(input) && !given(input));
        if derive.function == identities::FUNCTION {
            let cause = Cause::new(CauseKind::NotLooked, "follows from all users and roles of the account together");
            row.properties.set_at(&derive.path, Value::unknown(cause));
        } else if let Some(input) = gone {
            let cause = Cause::new(CauseKind::NotLooked, format!("is computed from `{input}`, whose text is not kept"));
            row.properties.set_at(&derive.path, Value::unknown(cause));
        } else {
            wanted.insert(derive.path.to_string());
        }
        found.push(derive.path.clone());
    }
    let mut lookup = Lookup::default();
    for other in others {
        lookup.add(other);
    }
    let blind = resource_type.blind_paths(row.source.kind);
    for about in [About::Secrets, About::Else] {
        derive::apply(row, resource_type, about, &project(&resource_type.schema, &wanted), &lookup, &blind);
    }
    redact(&mut row.properties, &resource_type.secrets);
    found
}

#[cfg(test)]
mod tests {
    use partywall_catalog::Catalog;
    use partywall_model::{Source, SourceKind};

    use super::*;

    const BLOCK: &str = "PublicAccessBlockConfiguration";
    const EFFECTIVE: &str = "_Derived.EffectivePublicAccessBlock.BlockPublicAcls";

    fn catalog() -> Catalog {
        Catalog::load(None).unwrap().with_derived(crate::derived_columns).unwrap()
    }

    fn row(name: &str, id: &str) -> Resource {
        let mut row = Resource::new(name, id, Arc::new(Source { kind: SourceKind::Api, file: Arc::from("x.json") }));
        row.account = Some(Arc::from("111122223333"));
        row.region = Some(Arc::from("eu-central-1"));
        row
    }

    #[test]
    fn rows_that_are_looked_up_take_part() {
        let resource_type = catalog().resource_type("AWS::S3::Bucket").unwrap();
        let mut account = row("Partywall::S3::AccountPublicAccessBlock", "111122223333");
        account.region = Some(Arc::from("global"));
        account.properties.set("BlockPublicAcls", Value::Bool(false));
        let mut bucket = row("AWS::S3::Bucket", "b");
        for on in [true, false] {
            bucket.properties.set_at(&format!("{BLOCK}.BlockPublicAcls"), Value::Bool(on));
            let found = rederive(&mut bucket, &resource_type, &[&format!("{BLOCK}.BlockPublicAcls")], &[Arc::new(account.clone())]);
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(bucket.properties.at(EFFECTIVE), Some(&Value::Bool(on)));
        }
        rederive(&mut bucket, &resource_type, &[BLOCK], &[]);
        assert!(bucket.properties.at(EFFECTIVE).unwrap().is_unknown(), "without the account's row, off is not proved");
    }

    #[test]
    fn texts_of_secrets_are_not_guessed() {
        let resource_type = catalog().resource_type("AWS::ECS::TaskDefinition").unwrap();
        let environment = |value: &str| {
            let variable = Value::Map(vec![(Arc::from("Name"), Value::str("N")), (Arc::from("Value"), Value::str(value))]);
            let container = Value::Map(vec![(Arc::from("Environment"), Value::List(vec![variable]))]);
            Value::List(vec![container])
        };
        let mut task = row("AWS::ECS::TaskDefinition", "t");
        task.properties.set("ContainerDefinitions", environment("AKIAIOSFODNN7EXAMPLE"));
        rederive(&mut task, &resource_type, &["ContainerDefinitions"], &[]);
        let kinds = task.properties.at("_Derived.SecretKinds").cloned().unwrap();
        assert!(kinds.as_list().is_some_and(|kinds| !kinds.is_empty()), "{kinds:?}");
        assert!(!format!("{:?}", task.properties).contains("AKIA"), "the text is not kept");
        rederive(&mut task, &resource_type, &["ContainerDefinitions[].Environment[].Value"], &[]);
        assert!(task.properties.at("_Derived.SecretKinds").unwrap().is_unknown());
        assert!(task.properties.at("_Derived.PlaintextSecrets").unwrap().as_list().is_some_and(|paths| !paths.is_empty()));
        assert!(rederive(&mut task, &resource_type, &["Family"], &[]).is_empty());
    }
}
