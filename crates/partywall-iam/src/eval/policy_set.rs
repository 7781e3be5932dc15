use super::{Policies, Policy};

/// The policies that bear on a request, as something that can be kept; [`Policies`] has the meaning of each list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicySet {
    /// Attached to the caller.
    pub identity: Vec<Policy>,
    /// Of the resource.
    pub resource: Vec<Policy>,
    /// The caller's boundary; `None`: there is none.
    pub boundary: Option<Vec<Policy>>,
    /// Session policies.
    pub session: Option<Vec<Policy>>,
    /// Service control policies, level by level from the root of the organization.
    pub scp: Option<Vec<Vec<Policy>>>,
    /// Resource control policies, likewise.
    pub rcp: Option<Vec<Vec<Policy>>>,
    /// Of the VPC endpoint.
    pub endpoint: Option<Vec<Policy>>,
    /// The management account of the organization.
    pub management_account: Option<String>,
    /// S3 Block Public Access restricts public bucket policies.
    pub restrict_public_buckets: bool,
}

impl PolicySet {
    /// The policies, to decide requests by.
    pub fn policies(&self) -> Policies<'_> {
        Policies {
            identity: &self.identity,
            resource: &self.resource,
            boundary: self.boundary.as_deref(),
            session: self.session.as_deref(),
            scp: self.scp.as_deref(),
            rcp: self.rcp.as_deref(),
            endpoint: self.endpoint.as_deref(),
            management_account: self.management_account.as_deref(),
            restrict_public_buckets: self.restrict_public_buckets,
        }
    }
}
