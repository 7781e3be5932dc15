//! Answers that are errors, in each protocol's own form.

use super::json_read;
use super::message::Malformed;
use super::xml::{Xml, local};
use crate::http::HttpResponse;
use crate::model::{Kind, Operation, Protocol, Service};

/// What AWS says when it does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceError {
    /// AWS's code, such as `AccessDenied`; the status where AWS gives none, as for S3's `HEAD` requests.
    pub code: Box<str>,
    /// AWS's sentence, as it came; may be empty.
    pub message: Box<str>,
    /// AWS's id of the request.
    pub request_id: Option<Box<str>>,
    /// Status code.
    pub status: u16,
}

/// Whether an answer is an error. By the status; S3 also puts errors into answers with status 200.
pub fn is_error(service: &Service, operation: &Operation, response: &HttpResponse) -> bool {
    if response.status >= 300 {
        return true;
    }
    let streamed = || {
        let payload = service.output(operation)?.payload()?;
        Some(matches!(service.kind(&payload.target), Kind::Blob | Kind::String))
    };
    let root_is_error = || {
        let mut xml = Xml::new(&response.body).ok()?;
        Some(local(&xml.root().ok()?) == "Error")
    };
    &*service.name == "s3"
        && response.status == 200
        && operation.output.is_some()
        && !response.body.is_empty()
        && streamed() != Some(true)
        && root_is_error() == Some(true)
}

/// Reads an answer that [`is_error`] calls one. Always gives something: at worst the status.
pub fn parse_error(service: &Service, response: &HttpResponse) -> ServiceError {
    let found = if is_generic(response) {
        None
    } else {
        match service.protocol {
            Protocol::Json | Protocol::RestJson => Some(json(service.protocol, response)),
            Protocol::Query | Protocol::Ec2 | Protocol::RestXml => xml(&response.body).ok(),
        }
    };
    let Found { mut code, message, request_id } = found.unwrap_or_default();
    // Services that spoke the query protocol once keep its codes in a header: `code;fault`.
    if let Some((old, fault)) = response.header("x-amzn-query-error").and_then(|header| header.split_once(';'))
        && !old.is_empty()
        && !fault.contains(';')
    {
        code = Some(old.into());
    }
    let reason = || http::StatusCode::from_u16(response.status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    ServiceError {
        message: message.unwrap_or_else(|| if code.is_none() { reason().into() } else { "".into() }),
        code: code.filter(|code| !code.is_empty()).unwrap_or_else(|| response.status.to_string().into()),
        request_id: request_id.or_else(|| self::request_id(response)),
        status: response.status,
    }
}

/// AWS's id of a request, from the answer's headers or body.
pub fn request_id(response: &HttpResponse) -> Option<Box<str>> {
    let header = ["x-amzn-requestid", "x-amz-request-id", "x-amz-requestid"].iter().find_map(|name| response.header(name));
    if let Some(id) = header {
        return Some(id.into());
    }
    let text = std::str::from_utf8(&response.body).ok().filter(|text| text.trim_start().starts_with('<'))?;
    ["RequestId", "requestId", "RequestID"].iter().find_map(|name| {
        let (_, after) = text.rsplit_once(format!("<{name}>").as_str())?;
        let (id, _) = after.split_once('<')?;
        Some(id.trim().into())
    })
}

/// Answers of proxies and load balancers are in no protocol.
fn is_generic(response: &HttpResponse) -> bool {
    let body = response.body.trim_ascii();
    response.status >= 500 && response.header("x-amzn-errortype").is_none() && (body.is_empty() || body.starts_with(b"<html>"))
}

#[derive(Default)]
struct Found {
    code: Option<Box<str>>,
    message: Option<Box<str>>,
    request_id: Option<Box<str>>,
}

/// `com.amazon#Name`, `Name:http://…` and plain `Name` are one.
fn bare(code: &str) -> Box<str> {
    let code = code.split_once(':').map_or(code, |(name, _)| name);
    code.rsplit_once('#').map_or(code, |(_, name)| name).into()
}

fn json(protocol: Protocol, response: &HttpResponse) -> Found {
    let Ok(body) = json_read::any(&response.body) else {
        let text = String::from_utf8_lossy(&response.body);
        let message = (!text.is_empty()).then(|| text.into());
        return Found { message, code: response.header("x-amzn-errortype").map(bare), request_id: None };
    };
    let text = |names: &[&str]| names.iter().find_map(|name| body.get(name)?.as_str());
    let header = response.header("x-amzn-errortype");
    let code = match protocol {
        Protocol::RestJson => header.or_else(|| text(&["code", "Code", "__type"])),
        _ => text(&["__type"]).or(header).or_else(|| text(&["code", "Code"])),
    };
    Found { code: code.map(bare), message: text(&["message", "Message"]).map(Into::into), request_id: None }
}

/// `ErrorResponse`/`Error`, `Response`/`Errors`/`Error` or `Error` alone, with code and message in it.
fn xml(body: &[u8]) -> Result<Found, Malformed> {
    let mut xml = Xml::new(body)?;
    let mut found = Found::default();
    xml.root()?;
    within(&mut xml, &mut found)?;
    xml.end()?;
    Ok(found)
}

fn within(xml: &mut Xml<'_>, found: &mut Found) -> Result<(), Malformed> {
    while let Some(child) = xml.child()? {
        let slot = match local(&child) {
            "Error" | "Errors" => {
                within(xml, found)?;
                continue;
            }
            "Code" => &mut found.code,
            "Message" => &mut found.message,
            "RequestId" | "RequestID" => &mut found.request_id,
            _ => {
                xml.skip()?;
                continue;
            }
        };
        let text = xml.text()?;
        if slot.is_none() {
            *slot = Some(text.trim().into());
        }
    }
    Ok(())
}
