//! Cutting the requests of a question into cases.

use std::net::IpAddr;

use ipnet::IpNet;

use super::atom::Variable;
use super::caller_kinds::{Form, Kind, Names, OTHER_PROVIDER, OTHER_SERVICE, Who, is_account, other_account};
use super::case::{Bounds, Case, OF_SERVICES, Projection, Resources, Ways, reaches};
use super::compile::variables_of;
use super::language::{Class, Glob, Step, TextSet};
use super::values::is_set;
use super::{Attached, Space, TrustZone};
use crate::arn::fields;
use crate::eval::{Caller, Check, Operand, Policy, Request, Rule};
use crate::wildcard::plain_token;
use crate::{Answer, Comparison, Condition, Effect, Items, Known, Operator, Quantifier};

/// What makes a case: see [`Plan::case`].
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) who: Who,
    pub(super) ways: Ways,
    /// The service of the action, if a key depends on it; `Some(None)`: none of those on which one does.
    service: Option<Option<&'static str>>,
    owner: Owner,
    /// The action names no resource.
    without_resource: bool,
    /// Keys whose values are tried one by one: policy variables.
    guessed: Vec<(Box<str>, Option<Box<str>>)>,
}

/// What is known of the account that owns the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Given,
    /// The one in the resource's ARN.
    InArn,
    /// The ARN names none.
    Apart,
}

/// The rules of a question and what of requests they look at.
#[derive(Debug)]
pub(super) struct Scene<'a, 'p> {
    pub(super) space: &'a Space<'a>,
    zone: Option<&'a TrustZone>,
    rules: Vec<&'p Rule>,
    keys: Vec<&'p str>,
    names: Names,
    /// The account that owns the resources, made up if it is not given.
    owner: Box<str>,
    /// Keys that can have several values.
    sets: Vec<Box<str>>,
    symbols_are_texts: bool,
    /// There are statements that are not known.
    is_partly_unknown: bool,
}

/// Values of policy variables that are tried at most.
const MAX_GUESSES: usize = 64;
/// A value that no policy names.
const UNNAMED: &str = "unnamed";

