//! Documents from AWS Artifact.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use partywall_aws::model::Models;
use partywall_model::{Value, plain};
use partywall_records::{Attestation, Records};

use super::add::{Metadata, ReportDetail, Said};
use super::directory;
use crate::cli::Context;
use crate::exit;
use crate::live::{Access, Connected};

/// Reports have hundreds of pages, and lines are slow.
const DOWNLOAD: Duration = Duration::from_mins(10);

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  partywall attest fetch\n  partywall attest fetch report-abc123 --series soc-2-type-2 --scope-list aws-soc --accept-terms"
)]
pub(super) struct Fetch {
    /// Artifact's id of the report (default: list what there is)
    #[arg(value_name = "REPORT")]
    artifact_id: Option<String>,

    /// Version of the report (default: the latest)
    #[arg(long, value_name = "N")]
    report_version: Option<i64>,

    /// Directory for the document; it stays outside of the records, which hold its hash alone
    #[arg(long, value_name = "DIR", default_value = "reports")]
    out: PathBuf,

    /// Accept the terms of the report in the account's name; without it, terms that ask for acceptance are fetched for reading
    #[arg(long)]
    accept_terms: bool,

    #[command(flatten)]
    said: Said,

    #[command(flatten)]
    access: Access,
}

impl Fetch {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<u8> {
        let connected = Connected::new(&self.access, None)?;
        let artifact = Artifact { connected: &connected };
        let Some(report) = &self.artifact_id else { return artifact.list(&self.said, context) };
        self.said.series(context)?;
        let mut named = Value::Map(Vec::new());
        named.set("reportId", Value::str(report.as_str()));
        if let Some(version) = self.report_version {
            named.set("reportVersion", Value::Int(version));
        }
        let answer = artifact.ask("GetReportMetadata", &named)?;
        let text = partywall_table::canonical_json(&answer).context("artifact:GetReportMetadata answered no report")?;
        let Metadata { report_details: detail } =
            serde_json::from_str(&text).map_err(|error| anyhow!("artifact:GetReportMetadata answered no report: {error}"))?;
        let term = artifact.ask("GetTermForReport", &named)?;
        let name = file_name(report, &detail);
        std::fs::create_dir_all(&self.out).with_context(|| format!("cannot make `{}`", self.out.display()))?;
        if detail.acceptance_type != "PASSTHROUGH" && !self.accept_terms {
            let path = self.out.join(format!("{name}-terms.pdf"));
            artifact.keep(&term, &path)?;
            bail!("the terms of `{}` have to be accepted; read `{}`, then add --accept-terms", plain(report), path.display());
        }
        let token = term.get("termToken").and_then(Value::as_str).context("artifact:GetTermForReport gave no token")?;
        named.set("termToken", Value::str(token));
        let path = self.out.join(format!("{name}.pdf"));
        artifact.keep(&artifact.ask("GetReport", &named)?, &path)?;
        self.said.put_on_file(context, &path, &detail)
    }
}

/// What the document is called: ids and versions are AWS's words, so only what is safe in a file's name stays.
fn file_name(report: &str, detail: &ReportDetail) -> String {
    let version = detail.version.map(|version| format!("-v{version}")).unwrap_or_default();
    let safe = |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' };
    format!("{report}{version}").chars().take(120).map(safe).collect()
}

struct Artifact<'a> {
    connected: &'a Connected,
}

impl Artifact<'_> {
    fn ask(&self, operation: &str, input: &Value) -> anyhow::Result<Value> {
        let service = Models::builtin().service("artifact")?;
        let operation = service.operation(operation)?;
        let caller = self.connected.caller();
        Ok(self.connected.runtime.block_on(self.connected.client.call_all(&caller, &service, operation, input))?)
    }

    /// Fetches the document that an answer points to. A file of that name is not written over.
    fn keep(&self, answer: &Value, path: &Path) -> anyhow::Result<()> {
        let url = answer.get("documentPresignedUrl").and_then(Value::as_str).context("AWS Artifact gave no address of the document")?;
        let document = self.connected.runtime.block_on(self.connected.client.download(url, DOWNLOAD)).map_err(anyhow::Error::msg)?;
        let mut file = std::fs::File::create_new(path)
            .with_context(|| format!("cannot write `{}`; move what is there away, or choose another --out", path.display()))?;
        file.write_all(&document).with_context(|| format!("cannot write `{}`", path.display()))?;
        exit::note(&format!("fetched `{}`, {} bytes", path.display(), document.len()));
        Ok(())
    }

    fn list(&self, said: &Said, context: &Context) -> anyhow::Result<u8> {
        let answer = self.ask("ListReports", &Value::Map(Vec::new()))?;
        let reports = partywall_collect::items(answer, "reports").map_err(anyhow::Error::msg)?;
        let records = Records::read(&context.catalog, &directory(said.records.as_ref())).ok();
        let on_file = |id: &str, version: Option<i64>| {
            let version = version.map(|version| version.to_string());
            let same =
                |document: &Attestation| document.report == id && version.as_ref().is_none_or(|version| document.version == *version);
            records.iter().flat_map(|records| &records.attestations).any(same)
        };
        let mut out = std::io::BufWriter::new(anstream::stdout());
        writeln!(out, "{:<28} {:>7}  {:<23}  {:<7}  {:<24}  name", "report", "version", "period", "on file", "series")?;
        for report in &reports {
            let text = |name: &str| plain(report.get(name).and_then(Value::as_str).unwrap_or_default()).into_owned();
            let version = report.get("version").and_then(|version| if let Value::Int(version) = version { Some(*version) } else { None });
            let day = |name: &str| text(name).get(..10).unwrap_or_default().to_owned();
            let period = format!("{} – {}", day("periodStart"), day("periodEnd"));
            let known = if on_file(&text("id"), version) { "yes" } else { "no" };
            let version = version.map(|version| version.to_string()).unwrap_or_default();
            writeln!(out, "{:<28} {version:>7}  {period:<23}  {known:<7}  {:<24}  {}", text("id"), text("series"), text("name"))?;
        }
        out.flush()?;
        exit::note("fetch one with: partywall attest fetch REPORT --series ID");
        Ok(exit::CLEAN)
    }
}
