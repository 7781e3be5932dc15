use serde_json::value::RawValue;
use std::collections::BTreeMap;

use crate::permissions::{Names, Policy};

/// One JSON object: the name of each policy and its document.
///
/// # Errors
/// None that a document of texts can have; those of the serialiser.
pub fn json(policies: &[Policy], partition: &str, names: &Names) -> Result<String, serde_json::Error> {
    let mut documents: BTreeMap<&str, Box<RawValue>> = BTreeMap::new();
    for policy in policies {
        documents.insert(&policy.name, RawValue::from_string(policy.document(partition, names, false)?)?);
    }
    let mut text = serde_json::to_string(&documents)?;
    text.push('\n');
    Ok(text)
}
