//! The same catalogue and profile in every format.

use partywall_catalog::Framework;
use partywall_oscal::{Hint, Imported, Kind, read, to_toml};
use serde_json::Value as Json;

use crate::support::{hint, import, packed};

pub(crate) const CATALOGUE_JSON: &str = include_str!("data/catalogue.json");
pub(crate) const CATALOGUE_XML: &str = include_str!("data/catalogue.xml");
pub(crate) const PROFILE_JSON: &str = include_str!("data/profile.json");
pub(crate) const PROFILE_XML: &str = include_str!("data/profile.xml");

const CATALOGUE: &str = r#"id = "house-rules"
title = "House rules"
version = "1.2"
noun = "control"
publisher = "TC"
as_of = 2026-11-22
source = "House rules, version 1.2, of 2026-01-02, in OSCAL 1.1.3"
reviews = 0

[withdrawn]
"empty-1" = []
"in-1.2" = ["in-1"]

[[group]]
id = "outer"
title = "Outer"

[[group]]
id = "in"
title = "Inner & more"

[[group]]
id = "controls"
title = "Controls"

[[requirement]]
id = "in-1"
group = "in"
title = "First rule"
text = '''
a. Do **this** & that within [Assignment: shared value]:
  1. [Selection (one or more): lock for [Assignment: time period]; tell <someone>]; see [here](https://example.org).
b. One. Two.'''
parts = ["a", "b"]

[[requirement]]
id = "in-1.1"
group = "in"
title = "First rule | More of it"
text = "Do it again."

[[requirement]]
id = "alone"
group = "controls"
title = "Alone"
text = "Stands alone."
"#;

const PROFILE: &str = r#"id = "house-rules-low"
title = "House rules, low"
version = "2"
noun = "control"
publisher = "not stated"
as_of = 2026-11-22
source = "House rules, low, version 2, of 2026-01-02, in OSCAL 1.2.0"
reviews = 0
of = "house-rules"
select = [
  "in-1", "in-1.1",
]

[notes]
"in-1" = "prm_1: 30 days; Guidance: Take care."
"in-1.1" = "prm_1: at least yearly"
"#;

/// JSON as block YAML.
fn yaml(value: &Json, indent: usize, out: &mut String) {
    let margin = "  ".repeat(indent);
    match value {
        Json::Object(members) if !members.is_empty() => {
            out.push('\n');
            for (key, value) in members {
                out.push_str(&format!("{margin}{key}:"));
                yaml(value, indent + 1, out);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            out.push('\n');
            for item in items {
                out.push_str(&format!("{margin}-"));
                yaml(item, indent + 1, out);
            }
        }
        scalar => out.push_str(&format!(" {scalar}\n")),
    }
}

fn as_yaml(json: &str) -> String {
    let mut out = String::new();
    yaml(&serde_json::from_str(json).unwrap(), 0, &mut out);
    out
}

fn profile(bytes: &[u8], of: Option<&str>, known: &Framework) -> Imported {
    let known = [known];
    read(bytes, &Hint { of, known: &known, ..hint("p") }).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_catalogue_is_the_same_in_every_format() {
    let yaml = as_yaml(CATALOGUE_JSON);
    let with_mark = format!("\u{feff}{CATALOGUE_JSON}");
    for (format, text) in [("json", CATALOGUE_JSON), ("xml", CATALOGUE_XML), ("yaml", yaml.as_str()), ("marked", with_mark.as_str())] {
        for bytes in [text.as_bytes().to_vec(), packed(text.as_bytes())] {
            let imported = import(&bytes, format).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(to_toml(&imported.framework), CATALOGUE, "{format}");
            assert_eq!((imported.kind, imported.notices.len()), (Kind::Catalog, 0), "{format}");
        }
    }
}

#[test]
fn a_profile_is_the_same_in_every_format() {
    let whole = import(CATALOGUE_JSON.as_bytes(), "c.json").unwrap().framework;
    let yaml = as_yaml(PROFILE_JSON);
    for (format, text) in [("json", PROFILE_JSON), ("xml", PROFILE_XML), ("yaml", yaml.as_str())] {
        for of in [None, Some("house-rules")] {
            let imported = profile(text.as_bytes(), of, &whole);
            assert_eq!(to_toml(&imported.framework), PROFILE, "{format}");
            assert_eq!(imported.notices, ["parameters or additions that belong to no selected line: 1 (alone_prm_1)"], "{format}");
        }
    }
}

#[test]
fn a_profile_of_a_profile_selects_from_the_whole() {
    let whole = import(CATALOGUE_JSON.as_bytes(), "c.json").unwrap().framework;
    let low = profile(PROFILE_JSON.as_bytes(), None, &whole).framework;
    let text = PROFILE_JSON
        .replace("\"include-controls\": [{ \"with-ids\": [\"in-1\"], \"with-child-controls\": \"yes\" }]", "\"include-all\": {}");
    assert_ne!(text, PROFILE_JSON);
    let lower = profile(text.as_bytes(), Some("house-rules-low"), &low).framework;
    assert_eq!((lower.of.as_deref(), lower.select.join(" ")), (Some("house-rules"), "in-1 in-1.1".to_owned()));
}

#[test]
fn the_callers_id_must_be_a_file_name() {
    let named = |id| read(CATALOGUE_JSON.as_bytes(), &Hint { id, ..hint("c.json") });
    assert_eq!(&*named("house-1.0").unwrap().framework.id, "house-1.0");
    for id in ["../house", "House", "a b", "-"] {
        let error = named(id).unwrap_err().to_string();
        assert!(error.contains(&format!("the id `{id}`, which is no file name")), "{error}");
    }
}

#[test]
fn other_versions_of_oscal_are_told() {
    let text = CATALOGUE_JSON.replace("\"1.1.3\"", "\"2.0.0\"");
    let imported = import(text.as_bytes(), "c.json").unwrap();
    assert!(imported.notices.iter().any(|notice| notice.contains("OSCAL `2.0.0`")), "{:?}", imported.notices);
}
