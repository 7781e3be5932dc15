//! Whom a policy trusts: other accounts, identity providers, services.

use std::sync::Arc;

use partywall_model::{Cause, CauseKind};

use crate::arn::{Account, fields, is_fixed, is_symbol, only_stars, principal_account};
use crate::broad::allows_action;
use crate::facts::Statements;
use crate::public::is_confined_by_application;
use crate::{Answer, Condition, Context, Element, Items, Known, Principal, PrincipalKind, Principals, Statement};

/// The accounts, other than the own one, that Allow statements name: sorted, each once.
pub(crate) fn trusted_accounts(statements: &Statements<'_>, context: &Context<'_>) -> Items<Box<str>> {
    let mut accounts = Items::default();
    if let Some(cause) = &statements.missing {
        accounts.miss(cause);
    }
    for statement in &statements.known {
        let allows = statement.allows();
        if allows == Answer::No {
            continue;
        }
        let named = named_accounts(statement, context);
        match allows {
            Answer::Unknown(cause) if !named.known.is_empty() || named.missing.is_some() => accounts.miss(&cause),
            Answer::Yes => {
                accounts.known.extend(named.known);
                if let Some(cause) = &named.missing {
                    accounts.miss(cause);
                }
            }
            _ => {}
        }
    }
    accounts.known.sort_unstable();
    accounts.known.dedup();
    // Of two accounts one is another's; a single one may be the own.
    if let (None, [only]) = (context.account, accounts.known.as_slice()) {
        let cause = own_unknown(only);
        accounts.known.clear();
        accounts.miss(&cause);
    }
    accounts
}

fn named_accounts(statement: &Statement, context: &Context<'_>) -> Items<Box<str>> {
    let mut accounts = Items::default();
    match &statement.principal {
        Element::Only(Known::Is(Principals::Named(named))) => {
            if let Some(cause) = &named.missing {
                accounts.miss(cause);
            }
            for principal in named.known.iter().filter(|principal| principal.kind == PrincipalKind::Aws) {
                match principal_account(&principal.name) {
                    Account::Id(id) if Some(id) != context.account => accounts.known.push(Box::from(id)),
                    Account::Symbolic => accounts.miss(&unresolved(&principal.name)),
                    _ => {}
                }
            }
        }
        Element::Only(Known::Unknown(cause)) | Element::Except(Known::Unknown(cause)) => accounts.miss(cause),
        Element::Absent | Element::Only(Known::Is(Principals::Everyone)) | Element::Except(Known::Is(_)) => {}
    }
    accounts
}

/// Whether the statement lets another account assume the role without a secret that the other side must know.
pub(crate) fn trusts_without_external_id(statement: &Statement, context: &Context<'_>) -> Answer {
    let outsider = statement.principal.takes_in_principal(|principal| is_of_another_account(principal, context));
    let confined = statement.conditions.any(|condition| {
        let asks = ["sts:externalid", "aws:principalorgid", "aws:principalorgpaths"].iter().any(|key| condition.reads(key));
        Answer::from(asks && condition.operator.confines()).and(condition.all_values(|value| !only_stars(value)))
    });
    allows_action(statement, "sts:AssumeRole").and(outsider).and(confined.negate())
}

fn is_of_another_account(principal: &Principal, context: &Context<'_>) -> Answer {
    if principal.kind != PrincipalKind::Aws {
        return Answer::No;
    }
    match principal_account(&principal.name) {
        Account::Any => Answer::Yes,
        Account::Own | Account::None => Answer::No,
        Account::Symbolic => Answer::Unknown(unresolved(&principal.name)),
        Account::Id(id) => match context.account {
            Some(own) => (id != own).into(),
            None => Answer::Unknown(own_unknown(id)),
        },
    }
}

fn own_unknown(id: &str) -> Arc<Cause> {
    Arc::new(Cause::new(CauseKind::NotInSource, format!("whether `{id}` is the account that this policy belongs to")))
}

fn unresolved(name: &str) -> Arc<Cause> {
    Arc::new(Cause::new(CauseKind::UnresolvedReference, format!("the account in principal `{name}`")))
}

/// Whether the statement accepts any subject of an OpenID Connect provider.
pub(crate) fn trusts_oidc_without_subject(statement: &Statement) -> Answer {
    let open = statement.principal.takes_in_principal(|principal| {
        if principal.kind != PrincipalKind::Federated {
            return Answer::No;
        }
        match provider_of(&principal.name) {
            Provider::Saml => Answer::No,
            Provider::Oidc(host) => statement.conditions.any(|condition| names_subject(condition, host)).negate(),
            Provider::Shared(host) => {
                let subject = statement.conditions.any(|condition| names_subject(condition, Some(host)));
                subject.or(statement.conditions.any(|condition| is_confined_by_application(condition, host))).negate()
            }
        }
    });
    allows_action(statement, "sts:AssumeRoleWithWebIdentity").and(open)
}

