//! Files that are damaged or made to do harm: each is refused in one line, in bounded time and memory.

use partywall_oscal::OscalError;

use crate::formats::{CATALOGUE_JSON, CATALOGUE_XML, PROFILE_JSON, PROFILE_XML};
use crate::support::{import, packed, published, refusal, unpacked};

const PACK: &str =
    "Resources:\n  A:\n    Type: AWS::Config::ConfigRule\n    Properties:\n      Source: {Owner: AWS, SourceIdentifier: A_B}\n";

fn assert_refused(text: &str, name: &str, want: &str) {
    let error = refusal(text.as_bytes(), name);
    assert!(error.contains(want) && !error.contains('\n'), "{error}");
}

#[test]
fn a_file_that_ends_early_is_refused() {
    for (name, text) in [("c.json", CATALOGUE_JSON), ("c.xml", CATALOGUE_XML), ("p.json", PROFILE_JSON), ("p.xml", PROFILE_XML)] {
        let text = text.trim_end();
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            refusal(&text.as_bytes()[..end], name);
        }
    }
    for name in ["nist-800-53r5-catalog.json.gz", "NIST_CSF_v2.0_catalog.xml.gz"] {
        let Some(bytes) = published(name) else { return };
        refusal(&bytes[..bytes.len() / 2], name);
        let whole = unpacked(&bytes);
        for part in 1..10 {
            let error = refusal(&whole[..whole.len() * part / 10], name);
            let place = error.strip_prefix(name).and_then(|rest| rest.strip_prefix(':')).unwrap_or_else(|| panic!("{error}"));
            assert!(place.starts_with(|digit: char| digit.is_ascii_digit()), "{error}");
        }
    }
}

#[test]
fn changed_bytes_never_panic() {
    let mut read = 0;
    for (name, text) in [("c.json", CATALOGUE_JSON), ("c.xml", CATALOGUE_XML), ("p.xml", PROFILE_XML), ("pack.yaml", PACK)] {
        for at in 0..text.len() {
            for byte in [b'<', b'"', b'{', b'&', b' ', b':', 0, 0xff] {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = byte;
                read += usize::from(import(&bytes, name).is_ok());
            }
        }
    }
    assert!(read > 1000, "{read}");
}

#[test]
fn entities_are_never_expanded() {
    let mut laughs = "<?xml version=\"1.0\"?>\n<!DOCTYPE catalog [<!ENTITY a0 \"ha\">".to_owned();
    for level in 1..30 {
        laughs.push_str(&format!("<!ENTITY a{level} \"{}\">", format!("&a{};", level - 1).repeat(10)));
    }
    laughs.push_str("]>\n<catalog><metadata><title>&a29;</title></metadata></catalog>");
    assert_refused(&laughs, "c.xml", "a document type declaration; remove it");
    let external = "<!DOCTYPE catalog SYSTEM \"file:///etc/passwd\"><catalog/>";
    assert_refused(external, "c.xml", "a document type declaration; remove it");
    assert_refused(
        "<catalog><metadata><title>&a;</title></metadata></catalog>",
        "c.xml",
        "c.xml:1:30: the entity `a` is none of XML's own",
    );
    assert_refused("<catalog id=\"&a;\"/>", "c.xml", "c.xml:1:20: ");
}

#[test]
fn aliases_are_never_expanded() {
    let mut bomb = "a0: &a0 [x, x]\n".to_owned();
    for level in 1..40 {
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", ")));
    }
    assert_refused(&bomb, "p.yaml", "p.yaml:2:10: an alias; write the value out");
}

#[test]
fn deep_nesting_is_refused() {
    for levels in [101, 100_000] {
        let json = format!("{{\"catalog\":{}{}}}", "{\"controls\":[".repeat(levels), "]}".repeat(levels));
        assert_refused(&json, "c.json", "nested deeper than");
        let unknown = format!("{{\"other\":{}{}}}", "[".repeat(levels * 2), "]".repeat(levels * 2));
        // What nobody asks for is skipped without a stack.
        assert_refused(&unknown, "c.json", "of no kind that is known here");
        let xml = format!("<catalog>{}{}</catalog>", "<control id=\"a\">".repeat(levels), "</control>".repeat(levels));
        assert_refused(&xml, "c.xml", "nested deeper than");
        let skipped = format!("<catalog>{}{}</catalog>", "<x>".repeat(levels), "</x>".repeat(levels));
        assert_refused(&skipped, "c.xml", "nested deeper than");
        // The YAML parser has a limit of its own for deep flows.
        refusal(format!("a: {}{}", "[".repeat(levels), "]".repeat(levels)).as_bytes(), "p.yaml");
        assert_refused(&format!("{}a", "- ".repeat(levels)), "p.yaml", "nested deeper than");
    }
}

#[test]
fn numbers_are_capped() {
    let objects = format!("{{\"catalog\":{{\"groups\":[{}{{}}]}}}}", "{},".repeat(600_000));
    assert_refused(&objects, "c.json", "more than 500000 objects");
    let strings = format!("{{\"x\":[{}0]}}", "0,".repeat(4_100_000));
    assert_refused(&strings, "c.json", "more than 500000 objects");
    let elements = format!("<catalog>{}</catalog>", "<x/>".repeat(600_000));
    assert_refused(&elements, "c.xml", "more than 500000 objects");
    let attributes = (0..100).map(|number| format!(" a{number}=\"\"")).collect::<Vec<_>>().concat();
    assert_refused(&format!("<catalog{attributes}/>"), "c.xml", "more than 64 attributes");
    let values = format!("Resources: [{}0]", "0,".repeat(600_000));
    assert_refused(&values, "p.yaml", "more than 500000 objects");
}

