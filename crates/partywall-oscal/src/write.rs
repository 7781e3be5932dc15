//! The file of a framework, in the layout of `catalog/frameworks`.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use partywall_catalog::{Confidence, Framework, Group, Requirement};
use partywall_model::Severity;

use crate::order::natural;

/// Lines of a long list of ids end before this column.
const WIDTH: usize = 138;

/// The text of the framework's file: head, tables, groups, lines; the same framework gives the same bytes.
///
/// A selection is written without the lines that it takes from its framework. The day of reading is left out if it is empty; the catalogue
/// asks for it.
pub fn to_toml(framework: &Framework) -> String {
    let mut out = String::new();
    head(framework, &mut out);
    table("withdrawn", &framework.withdrawn, |ids| list(ids), &mut out);
    table("notes", &framework.notes, |note| quoted(note), &mut out);
    if framework.of.is_none() {
        framework.groups.iter().for_each(|group| write_group(group, &mut out));
        framework.requirements.iter().for_each(|requirement| write_requirement(requirement, &mut out));
    }
    out
}

fn head(framework: &Framework, out: &mut String) {
    pair("id", &quoted(&framework.id), out);
    pair("title", &quoted(&framework.title), out);
    pair("version", &quoted(&framework.version), out);
    pair("noun", &quoted(&framework.noun), out);
    if let Some(nouns) = &framework.nouns {
        pair("nouns", &quoted(nouns), out);
    }
    pair("publisher", &quoted(&framework.publisher), out);
    let as_of = framework.as_of.to_string();
    if !as_of.is_empty() {
        pair("as_of", &as_of, out);
    }
    pair("source", &quoted(&framework.source), out);
    pair("reviews", &framework.reviews, out);
    if framework.default {
        pair("default", &true, out);
    }
    pair_list("aliases", &framework.aliases, out);
    if let Some(peer) = &framework.equivalents {
        pair("equivalents", &quoted(peer), out);
    }
    if let Some(of) = &framework.of {
        pair("of", &quoted(of), out);
    }
    if !framework.select.is_empty() {
        pair("select", &wrapped(&framework.select), out);
    }
}

fn write_group(group: &Group, out: &mut String) {
    out.push_str("\n[[group]]\n");
    pair("id", &quoted(&group.id), out);
    pair("title", &quoted(&group.title), out);
}

fn write_requirement(requirement: &Requirement, out: &mut String) {
    out.push_str("\n[[requirement]]\n");
    pair("id", &quoted(&requirement.id), out);
    pair("group", &quoted(&requirement.group), out);
    pair("title", &quoted(&requirement.title), out);
    if !requirement.text.is_empty() {
        pair("text", &multi_line(&requirement.text), out);
    }
    pair_text("aws", &requirement.aws, out);
    pair_text("customer", &requirement.customer, out);
    pair_list("duties", &requirement.duties, out);
    pair_list("checks", &requirement.checks, out);
    pair_list("manual", &requirement.manual, out);
    pair_text("nothing_technical", &requirement.nothing_technical, out);
    pair_list("parts", &requirement.parts, out);
    if let Some(level) = requirement.level {
        pair("level", &level, out);
    }
    pair_text("assessment", requirement.assessment.as_deref().unwrap_or_default(), out);
    pair_text("risk", requirement.risk.map_or("", Severity::as_str), out);
    if !requirement.aliases.is_empty() {
        let aliases: Vec<String> = requirement.aliases.iter().map(|(name, ids)| format!("{} = {}", quoted(name), list(ids))).collect();
        pair("aliases", &format!("{{ {} }}", aliases.join(", ")), out);
    }
    pair_text("confidence", requirement.confidence.map_or("", Confidence::as_str), out);
}

/// A table of ids, in the order of people.
fn table<V>(name: &str, entries: &BTreeMap<Arc<str>, V>, shown: impl Fn(&V) -> String, out: &mut String) {
    if entries.is_empty() {
        return;
    }
    out.push_str(&format!("\n[{name}]\n"));
    let mut sorted: Vec<_> = entries.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| natural(a, b));
    for (id, value) in sorted {
        pair(&quoted(id), &shown(value), out);
    }
}

