//! Functions about networks: CIDR blocks and ports.

use std::net::IpAddr;
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, BooleanArray, Int64Array, PrimitiveArray, StringArray};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Signature, SimpleScalarUDF, Volatility, create_udf};
use ipnet::IpNet;

use super::author::{rows_of, text};

/// A CIDR block, or an address as a block of one.
pub(super) fn network(cidr: &str) -> Option<IpNet> {
    cidr.parse::<IpNet>().ok().or_else(|| cidr.parse::<IpAddr>().ok().map(IpNet::from))
}

/// Ranges that no router on the internet forwards: IANA's special-purpose registries (RFC 6890), and the carriers' shared range (RFC 6598).
const PRIVATE: [&str; 10] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
    "192.0.2.0/24",
];

fn is_public(network: IpNet) -> bool {
    !PRIVATE.iter().filter_map(|range| range.parse::<IpNet>().ok()).any(|range| range.contains(&network))
}

pub(super) fn is_public_cidr() -> ScalarUDF {
    let rule = |arguments: &[ColumnarValue]| {
        let [cidr] = arguments else { return exec_err!("is_public_cidr takes one argument") };
        let cidr = text(cidr, rows_of(arguments))?;
        let found: BooleanArray = cidr.iter().map(|cidr| cidr.and_then(|cidr| Some(is_public(network(cidr)?)))).collect();
        Ok(ColumnarValue::Array(Arc::new(found)))
    };
    create_udf("is_public_cidr", vec![DataType::Utf8], DataType::Boolean, Volatility::Immutable, Arc::new(rule))
}

/// `prefix_length(cidr)`: the number after the slash.
pub(super) fn prefix_length() -> ScalarUDF {
    let rule = |arguments: &[ColumnarValue]| {
        let [cidr] = arguments else { return exec_err!("prefix_length takes one argument") };
        Ok(ColumnarValue::Array(Arc::new(prefix_lengths(&*text(cidr, rows_of(arguments))?))))
    };
    create_udf("prefix_length", vec![DataType::Utf8], DataType::Int64, Volatility::Immutable, Arc::new(rule))
}

fn prefix_lengths(cidr: &StringArray) -> Int64Array {
    let length = |text: &[u8]| match text {
        [.., b'/', ones] => number(&[*ones]),
        [.., b'/', tens, ones] => number(&[*tens, *ones]),
        [.., b'/', hundreds, tens, ones] => number(&[*hundreds, *tens, *ones]),
        _ => None,
    };
    let data = cidr.value_data();
    let place = |offset: i32| usize::try_from(offset).unwrap_or_default();
    let lengths = cidr.value_offsets().windows(2).map(|pair| match pair {
        [start, end] if start < end => data.get(place(*start)..place(*end)).and_then(length).unwrap_or(-1),
        _ => -1,
    });
    let lengths: Vec<i64> = lengths.collect();
    let found = BooleanBuffer::collect_bool(lengths.len(), |row| lengths.get(row).is_some_and(|length| *length >= 0));
    Int64Array::new(lengths.into(), NullBuffer::union(cidr.nulls(), Some(&NullBuffer::new(found))))
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
}

/// `port_within(from, to, port, …)`: one of the ports lies in the range, both ends included. Absent where an end is absent.
pub(super) fn port_within() -> ScalarUDF {
    let signature = Signature::variadic(vec![DataType::Int64], Volatility::Immutable);
    SimpleScalarUDF::new_with_signature("port_within", signature, DataType::Boolean, Arc::new(has_port_within)).into()
}

fn has_port_within(arguments: &[ColumnarValue]) -> Result<ColumnarValue> {
    let [from, to, ports @ ..] = arguments else { return exec_err!("port_within takes a range and ports") };
    let mut wanted = Vec::with_capacity(ports.len());
    for port in ports {
        let ColumnarValue::Scalar(ScalarValue::Int64(Some(port))) = port else { return exec_err!("port_within takes literal ports") };
        match u16::try_from(*port) {
            Ok(port) => wanted.push(i32::from(port)),
            Err(_) => return exec_err!("`{port}` is no port; ports are 0 to 65535"),
        }
    }
    let (from, to) = (from.to_array(rows_of(arguments))?, to.to_array(rows_of(arguments))?);
    let (Some(from), Some(to)) = (from.as_primitive_opt::<Int64Type>(), to.as_primitive_opt::<Int64Type>()) else {
        return exec_err!("the ends of a range of ports are numbers");
    };
    let nulls = NullBuffer::union(from.nulls(), to.nulls());
    Ok(ColumnarValue::Array(Arc::new(BooleanArray::new(within(from, to, &wanted), nulls))))
}

/// Rows are taken 64 at a time and ports one by one, which compilers turn into a few instructions for many rows.
fn within(from: &PrimitiveArray<Int64Type>, to: &PrimitiveArray<Int64Type>, wanted: &[i32]) -> BooleanBuffer {
    // Beyond all ports, one number is as good as another.
    let narrow = |port: &i64| i32::try_from(*port).unwrap_or(if *port < 0 { i32::MIN } else { i32::MAX });
    let mut words: Vec<u64> = Vec::with_capacity(from.len().div_ceil(64));
    for (from, to) in from.values().chunks(64).zip(to.values().chunks(64)) {
        let (mut starts, mut ends, mut hits) = ([0_i32; 64], [0_i32; 64], [0_i32; 64]);
        starts.iter_mut().zip(from).for_each(|(slot, port)| *slot = narrow(port));
        ends.iter_mut().zip(to).for_each(|(slot, port)| *slot = narrow(port));
        for port in wanted {
            for ((hit, start), end) in hits.iter_mut().zip(&starts).zip(&ends) {
                *hit |= i32::from(start <= port) & i32::from(port <= end);
            }
        }
        words.push(hits.iter().rev().fold(0, |word, hit| word << 1 | u64::from(*hit != 0)));
    }
    BooleanBuffer::new(words.into(), 0, from.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_found_in_ranges_of_any_number_of_rows() {
        let ranges: Vec<(i64, i64)> =
            (0..200).map(|row| (row * 7 % 31 - 3, row * 11 % 37)).chain([(i64::MIN, i64::MAX), (22, 22)]).collect();
        let from: PrimitiveArray<Int64Type> = ranges.iter().map(|(from, _)| *from).collect();
        let to: PrimitiveArray<Int64Type> = ranges.iter().map(|(_, to)| *to).collect();
        let found = within(&from, &to, &[22, 3, 30]);
        for (row, (from, to)) in ranges.iter().enumerate() {
            assert_eq!(found.value(row), [3, 22, 30].iter().any(|port| from <= port && port <= to), "{from}..{to}");
        }
    }

    #[test]
    fn what_has_no_length_is_absent() {
        let cidr = StringArray::from(vec![
            Some("0.0.0.0/0"),
            Some("::/128"),
            None,
            Some(""),
            Some("10.0.0.0/x"),
            Some("10.0.0.1"),
            Some("/"),
            Some("a/16"),
        ]);
        let found: Vec<_> = prefix_lengths(&cidr).iter().collect();
        assert_eq!(found, [Some(0), Some(128), None, None, None, None, None, Some(16)]);
    }
}
