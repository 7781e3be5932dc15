//! One value of each class of numbers, dates, booleans and addresses that comparisons tell apart.

use std::net::IpAddr;

use base64::Engine as _;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::values::Kind;
use crate::Comparison;
use crate::eval::{Case, Number, Operand};

/// Values to try.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) texts: Vec<String>,
    /// If none of them will do, no value does.
    pub(super) is_complete: bool,
}

/// Text that is no number, date, boolean, address or base64 of anything that policies compare with.
const NOTHING: &str = "~";

/// One value of each class that the operands tell apart: complete if all are of one kind, or else fixed texts.
pub(super) fn samples<'o>(key: &str, operands: impl Iterator<Item = &'o Operand>) -> Samples {
    let mut kinds: Vec<Kind> = Vec::new();
    let (mut numbers, mut dates, mut networks, mut texts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut fixed = true;
    for operand in operands {
        if let Some(kind) = Kind::of(operand).filter(|kind| !kinds.contains(kind)) {
            kinds.push(kind);
        }
        match operand {
            Operand::Number(Some(number), _) => numbers.push(*number),
            Operand::Date(Some(date), _) => dates.push(*date),
            Operand::Network(Some(network)) => networks.push(network.trunc()),
            Operand::Binary(Some(bytes)) => texts.push(base64::engine::general_purpose::STANDARD.encode(bytes)),
            Operand::Text(pattern, letters) => match pattern.literal() {
                Some(text) if *letters == Case::Sensitive => texts.push(text),
                Some(text) if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") => texts.push(text),
                _ => fixed = false,
            },
            Operand::Arn(_) => fixed = false,
            _ => {}
        }
    }
    let with_texts = !texts.is_empty();
    // A fixed text may be the value that would be tried for its class: what lies beside it is tried too.
    for text in &texts {
        if let Operand::Number(Some(number), _) = Operand::new(Comparison::NumericEquals, text, false) {
            numbers.push(number);
        }
        networks.extend(text.parse::<IpAddr>().map(IpNet::from));
    }
    let mut found = Vec::new();
    for kind in &kinds {
        match kind {
            Kind::Number => found.extend(between_numbers(&numbers, with_texts)),
            Kind::Date => found.extend(between_dates(&dates)),
            Kind::Bool => found.extend(["true", "false", "True", "False"].map(str::to_owned)),
            Kind::Network => found.extend(outside_networks(&networks)),
            Kind::Binary => {}
        }
    }
    // A date has few spellings, so a fixed text may be the only one of its class.
    let is_complete = fixed && kinds.len() <= 1 && !(with_texts && kinds.contains(&Kind::Date));
    found.extend(texts);
    if !has_kind(key) {
        found.push(NOTHING.to_owned());
    }
    Samples { texts: found, is_complete }
}

/// Global keys whose values are always of their kind (IAM user guide, AWS global condition context keys).
fn has_kind(key: &str) -> bool {
    matches!(
        key,
        "aws:sourceip"
            | "aws:vpcsourceip"
            | "aws:multifactorauthage"
            | "aws:multifactorauthpresent"
            | "aws:currenttime"
            | "aws:epochtime"
            | "aws:tokenissuetime"
            | "aws:securetransport"
            | "aws:viaawsservice"
            | "aws:principalisawsservice"
    )
}

/// Each of the numbers, and one below, between and above them.
fn between_numbers(numbers: &[Number], spelled_anew: bool) -> Vec<String> {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(|one, other| one.compare(*other).unwrap_or(std::cmp::Ordering::Equal));
    let mut found = Vec::new();
    let spell = |number: Number| match number {
        Number::Whole(whole) => whole.to_string(),
        Number::Other(other) => other.to_string(),
    };
    for (place, number) in sorted.iter().enumerate() {
        found.push(spell(*number));
        if spelled_anew && let Number::Whole(whole) = number {
            found.push(format!("{whole}.0"));
            found.push(format!("0{whole}"));
        }
        match (number, sorted.get(place.saturating_add(1))) {
            (Number::Whole(one), Some(Number::Whole(two))) if two.saturating_sub(*one) > 1 => found.push(one.saturating_add(1).to_string()),
            (Number::Whole(one), Some(Number::Whole(two))) if two > one => found.push(format!("{one}.5")),
            (one, Some(two)) => found.push((one.float() / 2.0 + two.float() / 2.0).to_string()),
            (Number::Whole(last), None) => found.push(last.saturating_add(1).to_string()),
            (Number::Other(last), None) => found.push((last + 1.0).to_string()),
        }
    }
    match sorted.first() {
        Some(Number::Whole(first)) => found.push(first.saturating_sub(1).to_string()),
        Some(Number::Other(first)) => found.push((first - 1.0).to_string()),
        None => {}
    }
    found
}

const SECOND: i128 = 1_000_000_000;

/// Each of the dates, and one before, between and after them.
fn between_dates(dates: &[i128]) -> Vec<String> {
    let mut sorted = dates.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut moments = Vec::new();
    for (place, date) in sorted.iter().enumerate() {
        moments.push(*date);
        match sorted.get(place.saturating_add(1)) {
            Some(next) if next - date > SECOND => moments.push(date + SECOND),
            Some(next) => moments.push(date + (next - date) / 2),
            None => moments.push(date + SECOND),
        }
    }
    moments.extend(sorted.first().map(|first| first - SECOND));
    moments.into_iter().filter_map(spell_date).collect()
}

/// The moment in ISO 8601, for years of four digits.
fn spell_date(nanoseconds: i128) -> Option<String> {
    let (seconds, fraction) = (nanoseconds.div_euclid(SECOND), nanoseconds.rem_euclid(SECOND));
    let (days, clock) = (i64::try_from(seconds.div_euclid(86_400)).ok()?, seconds.rem_euclid(86_400));
    // Years that begin in March, counted from year 0, in eras of 400 years.
    let shifted = days.checked_add(719_468)?;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hours, minutes, seconds) = (clock / 3_600, clock / 60 % 60, clock % 60);
    let fraction = if fraction == 0 { String::new() } else { format!(".{fraction:09}") };
    (0..=9_999).contains(&year).then(|| format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}{fraction}Z"))
}

