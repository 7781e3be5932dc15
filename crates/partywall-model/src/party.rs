use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Who can own a duty. The list is open: managed service providers and vendors stand beside AWS and the customer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// Amazon Web Services.
    Aws,
    /// The holder of the account.
    Customer,
    /// A managed service provider that runs part of the customer's side.
    Msp(String),
    /// A supplier of software or models that runs inside the account.
    Vendor(String),
}

/// The text is none of `aws`, `customer`, `msp:<id>`, `vendor:<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no party: write aws, customer, msp:<id> or vendor:<id>")]
pub struct ParsePartyError(String);

impl FromStr for Party {
    type Err = ParsePartyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "aws" => return Ok(Self::Aws),
            "customer" => return Ok(Self::Customer),
            _ => {}
        }
        match text.split_once(':') {
            Some(("msp", id)) if !id.is_empty() => Ok(Self::Msp(id.to_owned())),
            Some(("vendor", id)) if !id.is_empty() => Ok(Self::Vendor(id.to_owned())),
            _ => Err(ParsePartyError(text.to_owned())),
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aws => f.write_str("aws"),
            Self::Customer => f.write_str("customer"),
            Self::Msp(id) => write!(f, "msp:{id}"),
            Self::Vendor(id) => write!(f, "vendor:{id}"),
        }
    }
}

impl Serialize for Party {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Party {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parties_round_trip() {
        for text in ["aws", "customer", "msp:harbour-ops", "vendor:anthill"] {
            assert_eq!(text.parse::<Party>().unwrap().to_string(), text);
        }
        for text in ["", "AWS", "msp:", "other:x"] {
            assert!(text.parse::<Party>().is_err(), "{text}");
        }
    }
}
