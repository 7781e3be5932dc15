//! `cargo xtask managed-policies DIR`: documents of the policies that AWS keeps, as `catalog/reference/aws-managed-policies.zst`.
//!
//! `DIR` is the unpacked wheel of `moto` (Apache-2.0), whose maintainers list them from an account. The form of the file is described in
//! `catalog/reference/README.md`; the decoder of `partywall-iam` reads the new file before it replaces the old one.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use partywall_iam::ManagedPolicies;
use serde::Deserialize;
use serde_json::Value;

const INPUT: &str = "moto/iam/aws_managed_policies.py";
const OUTPUT: &str = "catalog/reference/aws-managed-policies.zst";
const ZSTD_LEVEL: i32 = 19;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    path: String,
    default_version_id: String,
    update_date: String,
    document: Value,
}

/// Converts the list, checks that what was written can be read, writes the file and prints what it holds.
///
/// # Errors
/// The directory is not the package, or the file cannot be written.
pub(crate) fn run(package: &Path) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent directory")?;
    let source = package.join(INPUT);
    let python =
        fs::read_to_string(&source).with_context(|| format!("cannot read `{}`: is that moto's wheel, unpacked?", source.display()))?;
    let list = python.split("\"\"\"").nth(1).with_context(|| format!("`{}` has no text in triple quotes", source.display()))?;
    let policies: BTreeMap<String, Policy> =
        serde_json::from_str(list).with_context(|| format!("in the text of `{}`", source.display()))?;
    let date = policies.values().filter_map(|policy| policy.update_date.get(..10)).max().context("the list is empty")?;
    let mut text = format!("aws-managed-policies\t1\t{date}\n");
    for (name, policy) in &policies {
        let document = serde_json::to_string(&policy.document)?;
        ensure!(!name.contains('\t') && !policy.path.contains('\t'), "a tab in the name of `{name}`");
        text.push_str(&format!("{}{name}\t{}\t{document}\n", policy.path, policy.default_version_id));
    }
    let file = zstd::encode_all(text.as_bytes(), ZSTD_LEVEL)?;
    let read = ManagedPolicies::from_bytes(&file).context("the file that was made cannot be read")?;
    ensure!(read.len() == policies.len(), "{} policies were written, {} are read", policies.len(), read.len());
    fs::write(root.join(OUTPUT), &file).with_context(|| format!("cannot write `{OUTPUT}`"))?;
    let sizes = (text.len(), file.len());
    writeln!(std::io::stdout(), "{OUTPUT}: {} policies of {date}, {} bytes as text, {} bytes compressed", read.len(), sizes.0, sizes.1)?;
    Ok(())
}