fn pair(key: &str, value: &dyn Display, out: &mut String) {
    out.push_str(&format!("{key} = {value}\n"));
}

fn pair_text(key: &str, text: &str, out: &mut String) {
    if !text.is_empty() {
        pair(key, &quoted(text), out);
    }
}

fn pair_list(key: &str, items: &[String], out: &mut String) {
    if !items.is_empty() {
        pair(key, &list(items), out);
    }
}

fn list(items: &[impl AsRef<str>]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item.as_ref())).collect();
    format!("[{}]", items.join(", "))
}

/// A list over several lines.
fn wrapped(items: &[Arc<str>]) -> String {
    let mut out = "[\n".to_owned();
    let mut line = String::new();
    for item in items {
        let item = quoted(item) + ",";
        if !line.is_empty() && line.chars().count() + item.chars().count() + 2 > WIDTH {
            out.push_str(&format!("{line}\n"));
            line.clear();
        }
        line.push_str(if line.is_empty() { "  " } else { " " });
        line.push_str(&item);
    }
    out + &line + "\n]"
}

/// A text of several lines as it is, where TOML can hold it so; else quoted.
fn multi_line(text: &str) -> String {
    let holds = |letter: char| letter == '\n' || letter == '\t' || !letter.is_control();
    // Quotes before the closing ones would be read as theirs.
    if text.contains('\n') && !text.contains("'''") && !text.ends_with('\'') && text.chars().all(holds) {
        format!("'''\n{text}'''")
    } else {
        quoted(text)
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(letter))),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"id = "f"
title = "A \"title\""
version = "1"
noun = "control"
publisher = "P"
as_of = 2026-11-22
source = "S"
reviews = 2
default = true
aliases = ["g", "h"]
equivalents = "config"

[withdrawn]
"a-2" = ["a-1", "a-3"]
"a-10" = []

[[group]]
id = "a"
title = "A"

[[requirement]]
id = "a-1"
group = "a"
title = "One"
text = '''
a. First "line" \ here;
  1. second.'''
aws = "Does."
customer = "Does too."
duties = ["x.y"]
checks = ["s3.*", "x.y"]
manual = ["m.n"]
nothing_technical = "Because."
parts = ["a"]
level = 1
assessment = "manual"
risk = "high"
aliases = { "other" = ["1.1"], "some one" = ["2"] }
confidence = "low"
"#;

    #[test]
    fn a_file_is_written_as_it_was() {
        assert_eq!(to_toml(&toml::from_str(FILE).unwrap()), FILE);
    }

    #[test]
    fn a_selection_has_no_lines() {
        let mut framework: Framework = toml::from_str(FILE).unwrap();
        framework.of = Some("whole".into());
        framework.select = (0..60).map(|number| Arc::from(format!("a-{number}"))).collect();
        framework.notes = BTreeMap::from([("a-1".into(), "x: y".to_owned())]);
        let text = to_toml(&framework);
        assert!(!text.contains("[[") && text.contains("\n[notes]\n\"a-1\" = \"x: y\"\n"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        let read: Framework = toml::from_str(&text).unwrap();
        assert_eq!(read.select, framework.select);
    }

    #[test]
    fn every_text_is_read_back() {
        for text in [
            "two\nlines",
            "ends in a quote'\n'",
            "has '''\nthree",
            "\nbegins with a break",
            "a\r\nb",
            "\u{0}\u{1b}[2J\u{7f}\u{85}\n",
            "\"\"\" \\u0041 \\",
            "tab\tand\nbreak",
            "\u{202e}\u{feff}\n",
            "]\n[[requirement]]\nid = \"x\"",
        ] {
            let line = Requirement { id: text.into(), text: text.to_owned(), customer: text.to_owned(), ..Requirement::default() };
            let mut framework: Framework = toml::from_str(FILE).unwrap();
            framework.requirements = vec![Arc::new(line)];
            framework.withdrawn = BTreeMap::from([(text.into(), vec![text.into()])]);
            let read: Framework = toml::from_str(&to_toml(&framework)).unwrap();
            let line = read.requirements.first().unwrap();
            assert_eq!((&*line.id, line.text.as_str(), line.customer.as_str()), (text, text, text));
            assert_eq!(read.withdrawn, framework.withdrawn);
        }
    }
}
