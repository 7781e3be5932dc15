//! Documents of the policies that AWS keeps, as of a known day (`catalog/reference/aws-managed-policies.zst`, made by `cargo xtask
//! managed-policies`). AWS changes them without notice, so that a document that the input has goes before one from here.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use super::ReferenceError;
use super::decode::unpack;
use crate::arn::fields;

const HEAD: &str = "aws-managed-policies\t1\t";
static BUILT_IN: &[u8] = include_bytes!("../../../../catalog/reference/aws-managed-policies.zst");

/// The built-in table, decoded at the first call.
///
/// # Errors
/// [`ReferenceError`], which for the built-in file a test excludes.
pub fn managed_policies() -> Result<&'static ManagedPolicies, &'static ReferenceError> {
    static DECODED: OnceLock<Result<ManagedPolicies, ReferenceError>> = OnceLock::new();
    DECODED.get_or_init(|| ManagedPolicies::from_bytes(BUILT_IN)).as_ref()
}

/// A table of AWS's managed policies.
#[derive(Debug)]
pub struct ManagedPolicies {
    text: Box<str>,
    date: Box<str>,
    /// By path and name, as after `policy` in the ARN.
    documents: BTreeMap<Box<str>, Range<usize>>,
}

impl ManagedPolicies {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ReferenceError`]: it is not such a file.
    pub fn from_bytes(file: &[u8]) -> Result<Self, ReferenceError> {
        let text = unpack(file)?;
        let wrong = |line: usize, reason: &str| ReferenceError::Line { line, reason: reason.to_owned() };
        let first = text.lines().next().unwrap_or_default();
        let date = first.strip_prefix(HEAD).ok_or_else(|| wrong(1, "is not `aws-managed-policies`, 1 and a date"))?;
        let mut start = first.len().saturating_add(1);
        let mut documents = BTreeMap::new();
        for (number, line) in text.lines().enumerate().skip(1) {
            let (name, _, document) =
                fields_of(line).ok_or_else(|| wrong(number.saturating_add(1), "lacks a name, a version or a document"))?;
            let end = start.saturating_add(line.len());
            documents.insert(name.into(), end.saturating_sub(document.len())..end);
            start = end.saturating_add(1);
        }
        Ok(Self { date: date.into(), documents, text })
    }

    /// The day of the latest change in it, `YYYY-MM-DD`.
    pub fn date(&self) -> &str {
        &self.date
    }

    /// How many policies it has.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// True if it has none.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The JSON text of the policy with that ARN, in any partition; `None` if it is not AWS's, or newer than the table.
    pub fn document(&self, arn: &str) -> Option<&str> {
        let [_, _, "iam", "", "aws", resource] = fields(arn)? else { return None };
        self.text.get(self.documents.get(resource.strip_prefix("policy")?)?.clone())
    }
}

fn fields_of(line: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = line.split_once('\t')?;
    let (version, document) = rest.split_once('\t')?;
    Some((name, version, document))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Document, value_from_json};

    #[test]
    fn every_document_is_one_that_is_read() {
        let table = managed_policies().unwrap();
        assert!(table.len() > 1_000, "{}", table.len());
        for (name, place) in &table.documents {
            let document = Document::parse(&value_from_json(table.text.get(place.clone()).unwrap()).unwrap()).unwrap();
            assert!(document.flaws().is_empty(), "{name}: {:?}", document.flaws());
        }
        assert!(table.document("arn:aws:iam::aws:policy/AdministratorAccess").unwrap().contains("\"*\""));
        assert!(table.document("arn:aws-cn:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole").is_some());
        assert!(table.document("arn:aws:iam::111122223333:policy/AdministratorAccess").is_none());
    }

    #[test]
    fn other_files_are_refused() {
        assert!(ManagedPolicies::from_bytes(b"no zstd").is_err());
        assert!(ManagedPolicies::from_bytes(&zstd::encode_all(&b"iam-data\t1\tx\n"[..], 1).unwrap()).is_err());
    }
}
