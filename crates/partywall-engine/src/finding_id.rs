use partywall_model::{FindingId, Resource, SourceKind};
use sha2::{Digest, Sha256};

/// A finding's id is made of two halves, one of the check and one of the resource, so that neither is hashed again for every result.
pub(crate) fn half(parts: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(8).fold(0, |half, byte| half << 8 | u64::from(*byte))
}

/// The half of a resource: what stays the same from run to run. Rows of templates have no account to tell them apart, so their file does.
pub(crate) fn resource_half(resource: &Resource) -> u64 {
    let file = if resource.source.kind == SourceKind::CloudFormation { &*resource.source.file } else { "" };
    let id = resource.logical_id.as_deref().unwrap_or(&resource.id);
    half(&[resource.account.as_deref().unwrap_or(""), resource.region.as_deref().unwrap_or(""), &resource.resource_type, id, file])
}

/// The finaliser of SplitMix64 over both halves: every bit of either changes about half of the id's.
pub(crate) fn mix(check: u64, resource: u64) -> FindingId {
    let mut id = check.rotate_left(32) ^ resource;
    id = (id ^ (id >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    id = (id ^ (id >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    FindingId(id ^ (id >> 31))
}
