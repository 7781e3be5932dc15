//! Who from outside of its account a policy of a resource lets in, proven over all requests.

mod named;
mod settle;

use std::sync::Arc;

use partywall_model::{Cause, CauseKind, Key, Value};

use crate::arn::{Account, OWN_ACCOUNT, principal_account};
use crate::eval::{Caller, Policy};
use crate::prove::{Attached, Proof, Space, TrustZone, Witness, outside_access};
use crate::{Answer, Document, Effect, Element, Items, Known, Principal, PrincipalKind, Principals, read_documents};
use named::Named;
use settle::settle;

/// The accounts of CloudFront's origin access identities, which act for the distributions of whoever made them (Amazon CloudFront
/// developer guide, restrict access to an Amazon S3 origin).
const CLOUDFRONT: &str = "cloudfront";

/// Who gets in. AWS services do not count: whether they can be made to act for strangers is
/// [`PolicyFacts::trusts_service_without_source`](crate::PolicyFacts).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalAccess {
    /// Somebody whom the policy confines in no way: not one of the accounts, organizations, networks and providers that it names.
    pub anyone: Answer,
    /// Somebody of another account than the own one, whether the policy names it or not.
    pub other_accounts: Answer,
    /// A request that shows it, in words; of `anyone` if there is one, else of `other_accounts`.
    pub example: Option<String>,
}

/// Proves who gets in by the documents of one resource; each value is as [`policy_facts`](crate::policy_facts) takes it. `account` is
/// the owner's, `None` if it is not known; of a template it is [`OWN_ACCOUNT`].
///
/// References of a template other than that one and the ARNs of its own resources may stand for anyone, so that they are not known.
pub fn external_access(documents: &[&Value], account: Option<&str>) -> ExternalAccess {
    let mut documents = read_documents(documents);
    let statements = documents.known.iter_mut().flat_map(|document| &mut document.statements.known);
    statements.for_each(|statement| settle(statement, account));
    if documents.missing.is_none() && documents.known.iter().all(|document| stays_within(document, account)) {
        return ExternalAccess { anyone: Answer::No, other_accounts: Answer::No, example: None };
    }
    if let (true, Some(cause)) = (documents.known.iter().all(|document| document.statements.known.is_empty()), not_read(&documents)) {
        let answer = Answer::Unknown(cause);
        return ExternalAccess { anyone: answer.clone(), other_accounts: answer, example: None };
    }
    let mut policies: Vec<Policy> = documents.known.iter().map(|document| Policy::new("of the resource", document)).collect();
    if let Some(cause) = &documents.missing {
        let document = Document { version: None, id: None, statements: Items { known: Vec::new(), missing: Some(cause.clone()) } };
        policies.push(Policy::new("of the resource", &document));
    }
    let space = Space { attached: Attached::Resource(account), resources: &[], actions: None };
    let named = Named::of(&documents);
    let ask = |zone: &TrustZone| outside_access(&policies, &space, zone);
    let providers: Vec<String> = named.providers.into_iter().collect();
    let own = TrustZone { accounts: vec![CLOUDFRONT.to_owned()], providers: providers.clone(), services: true, ..TrustZone::default() };
    let other = ask(&own);
    if other == Proof::No {
        return ExternalAccess { anyone: Answer::No, other_accounts: Answer::No, example: None };
    }
    let anyone = ask(&TrustZone {
        accounts: named.accounts.into_iter().chain([CLOUDFRONT.to_owned()]).collect(),
        organizations: named.organizations.into_iter().collect(),
        vpcs: named.vpcs.into_iter().collect(),
        endpoints: named.endpoints.into_iter().collect(),
        networks: named.networks.into_iter().collect(),
        providers,
        services: true,
    });
    let example = [&anyone, &other].into_iter().find_map(|proof| match proof {
        Proof::Yes(witness) => Some(words(witness)),
        Proof::No | Proof::Undecided(_) => None,
    });
    let other_accounts = match (account, anyone.answer(), other.answer()) {
        (None, anyone, Answer::Yes) if anyone != Answer::Yes => {
            let detail = "whose account the resource is in: one that the policy names may be its own";
            Answer::Unknown(Arc::new(Cause::new(CauseKind::MissingRow, detail)))
        }
        (_, _, other) => other,
    };
    // Where all of the text is known, it is the proof that fell short, and no other source would show more.
    let is_whole = documents.missing.is_none() && documents.known.iter().all(|document| document.flaws().is_empty());
    let settled = |answer: Answer| match answer {
        Answer::Unknown(cause) if is_whole && cause.kind == CauseKind::NotInSource => {
            Answer::Unknown(Arc::new(Cause::new(CauseKind::EvaluationError, &*cause.detail)))
        }
        answer => answer,
    };
    let example = example.filter(|_| other_accounts == Answer::Yes);
    ExternalAccess { anyone: settled(anyone.answer()), other_accounts: settled(other_accounts), example }
}

