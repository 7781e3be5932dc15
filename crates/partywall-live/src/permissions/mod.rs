//! What a reader of AWS must be allowed to do, from the same `[[read]]` data that say what it calls: which IAM actions, why, and which
//! checks go blind without each; as policies within IAM's quotas; what was denied; what is denied before anything is read.
//!
//! Actions are exact. Wildcards such as `ec2:Describe*` would grow with every release of AWS, and nobody would have read what they grant.

mod error;
mod mentions;
mod missing;
mod needs;
mod own;
mod policy;
mod reads;
pub mod render;
mod simulate;
mod verify;

pub use error::PermissionsError;
pub use missing::{Barrier, Denial, Denied, Missing, missing};
pub use needs::{Also, Chosen, Need, Purpose, Trial, judged, needed, with};
pub use own::is_read_only;
pub use policy::{Names, POLICIES_PER_ROLE, POLICY_SIZE, Policy, Statement, policies};
pub use simulate::{Principal, Simulated, principal_of};
pub use verify::{How, Probe, Refusal, Report, Standing, Verdict, verify};

#[cfg(test)]
mod catalog_tests;
