use std::sync::Arc;

use crate::credentials::Identity;

/// In whose name, and where, a call is made.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What signs the requests; `None` sends them unsigned, as public reads are.
    pub identity: Option<Identity>,
    /// Account id, if known: limits are counted per account.
    pub account: Option<Arc<str>>,
    /// Region that is asked; global services are asked at their own endpoint all the same.
    pub region: Arc<str>,
}

impl Caller {
    /// A caller that signs.
    pub fn new(identity: Identity, account: Option<&str>, region: &str) -> Self {
        Self { identity: Some(identity), account: account.map(Arc::from), region: Arc::from(region) }
    }

    /// A caller without credentials.
    pub fn unsigned(region: &str) -> Self {
        Self { identity: None, account: None, region: Arc::from(region) }
    }

    /// The same caller in another Region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { region: Arc::from(region), ..self.clone() }
    }
}
