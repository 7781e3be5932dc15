//! What users and roles can reach throughout the account, by the table `catalog/reference/iam-reach.toml`.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::AccountError;
use super::access::{Question, ResourcePolicy};
use super::admin::{ANY_NAME, known_policies};
use super::model::{Account, Principal};
use crate::eval::Policy;
use crate::{Answer, Document, Effect, Element, Items, Known, PrincipalKind, Principals, Statement};

static DATA: &str = include_str!("../../../../catalog/reference/iam-reach.toml");

static BUILT_IN: LazyLock<Result<Reaches, String>> = LazyLock::new(|| toml::from_str(DATA).map_err(|error| error.to_string()));

/// Sets of actions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reaches {
    /// The day on which the table was last gone through.
    pub as_of: toml::value::Datetime,
    /// The sets.
    #[serde(rename = "set")]
    pub sets: Vec<Reach>,
}

/// A set of actions of which each alone is enough.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// The name of the fact.
    pub column: Box<str>,
    /// What who has it can do, in words.
    pub title: Box<str>,
    /// The AWS page.
    pub source: Box<str>,
    /// The actions.
    pub actions: Vec<ReachAction>,
}

/// One action.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReachAction {
    /// `service:Name`.
    pub action: Box<str>,
    /// An ARN with `{partition}`, `{account}` and `{any}`; `None` if the action names no resource.
    pub resource: Option<Box<str>>,
}

impl Reaches {
    /// The table that comes with partywall.
    ///
    /// # Errors
    /// [`AccountError::Rules`] if it does not hold together, which a test rules out.
    pub fn built_in() -> Result<&'static Self, AccountError> {
        BUILT_IN.as_ref().map_err(|reason| AccountError::Rules(reason.clone()))
    }
}

impl Account {
    /// Whether each user and role has each reach of the table, in the order of both: one of the set's actions is allowed on any
    /// resource to a caller who signed in with a second factor over TLS, in any Region or one that the policies name. Ceilings that were not given are assumed not to deny ([`Account::assumptions`]).
    ///
    /// # Errors
    /// As [`Reaches::built_in`].
    pub fn reaches(&self) -> Result<Vec<Vec<Answer>>, AccountError> {
        let table = Reaches::built_in()?;
        let mut by_class: HashMap<usize, Vec<Answer>> = HashMap::new();
        let of = |principal: &Principal| table.sets.iter().map(|reach| self.has_reach(principal, reach)).collect::<Vec<_>>();
        let found = self.principals.iter().map(|principal| {
            if self.tells_apart_class(principal) {
                return of(principal);
            }
            by_class.entry(principal.class).or_insert_with(|| of(principal)).clone()
        });
        Ok(found.collect())
    }

    fn has_reach(&self, principal: &Principal, reach: &Reach) -> Answer {
        let Some(class) = self.classes.get(principal.class) else { return Answer::No };
        let (identity, missing) = known_policies(class);
        // Keys obey identity policies only where the key policy names the account, as the one that KMS makes by itself does (KMS
        // developer guide, default key policy).
        let key = ResourcePolicy::Known(vec![self.policy_for_account()], None);
        let whole = self.is_whole(Some(class), &key);
        let regions = self.regions(class);
        let places = || std::iter::once(None).chain(regions.iter().map(|region| Some(&**region)));
        let asked = reach.actions.iter().flat_map(|action| places().map(move |region| (action, region)));
        let allowed = asked.map(|(action, region)| {
            let request = self.signed_in(region, principal, &self.question(action));
            match self.decide_with(&request, &identity, class.limit.as_deref(), &key).is_allowed() {
                // All is known but the request: a condition decides.
                Answer::Unknown(_) if whole => Answer::No,
                answer => answer,
            }
        });
        // What nobody read may allow it, and may deny it.
        match (Answer::any(allowed, missing.as_ref()), missing) {
            (Answer::Yes, Some(cause)) => Answer::Unknown(cause),
            (answer, _) => answer,
        }
    }

