use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_model::Cause;

use super::AccountError;
use super::document::{DocumentId, Documents};
use crate::eval::{Caller, Policy};
use crate::{Service, managed_policies, reference};

/// The users, roles, groups and policies of one account, with what is known of its resources and its organization.
///
/// Made by [`Account::read`]; see there for what it needs.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says of one part of the input whether it is whole, or ours")]
pub struct Account {
    pub(crate) id: Box<str>,
    pub(crate) partition: Box<str>,
    pub(crate) principals: Vec<Principal>,
    pub(crate) groups: Vec<Group>,
    pub(crate) documents: Documents,
    pub(crate) classes: Vec<Class>,
    pub(crate) resources: BTreeMap<Box<str>, Resource>,
    /// True if every resource that has a policy of its own is among the resources.
    pub(crate) resources_complete: bool,
    /// Beginnings of ARNs of which every resource is among the resources.
    pub(crate) listed: Vec<Box<str>>,
    pub(crate) scp: Option<Vec<Vec<Policy>>>,
    pub(crate) rcp: Option<Vec<Vec<Policy>>>,
    /// The service control policies, without their levels.
    pub(crate) scp_attached: Vec<Attachment>,
    /// The resource control policies, likewise.
    pub(crate) rcp_attached: Vec<Attachment>,
    /// False if a part of a control policy is not known.
    pub(crate) control_is_whole: bool,
    /// True if a control policy tells callers apart.
    pub(crate) control_is_about_caller: bool,
    pub(crate) management: Option<Box<str>>,
    pub(crate) organization: Option<Box<str>>,
    /// What of the input is not there: lists that were not asked for, pages that are missing.
    pub(crate) gaps: Vec<Arc<Cause>>,
    /// Documents of AWS's managed policies that the input lacks are those of the reference data.
    pub(crate) of_reference: bool,
    /// The keys `aws:PrincipalTag/…` and `aws:ResourceTag/…` that policies ask for, in lower case.
    pub(crate) tag_keys: Vec<Box<str>>,
}

/// A user or a role.
#[derive(Debug)]
pub struct Principal {
    /// Its ARN.
    pub arn: Box<str>,
    /// Its name, without path.
    pub name: Box<str>,
    /// User or role.
    pub kind: Kind,
    /// Its tags; `None` if they are not in the input.
    pub tags: Option<Vec<(Box<str>, Box<str>)>>,
    pub(crate) unique_id: Option<Box<str>>,
    pub(crate) caller: Caller,
    /// In the order of its class.
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) boundary: Option<Attachment>,
    /// The trust policy of a role.
    pub(crate) trust: Option<DocumentId>,
    /// Groups of a user, by number.
    pub(crate) groups: Vec<usize>,
    /// ARNs of the instance profiles that hold a role.
    pub(crate) profiles: Vec<Box<str>>,
    pub(crate) class: usize,
}

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// An IAM user.
    User,
    /// An IAM role.
    Role,
}

impl Kind {
    /// `user` or `role`.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Role => "role",
        }
    }
}

/// A group of users.
#[derive(Debug)]
pub struct Group {
    /// Its ARN.
    pub arn: Box<str>,
    /// Its name.
    pub name: Box<str>,
    pub(crate) attachments: Vec<Attachment>,
}

/// A policy as it is attached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Attachment {
    pub(crate) document: DocumentId,
    /// What explanations call it: its ARN, or `inline NAME of user X`.
    pub(crate) name: Box<str>,
    /// The ARN of a managed policy.
    pub(crate) arn: Option<Box<str>>,
    /// By a group, rather than directly.
    pub(crate) by_group: bool,
}

/// Principals that have the same documents attached.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) documents: Vec<DocumentId>,
    pub(crate) boundary: Option<DocumentId>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) limit: Option<Vec<Policy>>,
    pub(crate) is_whole: bool,
}

/// What is known of one resource.
#[derive(Debug, Default)]
pub struct Resource {
    pub(crate) policy: Option<DocumentId>,
    /// Its tags; `None` if they are not in the input.
    pub tags: Option<Vec<(Box<str>, Box<str>)>>,
}

impl Account {
    /// The account's twelve digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Users and roles, users first, in the order of the input.
    pub fn principals(&self) -> &[Principal] {
        &self.principals
    }

    /// Groups in the order of the input.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// What of the account was not in the input: answers over all principals are then not complete.
    pub fn gaps(&self) -> &[Arc<Cause>] {
        &self.gaps
    }

