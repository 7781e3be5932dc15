use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use chrono::DateTime;
use partywall_model::Value;

use crate::model::Models;
use crate::{Caller, Client};

/// Asks the person for the code that an MFA device shows, given the device's serial number. May block.
pub type AskCode = Arc<dyn Fn(&str) -> Result<String, String> + Send + Sync>;

/// A second factor that a role asks for.
#[derive(Clone)]
pub struct Mfa {
    /// Serial number or ARN of the device.
    pub serial: String,
    /// Called once for each set of credentials, never for each call.
    pub ask: AskCode,
}

impl fmt::Debug for Mfa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mfa").field("serial", &self.serial).finish_non_exhaustive()
    }
}

/// A role to take on; as [`ProvideCredentials`] it gives credentials by STS `AssumeRole`.
#[derive(Debug, Clone)]
pub struct Role {
    /// ARN of the role.
    pub arn: String,
    /// What the role's trust policy may ask for beside the principal.
    pub external_id: Option<String>,
    /// Name that CloudTrail shows for what is done in this role.
    pub session_name: String,
    /// How long the credentials last; AWS's default is one hour.
    pub duration: Option<Duration>,
    /// Second factor.
    pub mfa: Option<Mfa>,
}

impl Role {
    /// A role without conditions, under this program's name.
    pub fn new(arn: &str) -> Self {
        Self { arn: arn.to_owned(), external_id: None, session_name: "partywall".to_owned(), duration: None, mfa: None }
    }

    /// The account that the role is in.
    pub fn account(&self) -> Option<&str> {
        self.arn.split(':').nth(4).filter(|account| account.len() == 12)
    }

    /// Gives this role's credentials, asked for in the name of `base` in its Region.
    pub fn assumed_by(self, client: Client, base: Caller) -> AssumedRole {
        AssumedRole { client, base, role: self }
    }
}

/// Credentials of a role, fetched through this client; put it into an [`crate::Identity`], which keeps them.
#[derive(Debug, Clone)]
pub struct AssumedRole {
    client: Client,
    base: Caller,
    role: Role,
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}

impl AssumedRole {
    async fn assume(&self) -> Result<Credentials, CredentialsError> {
        let failed = |message: String| CredentialsError::provider_error(format!("role `{}`: {message}", self.role.arn));
        let mut input = Value::Map(Vec::new());
        input.set("RoleArn", Value::str(self.role.arn.as_str()));
        input.set("RoleSessionName", Value::str(self.role.session_name.as_str()));
        if let Some(id) = &self.role.external_id {
            input.set("ExternalId", Value::str(id.as_str()));
        }
        if let Some(duration) = self.role.duration {
            input.set("DurationSeconds", Value::Int(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)));
        }
        if let Some(mfa) = self.role.mfa.clone() {
            input.set("SerialNumber", Value::str(mfa.serial.as_str()));
            // A person types it: no thread of the runtime waits for that.
            let code = tokio::task::spawn_blocking(move || (mfa.ask)(&mfa.serial)).await.map_err(|error| failed(error.to_string()))?;
            input.set("TokenCode", Value::str(code.map_err(failed)?.trim()));
        }
        let service = Models::builtin().service("sts").map_err(|error| failed(error.to_string()))?;
        let operation = service.operation("AssumeRole").map_err(|error| failed(error.to_string()))?;
        let answer = self.client.call(&self.base, &service, operation, &input).await.map_err(|error| failed(error.to_string()))?;
        let text = |name: &str| answer.value.at(&format!("Credentials.{name}")).and_then(Value::as_str);
        let (Some(key), Some(secret), Some(token)) = (text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken")) else {
            return Err(failed("the answer holds no credentials".to_owned()));
        };
        let expiry = text("Expiration").and_then(|time| DateTime::parse_from_rfc3339(time).ok()).map(SystemTime::from);
        Ok(Credentials::new(key, secret, Some(token.to_owned()), expiry, "AssumeRole"))
    }
}
