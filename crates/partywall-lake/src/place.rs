//! Where files of a lake stand. Types, accounts and Regions come from outside: no path leaves the lake's directory.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::LakeError;
use crate::manifest::PartitionKey;

/// What Hive and its heirs write for a partition column that is NULL.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// Bytes that a name made of outside text may have; file systems take 255.
const NAME_BYTES: usize = 150;

pub(crate) const FACTS: &str = "facts";
pub(crate) const MANIFESTS: &str = "manifests";

/// A text as part of a path: letters, digits, `_` and `-` stay, every other byte becomes `%XX`; what is too long ends in its hash.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    if out.is_empty() {
        // No other text gives this; a part of a path cannot be empty.
        out.push('%');
    }
    if out.len() > NAME_BYTES {
        out.truncate(NAME_BYTES - 33);
        out.push('-');
        out.extend(hex(&Sha256::digest(text.as_bytes())).chars().take(32));
    }
    out
}

/// The directory of a partition, relative to the lake, with `/`.
pub(crate) fn partition_dir(key: &PartitionKey) -> String {
    let part = |value: &Option<std::sync::Arc<str>>| value.as_deref().map_or_else(|| NULL.to_owned(), escaped);
    let resource_type = escaped(&key.resource_type.replace("::", "_"));
    format!("{FACTS}/{resource_type}/account={}/region={}", part(&key.account), part(&key.region))
}

/// The file of a manifest's path, if the path is one that this crate makes.
///
/// # Errors
/// The path could lead out of the lake.
pub(crate) fn data_path(root: &Path, path: &str, manifest: &Path) -> Result<PathBuf, LakeError> {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'%' | b'=' | b'.'))
    };
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [FACTS, _, _, _, file]
            if parts.iter().all(|part| plain(part)) && Path::new(file).extension().is_some_and(|end| end == "parquet") =>
        {
            Ok(parts.iter().fold(root.to_owned(), |path, part| path.join(part)))
        }
        _ => Err(LakeError::damaged(manifest, &format!("`{path}` is no path of a lake"))),
    }
}

/// The file of a snapshot's manifest.
pub(crate) fn manifest_path(root: &Path, seq: u64) -> PathBuf {
    root.join(MANIFESTS).join(format!("manifest-{seq:08}.json"))
}

/// The number of a manifest's file name; `None` for any other file.
pub(crate) fn manifest_seq(name: &str) -> Option<u64> {
    let seq = name.strip_prefix("manifest-")?.strip_suffix(".json")?.parse().ok()?;
    (name == format!("manifest-{seq:08}.json")).then_some(seq)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_from_outside_leaves_the_directory() {
        for hostile in ["../../etc", "/etc/passwd", "a/b", "..", ".", "", "a\\b", "C:", "a\0b", "é", "region=x"] {
            let key = PartitionKey { resource_type: hostile.into(), account: Some(hostile.into()), region: Some(hostile.into()) };
            let dir = partition_dir(&key);
            assert_eq!(dir.split('/').count(), 4, "{dir}");
            assert!(!dir.split('/').any(|part| part.starts_with('.')), "{dir}");
            assert!(dir.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-%=/".contains(&byte)), "{dir}");
        }
        assert!(escaped(&"/".repeat(5000)).len() <= NAME_BYTES);
        assert_ne!(escaped(&"/".repeat(5000)), escaped(&"/".repeat(5001)), "long names stay apart");
        let none = PartitionKey { resource_type: "AWS::S3::Bucket".into(), account: None, region: None };
        assert_eq!(partition_dir(&none), format!("facts/AWS_S3_Bucket/account={NULL}/region={NULL}"));
    }

    #[test]
    fn a_manifest_names_files_of_the_lake_only() {
        let root = Path::new("/lake");
        let read = |path: &str| data_path(root, path, Path::new("m.json")).ok();
        let own = "facts/AWS_S3_Bucket/account=1/region=eu-central-1/00000001-1.parquet";
        assert_eq!(read(own), Some(PathBuf::from(format!("/lake/{own}"))));
        for path in [
            "/etc/passwd",
            "facts/../../../x/y.parquet",
            "facts/a/b/../y.parquet",
            "facts/a/b/c/.parquet",
            "facts/a/b/c/d/y.parquet",
            "facts/a//c/y.parquet",
            "facts/a/b/c/y.json",
            "manifests/a/b/c/y.parquet",
            "facts/a/b/c\\d/y.parquet",
        ] {
            assert_eq!(read(path), None, "{path}");
        }
    }

    #[test]
    fn only_names_that_this_crate_makes_are_manifests() {
        assert_eq!(manifest_seq("manifest-00000012.json"), Some(12));
        assert_eq!(manifest_seq("manifest-123456789.json"), Some(123_456_789));
        for name in ["manifest-12.json", "manifest-00000012.json.tmp", "manifest--0000001.json", "manifest-+0000001.json", "x"] {
            assert_eq!(manifest_seq(name), None, "{name}");
        }
    }
}
