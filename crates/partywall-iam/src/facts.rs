use std::sync::Arc;

use partywall_model::{Cause, Key, Value};

use crate::arn::{Account, covers_every_resource, covers_roles_of_every_account, only_stars, principal_account};
use crate::broad::{allows_action, allows_full_admin, covers_every_action, passes_any_role, takes_in_a_whole_service};
use crate::public::statement_is_public;
use crate::transport::denies_insecure_transport;
use crate::trust::{trusted_accounts, trusts_oidc_without_subject, trusts_service_without_source, trusts_without_external_id};
use crate::{Answer, Document, Items, PrincipalKind, Statement, read_documents};

/// What is known about the place that the policies are attached to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// The twelve digits of the account that owns the resource; templates do not know it.
    pub account: Option<&'a str>,
    /// The resource's service, such as `s3`: buckets have rules of their own. Without it each statement tells by its actions.
    pub service: Option<&'a str>,
}

/// The answers that checks ask of the policies of one resource, united over its documents. Each stands on its own: an unknown
/// part of a document makes unknown exactly the answers that it could change. No document at all: no to everything.
///
/// All but the two on public access and transport, and those on trust, read the text of single statements: what other
/// statements deny or what conditions confine does not count unless the answer says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFacts {
    /// An Allow to anyone that no condition confines to fixed callers, networks or sources: S3's definition of a public policy,
    /// for other services the same with patterns that fix the owner accepted (S3 user guide, the meaning of "public").
    pub is_public: Answer,
    /// An Allow whose Principal is `*`, or `*` of a kind, or all accounts (`arn:aws:iam::*:root`), or that has NotPrincipal,
    /// whatever the conditions.
    pub allows_any_principal: Answer,
    /// The same without any condition.
    pub allows_any_principal_without_condition: Answer,
    /// An Allow with the action `*` (or `*:*`).
    pub allows_all_actions: Answer,
    /// An Allow with all actions of a named service, `service:*`; `*` alone is [`Self::allows_all_actions`]. Also an Allow with
    /// NotAction, which takes in every service whole that its patterns do not reach into; only a pattern such as `*` or
    /// `*:Delete*` reaches into all.
    pub allows_service_wildcard: Answer,
    /// An Allow with the resource `*`, or an ARN of nothing but wildcards after the partition. NotResource has its own answer.
    pub allows_all_resources: Answer,
    /// An Allow with all actions on all resources and no condition in one statement, as AWS's AdministratorAccess has it. Also with
    /// all but a few (NotAction, NotResource), unless these keep the holder from giving users, groups or roles more: whoever may
    /// attach policies can lift every other exception. So AWS's PowerUserAccess, which leaves IAM out, is none.
    pub allows_full_admin: Answer,
    /// An Allow with NotAction: it also allows actions that do not exist yet.
    pub allows_not_action: Answer,
    /// An Allow with NotPrincipal: it allows everyone else, also without credentials.
    pub allows_not_principal: Answer,
    /// An Allow with NotResource: it also allows resources that do not exist yet.
    pub allows_not_resource: Answer,
    /// Everyone is denied all of the service's actions, on the bucket and on its objects, when `aws:SecureTransport` is false,
    /// and under no further condition (S3 user guide, security best practices for Amazon S3: enforce
    /// encryption of data in transit).
    pub denies_insecure_transport: Answer,
    /// An Allow that takes in `iam:PassRole` for every role (`*` or `role/*`) and does not say to which services:
    /// `iam:PassedToService` in a comparison that is not negated and whose values are not `*` (IAM user guide, grant a
    /// user permissions to pass a role to an AWS service).
    pub allows_pass_role_anywhere: Answer,
    /// An Allow that takes in `sts:AssumeRole` for the roles of every account, whatever the conditions.
    pub allows_assume_any_role: Answer,
    /// The accounts, other than the own one, that AWS principals of Allow statements name, sorted. If the own account is not
    /// known, several are all listed, and a single one, which may be the own, is not. Incomplete then, and if a principal's
    /// account is a reference that is not resolved.
    pub trusts_other_accounts: Items<Box<str>>,
    /// An Allow of `sts:AssumeRole` to another account, or to anyone, that asks neither for `sts:ExternalId` nor for an
    /// organisation (`aws:PrincipalOrgID`, `aws:PrincipalOrgPaths`) (IAM user guide, the confused deputy problem). Unknown
    /// for a named account while the own one is not known.
    pub trusts_without_external_id: Answer,
    /// An Allow of `sts:AssumeRoleWithWebIdentity` to an OpenID Connect provider that any of its subjects satisfies: no
    /// condition on `<provider>:sub`, or one with a pattern such as `*` or `repo:*` (IAM user guide, create a role for OpenID
    /// Connect federation). Of Cognito, Google, Facebook and Amazon the application's id is enough.
    pub trusts_oidc_without_subject: Answer,
    /// An Allow to an AWS service without a fixed or partly fixed `aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOwner`,
    /// `aws:SourceOrgID` or `aws:SourceOrgPaths`: the service can be made to act for strangers (IAM user guide, cross-service
    /// confused deputy prevention). Telling for resource policies; of role trust only for services that send a source,
    /// which EC2 and Lambda do not.
    pub trusts_service_without_source: Answer,
}

