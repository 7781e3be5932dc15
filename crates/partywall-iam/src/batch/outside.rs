//! Whether a policy lets in anyone whom a list of trusted accounts, organizations and networks does not name.

use serde_json::Value as Json;

use super::input::Row;
use crate::arn::{Account, fields, is_fixed, principal_account};
use crate::{Answer, Condition, Document, PrincipalKind, Statement};

/// Whom the row trusts.
struct Trust {
    accounts: Vec<String>,
    organizations: Vec<String>,
    vpcs: Vec<String>,
    endpoints: Vec<String>,
    /// Endings of addresses that notifications may go to.
    addresses: Vec<String>,
    /// Keys whose mere comparison is enough.
    keys: Vec<String>,
    /// Any one organization will do.
    any_organization: bool,
}

impl Trust {
    fn new(row: Row<'_>) -> Result<Self, String> {
        let nothing = Json::Null;
        let settings = Row(row.0.get("settings").unwrap_or(&nothing));
        let mut accounts = settings.texts("allowed_accounts")?;
        accounts.extend(row.texts("account")?);
        Ok(Self {
            accounts,
            organizations: settings.texts("allowed_orgid")?,
            vpcs: settings.texts("allowed_vpc")?,
            endpoints: settings.texts("allowed_vpce")?,
            addresses: settings.texts("allowed_endpoints")?,
            keys: settings.texts("whitelist_conditions")?,
            any_organization: row.0.get("fn").and_then(Json::as_str).is_some_and(|name| name.ends_with("_organization")),
        })
    }

    /// Whether the account of an ARN or id is trusted; of a name without account, nobody can tell, and nobody can use it.
    fn knows(&self, name: &str) -> Option<bool> {
        match principal_account(name) {
            Account::Id(id) => Some(self.accounts.iter().any(|account| account == id)),
            Account::Any => Some(false),
            Account::None | Account::Own | Account::Symbolic => None,
        }
    }

    /// Whether the condition keeps everyone out whom this does not name.
    fn is_met_only_inside(&self, condition: &Condition) -> Answer {
        let key = condition.key.to_ascii_lowercase();
        if self.keys.iter().any(|trusted| trusted.eq_ignore_ascii_case(&key)) {
            return condition.operator.confines().into();
        }
        let inside = |value: &str| match key.as_str() {
            "aws:sourcearn" | "aws:principalarn" => {
                let bucket = fields(value)
                    .is_some_and(|[_, _, service, _, account, name]| service == "s3" && account.is_empty() && !name.contains(['*', '?']));
                bucket || self.knows(value) == Some(true)
            }
            "aws:sourceaccount"
            | "aws:sourceowner"
            | "aws:principalaccount"
            | "aws:resourceaccount"
            | "s3:resourceaccount"
            | "kms:calleraccount"
            | "lambda:sourceaccount" => self.knows(value) == Some(true),
            "aws:principalorgid" | "aws:resourceorgid" | "aws:sourceorgid" => {
                self.any_organization && is_fixed(value) || self.organizations.iter().any(|id| id == value)
            }
            "aws:principalorgpaths" => value.split('/').next().is_some_and(|id| self.organizations.iter().any(|trusted| trusted == id)),
            "aws:sourcevpc" => self.vpcs.iter().any(|id| id == value),
            "aws:sourcevpce" => self.endpoints.iter().any(|id| id == value),
            "sns:endpoint" => self.addresses.iter().any(|ending| value.ends_with(ending.as_str())),
            _ => false,
        };
        Answer::from(condition.operator.confines()).and(condition.all_values(inside))
    }
}

/// Whether an Allow lets in someone who is not trusted, and the words for it.
pub(super) fn is_outside(document: &Document, row: Row<'_>) -> Result<(Answer, &'static str), String> {
    let trust = Trust::new(row)?;
    let mut outside = Answer::any(None, document.statements.missing.as_ref());
    for statement in &document.statements.known {
        outside = lets_in(statement, &trust).or(outside);
    }
    let why = if outside == Answer::Yes { "an Allow reaches someone who is not trusted" } else { "every Allow stays with the trusted" };
    Ok((outside, why))
}

fn lets_in(statement: &Statement, trust: &Trust) -> Answer {
    let stranger = statement.principal.takes_in_principal(|principal| match principal.kind {
        PrincipalKind::Aws => (trust.knows(&principal.name) == Some(false)).into(),
        PrincipalKind::Service => Answer::No,
        PrincipalKind::Federated | PrincipalKind::CanonicalUser => Answer::Yes,
    });
    let confined = statement.conditions.any(|condition| trust.is_met_only_inside(condition));
    statement.allows().and(stranger).and(confined.negate())
}
