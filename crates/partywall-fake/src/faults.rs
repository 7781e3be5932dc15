use std::collections::BTreeMap;

use serde::Deserialize;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The caller may not do this.
    AccessDenied,
    /// AWS asks to slow down, whatever the rate.
    Throttled,
    /// Status 500.
    InternalError,
    /// No answer ever comes.
    Timeout,
    /// The answer's body ends early, and its length says that it is whole.
    Truncated,
    /// The answer's body is of no protocol.
    Garbage,
    /// The connection breaks before an answer.
    Reset,
    /// The account has not turned the Region on.
    RegionDisabled,
    /// The service has no endpoint in the Region.
    NotAvailable,
    /// The credentials have expired.
    ExpiredToken,
}

/// Which calls a fault strikes. What is not said matches all.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Service as the models name it.
    #[serde(default)]
    pub service: Option<String>,
    /// Operation as the models name it.
    #[serde(default)]
    pub operation: Option<String>,
    /// Account id.
    #[serde(default)]
    pub account: Option<String>,
    /// Region of the signature.
    #[serde(default)]
    pub region: Option<String>,
    /// A text anywhere in the request's path, query or body, such as a bucket's name.
    #[serde(default)]
    pub key: Option<String>,
    /// From this page of a listing on; the first is 1.
    #[serde(default = "one")]
    pub page: u64,
    /// From this matching call on; the first is 1.
    #[serde(default = "one")]
    pub from: u64,
    /// So many matching calls; all if not said.
    #[serde(default)]
    pub times: Option<u64>,
    /// What goes wrong.
    pub fault: Fault,
}

fn one() -> u64 {
    1
}

impl FaultRule {
    /// A rule that strikes every call; narrow it by its members.
    pub fn new(fault: Fault) -> Self {
        Self { service: None, operation: None, account: None, region: None, key: None, page: 1, from: 1, times: None, fault }
    }

    /// The same rule for one operation only.
    #[must_use]
    pub fn of(mut self, service: &str, operation: &str) -> Self {
        self.service = Some(service.to_owned());
        self.operation = Some(operation.to_owned());
        self
    }
}

/// What a call looks like to the rules.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Service as the models name it.
    pub service: &'a str,
    /// Operation as the models name it.
    pub operation: &'a str,
    /// Account id.
    pub account: &'a str,
    /// Region of the signature.
    pub region: &'a str,
    /// Path, query and body.
    pub texts: [&'a str; 3],
    /// Page of a listing; the first is 1.
    pub page: u64,
}

/// The rules, and how often each matched.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Vec<FaultRule>,
    matched: BTreeMap<usize, u64>,
}

/// A file of rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultFile {
    #[serde(default)]
    fault: Vec<FaultRule>,
}

impl Faults {
    /// Takes rules; the first that matches holds.
    pub fn new(rules: Vec<FaultRule>) -> Self {
        Self { rules, matched: BTreeMap::new() }
    }

    /// Reads `[[fault]]` tables.
    ///
    /// # Errors
    /// What the text lacks, with its place.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str::<FaultFile>(text).map(|file| Self::new(file.fault))
    }

    /// The fault that strikes this call, if any. Counts the call for the rules it matches.
    pub fn strike(&mut self, call: &Call<'_>) -> Option<Fault> {
        for (index, rule) in self.rules.iter().enumerate() {
            if !rule.matches(call) {
                continue;
            }
            let count = self.matched.entry(index).or_default();
            *count += 1;
            let since = rule.from.max(1);
            if *count >= since && rule.times.is_none_or(|times| *count < since.saturating_add(times)) {
                return Some(rule.fault);
            }
        }
        None
    }
}

impl FaultRule {
    fn matches(&self, call: &Call<'_>) -> bool {
        let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        same(&self.service, call.service)
            && same(&self.operation, call.operation)
            && same(&self.account, call.account)
            && same(&self.region, call.region)
            && call.page >= self.page
            && self.key.as_deref().is_none_or(|key| call.texts.iter().any(|text| text.contains(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(operation: &'static str, page: u64) -> Call<'static> {
        Call { service: "s3", operation, account: "111122223333", region: "eu-central-1", texts: ["/bucket-7", "policy", ""], page }
    }

    #[test]
    fn strikes_the_calls_it_names() {
        let mut faults = Faults::parse(
            r#"
            [[fault]]
            service = "s3"
            operation = "GetBucketPolicy"
            key = "bucket-7"
            from = 2
            times = 1
            fault = "access-denied"
            [[fault]]
            operation = "ListBuckets"
            page = 2
            fault = "internal-error"
            "#,
        )
        .unwrap();
        assert_eq!(faults.strike(&call("GetBucketPolicy", 1)), None);
        assert_eq!(faults.strike(&call("GetBucketPolicy", 1)), Some(Fault::AccessDenied));
        assert_eq!(faults.strike(&call("GetBucketPolicy", 1)), None);
        assert_eq!(faults.strike(&call("ListBuckets", 1)), None);
        assert_eq!(faults.strike(&call("ListBuckets", 3)), Some(Fault::InternalError));
        assert_eq!(faults.strike(&Call { texts: ["/bucket-8", "", ""], ..call("GetBucketPolicy", 1) }), None);
    }

    #[test]
    fn misspelt_rules_are_refused() {
        assert!(Faults::parse("[[fault]]\nserivce = \"s3\"\nfault = \"reset\"").is_err());
        assert!(Faults::parse("[[fault]]\nfault = \"rest\"").is_err());
    }
}
