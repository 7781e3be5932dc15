//! Intrinsic functions. Every one gives a value, or says why only a deployment knows it.

use std::collections::HashMap;

use partywall_model::Value;

use super::document::{Kind, Node, Position, shown};
use super::resolver::{Resolver, Stop};
use super::values;

impl<'a> Resolver<'a> {
    /// The value of a function call; `None` if it comes to `AWS::NoValue`.
    pub(super) fn function(&mut self, name: &str, argument: &'a Node, at: Position) -> Result<Option<Value>, Stop> {
        if name == "Fn::If" {
            return self.choose(argument, at);
        }
        self.quiet(|this| {
            let value = match (name, argument.items()) {
                ("Ref", None) => match argument.text() {
                    Some(name) => return this.reference(&name, at),
                    None => return Err(this.malformed(name, at)),
                },
                ("Fn::GetAtt", None) => match argument.text().as_deref().and_then(|text| text.split_once('.')) {
                    Some((resource, attribute)) => this.attribute(resource, attribute, at)?,
                    None => return Err(this.malformed(name, at)),
                },
                ("Fn::GetAtt", Some([resource, attribute @ ..])) if !attribute.is_empty() => {
                    let resource = this.known_text(resource)?;
                    let attribute = attribute.iter().map(|part| this.known_text(part)).collect::<Result<Vec<_>, _>>()?;
                    this.attribute(&resource, &attribute.join("."), at)?
                }
                ("Fn::Sub", None) => this.substitute(argument, None, at)?,
                ("Fn::Sub", Some([text, variables])) => this.substitute(text, Some(variables), at)?,
                ("Fn::Join", Some([delimiter, list])) => this.join(delimiter, list, at)?,
                ("Fn::Split", Some([delimiter, text])) => this.split(delimiter, text, at)?,
                ("Fn::Select", Some([index, list])) => this.select(index, list, at)?,
                ("Fn::FindInMap", Some([map, first, second])) => this.find_in_map([map, first, second], None, at)?,
                ("Fn::FindInMap", Some([map, first, second, options])) => {
                    this.find_in_map([map, first, second], options.get("DefaultValue"), at)?
                }
                // The text stays readable: detectors look for secrets in user data, and nothing else compares the encoded form.
                ("Fn::Base64", _) => Value::str(this.known_text(argument)?),
                ("Fn::Length", _) => {
                    let length = this.known_list(argument)?.len();
                    Value::Int(i64::try_from(length).unwrap_or(i64::MAX))
                }
                ("Fn::ToJsonString", _) => {
                    let value = this.known(argument)?;
                    if let Some(cause) = value.first_unknown() {
                        return Err(Stop::Unknown(cause.clone()));
                    }
                    let text = values::json(&value).to_string();
                    this.write(at, text.len())?;
                    Value::str(text)
                }
                ("Fn::ImportValue" | "Fn::GetAZs" | "Fn::Cidr" | "Fn::Transform", _) => {
                    let of = argument.text().filter(|text| !text.is_empty()).map(|text| format!(" of `{}`", shown(&text)));
                    let of = of.unwrap_or_default();
                    return Err(this.unknown(format!("`{name}`{of} is resolved at deployment ({})", this.place(at))));
                }
                ("Fn::GetAtt" | "Fn::Sub" | "Fn::Join" | "Fn::Split" | "Fn::Select" | "Fn::FindInMap" | "Ref", _) => {
                    return Err(this.malformed(name, at));
                }
                _ => return Err(this.unknown(format!("`{}` is not resolved here ({})", shown(name), this.place(at)))),
            };
            Ok(Some(value))
        })
    }

    fn malformed(&mut self, name: &str, at: Position) -> Stop {
        self.unknown(format!("`{name}` has arguments of the wrong shape ({})", self.place(at)))
    }

    /// A value that is there and known; a list or mapping may still hold unknowns.
    pub(super) fn known(&mut self, node: &'a Node) -> Result<Value, Stop> {
        match self.value(node)? {
            Some(Value::Unknown(cause)) => Err(Stop::Unknown(cause)),
            Some(value) => Ok(value),
            None => Err(self.unknown(format!("`AWS::NoValue` where a value is needed ({})", self.place(node.at)))),
        }
    }