enum Provider<'a> {
    Saml,
    /// A provider set up in the account; its host and path, if the text shows them.
    Oidc(Option<&'a str>),
    /// A provider that IAM knows without set-up: Cognito, Google, Facebook, Amazon.
    Shared(&'a str),
}

fn provider_of(name: &str) -> Provider<'_> {
    match fields(name) {
        Some([.., resource]) => match resource.split_once('/') {
            Some(("oidc-provider", host)) => Provider::Oidc(Some(host).filter(|host| !host.contains(['{', '*', '?']))),
            Some(("saml-provider", _)) => Provider::Saml,
            _ => Provider::Oidc(None),
        },
        None if is_symbol(name) || !is_fixed(name) => Provider::Oidc(None),
        None => Provider::Shared(name),
    }
}

/// Whether the condition fixes who, at that provider, may come. A token always has a subject, so `IfExists` and `ForAllValues`
/// change nothing. Without a known host the key of any provider counts.
fn names_subject(condition: &Condition, host: Option<&str>) -> Answer {
    let matches_key = condition
        .key
        .rsplit_once(':')
        .is_some_and(|(key_host, claim)| claim.eq_ignore_ascii_case("sub") && host.is_none_or(|host| host.eq_ignore_ascii_case(key_host)));
    Answer::from(matches_key && condition.operator.compares_text()).and(condition.all_values(|subject| !is_any_subject(subject)))
}

/// True for patterns that strangers can satisfy: they begin with a wildcard, or the first name in them does (`repo:*`), or, for
/// repositories, the owner is a pattern (`repo:acme*` lets anyone in who registers `acme-2`).
fn is_any_subject(subject: &str) -> bool {
    let first = subject.split_once(':').map_or(subject, |(_, name)| name);
    let owner_open = subject.strip_prefix("repo:").and_then(|rest| rest.split('/').next()).is_some_and(|owner| owner.contains(['*', '?']));
    subject.is_empty() || subject.starts_with(['*', '?']) || first.starts_with(['*', '?']) || owner_open
}

/// Whether the statement lets an AWS service act without saying on whose behalf.
pub(crate) fn trusts_service_without_source(statement: &Statement) -> Answer {
    const SOURCES: [&str; 5] = ["aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid", "aws:sourceorgpaths"];
    let service = match &statement.principal {
        // Not about services, though services are among everyone.
        Element::Only(Known::Is(Principals::Everyone)) => Answer::No,
        Element::Except(principals) => principals.judge(|_| Answer::No),
        written => written.takes_in_principal(|principal| (principal.kind == PrincipalKind::Service).into()),
    };
    let confined = statement.conditions.any(|condition| {
        let asks = SOURCES.iter().any(|key| condition.reads(key));
        Answer::from(asks && condition.operator.confines()).and(condition.all_values(|value| !only_stars(value)))
    });
    statement.allows().and(service).and(confined.negate())
}

#[cfg(test)]
mod tests {
    use partywall_model::Value;

    use super::*;
    use crate::{PolicyFacts, policy_facts};

