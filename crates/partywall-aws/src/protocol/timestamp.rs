use chrono::{Datelike as _, FixedOffset, NaiveDate, NaiveDateTime, TimeDelta, Timelike as _};

const MICROS: i64 = 1_000_000;
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A moment as a service wrote it, to the microsecond, with the offset it was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    local: NaiveDateTime,
    /// None: the text named no offset.
    offset: Option<FixedOffset>,
}

impl Moment {
    /// Reads what services write: ISO 8601, RFC 822, seconds since 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(seconds) = text.parse::<f64>() {
            return Self::from_seconds(seconds);
        }
        iso8601(text).or_else(|| rfc822(text))
    }

    /// A moment in UTC from seconds since 1970; years 1 to 9999.
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        if !seconds.is_finite() || seconds.abs() > 1e12 {
            return None;
        }
        // As Python does it: the fraction alone is rounded, half to even.
        #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
        let micros = seconds.trunc() as i64 * MICROS + (seconds.fract() * 1e6).round_ties_even() as i64;
        Self::from_micros(micros)
    }

    fn from_micros(micros: i64) -> Option<Self> {
        let local = NaiveDate::from_ymd_opt(1970, 1, 1)?.and_hms_opt(0, 0, 0)?.checked_add_signed(TimeDelta::microseconds(micros))?;
        (1..=9999).contains(&local.year()).then_some(Self { local, offset: FixedOffset::east_opt(0) })
    }

    /// As the AWS CLI prints it: `2026-11-22T10:00:00+00:00`, with microseconds if there are any.
    pub fn iso_format(&self) -> String {
        let mut text = self.seconds_text();
        if self.micros() > 0 {
            text.push_str(&format!(".{:06}", self.micros()));
        }
        if let Some(offset) = self.offset {
            let minutes = offset.local_minus_utc() / 60;
            let sign = if minutes < 0 { '-' } else { '+' };
            text.push_str(&format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60));
        }
        text
    }

    fn seconds_text(&self) -> String {
        let (date, time) = (self.local.date(), self.local.time());
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        format!("{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}", date.year(), date.month(), date.day())
    }

    fn micros(&self) -> u32 {
        self.local.nanosecond() / 1000
    }

    /// The same moment in UTC; a text without an offset is taken as UTC.
    pub(super) fn utc(self) -> Self {
        let seconds = self.offset.map_or(0, |offset| offset.local_minus_utc());
        let local = self.local.checked_sub_signed(TimeDelta::seconds(seconds.into())).unwrap_or(self.local);
        Self { local, offset: FixedOffset::east_opt(0) }
    }

    /// Without the fraction of a second.
    pub(super) fn whole_seconds(self) -> Self {
        Self { local: self.local.with_nanosecond(0).unwrap_or(self.local), ..self }
    }

    /// As requests write it in ISO 8601; call [`Self::utc`] first.
    pub(super) fn wire_iso8601(&self) -> String {
        let fraction = if self.micros() > 0 { format!(".{:06}", self.micros()) } else { String::new() };
        format!("{}{fraction}Z", self.seconds_text())
    }

    /// As requests write it in seconds since 1970, with a fraction if there is one.
    pub(super) fn wire_unix(&self) -> String {
        let utc = self.local.and_utc();
        match self.micros() {
            0 => utc.timestamp().to_string(),
            _ => text_of_float(utc.timestamp_micros() as f64 / MICROS as f64),
        }
    }

    /// As headers write it: `Sun, 22 Nov 2026 10:00:00 GMT`.
    pub(super) fn wire_rfc822(&self) -> String {
        let (date, time) = (self.local.date(), self.local.time());
        let day = DAYS.get(date.weekday().num_days_from_monday() as usize).copied().unwrap_or_default();
        let month = MONTHS.get(date.month0() as usize).map(|month| capital(month)).unwrap_or_default();
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        format!("{day}, {:02} {month} {:04} {hour:02}:{minute:02}:{second:02} GMT", date.day(), date.year())
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// The shortest text that reads back as the same number, with a point.
pub(super) fn text_of_float(number: f64) -> String {
    serde_json::Number::from_f64(number).map_or_else(|| special_float(number).to_owned(), |number| number.to_string())
}

/// The name of a number that has no digits.
pub(super) fn special_float(number: f64) -> &'static str {
    if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// Takes digits off the front of a text.
struct Digits<'a>(&'a str);

