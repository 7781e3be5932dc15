//! An AWS Config conformance pack to a framework whose lines are the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_catalog::{Framework, Group, Requirement};
use serde_json::Value as Json;

use crate::head::head;
use crate::oscal::Metadata;
use crate::prose::MAX_ALL;
use crate::text::{one_line, slug, tidy};
use crate::{Hint, OscalError};

/// The peer's name in the `equivalents` of checks.
const PEER: &str = "config";
/// What stands in a line's text before the values that its pack sets.
pub const PARAMETERS: &str = "Parameters: ";
/// What AWS Config names as the source of a rule that people answer.
const PROCESS_CHECK: &str = "AWS_CONFIG_PROCESS_CHECK";
/// How deep functions may stand in the value of a parameter.
const MAX_DEPTH: usize = 8;
/// Letters of one value; longer ones are cut, since any number of rules may refer to one default.
const MAX_VALUE: usize = 1_024;

/// What a rule rests on; each kind is a group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Managed,
    Custom,
    Process,
}

impl Source {
    fn group(self) -> (&'static str, &'static str) {
        match self {
            Self::Managed => ("rules", "Managed rules of AWS Config"),
            Self::Custom => ("custom", "Custom rules"),
            Self::Process => ("process", "Process checks"),
        }
    }

    fn nothing_technical(self) -> &'static str {
        match self {
            Self::Managed | Self::Custom => "",
            Self::Process => "A process check of AWS Config: people say whether it is done; no setting of an account shows it.",
        }
    }
}

/// The rules of a pack as lines, by kind and id. A managed rule that stands in the pack more than once is one line with all its texts.
///
/// # Errors
/// No rule in it; a file name that makes no id.
pub(crate) fn rules(template: &Json, hint: &Hint<'_>) -> Result<(Framework, Vec<String>), OscalError> {
    let mut framework = head(&Metadata::default(), hint)?;
    framework.noun = String::from("rule");
    framework.source = format!("AWS Config conformance pack {}", framework.title);
    framework.equivalents = Some(PEER.to_owned());
    // The texts of each line, in the file's order of names.
    let mut lines: BTreeMap<(Source, String), Vec<String>> = BTreeMap::new();
    let (mut seen, mut written) = (BTreeSet::new(), 0);
    let mut by_logical_id: Vec<(&String, &Json)> = template.get("Resources").and_then(Json::as_object).into_iter().flatten().collect();
    by_logical_id.sort_by_key(|(logical_id, _)| *logical_id);
    let mut nameless = 0;
    for (logical_id, resource) in by_logical_id {
        if resource.get("Type").and_then(Json::as_str) != Some("AWS::Config::ConfigRule") {
            continue;
        }
        let properties = resource.get("Properties").unwrap_or(&Json::Null);
        let (source, id) = identity(logical_id, properties);
        if id.is_empty() {
            nameless += 1;
            continue;
        }
        let text = text(properties, template);
        written += text.len();
        if written > MAX_ALL {
            return Err(OscalError::TextTooLong { file: hint.name.to_owned(), id, limit: MAX_ALL >> 10 });
        }
        let texts = lines.entry((source, id.clone())).or_default();
        if !text.is_empty() && seen.insert((source, id, text.clone())) {
            texts.push(text);
        }
    }
    if lines.is_empty() {
        return Err(OscalError::Empty { file: hint.name.to_owned(), what: "rule of AWS Config" });
    }
    let mut notices = Vec::new();
    if nameless > 0 {
        notices.push(format!("{nameless} rules without a name are left out"));
    }
    for ((source, id), texts) in lines {
        if framework.groups.last().is_none_or(|group| &*group.id != source.group().0) {
            framework.groups.push(Group { id: source.group().0.into(), title: source.group().1.into() });
        }
        let title = title(&id).into();
        // A rule of one's own may be called as a managed one is, and is not the same.
        let id = if source == Source::Managed { id } else { format!("{}.{id}", source.group().0) };
        framework.requirements.push(Arc::new(Requirement {
            id: id.into(),
            group: source.group().0.into(),
            title,
            text: texts.join("\n\n"),
            nothing_technical: source.nothing_technical().to_owned(),
            ..Requirement::default()
        }));
    }
    Ok((framework, notices))
}

/// What a rule rests on, and its id: the managed rule's identifier as AWS Config's documentation writes it, else the rule's own name.
fn identity(logical_id: &str, properties: &Json) -> (Source, String) {
    let source = properties.get("Source").unwrap_or(&Json::Null);
    let member = |name: &str| source.get(name).and_then(Json::as_str).unwrap_or_default();
    let own = || slug(properties.get("ConfigRuleName").and_then(Json::as_str).unwrap_or(logical_id));
    match (member("Owner"), member("SourceIdentifier")) {
        ("AWS", PROCESS_CHECK) => (Source::Process, own()),
        ("AWS", identifier) if !identifier.is_empty() => (Source::Managed, slug(identifier)),
        _ => (Source::Custom, own()),
    }
}

