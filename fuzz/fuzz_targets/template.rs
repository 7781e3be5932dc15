//! CloudFormation templates, JSON and YAML: any bytes, with their references resolved.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use partywall_collect::cloudformation::{Parameters, read_template};
use partywall_model::{Source, SourceKind};

fuzz_target!(|text: &[u8]| {
    let source = Arc::new(Source { kind: SourceKind::CloudFormation, file: Arc::from("fuzz.yaml") });
    let id_property = |resource_type: &str| (resource_type == "AWS::S3::Bucket").then(|| "BucketName".to_owned());
    let _ = read_template(text, &source, &Parameters::default(), &id_property);
});
