use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::endpoint::{Endpoint, EndpointOptions, bucket_to_host};
use crate::http::HttpRequest;

/// What stays as it is in a query, by RFC 3986.
const QUERY: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The request with its address, not signed yet. `to_host`: a bucket at the beginning of the path may move to the host.
pub(super) fn with_address(
    request: &HttpRequest,
    endpoint: &Endpoint,
    options: &EndpointOptions,
    user_agent: &str,
    to_host: bool,
) -> Result<http::Request<Bytes>, String> {
    let moved = if to_host { bucket_to_host(endpoint, &request.path, options) } else { None };
    let (host, path) = match &moved {
        Some((host, path)) => (host.as_str(), path.as_str()),
        None => (endpoint.host.as_str(), request.path.as_str()),
    };
    let prefix = if endpoint.custom || options.no_host_prefix { "" } else { request.host_prefix.as_str() };
    let mut url = format!("{}://{prefix}{host}{}{path}", endpoint.scheme, endpoint.path);
    for (number, (name, value)) in request.query.iter().enumerate() {
        url.push(if number == 0 { '?' } else { '&' });
        url.extend(utf8_percent_encode(name, &QUERY));
        if !value.is_empty() {
            url.push('=');
            url.extend(utf8_percent_encode(value, &QUERY));
        }
    }
    let mut builder = http::Request::builder().method(request.method).uri(url).header(http::header::USER_AGENT, user_agent);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    builder.body(request.body.clone()).map_err(|error| error.to_string())
}
