//! Reads whatever the user names: files by the collector, lakes by their latest snapshot.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use partywall_catalog::{Catalog, ResourceType};
use partywall_collect::{CollectError, Collected, Need, Options};
use partywall_lake::{Lake, LakeError, Meta, Snapshot};
use partywall_model::{Resource, SourceKind};
use partywall_table::{TypeBatch, build_batch, project};

/// Rows per batch.
const BATCH_ROWS: usize = 2048;

/// Reads all sources and hands their rows over in batches, type by type; lakes after files.
///
/// # Errors
/// A source does not exist, a lake is damaged, or `emit` fails.
pub(crate) fn collect(
    catalog: &Catalog,
    paths: &[PathBuf],
    options: &Options,
    need: &dyn Fn(&ResourceType) -> Need,
    emit: &mut dyn FnMut(TypeBatch) -> Result<(), CollectError>,
) -> Result<Collected, CollectError> {
    let (lakes, files): (Vec<PathBuf>, Vec<PathBuf>) = paths.iter().cloned().partition(|path| Lake::is_lake(path));
    let mut collected = if files.is_empty() && !lakes.is_empty() {
        Collected::default()
    } else {
        partywall_collect::collect(catalog, &files, options, need, emit)?
    };
    for lake in &lakes {
        let snapshot = latest(lake)?;
        rows(catalog, &snapshot, need, emit)?;
        add(&mut collected, snapshot.meta());
    }
    Ok(collected)
}

/// The identity of what the sources hold.
///
/// # Errors
/// A source does not exist, or a lake is damaged.
pub(crate) fn fingerprint(paths: &[PathBuf]) -> Result<String, CollectError> {
    let (lakes, files): (Vec<PathBuf>, Vec<PathBuf>) = paths.iter().cloned().partition(|path| Lake::is_lake(path));
    match (lakes.as_slice(), files.is_empty()) {
        ([lake], true) => Ok(format!("sha256:{}", latest(lake)?.id())),
        ([], _) => partywall_collect::fingerprint(&files),
        // Manifests name every file of theirs by its hash, so that the hashes of the lakes' files say as much.
        _ => partywall_collect::fingerprint(paths),
    }
}

fn latest(path: &Path) -> Result<Snapshot, CollectError> {
    let failed = |error: LakeError| CollectError::Sink(error.to_string());
    let none = || {
        CollectError::Sink(format!("`{}` holds no snapshot yet; read an account into it: partywall collect aws --out {0}", path.display()))
    };
    Lake::open(path).map_err(failed)?.latest().map_err(failed)?.ok_or_else(none)
}

/// A failure in the middle of a snapshot: of the lake, or of whoever takes the rows.
struct Stopped(CollectError);

impl From<LakeError> for Stopped {
    fn from(error: LakeError) -> Self {
        Self(CollectError::Sink(error.to_string()))
    }
}

fn rows(
    catalog: &Catalog,
    snapshot: &Snapshot,
    need: &dyn Fn(&ResourceType) -> Need,
    emit: &mut dyn FnMut(TypeBatch) -> Result<(), CollectError>,
) -> Result<(), CollectError> {
    // Types that this catalogue does not know any more have no checks either; they are told as not modelled.
    let known = |name: &str| catalog.resource_type(name);
    let mut waiting: Vec<Arc<Resource>> = Vec::new();
    let mut flush = |waiting: &mut Vec<Arc<Resource>>| -> Result<(), CollectError> {
        let Some(resource_type) = waiting.first().and_then(|row| known(&row.resource_type)) else {
            waiting.clear();
            return Ok(());
        };
        let need = need(&resource_type);
        let columns = match &need.paths {
            None => partywall_catalog::Schema::clone(&resource_type.schema),
            Some(paths) => project(&resource_type.schema, paths),
        };
        for kind in [SourceKind::CloudFormation, SourceKind::Config, SourceKind::Api] {
            let rows: Vec<_> = waiting.iter().filter(|row| row.source.kind == kind).cloned().collect();
            if !rows.is_empty() {
                emit(build_batch(&resource_type, kind, &columns, &need.envelope, rows)?)?;
            }
        }
        waiting.clear();
        Ok(())
    };
    snapshot
        .read(
            |header| known(&header.resource_type).is_some_and(|resource_type| !need(&resource_type).no_rows),
            |_, rows: Vec<Resource>| {
                for row in rows {
                    let other = waiting.first().is_some_and(|first| first.resource_type != row.resource_type);
                    if other || waiting.len() >= BATCH_ROWS {
                        flush(&mut waiting).map_err(Stopped)?;
                    }
                    waiting.push(Arc::new(row));
                }
                Ok(())
            },
        )
        .map_err(|Stopped(error)| error)?;
    flush(&mut waiting)
}

fn add(collected: &mut Collected, meta: &Meta) {
    collected.warnings.extend(meta.warnings.iter().cloned());
    collected.errors.extend(meta.errors.iter().cloned());
    collected.gaps.extend(meta.gaps.iter().cloned());
    for (unread, answers) in &meta.unread {
        *collected.unread.entry(unread.clone()).or_default() += answers;
    }
    collected.listed.extend(meta.listed.iter().cloned());
    for (name, count) in &meta.types {
        *collected.types.entry(name.clone()).or_default() += count;
    }
    for (name, count) in &meta.unmodelled {
        *collected.unmodelled.entry(name.clone()).or_default() += count;
    }
    collected.parameters.extend(meta.parameters.iter().cloned());
    collected.accounts.extend(meta.accounts.iter().cloned());
    collected.regions.extend(meta.regions.iter().cloned());
    collected.observed_at = collected.observed_at.max(meta.observed_at);
    for (kind, count) in &meta.files {
        *collected.files.entry(*kind).or_default() += count;
    }
}
