//! Whom a policy names: they are not "anyone".

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::arn::{Account, account_field, fields, principal_account};
use crate::public::is_confined_by_application;
use crate::{Answer, Condition, Document, Element, Items, Known, Principal, PrincipalKind, Principals, Statement};

/// Networks wider than this are anybody's (S3 user guide, blocking public access to your Amazon S3 storage: the meaning of "public").
const WIDEST: (u8, u8) = (8, 32);

/// Whom the statements name, as principals or in conditions.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) accounts: BTreeSet<String>,
    pub(super) organizations: BTreeSet<String>,
    pub(super) vpcs: BTreeSet<String>,
    pub(super) endpoints: BTreeSet<String>,
    pub(super) networks: BTreeSet<String>,
    pub(super) providers: BTreeSet<String>,
}

impl Named {
    pub(super) fn of(documents: &Items<Document>) -> Self {
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