/// Answers for the documents of one resource. Each value is a document as a tree or as JSON text (plain or percent-encoded), a
/// `{PolicyName, PolicyDocument}` pair, a list of these, null for none, or unknown.
pub fn policy_facts(documents: &[&Value], context: &Context<'_>) -> PolicyFacts {
    facts_of_all(&read_documents(documents), context)
}

/// The same for one document that is read already.
pub fn facts_of(document: Document, context: &Context<'_>) -> PolicyFacts {
    facts_of_all(&Items { known: vec![document], missing: None }, context)
}

fn facts_of_all(documents: &Items<Document>, context: &Context<'_>) -> PolicyFacts {
    let all = Statements::of(documents);
    let anyone = |statement: &Statement| {
        statement.allows().and(statement.principal.takes_in_principal(|principal| {
            let every_account = principal.kind == PrincipalKind::Aws && principal_account(&principal.name) == Account::Any;
            (every_account || only_stars(&principal.name)).into()
        }))
    };
    let all_actions = |statement: &Statement| statement.allows().and(statement.action.lists(covers_every_action));
    let all_resources = |statement: &Statement| statement.allows().and(statement.resource.lists(covers_every_resource));
    PolicyFacts {
        is_public: all.any(|statement| statement_is_public(statement, context)),
        allows_any_principal: all.any(anyone),
        allows_any_principal_without_condition: all.any(|statement| anyone(statement).and(statement.has_condition().negate())),
        allows_all_actions: all.any(all_actions),
        allows_service_wildcard: all.any(|statement| statement.allows().and(takes_in_a_whole_service(statement))),
        allows_all_resources: all.any(all_resources),
        allows_full_admin: all.any(allows_full_admin),
        allows_not_action: all.any(|statement| statement.allows().and(statement.action.is_negated())),
        allows_not_principal: all.any(|statement| statement.allows().and(statement.principal.is_negated())),
        allows_not_resource: all.any(|statement| statement.allows().and(statement.resource.is_negated())),
        denies_insecure_transport: denies_insecure_transport(&all, context),
        allows_pass_role_anywhere: all.any(passes_any_role),
        allows_assume_any_role: all
            .any(|statement| allows_action(statement, "sts:AssumeRole").and(statement.resource.takes_in(covers_roles_of_every_account))),
        trusts_other_accounts: trusted_accounts(&all, context),
        trusts_without_external_id: all.any(|statement| trusts_without_external_id(statement, context)),
        trusts_oidc_without_subject: all.any(trusts_oidc_without_subject),
        trusts_service_without_source: all.any(trusts_service_without_source),
    }
}

impl PolicyFacts {
    /// The boolean answers by the names that they have as columns, in the order of the fields.
    pub fn answers(&self) -> [(&'static str, &Answer); 16] {
        [
            ("IsPublic", &self.is_public),
            ("AllowsAnyPrincipal", &self.allows_any_principal),
            ("AllowsAnyPrincipalWithoutCondition", &self.allows_any_principal_without_condition),
            ("AllowsAllActions", &self.allows_all_actions),
            ("AllowsServiceWildcard", &self.allows_service_wildcard),
            ("AllowsAllResources", &self.allows_all_resources),
            ("AllowsFullAdmin", &self.allows_full_admin),
            ("AllowsNotAction", &self.allows_not_action),
            ("AllowsNotPrincipal", &self.allows_not_principal),
            ("AllowsNotResource", &self.allows_not_resource),
            ("DeniesInsecureTransport", &self.denies_insecure_transport),
            ("AllowsPassRoleAnywhere", &self.allows_pass_role_anywhere),
            ("AllowsAssumeAnyRole", &self.allows_assume_any_role),
            ("TrustsWithoutExternalId", &self.trusts_without_external_id),
            ("TrustsOidcWithoutSubject", &self.trusts_oidc_without_subject),
            ("TrustsServiceWithoutSource", &self.trusts_service_without_source),
        ]
    }

    /// A struct with a boolean (or unknown) per answer and the list `TrustsOtherAccounts`, which ends with an unknown
    /// element if it is incomplete.
    pub fn to_value(&self) -> Value {
        let accounts = self.trusts_other_accounts.known.iter().map(|id| Value::Str(id.clone()));
        let accounts = accounts.chain(self.trusts_other_accounts.missing.iter().map(|cause| Value::Unknown(Arc::clone(cause))));
        let answers = self.answers().into_iter().map(|(name, answer)| (Key::from(name), answer.to_value()));
        Value::Map(answers.chain([(Key::from("TrustsOtherAccounts"), Value::List(accounts.collect()))]).collect())
    }
}

/// The statements of all documents of a resource.
pub(crate) struct Statements<'a> {
    pub(crate) known: Vec<&'a Statement>,
    pub(crate) missing: Option<Arc<Cause>>,
}

