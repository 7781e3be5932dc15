//! A row is read back as it was written, whatever it holds.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_lake::{MAX_DEPTH, Meta, RowError, RowReader, RowWriter};
use partywall_model::{Cause, CauseKind, Condition, Defaulted, Location, Resource, Satellite, Source, SourceKind, Value};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::{lake, rows, thing};

fn text() -> impl Strategy<Value = String> {
    let odd = [
        "",
        "$unknown",
        "$float",
        "$",
        "$$",
        "$$unknown",
        "_row",
        "null",
        "\u{0}",
        "\"\\\n\r\t\u{7f}\u{2028}",
        "é😀",
        "a.b[0]",
        "{\"a\":1}",
    ];
    prop_oneof![select(odd.to_vec()).prop_map(str::to_owned), any::<String>(), "[A-Za-z]{1,12}"]
}

fn shared() -> impl Strategy<Value = Arc<str>> {
    text().prop_map(Arc::from)
}

fn cause() -> impl Strategy<Value = Arc<Cause>> {
    let kinds = [
        CauseKind::UnresolvedReference,
        CauseKind::Denied,
        CauseKind::CallFailed,
        CauseKind::NotLooked,
        CauseKind::NotRecorded,
        CauseKind::NotInSource,
        CauseKind::WrongType,
        CauseKind::MissingRow,
        CauseKind::EvaluationError,
        CauseKind::SourcesDisagree,
    ];
    (select(kinds.to_vec()), text(), option::of(text()), any::<bool>())
        .prop_map(|(kind, detail, iam_action, states_text)| Arc::new(Cause { kind, detail, iam_action, states_text }))
}

fn float() -> impl Strategy<Value = f64> {
    let edges =
        [0.0, -0.0, 1.0, 1e16, 5e-324, f64::MAX, f64::MIN, f64::EPSILON, 0.1, f64::INFINITY, f64::NEG_INFINITY, 9_007_199_254_740_993.0];
    prop_oneof![select(edges.to_vec()), any::<f64>().prop_filter("NaN is not equal to itself", |number| !number.is_nan())]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        float().prop_map(Value::Float),
        text().prop_map(Value::str),
        cause().prop_map(Value::Unknown),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![vec(inner.clone(), 0..6).prop_map(Value::List), vec((shared(), inner), 0..6).prop_map(Value::Map)]
    })
}

fn location() -> impl Strategy<Value = Location> {
    (shared(), any::<u32>(), any::<u32>()).prop_map(|(file, line, column)| Location { file, line, column })
}

fn time() -> impl Strategy<Value = DateTime<Utc>> {
    let edges = [
        DateTime::<Utc>::MIN_UTC,
        DateTime::<Utc>::MAX_UTC,
        DateTime::UNIX_EPOCH,
        DateTime::from_timestamp(1_483_228_799, 1_500_000_000).unwrap(),
    ];
    let usual = (-100_000_000_000_i64..400_000_000_000, 0_u32..1_000_000_000).prop_map(|(s, n)| DateTime::from_timestamp(s, n).unwrap());
    prop_oneof![1 => select(edges.to_vec()), 9 => usual]
}

fn source() -> impl Strategy<Value = Arc<Source>> {
    (select(vec![SourceKind::CloudFormation, SourceKind::Config, SourceKind::Api]), shared())
        .prop_map(|(kind, file)| Arc::new(Source { kind, file }))
}

