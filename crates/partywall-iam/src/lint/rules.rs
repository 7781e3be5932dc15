use partywall_model::Severity;

/// What a rule looks for, as data: id, severity, the AWS page that it rests on, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Facts {
    id: &'static str,
    severity: Severity,
    page: &'static str,
    advice: &'static str,
}

macro_rules! rules {
    ($($name:ident $id:literal $severity:ident $page:literal $advice:literal;)+) => {
        /// A rule of the linter.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the id of each says it, and docs/src/iam-lint.md explains it")]
        pub enum Rule {
            $($name),+
        }

        impl Rule {
            /// All rules, those first that AWS refuses a policy for.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            fn facts(self) -> Facts {
                match self {
                    $(Self::$name => Facts { id: $id, severity: Severity::$severity, page: $page, advice: $advice }),+
                }
            }
        }
    };
}

rules! {
    NotJson "not-json" High "Grammar of the IAM JSON policy language" "write the policy as one JSON object";
    NotADocument "not-a-document" High "Grammar of the IAM JSON policy language" "write an object with `Version` and `Statement`";
    UnknownElement "unknown-element" High "IAM JSON policy element reference" "remove it, or correct its spelling";
    DuplicateElement "duplicate-element" High "Grammar of the IAM JSON policy language" "keep one of the two";
    WrongType "wrong-type" High "Grammar of the IAM JSON policy language" "write it in the form that the grammar has for it";
    EmptyList "empty-list" Medium "Grammar of the IAM JSON policy language" "name at least one value, or remove the element";
    MissingStatement "missing-statement" High "IAM JSON policy elements: Statement" "add a `Statement` with at least one statement";
    BadVersion "bad-version" High "IAM JSON policy elements: Version" "write `2012-10-17`";
    MissingEffect "missing-effect" High "IAM JSON policy elements: Effect" "add `Effect`: `Allow` or `Deny`";
    BadEffect "bad-effect" High "IAM JSON policy elements: Effect" "write `Allow` or `Deny`, with this capital letter";
    MissingAction "missing-action" High "IAM JSON policy elements: Action" "add `Action` or `NotAction`";
    MissingResource "missing-resource" High "IAM JSON policy elements: Resource" "add `Resource` or `NotResource`";
    MissingPrincipal "missing-principal" High "AWS JSON policy elements: Principal" "add `Principal`: say who is meant";
    PrincipalNotAllowed "principal-not-allowed" High "AWS JSON policy elements: Principal" "remove it: who is meant follows from where the policy is attached";
    ResourceNotAllowed "resource-not-allowed" High "IAM JSON policy elements: Resource" "remove it: a trust policy is about the role that has it";
    ElementAndItsOpposite "element-and-its-opposite" High "Grammar of the IAM JSON policy language" "keep one of the two; write a second statement for the other";
    DuplicateSid "duplicate-sid" High "IAM JSON policy elements: Sid" "give each statement a `Sid` of its own, or none";
    BadSid "bad-sid" High "IAM JSON policy elements: Sid" "use the letters A to Z and a to z and digits only";
    BadAction "bad-action" High "IAM JSON policy elements: Action" "write `service:Action`, or `*`";
    BadArn "bad-arn" High "Identify AWS resources with Amazon Resource Names (ARNs)" "write `arn:partition:service:region:account:resource`, or `*`";
    BadPrincipal "bad-principal" High "AWS JSON policy elements: Principal" "name an account, a user, a role, a session or a service in full, or `*`";
    UnknownOperator "unknown-operator" High "IAM JSON policy elements: Condition operators" "use one of the operators on that page";
    BadValue "bad-value" Medium "IAM JSON policy elements: Condition operators" "write a value of the form that the operator compares";
    TooLarge "too-large" High "IAM and AWS STS quotas" "shorten the policy, or divide it";
    TrustAction "trust-action" High "Update a role trust policy" "allow only `sts:AssumeRole…`, `sts:TagSession` and `sts:SetSourceIdentity` in a trust policy";
    RcpForm "rcp-form" High "RCP syntax" "write `Effect` `Deny`, `Principal` `*`, and `Action` with a service that supports RCPs";
    VersionMissing "version-missing" Low "IAM JSON policy elements: Version" "add `\"Version\": \"2012-10-17\"`";
    VersionOld "version-old" Low "IAM JSON policy elements: Version" "change it to `2012-10-17` and check that no text was meant to hold `${` literally";
    VariableInOldVersion "variable-in-old-version" Medium "IAM policy elements: Variables and tags" "set `Version` to `2012-10-17`: before that, `${…}` is plain text";
    UnknownVariable "unknown-variable" Medium "IAM policy elements: Variables and tags" "correct the name: a variable without value matches nothing";
    UnknownService "unknown-service" Medium "Actions, resources, and condition keys for AWS services" "correct the prefix, or leave it if the service is newer than the data";
    UnknownAction "unknown-action" Medium "Actions, resources, and condition keys for AWS services" "correct the name, or leave it if the action is newer than the data";
    PatternMatchesNothing "pattern-matches-nothing" Medium "Actions, resources, and condition keys for AWS services" "correct the pattern, or remove it";
    UnknownConditionKey "unknown-condition-key" Medium "Actions, resources, and condition keys for AWS services" "correct the name: a key that is never there makes the condition always true or always false";
    ConditionKeyNotForAction "condition-key-not-for-action" Medium "Actions, resources, and condition keys for AWS services" "put these actions into a statement without this key, or use a key that they have";
    OperatorTypeMismatch "operator-type-mismatch" Medium "IAM JSON policy elements: Condition operators" "use an operator for the type of the key";
    StringOperatorOnArn "string-operator-on-arn" Low "IAM JSON policy elements: Condition operators" "use `ArnLike` or `ArnEquals`, which compare an ARN part by part";
    SingleValuedSetOperator "single-valued-set-operator" Medium "Single-valued vs. multivalued context keys" "remove `ForAllValues:` or `ForAnyValue:`";
    ForAllValuesWithoutNull "for-all-values-without-null" Medium "Single-valued vs. multivalued context keys" "add `\"Null\": {key: \"false\"}`: without the key in the request, `ForAllValues` holds";
    SetOperatorMissing "set-operator-missing" Medium "Single-valued vs. multivalued context keys" "put `ForAllValues:` or `ForAnyValue:` before the operator";
    WildcardInEquals "wildcard-in-equals" Medium "IAM JSON policy elements: Condition operators" "use `StringLike` or `StringNotLike`; here the star is a plain character";
    MfaBoolWithoutIfExists "mfa-bool-without-if-exists" Medium "AWS global condition context keys" "use `BoolIfExists`: with long-term keys the request has no `aws:MultiFactorAuthPresent` at all";
    MfaNull "mfa-null" Medium "AWS global condition context keys" "use `\"Bool\": {\"aws:MultiFactorAuthPresent\": \"true\"}`: that the key is there does not say that MFA was used";
    PrivateSourceIp "private-source-ip" Medium "AWS global condition context keys" "name public networks, or use `aws:VpcSourceIp` for requests through a VPC endpoint";
    ResourceMismatch "resource-mismatch" Medium "Actions, resources, and condition keys for AWS services" "name resources of a type that the action acts on";
    WildcardOnlyAction "wildcard-only-action" Medium "Actions, resources, and condition keys for AWS services" "put it into a statement with `\"Resource\": \"*\"`: it takes no other";
    PatternBeyondResources "pattern-beyond-resources" Info "Actions, resources, and condition keys for AWS services" "list the actions that are meant, so that the statement says what it does";
    ResourceIncomplete "resource-incomplete" Low "Actions, resources, and condition keys for AWS services" "add resources of the missing type: each request of the action names one";
    ResourceTypeWildcard "resource-type-wildcard" Low "IAM JSON policy elements: Resource" "write the type of the resource in full, such as `user/`";
    ShortArn "short-arn" Low "IAM JSON policy elements: Resource" "write all six parts of the ARN: a star at its end takes in more than it shows";
    ResourceStar "resource-star" Low "IAM JSON policy elements: Resource" "name the resources that are meant";
    ResourceEffectivelyStar "resource-effectively-star" Low "IAM JSON policy elements: Resource" "name the resources that are meant";
    EverythingAllowed "everything-allowed" High "Security best practices in IAM" "allow only the actions that are needed";
    NotPrincipalWithAllow "not-principal-with-allow" High "AWS JSON policy elements: NotPrincipal" "name in `Principal` who is meant: everybody else, also anonymous, is allowed now";
    NotActionWithAllow "not-action-with-allow" Medium "IAM JSON policy elements: NotAction" "list the actions that are meant: everything else, also of services to come, is allowed now";
    NotResourceWithAllow "not-resource-with-allow" Medium "IAM JSON policy elements: NotResource" "list the resources that are meant: everything else is allowed now";
    PrincipalEveryone "principal-everyone" Medium "AWS JSON policy elements: Principal" "name who is meant, or add a condition that says it";
    PrincipalDeleted "principal-deleted" Low "AWS JSON policy elements: Principal" "remove it: an id in place of an ARN belongs to a user or role that was deleted";
    UnknownIdentityProvider "unknown-identity-provider" Medium "AWS JSON policy elements: Principal" "name a web identity provider, or the ARN of a SAML or OIDC provider";
    PassRoleWildcard "pass-role-wildcard" High "Grant a user permissions to pass a role to an AWS service" "name the roles, and the services in `iam:PassedToService`";
    BucketPolicyEscalation "bucket-policy-escalation" Medium "Policies and permissions in Amazon S3" "allow the action on objects, or leave out the one on the bucket, which can be used to gain it";
    PermissionsManagement "permissions-management" Info "Understanding access level summaries within policy summaries" "give these actions to administrators only";
    CredentialsExposure "credentials-exposure" Info "Temporary security credentials in IAM" "give these actions, whose answers hold credentials, only to those who need them";
    RedundantAction "redundant-action" Info "IAM JSON policy elements: Action" "remove it: another pattern of the statement covers it";
    RedundantResource "redundant-resource" Info "IAM JSON policy elements: Resource" "remove it: another pattern of the statement covers it";
    MoreFindings "more-findings" Info "Grammar of the IAM JSON policy language" "mend what is listed, then look again";
}

