//! Inputs made to break readers end in one clear line or in clean output: never a panic, never a pass for what was not read.

use std::io::Write as _;

use crate::support::{Sources, run_in};

/// One good file beside the broken one: it must be read all the same.
const GOOD: (&str, &str) = ("good.yaml", "Resources: {Queue: {Type: 'AWS::SQS::Queue', Properties: {SqsManagedSseEnabled: true}}}\n");

/// Asserts that the broken file gives an error with its name and nothing else, and that the good file beside it is answered.
fn refused(name: &str, bytes: &[u8], says: &str) {
    let sources = Sources::new(&[GOOD]);
    sources.write(name, bytes);
    let (results, ran) = sources.results();
    ran.must_end_well(name);
    assert!(ran.code != 0, "{name}: exit 0");
    let line = ran.err.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name}: no line of it in {}", ran.err));
    assert!(line.contains(says), "{line}");
    let (of_queue, of_broken): (Vec<_>, Vec<_>) = results.iter().partition(|result| result["resource"]["logical_id"] == "Queue");
    assert!(!of_queue.is_empty(), "{name}: the good file is lost");
    assert!(of_broken.iter().all(|result| result["status"] == "unknown"), "{name}: {of_broken:?}");
    let table = sources.run(&["assess", "."]);
    assert!(!table.out.contains("every fact that a check needed was read"), "{name} is not among what was not seen:\n{}", table.out);
}

#[test]
fn deep_nesting() {
    refused("deep.json", format!("{{\"Resources\":{}1{}}}", "{\"a\":".repeat(1000), "}".repeat(1000)).as_bytes(), "deep");
    refused("deep.yaml", format!("Resources:\n  {}1{}\n", "{a: ".repeat(1000), "}".repeat(1000)).as_bytes(), "deep");
    let items = format!("{{\"configSnapshotId\":\"x\",\"configurationItems\":[{}1{}]}}", "[".repeat(1000), "]".repeat(1000));
    refused("config.json", items.as_bytes(), "config.json");
    refused(
        "describe-instances.json",
        format!("{{\"Reservations\":{}1{}}}", "[".repeat(1000), "]".repeat(1000)).as_bytes(),
        "recursion limit",
    );
}

#[test]
fn a_bomb_of_aliases() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    bomb.push_str("Resources: {Queue: {Type: 'AWS::SQS::Queue', Properties: {Tags: *a9}}}\n");
    refused("bomb.yaml", bomb.as_bytes(), "bomb.yaml");
}

#[test]
fn a_bomb_of_gzip() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(b"{\"configSnapshotId\":\"x\",\"configurationItems\":[").expect("memory");
    for _ in 0..80 {
        packed.write_all(&vec![b' '; 1 << 20]).expect("memory");
    }
    refused("bomb.json.gz", &packed.finish().expect("memory"), "decompression bomb");
    refused("damaged.json.gz", b"\x1f\x8b\x08\x00garbage", "damaged gzip");
}

#[test]
fn bytes_that_are_no_text() {
    refused("nul.yaml", b"Resources:\n  A: \0\n", "NUL");
    refused("latin.json", b"{\"Resources\": {\"A\": \"\xff\"}}", "not UTF-8");
}

#[test]
fn truncated_and_repeated() {
    refused("cut.json", b"{\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Buc", "cut.json:1:");
    refused(
        "twice.json",
        b"{\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\"}, \"A\": {\"Type\": \"AWS::S3::Bucket\"}}}",
        "twice.json:1:",
    );
    refused("items.json", b"{\"configSnapshotId\":\"x\",\"configurationItems\":[{\"resourceType\":", "items.json:1:");
}

#[test]
fn one_hostile_item_does_not_lose_the_others() {
    let item = |id: &str, configuration: &str| {
        format!(
            "{{\"resourceType\":\"AWS::SQS::Queue\",\"resourceId\":\"{id}\",\"awsAccountId\":\"111122223333\",\"awsRegion\":\"eu-central-1\",\
             \"configurationItemStatus\":\"OK\",\"configuration\":{configuration}}}"
        )
    };
    let deep = format!("{}1{}", "{\"a\":".repeat(1000), "}".repeat(1000));
    let items = [item("first", "{}"), item("deep", &deep), item("last", "{}")].join(",");
    let sources = Sources::new(&[("snapshot.json", &format!("{{\"configurationItems\":[{items}]}}"))]);
    let (results, ran) = sources.results();
    ran.must_end_well("a deep item");
    for id in ["first", "last"] {
        assert!(results.iter().any(|result| result["resource"]["id"].as_str().is_some_and(|known| known.contains(id))), "{id} is lost");
    }
    assert!(ran.code != 0 && ran.err.contains("an item could not be read"), "{}", ran.err);
    assert!(sources.run(&["assess", "."]).out.contains("an item could not be read"), "not among what was not seen");
}

