//! Which accounts are read, and in whose name.

use anyhow::bail;
use partywall_aws::Caller;
use partywall_aws::model::Models;
use partywall_live::AccountTarget;
use partywall_model::Value;

use super::What;
use crate::exit;
use crate::live::Connected;

/// Units within units; Organizations allows five levels.
const MAX_DEPTH: usize = 8;

/// The accounts that are asked for: the caller's own with the caller's credentials, every other in the role of that name.
///
/// # Errors
/// The organisation cannot be asked, or has none of what was named.
pub(super) fn targets(connected: &Connected, what: &What, external_id: Option<&str>) -> anyhow::Result<Vec<AccountTarget>> {
    let named = !what.accounts.is_empty() || what.extent.finds_members();
    if !named && what.extent.has_role() {
        bail!("--role is taken on in other accounts; add --organization, --ou or --account, or name a role to read as with --role-arn");
    }
    if !named {
        return Ok(vec![connected.target()]);
    }
    let organization = Organization { connected, caller: connected.caller() };
    let own = connected.runtime.block_on(connected.account())?;
    let mut accounts = what.accounts.clone();
    if what.extent.organization {
        accounts.extend(organization.accounts("ListAccounts", &Value::Map(Vec::new()))?);
    }
    for unit in &what.extent.units {
        organization.below(unit, 0, &mut accounts)?;
    }
    accounts.sort();
    accounts.dedup();
    if accounts.is_empty() {
        bail!(
            "no active account is below {}; check the ids with `partywall aws call organizations list-roots`",
            what.extent.units.join(", ")
        );
    }
    let target = |account: &String| {
        if *account == own {
            AccountTarget { account: Some(own.as_str().into()), ..connected.target() }
        } else {
            let is_member = what.extent.finds_members();
            AccountTarget { is_member, ..connected.target_of(account, what.extent.role(), external_id) }
        }
    };
    Ok(accounts.iter().map(target).collect())
}

struct Organization<'a> {
    connected: &'a Connected,
    caller: Caller,
}

impl Organization<'_> {
    fn ask(&self, service: &str, operation: &str, input: &Value) -> anyhow::Result<Value> {
        let service = Models::builtin().service(service)?;
        let operation = service.operation(operation)?;
        Ok(self.connected.runtime.block_on(self.connected.client.call_all(&self.caller, &service, operation, input))?)
    }

    /// Ids of the active accounts in an answer; what is suspended or not yet open has nothing to read.
    fn accounts(&self, operation: &str, input: &Value) -> anyhow::Result<Vec<String>> {
        let answer = self.ask("organizations", operation, input)?;
        let mut active = Vec::new();
        for item in partywall_collect::items(answer, "Accounts").map_err(anyhow::Error::msg)? {
            let text = |name: &str| item.get(name).and_then(Value::as_str);
            let Some(id) = text("Id") else { continue };
            if text("Status").or_else(|| text("State")) == Some("ACTIVE") {
                active.push(id.to_owned());
            } else {
                exit::note(&format!("account {id} is not active; it is not read"));
            }
        }
        Ok(active)
    }

    fn below(&self, unit: &str, depth: usize, accounts: &mut Vec<String>) -> anyhow::Result<()> {
        if depth > MAX_DEPTH {
            bail!("`{unit}` lies deeper than Organizations allows");
        }
        let input = || {
            let mut input = Value::Map(Vec::new());
            input.set("ParentId", Value::str(unit));
            input
        };
        accounts.extend(self.accounts("ListAccountsForParent", &input())?);
        let units = self.ask("organizations", "ListOrganizationalUnitsForParent", &input())?;
        for item in partywall_collect::items(units, "OrganizationalUnits").map_err(anyhow::Error::msg)? {
            if let Some(id) = item.get("Id").and_then(Value::as_str) {
                self.below(id, depth + 1, accounts)?;
            }
        }
        Ok(())
    }
}
