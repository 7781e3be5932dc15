//! What people decide and keep, in files that are fit for git: scope, owners, parties, exceptions, attestations, expectations and manual
//! evidence. No facts and no results here; those who have them ask.
//!
//! A mistake in a file is an error with its line and column: no decision is lost because of a misspelt word.

mod attestation;
mod coverage;
mod error;
mod evidence;
mod exceptions;
mod expectations;
mod finding;
mod owners;
mod parties;
mod proof;
mod records;
mod scope;
pub mod serial;
mod text;

pub use attestation::{Attestation, Bridge, CarveOut, NotedException, Opinion, Terms, sha256_of};
pub use coverage::{Cover, Coverage, Stretch};
pub use error::RecordsError;
pub use evidence::{Cabinet, EvidenceState, Kept};
pub use exceptions::{Exceptions, is_called};
pub use expectations::{Csoc, Cuec, Expectations, expectations_from_csv};
pub use finding::{FindingKind, RecordFinding};
pub use owners::{Owner, Owners, Subject, Tags, Team};
pub use parties::{Parties, Takes, ThirdParty};
pub use proof::{Proof, ProofState, best};
pub use records::Records;
pub use scope::{Baseline, Reason, Scope, ScopedAccount};
pub use text::Place;

use partywall_model::{Resource, Value};

/// True if a resource has a tag with this value.
pub(crate) fn has_tag(resource: &Resource, key: &str, value: &str) -> bool {
    tag(resource, key) == Some(value)
}

/// The value of a resource's tag.
pub fn tag<'a>(resource: &'a Resource, key: &str) -> Option<&'a str> {
    match resource.properties.get("Tags") {
        Some(Value::List(tags)) => tags
            .iter()
            .find(|tag| tag.get("Key").and_then(Value::as_str) == Some(key))
            .and_then(|tag| tag.get("Value"))
            .and_then(Value::as_str),
        Some(tags @ Value::Map(_)) => tags.get(key).and_then(Value::as_str),
        _ => None,
    }
}