    fn facts(account: Option<&str>, statement: &str) -> PolicyFacts {
        let document = Value::str(format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#));
        policy_facts(&[&document], &Context { account, service: None })
    }

    fn assume(principal: &str, condition: &str) -> String {
        format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole","Condition":{{{condition}}}}}"#)
    }

    #[test]
    fn other_accounts_are_listed_once_and_sorted() {
        let statement = assume(
            r#"{"AWS":["arn:aws:iam::444455556666:root","222233334444","arn:aws:iam::444455556666:role/a","arn:aws:iam::{AWS::AccountId}:root","*"]}"#,
            "",
        );
        let own = facts(Some("222233334444"), &statement).trusts_other_accounts;
        assert_eq!(own, Items { known: vec!["444455556666".into()], missing: None });
        let unknown = facts(None, &statement).trusts_other_accounts;
        assert_eq!(unknown.known, ["222233334444".into(), "444455556666".into()]);
        let symbolic = facts(None, &assume(r#"{"AWS":["arn:aws:iam::{Partner}:root","444455556666"]}"#, "")).trusts_other_accounts;
        assert!(symbolic.known.is_empty() && symbolic.missing.is_some(), "both may be the own account");
        let single = assume(r#"{"AWS":"444455556666"}"#, "");
        assert!(facts(None, &single).trusts_other_accounts.missing.is_some());
        assert_eq!(facts(Some("222233334444"), &single).trusts_other_accounts.known.len(), 1);
        let deny = statement.replace("Allow", "Deny");
        assert_eq!(facts(None, &deny).trusts_other_accounts, Items::default());
    }

    #[test]
    fn external_id_or_organisation_is_asked_of_other_accounts() {
        let own = Some("111122223333");
        let other = r#"{"AWS":"arn:aws:iam::444455556666:root"}"#;
        for (principal, condition, want) in [
            (other, "", Answer::Yes),
            (r#""*""#, "", Answer::Yes),
            (other, r#""StringEquals":{"sts:ExternalId":"x"}"#, Answer::No),
            (other, r#""StringLike":{"sts:ExternalId":"*"}"#, Answer::Yes),
            (other, r#""StringEqualsIfExists":{"sts:ExternalId":"x"}"#, Answer::Yes),
            (other, r#""StringEquals":{"aws:PrincipalOrgID":"o-1"}"#, Answer::No),
            (other, r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#, Answer::Yes),
            (r#"{"AWS":"111122223333"}"#, "", Answer::No),
            (r#"{"AWS":"arn:{AWS::Partition}:iam::{AWS::AccountId}:root"}"#, "", Answer::No),
            (r#"{"Service":"ec2.amazonaws.com"}"#, "", Answer::No),
        ] {
            assert_eq!(facts(own, &assume(principal, condition)).trusts_without_external_id, want, "{principal} {condition}");
        }
        assert!(matches!(facts(None, &assume(other, "")).trusts_without_external_id, Answer::Unknown(_)));
    }

    #[test]
    fn oidc_needs_a_subject() {
        let oidc = |provider: &str, condition: &str| {
            let statement = format!(
                r#"{{"Effect":"Allow","Principal":{{"Federated":"{provider}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{{condition}}}}}"#
            );
            facts(None, &statement).trusts_oidc_without_subject
        };
        let github = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
        let audience = r#""StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}"#;
        assert_eq!(oidc(github, ""), Answer::Yes);
        assert_eq!(oidc(github, audience), Answer::Yes);
        for (subject, want) in [
            ("repo:acme/site:*", Answer::No),
            ("repo:acme/*", Answer::No),
            ("repo:acme/site:ref:refs/heads/main", Answer::No),
            ("repo:*", Answer::Yes),
            ("repo:*/*", Answer::Yes),
            ("repo:acme*", Answer::Yes),
            ("*", Answer::Yes),
            ("*:ref:refs/heads/main", Answer::Yes),
            ("", Answer::Yes),
        ] {
            let condition = format!(r#"{audience},"StringLike":{{"token.actions.githubusercontent.com:sub":"{subject}"}}"#);
            assert_eq!(oidc(github, &condition), want, "{subject}");
        }
        let cluster = "oidc.eks.eu-west-1.amazonaws.com/id/ABC";
        let service_account = format!(r#""StringLike":{{"{cluster}:sub":"system:serviceaccount:*:app"}}"#);
        assert_eq!(oidc(&format!("arn:aws:iam::111122223333:oidc-provider/{cluster}"), &service_account), Answer::No);
        assert_eq!(oidc(github, &service_account), Answer::Yes);
        assert_eq!(oidc("{Provider}", &service_account), Answer::No);
        assert_eq!(oidc("arn:aws:iam::111122223333:saml-provider/x", ""), Answer::No);
        assert_eq!(oidc("cognito-identity.amazonaws.com", ""), Answer::Yes);
        assert_eq!(
            oidc("cognito-identity.amazonaws.com", r#""StringEquals":{"cognito-identity.amazonaws.com:aud":"eu-west-1:pool"}"#),
            Answer::No
        );
    }

    #[test]
    fn services_need_a_source() {
        let service = r#"{"Service":["sns.amazonaws.com"]}"#;
        for (principal, condition, want) in [
            (service, "", Answer::Yes),
            (service, r#""StringEquals":{"aws:SourceAccount":"111122223333"}"#, Answer::No),
            (service, r#""ArnLike":{"aws:SourceArn":"arn:aws:sns:*:111122223333:*"}"#, Answer::No),
            (service, r#""ArnLike":{"aws:SourceArn":"*"}"#, Answer::Yes),
            (service, r#""StringEquals":{"aws:SourceOrgID":"o-1"}"#, Answer::No),
            (service, r#""StringNotEquals":{"aws:SourceAccount":"111122223333"}"#, Answer::Yes),
            (r#"{"AWS":"111122223333"}"#, "", Answer::No),
            (r#""*""#, "", Answer::No),
        ] {
            assert_eq!(facts(None, &assume(principal, condition)).trusts_service_without_source, want, "{principal} {condition}");
        }
    }
}