/// The id as words.
fn title(id: &str) -> String {
    let words = id.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What the pack says of a rule, and the values of its parameters.
fn text(properties: &Json, template: &Json) -> String {
    let description = properties.get("Description").and_then(Json::as_str).map(one_line).unwrap_or_default();
    let mut parameters: Vec<(&String, String)> = properties
        .get("InputParameters")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, given)| Some((name, value(given, template, 0)?)))
        .collect();
    parameters.sort();
    let parameters: Vec<String> = parameters.into_iter().map(|(name, value)| format!("{} = {value}", one_line(name))).collect();
    let parameters = if parameters.is_empty() { String::new() } else { format!("{PARAMETERS}{}", parameters.join("; ")) };
    let lines: Vec<&str> = [description.as_str(), parameters.as_str()].into_iter().filter(|line| !line.is_empty()).collect();
    tidy(&lines.join("\n"))
}

/// A parameter's value as text; `None` if none is given. What is decided when the pack is deployed is an assignment.
fn value(given: &Json, template: &Json, depth: usize) -> Option<String> {
    if depth > MAX_DEPTH {
        return Some("[Assignment: value]".to_owned());
    }
    match given {
        Json::Null => None,
        Json::String(text) => Some(cut(&one_line(text))).filter(|text| !text.is_empty()),
        Json::Bool(_) | Json::Number(_) => Some(given.to_string()),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().filter_map(|item| value(item, template, depth + 1)).collect();
            (!items.is_empty()).then(|| cut(&items.join(", ")))
        }
        Json::Object(function) => {
            if let Some(name) = function.get("Ref").and_then(Json::as_str) {
                if name == "AWS::NoValue" {
                    return None;
                }
                let default = template.get("Parameters").and_then(|parameters| parameters.get(name)?.get("Default"));
                // A default is a plain value; another function in it would be an error of AWS's.
                let default = default.filter(|default| !default.is_object()).and_then(|default| value(default, template, depth + 1));
                return Some(default.unwrap_or_else(|| format!("[Assignment: {}]", one_line(name))));
            }
            if let Some([_, given, otherwise]) = function.get("Fn::If").and_then(Json::as_array).map(Vec::as_slice) {
                return value(given, template, depth + 1).or_else(|| value(otherwise, template, depth + 1));
            }
            let name = function.keys().min().map_or("value", String::as_str);
            Some(format!("[Assignment: {}]", one_line(name)))
        }
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hint() -> Hint<'static> {
        Hint { name: "x/Best-Practices-for-Y.yaml.gz", id: "", as_of: Framework::empty().as_of, of: None, known: &[] }
    }

    fn rule(name: &str, owner: &str, identifier: &str, parameters: &Json) -> Json {
        json!({"Type": "AWS::Config::ConfigRule", "Properties": {"ConfigRuleName": name, "InputParameters": parameters,
            "Source": {"Owner": owner, "SourceIdentifier": identifier}}})
    }

    #[test]
    fn rules_become_lines() {
        let if_given = |name: &str| json!({"Fn::If": ["c", {"Ref": name}, {"Ref": "AWS::NoValue"}]});
        let template = json!({"Parameters": {"Age": {"Default": "90"}, "Open": {"Default": ""}}, "Resources": {
            "A": rule("a", "AWS", "ACCESS_KEYS_ROTATED", &json!({"maxAge": if_given("Age"), "min": 3, "open": if_given("Open")})),
            "B": rule("b", "AWS", "ACCESS_KEYS_ROTATED", &json!({"maxAge": "30"})),
            "C": rule("annual-review", "AWS", PROCESS_CHECK, &Json::Null),
            "D": rule("access-keys-rotated", "CUSTOM_LAMBDA", "arn:x", &json!({"x": {"Fn::Sub": "y"}})),
            "E": {"Type": "AWS::Config::RemediationConfiguration"},
        }});
        let (framework, notices) = rules(&template, &hint()).unwrap();
        assert_eq!((&*framework.id, &*framework.title), ("best-practices-for-y", "Best Practices for Y"));
        assert_eq!(framework.equivalents.as_deref(), Some("config"));
        let lines: Vec<_> = framework.requirements.iter().map(|line| (&*line.id, &*line.group, line.text.as_str())).collect();
        assert_eq!(
            lines,
            [
                ("access-keys-rotated", "rules", "Parameters: maxAge = 90; min = 3; open = [Assignment: Open]\n\nParameters: maxAge = 30"),
                ("custom.access-keys-rotated", "custom", "Parameters: x = [Assignment: Fn::Sub]"),
                ("process.annual-review", "process", ""),
            ]
        );
        let process = framework.requirements.last().unwrap();
        assert!(process.nothing_technical.contains("process check") && process.manual.is_empty());
        assert_eq!(&*process.title, "Annual review");
        assert!(notices.is_empty());
    }

    #[test]
    fn a_default_that_many_rules_use_stays_short() {
        let parameters = json!({"a": {"Ref": "P"}, "b": {"Ref": "P"}});
        let default = "ä ".repeat(100_000);
        let template = json!({"Parameters": {"P": {"Default": default}}, "Resources": {"A": rule("a", "AWS", "A_B", &parameters)}});
        let (framework, _) = rules(&template, &hint()).unwrap();
        assert_eq!(framework.requirements[0].text.chars().count(), "Parameters: a = ; b = ".len() + 2 * (MAX_VALUE + 1));
    }

    #[test]
    fn a_template_without_rules_is_refused() {
        let error = rules(&json!({"Resources": {"A": {"Type": "AWS::S3::Bucket"}}}), &hint()).unwrap_err();
        assert!(error.to_string().contains("has no rule of AWS Config"), "{error}");
    }
}