    pub(super) fn known_text(&mut self, node: &'a Node) -> Result<String, Stop> {
        match values::text(&self.known(node)?) {
            Some(text) => Ok(text.into_owned()),
            None => Err(self.unknown(format!("not a text ({})", self.place(node.at)))),
        }
    }

    /// A list all of whose elements are known.
    fn known_list(&mut self, node: &'a Node) -> Result<Vec<Value>, Stop> {
        match self.known(node)? {
            Value::List(items) => match items.iter().find(|item| item.is_unknown()) {
                Some(Value::Unknown(cause)) => Err(Stop::Unknown(cause.clone())),
                _ => Ok(items),
            },
            _ => Err(self.unknown(format!("not a list ({})", self.place(node.at)))),
        }
    }

    /// `Fn::If`. The one function whose result's inner positions are worth keeping: its branches are written like any property.
    fn choose(&mut self, argument: &'a Node, at: Position) -> Result<Option<Value>, Stop> {
        let Some([condition, yes, no]) = argument.items() else { return Err(self.malformed("Fn::If", at)) };
        let Some(name) = condition.text() else { return Err(self.malformed("Fn::If", at)) };
        match self.condition(&name, condition.at) {
            Ok(true) => Ok(self.value(yes)?),
            Ok(false) => Ok(self.value(no)?),
            Err(Stop::Unknown(cause)) => {
                let first = self.value(yes)?;
                let second = self.quiet(|this| this.value(no))?;
                Ok(values::either(first, second, &cause))
            }
            Err(fault @ Stop::Fault(_)) => Err(fault),
        }
    }

