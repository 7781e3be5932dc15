//! The JSON of a manifest: `{"format":1,"sha256":"…","manifest":{…}}`, where the hash is that of the manifest's text.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_model::{Cause, CauseKind, Gap, Listing, Source, SourceKind, Unread};
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::LakeError;
use crate::hashed::Hashed;
use crate::manifest::{DataFile, Manifest, Meta, Partition, PartitionKey};
use crate::place::hex;
use crate::row::{time_of, time_text};

/// Version of the manifest's format.
pub(crate) const MANIFEST_VERSION: u32 = 1;

/// Bytes that a manifest may have: half a million partitions.
pub(crate) const MAX_MANIFEST_BYTES: u64 = 256 << 20;

#[derive(Deserialize)]
struct Outer<'a> {
    #[serde(borrow)]
    sha256: Cow<'a, str>,
    #[serde(borrow)]
    manifest: &'a RawValue,
}

type Text = Arc<str>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<L, P> {
    seq: u64,
    base: Option<u64>,
    started: String,
    finished: String,
    tool: String,
    schema_date: String,
    observed_at: Option<String>,
    sources: Vec<String>,
    accounts: BTreeSet<Text>,
    regions: BTreeSet<Text>,
    types: BTreeMap<Text, u64>,
    unmodelled: BTreeMap<Text, u64>,
    parameters: BTreeSet<String>,
    warnings: Vec<String>,
    errors: Vec<String>,
    files: BTreeMap<SourceKind, u64>,
    stats: serde_json::Value,
    listed: L,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    indexed: Option<L>,
    causes: Vec<WireCause>,
    origins: Vec<WireSource>,
    gaps: Vec<WireGap>,
    unread: Vec<WireUnread>,
    partitions: P,
}

/// Listings of one type in one account.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireListing {
    #[serde(rename = "type")]
    resource_type: Text,
    account: Option<Text>,
    regions: Vec<Option<Text>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireCause {
    kind: CauseKind,
    detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iam_action: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    states_text: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSource {
    kind: SourceKind,
    file: Text,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireGap {
    #[serde(rename = "type")]
    resource_type: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<Text>,
    account: Option<Text>,
    region: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<Text>,
    cause: usize,
    origin: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireUnread {
    #[serde(rename = "type")]
    resource_type: Text,
    account: Option<Text>,
    region: Option<Text>,
    cause: usize,
    answers: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WirePartition {
    #[serde(rename = "type")]
    resource_type: Text,
    account: Option<Text>,
    region: Option<Text>,
    listed: bool,
    observed_at: Option<String>,
    rows: u64,
    files: Vec<WireFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFile {
    path: String,
    seq: u64,
    new: bool,
    rows: u64,
    deleted: u64,
    bytes: u64,
    sha256: String,
}

/// Writes a manifest into an empty file and gives its id. The hash, which stands before what it is of, is put in last, so that the text is
/// never in memory as a whole.
///
/// # Errors
/// The disk refuses, or the manifest is too large.
pub(crate) fn write(manifest: &Manifest, file: &mut File, path: &Path) -> Result<String, LakeError> {
    let refused = |error: io::Error| LakeError::io("write", path)(error);
    let before = format!("{{\"format\":{MANIFEST_VERSION},\"sha256\":\"");
    let mut out = Hashed::new(BufWriter::new(file));
    write!(out.unhashed(), "{before}{:0>64}\",\"manifest\":", 0).map_err(refused)?;
    serde_json::to_writer(&mut out, &to_wire(manifest)).map_err(|error| match error.io_error_kind() {
        Some(kind) => refused(kind.into()),
        None => LakeError::Manifest(error.to_string()),
    })?;
    let (mut to, hash) = out.finish();
    to.write_all(b"}\n").map_err(refused)?;
    if to.stream_position().map_err(refused)? > MAX_MANIFEST_BYTES {
        return Err(LakeError::TooLarge { what: "the manifest", limit: MAX_MANIFEST_BYTES });
    }
    let id = hex(&hash);
    to.seek(SeekFrom::Start(before.len() as u64)).and_then(|_| to.write_all(id.as_bytes())).map_err(refused)?;
    to.flush().and_then(|()| to.get_ref().sync_all()).map_err(refused)?;
    Ok(id)
}

/// Reads a manifest and its id.
///
/// # Errors
/// The text is damaged, or of a newer format.
pub(crate) fn read(text: &[u8], path: &Path) -> Result<(Manifest, String), LakeError> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let damaged = |error: serde_json::Error| LakeError::damaged(path, &error);
    let Version { format } = serde_json::from_slice(text).map_err(damaged)?;
    if format != MANIFEST_VERSION {
        return Err(LakeError::Newer { path: path.to_owned(), format: format!("partywall manifest {format}") });
    }
    let outer: Outer = serde_json::from_slice(text).map_err(damaged)?;
    let id = hex(&Sha256::digest(outer.manifest.get().as_bytes()));
    if id != outer.sha256 {
        return Err(LakeError::damaged(path, &"its text has another SHA-256 than it says"));
    }
    let wire: Wire<Vec<WireListing>, Vec<WirePartition>> = serde_json::from_str(outer.manifest.get()).map_err(damaged)?;
    let manifest = from_wire(wire).ok_or_else(|| LakeError::damaged(path, &"a time or the number of a cause is not readable"))?;
    Ok((manifest, id))
}

/// The place of a value in a table, added if it is new.
fn number<T: Ord + Clone>(table: &mut Vec<T>, places: &mut BTreeMap<T, usize>, value: &T) -> usize {
    *places.entry(value.clone()).or_insert_with(|| {
        table.push(value.clone());
        table.len() - 1
    })
}

/// Written one by one: there may be a million, and half a million partitions.
struct Listings<'a>(&'a BTreeSet<Listing>);

impl Serialize for Listings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut open: Option<WireListing> = None;
        for Listing { resource_type, account, region } in self.0 {
            match &mut open {
                Some(last) if last.resource_type == *resource_type && last.account == *account => last.regions.push(region.clone()),
                _ => {
                    let next =
                        WireListing { resource_type: resource_type.clone(), account: account.clone(), regions: vec![region.clone()] };
                    open.replace(next).iter().try_for_each(|done| list.serialize_element(done))?;
                }
            }
        }
        open.iter().try_for_each(|done| list.serialize_element(done))?;
        list.end()
    }
}

struct Partitions<'a>(&'a [Partition]);

