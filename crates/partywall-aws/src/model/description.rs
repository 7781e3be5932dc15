//! A service model's JSON as botocore writes it, as far as a client needs it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Text that is borrowed where the JSON has no escapes.
#[derive(Debug, Default, Clone, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// Members in the order of the file.
#[derive(Debug)]
pub(super) struct Ordered<'a, T>(pub(super) Vec<(Text<'a>, T)>);

impl<T> Default for Ordered<'_, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Ordered<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<'a, T>(PhantomData<(&'a (), T)>);
        impl<'de: 'a, 'a, T: Deserialize<'de>> Visitor<'de> for Members<'a, T> {
            type Value = Ordered<'a, T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Ordered(members))
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// Operations ([`OperationDescription`]) and shapes ([`ShapeDescription`]) stay text until it is known which are wanted: of EC2's, few are.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Description<'a> {
    #[serde(borrow)]
    pub(super) metadata: Metadata<'a>,
    #[serde(borrow, default)]
    pub(super) operations: Ordered<'a, &'a RawValue>,
    #[serde(borrow, default)]
    pub(super) shapes: Ordered<'a, &'a RawValue>,
    #[serde(borrow, default)]
    pub(super) pagination: Ordered<'a, PaginatorDescription<'a>>,
    #[serde(borrow, default)]
    pub(super) waiters: Ordered<'a, WaiterDescription<'a>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata<'a> {
    #[serde(borrow, default)]
    pub(super) api_version: Text<'a>,
    pub(super) aws_query_compatible: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    pub(super) endpoint_prefix: Text<'a>,
    pub(super) global_endpoint: Option<Text<'a>>,
    pub(super) json_version: Option<Text<'a>>,
    #[serde(default)]
    pub(super) protocol: Text<'a>,
    #[serde(default)]
    pub(super) protocols: Vec<Text<'a>>,
    #[serde(default)]
    pub(super) service_full_name: Text<'a>,
    pub(super) service_id: Option<Text<'a>>,
    #[serde(default)]
    pub(super) signature_version: Text<'a>,
    pub(super) signing_name: Option<Text<'a>>,
    #[serde(default)]
    pub(super) target_prefix: Text<'a>,
    pub(super) xml_namespace: Option<NamespaceDescription<'a>>,
}

/// Either the name alone or an object with it.
#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
pub(super) enum NamespaceDescription<'a> {
    Name(#[serde(borrow)] Text<'a>),
    Whole {
        #[serde(borrow, default)]
        prefix: Option<Text<'a>>,
        uri: Text<'a>,
    },
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OperationDescription<'a> {
    #[serde(borrow, default)]
    pub(super) http: Http<'a>,
    pub(super) input: Option<ShapeDescription<'a>>,
    pub(super) output: Option<ShapeDescription<'a>>,
    #[serde(default)]
    pub(super) errors: Vec<ShapeDescription<'a>>,
    pub(super) endpoint: Option<EndpointDescription<'a>>,
    pub(super) authtype: Option<Text<'a>>,
    #[serde(default)]
    pub(super) auth: Vec<Text<'a>>,
    pub(super) http_checksum: Option<Checksum<'a>>,
    #[serde(default)]
    pub(super) http_checksum_required: bool,
    #[serde(default)]
    pub(super) unsigned_payload: bool,
    pub(super) endpointdiscovery: Option<Discovery>,
    #[serde(default)]
    pub(super) endpointoperation: bool,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Http<'a> {
    #[serde(borrow)]
    pub(super) method: Option<Text<'a>>,
    pub(super) request_uri: Option<Text<'a>>,
    pub(super) response_code: Option<u16>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndpointDescription<'a> {
    #[serde(borrow)]
    pub(super) host_prefix: Option<Text<'a>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checksum<'a> {
    #[serde(default)]
    pub(super) request_checksum_required: bool,
    #[serde(borrow)]
    pub(super) request_algorithm_member: Option<Text<'a>>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Discovery {
    #[serde(default)]
    pub(super) required: bool,
}

/// A shape, or a place that uses one (then with `shape`): both may say the same things.
#[expect(clippy::struct_excessive_bools, reason = "the traits of the models' format")]
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShapeDescription<'a> {
    #[serde(borrow)]
    pub(super) shape: Option<Text<'a>>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Text<'a>>,
    #[serde(default)]
    pub(super) required: Vec<Text<'a>>,
    #[serde(default)]
    pub(super) members: Ordered<'a, ShapeDescription<'a>>,
    pub(super) member: Option<Box<ShapeDescription<'a>>>,
    pub(super) key: Option<Box<ShapeDescription<'a>>>,
    pub(super) value: Option<Box<ShapeDescription<'a>>>,
    pub(super) payload: Option<Text<'a>>,
    pub(super) location: Option<Text<'a>>,
    pub(super) location_name: Option<Text<'a>>,
    pub(super) query_name: Option<Text<'a>>,
    pub(super) result_wrapper: Option<Text<'a>>,
    pub(super) timestamp_format: Option<Text<'a>>,
    pub(super) xml_namespace: Option<NamespaceDescription<'a>>,
    pub(super) error: Option<ErrorDescription<'a>>,
    #[serde(default)]
    pub(super) flattened: bool,
    #[serde(default)]
    pub(super) xml_attribute: bool,
    #[serde(default)]
    pub(super) jsonvalue: bool,
    #[serde(default)]
    pub(super) idempotency_token: bool,
    #[serde(default)]
    pub(super) host_label: bool,
    #[serde(default)]
    pub(super) sensitive: bool,
    #[serde(default)]
    pub(super) exception: bool,
    #[serde(default)]
    pub(super) eventstream: bool,
    #[serde(default)]
    pub(super) document: bool,
    #[serde(default)]
    pub(super) union: bool,
    #[serde(default)]
    pub(super) sparse: bool,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorDescription<'a> {
    #[serde(borrow)]
    pub(super) code: Option<Text<'a>>,
    pub(super) http_status_code: Option<u16>,
}

/// One text or several.
#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore<'a> {
    One(#[serde(borrow)] Text<'a>),
    More(#[serde(borrow)] Vec<Text<'a>>),
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct PaginatorDescription<'a> {
    #[serde(borrow)]
    pub(super) input_token: Option<OneOrMore<'a>>,
    pub(super) output_token: Option<OneOrMore<'a>>,
    pub(super) more_results: Option<Text<'a>>,
    pub(super) limit_key: Option<Text<'a>>,
    pub(super) result_key: Option<OneOrMore<'a>>,
    #[serde(default)]
    pub(super) non_aggregate_keys: Vec<Text<'a>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WaiterDescription<'a> {
    #[serde(borrow)]
    pub(super) operation: Text<'a>,
    pub(super) delay: u64,
    pub(super) max_attempts: u32,
    #[serde(default)]
    pub(super) acceptors: Vec<AcceptorDescription<'a>>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct AcceptorDescription<'a> {
    #[serde(borrow)]
    pub(super) state: Text<'a>,
    pub(super) matcher: Text<'a>,
    pub(super) argument: Option<Text<'a>>,
    pub(super) expected: serde_json::Value,
}