    /// How many different documents its principals, groups and resources have.
    pub fn document_count(&self) -> usize {
        self.documents.len()
    }

    /// The number of a user or role by ARN, `user/NAME`, `role/NAME`, or by a name that only one has.
    ///
    /// # Errors
    /// [`AccountError::NoPrincipal`] if none has it, [`AccountError::Several`] if several have.
    pub fn find(&self, name: &str) -> Result<usize, AccountError> {
        let missing = || AccountError::NoPrincipal { name: name.to_owned(), account: self.id.to_string() };
        if let Some(found) = self.principals.iter().position(|principal| &*principal.arn == name) {
            return Ok(found);
        }
        let (kind, short) = match name.split_once('/') {
            Some(("user", rest)) => (Some(Kind::User), rest),
            Some(("role", rest)) => (Some(Kind::Role), rest),
            _ => (None, name),
        };
        // With the path or without it.
        let is_called = |principal: &Principal| {
            &*principal.name == short || kind.is_some() && principal.arn.splitn(6, ':').nth(5).is_some_and(|resource| resource == name)
        };
        let mut found = self
            .principals
            .iter()
            .enumerate()
            .filter(|(_, principal)| is_called(principal) && kind.is_none_or(|kind| kind == principal.kind));
        match (found.next(), found.next()) {
            (Some((number, _)), None) => Ok(number),
            (Some(_), Some(_)) => Err(AccountError::Several { name: name.to_owned() }),
            (None, _) => Err(missing()),
        }
    }

    /// The control policies that bear on what the principal does with that service within the account (AWS Organizations user guide:
    /// the management account and service-linked roles are exempt, and only some services support resource control policies).
    pub(crate) fn control_on(&self, principal: &Principal, service: &str) -> impl Iterator<Item = &Attachment> {
        let exempt = self.management.as_deref() == Some(&*self.id) || principal.caller.is_service_linked();
        let with_rcp = reference().ok().and_then(|known| known.service(service)).is_none_or(Service::supports_rcp);
        let rcp = if with_rcp { self.rcp_attached.as_slice() } else { &[] };
        self.scp_attached.iter().chain(rcp).filter(move |_| !exempt)
    }

    /// What of the policies that are attached to the principal, and of its boundary, is not known: they may allow or deny more.
    pub(crate) fn unread(&self, principal: &Principal) -> Vec<String> {
        let attached = principal.attachments.iter().chain(&principal.boundary);
        let ready = attached.filter_map(|attachment| Some((attachment, self.documents.get(attachment.document)?)));
        let causes = ready.filter(|(_, ready)| !ready.is_whole).flat_map(|(attachment, ready)| {
            let named = |detail: &str| {
                if detail.contains(&*attachment.name) { detail.to_owned() } else { format!("{}: {detail}", attachment.name) }
            };
            ready.document.flaws().into_iter().map(move |cause| named(&cause.detail)).collect::<Vec<_>>()
        });
        causes.collect()
    }

    /// The policies attached to a principal, under their own names.
    pub(crate) fn policies_of(&self, principal: &Principal) -> Vec<Policy> {
        self.named(&principal.attachments)
    }

    /// The principal's boundary, under its own name.
    pub(crate) fn boundary_of(&self, principal: &Principal) -> Option<Vec<Policy>> {
        principal.boundary.as_ref().map(|boundary| self.named(std::slice::from_ref(boundary)))
    }

    pub(crate) fn named(&self, attachments: &[Attachment]) -> Vec<Policy> {
        attachments.iter().filter_map(|attachment| self.documents.named(attachment.document, &attachment.name)).collect()
    }

    /// What every answer takes for granted, because the input does not show it.
    pub fn assumptions(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.scp.is_none() {
            found.push("no service control policy denies it: none were given".to_owned());
        }
        if self.rcp.is_none() {
            found.push("no resource control policy denies it: none were given".to_owned());
        }
        if !self.principals.iter().any(|principal| principal.kind == Kind::User) {
            found.push(
                "the account has no users: their list is empty, as it also is of details that were asked for with a filter".to_owned(),
            );
        }
        if !self.resources_complete {
            found.push("no policy of a resource denies it, but for those that were given".to_owned());
        }
        if let (true, Ok(table)) = (self.of_reference, managed_policies()) {
            found.push(format!("AWS's managed policies whose documents were not given are as of {}", table.date()));
        }
        found.push("no session policy and no VPC endpoint policy narrows it".to_owned());
        found
    }
}
