//! CloudFormation templates, JSON or YAML, as facts: what the stack will be, as far as the template alone says it.
//!
//! A template is read into one tree whose keys and values know their line and column, then every property is resolved: references,
//! conditions and functions whose result the template (with `--param`) determines become values; all others become
//! [`Value::Unknown`](partywall_model::Value::Unknown) with the reason and its place. The rules of the functions are those of the
//! CloudFormation template reference.
//!
//! What a deployment fills in but is certain to set is a *symbol*, a known text in braces: `{AWS::AccountId}`, `{LogicalId}` for `Ref` and
//! `{LogicalId.Attribute}` for `Fn::GetAtt`, where AWS itself makes the value: what custom resources, modules and other providers answer is
//! unknown. Partition and URL suffix are written as `aws` and `amazonaws.com` where no region is given. Symbols never decide anything:
//! conditions, mapping keys and `Fn::Split` that meet one are unknown.
//!
//! Templates are untrusted: size, depth, number of values, and what references multiply into are limited, and no limit is found by crashing.

mod conditions;
mod detect;
mod document;
mod intrinsics;
mod json;
mod mappings;
mod parameters;
mod references;
mod resolver;
mod sections;
mod serverless;
mod template;
mod values;
mod yaml;

#[cfg(test)]
mod corpus;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_model::{Gap, Location, Resource, Source};
use thiserror::Error;

pub use detect::looks_like_template;
use document::{Fault, MAX_BYTES, Node, Position};

/// What the user knows beyond the template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    /// Values of parameters and pseudo parameters by name, as `--param Name=Value` gives them; they win over defaults.
    pub values: BTreeMap<String, String>,
    /// The account that the stack is meant for, twelve digits.
    pub account: Option<String>,
    /// The region that the stack is meant for.
    pub region: Option<String>,
}

/// What a template declares.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Template {
    /// The resources in source order, without those whose condition is known to be false.
    ///
    /// `id` is the resource's explicit name where the template makes it known, else the logical id; `Ref` of the resource resolves to the same
    /// name or to the symbol `{LogicalId}`. A resource whose `Properties` as a whole could not be read is a `stub` and has a gap.
    pub resources: Vec<Resource>,
    /// Names of the parameters that it declares.
    pub parameters: BTreeSet<String>,
    /// How many resources a false condition left out.
    pub left_out: usize,
    /// Resources that could not be listed or read: `id` is `None` for the resources that a loop or an include would make,
    /// with an empty type if they may be of any.
    pub gaps: Vec<Gap>,
    /// What a reader of the results should know, in source order.
    pub warnings: Vec<Warning>,
}

/// Something in a template that makes results less certain, or that was skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub location: Location,
    /// What, as one lower-case line.
    pub message: String,
}

/// A file that cannot be read as a template at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{location}: {message}")]
pub struct TemplateError {
    /// Where.
    pub location: Location,
    /// What is wrong, as one lower-case line.
    pub message: String,
}

/// Reads one template.
///
/// `id_property` names, for a resource type, the property path that holds its id when a template sets it, such as `BucketName`
/// for `AWS::S3::Bucket`; `None` where only AWS gives ids.
///
/// # Errors
/// Text that is not UTF-8, holds NUL, is larger than 64 MiB, breaks the grammar of JSON or YAML, repeats a key, nests deeper than 200 levels,
/// holds or multiplies into more than some million values, or whose sections are not mappings. Everything else is a value, an unknown or a warning.
pub fn read_template(
    text: &[u8],
    source: &Arc<Source>,
    parameters: &Parameters,
    id_property: &dyn Fn(&str) -> Option<String>,
) -> Result<Template, TemplateError> {
    document(text).and_then(|root| template::read(&root, source, parameters, id_property)).map_err(|fault| TemplateError {
        location: Location { file: source.file.clone(), line: fault.at.line, column: fault.at.column },
        message: fault.message,
    })
}

