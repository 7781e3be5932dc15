use std::sync::Arc;

use partywall_model::{Cause, CauseKind};

use super::caller::Caller;
use super::policy::{Policy, Reached};
use super::protected::{is_kept_by_aws, needs_no_permission};
use super::request::Request;
use super::verdict::{Level, LevelResult, Site, Verdict};
use crate::{Answer, Effect, Service, reference};

/// The policies that can bear on a request. Lists that are empty say that nothing of the kind is attached.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policies<'p> {
    /// Attached to the caller, directly or by its groups.
    pub identity: &'p [Policy],
    /// The policy of the resource: bucket, key, queue, … or the trust policy of a role.
    pub resource: &'p [Policy],
    /// The caller's permissions boundary. `Some` of nothing: there is one that allows nothing that is known.
    pub boundary: Option<&'p [Policy]>,
    /// The session policies given when the session was made.
    pub session: Option<&'p [Policy]>,
    /// Service control policies of the caller's account, from the root of the organization to the account. `None`: no organization.
    pub scp: Option<&'p [Vec<Policy>]>,
    /// Resource control policies of the resource's account, in the same order. RCPFullAWSAccess, which is always attached, need not
    /// be among them.
    pub rcp: Option<&'p [Vec<Policy>]>,
    /// The policy of the VPC endpoint that the request comes through.
    pub endpoint: Option<&'p [Policy]>,
    /// The management account of the organization: control policies do not bind it.
    pub management_account: Option<&'p str>,
    /// RestrictPublicBuckets is on for the bucket or its account: a public bucket policy serves only the owner's principals and
    /// AWS services (S3 user guide, blocking public access to your Amazon S3 storage).
    pub restrict_public_buckets: bool,
}

/// What the policies of one level say.
#[derive(Debug, Clone)]
struct Said {
    level: Level,
    denied: Answer,
    denied_by: Option<Site>,
    allowed: Reached,
    allowed_by: Option<Site>,
}

impl Said {
    fn nothing(level: Level) -> Self {
        let no = Reached { direct: Answer::No, parent: Answer::No, account: Answer::No };
        Self { level, denied: Answer::No, denied_by: None, allowed: no, allowed_by: None }
    }

    /// What several policies say together, of which a statement without Principal is for `absent`.
    fn of(level: Level, number: usize, policies: &[Policy], request: &Request, absent: &Answer, bounded: bool) -> Self {
        let mut said = Self::nothing(level);
        for (place, policy) in policies.iter().enumerate() {
            said.add(policy, number, place, request, absent, bounded);
        }
        said
    }

    fn add(&mut self, policy: &Policy, number: usize, place: usize, request: &Request, absent: &Answer, bounded: bool) {
        for (statement, rule) in policy.rules.iter().enumerate() {
            let takes_in = rule.takes_in(request);
            if takes_in == Answer::No {
                continue;
            }
            let reached = rule.reaches(&request.caller, absent, bounded);
            let anyhow = reached.any();
            if anyhow == Answer::No {
                continue;
            }
            let site = Site { level: self.level, number, policy: place, statement };
            let denies = rule.has_effect(Effect::Deny);
            let denied = denies.clone().and(anyhow).and(takes_in.clone());
            if denied != Answer::No {
                note(&mut self.denied_by, site, &self.denied, &denied);
                self.denied = denied.or(self.denied.clone());
            }
            let allows = denies.negate().and(takes_in);
            if allows == Answer::No {
                continue;
            }
            let before = self.allowed.any();
            let join = |slot: &mut Answer, way: Answer| *slot = way.and(allows.clone()).or(slot.clone());
            join(&mut self.allowed.direct, reached.direct);
            join(&mut self.allowed.parent, reached.parent);
            join(&mut self.allowed.account, reached.account);
            note(&mut self.allowed_by, site, &before, &self.allowed.any());
        }
        if let Some(cause) = &policy.missing {
            let unknown = Answer::Unknown(Arc::clone(cause));
            self.denied = self.denied.clone().or(unknown.clone());
            self.allowed.direct = self.allowed.direct.clone().or(unknown);
        }
    }

    fn result(&self) -> LevelResult {
        LevelResult {
            level: self.level,
            denied: self.denied.clone(),
            denied_by: self.denied_by,
            allowed: self.allowed.any(),
            allowed_by: self.allowed_by,
        }
    }
}

/// Keeps the first statement that settles an answer, or else the first that makes it unknown.
fn note(slot: &mut Option<Site>, site: Site, before: &Answer, now: &Answer) {
    if *now != Answer::No && (slot.is_none() || *before != Answer::Yes && *now == Answer::Yes) {
        *slot = Some(site);
    }
}

