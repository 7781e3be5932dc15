//! Questions about all users and roles of an account at once.
//!
//! [`Account::read`] takes what `aws iam get-account-authorization-details` prints, and what else is known ([`Given`]). Then:
//!
//! | question | answer |
//! |---|---|
//! | who can do this to that? | [`Account::who_can`]; of one principal, [`Account::access`] |
//! | what can this principal do? | [`Account::what_can`] |
//! | who is, or can become, administrator, and how? | [`Account::escalations`], by the table `catalog/reference/iam-paths.toml` |
//! | whom do roles let in? | [`Account::trust_map`] |
//! | what is allowed and not used? | [`Account::unused`], [`Account::unused_since`] |
//! | which policies would be enough? | [`Account::least_privilege`]; whether they are within the old ones, [`Account::exceeds`] |
//! | are duties kept apart? | [`Account::judge`] with the rules of a file ([`Assertions`]) |
//!
//! Nothing here reads files or calls AWS.
//!
//! Every answer says what it rests on: an allow that needs conditions is conditional, one that a document decides which could not
//! be read is unknown and names it, and ceilings that were not given are listed as assumptions.

mod access;
mod admin;
mod assert;
mod assertions;
mod bind;
mod details;
mod document;
mod edges;
mod error;
mod graph;
mod least;
mod model;
mod observed;
mod paths;
mod picture;
mod reach;
mod read;
mod rules;
mod steps;
mod trust_map;
mod unused;
mod what_can;
mod who_can;
mod witness;
mod write;

pub use access::{Access, Question, Standing};
pub use assert::{Judged, Outcome, Violation};
pub use assertions::{Assertion, Assertions};
pub use details::{
    AttachedPolicy, Boundary, Details, GroupDetail, InlinePolicy, InstanceProfile, ManagedPolicy, PolicyVersion, RoleDetail, Tag,
    UserDetail,
};
pub use edges::Target;
pub use error::AccountError;
pub use least::{Origin, Proposal};
pub use model::{Account, Group, Kind, Principal, Resource};
pub use observed::{ActionUse, LastAccessed, Observation, ServiceUse, read_observations};
pub use paths::{Admin, Call, Escalations, OpenStep, Path, Step};
pub use reach::{Reach, ReachAction, Reaches};
pub use read::{Given, GivenResource};
pub(crate) use rules::any_of;
pub use rules::{Gain, Rule, Rules};
pub use trust_map::{From as TrustedFrom, Trust, TrustMap};
pub use unused::Unused;
pub use what_can::{Grant, KnownAction, WhatCan};
pub use who_can::{Holder, Outsider, WhoCan};
