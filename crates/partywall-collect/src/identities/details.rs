//! Rows of users, groups, roles and managed policies as the account that `partywall-iam` reads.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use partywall_iam::OWN_ACCOUNT;
use partywall_iam::account::{
    AttachedPolicy, Boundary, Details, GroupDetail, InlinePolicy, InstanceProfile, ManagedPolicy, PolicyVersion, RoleDetail, Tag,
    UserDetail,
};
use partywall_model::{Cause, CauseKind, Resource, SourceKind, Value};

use crate::store::Store;

const USER: &str = "AWS::IAM::User";
const ROLE: &str = "AWS::IAM::Role";
const GROUP: &str = "AWS::IAM::Group";
pub(super) const MANAGED_POLICY: &str = "AWS::IAM::ManagedPolicy";

/// One account in one kind of source, or one template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Scope {
    pub(super) kind: SourceKind,
    /// Of a template; else empty.
    file: Arc<str>,
    /// Twelve digits, or the symbol that stands for them.
    pub(super) account: Arc<str>,
}

/// Where a row stands in the store.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) resource_type: &'static str,
    pub(super) row: usize,
}

/// Users, then roles, of each account.
pub(super) fn places(store: &Store) -> BTreeMap<Scope, Vec<Place>> {
    let mut found: BTreeMap<Scope, Vec<Place>> = BTreeMap::new();
    for resource_type in [USER, ROLE] {
        for (row, of) in rows(store, resource_type).iter().enumerate().filter(|(_, row)| !row.stub) {
            found.entry(Scope::of(of)).or_default().push(Place { resource_type, row });
        }
    }
    found
}

/// What the account's rows say, as IAM's own listing would: users and roles in the order of their places.
pub(super) fn read(store: &Store, scope: &Scope, places: &[Place]) -> Details {
    let symbols = Symbols::of(store, scope);
    let of_scope = |resource_type: &'static str| rows(store, resource_type).iter().filter(|row| Scope::of(row) == *scope);
    let placed = |wanted: &'static str| {
        let places = places.iter().filter(move |place| place.resource_type == wanted);
        places.filter_map(move |place| rows(store, place.resource_type).get(place.row))
    };
    // AWS's own policies are the same in all accounts, so that a file may leave out whose they are.
    let of_aws = |row: &Resource| row.source.kind == scope.kind && live_arn(row).is_some_and(|arn| arn.contains(":iam::aws:policy/"));
    let policies = rows(store, MANAGED_POLICY).iter().filter(|row| Scope::of(row) == *scope || of_aws(row));
    Details {
        user_detail_list: Some(placed(USER).map(|row| user(row, &symbols)).collect()),
        role_detail_list: Some(placed(ROLE).map(|row| role(row, &symbols)).collect()),
        group_detail_list: Some(of_scope(GROUP).map(|row| group(row, &symbols)).collect()),
        policies: Some(policies.map(|row| managed(row, &symbols)).collect()),
        is_truncated: false,
        next_token: None,
    }
}

fn rows<'s>(store: &'s Store, resource_type: &str) -> &'s [Resource] {
    store.types.get(resource_type).map(|rows| rows.rows.as_slice()).unwrap_or_default()
}

impl Scope {
    fn of(row: &Resource) -> Self {
        let kind = row.source.kind;
        let file = if kind == SourceKind::CloudFormation { row.source.file.clone() } else { Arc::from("") };
        let of_arn = || live_arn(row)?.split(':').nth(4).filter(|account| !account.is_empty() && *account != "aws").map(Arc::from);
        let account = row.account.clone().or_else(of_arn).unwrap_or_else(|| Arc::from(OWN_ACCOUNT));
        Self { kind, file, account }
    }
}

pub(super) fn live_arn(row: &Resource) -> Option<&str> {
    row.arn.as_deref().or_else(|| row.properties.at("Arn").or_else(|| row.properties.at("PolicyArn")).and_then(Value::as_str))
}

fn name(row: &Resource, property: &str) -> String {
    row.properties.at(property).and_then(Value::as_str).unwrap_or(&row.id).to_owned()
}