impl<'a, 'p> Scene<'a, 'p> {
    pub(super) fn new(space: &'a Space<'a>, zone: Option<&'a TrustZone>, sets: &[&'p [Policy]]) -> Self {
        let policies = || sets.iter().copied().flatten();
        let rules: Vec<&'p Rule> = policies().flat_map(|policy| policy.rules.iter()).collect();
        let is_partly_unknown = policies().any(|policy| policy.missing.is_some());
        let checked = rules.iter().flat_map(|rule| &rule.checks).map(|check| &*check.key);
        let keys = checked.chain(rules.iter().flat_map(|rule| variables_of(rule))).collect();
        let owner = match space.attached {
            Attached::Resource(owner) => owner,
            Attached::Identity(_) => None,
        };
        let trusted = zone.into_iter().flat_map(|zone| &zone.accounts).map(String::as_str);
        let symbols_are_texts = space.resources.iter().copied().chain(owner).chain(trusted).any(|text| text.contains('{'));
        let checks = || rules.iter().flat_map(|rule| &rule.checks);
        let of_key = |key: &str| is_set(key, checks().filter(|check| &*check.key == key).map(|check| check.operator));
        let mut sets: Vec<Box<str>> = checks().map(|check| &check.key).filter(|key| of_key(key)).cloned().collect();
        sets.dedup();
        let names = Names::of(rules.iter().copied());
        let owner = owner.map_or_else(|| other_account(&names.accounts), Box::from);
        Self { space, zone, rules, keys, names, owner, sets, symbols_are_texts, is_partly_unknown }
    }

    fn uses(&self, key: &str) -> bool {
        self.keys.contains(&key)
    }

    /// All cases, which together hold every request of the question.
    pub(super) fn plans(&self) -> Vec<Plan> {
        let services: Vec<&'static str> = OF_SERVICES.iter().filter(|(key, _)| self.uses(key)).map(|(_, service)| *service).collect();
        let services: Vec<Option<Option<&'static str>>> = match services.as_slice() {
            [] => vec![None],
            some => some.iter().map(|service| Some(Some(*service))).chain([Some(None)]).collect(),
        };
        let owners = match self.space.attached {
            Attached::Resource(_) => vec![Owner::Given],
            Attached::Identity(_) if self.uses("aws:resourceaccount") || self.uses("s3:resourceaccount") => {
                vec![Owner::InArn, Owner::Apart]
            }
            Attached::Identity(_) => vec![Owner::Apart],
        };
        let no_resource = matches!(self.space.attached, Attached::Identity(_)) && self.space.resources.is_empty();
        let mut plans = Vec::new();
        for (who, ways) in self.callers() {
            for service in &services {
                for owner in &owners {
                    let plan =
                        Plan { who: who.clone(), ways, service: *service, owner: *owner, without_resource: false, guessed: Vec::new() };
                    if no_resource && *owner == Owner::Apart {
                        plans.push(Plan { without_resource: true, ..plan.clone() });
                    }
                    plans.push(plan);
                }
            }
        }
        plans
    }

    fn callers(&self) -> Vec<(Who, Ways)> {
        let names = &self.names;
        let any = |account: Option<Box<str>>, not_accounts: &[Box<str>], form| {
            Who::Some(Kind { form, account, not_accounts: not_accounts.to_vec(), not_arns: names.arns.clone() })
        };
        if let Attached::Identity(caller) = self.space.attached {
            return match caller {
                Some(caller) => vec![(Who::Given(caller.clone()), Ways::Any)],
                None => [Form::User, Form::Role].map(|form| (any(None, &[], form), Ways::Any)).to_vec(),
            };
        }
        let owner = &self.owner;
        let is_inside =
            |account: &str| self.zone.is_some_and(|zone| account == &**owner || zone.accounts.iter().any(|inside| inside == account));
        let mut named: Vec<Box<str>> = names.accounts.clone();
        if !named.contains(owner) {
            named.push(owner.clone());
        }
        let mut not_accounts = named.clone();
        not_accounts
            .extend(self.zone.into_iter().flat_map(|zone| &zone.accounts).filter(|id| is_account(id)).map(|id| Box::from(id.as_str())));
        let mut callers = vec![Who::Given(Caller::Anonymous)];
        callers.extend(Form::ALL.map(|form| any(None, &not_accounts, form)));
        for account in named.iter().filter(|account| !is_inside(account)) {
            callers.extend(Form::ALL.map(|form| any(Some(account.clone()), &[], form)));
        }
        let trusts_services = self.zone.is_some_and(|zone| zone.services);
        for arn in &names.arns {
            let caller = Caller::parse(arn);
            // Who has no account, such as an origin access identity, acts for a service.
            let inside = caller.account().is_some_and(|account| is_inside(account) || trusts_services && !is_account(account));
            if !inside {
                callers.push(Who::Given(caller));
            }
        }
        let others = [Caller::Service(OTHER_SERVICE.into()), Caller::Federated(OTHER_PROVIDER.into())];
        for caller in names.others.iter().cloned().chain(others) {
            let inside = match &caller {
                Caller::Service(_) => trusts_services,
                Caller::Federated(name) => self.zone.is_some_and(|zone| zone.providers.iter().any(|inside| **inside == **name)),
                Caller::Canonical(id) => self.zone.is_some_and(|zone| zone.accounts.iter().any(|inside| **inside == **id)),
                _ => false,
            };
            if !inside {
                callers.push(Who::Given(caller));
            }
        }
        let mut ways = Vec::new();
        for who in callers {
            let account = match &who {
                Who::Given(caller) => caller.account().map(str::to_owned),
                Who::Some(kind) => kind.account.as_deref().map(str::to_owned),
            };
            if account.as_deref() == Some(&**owner) {
                ways.push((who.clone(), Ways::Named));
            }
            ways.push((who, Ways::Any));
        }
        ways
    }

    /// Whether a statement that is no Deny reaches, or may reach, the caller: without one nothing is allowed.
    pub(super) fn may_be_allowed(&self, plan: &Plan) -> bool {
        let caller = plan.who.example();
        let absent = matches!(self.space.attached, Attached::Identity(_)).into();
        self.is_partly_unknown
            || self.rules.iter().any(|rule| {
                rule.effect != Known::Is(Effect::Deny) && reaches(rule, &caller, Ways::Any, &absent, self.symbols_are_texts) != Answer::No
            })
    }

    /// The case with everything settled that the plan says.
    pub(super) fn case(&self, plan: &Plan) -> Case {
        let (caller, principal, mut projections) = match &plan.who {
            Who::Given(caller) => (caller.clone(), None, Vec::new()),
            Who::Some(kind) => (kind.example(), Some(kind.arns()), kind.projections()),
        };
        let service = plan.service.flatten().unwrap_or("any");
        let mut template = Request::new(caller, format!("{service}:any"), "*");
        template.wildcard_only = plan.without_resource;
        if let (Who::Some(kind), "kms") = (&plan.who, service) {
            projections.push(("kms:calleraccount", kind.account_projection()));
        }
        let mut owner = None;
        if plan.owner == Owner::Given {
            if matches!(self.space.attached, Attached::Resource(Some(_))) {
                template.set_resource_account(self.owner.clone());
            }
            owner = Some(self.owner.clone());
        }
        let mut resources = self.resources(plan);
        if let (Resources::Texts(bounds), Owner::InArn | Owner::Apart) = (&mut resources, plan.owner)
            && (self.uses("aws:resourceaccount") || self.uses("s3:resourceaccount"))
        {
            let start = Glob::literal("arn:").then([[Step::Star(Class::InField), Step::Char(':')]; 3].into_iter().flatten());
            let after = vec![Step::Char(':'), Step::Star(Class::Any)];
            let with_account = start.clone().then([Step::One(Class::Digit); 12]).then(after.clone());
            bounds.push((TextSet::of(vec![with_account]), plan.owner == Owner::InArn));
            if plan.owner == Owner::InArn {
                let projection = Projection { variable: Variable::Resource, before: vec![start.steps], class: Class::InField, after };
                projections.push(("aws:resourceaccount", projection.clone()));
                if service == "s3" {
                    projections.push(("s3:resourceaccount", projection));
                }
            }
        }
        for (key, value) in &plan.guessed {
            template.set(key, value.clone());
        }
        let without_principal = matches!(self.space.attached, Attached::Identity(_)).into();
        let actions = self.actions(plan, &template.caller);
        Case {
            template,
            principal,
            actions,
            resources,
            ways: plan.ways,
            without_principal,
            owner,
            projections,
            sets: self.sets.clone(),
            guessed: plan.guessed.clone(),
            symbols_are_texts: self.symbols_are_texts,
        }
    }

    fn actions(&self, plan: &Plan, caller: &Caller) -> Bounds {
        let of = |glob: Glob| TextSet::of(vec![Glob { ignore_case: true, ..glob }]);
        let name = [Step::One(Class::InField), Step::Star(Class::InField)];
        let mut bounds = Vec::new();
        if self.space.actions.is_none() {
            bounds.push((of(Glob::literal("").then(name).then_text(":").then(name)), true));
        }
        if *caller != Caller::Anonymous {
            // Needs no permission, so no policy decides it.
            bounds.push((of(Glob::literal("sts:GetCallerIdentity")), false));
        }
        let of_service = |service: &str| of(Glob::literal(service).then_text(":").then([Step::Star(Class::Any)]));
        match plan.service {
            None => {}
            Some(Some(service)) => bounds.push((of_service(service), true)),
            Some(None) => {
                bounds.extend(OF_SERVICES.iter().filter(|(key, _)| self.uses(key)).map(|(_, service)| (of_service(service), false)));
            }
        }
        bounds
    }

    fn resources(&self, plan: &Plan) -> Resources {
        if plan.without_resource {
            return Resources::None;
        }
        let given = |text: &&str| Glob::of_tokens(&text.chars().map(plain_token).collect::<Vec<_>>(), false);
        let any_of = if self.space.resources.is_empty() {
            let field = [Step::Char(':'), Step::Star(Class::InField)];
            let service = [Step::Char(':'), Step::One(Class::InField), Step::Star(Class::InField)];
            let last = [Step::Char(':'), Step::One(Class::Any), Step::Star(Class::Any)];
            vec![Glob::literal("arn:aws").then([Step::Star(Class::InField)]).then(service).then(field).then(field).then(last)]
        } else {
            self.space.resources.iter().map(given).collect()
        };
        Resources::Texts(vec![(TextSet::of(any_of), true)])
    }

    /// True if requests may be about what AWS keeps for itself: resources of IAM.
    pub(super) fn may_concern_iam(&self) -> bool {
        let of_iam = |text: &&str| fields(text).is_none_or(|[_, _, service, ..]| service == "iam" || service.contains(['*', '?', '{']));
        self.space.resources.is_empty() || self.space.resources.iter().any(of_iam)
    }

    /// The same case with a value in each place of a policy variable: some that policies compare it with, one that none does, and
    /// absence. Empty if the case leaves no variable open.
    pub(super) fn guesses(&self, plan: &Plan) -> Vec<Plan> {
        let case = self.case(plan);
        let mut open: Vec<&str> = self.rules.iter().flat_map(|rule| variables_of(rule)).filter(|key| !case.is_settled(key)).collect();
        open.sort_unstable();
        open.dedup();
        if open.is_empty() {
            return Vec::new();
        }
        let of_caller = |key: &str| case.projection(key).is_some_and(|projection| projection.variable == Variable::Principal);
        let mut plans = vec![plan.clone()];
        if let (Who::Some(kind), true) = (&plan.who, open.iter().any(|key| of_caller(key))) {
            plans = vec![Plan { who: Who::Given(kind.example()), ..plan.clone() }];
        }
        for key in open.into_iter().filter(|key| case.projection(key).is_none()) {
            let values = self.compared_with(key);
            let with = |plan: &Plan| {
                let guess = |value: Option<Box<str>>| {
                    let mut plan = plan.clone();
                    plan.guessed.push((key.into(), value));
                    plan
                };
                values.iter().cloned().map(Some).chain([None]).map(guess).collect::<Vec<_>>()
            };
            plans = plans.iter().flat_map(with).take(MAX_GUESSES).collect();
        }
        plans
    }

    fn compared_with(&self, key: &str) -> Vec<Box<str>> {
        let mut values: Vec<Box<str>> = vec![UNNAMED.into()];
        for check in self.rules.iter().flat_map(|rule| &rule.checks).filter(|check| &*check.key == key) {
            let texts = check.operands.iter().filter_map(|operand| match operand {
                Operand::Text(pattern, _) => pattern.literal(),
                _ => None,
            });
            values.extend(texts.map(Box::from));
        }
        values
    }
}

