//! `cargo xtask protocol-vectors`: the protocol tests that botocore carries (made from Smithy's), as one fixture for `partywall-aws`.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::models::{json_file, prune_shape, version};
use crate::ordered::Json;

const OUTPUT: &str = "crates/partywall-aws/tests/data/protocol-vectors.jsonl.zst";
const ZSTD_LEVEL: i32 = 19;
/// Files of each direction; those of CBOR are of a protocol that is not spoken.
const FILES: &[&str] = &["ec2", "json", "json_1_0", "json_1_0-query-compatible", "query", "rest-json", "rest-xml"];

/// Writes one line per suite and prints how many there are.
///
/// # Errors
/// The directory is no source distribution of botocore, or the file cannot be written.
pub(crate) fn run(botocore: &Path) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent directory")?;
    let mut lines = format!("{{\"botocore\":\"{}\"}}\n", version(botocore)?);
    let mut suites = 0;
    for direction in ["input", "output"] {
        for file in FILES {
            let path = botocore.join("tests/unit/protocols").join(direction).join(format!("{file}.json"));
            let Json::List(found) = json_file(&path)? else { continue };
            for suite in found {
                lines.push_str(&serde_json::to_string(&prune(&suite, &format!("{direction}/{file}")))?);
                lines.push('\n');
                suites += 1;
            }
        }
    }
    let output = root.join(OUTPUT);
    fs::create_dir_all(output.parent().context("output has no parent directory")?)?;
    fs::write(&output, zstd::encode_all(lines.as_bytes(), ZSTD_LEVEL)?).with_context(|| format!("cannot write `{OUTPUT}`"))?;
    writeln!(std::io::stdout(), "{OUTPUT}: {suites} suites, {} bytes compressed", fs::metadata(&output)?.len())?;
    Ok(())
}

fn prune(suite: &Json, file: &str) -> Json {
    let mut members = vec![("file".to_owned(), Json::Scalar(file.into()))];
    for (name, value) in suite.members() {
        let value = match name.as_str() {
            "shapes" => Json::Object(value.members().iter().map(|(name, shape)| (name.clone(), prune_shape(shape))).collect()),
            "cases" => cases(value),
            _ => value.clone(),
        };
        members.push((name.clone(), value));
    }
    Json::Object(members)
}

fn cases(cases: &Json) -> Json {
    let without = |case: &Json| Json::Object(case.members().iter().filter(|(name, _)| name != "documentation").cloned().collect());
    match cases {
        Json::List(items) => Json::List(items.iter().map(without).collect()),
        other => other.clone(),
    }
}