impl<'a> Statements<'a> {
    fn of(documents: &'a Items<Document>) -> Self {
        let missing = documents.known.iter().find_map(|document| document.statements.missing.as_ref()).or(documents.missing.as_ref());
        Self { known: documents.known.iter().flat_map(|document| &document.statements.known).collect(), missing: missing.cloned() }
    }

    pub(crate) fn any(&self, question: impl Fn(&Statement) -> Answer) -> Answer {
        Answer::any(self.known.iter().map(|statement| question(statement)), self.missing.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use partywall_model::CauseKind;

    use super::*;

    fn facts(statements: &str) -> PolicyFacts {
        policy_facts(&[&Value::str(format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#))], &Context::default())
    }

    /// The names of the answers that are yes.
    fn yes(statements: &str) -> Vec<&'static str> {
        facts(statements).answers().into_iter().filter(|(_, answer)| **answer == Answer::Yes).map(|(name, _)| name).collect()
    }

    #[test]
    fn no_document_answers_no() {
        for none in [policy_facts(&[], &Context::default()), policy_facts(&[&Value::Null, &Value::List(vec![])], &Context::default())] {
            assert!(none.answers().iter().all(|(_, answer)| **answer == Answer::No));
            assert_eq!(none.to_value().get("TrustsOtherAccounts"), Some(&Value::List(vec![])));
            assert_eq!(none.to_value().get("IsPublic"), Some(&Value::Bool(false)));
        }
    }

    #[test]
    fn an_unknown_document_answers_nothing() {
        let unknown = Value::unknown(Cause::new(CauseKind::Denied, "GetPolicy"));
        for value in [unknown.clone(), Value::str("{"), Value::Int(3), Value::List(vec![unknown])] {
            let facts = policy_facts(&[&value], &Context::default());
            assert!(facts.answers().iter().all(|(_, answer)| matches!(answer, Answer::Unknown(_))), "{value:?}");
            assert!(facts.trusts_other_accounts.missing.is_some());
            let Some(Value::List(accounts)) = facts.to_value().get("TrustsOtherAccounts").cloned() else { unreachable!() };
            assert!(accounts.iter().all(Value::is_unknown));
        }
    }

    #[test]
    fn deep_trees_are_not_followed() {
        for element in ["Statement", "Version", "PolicyDocument"] {
            let deep = (0..1_000).fold(Value::Null, |inner, _| {
                let mut outer = Value::Null;
                outer.set(element, Value::List(vec![inner]));
                outer
            });
            assert_ne!(policy_facts(&[&deep], &Context::default()).is_public, Answer::Yes);
        }
    }

    #[test]
    fn a_known_statement_proves_beside_an_unknown_one() {
        let public =
            Value::str(r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}"#);
        let unknown = Value::unknown(Cause::new(CauseKind::NotLooked, "x"));
        let facts = policy_facts(&[&unknown, &public], &Context::default());
        assert_eq!(facts.is_public, Answer::Yes);
        assert!(matches!(facts.allows_full_admin, Answer::Unknown(_)));
    }

    #[test]
    fn broad_statements() {
        for (statement, want) in [
            (
                r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
                &["AllowsAllActions", "AllowsAllResources", "AllowsFullAdmin", "AllowsPassRoleAnywhere", "AllowsAssumeAnyRole"][..],
            ),
            (
                r#"{"Effect":"Allow","Action":["*:*"],"Resource":["arn:aws:*"],"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#,
                &["AllowsAllActions", "AllowsAllResources", "AllowsPassRoleAnywhere", "AllowsAssumeAnyRole"],
            ),
            (r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b"}"#, &["AllowsServiceWildcard"]),
            (r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#, &["AllowsAllResources"]),
            (r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#, &[]),
            (r#"{"Effect":"Deny","NotAction":"iam:*","NotResource":"x"}"#, &[]),
            (
                r#"{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}"#,
                &["AllowsServiceWildcard", "AllowsAllResources", "AllowsNotAction", "AllowsAssumeAnyRole"],
            ),
            (r#"{"Effect":"Allow","Action":"s3:GetObject","NotResource":"arn:aws:s3:::b"}"#, &["AllowsNotResource"]),
            (
                r#"{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"sqs:SendMessage","Resource":"*"}"#,
                &["IsPublic", "AllowsAnyPrincipal", "AllowsAnyPrincipalWithoutCondition", "AllowsAllResources", "AllowsNotPrincipal"],
            ),
            (
                r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:CallerAccount":"111122223333"}}}"#,
                &["AllowsAnyPrincipal", "AllowsAllResources"],
            ),
        ] {
            assert_eq!(yes(statement), want, "{statement}");
        }
    }

    #[test]
    fn everything_but_a_few() {
        let admin = |statement: &str| facts(statement).allows_full_admin;
        for (elements, want) in [
            (r#""NotAction":"s3:*","Resource":"*""#, Answer::Yes),
            (r#""NotAction":"iam:DeleteUser","Resource":"*""#, Answer::Yes),
            (r#""NotAction":["iam:*"],"Resource":"*""#, Answer::No),
            (r#""NotAction":["IAM:Attach*","iam:Put*","iam:Create*","iam:Update*"],"Resource":"*""#, Answer::No),
            (r#""NotAction":"s3:*","Resource":"arn:aws:s3:::b""#, Answer::No),
            (r#""NotAction":"*","Resource":"*""#, Answer::No),
            (r#""Action":"*","NotResource":"arn:aws:s3:::b""#, Answer::Yes),
            (r#""Action":"*","NotResource":"arn:aws:iam::*:role/*""#, Answer::Yes),
            (r#""Action":"*","NotResource":"arn:aws:iam::*:*""#, Answer::No),
            (r#""Action":"s3:*","NotResource":"arn:aws:s3:::b""#, Answer::No),
            (r#""NotAction":"s3:*","NotResource":"arn:aws:s3:::b""#, Answer::Yes),
            (r#""NotAction":"s3:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#, Answer::No),
        ] {
            assert_eq!(admin(&format!(r#"{{"Effect":"Allow",{elements}}}"#)), want, "{elements}");
        }
        assert_eq!(admin(r#"{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}"#), Answer::No);
        let half_known = Value::Map(vec![
            (Key::from("Effect"), Value::str("Allow")),
            (
                Key::from("NotAction"),
                Value::List(vec![Value::str("s3:*"), Value::unknown(Cause::new(CauseKind::UnresolvedReference, "x"))]),
            ),
            (Key::from("Resource"), Value::str("*")),
        ]);
        let document = Value::Map(vec![(Key::from("Statement"), Value::List(vec![half_known]))]);
        let facts = policy_facts(&[&document], &Context::default());
        assert!(matches!(facts.allows_full_admin, Answer::Unknown(_)), "{:?}", facts.allows_full_admin);
        assert!(matches!(facts.allows_service_wildcard, Answer::Unknown(_)));
    }

    #[test]
    fn whole_services_that_not_action_leaves() {
        for (excepted, want) in [
            (r#""s3:*""#, Answer::Yes),
            (r#"["iam:*","s3:Delete*"]"#, Answer::Yes),
            (r#""s*""#, Answer::Yes),
            (r#""*""#, Answer::No),
            (r#""*:Delete*""#, Answer::No),
            (r#"["s3:*","*Tags"]"#, Answer::No),
        ] {
            let statement = format!(r#"{{"Effect":"Allow","NotAction":{excepted},"Resource":"*"}}"#);
            assert_eq!(facts(&statement).allows_service_wildcard, want, "{statement}");
            assert_eq!(facts(&statement.replace("Allow", "Deny")).allows_service_wildcard, Answer::No);
        }
    }

    #[test]
    fn passing_and_assuming_roles() {
        for (statement, want) in [
            (r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/*"}"#, &["AllowsPassRoleAnywhere"][..]),
            (r#"{"Effect":"Allow","Action":"iam:Pass*","Resource":"arn:aws:iam::111122223333:role/app-*"}"#, &[]),
            (
                r#"{"Effect":"Allow","Action":"IAM:PASSROLE","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}"#,
                &["AllowsAllResources"],
            ),
            (
                r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringLike":{"iam:PassedToService":"*"}}}"#,
                &["AllowsAllResources", "AllowsPassRoleAnywhere"],
            ),
            (
                r#"{"Effect":"Allow","Action":"iam:PassRole","NotResource":"arn:aws:iam::111122223333:role/admin"}"#,
                &["AllowsNotResource", "AllowsPassRoleAnywhere"],
            ),
            (r#"{"Effect":"Allow","Action":"sts:Assume*","Resource":"*"}"#, &["AllowsAllResources", "AllowsAssumeAnyRole"]),
            (r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::111122223333:role/*"}"#, &[]),
            (r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/audit"}"#, &[]),
        ] {
            assert_eq!(yes(statement), want, "{statement}");
        }
    }
}
