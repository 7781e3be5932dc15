//! What people decide and keep, in files that are fit for git: scope, owners, parties, exceptions, attestations, expectations, and the
//! manual side: evidence, policies, training, runbooks, reviews. No facts and no results here; those who have them ask.
//!
//! A mistake in a file is an error with its line and column: no decision is lost because of a misspelt word.

mod attestation;
mod coverage;
mod due;
mod error;
mod evidence;
mod exceptions;
mod expectations;
mod finding;
mod future;
mod inherited;
mod on_file;
mod owners;
mod parties;
mod people;
mod policies;
mod proof;
mod quiz;
mod records;
mod reviews;
mod runbooks;
mod scope;
pub mod serial;
mod table;
mod text;
mod training;
mod well_architected;

pub use attestation::{Attestation, Bridge, CarveOut, NotedException, Opinion, Terms, sha256_of};
pub use coverage::{Cover, Coverage, Stretch};
pub use due::{Due, DueKind};
pub use error::RecordsError;
pub use evidence::{Cabinet, EvidenceState, Kept, KeptAs};
pub use exceptions::{Exceptions, is_called};
pub use expectations::{Csoc, Cuec, Expectations, FromCsv, expectations_from_csv};
pub use finding::{FindingKind, RecordFinding};
pub use inherited::{Claim, Inherit, Inherited};
pub use on_file::OnFile;
pub use owners::{Owner, Owners, Subject, Tags, Team};
pub use parties::{Parties, Takes, ThirdParty};
pub use people::{Audience, People};
pub use policies::{Acknowledgement, Policy};
pub use proof::{Proof, ProofState};
pub use quiz::{Question, Quiz, Score, Wrong, quiz, score};
pub use records::Records;
pub use reviews::{Review, Reviewed, Verdict};
pub use runbooks::{Exercise, ExerciseKind, OwnRunbook, new_runbook};
pub use scope::{Baseline, Reason, Scope, ScopedAccount};
pub use text::Place;
pub use training::{Campaign, Completion, Standing};
pub use well_architected::{Answer, AnswerStatus, Asked, Milestone, WellArchitected};

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