impl ExternalAccess {
    /// A struct of `Anyone`, `OtherAccounts` and `Example`.
    pub fn to_value(&self) -> Value {
        let example = match (&self.example, &self.other_accounts) {
            (Some(example), _) => Value::str(example.as_str()),
            (None, Answer::Unknown(cause)) => Value::Unknown(Arc::clone(cause)),
            (None, _) => Value::Null,
        };
        let members = [("Anyone", self.anyone.to_value()), ("OtherAccounts", self.other_accounts.to_value()), ("Example", example)];
        Value::Map(members.into_iter().map(|(name, value)| (Key::from(name), value)).collect())
    }
}

/// Why a document, or a statement of one, is not known.
fn not_read(documents: &Items<Document>) -> Option<Arc<Cause>> {
    let of_statements = documents.known.iter().find_map(|document| document.statements.missing.clone());
    documents.missing.clone().or(of_statements)
}

/// True if every Allow names only principals of the owner's account and services: the usual case, which needs no proof.
fn stays_within(document: &Document, owner: Option<&str>) -> bool {
    let within = |principal: &Principal| match principal.kind {
        PrincipalKind::Service => !principal.name.contains(['*', '?']),
        PrincipalKind::Aws => match principal_account(&principal.name) {
            Account::Id(id) => owner == Some(id),
            Account::Own => owner == Some(OWN_ACCOUNT),
            Account::Any | Account::Symbolic | Account::None => false,
        },
        PrincipalKind::Federated | PrincipalKind::CanonicalUser => false,
    };
    document.statements.missing.is_none()
        && document.statements.known.iter().filter(|statement| statement.effect != Known::Is(Effect::Deny)).all(
            |statement| match &statement.principal {
                Element::Only(Known::Is(Principals::Named(named))) => named.missing.is_none() && named.known.iter().all(within),
                _ => false,
            },
        )
}