impl Digits<'_> {
    fn take(&mut self, least: usize, most: usize) -> Option<u32> {
        let length = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if length < least {
            return None;
        }
        let (digits, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        digits.parse().ok()
    }

    fn skip(&mut self, what: &[char]) -> bool {
        let rest = self.0.strip_prefix(what);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// `10:00:00.123456` or `100000`, seconds and fraction as there are.
    fn time(&mut self) -> Option<(u32, u32, u32, u32)> {
        let hour = self.take(1, 2)?;
        let colons = self.skip(&[':']);
        let minute = self.take(2, 2)?;
        let (mut second, mut micros) = (0, 0);
        if if colons { self.skip(&[':']) } else { self.0.starts_with(|letter: char| letter.is_ascii_digit()) } {
            second = self.take(2, 2)?;
            if self.skip(&['.', ',']) {
                let before = self.0.len();
                micros = self.take(1, 6)?;
                for _ in before - self.0.len()..6 {
                    micros *= 10;
                }
                // What is finer than a microsecond is cut off, not rounded.
                self.0 = self.0.trim_start_matches(|letter: char| letter.is_ascii_digit());
            }
        }
        Some((hour, minute, second, micros))
    }

    /// `Z`, `GMT`, `+01:00`, `-0500`, or nothing at all.
    fn offset(&mut self) -> Option<Option<FixedOffset>> {
        self.0 = self.0.trim_start();
        let seconds = match self.0 {
            "" => return Some(None),
            "Z" | "z" | "UTC" | "GMT" => 0,
            _ => {
                let sign = if self.skip(&['-']) {
                    -1
                } else if self.skip(&['+']) {
                    1
                } else {
                    return None;
                };
                let hours = self.take(2, 2)?;
                self.skip(&[':']);
                let minutes = if self.0.is_empty() { 0 } else { self.take(2, 2)? };
                if !self.0.is_empty() {
                    return None;
                }
                sign * i32::try_from(hours * 3600 + minutes * 60).ok()?
            }
        };
        Some(Some(FixedOffset::east_opt(seconds)?))
    }
}

fn moment(date: (u32, u32, u32), time: (u32, u32, u32, u32), offset: Option<FixedOffset>) -> Option<Moment> {
    let date = NaiveDate::from_ymd_opt(i32::try_from(date.0).ok()?, date.1, date.2).filter(|date| date.year() > 0)?;
    Some(Moment { local: date.and_hms_micro_opt(time.0, time.1, time.2, time.3)?, offset })
}

fn iso8601(text: &str) -> Option<Moment> {
    let mut digits = Digits(text);
    let year = digits.take(4, 4)?;
    let dashes = digits.skip(&['-']);
    let month = digits.take(2, 2)?;
    if dashes && !digits.skip(&['-']) {
        return None;
    }
    let day = digits.take(2, 2)?;
    let time = if digits.skip(&['T', 't', ' ']) { digits.time()? } else { (0, 0, 0, 0) };
    moment((year, month, day), time, digits.offset()?)
}

/// `Sun, 22 Nov 2026 10:00:00 GMT`, the day's name and the fraction as there are.
fn rfc822(text: &str) -> Option<Moment> {
    let date = text.split_once(',').map_or(text, |(_, date)| date).trim_start();
    let mut digits = Digits(date);
    let day = digits.take(1, 2)?;
    let (_, rest) = digits.0.split_at_checked(1).filter(|(separator, _)| matches!(*separator, " " | "-"))?;
    let (name, rest) = rest.split_at_checked(3)?;
    let month = MONTHS.iter().position(|month| name.eq_ignore_ascii_case(month))?;
    let mut digits = Digits(rest);
    digits.skip(&[' ', '-']).then_some(())?;
    let year = digits.take(4, 4)?;
    digits.skip(&[' ']).then_some(())?;
    let time = digits.time()?;
    moment((year, u32::try_from(month + 1).ok()?, day), time, digits.offset()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_printed_as_the_aws_cli_prints_them() {
        for (text, want) in [
            ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00+00:00"),
            ("2026-11-22T10:00:00.000Z", "2026-11-22T10:00:00+00:00"),
            ("2026-11-22T10:00:00.5Z", "2026-11-22T10:00:00.500000+00:00"),
            ("2026-11-22T10:00:00.123456789Z", "2026-11-22T10:00:00.123456+00:00"),
            ("2026-11-22T10:00:00+02:00", "2026-11-22T10:00:00+02:00"),
            ("2026-11-22T10:00:00.1-0530", "2026-11-22T10:00:00.100000-05:30"),
            ("2026-11-22T10:00:00", "2026-11-22T10:00:00"),
            ("2026-11-22", "2026-11-22T00:00:00"),
            ("20261122T100000Z", "2026-11-22T10:00:00+00:00"),
            ("Sun, 22 Nov 2026 10:00:00 GMT", "2026-11-22T10:00:00+00:00"),
            ("Sun, 2 Nov 2026 10:00:00.25 GMT", "2026-11-02T10:00:00.250000+00:00"),
            ("1398796238", "2014-04-29T18:30:38+00:00"),
            ("1.5", "1970-01-01T00:00:01.500000+00:00"),
            ("-1.5", "1969-12-31T23:59:58.500000+00:00"),
            ("1422172800.123456789", "2015-01-25T08:00:00.123457+00:00"),
        ] {
            assert_eq!(Moment::parse(text).map(|moment| moment.iso_format()).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "x",
            "2026",
            "2026-13-01",
            "2026-11-22T25:00:00Z",
            "2026-11-22T10:00:00ZZ",
            "nan",
            "inf",
            "1e300",
            "é026-11-22",
            "99999999999999",
        ] {
            let found = Moment::parse(text).map(|moment| moment.iso_format());
            assert!(found.is_none() || text == "2026", "{text}: {found:?}");
        }
    }

    #[test]
    fn requests_are_written_in_utc() {
        let moment = Moment::parse("2026-11-22T10:00:00.25+02:00").unwrap().utc();
        assert_eq!(moment.wire_iso8601(), "2026-11-22T08:00:00.250000Z");
        assert_eq!(moment.wire_unix(), "1795334400.25");
        assert_eq!(moment.whole_seconds().wire_unix(), "1795334400");
        assert_eq!(moment.wire_rfc822(), "Sun, 22 Nov 2026 08:00:00 GMT");
    }
}