    fn policy_for_account(&self) -> Policy {
        let any = || Element::Only(Known::Is(Items { known: vec![Box::from("*")], missing: None }));
        let root = crate::Principal { kind: PrincipalKind::Aws, name: format!("arn:{}:iam::{}:root", self.partition, self.id).into() };
        let statement = Statement {
            at: None,
            sid: None,
            effect: Known::Is(Effect::Allow),
            principal: Element::Only(Known::Is(Principals::Named(Items { known: vec![root], missing: None }))),
            action: any(),
            resource: any(),
            conditions: Items::default(),
        };
        Policy::new("", &Document { version: None, id: None, statements: Items { known: vec![statement], missing: None } })
    }

    fn question(&self, action: &ReachAction) -> Question {
        let resource = match &action.resource {
            Some(arn) => arn.replace("{partition}", &self.partition).replace("{account}", &self.id).replace("{any}", ANY_NAME),
            None => "*".to_owned(),
        };
        Question { wildcard_only: action.resource.is_none(), ..Question::new(&*action.action, resource) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Given;
    use crate::reference;

    #[test]
    fn the_table_names_actions_that_exist_with_their_resources() {
        let reference = reference().unwrap();
        for reach in &Reaches::built_in().unwrap().sets {
            assert!(!reach.actions.is_empty() && !reach.source.is_empty(), "{}", reach.column);
            for of in &reach.actions {
                let action = reference.action(&of.action).unwrap_or_else(|| panic!("{} does not exist", of.action));
                assert_eq!(action.is_wildcard_only(), of.resource.is_none(), "{}", of.action);
            }
        }
    }

    fn reached(statements: &str) -> Vec<String> {
        let details = format!(
            r#"{{"UserDetailList":[{{"UserName":"u","Arn":"arn:aws:iam::111122223333:user/u","UserPolicyList":[{{"PolicyName":"p",
            "PolicyDocument":{{"Version":"2012-10-17","Statement":[{statements}]}}}}]}}],"RoleDetailList":[],"GroupDetailList":[]}}"#
        );
        let account = Account::read(&details, &Given::default()).unwrap();
        let answers = account.reaches().unwrap().remove(0);
        let sets = Reaches::built_in().unwrap().sets.iter().zip(answers);
        sets.filter(|(_, answer)| *answer == Answer::Yes).map(|(reach, _)| reach.column.to_string()).collect()
    }

    #[test]
    fn one_resource_or_a_condition_is_not_everywhere() {
        let allow = |action: &str, resource: &str| format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#);
        assert_eq!(reached(&allow("kms:Decrypt", "*")), ["DecryptsWithAnyKey"]);
        assert_eq!(reached(&allow("kms:*", "arn:aws:kms:*:111122223333:key/*")), ["DecryptsWithAnyKey", "SharesAnyResource"]);
        assert_eq!(reached(&allow("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/1234")), [""; 0]);
        assert_eq!(reached(&allow("s3:Get*", "arn:aws:s3:::*")), ["ReadsAnyData"]);
        assert_eq!(reached(&allow("s3:Get*", "arn:aws:s3:::data/*")), [""; 0]);
        let deny = r#"{"Effect":"Deny","Action":"kms:Decrypt","Resource":"*"}"#;
        assert_eq!(reached(&format!("{},{deny}", allow("kms:Decrypt", "*"))), [""; 0]);
        let mfa =
            r#"{"Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}"#;
        assert_eq!(reached(&format!("{},{mfa}", allow("kms:Decrypt", "*"))), ["DecryptsWithAnyKey"]);
        let region = r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1"]}}}"#;
        assert_eq!(reached(&format!("{},{region}", allow("kms:Decrypt", "*"))), ["DecryptsWithAnyKey"]);
        let tagged =
            r#"{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"a"}}}"#;
        assert_eq!(reached(tagged), [""; 0]);
        let condition = r#"{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}}"#;
        assert_eq!(reached(condition), [""; 0]);
    }
}