fn words(witness: &Witness) -> String {
    let request = &witness.request;
    let who = match &request.caller {
        Caller::User(of) | Caller::Role(of) | Caller::Session(of) | Caller::FederatedUser(of) | Caller::Root(of) => &of.arn,
        Caller::Service(name) | Caller::Federated(name) | Caller::Canonical(name) => name,
        Caller::Anonymous => "anybody",
    };
    format!("{who} may {} by statement {}", request.action, witness.statement.statement.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value_from_json;

    const OWN: &str = "111122223333";

    fn asked(statement: &str, account: Option<&str>) -> (Answer, Answer) {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        let found = external_access(&[&value_from_json(&text).unwrap()], account);
        (found.anyone, found.other_accounts)
    }

    fn lets_in(principal: &str, condition: &str) -> (Answer, Answer) {
        let condition = if condition.is_empty() { String::new() } else { format!(r#","Condition":{condition}"#) };
        asked(&format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"sqs:SendMessage","Resource":"*"{condition}}}"#), Some(OWN))
    }

    #[test]
    fn who_is_named_is_told_from_anyone() {
        let (yes, no) = (Answer::Yes, Answer::No);
        for (principal, condition, anyone, other) in [
            (r#"{"AWS":"arn:aws:iam::111122223333:root"}"#, "", &no, &no),
            (r#"{"Service":"sns.amazonaws.com"}"#, "", &no, &no),
            (r#"{"AWS":"arn:aws:iam::444455556666:role/r"}"#, "", &no, &yes),
            (r#""*""#, "", &yes, &yes),
            (r#""*""#, r#"{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#, &no, &yes),
            (r#""*""#, r#"{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}"#, &no, &no),
            (r#""*""#, r#"{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}"#, &no, &yes),
            (r#""*""#, r#"{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/deploy"}}"#, &yes, &yes),
            (r#""*""#, r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, &no, &yes),
            (r#""*""#, r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}"#, &yes, &yes),
            (r#""*""#, r#"{"Bool":{"aws:SecureTransport":"true"}}"#, &yes, &yes),
        ] {
            assert_eq!(lets_in(principal, condition), (anyone.clone(), other.clone()), "{principal} {condition}");
        }
    }

    #[test]
    fn a_deny_takes_away_what_an_allow_gives() {
        let allow = r#"{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}"#;
        let deny = r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}}}"#;
        assert_eq!(asked(&format!("{allow},{deny}"), Some(OWN)), (Answer::No, Answer::No));
        let partner = deny.replace("\"111122223333\"", "[\"111122223333\",\"444455556666\"]");
        assert_eq!(asked(&format!("{allow},{partner}"), Some(OWN)), (Answer::No, Answer::Yes));
    }

    #[test]
    fn references_of_a_template_may_be_anyone_but_its_own() {
        let role = r#"{"Effect":"Allow","Principal":{"AWS":"{Task.Arn}"},"Action":"sqs:*","Resource":"{Queue.Arn}"}"#;
        assert_eq!(asked(role, Some(OWN_ACCOUNT)), (Answer::No, Answer::No));
        let own = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::{AWS::AccountId}:root"},"Action":"sqs:*","Resource":"*"}"#;
        assert_eq!(asked(own, Some(OWN_ACCOUNT)), (Answer::No, Answer::No));
        let partner = r#"{"Effect":"Allow","Principal":{"AWS":"{Partner}"},"Action":"sqs:*","Resource":"*"}"#;
        let of_partner = asked(partner, Some(OWN_ACCOUNT));
        assert!(matches!(of_partner, (_, Answer::Unknown(_))), "{of_partner:?}");
        let everyone = r#"{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"{Queue.Arn}"}"#;
        assert_eq!(asked(everyone, Some(OWN_ACCOUNT)), (Answer::Yes, Answer::Yes));
        let object = r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"{Data.Arn}/*"}"#;
        let deny = r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::{Data}/*"}"#;
        assert_eq!(asked(object, Some(OWN_ACCOUNT)), (Answer::Yes, Answer::Yes));
        assert_eq!(asked(&format!("{object},{deny}"), Some(OWN_ACCOUNT)), (Answer::No, Answer::No));
    }

    #[test]
    fn of_an_owner_who_is_not_known_a_named_account_may_be_it() {
        let named = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"sqs:*","Resource":"*"}"#;
        assert!(matches!(asked(named, None), (Answer::No, Answer::Unknown(_))));
        let everyone = r#"{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}"#;
        assert_eq!(asked(everyone, None), (Answer::Yes, Answer::Yes));
    }

    #[test]
    fn a_resource_or_action_that_is_written_otherwise_is_not_overlooked() {
        let policy =
            |action: &str, resource: &str| format!(r#"{{"Effect":"Allow","Principal":"*","Action":"{action}","Resource":"{resource}"}}"#);
        assert_eq!(asked(&policy("execute-api:Invoke", "execute-api:/*"), Some(OWN)), (Answer::Yes, Answer::Yes));
        assert!(matches!(asked(&policy("sqs:SendMessage", "q"), Some(OWN)), (Answer::Unknown(_), Answer::Unknown(_))));
        assert!(matches!(asked(&policy("SendMessage", "*"), Some(OWN)), (Answer::Unknown(_), Answer::Unknown(_))));
    }

    #[test]
    fn a_provider_is_within_where_a_condition_names_the_application() {
        let trust = |condition: &str| {
            let principal = r#"{"Federated":"cognito-identity.amazonaws.com"}"#;
            asked(
                &format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRoleWithWebIdentity"{condition}}}"#),
                Some(OWN),
            )
        };
        let pool =
            r#","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"eu-west-1:0a1b2c3d-0000-0000-0000-000000000000"}}"#;
        assert_eq!(trust(pool), (Answer::No, Answer::No));
        assert_eq!(trust(""), (Answer::Yes, Answer::Yes));
    }

    #[test]
    fn what_is_not_known_is_not_within() {
        let cause = Cause::new(CauseKind::Denied, "refused");
        let found = external_access(&[&Value::unknown(cause)], Some(OWN));
        assert!(matches!((found.anyone, found.other_accounts), (Answer::Unknown(_), Answer::Unknown(_))));
    }
}
