//! Writes an AWS Config snapshot item by item, packed with gzip, without holding it.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::Prng;
use crate::item::{Item, Place, Style};
use crate::shapes::encode_documents;

pub(crate) struct SnapshotWriter {
    out: GzEncoder<BufWriter<File>>,
    items: u64,
}

impl SnapshotWriter {
    /// Starts a file; directories are made.
    pub(crate) fn create(path: &Path, prng: &mut Prng) -> io::Result<Self> {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        let mut out = GzEncoder::new(BufWriter::new(File::create(path)?), Compression::new(6));
        write!(out, "{{\"fileVersion\":\"1.0\",\"configSnapshotId\":\"{}\",\"configurationItems\":[", prng.uuid())?;
        Ok(Self { out, items: 0 })
    }

    pub(crate) fn write(&mut self, mut item: Item, place: Place, prng: &mut Prng) -> io::Result<()> {
        if self.items > 0 {
            self.out.write_all(b",")?;
        }
        if item.kind.starts_with("AWS::IAM::") {
            encode_documents(&mut item.api);
        }
        if item.kind == "AWS::EC2::SecurityGroup" && item.style == Style::Legacy {
            split_ranges(&mut item);
        }
        // In one piece: the packer is slow on small ones.
        self.out.write_all(&serde_json::to_vec(&item.config(place, prng))?)?;
        self.items += 1;
        Ok(())
    }

    /// Ends the file; gives the number of items.
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        self.out.write_all(b"]}")?;
        self.out.finish()?.flush()?;
        Ok(self.items)
    }
}

/// Config keeps a rule's address ranges twice: `ipv4Ranges` with descriptions and `ipRanges` as bare text.
fn split_ranges(item: &mut Item) {
    for list in ["/IpPermissions", "/IpPermissionsEgress"] {
        for permission in item.api.pointer_mut(list).and_then(serde_json::Value::as_array_mut).into_iter().flatten() {
            let Some(permission) = permission.as_object_mut() else { continue };
            let ranges = permission.remove("IpRanges").unwrap_or_default();
            let bare = ranges.as_array().into_iter().flatten().filter_map(|range| range.get("CidrIp").cloned()).collect();
            permission.insert("IpRanges".to_owned(), serde_json::Value::Array(bare));
            permission.insert("Ipv4Ranges".to_owned(), ranges);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::shapes::{Rule, security_group};

    #[test]
    fn writes_one_document_with_both_kinds_of_ranges() {
        let path = std::env::temp_dir().join(format!("partywall-testkit-{}.json.gz", std::process::id()));
        let place = Place { account: "111122223333", region: "eu-central-1" };
        let mut prng = Prng::new(1);
        let mut writer = SnapshotWriter::create(&path, &mut prng).unwrap();
        for _ in 0..2 {
            let group = security_group(place, "sg-1", "web", "web", "vpc-1", &[Rule::tcp(22, "0.0.0.0/0", "anyone")]);
            writer.write(group, place, &mut prng).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), 2);
        let mut text = String::new();
        flate2::read::GzDecoder::new(File::open(&path).unwrap()).read_to_string(&mut text).unwrap();
        std::fs::remove_file(&path).unwrap();
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        let permission = read.pointer("/configurationItems/1/configuration/ipPermissions/0").unwrap();
        assert_eq!(permission.pointer("/ipRanges/0"), Some(&serde_json::json!("0.0.0.0/0")));
        assert_eq!(permission.pointer("/ipv4Ranges/0/cidrIp"), Some(&serde_json::json!("0.0.0.0/0")));
    }
}
