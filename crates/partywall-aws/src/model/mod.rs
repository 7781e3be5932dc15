//! What AWS services' requests and answers are made of: botocore's service models, pruned (`catalog/reference/aws-models.zst`).
//!
//! [`Models`] holds all services in one file and reads one when it is asked for; within a [`Service`] shapes refer to each other by number.

mod description;
mod operation;
mod parts;
mod resolve;
mod service;
mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::sync::{Arc, LazyLock, OnceLock};

use partywall_model::near;
use serde::Deserialize;
use thiserror::Error;

pub use operation::{Acceptor, Operation, Paginator, Segment, Uri, Waiter};
pub use service::{Protocol, Service};
pub use shape::{ErrorTrait, Kind, List, Location, Map, Member, Namespace, Shape, ShapeId, Structure, Target, TimestampFormat};

static BUILT_IN: &[u8] = include_bytes!("../../../../catalog/reference/aws-models.zst");

/// Names of the AWS CLI's commands, and older names of botocore's, that are not botocore's names of services.
const ALIASES: &[(&str, &str)] =
    &[("s3api", "s3"), ("configservice", "config"), ("deploy", "codedeploy"), ("runtime.sagemaker", "sagemaker-runtime")];

/// No service is near this; EC2's text is 2 MB.
const MAX_SIZE: usize = 32 << 20;

/// Why there is no model.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModelError {
    /// No service of that name.
    #[error("no AWS service `{name}`{near}")]
    Service {
        /// What was asked for.
        name: Box<str>,
        /// `; did you mean …?` or nothing.
        near: String,
    },
    /// No operation of that name.
    #[error("`{service}` has no operation `{name}`{near}")]
    Operation {
        /// The service.
        service: Box<str>,
        /// What was asked for.
        name: Box<str>,
        /// `; did you mean …?` or nothing.
        near: String,
    },
    /// It speaks only what this client does not.
    #[error("`{service}` speaks only {protocols}, which this version cannot; use the AWS CLI for it")]
    Protocol {
        /// The service.
        service: Box<str>,
        /// What it speaks.
        protocols: Box<str>,
    },
    /// The file of models is not as it should be.
    #[error("the model of `{service}` cannot be read: {message}; make `catalog/reference/aws-models.zst` anew with `cargo xtask models`")]
    Broken {
        /// The service, or `all services`.
        service: Box<str>,
        /// What is wrong.
        message: Box<str>,
    },
}

/// Service models, those of all services or of some operations alone. Reading one is lazy and happens once.
#[derive(Debug)]
pub struct Models {
    botocore: Box<str>,
    date: Box<str>,
    services: BTreeMap<Box<str>, Entry>,
    frames: &'static [u8],
    broken: Option<ModelError>,
}

#[derive(Debug)]
struct Entry {
    offset: usize,
    length: usize,
    size: usize,
    /// Operations that are read; all if `None`.
    wanted: Option<BTreeSet<Box<str>>>,
    read: OnceLock<Result<Arc<Service>, ModelError>>,
}

#[derive(Deserialize)]
struct Index {
    botocore: Box<str>,
    date: Box<str>,
    services: Vec<Indexed>,
}

#[derive(Deserialize)]
struct Indexed {
    name: Box<str>,
    offset: usize,
    length: usize,
    size: usize,
}

impl Models {
    /// The models that the program carries.
    pub fn builtin() -> &'static Models {
        static MODELS: LazyLock<Models> = LazyLock::new(|| Models::open(BUILT_IN));
        &MODELS
    }

    fn open(file: &'static [u8]) -> Models {
        match read_index(file) {
            Ok((index, frames)) => {
                let entry = |service: Indexed| {
                    let Indexed { name, offset, length, size } = service;
                    (name, Entry { offset, length, size, wanted: None, read: OnceLock::new() })
                };
                let services = index.services.into_iter().map(entry).collect();
                Models { botocore: index.botocore, date: index.date, services, frames, broken: None }
            }
            Err(message) => {
                let broken = ModelError::Broken { service: "all services".into(), message: message.into() };
                Models { botocore: "".into(), date: "".into(), services: BTreeMap::new(), frames: &[], broken: Some(broken) }
            }
        }
    }

    /// The models of these operations alone, each given as service and API name; what their requests and answers do not need takes no
    /// room. A service or operation that is not among them is answered for as one that does not exist.
    #[must_use]
    pub fn only<'n>(&self, operations: impl IntoIterator<Item = (&'n str, &'n str)>) -> Models {
        let mut services: BTreeMap<Box<str>, Entry> = BTreeMap::new();
        for (service, operation) in operations {
            let name = canonical(service);
            let Some(Entry { offset, length, size, .. }) = self.services.get(name) else { continue };
            let entry = || Entry { offset: *offset, length: *length, size: *size, wanted: Some(BTreeSet::new()), read: OnceLock::new() };
            services.entry(name.into()).or_insert_with(entry).wanted.get_or_insert_default().insert(operation.into());
        }
        Models { botocore: self.botocore.clone(), date: self.date.clone(), services, frames: self.frames, broken: self.broken.clone() }
    }

    /// Version of botocore that the models are from.
    pub fn botocore(&self) -> &str {
        &self.botocore
    }

    /// Day on which they were taken.
    pub fn date(&self) -> &str {
        &self.date
    }

    /// Names of all services, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.services.keys().map(|name| &**name)
    }

    /// One service, by botocore's name or the AWS CLI's command.
    ///
    /// # Errors
    /// There is no such service (the error names the nearest), or it speaks no protocol that this client does.
    pub fn service(&self, name: &str) -> Result<Arc<Service>, ModelError> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        let name = canonical(name);
        let Some((name, entry)) = self.services.get_key_value(name) else {
            let near = near::did_you_mean(name, self.names().chain(ALIASES.iter().map(|(alias, _)| *alias)));
            return Err(ModelError::Service { name: partywall_model::plain(name).into(), near });
        };
        entry
            .read
            .get_or_init(|| {
                let text = self.text(entry).map_err(|message| ModelError::Broken { service: name.clone(), message })?;
                Service::read(name, &text, entry.wanted.as_ref()).map(Arc::new)
            })
            .clone()
    }

    fn text(&self, entry: &Entry) -> Result<Vec<u8>, Box<str>> {
        let end = entry.offset.checked_add(entry.length).ok_or("its place overflows")?;
        let frame = self.frames.get(entry.offset..end).ok_or("its frame is not there")?;
        zstd::bulk::decompress(frame, entry.size.min(MAX_SIZE)).map_err(|error| error.to_string().into())
    }
}

fn canonical(name: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, service)| *service)
}

/// The index in the first frame, and what comes after it.
fn read_index(file: &[u8]) -> Result<(Index, &[u8]), String> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(file).map_err(|error| error.to_string())?.single_frame();
    let mut text = Vec::new();
    decoder.by_ref().take(MAX_SIZE as u64).read_to_end(&mut text).map_err(|error| error.to_string())?;
    let index = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    Ok((index, decoder.finish()))
}