fn resource() -> impl Strategy<Value = Resource> {
    let satellite = (shared(), shared(), shared(), option::of(location())).prop_map(|(path, resource_type, id, location)| Satellite {
        path,
        resource_type,
        id,
        location,
    });
    let defaulted = (shared(), shared()).prop_map(|(path, note)| Defaulted { path, note });
    let condition = (shared(), cause()).prop_map(|(name, cause)| Condition { name, cause });
    let names =
        (shared(), shared(), option::of(shared()), option::of(shared()), option::of(shared()), option::of(shared()), option::of(shared()));
    let place = (source(), option::of(time()), option::of(location()), vec((text().prop_map(Box::from), any::<u32>(), any::<u32>()), 0..4));
    let rest = (value(), vec(satellite, 0..3), vec(defaulted, 0..3), any::<bool>(), option::of(cause()), option::of(condition));
    (names, place, rest).prop_map(|(names, place, rest)| Resource {
        resource_type: names.0,
        id: names.1,
        logical_id: names.2,
        name: names.3,
        arn: names.4,
        account: names.5,
        region: names.6,
        source: place.0,
        observed_at: place.1,
        location: place.2,
        positions: place.3,
        properties: rest.0,
        satellites: rest.1,
        defaulted: rest.2,
        stub: rest.3,
        unread: rest.4,
        condition: rest.5,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(row in resource()) {
        let written = RowWriter::new().write(&row).unwrap();
        // Zeros of different sign are equal: the text tells them apart.
        let read = RowReader::new().read(&written.text).unwrap();
        prop_assert_eq!(&read, &row);
        prop_assert_eq!(RowWriter::new().write(&read).unwrap(), written);
    }

    #[test]
    fn any_text_is_read_or_refused(row in resource(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = RowWriter::new().write(&row).unwrap().text.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        // Only that it does not panic, and that what is read is a row of the format.
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(read) = RowReader::new().read(&text)
        {
            RowWriter::new().write(&read).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 25, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_lake_gives_back_its_rows(given in vec(resource(), 1..20)) {
        let (_dir, lake) = lake();
        let mut writer = lake.begin(None).unwrap();
        for row in &given {
            writer.write(&thing(&row.resource_type), &[Arc::new(row.clone())]).unwrap();
        }
        let written = writer.finish(Meta::default()).unwrap();
        let read = rows(&lake.snapshot(written.seq()).unwrap()).unwrap();
        let text = |row: &Resource| RowWriter::new().write(row).unwrap().text;
        let (mut given, mut read): (Vec<_>, Vec<_>) = (given.iter().map(text).collect(), read.iter().map(text).collect());
        given.sort();
        read.sort();
        prop_assert_eq!(read, given);
    }
}

fn plain() -> Resource {
    Resource::new("AWS::Any::Thing", "one", Arc::new(Source { kind: SourceKind::Api, file: Arc::from("a.json") }))
}

#[test]
fn the_format_is_as_documented() {
    let mut row = plain();
    let cause = Arc::new(Cause::new(CauseKind::Denied, "GetX").with_action("s3:GetX"));
    row.observed_at = DateTime::from_timestamp(1_790_000_000, 5_000_000);
    row.account = Some(Arc::from("111122223333"));
    row.properties = Value::Map(vec![
        (Arc::from("B"), Value::List(vec![Value::Int(1), Value::Float(1.0), Value::Unknown(cause.clone())])),
        (Arc::from("$unknown"), Value::Float(f64::INFINITY)),
        (Arc::from("A"), Value::Unknown(cause)),
    ]);
    let written = RowWriter::new().write(&row).unwrap();
    let want = concat!(
        r#"{"v":1,"file":"a.json","observed_at":"2026-09-21T14:13:20.005Z","kind":"api","type":"AWS::Any::Thing","id":"one","#,
        r#""account":"111122223333","causes":[["denied","GetX","s3:GetX",false]],"#,
        r#""properties":{"B":[1,1.0,{"$unknown":0}],"$$unknown":{"$float":"inf"},"A":{"$unknown":0}}}"#
    );
    assert_eq!(written.text, want);
    serde_json::from_str::<serde_json::Value>(&written.text).expect("the text is JSON");
}

#[test]
fn the_hash_leaves_out_file_and_time_only() {
    let hash = |change: fn(&mut Resource)| {
        let mut row = plain();
        row.observed_at = Some(DateTime::UNIX_EPOCH);
        change(&mut row);
        RowWriter::new().write(&row).unwrap().hash
    };
    let same = hash(|_| {});
    assert_eq!(hash(|row| row.observed_at = None), same);
    assert_eq!(hash(|row| row.source = Arc::new(Source { kind: SourceKind::Api, file: Arc::from("b.json") })), same);
    assert_ne!(hash(|row| row.source = Arc::new(Source { kind: SourceKind::Config, file: Arc::from("a.json") })), same);
    assert_ne!(hash(|row| row.properties.set("A", Value::Null)), same);
    assert_ne!(hash(|row| row.stub = true), same);
    assert_ne!(hash(|row| row.arn = Some(Arc::from("arn"))), same);
}

#[test]
fn nesting_has_a_limit_in_both_directions() {
    let nested = |levels: usize| {
        let mut row = plain();
        row.properties = (1..levels).fold(Value::Null, |inner, _| Value::List(vec![inner]));
        row
    };
    let deepest = RowWriter::new().write(&nested(MAX_DEPTH)).unwrap();
    assert_eq!(RowReader::new().read(&deepest.text).unwrap(), nested(MAX_DEPTH));
    assert!(matches!(RowWriter::new().write(&nested(MAX_DEPTH + 1)), Err(RowError::TooDeep { .. })));
    let deeper = deepest.text.replacen("[[", "[[[", 1).replacen("]]", "]]]", 1);
    assert!(matches!(RowReader::new().read(&deeper), Err(RowError::Malformed { expected: "less nesting", .. })));
    let bomb = deepest.text.replacen("[[", &"[".repeat(1_000_000), 1);
    assert!(RowReader::new().read(&bomb).is_err());
}

#[test]
fn what_is_no_row_is_refused() {
    let good = RowWriter::new().write(&plain()).unwrap().text;
    let refused = |text: &str| RowReader::new().read(text).unwrap_err();
    assert_eq!(refused(&good.replacen("\"v\":1", "\"v\":2", 1)), RowError::Version(2));
    for bad in [
        String::new(),
        "{}".to_owned(),
        format!("{good} "),
        good.replacen("\"api\"", "\"nobody\"", 1),
        good.replacen("\"v\":1,", "", 1),
        good.replacen("\"properties\":{}", "\"properties\":{\"$unknown\":0}", 1),
        good.replacen("\"properties\":{}", "\"properties\":{\"$other\":0}", 1),
        good.replacen("\"properties\":{}", "\"properties\":{\"a\":1,\"$float\":\"inf\"}", 1),
        good.replacen("\"properties\":{}", "\"properties\":99999999999999999999", 1),
        good.replacen("\"id\":\"one\"", "\"id\":\"\\ud800\"", 1),
        good.replacen("\"id\":\"one\"", "\"other\":\"one\"", 1),
    ] {
        assert!(matches!(refused(&bad), RowError::Malformed { .. }), "{bad}");
    }
}
