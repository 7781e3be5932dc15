//! Reads `catalog/`, the knowledge as data: checks, resource types, duties, services, frameworks, manual evidence, runbooks, reference tables.
//!
//! The directory is the registry: there are no hand-kept lists. The catalogue is built in and may be overlaid by a
//! user's directory of the same layout, file by file. Errors name file, line and column.

mod catalog;
mod check;
mod cloud_control;
mod column;
mod duty;
mod eol;
mod error;
mod evidence;
mod files;
mod framework;
mod framework_file;
mod parse;
mod read;
mod registry;
mod resource_explorer;
mod resource_type;
mod runbook;
mod scope_rule;
mod series;
mod service;
mod values;

pub use catalog::Catalog;
pub use check::{Case, CaseSource, Check, Equivalents, Fix, Join};
pub use cloud_control::CloudControlError;
pub use column::{Column, Schema};
pub use duty::{Duty, DutyCase, Layer, OwnerRule, Per, Side};
pub use eol::EolTable;
pub use error::{CatalogError, Position};
pub use evidence::{Evidence, EvidenceKind};
pub use framework::{Framework, Group, Requirement};
pub use read::{Names, Prepare, Read, Unless};
pub use registry::{Registry, RegistryType};
pub use resource_explorer::IndexNames;
pub use resource_type::{ConfigShape, Default, DefaultOn, DependsOn, Derive, Fold, OneOrMany, ResourceType, Undecided};
pub use runbook::{Runbook, front_matter};
pub use scope_rule::{ScopeList, ScopeRule};
pub use series::{AttestationKind, Series};
pub use service::{Confidence, Lifecycle, Mode, RowSource, Service, ServiceClass, ServiceDuty, ServiceStatus};
pub use values::{table_to_value, to_value};