/// The ARN that the row has, or will have: IAM's are made of kind, path and name (IAM user guide, IAM identifiers).
fn arn(row: &Resource, kind: &str, property: &str) -> String {
    if let Some(arn) = live_arn(row).filter(|arn| arn.starts_with("arn:")) {
        return arn.to_owned();
    }
    let path = row.properties.at("Path").and_then(Value::as_str).unwrap_or("/");
    format!("arn:aws:iam::{}:{kind}{path}{}", Scope::of(row).account, name(row, property))
}

fn user(row: &Resource, symbols: &Symbols) -> UserDetail {
    let groups = symbols.resolve(row.properties.at("Groups"));
    let mut inline = inline(row, symbols);
    inline.extend(not_known("groups", &groups));
    UserDetail {
        user_name: name(row, "UserName"),
        user_id: text(row, "_Runtime.UserId"),
        arn: arn(row, "user", "UserName"),
        user_policy_list: inline,
        group_list: texts(&groups),
        attached_managed_policies: attached(row, symbols),
        permissions_boundary: boundary(row, symbols),
        tags: tags(row),
    }
}

fn group(row: &Resource, symbols: &Symbols) -> GroupDetail {
    GroupDetail {
        group_name: name(row, "GroupName"),
        arn: arn(row, "group", "GroupName"),
        group_policy_list: inline(row, symbols),
        attached_managed_policies: attached(row, symbols),
    }
}

fn role(row: &Resource, symbols: &Symbols) -> RoleDetail {
    let account = Scope::of(row).account;
    let profiles = texts(&symbols.resolve(row.properties.at("_Runtime.InstanceProfiles")));
    RoleDetail {
        role_name: name(row, "RoleName"),
        role_id: text(row, "RoleId"),
        arn: arn(row, "role", "RoleName"),
        assume_role_policy_document: Some(symbols.document(row.properties.at("AssumeRolePolicyDocument"))).filter(|value| !value.is_null()),
        instance_profile_list: profiles
            .iter()
            .map(|name| InstanceProfile { arn: format!("arn:aws:iam::{account}:instance-profile/{name}") })
            .collect(),
        role_policy_list: inline(row, symbols),
        attached_managed_policies: attached(row, symbols),
        permissions_boundary: boundary(row, symbols),
        tags: tags(row),
    }
}

fn managed(row: &Resource, symbols: &Symbols) -> ManagedPolicy {
    let document = Some(symbols.document(row.properties.at("PolicyDocument")));
    ManagedPolicy {
        arn: arn(row, "policy", "ManagedPolicyName"),
        default_version_id: None,
        policy_version_list: vec![PolicyVersion { document, version_id: None, is_default_version: true }],
    }
}

/// Inline policies, and one of which nothing is known for each thing that is not known of the attached ones.
fn inline(row: &Resource, symbols: &Symbols) -> Vec<InlinePolicy> {
    let listed = row.properties.at("Policies").cloned().unwrap_or_default();
    let mut found: Vec<InlinePolicy> = not_known("inline policies", &listed).collect();
    for item in listed.as_list().unwrap_or_default().iter().filter(|item| !item.is_unknown()) {
        let policy_name = item.at("PolicyName").and_then(Value::as_str).unwrap_or("without a name").to_owned();
        found.push(InlinePolicy { policy_name, policy_document: Some(symbols.document(item.at("PolicyDocument"))) });
    }
    let arns = symbols.resolve(row.properties.at("ManagedPolicyArns"));
    found.extend(not_known("managed policies", &arns));
    if row.source.kind == SourceKind::CloudFormation {
        // Policies of the same template name those to whom they are attached as often as these name them.
        let attached = row.properties.at("_Attached.CustomerManagedPolicies").cloned().unwrap_or_default();
        found.extend(not_known("customer managed policies", &attached));
        for document in attached.as_list().unwrap_or_default().iter().filter(|item| !item.is_unknown()) {
            found.push(InlinePolicy { policy_name: "of the template".to_owned(), policy_document: Some(symbols.document(Some(document))) });
        }
    }
    found
}

/// A policy of which nothing is known if the list, or an item of it, is not known.
fn not_known<'v>(what: &'v str, list: &'v Value) -> impl Iterator<Item = InlinePolicy> + 'v {
    let of_list = std::iter::once(list).chain(list.as_list().unwrap_or_default()).filter(|value| value.is_unknown());
    of_list.map(move |value| InlinePolicy { policy_name: what.to_owned(), policy_document: Some(value.clone()) })
}