#[test]
fn many_groups_and_rules_take_no_square_of_time() {
    let groups: Vec<String> = (0..100_000).map(|id| format!("{{\"id\":\"g{id}\",\"controls\":[{{\"id\":\"c{id}\"}}]}}")).collect();
    let text = format!("{{\"catalog\":{{\"metadata\":{{\"title\":\"T\"}},\"groups\":[{}]}}}}", groups.join(","));
    assert_eq!(import(text.as_bytes(), "c.json").unwrap().framework.groups.len(), 100_000);
    let source = "{\"Owner\":\"AWS\",\"SourceIdentifier\":\"A\"}";
    let rules: Vec<String> = (0..30_000)
        .map(|id| {
            format!("\"R{id}\":{{\"Type\":\"AWS::Config::ConfigRule\",\"Properties\":{{\"Description\":\"d{id}\",\"Source\":{source}}}}}")
        })
        .collect();
    let text = format!("{{\"Resources\":{{{}}}}}", rules.join(","));
    assert_eq!(import(text.as_bytes(), "pack.json").unwrap().framework.requirements[0].text.lines().count(), 59_999);
}

#[test]
fn a_bomb_of_gzip_is_refused() {
    // Gzip of several members counts as one file.
    let bomb = packed(&vec![b' '; 10 << 20]).repeat(10);
    assert!(bomb.len() < 1 << 20);
    assert!(matches!(import(&bomb, "c.json.gz"), Err(OscalError::TooLarge { limit: 64, .. })));
    assert!(matches!(import(&vec![b' '; (64 << 20) + 1], "c.json"), Err(OscalError::TooLarge { .. })));
    assert!(matches!(import(&bomb[..1000], "c.json.gz"), Err(OscalError::Gzip { .. })));
}

fn catalogue(params: &str, prose: &str) -> String {
    format!(
        "{{\"catalog\":{{\"metadata\":{{\"title\":\"T\",\"oscal-version\":\"1.0.0\"}},\"params\":[{params}],\
         \"controls\":[{{\"id\":\"a\",\"title\":\"A\",\"parts\":[{{\"name\":\"statement\",\"prose\":\"{prose}\"}}]}}]}}}}"
    )
}

#[test]
fn parameters_that_hold_each_other_end() {
    let param = |id: &str, choice: &str| format!("{{\"id\":\"{id}\",\"select\":{{\"choice\":[\"{choice}\"]}}}}");
    let insert = |id: &str| format!("{{{{ insert: param, {id} }}}}");
    let cycle = catalogue(&[param("x", &insert("y")), param("y", &insert("x"))].join(","), &insert("x"));
    let framework = import(cycle.as_bytes(), "c.json").unwrap().framework;
    assert_eq!(framework.requirements[0].text, "[Selection: [Selection: [Assignment: x]]]");
    let params: Vec<String> = (0..9).map(|level| param(&format!("p{level}"), &insert(&format!("p{}", level + 1)).repeat(50))).collect();
    assert_refused(&catalogue(&params.join(","), &insert("p0")), "c.json", "a text of more than 1024 KiB");
    // Many beginnings without an end are looked through once.
    let open = "{{ ".repeat(200_000);
    let framework = import(catalogue("", &open).as_bytes(), "c.json").unwrap().framework;
    assert_eq!(framework.requirements[0].text, open);
}

#[test]
fn texts_cannot_leave_their_place() {
    let text = catalogue("", "x'''\\n[[requirement]]\\nid = \\\"b\\\" \\u001b[2J\\u202e");
    let framework = import(text.as_bytes(), "c.json").unwrap().framework;
    assert_eq!(framework.requirements[0].text, "x''' [[requirement]] id = \"b\" \u{fffd}[2J\u{fffd}");
    let read: partywall_catalog::Framework = toml::from_str(&partywall_oscal::to_toml(&framework)).unwrap();
    assert_eq!((read.requirements.len(), &read.requirements[0].text), (1, &framework.requirements[0].text));
}

#[test]
fn what_is_no_framework_is_told() {
    for (text, want) in [
        ("", "`f` has no text"),
        (" \n", "`f` has no text"),
        ("{}", "`f` is of no kind that is known here"),
        ("[1]", "f:1:1: "),
        ("just words", "f:1:1: "),
        ("{\"component-definition\":{}}", "`f` is an OSCAL component definition; give"),
        ("{\"catalog\":{}}", "`f` has no control"),
        ("{\"profile\":{}}", "`f` has no import"),
        ("{\"catalog\":{\"groups\":3}}", "f:1:22: invalid type"),
        ("<html/>", "f:1:8: the root element is `html`"),
        ("<catalog/><catalog/>", "f:1:21: a second root element"),
        ("<catalog></control>", "f:1:"),
        ("Resources: {}", "`f` has no rule of AWS Config"),
        ("{\"Resources\":{}}", "`f` has no rule of AWS Config"),
        ("{\"catalog\":{\"controls\":[{\"id\":\"\"}]}}", "`f` has the id ``, which is empty"),
        ("{\"catalog\":{\"controls\":[{\"id\":\"a b\"}]}}", "`f` has the id `a b`, which has white space"),
        ("{\"catalog\":{\"controls\":[{\"id\":\"a\"},{\"id\":\"a\"}]}}", "`f` has the id `a`, which two controls have"),
    ] {
        assert_refused(text, "f", want);
    }
    assert!(refusal(b"{\"catalog\":\xff}", "f").contains("not UTF-8"));
    assert!(refusal(b"\xff\xfe<\0", "f").contains("not UTF-8"));
}
