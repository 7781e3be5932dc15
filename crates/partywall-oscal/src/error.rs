use std::sync::Arc;

use partywall_catalog::Position;
use thiserror::Error;

/// Why a file cannot become a framework.
#[derive(Debug, Error)]
pub enum OscalError {
    /// More bytes than a catalogue ever has, packed or unpacked.
    #[error("`{file}` is larger than {limit} MiB when unpacked; give one catalogue, profile or pack per file")]
    TooLarge {
        /// The file as the caller names it.
        file: String,
        /// The limit in MiB.
        limit: u64,
    },
    /// The compressed file is damaged.
    #[error("`{file}` is damaged gzip; fetch it again")]
    Gzip {
        /// The file as the caller names it.
        file: String,
        /// What the decoder met.
        source: std::io::Error,
    },
    /// The bytes are no UTF-8 text.
    #[error("`{file}` is not UTF-8 text; save it as UTF-8")]
    NotUtf8 {
        /// The file as the caller names it.
        file: String,
    },
    /// The text is no valid JSON, XML or YAML of its kind.
    #[error("{position}: {message}")]
    Syntax {
        /// Where.
        position: Position,
        /// The parser's words, one line.
        message: String,
    },
    /// The text is valid, and has what no catalogue needs: entities, depth, numbers.
    #[error("{position}: {message}")]
    Refused {
        /// Where.
        position: Position,
        /// What was met and what to do.
        message: String,
    },
    /// A file of another kind.
    #[error("`{file}` is {found}; give an OSCAL catalog or profile, or an AWS Config conformance pack")]
    Kind {
        /// The file as the caller names it.
        file: String,
        /// What it is, as far as that is known.
        found: String,
    },
    /// Nothing in it would become a line of a framework.
    #[error("`{file}` has no {what}; give a file that has some")]
    Empty {
        /// The file as the caller names it.
        file: String,
        /// What was looked for.
        what: &'static str,
    },
    /// An id that cannot be one of a framework.
    #[error("`{file}` has the id `{id}`, {problem}")]
    Id {
        /// The file as the caller names it.
        file: String,
        /// The id.
        id: String,
        /// What is wrong with it and what to do.
        problem: &'static str,
    },
    /// Parameters within parameters make a text longer than any publisher's.
    #[error(
        "`{file}` has a text of more than {limit} KiB once its parameters are put in (`{id}`); give a catalogue whose parameters do not repeat each other"
    )]
    TextTooLong {
        /// The file as the caller names it.
        file: String,
        /// The control.
        id: String,
        /// The limit in KiB.
        limit: usize,
    },
    /// Nobody said, and nothing in the file tells, what it selects from.
    #[error("`{file}` selects from {import}; name the framework that this is, such as `nist-800-53r5`")]
    NoBase {
        /// The file as the caller names it.
        file: String,
        /// How the file calls what it selects from.
        import: String,
    },
    /// It selects in a way that only the other framework's list of ids can answer.
    #[error("`{file}` selects `{wanted}`, which needs the ids of `{of}`; import that framework first")]
    NeedsBase {
        /// The file as the caller names it.
        file: String,
        /// What it selects.
        wanted: String,
        /// The framework that it selects from.
        of: Arc<str>,
    },
    /// It selects ids that the other framework does not have.
    #[error("`{file}` selects {ids}, which `{of}` does not have; import the edition that has them, or name another framework")]
    NotInBase {
        /// The file as the caller names it.
        file: String,
        /// The first of the ids, in backticks.
        ids: String,
        /// The framework that it selects from.
        of: Arc<str>,
    },
}
