//! Other data of actions than the built-in ones.

use serde_json::{Value, json};

use crate::iam_account::{account, allow, details, document, iam, lines, user};
use crate::support::{Sources, root, run_in};

/// A synthetic table: one service with an action that AWS does not have.
const TABLE: &str = "iam-data\t1\t9.9.9\t2027-01-02\nc\t\ns\ts3\tr\tSynthetic S3\nt\tobject\t0\tarn:${Partition}:s3:::${BucketName}/${ObjectName}\na\tGetObject\tR\t0\t0!\t\na\tInventObject\tW\t0\t0!\t\ns\tzz\t\tA synthetic service with a long name, so that the file has the two bytes of length that its frame says it has\n";

/// A zstd frame that holds the text as it is (RFC 8878: one segment, one raw block).
fn frame(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("a short text");
    let mut bytes = vec![0x28, 0xB5, 0x2F, 0xFD, 0x60];
    bytes.extend((length.checked_sub(256).expect("not that short")).to_le_bytes());
    bytes.extend(&((u32::from(length) << 3) | 1).to_le_bytes()[..3]);
    bytes.extend(text.as_bytes());
    bytes
}

fn sources() -> Sources {
    let sources = account(&details(&[user("ann", &[allow("s3:*", "*")])], &[]));
    sources.write("table.zst", &frame(TABLE));
    sources.write("p.json", document(&[allow("s3:InventObject", "arn:aws:s3:::b/*")]).to_string().as_bytes());
    sources
}

#[test]
fn a_file_takes_the_place_of_the_built_in_data() {
    let sources = sources();
    let built_in = sources.run(&["iam", "lint", "p.json"]);
    assert!(built_in.code == 1 && built_in.out.contains("s3:InventObject"), "{} {}", built_in.out, built_in.err);
    let other = sources.run(&["iam", "lint", "p.json", "--reference", "table.zst"]);
    assert_eq!((other.code, other.out.contains("up to 2027-01-02")), (0, true), "{} {}", other.out, other.err);
    let what = iam(&sources, &["what-can", "ann", "--format", "json", "--reference", "table.zst"]);
    assert_eq!(lines(&what)[0]["actions"], json!(["s3:GetObject", "s3:InventObject"]), "{}", what.err);
    sources.write(
        "rules.toml",
        b"[[rule]]\nid = 'r'\ntitle = 't'\nwho = { name = ['ann'] }\nmay_not = { access = ['Write'], services = ['s3'] }\n",
    );
    let rule = iam(&sources, &["assert", "rules.toml", "--format", "json", "--reference", "table.zst"]);
    let evidence: Value = serde_json::from_str(&rule.out).expect("one object");
    assert_eq!(evidence["rules"][0]["witnesses"][0]["action"], "s3:InventObject", "{evidence}");
    assert_eq!(evidence["actions"], json!({ "date": "2027-01-02", "version": "9.9.9" }));
    assert_eq!(evidence["inputs"][0]["file"], "table.zst");
}

#[test]
fn a_file_that_is_no_such_data_is_refused() {
    let sources = sources();
    sources.write("cut.zst", &frame(TABLE)[..200]);
    sources.write("other.zst", &frame(&TABLE.replace("iam-data\t1", "iam-data\t7")));
    for (file, says) in [
        ("p.json", "p.json: reference data cannot be unpacked"),
        ("cut.zst", "cut.zst: reference data cannot be unpacked"),
        ("other.zst", "other.zst: reference data, line 1"),
        ("nowhere", "`nowhere` cannot be read"),
    ] {
        let ran = sources.run(&["iam", "lint", "p.json", "--reference", file]);
        assert_eq!((ran.code, ran.err.contains(says), ran.out.as_str()), (2, true, ""), "{file}: {}", ran.err);
    }
}

#[test]
fn the_version_tells_the_date_of_the_data() {
    let version = run_in(&root(), &["--version"]);
    let lines: Vec<&str> = version.out.lines().collect();
    assert_eq!((version.code, lines.first()), (0, Some(&concat!("partywall ", env!("CARGO_PKG_VERSION")))), "{}", version.out);
    assert!(lines.iter().any(|line| line.contains("as AWS documented them up to 20")), "{}", version.out);
}