impl Serialize for Partitions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(to_wire_partition))
    }
}

fn listings_from_wire(wire: Vec<WireListing>) -> BTreeSet<Listing> {
    let of = |listing: WireListing| {
        let WireListing { resource_type, account, regions } = listing;
        regions.into_iter().map(move |region| Listing { resource_type: resource_type.clone(), account: account.clone(), region })
    };
    wire.into_iter().flat_map(of).collect()
}

fn to_wire(manifest: &Manifest) -> Wire<Listings<'_>, Partitions<'_>> {
    let meta = &manifest.meta;
    let (mut causes, mut cause_places) = (Vec::new(), BTreeMap::new());
    let (mut origins, mut origin_places) = (Vec::new(), BTreeMap::new());
    let gaps = meta
        .gaps
        .iter()
        .map(|gap| WireGap {
            resource_type: gap.resource_type.clone(),
            id: gap.id.clone(),
            account: gap.account.clone(),
            region: gap.region.clone(),
            path: gap.path.clone(),
            cause: number(&mut causes, &mut cause_places, &*gap.cause),
            origin: number(&mut origins, &mut origin_places, &(gap.source.kind, gap.source.file.clone())),
        })
        .collect();
    let unread = meta.unread.iter().map(|(unread, answers)| WireUnread {
        resource_type: unread.resource_type.clone(),
        account: unread.account.clone(),
        region: unread.region.clone(),
        cause: number(&mut causes, &mut cause_places, &*unread.cause),
        answers: *answers,
    });
    let unread = unread.collect();
    Wire {
        seq: manifest.seq,
        base: manifest.base,
        started: time_text(meta.started),
        finished: time_text(meta.finished),
        tool: meta.tool.clone(),
        schema_date: meta.schema_date.clone(),
        observed_at: meta.observed_at.map(time_text),
        sources: meta.sources.clone(),
        accounts: meta.accounts.clone(),
        regions: meta.regions.clone(),
        types: meta.types.clone(),
        unmodelled: meta.unmodelled.clone(),
        parameters: meta.parameters.clone(),
        warnings: meta.warnings.clone(),
        errors: meta.errors.clone(),
        files: meta.files.clone(),
        stats: meta.stats.clone(),
        listed: Listings(&meta.listed),
        indexed: (!meta.indexed.is_empty()).then_some(Listings(&meta.indexed)),
        causes: causes
            .into_iter()
            .map(|Cause { kind, detail, iam_action, states_text }| WireCause { kind, detail, iam_action, states_text })
            .collect(),
        origins: origins.into_iter().map(|(kind, file)| WireSource { kind, file }).collect(),
        gaps,
        unread,
        partitions: Partitions(&manifest.partitions),
    }
}

