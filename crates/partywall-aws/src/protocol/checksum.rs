//! Checksums of bodies, where a service wants one: CRC32, botocore's default.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use partywall_model::Value;

use super::message::InputError;
use crate::http::HttpRequest;
use crate::model::{Operation, Service};

const TABLE: [u32; 256] = table();

/// Puts the checksum's header in, unless the caller gave one.
pub(super) fn add(service: &Service, operation: &Operation, input: &Value, request: &mut HttpRequest) -> Result<(), InputError> {
    let is_checksum = |name: &str| name.starts_with("x-amz-checksum-") && name != "x-amz-checksum-type";
    if !operation.checksum_required && operation.checksum_member.is_none() || request.headers.iter().any(|(name, _)| is_checksum(name)) {
        return Ok(());
    }
    if let Some(name) = &operation.checksum_member {
        let member = service.input(operation).and_then(|structure| structure.member(name));
        match (member, input.get(name).and_then(Value::as_str)) {
            (Some(member), None) => request.headers.push((member.wire.to_ascii_lowercase(), "CRC32".to_owned())),
            (_, None | Some("CRC32")) => {}
            (_, Some(_)) => return Err(InputError::at(&operation.name, name, "only CRC32 is computed here; leave it out")),
        }
    }
    let value = STANDARD.encode(crc32(&request.body).to_be_bytes());
    request.headers.push(("x-amz-checksum-crc32".to_owned(), value));
    Ok(())
}

/// The CRC-32 of IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        let place = usize::from(crc.to_le_bytes().first().copied().unwrap_or_default() ^ byte);
        TABLE.get(place).copied().unwrap_or_default() ^ (crc >> 8)
    })
}

#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "run by the compiler, which checks it")]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut place = 0;
    while place < 256 {
        let mut crc = place as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
            bit += 1;
        }
        table[place] = crc;
        place += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_of_the_standards_test_is_right() {
        assert_eq!(super::crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(super::crc32(b""), 0);
    }
}
