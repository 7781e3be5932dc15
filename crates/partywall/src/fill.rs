//! Fills a resource's own values into the commands of a fix, so that a shell takes each as one word.

use std::borrow::Cow;
use std::collections::BTreeSet;

use partywall_catalog::Catalog;
use partywall_model::{Fact, Resource, Value};

use partywall_model::{is_safe, plain};

/// A command with what could not be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filled {
    /// The text.
    pub(crate) text: String,
    /// Property paths that stay as `<Path>`, and why, in order, each once.
    pub(crate) missing: Vec<(String, Cow<'static, str>)>,
}

/// Why a value is not filled in.
const NOT_KNOWN: Cow<'_, str> = Cow::Borrowed("not known from these sources");
const NOT_SET: Cow<'_, str> = Cow::Borrowed("not set");

/// Placeholders that every resource answers by itself.
const OWN: [&str; 5] = ["_id", "_arn", "_name", "_account", "_region"];

/// The property paths whose values a template takes.
pub(crate) fn paths(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(placeholder).filter(|path| !OWN.contains(path))
}

/// How the shell reads the place at which a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoted {
    No,
    Single,
    Double,
}

/// Replaces `{Property.Path}`, `{_id}`, `{_arn}`, `{_name}`, `{_account}` and `{_region}` by the resource's values, and `{List[].Member}`
/// by that of the element that decided, which the facts name.
///
/// A value that holds anything but `A-Z a-z 0-9 _ . / : @ = + -` stands in single quotes. What is absent, unknown, no single value, or would
/// mean something else to a shell or to the AWS CLI stays as `<Path>`.
pub(crate) fn fill(template: &str, catalog: &Catalog, resource: &Resource, facts: &[Fact]) -> Filled {
    let mut filled = Filled { text: String::with_capacity(template.len()), missing: Vec::new() };
    let mut quoted = Quoted::No;
    let mut rest = template;
    while let Some(letter) = rest.chars().next() {
        let after = rest.get(letter.len_utf8()..).unwrap_or_default();
        if letter == '{'
            && !filled.text.ends_with('$')
            && let Some(path) = placeholder(after)
        {
            match value(path, catalog, resource, facts) {
                Ok(text) => filled.text.push_str(&quote(&text, quoted)),
                Err(why) => {
                    filled.text.push_str(&format!("<{path}>"));
                    if !filled.missing.iter().any(|(known, _)| known == path) {
                        filled.missing.push((path.to_owned(), why));
                    }
                }
            }
            rest = after.get(path.len() + 1..).unwrap_or_default();
            continue;
        }
        quoted = match (letter, quoted) {
            ('\'', Quoted::No) => Quoted::Single,
            ('"', Quoted::No) => Quoted::Double,
            ('\'', Quoted::Single) | ('"', Quoted::Double) => Quoted::No,
            _ => quoted,
        };
        filled.text.push(letter);
        rest = after;
    }
    filled
}

/// The path of `Path}…`, if that is what follows a brace.
fn placeholder(text: &str) -> Option<&str> {
    let path = text.get(..text.find('}')?)?;
    let first = path.chars().next()?;
    let is_path = (first.is_ascii_alphabetic() || first == '_')
        && path.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '[' | ']'));
    is_path.then_some(path)
}

fn value(path: &str, catalog: &Catalog, resource: &Resource, facts: &[Fact]) -> Result<String, Cow<'static, str>> {
    let own = match path {
        "_id" => Some(resource.id.as_ref()),
        "_arn" => Some(resource.arn.as_deref().ok_or(NOT_KNOWN)?),
        "_name" => Some(resource.name.as_deref().ok_or(NOT_KNOWN)?),
        "_account" => Some(resource.account.as_deref().ok_or(NOT_KNOWN)?),
        "_region" => Some(resource.region.as_deref().filter(|region| *region != "global").ok_or(NOT_KNOWN)?),
        _ => None,
    };
    if let Some((list, member)) = path.split_once("[].") {
        return deciding(list, member, resource, facts);
    }
    let text = match own {
        Some(own) => own.to_owned(),
        None => match resource.properties.at(path) {
            Some(value) if !value.is_null() => single(value)?,
            // A live resource's id is the value of its id property, whether or not the answer repeats it.
            _ => {
                let is_id = catalog.resource_type(&resource.resource_type).is_some_and(|known| known.id_path() == Some(path));
                if is_id && resource.logical_id.is_none() { resource.id.to_string() } else { return Err(NOT_SET) }
            }
        },
    };
    pasteable(text, resource)
}

/// The member of the element of a list that decided.
fn deciding(list: &str, member: &str, resource: &Resource, facts: &[Fact]) -> Result<String, Cow<'static, str>> {
    let Some(Value::List(items)) = resource.properties.at(list) else { return Err(NOT_KNOWN) };
    let place = |fact: &Fact| fact.path.strip_prefix(list)?.strip_prefix('[')?.strip_suffix(']')?.parse::<usize>().ok();
    let mut found = BTreeSet::new();
    for item in facts.iter().filter_map(place).filter_map(|place| items.get(place)) {
        let value = item.at(member).filter(|value| !value.is_null()).ok_or(NOT_SET)?;
        found.insert(pasteable(single(value)?, resource)?);
    }
    match (found.pop_first(), found.is_empty()) {
        (None, _) => Err(NOT_KNOWN),
        (Some(text), true) => Ok(text),
        (Some(text), false) => {
            let all: Vec<_> = std::iter::once(&text).chain(&found).map(|text| plain(text)).collect();
            Err(Cow::Owned(format!("once for each of {}", all.join(", "))))
        }
    }
}

