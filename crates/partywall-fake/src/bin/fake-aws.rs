//! Serves a generated AWS on the loopback address.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use partywall_catalog::Catalog;
use partywall_fake::{Fake, FakeConfig, FakeError, Faults, Preset, REPORT_PATH, listen, serve};

/// A stand-in for AWS: generated accounts, with throttling, latency and faults. Signatures are not verified.
#[derive(Debug, Parser)]
#[command(name = "fake-aws")]
struct Arguments {
    /// tiny, empty, r1, fifty-thousand, org-3 or org-1000.
    #[arg(long, default_value = "tiny")]
    world: String,
    /// Seed of the world.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Port on 127.0.0.1; 0 takes any that is free.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Time of every answer, such as `40ms`.
    #[arg(long, default_value = "0ms", value_parser = milliseconds)]
    latency: Duration,
    /// Time that is added at most, at random.
    #[arg(long, default_value = "0ms", value_parser = milliseconds)]
    jitter: Duration,
    /// Never asks to slow down.
    #[arg(long)]
    no_throttling: bool,
    /// File of `[[fault]]` tables.
    #[arg(long)]
    faults: Option<PathBuf>,
    /// Prints what was asked, and the least time for it, when interrupted.
    #[arg(long)]
    report: bool,
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    let number = text.strip_suffix("ms").unwrap_or(text);
    number.parse().map(Duration::from_millis).map_err(|_| format!("`{text}` is no time; write it as `40ms`"))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.to_string()),
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error.to_string()),
    }
}

fn failed(message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: {message}");
    ExitCode::from(2)
}

async fn run(arguments: Arguments) -> Result<(), FakeError> {
    let data = |error: &dyn std::fmt::Display| FakeError::Data(error.to_string());
    let catalog = Catalog::load(None).map_err(|error| data(&error))?;
    let faults = match &arguments.faults {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| data(&format!("{}: {error}", path.display())))?;
            Faults::parse(&text).map_err(|error| data(&format!("{}: {error}", path.display())))?
        }
        None => Faults::default(),
    };
    let config = FakeConfig {
        seed: arguments.seed,
        latency: arguments.latency,
        jitter: arguments.jitter,
        throttles: !arguments.no_throttling,
        faults,
    };
    let preset = Preset::named(&arguments.world)?;
    let (title, region) = (preset.title.clone(), preset.regions.first().cloned().unwrap_or_default());
    let fake = Arc::new(Fake::new(preset, &catalog, config)?);
    let listener = listen(arguments.port).await?;
    let address = listener.local_addr().map_err(|error| FakeError::Listen(error.to_string()))?;
    let account = fake.world().accounts().next().unwrap_or_default();
    let usage = format!(
        "{title}\nhttp://{address}\n\nexport AWS_ENDPOINT_URL=http://{address} AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY=synthetic AWS_REGION={region}\ncurl http://{address}{REPORT_PATH}\n",
        Fake::access_key(&account)
    );
    let _ = std::io::stdout().write_all(usage.as_bytes());
    tokio::select! {
        () = serve(Arc::clone(&fake), listener) => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    if arguments.report {
        let report = serde_json::to_string_pretty(&fake.report()).map_err(|error| data(&error))?;
        let _ = writeln!(std::io::stdout(), "{report}");
    }
    Ok(())
}