#[test]
fn references_in_a_circle_are_unknown() {
    let sources = Sources::new(&[(
        "t.yaml",
        "Conditions: {A: !Condition B, B: !Condition A}\nResources:\n  Bucket:\n    Type: AWS::S3::Bucket\n    Properties:\n      VersioningConfiguration: {Status: !If [A, Enabled, Suspended]}\n      BucketName: !Ref Bucket\n",
    )]);
    let (results, ran) = sources.results();
    ran.must_end_well("a circle");
    assert_eq!(crate::support::status_of(&results, "s3.bucket-keeps-versions"), "unknown");
}

#[test]
fn a_template_of_ten_megabytes() {
    let mut text = String::from("{\"Resources\":{");
    for index in 0..60_000 {
        text.push_str(&format!(
            "\"Q{index}\":{{\"Type\":\"AWS::SQS::Queue\",\"Properties\":{{\"QueueName\":\"{}\"}},\"Metadata\":{{\"x\":\"{}\"}}}},",
            "q".repeat(40),
            "y".repeat(60)
        ));
    }
    text.push_str("\"Last\":{\"Type\":\"AWS::SQS::Queue\"}}}");
    assert!(text.len() > 10_000_000, "{}", text.len());
    let sources = Sources::new(&[("big.json", &text)]);
    let ran = sources.run(&["assess", "big.json", "--check", "sqs", "--format", "jsonl"]);
    ran.must_end_well("ten megabytes");
    assert!(ran.out.lines().count() >= 60_001, "{} lines; {}", ran.out.lines().count(), ran.err);
}

#[test]
fn names_cannot_leave_their_place_in_a_report() {
    let name = "=cmd|' /C calc'!A0<script>alert(1)</script>\u{202e}\u{1b}[2J";
    let template = serde_json::json!({ "Resources": { "Bucket": { "Type": "AWS::S3::Bucket", "Properties": { "BucketName": name } } } });
    let sources = Sources::new(&[("t.json", &template.to_string())]);
    let ran = sources.run(&["assess", "t.json", "--out", "report"]);
    ran.must_end_well("names");
    let read = |file: &str| std::fs::read_to_string(sources.path().join("report").join(file)).expect("a report");
    let mut seen = 0;
    for entry in std::fs::read_dir(sources.path().join("report")).expect("the reports") {
        let file = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let text = read(&file);
        seen += 1;
        if file.ends_with("html") || file.ends_with("md") || file.ends_with("xml") {
            assert!(!text.contains("<script>alert(1)"), "{file}");
        }
        if !file.contains("json") && !file.contains("sarif") {
            assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{file} can steer a terminal");
        }
        if file.ends_with("csv") {
            let mut rows = csv::Reader::from_reader(text.as_bytes());
            for cell in rows.records().flat_map(|row| row.expect("a row").iter().map(ToOwned::to_owned).collect::<Vec<_>>()) {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t']), "{cell}");
            }
        }
    }
    assert!(seen >= 9, "{seen} reports");
    let table = sources.run(&["assess", "t.json", "--all"]);
    assert!(!table.out.contains('\u{1b}') && !table.out.contains('\u{202e}'));
}

#[cfg(unix)]
#[test]
fn file_names_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let sources = Sources::new(&[GOOD]);
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.json");
    std::fs::write(sources.path().join(name), "{\"Resources\": {\"A\": [").expect("the file system takes any bytes");
    let ran = run_in(sources.path(), &["assess", ".", "--format", "jsonl"]);
    ran.must_end_well("a name that is no text");
    assert!(ran.code != 0 && ran.err.contains("caf"), "{}", ran.err);
    assert!(ran.out.contains("Queue"));
}

/// Real files with single bytes changed, dropped or doubled: whatever comes of it, it ends in one of our exit codes.
#[test]
fn damaged_real_files_never_panic() {
    let bank = crate::support::root().join("examples/harbour-bank");
    let mut files = Vec::new();
    gather(&bank, &mut files);
    files.sort();
    let mut state = 0x2026_1122_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or_default() % below.max(1)
    };
    for round in 0..6 {
        let sources = Sources::new(&[]);
        for file in &files {
            let mut bytes = std::fs::read(file).expect("an example");
            for _ in 0..=random(4) {
                let at = random(bytes.len());
                match random(4) {
                    0 => bytes.truncate(at),
                    1 => bytes.insert(at, b"{}[],:\"\\ -&*!"[random(13)]),
                    2 if !bytes.is_empty() => bytes[at] = u8::try_from(random(256)).expect("below 256"),
                    _ if !bytes.is_empty() => drop(bytes.remove(at)),
                    _ => {}
                }
            }
            let name = file.strip_prefix(&bank).expect("below the bank");
            sources.write(&name.to_string_lossy(), &bytes);
        }
        sources.run(&["assess", ".", "--format", "jsonl"]).must_end_well(&format!("round {round}"));
    }
}

fn gather(directory: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { gather(&path, files) } else { files.push(path) }
    }
}