/// One value as text.
fn single(value: &Value) -> Result<String, Cow<'static, str>> {
    match value {
        Value::Str(text) => Ok(text.to_string()),
        Value::Int(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Null => Err(NOT_SET),
        Value::Unknown(_) => Err(NOT_KNOWN),
        Value::List(_) | Value::Map(_) => Err(Cow::Borrowed("more than one value")),
    }
}

/// Refuses what a shell, a terminal or the AWS CLI would not take as the value that it is.
fn pasteable(text: String, resource: &Resource) -> Result<String, Cow<'static, str>> {
    if text.is_empty() {
        return Err(NOT_SET);
    }
    if !text.chars().all(is_safe) {
        return Err(Cow::Borrowed("its value holds characters that are not safe to paste"));
    }
    if resource.logical_id.is_some() && text.contains('{') {
        return Err(Cow::Borrowed("known once the template is deployed"));
    }
    // The AWS CLI reads the file that such a value names.
    if text.starts_with("file://") || text.starts_with("fileb://") || text.starts_with('-') {
        return Err(Cow::Borrowed("its value would mean something else to the AWS CLI"));
    }
    Ok(text)
}

/// A text as one word of a shell.
pub(crate) fn word(text: &str) -> String {
    quote(text, Quoted::No)
}

fn quote(text: &str, quoted: Quoted) -> String {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./:@=+-".contains(&byte));
    if is_plain {
        return text.to_owned();
    }
    let inner = text.replace('\'', "'\\''");
    match quoted {
        Quoted::No => format!("'{inner}'"),
        Quoted::Single => inner,
        Quoted::Double => format!("\"'{inner}'\""),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use partywall_model::{Cause, CauseKind, Source, SourceKind};

    use super::*;

    fn resource() -> Resource {
        let source = Arc::new(Source { kind: SourceKind::Api, file: Arc::from("x.json") });
        let mut resource = Resource::new("AWS::S3::Bucket", "statements-prod", source);
        resource.region = Some(Arc::from("eu-central-1"));
        for (name, value) in [
            ("Plain", Value::str("a-b_c.d/e:f@g=h+i")),
            ("Nasty", Value::str("it's; rm -rf $HOME `x`")),
            ("File", Value::str("file:///etc/passwd")),
            ("Option", Value::str("--no-verify-ssl")),
            ("Control", Value::str("a\u{1b}[2J")),
            ("Number", Value::Int(7)),
            ("List", Value::List(Vec::new())),
            ("Gone", Value::unknown(Cause::new(CauseKind::Denied, "x"))),
        ] {
            resource.properties.set(name, value);
        }
        resource.properties.set_at("Deep.Path", Value::str("deep"));
        resource
    }

    fn filled(text: &str) -> Filled {
        fill(text, &Catalog::load(None).unwrap(), &resource(), &[])
    }

    #[test]
    fn the_element_that_decided_gives_its_member() {
        let mut resource = resource();
        let statement = |sid: &str| Value::Map(vec![(Arc::from("Sid"), Value::str(sid))]);
        resource.properties.set_at("_Attached.Permissions", Value::List(vec![statement("mine"), statement("every one"), statement("-x")]));
        let decided = |places: &[usize]| {
            let fact = |place| Fact {
                decided: true,
                path: Arc::from(format!("_Attached.Permissions[{place}]")),
                json: "{}".to_owned(),
                location: None,
                default_note: None,
            };
            let facts: Vec<Fact> = places.iter().map(fact).collect();
            fill("x {_Attached.Permissions[].Sid}", &Catalog::load(None).unwrap(), &resource, &facts)
        };
        assert_eq!(decided(&[1]).text, "x 'every one'");
        assert_eq!(decided(&[0, 0]).text, "x mine");
        let several = decided(&[0, 1]);
        assert_eq!(
            (several.text.as_str(), &*several.missing[0].1),
            ("x <_Attached.Permissions[].Sid>", "once for each of every one, mine")
        );
        for places in [&[][..], &[2], &[9]] {
            assert_eq!(decided(places).text, "x <_Attached.Permissions[].Sid>", "{places:?}");
        }
    }

    #[test]
    fn templates_name_their_paths() {
        let text = "x {_id} {A.B} '{\"a\":{Deep}}' {L[].M} {not a path}";
        assert_eq!(paths(text).collect::<Vec<_>>(), ["A.B", "Deep", "L[].M"]);
    }

    #[test]
    fn values_are_one_word() {
        assert_eq!(filled("x {Plain} {Number} {Deep.Path} {_region}").text, "x a-b_c.d/e:f@g=h+i 7 deep eu-central-1");
        assert_eq!(filled("x {Nasty}").text, r"x 'it'\''s; rm -rf $HOME `x`'");
        assert_eq!(filled("x '{Nasty}'").text, r"x 'it'\''s; rm -rf $HOME `x`'");
        assert_eq!(filled(r#"x "{Nasty}""#).text, r#"x ""'it'\''s; rm -rf $HOME `x`'"""#);
    }

    #[test]
    fn the_id_fills_the_id_property() {
        assert_eq!(filled("--bucket {BucketName}").text, "--bucket statements-prod");
    }

    #[test]
    fn what_is_missing_or_unsafe_stays_open() {
        for path in ["File", "Option", "Control", "List", "Gone", "Absent", "_arn"] {
            let filled = filled(&format!("x {{{path}}} {{{path}}}"));
            assert_eq!(filled.text, format!("x <{path}> <{path}>"));
            assert_eq!(filled.missing.len(), 1, "{path}");
        }
    }

    #[test]
    fn other_braces_stay() {
        for text in ["PublicAccess={Type=DISABLED}", r#"'{"a":{"b":1}}'"#, "${HOME}", "{", "{}", "a {b c}"] {
            assert_eq!(filled(text).text, text);
        }
    }
}
