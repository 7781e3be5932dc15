use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use tokio::sync::Mutex;

/// New credentials are fetched this long before the old ones expire, as AWS's own SDKs do.
const EARLY: Duration = Duration::from_mins(5);

/// Credentials that are fetched once, kept until shortly before they expire, and fetched by one caller at a time.
/// Cheap to clone; clones share what they keep.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    provider: SharedCredentialsProvider,
    kept: RwLock<Option<Kept>>,
    fetching: Mutex<()>,
}

#[derive(Clone)]
struct Kept {
    credentials: Credentials,
    renew_at: Option<SystemTime>,
}

impl Kept {
    fn new(credentials: Credentials, now: SystemTime) -> Self {
        let renew_at = credentials.expiry().map(|expiry| {
            let left = expiry.duration_since(now).unwrap_or_default();
            // Half of a short life: credentials for a few minutes must not be fetched anew for each call.
            now + if left > EARLY * 2 { left.saturating_sub(EARLY) } else { left / 2 }
        });
        Self { credentials, renew_at }
    }

    fn fresh(&self, now: SystemTime) -> bool {
        self.renew_at.is_none_or(|at| now < at)
    }

    fn valid(&self, now: SystemTime) -> bool {
        self.credentials.expiry().is_none_or(|expiry| now < expiry)
    }
}

impl Identity {
    /// Keeps what this provider gives.
    pub fn new(provider: impl ProvideCredentials + 'static) -> Self {
        Self::shared(SharedCredentialsProvider::new(provider))
    }

    /// The same for a provider that is shared already.
    pub fn shared(provider: SharedCredentialsProvider) -> Self {
        Self(Arc::new(Inner { provider, kept: RwLock::new(None), fetching: Mutex::new(()) }))
    }

    /// Credentials that are good at `now`.
    pub async fn credentials(&self, now: SystemTime) -> Result<Credentials, CredentialsError> {
        if let Some(kept) = self.kept().filter(|kept| kept.fresh(now)) {
            return Ok(kept.credentials);
        }
        let _turn = self.0.fetching.lock().await;
        let old = self.kept();
        if let Some(kept) = old.as_ref().filter(|kept| kept.fresh(now)) {
            return Ok(kept.credentials.clone());
        }
        match self.0.provider.provide_credentials().await {
            Ok(credentials) => {
                self.keep(Some(Kept::new(credentials.clone(), now)));
                Ok(credentials)
            }
            Err(error) => match old.filter(|kept| kept.valid(now)) {
                // Still good for some minutes: the next call tries again.
                Some(kept) => Ok(kept.credentials),
                None => Err(error),
            },
        }
    }

    /// Forgets credentials that AWS called expired, unless others have been fetched meanwhile.
    pub fn forget(&self, stale: &Credentials) {
        let same = self.kept().is_some_and(|kept| kept.credentials.access_key_id() == stale.access_key_id());
        if same {
            self.keep(None);
        }
    }

    fn kept(&self) -> Option<Kept> {
        self.0.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, kept: Option<Kept>) {
        *self.0.kept.write().unwrap_or_else(PoisonError::into_inner) = kept;
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("provider", &self.0.provider).finish_non_exhaustive()
    }
}
