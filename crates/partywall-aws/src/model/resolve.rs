//! From a model's JSON to a [`Service`]: names become numbers, what a place says goes over what its shape says.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use partywall_model::{Key, Value};

use super::description::{
    Description, Metadata, NamespaceDescription, OneOrMore, OperationDescription, Ordered, PaginatorDescription, ShapeDescription, Text,
    WaiterDescription,
};
use super::parts::Parts;
use super::{
    Acceptor, ErrorTrait, Kind, List, Location, Map, Member, ModelError, Namespace, Operation, Paginator, Protocol, Segment, Service,
    Shape, ShapeId, Structure, Target, TimestampFormat, Uri, Waiter,
};

/// Protocols in the order in which botocore prefers them.
const PROTOCOLS: &[(&str, Protocol)] = &[
    ("json", Protocol::Json),
    ("rest-json", Protocol::RestJson),
    ("rest-xml", Protocol::RestXml),
    ("query", Protocol::Query),
    ("ec2", Protocol::Ec2),
];
const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

impl Service {
    /// Reads one service's model, as botocore or `cargo xtask models` writes it.
    ///
    /// # Errors
    /// It is no model, or one of a protocol that this client does not speak.
    pub fn from_json(name: &str, text: &[u8]) -> Result<Service, ModelError> {
        Self::read(name, text, None)
    }

    /// Reads those operations that are wanted, all if `None`, and what they are made of.
    ///
    /// # Errors
    /// As of [`Service::from_json`].
    pub(super) fn read(name: &str, text: &[u8], wanted: Option<&BTreeSet<Box<str>>>) -> Result<Service, ModelError> {
        let broken = |message: String| ModelError::Broken { service: name.into(), message: message.into() };
        let description: Description<'_> = serde_json::from_slice(text).map_err(|error| broken(error.to_string()))?;
        let protocol = protocol(name, &description.metadata)?;
        let parts = match wanted {
            Some(wanted) => Parts::reached(&description, &|operation| wanted.contains(operation)),
            None => Parts::whole(&description),
        };
        let parts = parts.map_err(broken)?;
        let mut resolver = Resolver::new(&parts.shapes);
        let mut shapes = Vec::with_capacity(parts.shapes.0.len());
        for (shape, description) in &parts.shapes.0 {
            shapes.push(resolver.shape(shape, description).map_err(broken)?);
        }
        let mut operations = BTreeMap::new();
        for (operation, description) in &parts.operations.0 {
            let operation = resolver.operation(operation, description).map_err(broken)?;
            operations.insert(operation.name.clone(), operation);
        }
        for (operation, paginator) in &description.pagination.0 {
            if let Some(operation) = operations.get_mut(&*operation.0) {
                operation.paginator = Some(resolver.paginator(paginator));
            }
        }
        let waiters = description.waiters.0.iter().filter(|(_, waiter)| operations.contains_key(&*waiter.operation.0));
        let waiters = waiters.map(|(name, waiter)| (resolver.key(name), resolver.waiter(waiter))).collect();
        let metadata = &description.metadata;
        let boxed = |text: &Text<'_>| -> Box<str> { (*text.0).into() };
        Ok(Service {
            name: name.into(),
            protocol,
            endpoint_prefix: boxed(&metadata.endpoint_prefix),
            signing_name: boxed(metadata.signing_name.as_ref().unwrap_or(&metadata.endpoint_prefix)),
            global_endpoint: metadata.global_endpoint.as_ref().map(boxed),
            api_version: boxed(&metadata.api_version),
            target_prefix: boxed(&metadata.target_prefix),
            json_version: metadata.json_version.as_ref().map_or_else(|| "1.0".into(), boxed),
            xml_namespace: metadata.xml_namespace.as_ref().map(|space| namespace(space).uri),
            service_id: metadata.service_id.as_ref().map_or_else(|| name.into(), boxed),
            full_name: boxed(&metadata.service_full_name),
            signature_version: boxed(&metadata.signature_version),
            query_compatible: metadata.aws_query_compatible.is_some(),
            operations,
            waiters,
            shapes,
            nothing: Shape::default(),
        })
    }
}