impl Rule {
    /// The stable name: kebab case, never reused for another meaning.
    pub fn id(self) -> &'static str {
        self.facts().id
    }

    /// How much it hurts by itself; a finding may weigh less.
    pub fn severity(self) -> Severity {
        self.facts().severity
    }

    /// The title of the AWS documentation page that the rule rests on.
    pub fn page(self) -> &'static str {
        self.facts().page
    }

    /// What to do, in the imperative.
    pub fn advice(self) -> &'static str {
        self.facts().advice
    }

    /// Whether AWS refuses a policy for it.
    pub fn is_refused(self) -> bool {
        self <= Self::RcpForm && !matches!(self, Self::EmptyList | Self::BadValue)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_every_rule_is_documented() {
        let ids: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.id()).collect();
        assert_eq!(ids.len(), Rule::ALL.len());
        let page = include_str!("../../../../docs/src/iam-lint.md");
        for rule in Rule::ALL {
            let id = rule.id();
            assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{id}");
            let row = page.lines().find(|line| line.starts_with(&format!("| `{id}` |")));
            let row = row.unwrap_or_else(|| panic!("docs/src/iam-lint.md has no row for `{id}`"));
            assert!(row.contains(rule.page()), "the row of `{id}` does not name the page `{}`", rule.page());
            assert!(row.contains(rule.severity().as_str()), "the row of `{id}` has another severity");
        }
        assert_eq!(
            page.lines()
                .filter(|line| line.strip_prefix("| `").is_some_and(|id| id.starts_with(|first: char| first.is_ascii_lowercase())))
                .count(),
            ids.len(),
            "a row too many"
        );
        assert!(Rule::NotJson.is_refused() && !Rule::BadValue.is_refused() && !Rule::VersionMissing.is_refused());
    }
}
