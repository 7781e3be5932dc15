//! Dates as conditions compare them.

/// Epochs of at least this size are milliseconds: as seconds they would be past the year 5100.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// Reads a date in one of the forms of ISO 8601 that W3C allows (a year to fractions of a second, `Z` or an offset; without zone
/// UTC), or an epoch in seconds or milliseconds (IAM user guide, IAM JSON policy elements: Condition operators). The
/// result is in nanoseconds since 1970.
pub(crate) fn parse(text: &str) -> Option<i128> {
    let text = text.trim();
    if text.len() != 4
        && let Ok(epoch) = text.parse::<i64>()
    {
        let unit = if epoch.checked_abs()? >= MILLISECONDS_FROM { 1_000_000 } else { 1_000_000_000 };
        return Some(i128::from(epoch) * unit);
    }
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |part| number(part, 2))?;
    let day = parts.next().map_or(Some(1), |part| number(part, 2))?;
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
        return None;
    }
    let nanoseconds = time.map_or(Some(0), time_of_day)?;
    Some(i128::from(days_since_1970(year, month, day)) * 86_400_000_000_000 + nanoseconds)
}

fn number(text: &str, digits: usize) -> Option<i64> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// `hh:mm`, `hh:mm:ss`, `hh:mm:ss.fff` and a zone, in nanoseconds.
fn time_of_day(text: &str) -> Option<i128> {
    let (clock, offset) = match text.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock, 0),
        None => match text.rfind(['+', '-']).and_then(|at| text.split_at_checked(at)) {
            Some((clock, zone)) => (clock, zone_minutes(zone)?),
            None => (text, 0),
        },
    };
    let mut parts = clock.split(':');
    let hours = number(parts.next()?, 2)?;
    let minutes = number(parts.next()?, 2)?;
    let (seconds, fraction) = match parts.next() {
        None => (0, 0),
        Some(part) => {
            let (whole, fraction) = part.split_once('.').unwrap_or((part, "0"));
            if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            (number(whole, 2)?, format!("{fraction:0<9}").parse::<i128>().ok()?)
        }
    };
    if parts.next().is_some() || hours > 24 || minutes > 59 || seconds > 60 {
        return None;
    }
    Some(i128::from(hours * 3600 + (minutes - offset) * 60 + seconds) * 1_000_000_000 + fraction)
}

/// `+hh:mm`, `-hhmm` or `+hh`.
fn zone_minutes(zone: &str) -> Option<i64> {
    let (sign, digits) = zone.split_at_checked(1)?;
    let digits = digits.replace(':', "");
    let minutes = match digits.len() {
        2 => number(&digits, 2)? * 60,
        4 => number(digits.get(..2)?, 2)? * 60 + number(digits.get(2..)?, 2)?,
        _ => return None,
    };
    Some(if sign == "-" { -minutes } else { minutes })
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days of the proleptic Gregorian calendar, with years that begin in March so that leap days come last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_all_forms() {
        let seconds = |text: &str| parse(text).map(|value| value / 1_000_000_000);
        for text in [
            "2024-01-01T00:00:00Z",
            "2024-01-01",
            "2024",
            "2024-01",
            "1704067200",
            "1704067200000",
            "2024-01-01T01:00+01:00",
            "2023-12-31T19:00:00-0500",
            "2024-01-01T00:00:00.000Z",
            "2024-01-01T00:00:00",
        ] {
            assert_eq!(seconds(text), Some(1_704_067_200), "{text}");
        }
        assert_eq!(parse("2024-01-01T00:00:00.25Z"), Some(1_704_067_200_250_000_000));
        assert_eq!(seconds("1970-01-01"), Some(0));
        assert_eq!(seconds("1969-12-31T23:59:59Z"), Some(-1));
        assert_eq!(seconds("2000-03-01"), Some(951_868_800));
        for text in [
            "",
            "x",
            "not a date",
            "2024-13-01",
            "2024-02-30",
            "2024-1-1",
            "2024-01-01T",
            "2024-01-01T25:00",
            "2024-01-01T00:00:00.Z",
            "T",
            "é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
