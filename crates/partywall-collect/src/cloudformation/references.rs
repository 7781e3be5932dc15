//! `Ref` and `Fn::GetAtt`: parameters, pseudo parameters and other resources of the template.

use partywall_model::{Cause, CauseKind, Value};

use super::document::{Kind, Member, Node, Position, json_number, shown};
use super::resolver::{Resolver, Stop};
use super::sections::Declared;
use super::values;

impl<'a> Resolver<'a> {
    /// What `Ref` of a name gives; `None` for `AWS::NoValue`.
    pub(super) fn reference(&mut self, name: &str, at: Position) -> Result<Option<Value>, Stop> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if name.starts_with("AWS::") {
            return self.pseudo_parameter(name, at).map(Some);
        }
        if let Some(member) = self.sections.parameters.get(name).copied() {
            return self.parameter(member, at).map(Some);
        }
        let (logical_id, _) = self.resource(name, at)?;
        let text = match self.physical_id(logical_id)? {
            Some(id) => id,
            None => format!("{{{logical_id}}}").into(),
        };
        self.write(at, text.len())?;
        Ok(Some(Value::Str(text)))
    }

    /// What `Fn::GetAtt` gives: the property of that name where the template sets it, else a text that says which attribute is meant.
    pub(super) fn attribute(&mut self, name: &str, attribute: &str, at: Position) -> Result<Value, Stop> {
        let (logical_id, declared) = self.resource(name, at)?;
        if let Some(node) = declared.properties.and_then(|properties| properties.at_path(attribute))
            && let Some(value) = self.referred(node)?
        {
            return match value {
                Value::Unknown(cause) => Err(Stop::Unknown(cause)),
                value => Ok(value),
            };
        }
        // These attributes hold whatever somebody chose, not an id that AWS makes: that they are set says nothing.
        let chosen = match declared.resource_type {
            "AWS::CloudFormation::Stack" => attribute.starts_with("Outputs."),
            "AWS::CloudFormation::CustomResource" | "AWS::SSM::Parameter" => true,
            other => other.starts_with("Custom::"),
        };
        if chosen {
            let (name, attribute) = (shown(logical_id), shown(attribute));
            return Err(self.unknown(format!("`{name}.{attribute}` is known only after deployment ({})", self.place(at))));
        }
        self.write(at, logical_id.len() + attribute.len() + 3)?;
        Ok(Value::str(format!("{{{logical_id}.{attribute}}}")))
    }

    /// The explicit name of a resource, where its type has one that is its id and the template makes it known.
    pub(super) fn physical_id(&mut self, logical_id: &str) -> Result<Option<Box<str>>, Stop> {
        let Some(declared) = self.sections.resources.get(logical_id).copied() else { return Ok(None) };
        let Some(node) = (self.id_property)(declared.resource_type)
            .and_then(|path| declared.properties.and_then(|properties| properties.at_path(&path)))
        else {
            return Ok(None);
        };
        let value = self.referred(node)?;
        Ok(value.as_ref().and_then(values::text).filter(|text| !text.is_empty()).map(Into::into))
    }

    /// A resource that may be referred to here.
    fn resource(&mut self, name: &str, at: Position) -> Result<(&'a str, Declared<'a>), Stop> {
        let Some((logical_id, declared)) = self.sections.resources.get_key_value(name).map(|(key, value)| (*key, *value)) else {
            return Err(self.unknown(format!("`{}` is not declared in this template ({})", shown(name), self.place(at))));
        };
        if !self.symbols {
            return Err(self.unknown(format!("`{}` is known only after deployment ({})", shown(name), self.place(at))));
        }
        if let Some(condition) = declared.condition
            && let Some(condition) = condition.text()
        {
            match self.condition(&condition, at) {
                Ok(false) => {
                    let condition = shown(&condition);
                    return Err(self.unknown(format!(
                        "`{}` is left out by its condition `{condition}`, yet referred to ({})",
                        shown(name),
                        self.place(at)
                    )));
                }
                Ok(true) | Err(Stop::Unknown(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok((logical_id, declared))
    }

    fn parameter(&mut self, member: &'a Member, at: Position) -> Result<Value, Stop> {
        let value = if let Some(value) = self.parameter_values.get(&*member.name) {
            value.clone()
        } else {
            let value = self.parameter_value(member);
            self.parameter_values.insert(&member.name, value.clone());
            value
        };
        match value {
            Value::Unknown(cause) => Err(Stop::Unknown(cause)),
            value => Ok(self.copy(&value, at)?),
        }
    }

    fn parameter_value(&self, member: &Member) -> Value {
        let name = shown(&member.name);
        let place = self.place(member.at);
        let unknown = |detail: String| Value::unknown(Cause::new(CauseKind::UnresolvedReference, detail));
        let text_of = |key: &str| member.value.get(key).and_then(Node::text);
        if text_of("NoEcho").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            return unknown(format!("parameter `{name}` is NoEcho ({place})"));
        }
        let kind = text_of("Type").unwrap_or("String".into());
        if kind.starts_with("AWS::SSM::Parameter::Value<") {
            return unknown(format!("parameter `{name}` is read from Systems Manager at deployment ({place})"));
        }
        let given = self.parameters.values.get(&*member.name).map(|text| text.as_str().into());
        let Some(text) = given.or_else(|| text_of("Default")) else {
            return unknown(format!("parameter `{name}` has no default ({place}); pass --param {name}=…"));
        };
        let number = |text: &str| match json_number(text) {
            Some(Kind::Int(value)) => Value::Int(value),
            Some(Kind::Float(value)) => Value::Float(value),
            _ => Value::str(text),
        };
        match &*kind {
            "Number" => number(text.trim()),
            kind if kind == "CommaDelimitedList" || kind.starts_with("List<") => {
                let items = text.split(',').map(str::trim).filter(|_| !text.trim().is_empty());
                Value::List(items.map(|item| if kind == "List<Number>" { number(item) } else { Value::str(item) }).collect())
            }
            _ => Value::str(text.as_ref()),
        }
    }

    fn pseudo_parameter(&mut self, name: &str, at: Position) -> Result<Value, Stop> {
        let region = self.parameters.values.get("AWS::Region").or(self.parameters.region.as_ref());
        let given = self.parameters.values.get(name).map(String::as_str).or_else(|| match name {
            "AWS::AccountId" => self.parameters.account.as_deref(),
            "AWS::Region" => region.map(String::as_str),
            "AWS::Partition" => partition(region?).map(|(partition, _)| partition),
            "AWS::URLSuffix" => partition(region?).map(|(_, suffix)| suffix),
            _ => None,
        });
        if let Some(text) = given {
            return Ok(Value::str(text));
        }
        match name {
            "AWS::AccountId" | "AWS::Region" | "AWS::Partition" | "AWS::URLSuffix" | "AWS::StackName" | "AWS::StackId" if self.symbols => {
                Ok(Value::str(format!("{{{name}}}")))
            }
            // A list that may be empty: no text can stand for it.
            "AWS::AccountId"
            | "AWS::Region"
            | "AWS::Partition"
            | "AWS::URLSuffix"
            | "AWS::StackName"
            | "AWS::StackId"
            | "AWS::NotificationARNs" => {
                Err(self.unknown(format!("`{name}` is known only at deployment ({}); pass --param {name}=…", self.place(at))))
            }
            _ => Err(self.unknown(format!("`{}` is no pseudo parameter ({})", shown(name), self.place(at)))),
        }
    }
}

/// Partition and URL suffix of a region, for the three partitions whose region names say so plainly.
fn partition(region: &str) -> Option<(&'static str, &'static str)> {
    let first = region.split('-').next()?;
    match first {
        "cn" => Some(("aws-cn", "amazonaws.com.cn")),
        "us" if region.starts_with("us-gov-") => Some(("aws-us-gov", "amazonaws.com")),
        "us" if region.starts_with("us-iso") => None,
        "af" | "ap" | "ca" | "eu" | "il" | "me" | "mx" | "sa" | "us" if !region.starts_with("eu-isoe") => Some(("aws", "amazonaws.com")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Parameters;
    use super::super::tests::{read, shown_with};

    const SECTIONS: &str = "\
Parameters:
  Text: {Type: String, Default: 012}
  Flag: {Type: String, Default: True}
  Number: {Type: Number, Default: '42'}
  List: {Type: CommaDelimitedList, Default: 'a, b ,c'}
  Numbers: {Type: List<Number>, Default: '1,2'}
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>', Default: ''}
  Free: {Type: String}
  Secret: {Type: String, NoEcho: true, Default: hunter2}
  Ami: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /x}
  Typeless: {Default: x}
Resources:
  Named: {Type: AWS::S3::Bucket, Properties: {BucketName: logs}}
  Built: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '${AWS::AccountId}-logs'}}
  Open: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Free}}
  Plain: {Type: AWS::S3::Bucket}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: t}}
  Nested: {Type: AWS::X::Nested, Properties: {Config: {Name: inner}}}
  LoopA: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref LoopB}}
  LoopB: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref LoopA}}
  Stack: {Type: AWS::CloudFormation::Stack}
  Own: {Type: Custom::Thing}
  Stored: {Type: AWS::SSM::Parameter, Properties: {Value: v, Name: !Ref Free}}";

    fn shown(expression: &str) -> String {
        shown_with(SECTIONS, expression, &Parameters::default())
    }

    #[test]
    fn parameters_have_their_types() {
        for (name, want) in [
            ("Text", "\"012\""),
            ("Flag", "\"true\""),
            ("Number", "42"),
            ("List", "[\"a\",\"b\",\"c\"]"),
            ("Numbers", "[1,2]"),
            ("Subnets", "[]"),
            ("Typeless", "\"x\""),
            ("Free", "?parameter `Free` has no default (t.yaml:8:3); pass --param Free=…"),
            ("Secret", "?parameter `Secret` is NoEcho (t.yaml:9:3)"),
            ("Ami", "?parameter `Ami` is read from Systems Manager at deployment (t.yaml:10:3)"),
        ] {
            assert_eq!(shown(&format!("!Ref {name}")), want, "{name}");
        }
        let values = ["Free", "Secret", "Number", "List"].map(|name| (name.to_owned(), "7".to_owned()));
        let given = Parameters { values: values.into(), ..Parameters::default() };
        assert_eq!(shown_with(SECTIONS, "[!Ref Free, !Ref Number, !Ref List]", &given), "[\"7\",7,[\"7\"]]");
        assert_eq!(shown_with(SECTIONS, "!Ref Secret", &given), "?parameter `Secret` is NoEcho (t.yaml:9:3)");
    }

    #[test]
    fn pseudo_parameters_are_given_or_symbols() {
        assert_eq!(
            shown("!Sub 'arn:${AWS::Partition}:s3:${AWS::Region}:${AWS::AccountId}:${AWS::URLSuffix}'"),
            "\"arn:{AWS::Partition}:s3:{AWS::Region}:{AWS::AccountId}:{AWS::URLSuffix}\""
        );
        assert_eq!(shown("!Ref AWS::StackName"), "\"{AWS::StackName}\"");
        assert_eq!(shown("!Ref AWS::NoValue"), "absent");
        assert_eq!(shown("[a, !Ref AWS::NoValue, b]"), "[\"a\",\"b\"]");
        assert!(shown("!Ref AWS::NotificationARNs").starts_with("?`AWS::NotificationARNs` is known only at deployment"));
        assert!(shown("!Ref AWS::Nonsense").starts_with("?`AWS::Nonsense` is no pseudo parameter"));
        for (region, want) in [
            ("eu-west-1", "\"aws amazonaws.com\""),
            ("cn-north-1", "\"aws-cn amazonaws.com.cn\""),
            ("us-gov-west-1", "\"aws-us-gov amazonaws.com\""),
            ("us-iso-east-1", "\"{AWS::Partition} {AWS::URLSuffix}\""),
            ("eu-isoe-west-1", "\"{AWS::Partition} {AWS::URLSuffix}\""),
        ] {
            let parameters =
                Parameters { region: Some(region.to_owned()), account: Some("111122223333".to_owned()), ..Parameters::default() };
            assert_eq!(shown_with(SECTIONS, "!Sub '${AWS::Partition} ${AWS::URLSuffix}'", &parameters), want);
            assert_eq!(shown_with(SECTIONS, "!Ref AWS::AccountId", &parameters), "\"111122223333\"");
        }
        let parameters = Parameters { values: [("AWS::StackName".to_owned(), "shop".to_owned())].into(), ..Parameters::default() };
        assert_eq!(shown_with(SECTIONS, "!Ref AWS::StackName", &parameters), "\"shop\"");
    }

    #[test]
    fn resources_are_named_or_symbols() {
        for (expression, want) in [
            ("!Ref Named", "\"logs\""),
            ("!Ref Built", "\"{AWS::AccountId}-logs\""),
            ("!Ref Open", "\"{Open}\""),
            ("!Ref Plain", "\"{Plain}\""),
            ("!Ref Topic", "\"{Topic}\""),
            ("!Ref Nested", "\"inner\""),
            ("!GetAtt Plain.Arn", "\"{Plain.Arn}\""),
            ("!GetAtt [Plain, Arn]", "\"{Plain.Arn}\""),
            ("!GetAtt Plain.A.B", "\"{Plain.A.B}\""),
            ("!GetAtt [Plain, !Ref Text]", "\"{Plain.012}\""),
            ("!GetAtt Topic.TopicName", "\"t\""),
            ("!GetAtt Stored.Value", "\"v\""),
        ] {
            assert_eq!(shown(expression), want, "{expression}");
        }
        for (expression, want) in [
            ("!Ref Nowhere", "`Nowhere` is not declared in this template"),
            ("!GetAtt Nowhere.Arn", "`Nowhere` is not declared in this template"),
            ("!GetAtt Stack.Outputs.X", "`Stack.Outputs.X` is known only after deployment"),
            ("!GetAtt Own.X", "`Own.X` is known only after deployment"),
            ("!GetAtt Stored.Type", "`Stored.Type` is known only after deployment"),
            ("!GetAtt Stored.Name", "parameter `Free` has no default"),
            ("!GetAtt Plain", "`Fn::GetAtt` has arguments of the wrong shape"),
            ("{Ref: [a]}", "`Ref` has arguments of the wrong shape"),
        ] {
            assert!(shown(expression).strip_prefix('?').unwrap().starts_with(want), "{expression}: {}", shown(expression));
        }
        assert!(shown("!Ref LoopA").starts_with("\"{Loop"));
    }

    #[test]
    fn ids_and_references_agree() {
        let template = read(SECTIONS);
        let ids: Vec<_> = template.resources.iter().map(|resource| (&**resource.logical_id.as_ref().unwrap(), &*resource.id)).collect();
        assert_eq!(ids[..4], [("Named", "logs"), ("Built", "{AWS::AccountId}-logs"), ("Open", "Open"), ("Plain", "Plain")]);
        assert_eq!(template.resources[3].name, None);
    }
}
