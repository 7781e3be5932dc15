//! `Ref` and `Fn::GetAtt`: parameters, pseudo parameters and other resources of the template.

use partywall_model::Value;

use super::document::{Position, shown};
use super::resolver::{Resolver, Stop};
use super::sections::Declared;
use super::values;
use crate::derive::is_dynamic;

/// Attributes whose form tells what they are: type, attribute, and what AWS answers.
const FORMS: [(&str, &str, &str); 4] = [
    ("AWS::S3::Bucket", "DomainName", "{name}.s3.{AWS::URLSuffix}"),
    ("AWS::S3::Bucket", "RegionalDomainName", "{name}.s3.{AWS::Region}.{AWS::URLSuffix}"),
    ("AWS::Logs::LogGroup", "Arn", "arn:{AWS::Partition}:logs:{AWS::Region}:{AWS::AccountId}:log-group:{name}:*"),
    ("AWS::KinesisFirehose::DeliveryStream", "Arn", "arn:{AWS::Partition}:firehose:{AWS::Region}:{AWS::AccountId}:deliverystream/{name}"),
];

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
        let (logical_id, declared) = self.resource(name, at)?;
        if is_chosen(declared.resource_type) {
            return Err(self.unknown(format!("`{}` is known only after deployment ({})", shown(logical_id), self.place(at))));
        }
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
        let stated =
            declared.properties.filter(|_| !is_chosen(declared.resource_type)).and_then(|properties| properties.at_path(attribute));
        if let Some(node) = stated
            && let Some(value) = self.referred(node)?
        {
            return match value {
                Value::Unknown(cause) => Err(Stop::Unknown(cause)),
                value => Ok(value),
            };
        }
        // These hold whatever somebody chose, not an id that AWS makes: that they are set says nothing.
        let chosen = match declared.resource_type {
            "AWS::CloudFormation::Stack" => attribute.starts_with("Outputs."),
            "AWS::SSM::Parameter" => true,
            other => is_chosen(other) || attribute.contains("Cidr"),
        };
        if chosen {
            let (name, attribute) = (shown(logical_id), shown(attribute));
            return Err(self.unknown(format!("`{name}.{attribute}` is known only after deployment ({})", self.place(at))));
        }
        if let Some((_, _, form)) = FORMS.iter().find(|form| (form.0, form.1) == (declared.resource_type, attribute)) {
            return self.formed(form, logical_id, at);
        }
        self.write(at, logical_id.len() + attribute.len() + 3)?;
        Ok(Value::str(format!("{{{logical_id}.{attribute}}}")))
    }

    /// An attribute by its form.
    fn formed(&mut self, form: &str, logical_id: &str, at: Position) -> Result<Value, Stop> {
        let mut text = form.to_owned();
        for name in ["AWS::Partition", "AWS::AccountId", "AWS::Region", "AWS::URLSuffix"] {
            let placeholder = format!("{{{name}}}");
            if form.contains(&placeholder) {
                // A host name is told by its form: no symbol may stand for a part of it but the name.
                let symbols = form.starts_with("arn:");
                let value = self.with_symbols(symbols || name == "AWS::URLSuffix", |this| this.pseudo_parameter(name, at))?;
                text = text.replace(&placeholder, value.as_str().unwrap_or(&placeholder));
            }
        }
        let name = self.physical_id(logical_id)?.unwrap_or_else(|| format!("{{{logical_id}}}").into());
        text = text.replace("{name}", &name);
        self.write(at, text.len())?;
        Ok(Value::str(text))
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
        Ok(value.as_ref().and_then(values::text).filter(|text| !text.is_empty() && !is_dynamic(text)).map(Into::into))
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
}

/// True for resources whose id and attributes are what somebody's code answers: of other providers, modules, custom resources, wait conditions.
fn is_chosen(resource_type: &str) -> bool {
    !resource_type.starts_with("AWS::")
        || resource_type.ends_with("::MODULE")
        || matches!(
            resource_type,
            "AWS::CloudFormation::CustomResource" | "AWS::CloudFormation::WaitCondition" | "AWS::CloudFormation::WaitConditionHandle"
        )
}

#[cfg(test)]
mod tests {
    use super::super::Parameters;
    use super::super::tests::{read, shown_with};

