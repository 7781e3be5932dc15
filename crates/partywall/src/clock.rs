//! The one clock. Tests and reproducible runs set it with `--as-of`.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

/// The given day at its start, or now.
#[expect(clippy::disallowed_methods, reason = "this is the one clock that the rest of the program is told to use")]
pub(crate) fn moment(as_of: Option<NaiveDate>) -> DateTime<Utc> {
    match as_of {
        Some(day) => day.and_time(NaiveTime::MIN).and_utc(),
        None => Utc::now(),
    }
}
