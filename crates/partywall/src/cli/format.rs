//! How commands print: the same words everywhere, as many of them as a command has a use for.

use clap::ValueEnum;

/// Everything that a list of things can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Text for a terminal
    Table,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
    /// For pages
    Md,
}

/// What a text with headings can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TextFormat {
    /// Text for a terminal
    Table,
    /// For programs
    Json,
    /// For pages
    Md,
}

/// What figures can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PlainFormat {
    /// Text for a terminal
    Table,
    /// For programs
    Json,
}