impl TrustZone {
    /// Comparisons of which each says that a request comes from within, by other things than the caller's account (IAM user guide,
    /// AWS global condition context keys: properties of the principal, of the network, and of the resource that a service acts for).
    pub(super) fn checks(&self, owner: Option<&str>) -> Vec<Check> {
        let ids = |list: &[String], before: &str, after: &str| list.iter().map(|id| format!("{before}{id}{after}")).collect::<Vec<_>>();
        let inside: Vec<String> = self.accounts.iter().map(String::as_str).chain(owner).map(str::to_owned).collect();
        let (accounts, organizations) = (ids(&inside, "", ""), ids(&self.organizations, "", ""));
        let arns = ids(&inside, "arn:*:*:*:", ":*");
        let networks: Vec<String> =
            self.networks.iter().filter(|text| text.parse::<IpNet>().is_ok() || text.parse::<IpAddr>().is_ok()).cloned().collect();
        let equal = Comparison::StringEquals;
        let mut checks = Vec::new();
        let mut add = |key: &str, comparison, quantifier, values: &[String]| {
            if !values.is_empty() {
                let values = Items { known: values.iter().map(|value| Box::from(value.as_str())).collect(), missing: None };
                let operator = Operator { quantifier, comparison, if_exists: false };
                checks.push(Check::new(&Condition { operator, key: key.into(), values: Known::Is(values) }, false));
            }
        };
        for key in ["aws:SourceAccount", "aws:SourceOwner", "aws:VpceAccount"] {
            add(key, equal, None, &accounts);
        }
        for key in ["aws:PrincipalOrgID", "aws:SourceOrgID", "aws:VpceOrgID"] {
            add(key, equal, None, &organizations);
        }
        for key in ["aws:PrincipalOrgPaths", "aws:SourceOrgPaths"] {
            add(key, Comparison::StringLike, Some(Quantifier::Any), &ids(&self.organizations, "", "/*"));
        }
        add("aws:SourceArn", Comparison::ArnLike, None, &arns);
        add("aws:SourceVpc", equal, None, &self.vpcs);
        add("aws:SourceVpce", equal, None, &self.endpoints);
        add("aws:SourceIp", Comparison::IpAddress, None, &networks);
        checks
    }
}
