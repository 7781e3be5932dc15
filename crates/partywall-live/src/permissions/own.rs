//! What the collector needs beside the catalogue's reads, and what no catalogue may ask for.

/// An action and why it is needed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own {
    pub(super) action: &'static str,
    pub(super) reason: &'static str,
    /// Resources in place of `*`; `{partition}` and `{role}` are filled in.
    pub(super) resources: &'static [&'static str],
}

const EVERYWHERE: &[&str] = &["*"];

/// Needed in every account that is read, whatever the checks.
pub(super) const ALWAYS: &[Own] = &[
    Own {
        action: "sts:GetCallerIdentity",
        reason: "says which account is read; AWS answers it without a permission",
        resources: EVERYWHERE,
    },
    Own {
        action: "ec2:DescribeRegions",
        reason: "says which Regions the account has in use, so that none is left out",
        resources: EVERYWHERE,
    },
    Own { action: "iam:GetRole", reason: "finds the whole ARN of the reader's own role, to verify its permissions", resources: EVERYWHERE },
    Own {
        action: "iam:SimulatePrincipalPolicy",
        reason: "says before a run which actions are denied, without calling them",
        resources: EVERYWHERE,
    },
];

/// Needed where an organisation is read account by account, in the account that partywall starts from.
pub(super) const ORGANIZATION: &[Own] = &[
    Own {
        action: "organizations:DescribeOrganization",
        reason: "says which organisation this is and who manages it",
        resources: EVERYWHERE,
    },
    Own { action: "organizations:ListAccounts", reason: "lists the accounts, so that none is left out", resources: EVERYWHERE },
    Own { action: "organizations:ListAccountsForParent", reason: "lists the accounts of one organizational unit", resources: EVERYWHERE },
    Own {
        action: "organizations:ListOrganizationalUnitsForParent",
        reason: "goes down the tree of organizational units",
        resources: EVERYWHERE,
    },
    Own { action: "organizations:ListRoots", reason: "is where the tree of organizational units begins", resources: EVERYWHERE },
    Own {
        action: "sts:AssumeRole",
        reason: "enters the role of this name in each account; nothing else may be assumed",
        resources: &["arn:{partition}:iam::*:role/{role}"],
    },
];

/// Needed where AWS Config's aggregator is asked, in the account that it is in.
pub(super) const AGGREGATOR: &[Own] = &[
    Own { action: "config:DescribeConfigurationAggregators", reason: "finds AWS Config's aggregator", resources: EVERYWHERE },
    Own {
        action: "config:DescribeConfigurationAggregatorSourcesStatus",
        reason: "says of which accounts and Regions the aggregator has records, and whether they are fresh",
        resources: EVERYWHERE,
    },
    Own {
        action: "config:SelectAggregateResourceConfig",
        reason: "shows what AWS Config has recorded of all of them",
        resources: EVERYWHERE,
    },
];

/// Needed where the index of AWS Resource Explorer is asked, in each account. `ListResources` is allowed by the action of `Search` (API
/// reference, ListResources, "Minimum permissions").
pub(super) const RESOURCE_EXPLORER: &[Own] = &[
    Own {
        action: "resource-explorer-2:GetDefaultView",
        reason: "finds the view through which Resource Explorer's index is seen",
        resources: EVERYWHERE,
    },
    Own {
        action: "resource-explorer-2:GetIndex",
        reason: "says whether a Region has an index of Resource Explorer, so that none is ever made by asking",
        resources: EVERYWHERE,
    },
    Own { action: "resource-explorer-2:GetView", reason: "says whether that view leaves anything out", resources: EVERYWHERE },
    Own {
        action: "resource-explorer-2:ListSupportedResourceTypes",
        reason: "says of which types that nothing is found means that nothing is there",
        resources: EVERYWHERE,
    },
    Own { action: "resource-explorer-2:Search", reason: "says which types a Region has anything of", resources: EVERYWHERE },
];

/// Actions that one service uses for everything it can be asked, kept to the resources whose settings are read.
pub(super) const NARROW: &[(&str, &[&str])] = &[(
    // `GET` on `/apikeys` and below `/usageplans` would hand out the keys' values.
    "apigateway:GET",
    &[
        "arn:{partition}:apigateway:*::/account",
        "arn:{partition}:apigateway:*::/apis*",
        "arn:{partition}:apigateway:*::/clientcertificates*",
        "arn:{partition}:apigateway:*::/domainnames*",
        "arn:{partition}:apigateway:*::/restapis*",
        "arn:{partition}:apigateway:*::/usageplans",
        "arn:{partition}:apigateway:*::/vpclinks*",
    ],
)];