/// Decides one request for one resource (IAM user guide, policy evaluation logic, and its pages on requests in one account and
/// across accounts).
pub(crate) fn decide_single(request: &Request, policies: &Policies<'_>) -> Verdict {
    if needs_no_permission(request) {
        return Verdict::settled(Answer::Yes, "no permission is needed for this action");
    }
    let caller = &request.caller;
    let bounded = policies.boundary.is_some();
    let owner = same_account(request);
    let mut levels: Vec<LevelResult> = Vec::with_capacity(8);
    let (mut denied, mut ceilings) = (Answer::No, Answer::Yes);

    let attached = |level, number, policies: &[Policy]| Said::of(level, number, policies, request, &Answer::Yes, bounded);
    let mut weigh = |said: &Said, levels: &mut Vec<LevelResult>| {
        denied = said.denied.clone().or(denied.clone());
        levels.push(said.result());
    };

    if let Some(levels_of) = policies.rcp.filter(|_| rcp_binds(request, policies)) {
        for (number, of_level) in levels_of.iter().enumerate() {
            // RCPFullAWSAccess allows everything at every level, so only what is denied counts.
            let mut said = attached(Level::Rcp, number, of_level);
            said.allowed.direct = Answer::Yes;
            weigh(&said, &mut levels);
        }
    }
    if let Some(levels_of) = policies.scp.filter(|_| scp_binds(request, policies)) {
        for (number, of_level) in levels_of.iter().enumerate() {
            let said = attached(Level::Scp, number, of_level);
            ceilings = ceilings.and(said.allowed.any());
            weigh(&said, &mut levels);
        }
    }
    if let Some(of_endpoint) = policies.endpoint {
        let said = attached(Level::Endpoint, 0, of_endpoint);
        ceilings = ceilings.and(said.allowed.any());
        weigh(&said, &mut levels);
    }

    let mut resource = Said::of(Level::Resource, 0, policies.resource, request, &Answer::No, bounded);
    if policies.restrict_public_buckets {
        restrict(&mut resource, policies, request, &owner);
    }
    weigh(&resource, &mut levels);

    let mut identity = attached(Level::Identity, 0, policies.identity);
    if matches!(caller, Caller::Root(_)) {
        identity.allowed.direct = Answer::Yes;
    }
    weigh(&identity, &mut levels);

    let mut limits = Answer::Yes;
    for (level, limit) in [(Level::Boundary, policies.boundary), (Level::Session, policies.session)] {
        if let Some(limit) = limit {
            let said = attached(level, 0, limit);
            limits = limits.and(said.allowed.any());
            weigh(&said, &mut levels);
        }
    }

    let identity = identity.allowed.any();
    let Reached { direct, parent, account } = resource.allowed;
    let granted = if caller.account().is_none() {
        direct.or(parent).or(account)
    } else {
        let by_identity = if resource_policy_is_mandatory(request) { identity.clone().and(account.clone()) } else { identity.clone() };
        let within = direct.clone().or(parent.clone().or(by_identity).and(limits.clone()));
        let across = direct.or(parent).or(account).and(identity).and(limits);
        owner.choose(within, across)
    };
    let granted = granted.and(ceilings);
    if let Some(reason) = is_kept_by_aws(request) {
        return Verdict { denied, granted: Answer::No, levels, settled: Some(reason), witness: None };
    }
    Verdict { denied, granted, levels, settled: None, witness: None }
}

/// Whether the resource is the caller's own account's.
fn same_account(request: &Request) -> Answer {
    match (request.caller.account(), request.resource_account()) {
        (None, _) => Answer::No,
        (Some(own), Some(owner)) => (own == owner).into(),
        // Without a resource, and if nobody's is named, what is done is done in the caller's account.
        (Some(_), None) if &*request.resource == "*" => Answer::Yes,
        (Some(_), None) => Answer::Unknown(Arc::new(Cause::new(
            CauseKind::NotInSource,
            format!("the account that owns `{}`: give the resource's account", request.resource),
        ))),
    }
}

/// Service control policies bind users, roles and root users of member accounts, not service-linked roles, services or anyone
/// without account (Organizations user guide, service control policies: effects on permissions).
fn scp_binds(request: &Request, policies: &Policies<'_>) -> bool {
    let account = request.caller.account();
    account.is_some() && account != policies.management_account && !request.caller.is_service_linked()
}

/// Resource control policies bind everyone who uses resources of member accounts, but not service-linked roles, and only for some
/// services (Organizations user guide, resource control policies: list of AWS services that support RCPs). A service that the
/// reference data does not know may be one. `kms:RetireGrant` they never reach (the same page).
fn rcp_binds(request: &Request, policies: &Policies<'_>) -> bool {
    let owner = request.resource_account();
    let exempt = owner.is_some() && owner == policies.management_account || request.caller.is_service_linked();
    let retires = request.action.eq_ignore_ascii_case("kms:RetireGrant");
    !exempt && !retires && reference().ok().and_then(|known| known.service(request.service())).is_none_or(Service::supports_rcp)
}

/// True where the resource's own policy has to let the caller, or its account, in even within one account: keys (KMS developer
/// guide, key policies) and the trust of roles (IAM user guide, IAM roles: trust policy).
fn resource_policy_is_mandatory(request: &Request) -> bool {
    let Some([_, _, service, _, _, resource]) = crate::arn::fields(&request.resource) else { return false };
    match service {
        "kms" => request.service().eq_ignore_ascii_case("kms") && resource.starts_with("key/"),
        "iam" => resource.starts_with("role/") && request.service().eq_ignore_ascii_case("sts"),
        _ => false,
    }
}

/// Takes back what a public bucket policy allows to others than the owner's principals and AWS services.
fn restrict(said: &mut Said, policies: &Policies<'_>, request: &Request, owner: &Answer) {
    let kept = owner.clone().or(matches!(request.caller, Caller::Service(_)).into());
    let public = Answer::any(policies.resource.iter().map(|policy| policy.is_public.clone()), None);
    let stays = kept.or(public.negate());
    for way in [&mut said.allowed.direct, &mut said.allowed.parent, &mut said.allowed.account] {
        *way = way.clone().and(stays.clone());
    }
}
