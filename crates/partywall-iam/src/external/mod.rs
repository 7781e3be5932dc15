//! Who from outside of its account a policy of a resource lets in, proven over all requests.

use std::collections::BTreeSet;
use std::sync::Arc;

use ipnet::IpNet;
use partywall_model::{Cause, CauseKind, Key, Value};

use crate::arn::{Account, OWN_ACCOUNT, account_field, fields, is_symbol, principal_account};
use crate::eval::{Caller, Policy};
use crate::prove::{Attached, Proof, Space, TrustZone, Witness, outside_access};
use crate::public::is_confined_by_application;
use crate::{
    Answer, Condition, Document, Effect, Element, Items, Known, Patterns, Principal, PrincipalKind, Principals, Statement, read_documents,
};

/// The accounts of CloudFront's origin access identities, which act for the distributions of whoever made them (Amazon CloudFront
/// developer guide, restrict access to an Amazon S3 origin).
const CLOUDFRONT: &str = "cloudfront";

/// Networks wider than this are anybody's (S3 user guide, blocking public access: the meaning of "public").
const WIDEST: (u8, u8) = (8, 32);

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
            Answer::Unknown(Arc::new(Cause::new(CauseKind::NotInSource, detail)))
        }
        (_, _, other) => other,
    };
    let example = example.filter(|_| other_accounts == Answer::Yes);
    ExternalAccess { anyone: anyone.answer(), other_accounts, example }
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

/// Puts to unknown what only a deployment knows, where it says who gets in, and what AWS would refuse. What the statement acts on is
/// the resource, however it is written.
fn settle(statement: &mut Statement, owner: Option<&str>) {
    settle_patterns(&mut statement.resource, |pattern| match named_arn(pattern) {
        Some(arn) => Ok(Some(arn)),
        None if pattern.starts_with("arn:") || pattern.starts_with(['*', '?']) => Ok(None),
        None => Err(refused(format!("resource `{pattern}` is no ARN"))),
    });
    settle_patterns(&mut statement.action, |pattern| {
        if pattern.contains([':', '*']) { Ok(None) } else { Err(refused(format!("action `{pattern}` names no service"))) }
    });
    if let Element::Only(Known::Is(Principals::Named(named))) | Element::Except(Known::Is(Principals::Named(named))) =
        &mut statement.principal
    {
        let mut unresolved = None;
        named.known.retain_mut(|principal| match settled(&principal.name, owner) {
            Ok(None) => true,
            Ok(Some(name)) => {
                principal.name = name;
                true
            }
            Err(cause) => {
                unresolved = Some(cause);
                false
            }
        });
        named.missing = named.missing.take().or(unresolved);
    }
    for condition in &mut statement.conditions.known {
        if let Known::Is(values) = &mut condition.values {
            for value in &mut values.known {
                match settled(value, owner) {
                    Ok(None) => {}
                    Ok(Some(name)) => *value = name,
                    Err(cause) => {
                        condition.values = Known::Unknown(cause);
                        break;
                    }
                }
            }
        }
    }
}

/// Puts other patterns in the places of those for which there is one; those that are refused are not known.
fn settle_patterns(element: &mut Element<Patterns>, other: impl Fn(&str) -> Result<Option<Box<str>>, Arc<Cause>>) {
    let (Element::Only(Known::Is(patterns)) | Element::Except(Known::Is(patterns))) = element else { return };
    let mut wrong = None;
    patterns.known.retain_mut(|pattern| match other(pattern) {
        Ok(new) => {
            *pattern = new.unwrap_or_else(|| std::mem::take(pattern));
            true
        }
        Err(cause) => {
            wrong = Some(cause);
            false
        }
    });
    patterns.missing = patterns.missing.take().or(wrong);
}

fn refused(detail: String) -> Arc<Cause> {
    Arc::new(Cause::new(CauseKind::WrongType, detail))
}

/// `{Bucket.Arn}/*` and `arn:aws:s3:::{Bucket}/*` with an ARN in the place of the symbol, the same for both; API Gateway's short form
/// `execute-api:/*` (API Gateway developer guide, resource policy examples) with one before it.
fn named_arn(pattern: &str) -> Option<Box<str>> {
    if pattern.starts_with("execute-api:/") {
        return Some(format!("arn:aws:any:::{pattern}").into());
    }
    let symbol = pattern.strip_prefix("arn:aws:s3:::").unwrap_or(pattern);
    let (name, rest) = symbol.strip_prefix('{')?.split_once('}')?;
    (!name.starts_with("AWS::")).then(|| format!("arn:aws:any:::{}{rest}", name.strip_suffix(".Arn").unwrap_or(name)).into())
}

