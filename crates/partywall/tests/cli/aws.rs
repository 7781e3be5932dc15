//! A stand-in for AWS over a socket, and the binary that reads it.

use std::process::Command;
use std::sync::Arc;

use partywall_catalog::Catalog;
use partywall_fake::{Fake, FakeConfig, FaultRule, Faults, Preset, listen, serve};

use crate::support::{Ran, root};

pub(crate) const SECRET: &str = "synthetic-secret-that-nobody-may-see";

/// A stand-in that runs as long as this does.
pub(crate) struct Aws {
    _runtime: tokio::runtime::Runtime,
    fake: Arc<Fake>,
    url: String,
    /// Access key of the account.
    pub(crate) key: String,
}

impl Aws {
    pub(crate) fn start(rules: Vec<FaultRule>) -> Self {
        Self::of("tiny", FakeConfig { throttles: false, faults: Faults::new(rules), ..FakeConfig::default() })
    }

    pub(crate) fn of(world: &str, config: FakeConfig) -> Self {
        let catalog = Catalog::load(None).expect("the catalogue");
        let fake = Fake::new(Preset::named(world).expect("the world"), &catalog, config).expect("a stand-in");
        let key = Fake::access_key(&fake.world().accounts().next().expect("an account"));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let listener = runtime.block_on(listen(0)).expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let fake = Arc::new(fake);
        runtime.spawn(serve(fake.clone(), listener));
        Self { _runtime: runtime, fake, url, key }
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> u64 {
        self.fake.report().requests
    }

    /// The binary in the name of the account.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_partywall"));
        command
            .args(arguments)
            .current_dir(root())
            .env("NO_COLOR", "1")
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_ACCESS_KEY_ID", &self.key)
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
            .env("AWS_CONFIG_FILE", "none")
            .env("AWS_SHARED_CREDENTIALS_FILE", "none")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env_remove("AWS_PROFILE");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().expect("the binary runs");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}