fn document(bytes: &[u8]) -> Result<Node, Fault> {
    if bytes.len() > MAX_BYTES {
        let message = format!("{} bytes are more than a template may have ({} MiB)", bytes.len(), MAX_BYTES >> 20);
        return Err(Fault::refused(Position::START, message));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).map(String::from_utf8_lossy).unwrap_or_default();
        Fault::refused(Position::after(&valid), "not UTF-8: save the template as UTF-8")
    })?;
    if let Some((before, _)) = text.split_once('\0') {
        return Err(Fault::refused(Position::after(before), "a NUL byte: this is no text file"));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().starts_with('{') {
        return yaml::parse(text);
    }
    // YAML may begin with a brace too. Of two complaints the one about JSON is the useful one.
    json::parse(text).or_else(|fault| if fault.syntax { yaml::parse(text).map_err(|_| fault) } else { Err(fault) })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use partywall_model::{SourceKind, Value};

    use super::*;

    pub(super) fn source() -> Arc<Source> {
        Arc::new(Source { kind: SourceKind::CloudFormation, file: "t.yaml".into() })
    }

    pub(super) fn id_property(resource_type: &str) -> Option<String> {
        let property = match resource_type {
            "AWS::S3::Bucket" => "BucketName",
            "AWS::IAM::Role" => "RoleName",
            "AWS::X::Nested" => "Config.Name",
            _ => return None,
        };
        Some(property.to_owned())
    }

    pub(super) fn read_with(text: &str, parameters: &Parameters) -> Template {
        read_template(text.as_bytes(), &source(), parameters, &id_property).unwrap()
    }

    pub(super) fn read(text: &str) -> Template {
        read_with(text, &Parameters::default())
    }

    pub(super) fn error(text: impl AsRef<[u8]>) -> String {
        read_template(text.as_ref(), &source(), &Parameters::default(), &id_property).unwrap_err().to_string()
    }

    /// The value of `expression` (YAML) as a property, in a template with the given other sections.
    pub(super) fn value_with(sections: &str, expression: &str, parameters: &Parameters) -> Option<Value> {
        let text = format!("{sections}\n  Probe: {{Type: AWS::X::Y, Properties: {{P: {expression}}}}}\n");
        let template = read_with(&text, parameters);
        template.resources.last().unwrap().properties.get("P").cloned()
    }

    /// As [`value_with`], as JSON text; `absent` without a value, `?detail` for an unknown.
    pub(super) fn shown_with(sections: &str, expression: &str, parameters: &Parameters) -> String {
        value_with(sections, expression, parameters).map_or("absent".to_owned(), |value| show(&value))
    }

    fn show(value: &Value) -> String {
        match value {
            Value::Unknown(cause) => format!("?{}", cause.detail),
            Value::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(",")),
            Value::Map(members) => {
                let members: Vec<_> = members.iter().map(|(key, value)| format!("{key}:{}", show(value))).collect();
                format!("{{{}}}", members.join(","))
            }
            other => values::json(other).to_string(),
        }
    }

    #[test]
    fn a_resource_has_its_places() {
        let text = "\
Resources:
  B:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: b
      Tags:
        - Key: k
          Value: {Deep: {A: {B: {C: {D: 1}}}}}
      Enc: !If [Yes, {Inner: 1}, {Other: 2}]
      Sub: !Sub ['${x}', {x: y}]
Conditions:
  Yes: !Equals [a, a]
";
        let template = read(text);
        let [bucket] = template.resources.as_slice() else { panic!("{template:?}") };
        assert_eq!(
            (&*bucket.resource_type, &*bucket.id, bucket.logical_id.as_deref(), bucket.name.as_deref()),
            ("AWS::S3::Bucket", "b", Some("B"), Some("b"))
        );
        let place = |path: &str| bucket.position(path).unwrap().to_string();
        assert_eq!(bucket.location.as_ref().unwrap().to_string(), "t.yaml:2:3");
        assert_eq!(place("BucketName"), "t.yaml:5:7");
        assert_eq!(place("Tags"), "t.yaml:6:7");
        assert_eq!(place("Tags[0]"), "t.yaml:7:11");
        assert_eq!(place("Tags[0].Value"), "t.yaml:8:11");
        assert_eq!(place("Tags[0].Value.Deep.A.B.C"), "t.yaml:8:34", "the sixth name is the last that is kept");
        assert_eq!(place("Tags[0].Value.Deep.A.B.C.D"), place("Tags[0].Value.Deep.A.B.C"));
        assert_eq!(place("Enc.Inner"), "t.yaml:9:23");
        assert_eq!(place("Absent"), "t.yaml:2:3");
        let paths: Vec<_> = bucket.positions.iter().map(|(path, ..)| &**path).collect();
        assert_eq!(paths.iter().filter(|path| path.starts_with("Sub")).count(), 1, "{paths:?}");
    }

    #[test]
    fn json_and_yaml_agree() {
        let json = "{\"Resources\": {\"B\": {\"Type\": \"AWS::S3::Bucket\",\n\t\"Properties\": {\"A\": {\"Fn::Sub\": \"${B.Arn}/*\"}, \"N\": 22}}}}";
        let yaml = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties: {A: !Sub '${B.Arn}/*', N: 22}\n";
        let flow = "{Resources: {B: {Type: AWS::S3::Bucket, Properties: {A: !Sub '${B.Arn}/*', N: 22}}}}";
        let [json, yaml, flow] = [json, yaml, flow].map(|text| read(text).resources.remove(0));
        assert_eq!(json.properties, yaml.properties);
        assert_eq!(flow.properties, yaml.properties);
        assert_eq!(json.position("N").unwrap().to_string(), "t.yaml:2:49");
    }

    #[test]
    fn files_that_are_no_templates() {
        assert_eq!(error(b"a: \0"), "t.yaml:1:4: a NUL byte: this is no text file");
        assert_eq!(error(b"a: b\n\xc3\xa4\xff"), "t.yaml:2:2: not UTF-8: save the template as UTF-8");
        assert_eq!(error(b"\xff\xfeR\0"), "t.yaml:1:1: not UTF-8: save the template as UTF-8");
        assert_eq!(error(vec![b' '; MAX_BYTES + 1]), "t.yaml:1:1: 67108865 bytes are more than a template may have (64 MiB)");
        assert_eq!(error("[1]"), "t.yaml:1:1: a template is a mapping with `Resources`");
        assert_eq!(error(""), "t.yaml:1:1: a template is a mapping with `Resources`");
        assert_eq!(error("Resources: [a]"), "t.yaml:1:12: `Resources` is not a mapping");
        assert_eq!(error("{\"Resources\": {}\n"), "t.yaml:2:1: expected `,` or `}`");
        assert_eq!(error("{\"a\": 1, \"a\": 2}"), "t.yaml:1:10: key `a` is there twice");
        assert!(error("Resources:\n\tA: b").starts_with("t.yaml:2:"));
        assert_eq!(read("\u{feff}{}"), Template::default());
        assert_eq!(read("Resources:"), Template::default());
    }

    #[test]
    fn deep_and_large_files_end_in_an_error_or_a_result() {
        for levels in [1_000, 200_000] {
            for open in ["[", "{\"a\":", "- ", "{a: ", "? ", "!Ref "] {
                assert!(!error(open.repeat(levels)).is_empty(), "{open}");
            }
        }
        let mut text = "Resources:\n".to_owned();
        let mut count = 0;
        while text.len() < 10 << 20 {
            let properties = format!("{{BucketName: !Sub 'name-{count}-${{AWS::Region}}', Note: \"{}\"}}", "x".repeat(100));
            writeln!(text, "  Bucket{count}:\n    Type: AWS::S3::Bucket\n    Properties: {properties}").unwrap();
            count += 1;
        }
        assert_eq!(read(&text).resources.len(), count);
    }

    #[test]
    fn the_deepest_allowed_template_fits_a_small_stack() {
        let nested = |open: &str, inner: &str| {
            let levels = document::MAX_DEPTH / 2 - 2;
            format!("{}{inner}{}", open.repeat(levels), "]}".repeat(levels))
        };
        let values = nested("{\"Fn::If\": [\"C\", 1, ", "2");
        let conditions = nested("{\"Fn::Not\": [", "1");
        let mut texts = vec![
            format!("{{\"Resources\": {{\"A\": {{\"Type\": \"T\", \"Properties\": {values}}}}}}}"),
            format!("{{\"Conditions\": {{\"C\": {conditions}}}, \"Resources\": {{\"A\": {{\"Type\": \"T\", \"Condition\": \"C\"}}}}}}"),
        ];
        let mut chain = "Resources: {A: {Type: T, Condition: C0}}\nConditions:\n".to_owned();
        let mut names = "Resources:\n".to_owned();
        for level in 0..5_000 {
            let next = level + 1;
            writeln!(chain, "  C{level}: !Not [!Condition C{next}]").unwrap();
            let name = format!("!Sub ['${{x}}', {{x: !Join ['', [!Ref B{next}]]}}]");
            writeln!(names, "  B{level}: {{Type: AWS::S3::Bucket, Properties: {{BucketName: {name}}}}}").unwrap();
        }
        texts.extend([chain, names]);
        let reader = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
            for text in &texts {
                assert!(!read(text).resources.is_empty());
            }
        });
        reader.unwrap().join().unwrap();
    }

    #[test]
    fn what_multiplies_is_stopped() {
        let mut text = "Resources:\n  A: {Type: T, Properties: {P: ".to_owned();
        text.push_str(&"!Sub ['${x}${x}', {x: ".repeat(60));
        text.push('y');
        text.push_str(&"}]".repeat(60));
        text.push_str("}}\n");
        assert!(error(&text).contains("multiply"), "{}", error(&text));
        let mut wide = format!("Parameters: {{P: {{Type: String, Default: {}}}}}\nResources:\n", "x".repeat(1 << 20));
        for count in 0..1_000 {
            writeln!(wide, "  R{count}: {{Type: T, Properties: {{P: !Ref P}}}}").unwrap();
        }
        assert!(error(&wide).contains("multiply"));
        let mut names = "Resources:\n".to_owned();
        for count in 0..60 {
            writeln!(names, "  B{count}: {{Type: AWS::S3::Bucket, Properties: {{BucketName: !Sub '${{B{0}}}${{B{0}}}'}}}}", count + 1)
                .unwrap();
        }
        assert!(error(&names).contains("multiply"));
    }
}
