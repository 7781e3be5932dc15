use std::sync::Arc;

use partywall_aws::model::{Operation, Protocol, Segment, Service};
use partywall_model::Key;

use super::{Misread, form};
use crate::request::Incoming;

/// Operations that are signed for, and sent to, S3 Express, under URLs that S3's own have too.
const EXPRESS: [&str; 2] = ["ListDirectoryBuckets", "CreateSession"];

/// Where a request goes.
#[derive(Debug)]
pub(crate) struct Route {
    /// The service.
    pub(crate) service: Arc<Service>,
    /// The operation's name.
    pub(crate) operation: Key,
    /// Wire names and percent-encoded values of the path's labels.
    pub(crate) labels: Vec<(String, String)>,
}

impl Route {
    /// The operation.
    pub(crate) fn operation(&self) -> Option<&Operation> {
        self.service.operations.get(&self.operation)
    }
}

/// Finds service and operation among the services that share a signing name: by the target, the form's action and version, or the
/// template of the URL that says most about the request.
pub(crate) fn route<'a>(services: impl Iterator<Item = &'a Arc<Service>>, incoming: &Incoming<'_>) -> Result<Route, Misread> {
    let mut best: Option<(usize, Route)> = None;
    let fields = form::fields(incoming);
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    for service in services {
        let found = match service.protocol {
            Protocol::Json => incoming
                .header("x-amz-target")
                .and_then(|target| target.rsplit_once('.'))
                .filter(|(prefix, _)| *prefix == &*service.target_prefix)
                .and_then(|(_, name)| service.operations.get(name))
                .map(|operation| (1, operation, Vec::new())),
            Protocol::Query | Protocol::Ec2 => field("Action")
                .filter(|_| field("Version") == Some(&*service.api_version))
                .and_then(|name| service.operations.get(name))
                .map(|operation| (1, operation, Vec::new())),
            Protocol::RestJson | Protocol::RestXml => service
                .operations
                .values()
                .filter(|operation| operation.method == incoming.method && !EXPRESS.contains(&&*operation.name))
                .filter_map(|operation| fit(operation, incoming).map(|(weight, labels)| (weight, operation, labels)))
                .max_by_key(|(weight, _, _)| *weight),
        };
        if let Some((weight, operation, labels)) = found
            && best.as_ref().is_none_or(|(known, _)| weight > *known)
        {
            best = Some((weight, Route { service: Arc::clone(service), operation: operation.name.clone(), labels }));
        }
    }
    best.map(|(_, route)| route).ok_or_else(|| format!("no operation answers {} {}", incoming.method, incoming.path))
}

/// The labels of a path that fits an operation's template, and how much the template says: its fixed query first, then its fixed text.
fn fit(operation: &Operation, incoming: &Incoming<'_>) -> Option<(usize, Vec<(String, String)>)> {
    let mut weight = 1;
    for (name, value) in &operation.uri.query {
        let given = incoming.query(name)?;
        if !value.is_empty() && given != &**value {
            return None;
        }
        weight += 1000;
    }
    // A query that another operation's template fixes, such as `?acl`, still fits a template without it, but weighs nothing there.
    let mut rest: &str = &incoming.path;
    let mut labels = Vec::new();
    let mut segments = operation.uri.path.iter().peekable();
    while let Some(segment) = segments.next() {
        match segment {
            Segment::Literal(text) => {
                rest = rest.strip_prefix(&**text).or_else(|| (segments.peek().is_none() && format!("{rest}/") == **text).then_some(""))?;
                weight += text.len();
            }
            Segment::Label { name, greedy } => {
                let end = match (segments.peek(), greedy) {
                    (Some(Segment::Literal(next)), true) => rest.rfind(&**next)?,
                    (None, true) => rest.len(),
                    _ => rest.find('/').unwrap_or(rest.len()),
                };
                let (value, behind) = rest.split_at_checked(end)?;
                if value.is_empty() {
                    return None;
                }
                labels.push((name.to_string(), value.to_owned()));
                rest = behind;
            }
        }
    }
    (rest.is_empty() || rest == "/").then_some((weight, labels))
}
