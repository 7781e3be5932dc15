use std::collections::BTreeMap;

use partywall_model::{Key, near};

use super::{Kind, ModelError, Operation, Shape, ShapeId, Structure, Target, Waiter};

/// How requests and answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// AWS JSON 1.0 or 1.1.
    Json,
    /// JSON bodies, members in path, query and headers.
    RestJson,
    /// XML bodies, members in path, query and headers.
    RestXml,
    /// Form in, XML out.
    Query,
    /// The same, as EC2 does it.
    Ec2,
}

/// One AWS service: what its requests and answers are made of.
#[derive(Debug)]
pub struct Service {
    /// botocore's name, such as `ec2`.
    pub name: Key,
    /// How it speaks.
    pub protocol: Protocol,
    /// First label of its hosts, mostly.
    pub endpoint_prefix: Box<str>,
    /// Name in the signature's scope.
    pub signing_name: Box<str>,
    /// Host of a service without Regions.
    pub global_endpoint: Option<Box<str>>,
    /// Date of the API.
    pub api_version: Box<str>,
    /// First part of `X-Amz-Target`.
    pub target_prefix: Box<str>,
    /// `1.0` or `1.1`.
    pub json_version: Box<str>,
    /// Namespace of the XML.
    pub xml_namespace: Option<Box<str>>,
    /// `serviceId`, as `AWS_ENDPOINT_URL_<SERVICE_ID>` is made from.
    pub service_id: Box<str>,
    /// People's name.
    pub full_name: Box<str>,
    /// `v4`, `s3v4`, …
    pub signature_version: Box<str>,
    /// Errors carry their code of the older query protocol in a header.
    pub query_compatible: bool,
    /// By name.
    pub operations: BTreeMap<Key, Operation>,
    /// By name.
    pub waiters: BTreeMap<Key, Waiter>,
    pub(super) shapes: Vec<Shape>,
    pub(super) nothing: Shape,
}

impl Service {
    /// The operation of that name, written as the API (`DescribeInstances`) or as the AWS CLI (`describe-instances`).
    ///
    /// # Errors
    /// The service has no such operation; the error names the nearest.
    pub fn operation(&self, name: &str) -> Result<&Operation, ModelError> {
        if let Some(operation) = self.operations.get(name) {
            return Ok(operation);
        }
        let plain = |text: &str| text.chars().filter(|letter| *letter != '-').flat_map(char::to_lowercase).collect::<String>();
        let wanted = plain(name);
        self.operations.values().find(|operation| plain(&operation.name) == wanted).ok_or_else(|| ModelError::Operation {
            service: (*self.name).into(),
            name: partywall_model::plain(name).into(),
            near: near::did_you_mean(name, self.operations.keys().map(|name| &**name)),
        })
    }

    /// A shape of this service.
    pub fn shape(&self, id: ShapeId) -> &Shape {
        // Ids are made with the table, so the fallback is for ids of another service.
        self.shapes.get(id.0 as usize).unwrap_or(&self.nothing)
    }

    /// What a target's shape is made of.
    pub fn kind(&self, target: &Target) -> &Kind {
        &self.shape(target.shape).kind
    }

    /// A target's structure, if it is one.
    pub fn structure(&self, target: &Target) -> Option<&Structure> {
        match self.kind(target) {
            Kind::Structure(structure) => Some(structure),
            _ => None,
        }
    }

    /// The request's structure of an operation that takes one.
    pub fn input(&self, operation: &Operation) -> Option<&Structure> {
        self.structure(operation.input.as_ref()?)
    }

    /// The answer's structure of an operation that has one.
    pub fn output(&self, operation: &Operation) -> Option<&Structure> {
        self.structure(operation.output.as_ref()?)
    }
}
