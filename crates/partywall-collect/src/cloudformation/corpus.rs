//! Templates of other projects' test suites, where they are at hand: all read, and the same in JSON and YAML.

use std::fmt::Write as _;
use std::io::{Write as _, stderr};
use std::path::PathBuf;
use std::time::Instant;

use serde_json::Value as Json;

use super::tests::{id_property, source};
use super::{Parameters, Template, looks_like_template, read_template};

/// The templates as JSON; `None` if the data is not there.
fn templates() -> Option<Vec<Json>> {
    let shared = std::env::var_os("PARTYWALL_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let Ok(entries) = std::fs::read_dir(shared.join("data/iac")) else {
        writeln!(stderr(), "skipped: no labelled templates in {}; set PARTYWALL_SHARED", shared.display()).unwrap();
        return None;
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let mut templates = Vec::new();
    for file in files {
        for line in std::fs::read_to_string(file).unwrap().lines() {
            let mut row: Json = serde_json::from_str(line).unwrap();
            templates.extend(row.get_mut("template").map(Json::take));
        }
    }
    Some(templates)
}

fn read(text: &str) -> Template {
    match read_template(text.as_bytes(), &source(), &Parameters::default(), &id_property) {
        Ok(template) => template,
        Err(error) => panic!("{error}\n{text}"),
    }
}

/// The same document as block YAML with short tags.
fn yaml(value: &Json, indent: usize, out: &mut String) {
    let margin = " ".repeat(indent);
    match value {
        Json::Object(members) if !members.is_empty() => {
            if members.len() == 1
                && let Some((name, argument)) = members.iter().next()
                && let Some(tag) = name.strip_prefix("Fn::").or((name == "Ref").then_some("Ref"))
            {
                write!(out, " !{tag}").unwrap();
                return yaml(argument, indent, out);
            }
            out.push('\n');
            for (key, value) in members {
                write!(out, "{margin}{}:", Json::from(key.as_str())).unwrap();
                yaml(value, indent + 2, out);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            out.push('\n');
            for item in items {
                write!(out, "{margin}-").unwrap();
                yaml(item, indent + 2, out);
            }
        }
        scalar => writeln!(out, " {scalar}").unwrap(),
    }
}

#[test]
fn every_template_reads_the_same_in_both_languages() {
    let Some(templates) = templates() else { return };
    assert!(templates.len() > 1000, "{}", templates.len());
    let mut resources = 0;
    for template in templates {
        let json = serde_json::to_string_pretty(&template).unwrap();
        let mut block = String::new();
        yaml(&template, 0, &mut block);
        let (from_json, from_yaml) = (read(&json), read(&block));
        let facts = |template: &Template| -> Vec<String> {
            let facts = template
                .resources
                .iter()
                .map(|resource| format!("{} {} {} {:?}", resource.resource_type, resource.id, resource.stub, resource.properties));
            // Reasons name places, which differ between the two texts.
            facts.map(|text| places_removed(&text)).collect()
        };
        assert_eq!(facts(&from_json), facts(&from_yaml), "{block}");
        assert_eq!(from_json.warnings.len(), from_yaml.warnings.len());
        for resource in &from_json.resources {
            resources += 1;
            assert!(looks_like_template(&json) == looks_like_template(&block), "{json}");
            let location = resource.location.as_ref().unwrap();
            let line = json.lines().nth(location.line as usize - 1).unwrap();
            let key = Json::from(resource.logical_id.as_deref().unwrap()).to_string();
            let rest: String = line.chars().skip(location.column as usize - 1).collect();
            assert!(rest.starts_with(&key), "{line}");
        }
    }
    assert!(resources > 1000, "{resources}");
}

fn places_removed(text: &str) -> String {
    let mut parts = text.split("(t.yaml:");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.split_once(')').map_or("", |(_, rest)| rest));
    }
    kept
}

#[test]
#[ignore = "measures; run with --release --ignored --nocapture"]
fn templates_per_second() {
    let Some(templates) = templates() else { return };
    let json: Vec<_> = templates.iter().map(|template| serde_json::to_string_pretty(template).unwrap()).collect();
    let block: Vec<_> = templates
        .iter()
        .map(|template| {
            let mut text = String::new();
            yaml(template, 0, &mut text);
            text
        })
        .collect();
    for (name, texts) in [("json", json), ("yaml", block)] {
        let bytes: usize = texts.iter().map(String::len).sum();
        let start = Instant::now();
        for text in &texts {
            read(text);
        }
        let seconds = start.elapsed().as_secs_f64();
        writeln!(
            stderr(),
            "{name}: {} templates, {bytes} bytes, {:.0} templates/s, {:.1} MB/s",
            texts.len(),
            texts.len() as f64 / seconds,
            bytes as f64 / seconds / 1e6
        )
        .unwrap();
    }
}