    const SECTIONS: &str = "\
Parameters:
  Text: {Type: String, Default: 012}
  Free: {Type: String}
Resources:
  Named: {Type: AWS::S3::Bucket, Properties: {BucketName: logs}}
  Built: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '${AWS::AccountId}-logs'}}
  Open: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Free}}
  Plain: {Type: AWS::S3::Bucket}
  Stored elsewhere: {Type: AWS::S3::Bucket, Properties: {BucketName: '{{resolve:ssm:/name}}'}}
  Logs: {Type: AWS::Logs::LogGroup}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: t}}
  Nested: {Type: AWS::X::Nested, Properties: {Config: {Name: inner}}}
  LoopA: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref LoopB}}
  LoopB: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref LoopA}}
  Stack: {Type: AWS::CloudFormation::Stack}
  Own: {Type: Custom::Thing, Properties: {Cidr: 10.0.0.0/8}}
  Theirs: {Type: My::Org::Net}
  Mod: {Type: 'AWS::X::Y::MODULE'}
  Wait: {Type: AWS::CloudFormation::WaitCondition}
  Vpc: {Type: AWS::EC2::VPC, Properties: {Ipv4IpamPoolId: x}}
  Stored: {Type: AWS::SSM::Parameter, Properties: {Value: v, Name: !Ref Free}}";

    fn shown(expression: &str) -> String {
        shown_with(SECTIONS, expression, &Parameters::default())
    }

    #[test]
    fn resources_are_named_or_symbols() {
        for (expression, want) in [
            ("!Ref Named", "\"logs\""),
            ("!Ref Built", "\"{AWS::AccountId}-logs\""),
            ("!Ref Open", "\"{Open}\""),
            ("!Ref Stored elsewhere", "\"{Stored elsewhere}\""),
            ("!Ref Plain", "\"{Plain}\""),
            ("!GetAtt Plain.DomainName", "\"{Plain}.s3.amazonaws.com\""),
            ("!GetAtt Logs.Arn", "\"arn:aws:logs:{AWS::Region}:{AWS::AccountId}:log-group:{Logs}:*\""),
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
            ("!GetAtt Own.Cidr", "`Own.Cidr` is known only after deployment"),
            ("!Ref Own", "`Own` is known only after deployment"),
            ("!Ref Theirs", "`Theirs` is known only after deployment"),
            ("!GetAtt Theirs.Cidr", "`Theirs.Cidr` is known only after deployment"),
            ("!Ref Mod", "`Mod` is known only after deployment"),
            ("!GetAtt Wait.Data", "`Wait.Data` is known only after deployment"),
            ("!GetAtt Vpc.CidrBlock", "`Vpc.CidrBlock` is known only after deployment"),
            ("!GetAtt Plain.RegionalDomainName", "`AWS::Region` is known only at deployment"),
            ("!GetAtt Stored.Type", "`Stored.Type` is known only after deployment"),
            ("!GetAtt Stored.Name", "parameter `Free` has no default"),
            ("!GetAtt Plain", "`Fn::GetAtt` has arguments of the wrong shape"),
            ("{Ref: [a]}", "`Ref` has arguments of the wrong shape"),
        ] {
            assert!(shown(expression).strip_prefix('?').unwrap().starts_with(want), "{expression}: {}", shown(expression));
        }
        assert!(shown("!Ref LoopA").starts_with("\"{Loop"));
        let china = Parameters { region: Some("cn-north-1".to_owned()), ..Parameters::default() };
        assert_eq!(shown_with(SECTIONS, "!GetAtt Named.RegionalDomainName", &china), "\"logs.s3.cn-north-1.amazonaws.com.cn\"");
    }

    #[test]
    fn ids_and_references_agree() {
        let template = read(SECTIONS);
        let ids: Vec<_> = template.resources.iter().map(|resource| (&**resource.logical_id.as_ref().unwrap(), &*resource.id)).collect();
        assert_eq!(ids[..4], [("Named", "logs"), ("Built", "{AWS::AccountId}-logs"), ("Open", "Open"), ("Plain", "Plain")]);
        assert_eq!(template.resources[3].name, None);
    }
}
