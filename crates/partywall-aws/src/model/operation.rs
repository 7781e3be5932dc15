use partywall_model::{Key, Value};

use super::{ShapeId, Target};

/// One API operation.
#[expect(clippy::struct_excessive_bools, reason = "independent traits of the model")]
#[derive(Debug, Clone)]
pub struct Operation {
    /// API name, such as `DescribeInstances`.
    pub name: Key,
    /// `GET`, `POST`, …
    pub method: &'static str,
    /// Path and fixed query.
    pub uri: Uri,
    /// Status of success.
    pub status: u16,
    /// The request's structure; some take nothing.
    pub input: Option<Target>,
    /// The answer's structure; some answer nothing.
    pub output: Option<Target>,
    /// Element around the answer in the query protocol.
    pub result_wrapper: Option<Key>,
    /// Errors that the model names.
    pub errors: Vec<ShapeId>,
    /// Template of what goes before the host, such as `{AccountId}.`.
    pub host_prefix: Option<Box<str>>,
    /// Sent without a signature.
    pub unsigned: bool,
    /// The body is not part of the signature.
    pub unsigned_payload: bool,
    /// The service wants a checksum of the body.
    pub checksum_required: bool,
    /// Request member that names the checksum's algorithm.
    pub checksum_member: Option<Key>,
    /// The endpoint must be asked for first, from the service's endpoint operation (Timestream).
    pub endpoint_discovery: bool,
    /// It tells the endpoint that others need.
    pub is_endpoint_operation: bool,
    /// How it pages, if it does.
    pub paginator: Option<Paginator>,
}

/// The template of a URL.
#[derive(Debug, Clone, Default)]
pub struct Uri {
    /// As the model writes it.
    pub template: Box<str>,
    /// The path's parts in order.
    pub path: Vec<Segment>,
    /// Fixed query: names, and values where there are any.
    pub query: Vec<(Box<str>, Box<str>)>,
}

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// As it stands.
    Literal(Box<str>),
    /// Filled from the member of that wire name.
    Label {
        /// Wire name of the member.
        name: Box<str>,
        /// Slashes stay slashes.
        greedy: bool,
    },
}

/// How an operation pages. Output paths are as botocore's paginators write them: dotted, with `||` and `[-1]` in a few.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paginator {
    /// Members of the request that take the tokens.
    pub input_tokens: Vec<Key>,
    /// Paths to the tokens in the answer, one for each member.
    pub output_tokens: Vec<Box<str>>,
    /// Path to the answer's word on whether there is more, where tokens alone do not tell.
    pub more_results: Option<Box<str>>,
    /// Member of the request that sets the size of a page.
    pub limit_key: Option<Key>,
    /// Paths to what is paged; the first is the main one.
    pub result_keys: Vec<Box<str>>,
    /// Paths to what is the same on every page.
    pub non_aggregate_keys: Vec<Box<str>>,
}

/// A model's recipe for waiting until something is so.
#[derive(Debug, Clone)]
pub struct Waiter {
    /// Operation that is asked.
    pub operation: Key,
    /// Seconds between attempts.
    pub delay: u64,
    /// Attempts until it gives up.
    pub max_attempts: u32,
    /// What an answer means, first match first.
    pub acceptors: Vec<Acceptor>,
}

/// One meaning of an answer.
#[derive(Debug, Clone)]
pub struct Acceptor {
    /// `success`, `failure` or `retry`.
    pub state: Box<str>,
    /// `path`, `pathAll`, `pathAny`, `status` or `error`.
    pub matcher: Box<str>,
    /// JMESPath into the answer.
    pub argument: Option<Box<str>>,
    /// What must be found.
    pub expected: Value,
}
