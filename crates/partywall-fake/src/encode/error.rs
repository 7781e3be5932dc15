use bytes::Bytes;
use partywall_aws::HttpResponse;
use partywall_aws::model::{Protocol, Service};
use quick_xml::escape::escape;

/// An error that the fake answers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceFault {
    /// AWS's code.
    pub(crate) code: String,
    /// One line.
    pub(crate) message: String,
    /// HTTP status.
    pub(crate) status: u16,
    /// Further headers.
    pub(crate) headers: Vec<(String, String)>,
}

impl ServiceFault {
    /// An error without further headers.
    pub(crate) fn new(code: &str, message: impl Into<String>, status: u16) -> Self {
        Self { code: code.to_owned(), message: message.into(), status, headers: Vec::new() }
    }
}

/// An error in a service's protocol; `None` where the service is not known, which is then answered in JSON.
pub(crate) fn failed(service: Option<&Service>, fault: &ServiceFault, request_id: &str) -> HttpResponse {
    let (code, message) = (escape(fault.code.as_str()), escape(fault.message.as_str()));
    let kind = if fault.status >= 500 { "Receiver" } else { "Sender" };
    let wrapped = || {
        format!(
            "<ErrorResponse><Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    };
    let json = |named: bool| {
        let mut body = serde_json::Map::new();
        if named {
            body.insert("__type".to_owned(), fault.code.as_str().into());
        }
        body.insert("message".to_owned(), fault.message.as_str().into());
        serde_json::Value::Object(body).to_string()
    };
    let mut headers = vec![("x-amzn-requestid".to_owned(), request_id.to_owned())];
    headers.extend(fault.headers.iter().cloned());
    let (content, body) = match service.map(|service| (service.protocol, &*service.name)) {
        None | Some((Protocol::Json, _)) => {
            if service.is_some_and(|service| service.query_compatible) {
                headers.push(("x-amzn-query-error".to_owned(), format!("{};{kind}", fault.code)));
            }
            ("application/x-amz-json-1.1", json(true))
        }
        Some((Protocol::RestJson, _)) => {
            headers.push(("x-amzn-errortype".to_owned(), fault.code.clone()));
            ("application/json", json(false))
        }
        Some((Protocol::Query, _)) => ("text/xml", wrapped()),
        Some((Protocol::Ec2, _)) => (
            "text/xml",
            format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>{request_id}</RequestID></Response>"
            ),
        ),
        Some((Protocol::RestXml, "s3")) => (
            "application/xml",
            format!("<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId></Error>"),
        ),
        Some((Protocol::RestXml, _)) => ("application/xml", wrapped()),
    };
    headers.push(("content-type".to_owned(), content.to_owned()));
    HttpResponse { status: fault.status, headers, body: Bytes::from(body) }
}