/// The text with the own account's symbols in its own words; `None` if it can stay as it is.
fn settled(text: &str, owner: Option<&str>) -> Result<Option<Box<str>>, Arc<Cause>> {
    let own = owner.unwrap_or(OWN_ACCOUNT);
    if is_symbol(text)
        && let Some(name) = text.strip_prefix('{').and_then(|text| text.strip_suffix(".Arn}"))
    {
        return Ok(Some(format!("arn:aws:iam::{own}:role/{name}").into()));
    }
    let with_owner = text.replace(OWN_ACCOUNT, own);
    if with_owner.replace("${", "").replace(OWN_ACCOUNT, "").replace("{AWS::Region}", "").replace("{AWS::Partition}", "").contains('{') {
        let detail = format!("`{text}` is a reference that only a deployment resolves");
        return Err(Arc::new(Cause::new(CauseKind::UnresolvedReference, detail)));
    }
    Ok((with_owner != text).then(|| with_owner.into()))
}

/// Whom the statements name, as principals or in conditions.
#[derive(Debug, Default)]
struct Named {
    accounts: BTreeSet<String>,
    organizations: BTreeSet<String>,
    vpcs: BTreeSet<String>,
    endpoints: BTreeSet<String>,
    networks: BTreeSet<String>,
    providers: BTreeSet<String>,
}

impl Named {
    fn of(documents: &Items<Document>) -> Self {
        let mut found = Self::default();
        for statement in documents.known.iter().flat_map(|document| &document.statements.known) {
            if let Element::Only(Known::Is(Principals::Named(named))) = &statement.principal {
                named.known.iter().for_each(|principal| found.principal(principal, statement));
            }
            statement.conditions.known.iter().for_each(|condition| found.condition(condition));
        }
        found
    }

    fn principal(&mut self, principal: &Principal, statement: &Statement) {
        // The public providers sign anyone in, unless a condition names the application.
        let by_application = || statement.conditions.any(|condition| is_confined_by_application(condition, &principal.name)) == Answer::Yes;
        let is_known = fields(&principal.name).is_some() || by_application();
        match principal.kind {
            PrincipalKind::Aws => self.account(&principal.name),
            PrincipalKind::CanonicalUser if !principal.name.contains('*') => drop(self.accounts.insert(principal.name.to_string())),
            PrincipalKind::Federated if is_known => drop(self.providers.insert(principal.name.to_string())),
            PrincipalKind::CanonicalUser | PrincipalKind::Federated | PrincipalKind::Service => {}
        }
    }

    fn account(&mut self, name: &str) {
        if let Account::Id(id) = principal_account(name) {
            self.accounts.insert(id.to_owned());
        }
    }

    fn condition(&mut self, condition: &Condition) {
        // Also where a Deny spares them: what matters is that the policy knows them.
        let Known::Is(values) = &condition.values else { return };
        let key = condition.key.to_ascii_lowercase();
        for value in values.known.iter().map(|value| &**value) {
            let is_one = !value.contains(['*', '?', '$']);
            match key.as_str() {
                "aws:principalaccount"
                | "aws:sourceaccount"
                | "aws:sourceowner"
                | "aws:vpceaccount"
                | "kms:calleraccount"
                | "s3:dataaccesspointaccount"
                    if matches!(account_field(value), Account::Id(_)) =>
                {
                    self.accounts.insert(value.to_owned());
                }
                "aws:principalarn" | "aws:sourcearn" => self.account(value),
                "aws:principalorgid" | "aws:sourceorgid" | "aws:vpceorgid" if is_one => drop(self.organizations.insert(value.to_owned())),
                "aws:principalorgpaths" | "aws:sourceorgpaths" => {
                    let id = value.split('/').next().filter(|id| id.starts_with("o-") && !id.contains(['*', '?', '$']));
                    self.organizations.extend(id.map(str::to_owned));
                }
                "aws:sourcevpc" if is_one => drop(self.vpcs.insert(value.to_owned())),
                "aws:sourcevpce" if is_one => drop(self.endpoints.insert(value.to_owned())),
                "aws:sourceip" if is_narrow(value) => drop(self.networks.insert(value.to_owned())),
                _ => {}
            }
        }
    }
}

fn is_narrow(network: &str) -> bool {
    match network.parse::<IpNet>() {
        Ok(IpNet::V4(network)) => network.prefix_len() >= WIDEST.0,
        Ok(IpNet::V6(network)) => network.prefix_len() >= WIDEST.1,
        Err(_) => network.parse::<std::net::IpAddr>().is_ok(),
    }
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
