use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use partywall_model::{Cause, CauseKind, Value};
use serde_json::Value as Json;

use super::AccountError;
use super::details::{AttachedPolicy, Boundary, Details, InlinePolicy, RoleDetail, Tag, UserDetail};
use super::document::{DocumentId, Documents, tree};
use super::model::{Account, Attachment, Class, Group, Kind, Principal, Resource};
use crate::Known;
use crate::arn::fields;
use crate::eval::{Caller, Policy};
use crate::managed_policies;

/// What the authorization details do not hold. Everything may be left out; answers say what they then assume or do not know.
#[derive(Debug, Default)]
pub struct Given {
    /// Documents of managed policies by ARN, in addition to those in the details (a listing with a filter leaves out AWS's own).
    pub managed_policies: BTreeMap<String, Json>,
    /// Resources by ARN.
    pub resources: BTreeMap<String, GivenResource>,
    /// Beginnings of ARNs: every resource of the account whose ARN begins so is among `resources`.
    pub listed: BTreeSet<String>,
    /// Why there may be users, roles or groups that the details do not hold.
    pub gaps: Vec<Cause>,
    /// True if every resource of the account that has a policy is among `resources`.
    pub resources_complete: bool,
    /// Service control policies from the root of the organization to the account, by name.
    pub scp: Option<Vec<Vec<(String, Json)>>>,
    /// Resource control policies in the same order.
    pub rcp: Option<Vec<Vec<(String, Json)>>>,
    /// The management account: control policies do not bind it.
    pub management_account: Option<String>,
    /// The id of the organization, `o-…`.
    pub organization: Option<String>,
}

/// One resource.
#[derive(Debug, Default)]
pub struct GivenResource {
    /// Its policy, a document or its text; `None` if it has none.
    pub policy: Option<Value>,
    /// Its tags; `None` if they were not read.
    pub tags: Option<Vec<(String, String)>>,
}

impl Account {
    /// Reads what `aws iam get-account-authorization-details` prints: one page, several one after another, or a list of pages.
    ///
    /// Documents that are missing or cannot be read are unknown and named in the answers that rest on them.
    ///
    /// # Errors
    /// [`AccountError`]: not such JSON (with line and column), too long, or not of one account.
    pub fn read(details: &str, given: &Given) -> Result<Self, AccountError> {
        Self::of(&Details::read(details)?, given)
    }

    /// The same from details that are there already, of any source.
    ///
    /// # Errors
    /// [`AccountError`]: an ARN that is none, or details of two accounts.
    pub fn of(details: &Details, given: &Given) -> Result<Self, AccountError> {
        let mut reader = Reader::default();
        reader.managed(details, given);
        let mut gaps = gaps_of(details);
        gaps.extend(given.gaps.iter().cloned().map(Arc::new));
        for group in details.group_detail_list.iter().flatten() {
            reader.account_of(&group.arn)?;
            let attachments = reader.attachments(&group.group_policy_list, &group.attached_managed_policies, "group", &group.group_name);
            reader.groups.push(Group { arn: group.arn.as_str().into(), name: group.group_name.as_str().into(), attachments });
        }
        let by_name: HashMap<Box<str>, usize> =
            reader.groups.iter().enumerate().map(|(number, group)| (group.name.clone(), number)).collect();
        for user in details.user_detail_list.iter().flatten() {
            reader.account_of(&user.arn)?;
            let principal = reader.user(user, &by_name);
            reader.principals.push(principal);
        }
        for role in details.role_detail_list.iter().flatten() {
            reader.account_of(&role.arn)?;
            let principal = reader.role(role);
            reader.principals.push(principal);
        }
        if reader.principals.is_empty() && gaps.is_empty() {
            return Err(AccountError::Nobody);
        }
        Ok(reader.finish(given, gaps))
    }
}

fn gaps_of(details: &Details) -> Vec<Arc<Cause>> {
    let mut gaps = Vec::new();
    let lists = [
        ("users", details.user_detail_list.is_none()),
        ("groups", details.group_detail_list.is_none()),
        ("roles", details.role_detail_list.is_none()),
    ];
    for (name, _) in lists.into_iter().filter(|(_, missing)| *missing) {
        gaps.push(Arc::new(Cause::new(CauseKind::NotLooked, format!("{name} of the account: not in the authorization details"))));
    }
    if details.is_truncated || details.next_token.is_some() {
        let detail = "further pages of the authorization details: the last one given says that there are more";
        gaps.push(Arc::new(Cause::new(CauseKind::NotLooked, detail)));
    }
    gaps
}

#[derive(Default)]
struct Reader {
    account: Option<(Box<str>, Box<str>)>,
    documents: Documents,
    managed: HashMap<Box<str>, DocumentId>,
    groups: Vec<Group>,
    principals: Vec<Principal>,
    classes: Vec<Class>,
    class_of: HashMap<(Vec<DocumentId>, Option<DocumentId>), usize>,
    /// Documents of AWS's that the input lacks were taken from the reference data.
    of_reference: bool,
}