fn protocol(service: &str, metadata: &Metadata<'_>) -> Result<Protocol, ModelError> {
    let spoken = if metadata.protocols.is_empty() { std::slice::from_ref(&metadata.protocol) } else { &metadata.protocols };
    let known = PROTOCOLS.iter().find(|(name, _)| spoken.iter().any(|spoken| spoken.0 == *name));
    known.map(|(_, protocol)| *protocol).ok_or_else(|| ModelError::Protocol {
        service: service.into(),
        protocols: spoken.iter().map(|protocol| &*protocol.0).collect::<Vec<_>>().join(", ").into(),
    })
}

struct Resolver<'a> {
    ids: HashMap<&'a str, u32, foldhash::fast::RandomState>,
    shapes: &'a Ordered<'a, ShapeDescription<'a>>,
    keys: HashMap<&'a str, Key, foldhash::fast::RandomState>,
}

impl<'a> Resolver<'a> {
    fn new(shapes: &'a Ordered<'a, ShapeDescription<'a>>) -> Self {
        let ids = (0..).zip(&shapes.0).map(|(id, (name, _))| (&*name.0, id)).collect();
        Self { ids, shapes, keys: HashMap::default() }
    }

    /// The same few names occur in thousands of members.
    fn key(&mut self, text: &'a Text<'_>) -> Key {
        self.keys.entry(&text.0).or_insert_with(|| Arc::from(&*text.0)).clone()
    }

    fn shape(&mut self, name: &'a Text<'_>, from: &'a ShapeDescription<'a>) -> Result<Shape, String> {
        let part = |part: &'a Option<Box<ShapeDescription<'a>>>| part.as_deref().ok_or_else(|| format!("shape `{}` is not whole", name.0));
        let kind = match from.kind.as_ref().map_or("", |kind| &*kind.0) {
            "structure" => Kind::Structure(self.structure(from)?),
            "list" => Kind::List(List { member: self.target(part(&from.member)?)?.0, sparse: from.sparse }),
            "map" => Kind::Map(Map { key: self.target(part(&from.key)?)?.0, value: self.target(part(&from.value)?)?.0 }),
            "string" | "character" | "char" => Kind::String,
            "boolean" => Kind::Boolean,
            #[expect(clippy::cast_possible_truncation, reason = "a limit beyond 64 bits is none")]
            "integer" | "long" | "short" | "byte" | "bigInteger" => Kind::Integer { max: from.max.map(|max| max as i64) },
            "float" | "double" | "bigDecimal" => Kind::Float,
            "blob" => Kind::Blob,
            "timestamp" => Kind::Timestamp,
            other => return Err(format!("shape `{}` is of an unknown type `{other}`", name.0)),
        };
        Ok(Shape { name: self.key(name), kind, min: from.min, sensitive: from.sensitive })
    }

    fn structure(&mut self, from: &'a ShapeDescription<'a>) -> Result<Structure, String> {
        let mut members = Vec::with_capacity(from.members.0.len());
        for (name, member) in &from.members.0 {
            let (target, shape) = self.target(member)?;
            let name_key = self.key(name);
            let wire = target.location_name.clone().unwrap_or_else(|| name_key.clone());
            let element = match (&shape.member, target.flattened) {
                (Some(element), true) => self.target(element)?.0.location_name.unwrap_or_else(|| wire.clone()),
                _ => wire.clone(),
            };
            members.push(Member {
                wire,
                element,
                query_name: member.query_name.as_ref().map(|name| self.key(name)),
                location: location(member.location.as_ref().or(shape.location.as_ref()))?,
                required: from.required.iter().any(|required| required.0 == name.0),
                idempotency_token: member.idempotency_token || shape.idempotency_token,
                host_label: member.host_label || shape.host_label,
                xml_attribute: member.xml_attribute || shape.xml_attribute,
                json_value: member.jsonvalue || shape.jsonvalue,
                name: name_key,
                target,
            });
        }
        let payload = match &from.payload {
            None => None,
            Some(name) => Some(members.iter().position(|member| *member.name == *name.0).ok_or("a payload that is no member")?),
        };
        let error = from.exception.then(|| ErrorTrait {
            code: from.error.as_ref().and_then(|error| error.code.as_ref()).map(|code| self.key(code)),
            status: from.error.as_ref().and_then(|error| error.http_status_code),
        });
        Ok(Structure { members, payload, document: from.document, union: from.union, event_stream: from.eventstream, error })
    }