fn attached(row: &Resource, symbols: &Symbols) -> Vec<AttachedPolicy> {
    let arns = texts(&symbols.resolve(row.properties.at("ManagedPolicyArns"))).into_iter();
    let in_template = |arn: &String| row.source.kind == SourceKind::CloudFormation && arn.contains(OWN_ACCOUNT);
    arns.filter(|arn| arn.starts_with("arn:") && !in_template(arn)).map(|policy_arn| AttachedPolicy { policy_arn }).collect()
}

fn boundary(row: &Resource, symbols: &Symbols) -> Option<Boundary> {
    let value = symbols.resolve(row.properties.at("PermissionsBoundary"));
    let arn = match &value {
        Value::Null => return None,
        Value::Str(arn) => arn.to_string(),
        _ => "that is not known".to_owned(),
    };
    Some(Boundary { permissions_boundary_arn: arn })
}

fn tags(row: &Resource) -> Option<Vec<Tag>> {
    let of = |tag: &Value| Some(Tag { key: tag.at("Key")?.as_str()?.to_owned(), value: tag.at("Value")?.as_str()?.to_owned() });
    row.properties.at("Tags")?.as_list()?.iter().map(of).collect()
}

fn text(row: &Resource, path: &str) -> Option<String> {
    row.properties.at(path).and_then(Value::as_str).map(str::to_owned)
}

fn texts(list: &Value) -> Vec<String> {
    list.as_list().unwrap_or_default().iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What the references of a template stand for: `{Logical.Arn}` and `{Logical}` of its identities.
struct Symbols {
    known: HashMap<String, String>,
    is_template: bool,
}

impl Symbols {
    fn of(store: &Store, scope: &Scope) -> Self {
        let is_template = scope.kind == SourceKind::CloudFormation;
        let mut known = HashMap::new();
        let types = [
            (USER, "user", "UserName"),
            (ROLE, "role", "RoleName"),
            (GROUP, "group", "GroupName"),
            (MANAGED_POLICY, "policy", "ManagedPolicyName"),
        ];
        for (resource_type, kind, property) in types.into_iter().filter(|_| is_template) {
            for row in rows(store, resource_type).iter().filter(|row| Scope::of(row) == *scope) {
                let Some(logical) = &row.logical_id else { continue };
                let arn = arn(row, kind, property);
                let reference = if resource_type == MANAGED_POLICY { arn.clone() } else { name(row, property) };
                known.insert(format!("{{{logical}.Arn}}"), arn);
                known.insert(format!("{{{logical}}}"), reference);
            }
        }
        Self { known, is_template }
    }

    /// A document; its text, if it is one, as it is.
    fn document(&self, value: Option<&Value>) -> Value {
        match value {
            Some(Value::Str(text)) => Value::Str(text.clone()),
            other => self.resolve(other),
        }
    }

    /// The value with identities in the place of their symbols. What any other symbol stands for is not known.
    fn resolve(&self, value: Option<&Value>) -> Value {
        match value {
            None => Value::Null,
            Some(value) if !self.is_template => value.clone(),
            Some(Value::Str(text)) => self.text(text),
            Some(Value::List(items)) => Value::List(items.iter().map(|item| self.resolve(Some(item))).collect()),
            Some(Value::Map(members)) => {
                Value::Map(members.iter().map(|(name, member)| (name.clone(), self.resolve(Some(member)))).collect())
            }
            Some(other) => other.clone(),
        }
    }

    fn text(&self, text: &str) -> Value {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            let end = from.find('}').map_or(from.len(), |end| end.saturating_add(1));
            let (symbol, after) = from.split_at(end);
            // `${…}` is a variable of the policy language.
            if before.ends_with('$') || symbol.starts_with("{AWS::") {
                out.push_str(symbol);
            } else if let Some(known) = self.known.get(symbol) {
                out.push_str(known);
            } else {
                return Value::unknown(Cause::new(CauseKind::NotInSource, format!("`{symbol}` stands for what only a deployment knows")));
            }
            rest = after;
        }
        out.push_str(rest);
        Value::str(out)
    }
}
