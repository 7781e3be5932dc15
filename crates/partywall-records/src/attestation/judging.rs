//! Until when a document is taken as proof, and what it speaks of.

use chrono::NaiveDate;

use super::{Attestation, Bridge};
use crate::text::matches;

impl Attestation {
    /// True if it was on file on a day.
    pub fn is_on_file(&self, day: NaiveDate) -> bool {
        self.received <= day
    }

    /// The last day on which it is taken as proof, as it was known on a day: bridge letters that came later do not count, nor those that
    /// leave a gap. `None`: no end.
    pub fn accepted_until_on(&self, day: NaiveDate) -> Option<NaiveDate> {
        self.accepted_alone.map(|until| carried(until, self.bridges.iter().filter(|bridge| bridge.received <= day)))
    }

    /// True if it is taken as proof on a day, as far as dates say: on file, begun, and not lapsed.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.is_on_file(day) && self.from <= day && !self.has_lapsed(day)
    }

    /// True if the days on which it is taken as proof are over, as it was known on that day.
    pub(crate) fn has_lapsed(&self, day: NaiveDate) -> bool {
        self.accepted_until_on(day).is_some_and(|until| until < day)
    }

    /// True if this document speaks of all services and Regions that another one speaks of.
    pub(crate) fn speaks_of_all(&self, other: &Self) -> bool {
        let services = match (&self.services, &other.services) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(others)) => others.is_subset(own),
        };
        // A star in the other's pattern is text here: only a star of this document stands for it.
        let named = |region: &String| self.regions.iter().any(|pattern| matches(pattern, region));
        services && (self.regions.is_empty() || !other.regions.is_empty() && other.regions.iter().all(named))
    }

    /// True if it speaks of a service.
    pub fn names_service(&self, service: &str) -> bool {
        self.services.as_ref().is_none_or(|services| services.contains(service))
    }

    /// True if it speaks of some Regions only.
    pub fn is_limited_to_regions(&self) -> bool {
        !self.regions.is_empty()
    }

    /// True if it speaks of a Region; what has no Region is everywhere.
    pub fn names_region(&self, region: Option<&str>) -> bool {
        let Some(region) = region else { return true };
        self.regions.is_empty() || self.regions.iter().any(|pattern| matches(pattern, region))
    }
}

/// The last day, carried on by each letter that begins no later than the day after. They stand in the order of their first days.
pub(super) fn carried<'a>(until: NaiveDate, bridges: impl IntoIterator<Item = &'a Bridge>) -> NaiveDate {
    bridges.into_iter().fold(until, |end, bridge| {
        let connects = end.succ_opt().is_none_or(|next| bridge.from <= next);
        if connects { end.max(bridge.to) } else { end }
    })
}