/// An address in each of the networks that is in none of the narrower ones, and addresses outside of all.
fn outside_networks(networks: &[IpNet]) -> Vec<String> {
    let whole = [Ipv4Net::default().into(), Ipv6Net::default().into()];
    let known = ["203.0.113.1", "198.51.100.1", "192.0.2.1", "2001:db8::1"].map(str::to_owned);
    let own = whole.iter().chain(networks).filter_map(|network| free_address(*network, networks)).map(|address| address.to_string());
    known.into_iter().chain(own).collect()
}

/// An address of the network that is in none of the others that are narrower.
fn free_address(network: IpNet, others: &[IpNet]) -> Option<IpAddr> {
    let narrower: Vec<IpNet> = others.iter().filter(|other| network.contains(*other) && **other != network).copied().collect();
    uncovered(network, &narrower)
}

fn uncovered(network: IpNet, holes: &[IpNet]) -> Option<IpAddr> {
    if holes.iter().any(|hole| hole.contains(&network)) {
        return None;
    }
    if !holes.iter().any(|hole| network.contains(hole)) {
        return Some(network.addr());
    }
    let half = network.prefix_len().checked_add(1)?;
    network.subnets(half).ok()?.find_map(|half| uncovered(half, holes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_spelled_as_they_are_read() {
        for seconds in [0_i128, 951_868_800, 1_704_067_200, -1, 4_102_444_799, 1_709_164_800] {
            let text = spell_date(seconds * SECOND).unwrap();
            let known = Operand::new(crate::Comparison::DateEquals, &seconds.to_string(), false);
            let same = Operand::new(crate::Comparison::DateEquals, &text, false);
            assert!(seconds < 0 || known == same, "{text}");
        }
        assert_eq!(spell_date(-SECOND).unwrap(), "1969-12-31T23:59:59Z");
        assert_eq!(spell_date(SECOND / 4).unwrap(), "1970-01-01T00:00:00.250000000Z");
    }

    #[test]
    fn an_address_is_found_where_the_networks_leave_one() {
        let nets = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpNet>>();
        let free =
            |network: &str, others: &[&str]| free_address(network.parse().unwrap(), &nets(others)).map(|address| address.to_string());
        assert_eq!(free("10.0.0.0/8", &["10.0.0.0/9"]), Some("10.128.0.0".into()));
        assert_eq!(free("10.0.0.0/8", &["10.0.0.0/9", "10.128.0.0/9"]), None);
        assert_eq!(free("0.0.0.0/0", &["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/2"]), None);
        assert_eq!(free("10.0.0.0/31", &["10.0.0.0/32"]), Some("10.0.0.1".into()));
    }

    #[test]
    fn numbers_between() {
        let found = between_numbers(&[Number::Whole(5), Number::Whole(6), Number::Whole(9)], false);
        for want in ["4", "5", "5.5", "6", "7", "9", "10"] {
            assert!(found.iter().any(|text| text == want), "{want}: {found:?}");
        }
    }
}
