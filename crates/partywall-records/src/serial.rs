//! Days as text, `2027-03-31`. chrono's own feature for this is not used: crates below the engine share chrono, and another feature of it
//! would build them all again.

use chrono::NaiveDate;
use serde::Serializer;

/// A day.
///
/// # Errors
/// The serializer's.
pub fn day<S: Serializer>(day: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

/// A day or `null`.
///
/// # Errors
/// The serializer's.
pub fn some_day<S: Serializer>(day: &Option<NaiveDate>, serializer: S) -> Result<S::Ok, S::Error> {
    match day {
        Some(day) => serializer.collect_str(day),
        None => serializer.serialize_none(),
    }
}

/// A period as an array of two days, or `null`.
///
/// # Errors
/// The serializer's.
pub fn period<S: Serializer>(period: &Option<(NaiveDate, NaiveDate)>, serializer: S) -> Result<S::Ok, S::Error> {
    match period {
        Some((from, to)) => serializer.collect_seq([from.to_string(), to.to_string()]),
        None => serializer.serialize_none(),
    }
}
