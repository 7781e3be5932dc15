//! Policy documents and the rules AWS applies to them: pure, no I/O.
//!
//! A document is read from a [`partywall_model::Value`] tree of which any part may be unknown ([`Document`]); questions about it
//! get one of three answers ([`Answer`]), each computed on its own: yes if a known part proves it, no if everything that could
//! prove it is known and does not, else unknown with the reason. So hiding any part of a document leaves an answer as it was
//! or makes it unknown, and a document that AWS would refuse is never called harmless.
//!
//! [`eval`] decides requests against all policies that bear on them, [`batch`] answers rows of such questions, [`policy_facts`] all
//! questions that checks ask of a policy, [`acl_is_public`] the one asked of an S3 ACL. There is one reader of documents for all.

pub mod account;
mod acl;
mod answer;
mod arn;
pub mod batch;
mod broad;
mod condition;
mod document;
mod error;
pub mod eval;
mod external;
mod facts;
mod json;
pub mod lint;
mod node;
mod parse;
pub mod prove;
mod public;
mod reference;
mod text;
mod transport;
mod trust;
mod wildcard;

pub use acl::acl_is_public;
pub use answer::{Answer, Items, Known};
pub use arn::OWN_ACCOUNT;
pub use condition::{Comparison, Condition, Operator, Quantifier};
pub use document::{Document, Effect, Element, Patterns, Principal, PrincipalKind, Principals, Statement};
pub use error::Error;
pub use external::{ExternalAccess, external_access};
pub use facts::{Context, PolicyFacts, facts_of, policy_facts};
pub use json::Position;
pub use parse::read_documents;
pub use public::is_about_buckets;
pub use reference::{
    AccessLevel, Action, ActionList, ConditionKey, Fit, Gain, GainList, KeyType, Lists, ManagedPolicies, Reference, ReferenceError,
    ResourceType, Service, ServiceList, built_in_date, managed_policies, reference, use_reference,
};
pub use text::value_from_json;
pub use wildcard::matches_ignore_case;
