use partywall_model::Key;

/// Where a shape stands in its service's table ([`super::Service::shape`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShapeId(pub(super) u32);

/// A type of a service's requests and answers.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    /// The model's name; handlers go by it (`policyDocumentType`).
    pub name: Key,
    /// What it is made of.
    pub kind: Kind,
    /// Least value of a number, least length of anything else.
    pub min: Option<f64>,
    /// AWS marks the content as secret.
    pub sensitive: bool,
}

/// What a shape is made of.
#[derive(Debug, Clone, Default)]
pub enum Kind {
    /// Named members.
    Structure(Structure),
    /// Elements of one shape.
    List(List),
    /// Keys and values.
    Map(Map),
    /// Text.
    #[default]
    String,
    /// `true` or `false`.
    Boolean,
    /// A whole number, with its largest value if the model gives one: of a paging limit, the largest page.
    Integer {
        /// Largest value.
        max: Option<i64>,
    },
    /// Any number.
    Float,
    /// Bytes; base64 in a [`partywall_model::Value`].
    Blob,
    /// A moment.
    Timestamp,
}

/// A shape with members.
#[derive(Debug, Clone, Default)]
pub struct Structure {
    /// In the model's order, which is the order of printing.
    pub members: Vec<Member>,
    /// The member that is the whole body, by its position.
    pub payload: Option<usize>,
    /// Any JSON at all.
    pub document: bool,
    /// Exactly one member is set.
    pub union: bool,
    /// The events of a stream.
    pub event_stream: bool,
    /// Set on errors.
    pub error: Option<ErrorTrait>,
}

impl Structure {
    /// The member of that name.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| &*member.name == name)
    }

    /// The member that is the whole body.
    pub fn payload(&self) -> Option<&Member> {
        self.members.get(self.payload?)
    }

    /// Members without which a request is none.
    pub fn required(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.required)
    }
}

/// What makes a structure an error.
#[derive(Debug, Clone)]
pub struct ErrorTrait {
    /// The code on the wire, where it is not the shape's name.
    pub code: Option<Key>,
    /// The status that comes with it.
    pub status: Option<u16>,
}

/// A list's elements.
#[derive(Debug, Clone)]
pub struct List {
    /// What each is.
    pub member: Target,
    /// Elements may be null.
    pub sparse: bool,
}

/// A map's entries.
#[derive(Debug, Clone)]
pub struct Map {
    /// Always text.
    pub key: Target,
    /// What each value is.
    pub value: Target,
}

/// A shape as one place uses it: what the place says goes over what the shape says.
#[derive(Debug, Clone)]
pub struct Target {
    /// The shape.
    pub shape: ShapeId,
    /// Name on the wire, where it is not the member's own.
    pub location_name: Option<Key>,
    /// Elements of this list, or entries of this map, stand in the parent without an element around them.
    pub flattened: bool,
    /// How a moment is written, where not as the protocol and the place have it.
    pub timestamp: Option<TimestampFormat>,
    /// Namespace of the element.
    pub namespace: Option<Box<Namespace>>,
}

/// A member of a structure.
#[expect(clippy::struct_excessive_bools, reason = "independent traits of the model")]
#[derive(Debug, Clone)]
pub struct Member {
    /// As people write it and answers print it.
    pub name: Key,
    /// What it is.
    pub target: Target,
    /// Name in JSON, in a query, as a header, in XML of requests.
    pub wire: Key,
    /// Name of the element in XML of answers: of a flattened list, that of its elements.
    pub element: Key,
    /// Name in EC2's queries, where the model gives one.
    pub query_name: Option<Key>,
    /// Where it travels.
    pub location: Location,
    /// A request without it is none.
    pub required: bool,
    /// Filled with a new UUID where the caller gives none.
    pub idempotency_token: bool,
    /// Its value is a label of the host.
    pub host_label: bool,
    /// An attribute of the parent's element.
    pub xml_attribute: bool,
    /// JSON, in base64, in a header.
    pub json_value: bool,
}

/// Where a member travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Location {
    /// In the body.
    #[default]
    Body,
    /// A label of the path.
    Uri,
    /// In the query of the URL.
    Query,
    /// A header.
    Header,
    /// Headers of a common prefix.
    Headers,
    /// The status code.
    StatusCode,
}

/// How a moment is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampFormat {
    /// `2026-11-22T10:00:00Z`
    Iso8601,
    /// Seconds since 1970.
    Unix,
    /// `Sun, 22 Nov 2026 10:00:00 GMT`
    Rfc822,
}

/// A namespace of XML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Prefix, if it is not the default namespace.
    pub prefix: Option<Box<str>>,
    /// Its name.
    pub uri: Box<str>,
}
