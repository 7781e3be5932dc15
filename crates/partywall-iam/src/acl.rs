use std::sync::Arc;

use partywall_model::Value;

use crate::Answer;
use crate::error::wrong_type;

/// Whether an S3 ACL is public: it grants any permission to the group AllUsers or AuthenticatedUsers (S3 user guide, blocking
/// public access to your Amazon S3 storage: the meaning of "public").
///
/// `canned` is the name of a predefined ACL as CloudFormation (`PublicRead`) or the API (`public-read`) spells it; `acl` is the
/// answer of GetBucketAcl, or its list of grants. Null means that this way of setting the ACL is not used.
pub fn acl_is_public(canned: &Value, acl: &Value) -> Answer {
    canned_is_public(canned).or(grants_are_public(acl))
}

fn canned_is_public(canned: &Value) -> Answer {
    let name = match canned {
        Value::Null => return Answer::No,
        Value::Unknown(cause) => return Answer::Unknown(Arc::clone(cause)),
        Value::Str(name) => name,
        _ => return Answer::Unknown(wrong_type("canned ACL is not text")),
    };
    match name.replace('-', "").to_ascii_lowercase().as_str() {
        "publicread" | "publicreadwrite" | "authenticatedread" => Answer::Yes,
        "private" | "awsexecread" | "logdeliverywrite" | "bucketownerread" | "bucketownerfullcontrol" => Answer::No,
        _ => Answer::Unknown(wrong_type(format!("canned ACL `{name}` does not exist"))),
    }
}

fn grants_are_public(acl: &Value) -> Answer {
    let grants = match acl {
        Value::Null => return Answer::No,
        Value::Map(_) => acl.get("Grants").unwrap_or(&Value::Null),
        grants => grants,
    };
    match grants {
        Value::List(grants) => Answer::any(grants.iter().map(grant_is_public), None),
        Value::Unknown(cause) => Answer::Unknown(Arc::clone(cause)),
        _ => Answer::Unknown(wrong_type("ACL has no list of grants")),
    }
}

fn grant_is_public(grant: &Value) -> Answer {
    match grant.at("Grantee.URI") {
        Some(Value::Str(uri)) => (uri.ends_with("/groups/global/AllUsers") || uri.ends_with("/groups/global/AuthenticatedUsers")).into(),
        Some(Value::Unknown(cause)) => Answer::Unknown(Arc::clone(cause)),
        // A grantee without an address is an account.
        None | Some(Value::Null) if grant.get("Grantee").is_some_and(|grantee| grantee.as_map().is_some()) => Answer::No,
        _ => Answer::Unknown(wrong_type("ACL grant has no grantee")),
    }
}

#[cfg(test)]
mod tests {
    use partywall_model::{Cause, CauseKind};

    use super::*;
    use crate::value_from_json;

    fn acl(json: &str) -> Value {
        value_from_json(json).unwrap()
    }

    #[test]
    fn canned_names_in_both_spellings() {
        for name in ["PublicRead", "public-read", "PublicReadWrite", "public-read-write", "AuthenticatedRead", "authenticated-read"] {
            assert_eq!(acl_is_public(&Value::str(name), &Value::Null), Answer::Yes, "{name}");
        }
        for name in ["Private", "private", "LogDeliveryWrite", "bucket-owner-full-control", "AwsExecRead", "aws-exec-read"] {
            assert_eq!(acl_is_public(&Value::str(name), &Value::Null), Answer::No, "{name}");
        }
        assert!(matches!(acl_is_public(&Value::str("PublicWrite"), &Value::Null), Answer::Unknown(_)));
        assert!(matches!(acl_is_public(&Value::Int(1), &Value::Null), Answer::Unknown(_)));
    }

    #[test]
    fn grants_to_the_two_groups_are_public() {
        let owner = r#"{"Grantee":{"Type":"CanonicalUser","ID":"abc"},"Permission":"FULL_CONTROL"}"#;
        let group =
            |name: &str| format!(r#"{{"Grantee":{{"Type":"Group","URI":"http://acs.amazonaws.com/groups/{name}"}},"Permission":"READ"}}"#);
        let with = |name: &str| acl(&format!(r#"{{"Owner":{{}},"Grants":[{owner},{}]}}"#, group(name)));
        assert_eq!(acl_is_public(&Value::Null, &with("global/AllUsers")), Answer::Yes);
        assert_eq!(acl_is_public(&Value::Null, &with("global/AuthenticatedUsers")), Answer::Yes);
        assert_eq!(acl_is_public(&Value::Null, &with("s3/LogDelivery")), Answer::No);
        assert_eq!(acl_is_public(&Value::Null, &acl(&format!("[{owner}]"))), Answer::No);
        assert_eq!(acl_is_public(&Value::Null, &Value::Null), Answer::No);
    }

    #[test]
    fn what_is_not_known_is_not_private() {
        let unknown = Value::unknown(Cause::new(CauseKind::Denied, "GetBucketAcl"));
        assert!(matches!(acl_is_public(&Value::Null, &unknown), Answer::Unknown(_)));
        assert!(matches!(acl_is_public(&unknown, &Value::Null), Answer::Unknown(_)));
        assert_eq!(acl_is_public(&Value::str("PublicRead"), &unknown), Answer::Yes);
        assert!(matches!(acl_is_public(&Value::Null, &acl("{}")), Answer::Unknown(_)));
        assert!(matches!(acl_is_public(&Value::Null, &acl("[{}]")), Answer::Unknown(_)));
        let partly = Value::List(vec![unknown]);
        assert!(matches!(acl_is_public(&Value::Null, &partly), Answer::Unknown(_)));
    }
}
