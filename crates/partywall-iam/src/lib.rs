//! Policy documents and the rules AWS applies to them: pure, no I/O.
//!
//! A document is read from a [`partywall_model::Value`] tree of which any part may be unknown ([`Document`]); questions about it
//! get one of three answers ([`Answer`]), each computed on its own: yes if a known part proves it, no if everything that could
//! prove it is known and does not, else unknown with the reason. So hiding any part of a document leaves an answer as it was
//! or makes it unknown, and a document that AWS would refuse is never called harmless.
//!
//! [`policy_facts`] answers all questions that checks ask of a policy, [`acl_is_public`] the one asked of an S3 ACL.

mod acl;
mod answer;
mod arn;
mod condition;
mod document;
mod error;
mod facts;
mod parse;
mod public;
mod text;
mod transport;
mod trust;
mod wildcard;

pub use acl::acl_is_public;
pub use answer::{Answer, Items, Known};
pub use condition::{Comparison, Condition, Operator, Quantifier};
pub use document::{Document, Effect, Element, Patterns, Principal, PrincipalKind, Principals, Statement};
pub use error::Error;
pub use facts::{Context, PolicyFacts, policy_facts};
pub use parse::read_documents;
pub use text::value_from_json;
pub use wildcard::matches_ignore_case;