    fn target(&mut self, place: &'a ShapeDescription<'a>) -> Result<(Target, &'a ShapeDescription<'a>), String> {
        let name = place.shape.as_ref().ok_or("a reference without a shape")?;
        let id = *self.ids.get(&*name.0).ok_or_else(|| format!("no shape `{}`", name.0))?;
        let (_, shape) = self.shapes.0.get(id as usize).ok_or("no such shape")?;
        let target = Target {
            shape: ShapeId(id),
            location_name: place.location_name.as_ref().or(shape.location_name.as_ref()).map(|name| self.key(name)),
            flattened: place.flattened || shape.flattened,
            timestamp: place.timestamp_format.as_ref().or(shape.timestamp_format.as_ref()).map(timestamp).transpose()?,
            namespace: place.xml_namespace.as_ref().or(shape.xml_namespace.as_ref()).map(|space| Box::new(namespace(space))),
        };
        Ok((target, shape))
    }

    fn operation(&mut self, name: &'a Text<'_>, from: &'a OperationDescription<'a>) -> Result<Operation, String> {
        let method = from.http.method.as_ref().map_or("POST", |method| &*method.0);
        let mut errors = Vec::with_capacity(from.errors.len());
        for error in &from.errors {
            errors.push(self.target(error)?.0.shape);
        }
        let unsigned =
            from.authtype.as_ref().is_some_and(|kind| kind.0 == "none") || from.auth.iter().any(|kind| kind.0.ends_with("#noAuth"));
        let checksum = from.http_checksum.as_ref();
        Ok(Operation {
            name: self.key(name),
            method: METHODS.iter().find(|known| **known == method).ok_or_else(|| format!("unknown method `{method}`"))?,
            uri: uri(from.http.request_uri.as_ref().map_or("/", |uri| &*uri.0)),
            status: from.http.response_code.unwrap_or(200),
            input: from.input.as_ref().map(|input| self.target(input)).transpose()?.map(|(target, _)| target),
            output: from.output.as_ref().map(|output| self.target(output)).transpose()?.map(|(target, _)| target),
            result_wrapper: from.output.as_ref().and_then(|output| output.result_wrapper.as_ref()).map(|name| self.key(name)),
            errors,
            host_prefix: from.endpoint.as_ref().and_then(|endpoint| endpoint.host_prefix.as_ref()).map(|prefix| (*prefix.0).into()),
            unsigned,
            unsigned_payload: from.unsigned_payload || from.authtype.as_ref().is_some_and(|kind| kind.0 == "v4-unsigned-body"),
            checksum_required: from.http_checksum_required || checksum.is_some_and(|checksum| checksum.request_checksum_required),
            checksum_member: checksum.and_then(|checksum| checksum.request_algorithm_member.as_ref()).map(|name| self.key(name)),
            endpoint_discovery: from.endpointdiscovery.as_ref().is_some_and(|discovery| discovery.required),
            is_endpoint_operation: from.endpointoperation,
            paginator: None,
        })
    }

