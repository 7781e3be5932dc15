use thiserror::Error;

/// Collecting cannot go on. Broken input files are no such error: they are reported and the rest still runs.
#[derive(Debug, Error)]
pub enum CollectError {
    /// A path given by the user cannot be opened.
    #[error("cannot read `{path}`: {error}; name a file or directory that exists and may be read")]
    Open {
        /// The path as given.
        path: String,
        /// The operating system's error.
        error: std::io::Error,
    },
    /// A jq program of the catalogue does not compile.
    #[error("{resource_type}: jq program does not compile: {message}")]
    Program {
        /// The type whose file holds it.
        resource_type: String,
        /// The compiler's words.
        message: String,
    },
    /// A batch could not be built.
    #[error(transparent)]
    Table(#[from] partywall_table::TableError),
    /// Whoever takes the batches failed.
    #[error("{0}")]
    Sink(String),
}