impl Reader {
    fn managed(&mut self, details: &Details, given: &Given) {
        for (arn, document) in &given.managed_policies {
            let id = self.documents.add(&tree(document));
            self.managed.insert(arn.as_str().into(), id);
        }
        for policy in details.policies.iter().flatten() {
            if let Some(document) = policy.document() {
                let id = self.documents.add(document);
                self.managed.insert(policy.arn.as_str().into(), id);
            }
        }
    }

    /// Checks that the ARN is of the same account as all others.
    fn account_of(&mut self, arn: &str) -> Result<(), AccountError> {
        let wrong = || AccountError::Arn { arn: arn.to_owned() };
        let [_, partition, service, _, account, _] = fields(arn).ok_or_else(wrong)?;
        if service != "iam" || account.is_empty() {
            return Err(wrong());
        }
        match &self.account {
            None => self.account = Some((partition.into(), account.into())),
            Some((_, one)) if &**one != account => {
                return Err(AccountError::Accounts { one: one.to_string(), other: account.to_owned() });
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn document(&mut self, document: Option<&Value>, name: &str) -> DocumentId {
        match document {
            Some(document) => self.documents.add(document),
            None => self.documents.add_unknown(Cause::new(CauseKind::MissingRow, format!("{name}: no document in the input"))),
        }
    }

    fn managed_document(&mut self, arn: &str) -> DocumentId {
        if let Some(id) = self.managed.get(arn) {
            return *id;
        }
        if let Some(text) = managed_policies().ok().and_then(|table| table.document(arn)) {
            let id = self.documents.add(&Value::str(text));
            self.managed.insert(arn.into(), id);
            self.of_reference = true;
            return id;
        }
        let id = self.documents.add_unknown(Cause::new(
            CauseKind::MissingRow,
            format!("managed policy `{arn}`: its document is not in the input: list with all policies, or give the document"),
        ));
        self.managed.insert(arn.into(), id);
        id
    }

    fn attachments(&mut self, inline: &[InlinePolicy], managed: &[AttachedPolicy], kind: &str, owner: &str) -> Vec<Attachment> {
        let mut found = Vec::with_capacity(inline.len().saturating_add(managed.len()));
        for policy in inline {
            let name = format!("inline {} of {kind} {owner}", policy.policy_name);
            let document = self.document(policy.policy_document.as_ref(), &name);
            found.push(Attachment { document, name: name.into(), arn: None, by_group: false });
        }
        for policy in managed {
            let document = self.managed_document(&policy.policy_arn);
            let arn: Box<str> = policy.policy_arn.as_str().into();
            found.push(Attachment { document, name: arn.clone(), arn: Some(arn), by_group: false });
        }
        found
    }

    fn boundary(&mut self, boundary: Option<&Boundary>) -> Option<Attachment> {
        let arn = &boundary?.permissions_boundary_arn;
        let document = self.managed_document(arn);
        Some(Attachment { document, name: arn.as_str().into(), arn: Some(arn.as_str().into()), by_group: false })
    }

    fn user(&mut self, user: &UserDetail, by_name: &HashMap<Box<str>, usize>) -> Principal {
        let mut attachments = self.attachments(&user.user_policy_list, &user.attached_managed_policies, "user", &user.user_name);
        let mut groups = Vec::new();
        for name in &user.group_list {
            match by_name.get(name.as_str()).and_then(|number| Some((*number, self.groups.get(*number)?))) {
                Some((number, group)) => {
                    groups.push(number);
                    let of_group = group.attachments.iter().cloned();
                    attachments.extend(of_group.map(|attachment| Attachment { by_group: true, ..attachment }));
                }
                None => {
                    let cause = Cause::new(CauseKind::MissingRow, format!("group `{name}` of user `{}`: not in the input", user.user_name));
                    let document = self.documents.add_unknown(cause);
                    attachments.push(Attachment { document, name: format!("group {name}").into(), arn: None, by_group: true });
                }
            }
        }
        let boundary = self.boundary(user.permissions_boundary.as_ref());
        let mut principal = self.principal(Kind::User, &user.arn, &user.user_name, attachments, boundary);
        principal.unique_id = user.user_id.as_deref().map(Box::from);
        principal.tags = tags(user.tags.as_deref());
        principal.groups = groups;
        principal
    }

    fn role(&mut self, role: &RoleDetail) -> Principal {
        let attachments = self.attachments(&role.role_policy_list, &role.attached_managed_policies, "role", &role.role_name);
        let boundary = self.boundary(role.permissions_boundary.as_ref());
        let trust = self.document(role.assume_role_policy_document.as_ref(), &format!("trust policy of role {}", role.role_name));
        let mut principal = self.principal(Kind::Role, &role.arn, &role.role_name, attachments, boundary);
        principal.unique_id = role.role_id.as_deref().map(Box::from);
        principal.tags = tags(role.tags.as_deref());
        principal.trust = Some(trust);
        principal.profiles = role.instance_profile_list.iter().map(|profile| profile.arn.as_str().into()).collect();
        principal
    }

    fn principal(
        &mut self,
        kind: Kind,
        arn: &str,
        name: &str,
        mut attachments: Vec<Attachment>,
        boundary: Option<Attachment>,
    ) -> Principal {
        attachments.sort();
        attachments.dedup_by_key(|attachment| attachment.document);
        let key = (attachments.iter().map(|attachment| attachment.document).collect::<Vec<_>>(), boundary.as_ref().map(|of| of.document));
        let next = self.classes.len();
        let class = *self.class_of.entry(key.clone()).or_insert(next);
        if class == next {
            self.classes.push(class_of(&self.documents, key.0, key.1));
        }
        Principal {
            arn: arn.into(),
            name: name.into(),
            kind,
            tags: None,
            unique_id: None,
            caller: Caller::parse(arn),
            attachments,
            boundary,
            trust: None,
            groups: Vec::new(),
            profiles: Vec::new(),
            class,
        }
    }

    fn finish(mut self, given: &Given, gaps: Vec<Arc<Cause>>) -> Account {
        let mut resources = BTreeMap::new();
        for (arn, resource) in &given.resources {
            let policy = resource.policy.as_ref().map(|policy| self.documents.add(policy));
            let tags =
                resource.tags.as_ref().map(|tags| tags.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect());
            resources.insert(arn.as_str().into(), Resource { policy, tags });
        }
        let (mut scp_attached, mut rcp_attached) = (Vec::new(), Vec::new());
        let scp = given.scp.as_ref().map(|levels| self.control(levels, &mut scp_attached));
        let rcp = given.rcp.as_ref().map(|levels| self.control(levels, &mut rcp_attached));
        let of_control = || scp_attached.iter().chain(&rcp_attached).filter_map(|of: &Attachment| self.documents.get(of.document));
        let control_is_whole = of_control().all(|ready| ready.is_whole);
        let control_is_about_caller = of_control().any(|ready| ready.is_about_caller);
        let tag_keys = tag_keys(&self.documents);
        let (partition, id) = self.account.unwrap_or_else(|| ("aws".into(), "".into()));
        Account {
            id,
            partition,
            principals: self.principals,
            groups: self.groups,
            documents: self.documents,
            classes: self.classes,
            resources,
            resources_complete: given.resources_complete,
            listed: given.listed.iter().map(|start| start.as_str().into()).collect(),
            scp,
            rcp,
            scp_attached,
            rcp_attached,
            control_is_whole,
            control_is_about_caller,
            management: given.management_account.as_deref().map(Box::from),
            organization: given.organization.as_deref().map(Box::from),
            gaps,
            of_reference: self.of_reference,
            tag_keys,
        }
    }

    fn control(&mut self, levels: &[Vec<(String, Json)>], attached: &mut Vec<Attachment>) -> Vec<Vec<Policy>> {
        let mut made = Vec::with_capacity(levels.len());
        for level in levels {
            let mut policies = Vec::with_capacity(level.len());
            for (name, document) in level {
                let id = self.documents.add(&tree(document));
                attached.push(Attachment { document: id, name: name.as_str().into(), arn: None, by_group: false });
                policies.extend(self.documents.named(id, name));
            }
            made.push(policies);
        }
        made
    }
}

fn class_of(documents: &Documents, ids: Vec<DocumentId>, boundary: Option<DocumentId>) -> Class {
    let policy = |id: &DocumentId| documents.named(*id, "");
    let is_whole = |id: &DocumentId| documents.get(*id).is_some_and(|ready| ready.is_whole);
    Class {
        policies: ids.iter().filter_map(policy).collect(),
        limit: boundary.map(|id| policy(&id).into_iter().collect()),
        is_whole: ids.iter().chain(&boundary).all(is_whole),
        documents: ids,
        boundary,
    }
}

fn tags(list: Option<&[Tag]>) -> Option<Vec<(Box<str>, Box<str>)>> {
    list.map(|list| list.iter().map(|tag| (tag.key.as_str().into(), tag.value.as_str().into())).collect())
}

/// Keys of tags that conditions or variables of the documents name.
fn tag_keys(documents: &Documents) -> Vec<Box<str>> {
    let mut found: BTreeSet<Box<str>> = BTreeSet::new();
    let mut note = |key: &str| {
        let key = key.trim().to_ascii_lowercase();
        if ["aws:principaltag/", "aws:resourcetag/"].iter().any(|start| key.starts_with(start)) {
            found.insert(key.into());
        }
    };
    for ready in documents.iter() {
        for statement in &ready.document.statements.known {
            for condition in &statement.conditions.known {
                note(&condition.key);
                if let Known::Is(values) = &condition.values {
                    values.known.iter().for_each(|value| variables(value).for_each(&mut note));
                }
            }
            if let Some(Known::Is(patterns)) = statement.resource.content() {
                patterns.known.iter().for_each(|pattern| variables(pattern).for_each(&mut note));
            }
        }
    }
    found.into_iter().collect()
}

/// The keys of the policy variables in a text.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split('}').next()).map(|inside| inside.split(',').next().unwrap_or(inside))
}
