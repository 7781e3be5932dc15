//! The words of the wall as types: parties, statuses, facts, gaps, results. Pure data, no input or output.
//!
//! Every other crate speaks in these types; this crate knows nothing of files, Arrow or SQL.

mod cause;
pub mod near;
mod party;
mod plain;
mod region;
mod resource;
mod result;
mod severity;
mod status;
mod value;

pub use cause::{Cause, CauseKind};
pub use party::{ParsePartyError, Party};
pub use plain::{is_safe, markdown, plain};
pub use region::region_code;
pub use resource::{Condition, Defaulted, Gap, Listing, Location, Resource, Satellite, Source, SourceKind, Unread};
pub use result::{CheckResult, Exception, ExceptionKind, Fact, FindingId, UnknownBecause};
pub use severity::{ParseSeverityError, Severity};
pub use status::Status;
pub use value::{Key, Value};
