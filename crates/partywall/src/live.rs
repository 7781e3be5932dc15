//! The way into AWS: credentials, Regions, how hard to ask. Shared by the commands that call AWS.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use partywall_aws::model::Models;
use partywall_aws::{AskCode, Caller, Client, ClientConfig, Connection, Identity, Mfa, Role, Session, SessionOptions};
use partywall_live::AccountTarget;
use partywall_model::Value;
use tokio::runtime::Runtime;

/// How AWS is reached.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Reaching AWS")]
pub(crate) struct Access {
    /// Profile of the AWS configuration files (default: AWS_PROFILE, else the environment's credentials)
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// Role to take on first
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,

    /// External id that the role's trust policy asks for
    #[arg(long, value_name = "ID", requires = "role_arn")]
    pub(crate) external_id: Option<String>,

    /// Serial number or ARN of the MFA device that the role asks for; its code is asked for on the terminal
    #[arg(long, value_name = "ARN", requires = "role_arn")]
    pub(crate) mfa_serial: Option<String>,

    /// Part of AWS's documented request rates that may be used, in percent; the rest is left to the account's own work
    #[arg(long, value_name = "PERCENT", default_value_t = 50, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) share: u8,

    /// One address for all services, such as a stand-in for AWS (also AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>)
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,

    /// Keep bucket names in the path rather than in the host
    #[arg(long)]
    pub(crate) s3_path_style: bool,

    /// Seconds that one attempt of a call may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) call_timeout: u64,
}

/// A client, and in whose name it asks.
pub(crate) struct Connected {
    pub(crate) runtime: Runtime,
    pub(crate) client: Client,
    identity: Identity,
    region: Arc<str>,
}

/// Where things without a Region are asked if nobody names a Region; AWS's own choice for commercial accounts.
const HOME: &str = "us-east-1";

impl Connected {
    /// Reads environment and profile; credentials are fetched when the first call needs them.
    ///
    /// # Errors
    /// The configuration is broken, or what the options name is not in it.
    pub(crate) fn new(access: &Access, region: Option<&str>) -> anyhow::Result<Self> {
        Self::at(access, region, None)
    }

    /// As [`Connected::new`], in `otherwise` where neither an option nor environment and profile name a Region.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn at(access: &Access, region: Option<&str>, otherwise: Option<&str>) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime does not start")?;
        let ask_code: AskCode = Arc::new(ask_code);
        let mut options = SessionOptions::default();
        options.profile.clone_from(&access.profile);
        options.region = region.map(ToOwned::to_owned);
        options.ask_code = std::io::stdin().is_terminal().then(|| ask_code.clone());
        let session = runtime.block_on(Session::load(&options))?;
        let home = region.map(Arc::from).or_else(|| session.region.clone());
        let home: Arc<str> = home.unwrap_or_else(|| Arc::from(otherwise.unwrap_or(HOME)));
        let mut endpoints = session.endpoints.clone();
        endpoints.s3_path_style |= access.s3_path_style;
        if let Some(url) = &access.endpoint_url {
            endpoints.url = Some(url.clone());
            endpoints.service_urls.clear();
        }
        let config = ClientConfig {
            endpoints,
            attempt_timeout: Duration::from_secs(access.call_timeout),
            share: f64::from(access.share) / 100.0,
            ..ClientConfig::default()
        };
        let client = Client::new(config, Connection::new(Connection::MAX_BODY));
        let mut identity = session.identity(&client, &home);
        if let Some(arn) = &access.role_arn {
            let mut role = Role::new(arn);
            role.external_id.clone_from(&access.external_id);
            role.mfa = access.mfa_serial.clone().map(|serial| Mfa { serial, ask: ask_code });
            identity = Identity::new(role.assumed_by(client.clone(), Caller::new(identity, None, &home)));
        }
        Ok(Self { runtime, client, identity, region: home })
    }

    /// In whose name calls are made.
    pub(crate) fn caller(&self) -> Caller {
        Caller::new(self.identity.clone(), None, &self.region)
    }

    /// The account's own facts: one target for one account.
    pub(crate) fn target(&self) -> AccountTarget {
        AccountTarget { caller: self.caller(), account: None, is_member: false }
    }

    /// The caller's own account.
    ///
    /// # Errors
    /// AWS does not say.
    pub(crate) async fn account(&self) -> anyhow::Result<String> {
        let service = Models::builtin().service("sts")?;
        let operation = service.operation("GetCallerIdentity")?;
        let answer = self.client.call(&self.caller(), &service, operation, &Value::Map(Vec::new())).await?;
        let account = answer.value.get("Account").and_then(Value::as_str);
        Ok(account.context("sts:GetCallerIdentity did not say which account this is")?.to_owned())
    }

    /// A role of the same name in another account, taken on by this caller.
    pub(crate) fn target_of(&self, account: &str, role: &str, external_id: Option<&str>) -> AccountTarget {
        let mut role = Role::new(&format!("arn:{}:iam::{account}:role/{role}", partition(&self.region)));
        role.external_id = external_id.map(ToOwned::to_owned);
        let identity = Identity::new(role.assumed_by(self.client.clone(), self.caller()));
        AccountTarget { caller: Caller::new(identity, Some(account), &self.region), account: Some(Arc::from(account)), is_member: false }
    }
}

fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// Asks whoever sits at the terminal.
fn ask_code(serial: &str) -> Result<String, String> {
    use std::io::Write as _;
    let mut terminal = anstream::stderr();
    write!(terminal, "MFA code of {}: ", partywall_model::plain(serial)).map_err(|error| error.to_string())?;
    terminal.flush().map_err(|error| error.to_string())?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|error| error.to_string())?;
    Ok(line.trim().to_owned())
}
