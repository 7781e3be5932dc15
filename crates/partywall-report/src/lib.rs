//! One file per output format, and the plain view types that the formats print.
//!
//! The crate decides nothing: it is handed a [`Run`], then every result together with its check, then a [`Summary`], and
//! writes them to the writer it was given. All ten formats implement [`ResultSink`]; [`sink`] makes the one that was asked
//! for. The same calls give the same bytes. Names from the user's account are untrusted in every format: each writer
//! escapes for its own language, and the formats for people also neutralise control and direction characters.

mod asff;
mod checklist;
mod csv;
mod document;
mod escape;
#[cfg(test)]
mod fixture;
mod html;
mod json;
mod jsonl;
mod junit;
mod md;
mod object;
mod ocsf;
mod sarif;
mod sink;
mod summary;
mod table;
mod text;
mod view;
mod words;

pub use self::csv::Csv;
pub use asff::{Asff, fits_asff};
pub use checklist::{Checklist, Task};
pub use html::Html;
pub use json::Json;
pub use jsonl::Jsonl;
pub use junit::Junit;
pub use md::Markdown;
pub use object::RESULT_SCHEMA;
pub use ocsf::Ocsf;
pub use sarif::Sarif;
pub use sink::{Format, Options, ParseFormatError, ResultSink, sink};
pub use summary::{
    Answer, Counts, Exit, FrameworkLine, ManualLine, NotSeen, OwnerLine, Proof, RecordLine, RequirementLine, Side, Split, Summary,
    WallCell, WallRow,
};
pub use table::Table;
pub use text::counted;
pub use view::{CheckInfo, DueDays, FindingLine, Ledger, Run};
