use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_smithy_async::time::SharedTimeSource;
use aws_types::SdkConfig;
use aws_types::os_shim_internal::{Env, Fs};
use aws_types::service_config::ServiceConfigKey;

use super::{AskCode, Identity, Mfa, Role};
use crate::connect::http_client;
use crate::endpoint::environment_spelling;
use crate::model::Models;
use crate::{Caller, Client, EndpointOptions};

#[expect(deprecated, reason = "the new name is in aws-runtime, which is no dependency of ours")]
pub(super) type ProfileFiles = aws_config::profile::profile_file::ProfileFiles;

/// Where credentials, Region and addresses come from: AWS's own chain (environment, profile with SSO, roles, processes and web
/// identities, container, instance).
#[derive(Clone, Default)]
pub struct SessionOptions {
    /// Profile, if not that of `AWS_PROFILE`.
    pub profile: Option<String>,
    /// Region, if not that of the environment or profile.
    pub region: Option<String>,
    /// Asks for codes of MFA devices; without it, profiles that want one are an error.
    pub ask_code: Option<AskCode>,
    /// The wall clock.
    pub time: SharedTimeSource,
    pub(super) files: ProfileFiles,
}

impl fmt::Debug for SessionOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionOptions").field("profile", &self.profile).field("region", &self.region).finish_non_exhaustive()
    }
}

/// Why no credentials can be looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// A profile file cannot be read.
    #[error("the AWS configuration cannot be read: {0}")]
    Files(String),
    /// There is no such profile.
    #[error("no profile `{0}` in the AWS configuration; `aws configure list-profiles` names those there are")]
    NoProfile(String),
    /// The profile wants a second factor and nobody can be asked.
    #[error("profile `{0}` wants an MFA code; run on a terminal, or give credentials of `aws sts get-session-token`")]
    NobodyToAsk(String),
    /// A profile with a second factor is of a kind that is not supported.
    #[error("profile `{0}` has `mfa_serial` without `source_profile`; name the profile whose keys take on the role")]
    NoSource(String),
}

/// Credentials, Region and addresses that the user's environment gives.
#[derive(Debug)]
pub struct Session {
    /// Region, if one is set.
    pub region: Option<Arc<str>>,
    /// Addresses and styles from environment and profile.
    pub endpoints: EndpointOptions,
    identity: Identity,
    /// A role to take on through this client: aws-config knows no second factor.
    role: Option<Role>,
}

impl Session {
    /// Reads environment and profile. Credentials are fetched later, when a call needs them.
    pub async fn load(options: &SessionOptions) -> Result<Self, SessionError> {
        let selected = options.profile.clone().map(Cow::Owned);
        let profiles = aws_config::profile::load(&Fs::real(), &Env::real(), &options.files, selected)
            .await
            .map_err(|error| SessionError::Files(partywall_model::plain(&error.to_string()).into_owned()))?;
        let name = profiles.selected_profile().to_owned();
        let profile = profiles.get_profile(&name);
        if options.profile.is_some() && profile.is_none() {
            return Err(SessionError::NoProfile(name));
        }
        // As in the chain: keys in the environment go before a profile that was not asked for by name.
        let by_environment = options.profile.is_none() && Env::real().get("AWS_ACCESS_KEY_ID").is_ok();
        let second_factor =
            profile.filter(|_| !by_environment).and_then(|profile| Some((profile.get("role_arn")?, profile.get("mfa_serial")?)));
        let mut role = None;
        let mut source = options.profile.clone();
        if let (Some((arn, serial)), Some(profile)) = (second_factor, profile) {
            let ask = options.ask_code.clone().ok_or_else(|| SessionError::NobodyToAsk(name.clone()))?;
            source = Some(profile.get("source_profile").ok_or_else(|| SessionError::NoSource(name.clone()))?.to_owned());
            role = Some(Role {
                external_id: profile.get("external_id").map(str::to_owned),
                session_name: profile.get("role_session_name").unwrap_or("partywall").to_owned(),
                duration: profile.get("duration_seconds").and_then(|text| text.parse().ok()).map(std::time::Duration::from_secs),
                mfa: Some(Mfa { serial: serial.to_owned(), ask }),
                ..Role::new(arn)
            });
        }
        let configured = loader(options, options.profile.as_deref()).load().await;
        let from = if source == options.profile { configured.clone() } else { loader(options, source.as_deref()).load().await };
        let provider = from.credentials_provider().ok_or_else(|| SessionError::Files("no credentials chain".to_owned()))?;
        Ok(Self {
            region: configured.region().map(|region| Arc::from(region.as_ref())),
            endpoints: endpoints(&configured),
            identity: Identity::shared(provider),
            role,
        })
    }

    /// What signs this session's calls. `client` and `region` are those that a role with a second factor is taken on with.
    pub fn identity(&self, client: &Client, region: &str) -> Identity {
        match &self.role {
            None => self.identity.clone(),
            Some(role) => {
                let base = Caller::new(self.identity.clone(), None, region);
                Identity::new(role.clone().assumed_by(client.clone(), base))
            }
        }
    }
}

fn loader(options: &SessionOptions, profile: Option<&str>) -> ConfigLoader {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        .time_source(options.time.clone())
        .profile_files(options.files.clone());
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    loader
}

/// Addresses from the environment and, for what it leaves open, from the profile. The chain has judged
/// `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` and the profile's own word on that.
fn endpoints(configured: &SdkConfig) -> EndpointOptions {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    let ignored = Env::real().get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_ok_and(|value| value.eq_ignore_ascii_case("true"));
    let mut found = EndpointOptions {
        url: configured.endpoint_url().filter(|_| !ignored).map(str::to_owned),
        fips: configured.use_fips().unwrap_or_default(),
        dual_stack: configured.use_dual_stack().unwrap_or_default(),
        ..EndpointOptions::from_environment(std::env::vars_os().filter_map(text))
    };
    let Some(services) = configured.service_config().filter(|_| !ignored) else { return found };
    for name in Models::builtin().names() {
        // Of a profile's `services`, those whose id is botocore's name: other ids stand in models that are costly to read. The environment
        // is asked for all of them above.
        let spelling = environment_spelling(name);
        let key = ServiceConfigKey::builder().service_id(name).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
        if let Some(url) = key.ok().and_then(|key| services.load_config(key)).filter(|url| Some(url) != found.url.as_ref()) {
            found.service_urls.entry(spelling).or_insert(url);
        }
    }
    found
}