/// Calls that are granted nothing, by AWS CLI command and API name: whoever may list API keys may have their values with them.
const REFUSED: [(&str, &str); 1] = [("apigateway", "GetApiKeys")];

/// Whether a call of the catalogue is granted nothing; what it would read stays a gap.
pub(super) fn is_refused(service: &str, operation: &str) -> bool {
    REFUSED.contains(&(service, operation))
}

/// Where an action of the catalogue may be used.
pub(super) fn resources_of(action: &str) -> &'static [&'static str] {
    NARROW.iter().find(|(narrow, _)| *narrow == action).map_or(EVERYWHERE, |(_, resources)| resources)
}

/// Beginnings of the names of actions that read, as AWS names them.
const READING: [&str; 5] = ["BatchGet", "Describe", "Get", "List", "Search"];

/// Actions that read and are named otherwise. The credential report is made to be read, and holds what other calls tell one by one.
const READING_OTHERWISE: [&str; 5] = [
    "apigateway:GET",
    "config:SelectAggregateResourceConfig",
    "iam:GenerateCredentialReport",
    "iam:SimulatePrincipalPolicy",
    "resource-explorer-2:Search",
];

/// Actions with a reading name that hand out what customers keep in AWS, secrets and credentials rather than settings. An action that
/// begins so is refused.
const CONTENT: [&str; 18] = [
    "athena:GetQueryResults",
    "codecommit:GetBlob",
    "codecommit:GetFile",
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "ec2:GetConsole",
    "ec2:GetPasswordData",
    "ecr:GetAuthorizationToken",
    "kinesis:GetRecords",
    "logs:GetLogEvents",
    "logs:GetQueryResults",
    "s3:GetObject",
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "sts:GetFederationToken",
    "sts:GetServiceBearerToken",
    "sts:GetSessionToken",
];

/// Whether an action is one exact action that only reads settings: neither a pattern, nor one that changes anything, nor one that hands
/// out what customers keep in AWS. A catalogue laid over the built-in one comes from outside and may ask for anything.
pub fn is_read_only(action: &str) -> bool {
    let Some((service, name)) = action.split_once(':') else { return false };
    let is_exact = !service.is_empty()
        && service.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let reads = READING.iter().any(|verb| name.strip_prefix(verb).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase())));
    is_exact && (reads || READING_OTHERWISE.contains(&action)) && !CONTENT.iter().any(|content| action.starts_with(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_reading_actions_pass() {
        for good in
            ["s3:GetBucketPolicy", "access-analyzer:ListAnalyzers", "apigateway:GET", "iam:GenerateCredentialReport", "s3:ListAllMyBuckets"]
        {
            assert!(is_read_only(good), "{good}");
        }
        for bad in [
            "*",
            "s3:*",
            "s3:Get*",
            "s3",
            ":GetX",
            "s3:",
            "iam:CreateUser",
            "iam:PutRolePolicy",
            "ec2:GetPasswordData",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "ssm:GetParametersByPath",
            "secretsmanager:GetSecretValue",
            "sts:AssumeRole",
            "kms:Decrypt",
            "lambda:Getaway",
            "apigateway:POST",
            "s3:GetBucketPolicy\",\"iam:PassRole",
            "S3:GetBucketPolicy",
        ] {
            assert!(!is_read_only(bad), "{bad}");
        }
    }

    #[test]
    fn own_actions_read_but_for_entering_a_role() {
        for own in ALWAYS.iter().chain(ORGANIZATION).chain(AGGREGATOR).chain(RESOURCE_EXPLORER) {
            assert!(is_read_only(own.action) || own.action == "sts:AssumeRole", "{}", own.action);
            assert!(!own.reason.is_empty());
        }
        let entering = ORGANIZATION.iter().find(|own| own.action == "sts:AssumeRole").unwrap();
        assert!(entering.resources.iter().all(|resource| resource.ends_with("role/{role}")), "never any role");
    }
}