    fn paginator(&mut self, from: &'a PaginatorDescription<'a>) -> Paginator {
        Paginator {
            input_tokens: texts(from.input_token.as_ref()).iter().map(|token| self.key(token)).collect(),
            output_tokens: boxes(texts(from.output_token.as_ref())),
            more_results: from.more_results.as_ref().map(|path| (*path.0).into()),
            limit_key: from.limit_key.as_ref().map(|name| self.key(name)),
            result_keys: boxes(texts(from.result_key.as_ref())),
            non_aggregate_keys: boxes(&from.non_aggregate_keys),
        }
    }

    fn waiter(&mut self, from: &'a WaiterDescription<'a>) -> Waiter {
        let acceptor = |acceptor: &super::description::AcceptorDescription<'_>| Acceptor {
            state: (*acceptor.state.0).into(),
            matcher: (*acceptor.matcher.0).into(),
            argument: acceptor.argument.as_ref().map(|path| (*path.0).into()),
            expected: scalar(&acceptor.expected),
        };
        Waiter {
            operation: self.key(&from.operation),
            delay: from.delay,
            max_attempts: from.max_attempts,
            acceptors: from.acceptors.iter().map(acceptor).collect(),
        }
    }
}

fn texts<'a>(from: Option<&'a OneOrMore<'a>>) -> &'a [Text<'a>] {
    match from {
        None => &[],
        Some(OneOrMore::One(one)) => std::slice::from_ref(one),
        Some(OneOrMore::More(more)) => more,
    }
}

fn boxes(texts: &[Text<'_>]) -> Vec<Box<str>> {
    texts.iter().map(|text| (*text.0).into()).collect()
}

fn scalar(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap_or_default()), Value::Int),
        serde_json::Value::String(text) => Value::str(text.as_str()),
        _ => Value::Null,
    }
}

fn location(from: Option<&Text<'_>>) -> Result<Location, String> {
    Ok(match from.map(|location| &*location.0) {
        None => Location::Body,
        Some("uri") => Location::Uri,
        Some("querystring") => Location::Query,
        Some("header") => Location::Header,
        Some("headers") => Location::Headers,
        Some("statusCode") => Location::StatusCode,
        Some(other) => return Err(format!("unknown location `{other}`")),
    })
}

fn timestamp(from: &Text<'_>) -> Result<TimestampFormat, String> {
    Ok(match from.0.to_ascii_lowercase().as_str() {
        "iso8601" => TimestampFormat::Iso8601,
        "unixtimestamp" => TimestampFormat::Unix,
        "rfc822" => TimestampFormat::Rfc822,
        other => return Err(format!("unknown format of timestamps `{other}`")),
    })
}

fn namespace(from: &NamespaceDescription<'_>) -> Namespace {
    match from {
        NamespaceDescription::Name(uri) => Namespace { prefix: None, uri: (*uri.0).into() },
        NamespaceDescription::Whole { prefix, uri } => {
            let prefix = prefix.as_ref().filter(|prefix| !prefix.0.is_empty()).map(|prefix| (*prefix.0).into());
            Namespace { prefix, uri: (*uri.0).into() }
        }
    }
}

/// Splits `/{Bucket}/{Key+}?tagging` into its parts.
fn uri(template: &str) -> Uri {
    let (path, query) = template.split_once('?').unwrap_or((template, ""));
    let mut segments = Vec::new();
    let mut rest = path;
    while let Some((literal, after)) = rest.split_once('{') {
        let Some((label, after)) = after.split_once('}') else { break };
        if !literal.is_empty() {
            segments.push(Segment::Literal(literal.into()));
        }
        let name = label.strip_suffix('+');
        segments.push(Segment::Label { name: name.unwrap_or(label).into(), greedy: name.is_some() });
        rest = after;
    }
    if !rest.is_empty() {
        segments.push(Segment::Literal(rest.into()));
    }
    let pair = |pair: &str| -> (Box<str>, Box<str>) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.into(), value.into())
    };
    Uri { template: template.into(), path: segments, query: query.split('&').filter(|part| !part.is_empty()).map(pair).collect() }
}