fn to_wire_partition(partition: &Partition) -> WirePartition {
    let files = partition.files.iter().map(|file| WireFile {
        path: file.path.clone(),
        seq: file.seq,
        new: file.new,
        rows: file.rows,
        deleted: file.deleted,
        bytes: file.bytes,
        sha256: file.sha256.clone(),
    });
    WirePartition {
        resource_type: partition.key.resource_type.clone(),
        account: partition.key.account.clone(),
        region: partition.key.region.clone(),
        listed: partition.listed,
        observed_at: partition.observed_at.map(time_text),
        rows: partition.rows,
        files: files.collect(),
    }
}

/// `Some(None)` if there is none, `None` if it is not readable.
fn optional_time(text: Option<&str>) -> Option<Option<DateTime<Utc>>> {
    text.map_or(Some(None), |text| time_of(text).map(Some))
}

fn from_wire(wire: Wire<Vec<WireListing>, Vec<WirePartition>>) -> Option<Manifest> {
    let causes: Vec<Arc<Cause>> = wire
        .causes
        .into_iter()
        .map(|cause| {
            let WireCause { kind, detail, iam_action, states_text } = cause;
            Arc::new(Cause { kind, detail, iam_action, states_text })
        })
        .collect();
    let origins: Vec<Arc<Source>> =
        wire.origins.into_iter().map(|source| Arc::new(Source { kind: source.kind, file: source.file })).collect();
    let gaps = wire.gaps.into_iter().map(|gap| {
        Some(Gap {
            resource_type: gap.resource_type,
            id: gap.id,
            account: gap.account,
            region: gap.region,
            path: gap.path,
            cause: causes.get(gap.cause)?.clone(),
            source: origins.get(gap.origin)?.clone(),
        })
    });
    let unread = wire.unread.into_iter().map(|unread| {
        let WireUnread { resource_type, account, region, cause, answers } = unread;
        Some((Unread { resource_type, account, region, cause: causes.get(cause)?.clone() }, answers))
    });
    let meta = Meta {
        started: time_of(&wire.started)?,
        finished: time_of(&wire.finished)?,
        tool: wire.tool,
        schema_date: wire.schema_date,
        sources: wire.sources,
        accounts: wire.accounts,
        regions: wire.regions,
        listed: listings_from_wire(wire.listed),
        indexed: listings_from_wire(wire.indexed.unwrap_or_default()),
        gaps: gaps.collect::<Option<_>>()?,
        unread: unread.collect::<Option<_>>()?,
        types: wire.types,
        unmodelled: wire.unmodelled,
        parameters: wire.parameters,
        warnings: wire.warnings,
        errors: wire.errors,
        observed_at: optional_time(wire.observed_at.as_deref())?,
        files: wire.files,
        stats: wire.stats,
    };
    let partitions = wire.partitions.into_iter().map(|partition| {
        let files = partition.files.into_iter().map(|file| {
            let WireFile { path, seq, new, rows, deleted, bytes, sha256 } = file;
            DataFile { path, seq, new, rows, deleted, bytes, sha256 }
        });
        Some(Partition {
            key: PartitionKey { resource_type: partition.resource_type, account: partition.account, region: partition.region },
            listed: partition.listed,
            observed_at: optional_time(partition.observed_at.as_deref())?,
            rows: partition.rows,
            files: files.collect(),
        })
    });
    Some(Manifest { seq: wire.seq, base: wire.base, meta, partitions: partitions.collect::<Option<_>>()? })
}
