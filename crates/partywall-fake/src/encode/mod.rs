//! From an answer to bytes, by the models: the client's parsers the other way round.

mod error;
mod json;
mod text;
mod xml;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
pub(crate) use error::{ServiceFault, failed};
use partywall_aws::HttpResponse;
use partywall_aws::model::{Kind, Location, Operation, Protocol, Service, Structure};
use partywall_model::Value;

/// The answer of an operation that succeeded.
pub(crate) fn answered(service: &Service, operation: &Operation, output: &Value, request_id: &str) -> HttpResponse {
    let mut headers = vec![("x-amzn-requestid".to_owned(), request_id.to_owned())];
    let mut status = if operation.status == 0 { 200 } else { operation.status };
    let none = Structure::default();
    let structure = service.output(operation).unwrap_or(&none);
    let body = match service.protocol {
        Protocol::Json => {
            headers.push(("content-type".to_owned(), format!("application/x-amz-json-{}", service.json_version)));
            json::object(service, structure, output, true).into_bytes()
        }
        Protocol::Query | Protocol::Ec2 => {
            headers.push(("content-type".to_owned(), "text/xml".to_owned()));
            xml::wrapped(service, operation, structure, output, request_id).into_bytes()
        }
        Protocol::RestJson | Protocol::RestXml => {
            status = rest_head(service, structure, output, &mut headers).unwrap_or(status);
            rest_body(service, operation, structure, output, &mut headers)
        }
    };
    HttpResponse { status, headers, body: Bytes::from(body) }
}

/// Members that travel in headers, and the status if a member holds it.
fn rest_head(service: &Service, structure: &Structure, output: &Value, headers: &mut Vec<(String, String)>) -> Option<u16> {
    let mut status = None;
    for member in &structure.members {
        let Some(value) = output.get(&member.name) else { continue };
        match member.location {
            Location::Header => headers.push((member.wire.to_ascii_lowercase(), text::header(service, member, value))),
            Location::Headers => {
                for (name, value) in value.as_map().unwrap_or_default() {
                    headers.push((format!("{}{name}", member.wire).to_ascii_lowercase(), value.as_str().unwrap_or_default().to_owned()));
                }
            }
            Location::StatusCode => status = if let Value::Int(code) = value { u16::try_from(*code).ok() } else { None },
            _ => {}
        }
    }
    status
}

fn rest_body(
    service: &Service,
    operation: &Operation,
    structure: &Structure,
    output: &Value,
    headers: &mut Vec<(String, String)>,
) -> Vec<u8> {
    let xml = service.protocol == Protocol::RestXml;
    let kind = if xml { "application/xml" } else { "application/json" };
    let mut say = |kind: &str| headers.push(("content-type".to_owned(), kind.to_owned()));
    let Some(payload) = structure.payload() else {
        say(kind);
        let body = if xml { xml::root(service, operation, structure, output) } else { json::object(service, structure, output, true) };
        return body.into_bytes();
    };
    let Some(value) = output.get(&payload.name) else { return Vec::new() };
    match service.kind(&payload.target) {
        Kind::Blob => {
            say("application/octet-stream");
            let text = value.as_str().unwrap_or_default();
            STANDARD.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec())
        }
        Kind::String => {
            say("text/plain");
            value.as_str().unwrap_or_default().as_bytes().to_vec()
        }
        _ => {
            say(kind);
            let body =
                if xml { xml::payload(service, payload, value) } else { json::value(service, &payload.target, value, payload.location) };
            body.into_bytes()
        }
    }
}