    fn substitute(&mut self, text: &'a Node, variables: Option<&'a Node>, at: Position) -> Result<Value, Stop> {
        let Kind::Str(template) = &text.kind else { return self.known_text(text).map(Value::str) };
        let variables: HashMap<&str, &'a Node> = match variables.map(Node::members) {
            None => HashMap::new(),
            Some(Some(members)) => members.iter().map(|member| (&*member.name, &member.value)).collect(),
            Some(None) => return Err(self.malformed("Fn::Sub", at)),
        };
        self.write(at, template.len())?;
        let mut written = String::new();
        let mut rest: &str = template;
        while let Some((before, opened)) = rest.split_once("${") {
            let Some((name, after)) = opened.split_once('}') else { break };
            written.push_str(before);
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                written.push_str("${");
                written.push_str(literal);
                written.push('}');
                continue;
            }
            let name = name.trim();
            self.step(at, 1)?;
            let value = match (variables.get(name), name.split_once('.')) {
                (Some(node), _) => self.value(node)?,
                (None, Some((resource, attribute))) => Some(self.attribute(resource, attribute, at)?),
                (None, None) => self.reference(name, at)?,
            };
            match value {
                Some(Value::Unknown(cause)) => return Err(Stop::Unknown(cause)),
                value => match value.as_ref().and_then(values::text) {
                    Some(text) => {
                        self.write(at, text.len())?;
                        written.push_str(&text);
                    }
                    None => return Err(self.unknown(format!("`${{{}}}` is no text ({})", shown(name), self.place(at)))),
                },
            }
        }
        written.push_str(rest);
        Ok(Value::str(written))
    }

    fn join(&mut self, delimiter: &'a Node, list: &'a Node, at: Position) -> Result<Value, Stop> {
        let delimiter = self.known_text(delimiter)?;
        let items = self.known_list(list)?;
        let mut joined = String::new();
        for (index, item) in items.iter().enumerate() {
            let Some(text) = values::text(item) else {
                return Err(self.unknown(format!("`Fn::Join` of something that is no text ({})", self.place(at))));
            };
            let delimiter = if index == 0 { "" } else { &delimiter };
            self.write(at, delimiter.len() + text.len())?;
            joined.push_str(delimiter);
            joined.push_str(&text);
        }
        Ok(Value::str(joined))
    }

    fn split(&mut self, delimiter: &'a Node, text: &'a Node, at: Position) -> Result<Value, Stop> {
        let delimiter = self.known_text(delimiter)?;
        if delimiter.is_empty() {
            return Err(self.malformed("Fn::Split", at));
        }
        let text = self.with_symbols(false, |this| this.known_text(text))?;
        let pieces = text.matches(&delimiter).count() + 1;
        self.step(at, pieces)?;
        Ok(Value::List(text.split(&delimiter).map(Value::str).collect()))
    }

    fn select(&mut self, index: &'a Node, list: &'a Node, at: Position) -> Result<Value, Stop> {
        let index = self.with_symbols(false, |this| this.known_text(index))?;
        let list = self.known(list)?;
        let (Ok(index), Value::List(items)) = (index.trim().parse::<usize>(), list) else {
            return Err(self.unknown(format!("`Fn::Select` needs an index and a list ({})", self.place(at))));
        };
        for (position, item) in items.into_iter().enumerate() {
            match item {
                // An unknown before the wanted place may turn out to be no element at all, which moves the others.
                Value::Unknown(cause) => return Err(Stop::Unknown(cause)),
                item if position == index => return Ok(item),
                _ => {}
            }
        }
        Err(self.unknown(format!("`Fn::Select` of element {index}, which the list lacks ({})", self.place(at))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Parameters;
    use super::super::tests::{shown_with, value_with};
    use super::*;

    const SECTIONS: &str = "\
Parameters:
  Free: {Type: String}
  FreeList: {Type: CommaDelimitedList}
  Env: {Type: String, Default: prod}
  Hidden: {Type: String, NoEcho: true, Default: hunter2}
  Given: {Type: String, NoEcho: true}
  List: {Type: CommaDelimitedList, Default: 'a,b,c'}
Mappings:
  M:
    prod: {Size: 3, Zones: [x, y], Id: 012, Deep: {A: 1}}
    eu-west-1: {Ami: ami-1}
Conditions:
  Yes: !Equals [a, a]
  Open: !Equals [!Ref Free, x]
  Stored: !Equals ['{{resolve:ssm:/stage}}', prod]
Resources:
  Bucket: {Type: AWS::S3::Bucket}";

    fn check(cases: &[(&str, &str)]) {
        for (expression, want) in cases {
            let got = shown_with(SECTIONS, expression, &Parameters::default());
            match want.strip_prefix('?') {
                Some(start) => assert!(got.starts_with('?') && got.contains(start), "{expression}: {got}"),
                None => assert_eq!(&got, want, "{expression}"),
            }
        }
    }

    #[test]
    fn sub() {
        check(&[
            ("!Sub 'a-${Env}-b'", "\"a-prod-b\""),
            ("!Sub '${Bucket}/${Bucket.Arn}/${ Env }'", "\"{Bucket}/{Bucket.Arn}/prod\""),
            ("!Sub '${!Literal}-${!a.b}'", "\"${Literal}-${a.b}\""),
            ("!Sub '$Env $ {Env} ${Env'", "\"$Env $ {Env} ${Env\""),
            ("!Sub ['${x}-${Env}', {x: !Ref Env, Env: own}]", "\"prod-own\""),
            ("!Sub ['${x}', {x: 5}]", "\"5\""),
            ("!Sub ['${x}', {x: true}]", "\"true\""),
            ("!Sub 12", "\"12\""),
            ("!Sub ''", "\"\""),
            ("!Sub '{{resolve:secretsmanager:${Env}:SecretString:p}}'", "\"{{resolve:secretsmanager:prod:SecretString:p}}\""),
            ("!Sub 'a-${Free}'", "?parameter `Free` has no default"),
            ("!Sub 'a-${Nowhere.Arn}'", "?`Nowhere` is not declared"),
            ("!Sub 'a-${List}'", "?`${List}` is no text"),
            ("!Sub 'a-${AWS::NoValue}'", "?`${AWS::NoValue}` is no text"),
            ("!Sub ['${x}', [x]]", "?`Fn::Sub` has arguments of the wrong shape"),
            ("!Sub ['${x}']", "?`Fn::Sub` has arguments of the wrong shape"),
        ]);
    }

    #[test]
    fn join_split_select() {
        check(&[
            ("!Join [':', [arn, 1, true, !Ref Env, !Ref Bucket]]", "\"arn:1:true:prod:{Bucket}\""),
            ("!Join ['', !Ref List]", "\"abc\""),
            ("!Join [',', [a, !Ref AWS::NoValue, b]]", "\"a,b\""),
            ("!Join [',', []]", "\"\""),
            ("!Join [',', [a, !Ref Free]]", "?parameter `Free`"),
            ("!Join [',', !Ref FreeList]", "?parameter `FreeList`"),
            ("!Join [',', [a, [b]]]", "?`Fn::Join` of something that is no text"),
            ("!Join [',', a]", "?not a list"),
            ("!Join a", "?`Fn::Join` has arguments of the wrong shape"),
            ("!Split ['|', 'a|b|']", "[\"a\",\"b\",\"\"]"),
            ("!Split ['', a]", "?`Fn::Split` has arguments of the wrong shape"),
            ("!Split ['-', !Ref Bucket]", "?`Bucket` is known only after deployment"),
            ("!Select [1, [a, b]]", "\"b\""),
            ("!Select ['1', !Ref List]", "\"b\""),
            ("!Select [0, !Split ['/', '10.0.0.0/16']]", "\"10.0.0.0\""),
            ("!Select [0, [!Ref Bucket, !Ref Free]]", "\"{Bucket}\""),
            ("!Select [1, [!Ref Free, b]]", "?parameter `Free`"),
            ("!Select [3, !Ref List]", "?element 3, which the list lacks"),
            ("!Select [-1, !Ref List]", "?needs an index and a list"),
            ("!Select [0, !GetAtt Bucket.Parts]", "?needs an index and a list"),
            ("!Select [0, !GetAZs '']", "?`Fn::GetAZs` is resolved at deployment"),
        ]);
    }

    #[test]
    fn texts_that_the_template_states_are_told() {
        let states = |expression: &str| match value_with(SECTIONS, expression, &Parameters::default()) {
            Some(Value::Unknown(cause)) => cause.states_text,
            other => panic!("{expression}: {other:?}"),
        };
        for (expression, want) in [
            ("!If [Open, one, two]", true),
            ("!If [Open, one, !Ref AWS::NoValue]", true),
            ("!If [Open, !Ref Free, !ImportValue x]", false),
            ("!If [Open, '{{resolve:ssm-secure:a}}', '{{resolve:ssm-secure:b}}']", false),
            ("!FindInMap [M, !Ref Free, Size]", true),
            ("!FindInMap [M, !Ref Free, Nothing]", false),
            ("!Ref Free", false),
            ("!Ref Hidden", true),
            ("!Ref Given", false),
            ("'{Passw0rd}'", true),
        ] {
            assert_eq!(states(expression), want, "{expression}");
        }
    }

    #[test]
    fn the_smaller_functions() {
        check(&[
            ("!If [Yes, a, b]", "\"a\""),
            ("!If [Yes, !Ref AWS::NoValue, b]", "absent"),
            ("!If [Stored, true, false]", "?condition `Stored` is unknown: a dynamic reference is resolved at deployment"),
            ("!If [Yes, a]", "?`Fn::If` has arguments of the wrong shape"),
            ("!Base64 'echo 1'", "\"echo 1\""),
            ("{'Fn::Base64': !Sub '${Env}'}", "\"prod\""),
            ("!Length [a, b]", "2"),
            ("!Length [!Ref List]", "1"),
            ("{'Fn::Length': !Ref List}", "3"),
            ("!Length [a, !Ref Free]", "?parameter `Free`"),
            ("!ToJsonString {b: [1, true], a: !Ref Env}", "\"{\\\"a\\\":\\\"prod\\\",\\\"b\\\":[1,true]}\""),
            ("!ToJsonString {a: !Ref Free}", "?parameter `Free`"),
            ("!ImportValue net-Vpc", "?`Fn::ImportValue` of `net-Vpc` is resolved at deployment (t.yaml:18:44)"),
            ("!Cidr [10.0.0.0/16, 2, 8]", "?`Fn::Cidr` is resolved at deployment"),
            ("!Transform {Name: AWS::Include}", "?`Fn::Transform` is resolved at deployment"),
            ("{'Fn::ForEach::X': [a, [b], c]}", "?`Fn::ForEach::X` is not resolved here"),
            ("!Nonsense a", "?`Fn::Nonsense` is not resolved here"),
            ("{'Fn::Transform': {Name: AWS::Include}, A: 1}", "?`Fn::Transform` may change what stands beside it"),
            ("[a, !Ref Free]", "[\"a\",?parameter `Free` has no default (t.yaml:2:3); pass --param Free=…]"),
        ]);
        check(&[
            ("{Ref: Env, Other: 1}", "{Ref:\"Env\",Other:1}"),
            ("{Condition: {Bool: {x: 'true'}}}", "{Condition:{Bool:{x:\"true\"}}}"),
        ]);
    }
}
