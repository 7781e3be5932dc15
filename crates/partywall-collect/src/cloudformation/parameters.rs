//! Parameters and pseudo parameters: what the user gives for them, their defaults, and what the template allows.

use partywall_model::{Cause, CauseKind, Value};
use regex::Regex;

use super::document::{Kind, Member, Node, Position, json_number, shown};
use super::resolver::{Resolver, Stop};
use crate::derive::is_pointer;

impl<'a> Resolver<'a> {
    pub(super) fn parameter(&mut self, member: &'a Member, at: Position) -> Result<Value, Stop> {
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
        let cause = |detail: String| Cause::new(CauseKind::UnresolvedReference, detail);
        let unknown = |detail: String| Value::unknown(cause(detail));
        let text_of = |key: &str| member.value.get(key).and_then(Node::text);
        if text_of("NoEcho").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            let cause = cause(format!("parameter `{name}` is NoEcho ({place})"));
            // The default of a hidden parameter stands in the template for everyone to read.
            let stated = text_of("Default").is_some_and(|text| !text.is_empty() && !is_pointer(&text));
            return Value::unknown(if stated { cause.stating_text() } else { cause });
        }
        if let Some(message) = self.refused(member) {
            return unknown(format!("{message} ({place})"));
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

    /// Why CloudFormation would refuse the value that the user gives for a parameter, if it would.
    pub(super) fn refused(&self, member: &Member) -> Option<String> {
        let given = self.parameters.values.get(&*member.name)?;
        let text_of = |key: &str| member.value.get(key).and_then(Node::text);
        let kind = text_of("Type").unwrap_or("String".into());
        let numeric = matches!(&*kind, "Number" | "List<Number>");
        let items: Vec<&str> = match &*kind {
            kind if kind == "CommaDelimitedList" || kind.starts_with("List<") => given.split(',').map(str::trim).collect(),
            "Number" => vec![given.trim()],
            _ => vec![given],
        };
        let allowed: Option<Vec<_>> =
            member.value.get("AllowedValues").and_then(Node::items).map(|items| items.iter().filter_map(Node::text).collect());
        let pattern = text_of("AllowedPattern").and_then(|pattern| Regex::new(&format!("^(?:{pattern})$")).ok());
        let limit = |key: &str| Some((key.to_owned(), text_of(key)?.trim().parse::<f64>().ok()?));
        let hidden = text_of("NoEcho").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let wrong = items.iter().find_map(|item| {
            let number = item.parse::<f64>().ok();
            if numeric && number.is_none() {
                return Some("a number".to_owned());
            }
            if let Some(allowed) = allowed.as_ref().filter(|allowed| !allowed.iter().any(|known| known == item)) {
                return Some(format!(
                    "one of {}",
                    allowed.iter().map(|known| format!("`{}`", shown(known))).collect::<Vec<_>>().join(", ")
                ));
            }
            if pattern.as_ref().is_some_and(|pattern| !pattern.is_match(item)) {
                return Some(format!("a text that matches `{}`", shown(&text_of("AllowedPattern").unwrap_or_default())));
            }
            let length = || u32::try_from(item.chars().count()).ok().map(f64::from);
            let below = |limit: Option<(String, f64)>, size: Option<f64>| limit.filter(|(_, least)| size.is_some_and(|size| size < *least));
            let above = |limit: Option<(String, f64)>, size: Option<f64>| limit.filter(|(_, most)| size.is_some_and(|size| size > *most));
            let broken = below(limit("MinValue"), number)
                .or_else(|| above(limit("MaxValue"), number))
                .or_else(|| below(limit("MinLength"), length()))
                .or_else(|| above(limit("MaxLength"), length()));
            broken.map(|(key, limit)| format!("a value within its `{key}` of {limit}"))
        })?;
        let value = if hidden { "its value".to_owned() } else { format!("`{}`", shown(given)) };
        Some(format!("parameter `{}` cannot be {value}: the template asks for {wrong}", shown(&member.name)))
    }

    pub(super) fn pseudo_parameter(&mut self, name: &str, at: Position) -> Result<Value, Stop> {
        let region = self.parameters.values.get("AWS::Region").or(self.parameters.region.as_ref());
        let given = self.parameters.values.get(name).map(String::as_str).or_else(|| match name {
            "AWS::AccountId" => self.parameters.account.as_deref(),
            "AWS::Region" => region.map(String::as_str),
            // Without a region these are written as most people write them: no duty differs by them, and texts with them can be read.
            "AWS::Partition" if region.is_none() && self.symbols => Some("aws"),
            "AWS::URLSuffix" if region.is_none() && self.symbols => Some("amazonaws.com"),
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
    use super::super::tests::{read, read_with, shown_with};

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
Resources:";

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
            "\"arn:aws:s3:{AWS::Region}:{AWS::AccountId}:amazonaws.com\""
        );
        let text = format!("{SECTIONS}\n  Probe: {{Type: T, Condition: C}}\nConditions: {{C: !Equals [!Ref AWS::Partition, aws]}}");
        assert!(read(&text).resources[0].condition.is_some(), "no condition rests on it");
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
    fn values_that_the_template_refuses_are_not_taken() {
        let given = |declared: &str, value: &str| {
            let text = format!("Parameters: {{P: {{{declared}}}}}\nResources: {{A: {{Type: T, Properties: {{V: !Ref P}}}}}}");
            let parameters = Parameters { values: [("P".to_owned(), value.to_owned())].into(), ..Parameters::default() };
            let template = read_with(&text, &parameters);
            let unknown = template.resources[0].properties.first_unknown().is_some();
            assert_eq!(unknown, !template.warnings.is_empty(), "{declared} {value}");
            template.warnings.first().map(|warning| warning.message.clone()).unwrap_or_default()
        };
        let refused = |asked: &str, value: &str| format!("parameter `P` cannot be `{value}`: the template asks for {asked}");
        for (declared, good, bad, asked) in [
            ("Type: String, AllowedValues: [dev, prod]", "dev", "prd", "one of `dev`, `prod`"),
            ("Type: Number, MinValue: 5", "5", "0", "a value within its `MinValue` of 5"),
            ("Type: Number, MaxValue: '5'", "4.5", "6", "a value within its `MaxValue` of 5"),
            ("Type: Number", "-1", "abc", "a number"),
            ("Type: String, MinLength: 2", "ab", "a", "a value within its `MinLength` of 2"),
            ("Type: String, MaxLength: 2", "ää", "abc", "a value within its `MaxLength` of 2"),
            ("Type: String, AllowedPattern: '[a-z]+'", "abc", "abc1", "a text that matches `[a-z]+`"),
            ("Type: CommaDelimitedList, AllowedValues: [a, b]", "a, b", "a,c", "one of `a`, `b`"),
            ("Type: List<Number>", "1,2", "1,x", "a number"),
        ] {
            assert_eq!(given(declared, good), "", "{declared}");
            assert_eq!(given(declared, bad), refused(asked, bad), "{declared}");
        }
        assert_eq!(given("Type: String, AllowedPattern: '(?=a)b'", "x"), "", "a pattern of Java's that is none here is not guessed");
        let parameters = Parameters { values: [("P".to_owned(), "hunter2".to_owned())].into(), ..Parameters::default() };
        let hidden = read_with("Parameters: {P: {Type: String, NoEcho: true, MaxLength: 2}}\nResources: {}", &parameters);
        assert!(!hidden.warnings[0].message.contains("hunter2"));
    }
}
