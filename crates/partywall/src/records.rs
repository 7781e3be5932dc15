//! Where a run's records are: what people decided and keep, beside the facts.

use std::path::PathBuf;

use partywall_model::plain;
use partywall_records::Records;

use crate::cli::Context;
use crate::exit;

/// The name of the directory that is looked for in and beside the sources.
const DIRECTORY: &str = partywall_collect::RECORDS;

/// Reads the records that were named, else those in or beside the sources, the first. Says which.
///
/// # Errors
/// A file cannot be read or is broken, or it names something that the catalogue does not have.
pub(crate) fn of(context: &Context, named: Option<&PathBuf>, sources: &[PathBuf]) -> anyhow::Result<Records> {
    let Some(directory) = named.cloned().or_else(|| find(sources)) else { return Ok(Records::default()) };
    Ok(Records::read(&context.catalog, &directory)?)
}

fn find(sources: &[PathBuf]) -> Option<PathBuf> {
    let beside = |source: &PathBuf| if source.is_dir() { source.join(DIRECTORY) } else { source.with_file_name(DIRECTORY) };
    let mut found: Vec<PathBuf> = Vec::new();
    for path in sources.iter().map(beside).filter(|path| path.is_dir()) {
        if !found.contains(&path) {
            found.push(path);
        }
    }
    let mut found = found.into_iter();
    let first = found.next()?;
    exit::note(&format!("records: `{}`", plain(&first.display().to_string())));
    for other in found {
        exit::note(&format!("records: `{}` is not used, the first one counts; choose with --records", plain(&other.display().to_string())));
    }
    Some(first)
}
