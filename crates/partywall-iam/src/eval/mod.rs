//! Deciding requests as AWS does.
//!
//! [`Policy`] makes a [`crate::Document`] ready once for many requests; [`evaluate`] weighs a [`Request`] against all [`Policies`]
//! that bear on it. Everything has three answers: a part of a policy that is not known, or a condition key of a request whose
//! context was left open, makes the decision unknown exactly if it could change it, and the verdict names it.

mod access_point;
mod caller;
mod check;
mod decide;
mod operand;
mod pattern;
mod policy;
mod policy_set;
mod protected;
mod request;
mod some_resource;
mod time;
mod verdict;

pub use access_point::{AccessPoint, evaluate_through};
pub use caller::{Caller, Identity, Reach};
pub use decide::Policies;
pub use policy::Policy;
pub use policy_set::PolicySet;
pub use request::Request;
pub use some_resource::evaluate;
pub use verdict::{Decision, Level, LevelResult, Site, Verdict};

pub(crate) use check::Check;
pub(crate) use decide::decide_single;
pub(crate) use operand::{ArnPattern, Case, Number, Operand};
pub(crate) use pattern::{Match, Pattern};
pub(crate) use policy::{Piece, Rule};
pub(crate) use protected::CHANGES_OF_SERVICE_LINKED_ROLES;
pub(crate) use request::Lookup;
