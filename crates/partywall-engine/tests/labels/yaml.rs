//! JSON as block YAML with short tags.

use std::fmt::Write as _;

use serde_json::Value as Json;

/// The same document in YAML, as people write templates.
pub(crate) fn emit(document: &Json) -> String {
    let mut out = String::new();
    value(document, 0, &mut out);
    out.trim_start_matches(['\n', ' ']).to_owned()
}

fn value(here: &Json, indent: usize, out: &mut String) {
    let margin = " ".repeat(indent);
    match here {
        Json::Object(members) if !members.is_empty() => {
            if let Some((tag, argument)) = short_tag(here) {
                // A node has one tag at most.
                if short_tag(argument).is_none() {
                    write!(out, " !{tag}").unwrap();
                    return value(argument, indent, out);
                }
            }
            out.push('\n');
            for (key, member) in members {
                write!(out, "{margin}{}:", Json::from(key.as_str())).unwrap();
                value(member, indent + 2, out);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            out.push('\n');
            for item in items {
                write!(out, "{margin}-").unwrap();
                value(item, indent + 2, out);
            }
        }
        scalar => writeln!(out, " {scalar}").unwrap(),
    }
}

fn short_tag(here: &Json) -> Option<(&str, &Json)> {
    let members = here.as_object().filter(|members| members.len() == 1)?;
    let (name, argument) = members.iter().next()?;
    Some((name.strip_prefix("Fn::").or((name == "Ref").then_some("Ref"))?, argument))
}
