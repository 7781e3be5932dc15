//! Puts a document on file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use partywall_catalog::{AttestationKind, Series};
use partywall_model::Party;
use partywall_model::near::did_you_mean;
use partywall_records::{Records, sha256_of};

use super::directory;
use crate::cli::Context;
use crate::exit;

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The document; it is hashed, not copied
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Answer of `aws artifact get-report-metadata`: fills in title, period, issuer and version that are not given
    #[arg(long, value_name = "FILE")]
    metadata: Option<PathBuf>,

    #[command(flatten)]
    said: Said,
}

/// What the user says of a document.
#[derive(Debug, Args)]
pub(super) struct Said {
    /// Family of documents, such as soc-2-type-2, iso-27001, pci-dss-aoc
    #[arg(long, value_name = "ID")]
    series: Option<String>,

    /// Whom it speaks of: aws, msp:<id> or vendor:<id>
    #[arg(long, default_value = "aws", value_name = "PARTY")]
    provider: Party,

    /// Id under which it is kept (default: provider, series and last day)
    #[arg(long, value_name = "ID")]
    id: Option<String>,

    /// Its title
    #[arg(long)]
    title: Option<String>,

    /// Auditor, certification body or authority
    #[arg(long)]
    issuer: Option<String>,

    /// The issuer's number of it
    #[arg(long)]
    report: Option<String>,

    /// First day that it speaks of
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<NaiveDate>,

    /// Last day of the period of a report
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<NaiveDate>,

    /// The day of a point-in-time document
    #[arg(long, value_name = "YYYY-MM-DD")]
    on: Option<NaiveDate>,

    /// Last day of a certificate, authorization or agreement
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<NaiveDate>,

    /// The day it came (default: today)
    #[arg(long, value_name = "YYYY-MM-DD")]
    received: Option<NaiveDate>,

    /// What the auditor concluded
    #[arg(long, default_value = "unqualified", value_parser = ["unqualified", "qualified", "adverse", "disclaimer"])]
    opinion: String,

    /// Terms under which it came
    #[arg(long, value_enum, default_value_t = Terms::Nda)]
    terms: Terms,

    /// Services in scope, as ids, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "IDS", conflicts_with = "scope_list")]
    services: Vec<String>,

    /// A list of services and Regions in records/scopes/
    #[arg(long, value_name = "ID")]
    scope_list: Option<String>,

    /// Regions in scope, `*` for any text, separated by commas (default: all)
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    regions: Vec<String>,

    /// The records directory (default: records)
    #[arg(long, value_name = "DIR")]
    pub(super) records: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Terms {
    /// Confidential
    Nda,
    /// Anyone may have it
    Public,
}

/// The parts of Artifact's `ReportDetail` that a record has.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ReportDetail {
    id: String,
    name: String,
    period_start: String,
    period_end: String,
    company_name: String,
    pub(super) version: Option<u64>,
    /// `PASSTHROUGH` or `EXPLICIT`: whether its terms have to be accepted.
    pub(super) acceptance_type: String,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    pub(super) report_details: ReportDetail,
}

impl Add {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<u8> {
        self.said.put_on_file(context, &self.file, &self.detail()?)
    }

    fn detail(&self) -> anyhow::Result<ReportDetail> {
        let Some(path) = &self.metadata else { return Ok(ReportDetail::default()) };
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let metadata: Metadata = serde_json::from_str(&text)
            .map_err(|error| anyhow!("{}: {error}; give the answer of `aws artifact get-report-metadata`", path.display()))?;
        Ok(metadata.report_details)
    }
}

impl Said {
    /// The series that the user named.
    ///
    /// # Errors
    /// None was named, or there is none of that id.
    pub(super) fn series<'c>(&self, context: &'c Context) -> anyhow::Result<&'c Series> {
        let all = || context.catalog.series.keys().map(|id| &**id);
        let known = || all().collect::<Vec<_>>().join(", ");
        let named = self.series.as_deref().ok_or_else(|| anyhow!("name the document's family with --series; there are {}", known()))?;
        let found = context.catalog.series.get(named).map(|series| &**series);
        found.ok_or_else(|| anyhow!("there is no series of attestations `{named}`{}; there are {}", did_you_mean(named, all()), known()))
    }

    /// Writes the record of a document: its hash, and what the user and the provider say of it.
    ///
    /// # Errors
    /// The document cannot be read, something that its kind has was not said, or the record does not fit the others.
    pub(super) fn put_on_file(&self, context: &Context, document: &Path, detail: &ReportDetail) -> anyhow::Result<u8> {
        let series = self.series(context)?;
        let sha256 = sha256_of(document).with_context(|| format!("cannot read `{}`", document.display()))?;
        let day = |text: &str| text.get(..10).and_then(|day| day.parse::<NaiveDate>().ok());
        let from = self.from.or_else(|| day(&detail.period_start));
        let to = self.to.or_else(|| day(&detail.period_end));
        let missing = |what: &str| anyhow!("a {} has {what}; give it", series.kind.as_str());
        let mut days = Vec::new();
        match series.kind {
            AttestationKind::PeriodReport => {
                days.push(("from", from.ok_or_else(|| missing("--from and --to, the period that it speaks of"))?));
                days.push(("to", to.ok_or_else(|| missing("--from and --to, the period that it speaks of"))?));
            }
            AttestationKind::PointInTime => days.push(("on", self.on.or(to).ok_or_else(|| missing("--on, the day that it speaks of"))?)),
            AttestationKind::Certificate => {
                days.push(("from", from.ok_or_else(|| missing("--from and --until"))?));
                days.push(("until", self.until.or(to).ok_or_else(|| missing("--from and --until"))?));
            }
            AttestationKind::Authorization | AttestationKind::Agreement => {
                days.push(("from", from.ok_or_else(|| missing("--from"))?));
                days.extend(self.until.map(|until| ("until", until)));
            }
        }
        let last = days.last().map(|(_, day)| day.to_string()).unwrap_or_default();
        let provider = self.provider.to_string().replace(':', "-");
        let id = self.id.clone().unwrap_or_else(|| format!("{provider}-{}-{last}", series.id));
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) || id.starts_with('.') {
            bail!("`{id}` is no id; use letters, digits and dashes: it becomes a file name");
        }
        let directory = directory(self.records.as_ref());
        let path = directory.join("attestations").join(format!("{id}.toml"));
        if path.exists() {
            bail!("`{}` is there already; choose another --id, or edit the file", path.display());
        }
        let title = self.title.clone().unwrap_or_else(|| {
            if detail.name.is_empty() { format!("{} {}, {last}", self.provider, series.title) } else { detail.name.clone() }
        });
        let mut text = String::new();
        let mut field = |name: &str, value: &str| -> anyhow::Result<()> {
            writeln!(text, "{name} = {}", toml::Value::String(value.to_owned()))?;
            Ok(())
        };
        field("series", &series.id)?;
        field("provider", &self.provider.to_string())?;
        field("title", &title)?;
        let issuer = self.issuer.clone().unwrap_or_else(|| detail.company_name.clone());
        field("issuer", if issuer.is_empty() { "not recorded" } else { &issuer })?;
        field("report", self.report.as_deref().unwrap_or(if detail.id.is_empty() { "not recorded" } else { &detail.id }))?;
        if let Some(version) = detail.version {
            field("version", &version.to_string())?;
        }
        field("opinion", &self.opinion)?;
        field("terms", if self.terms == Terms::Nda { "nda" } else { "public" })?;
        field("sha256", &sha256)?;
        for (name, day) in days.iter().chain(&[("received", self.received.unwrap_or_else(|| context.today()))]) {
            writeln!(text, "{name} = {day}")?;
        }
        if let Some(list) = &self.scope_list {
            writeln!(text, "scope_list = {}", toml::Value::String(list.clone()))?;
        }
        for (name, list) in [("services", &self.services), ("regions", &self.regions)] {
            if !list.is_empty() {
                let list: Vec<toml::Value> = list.iter().map(|one| toml::Value::String(one.trim().to_owned())).collect();
                writeln!(text, "{name} = {}", toml::Value::Array(list))?;
            }
        }
        std::fs::create_dir_all(directory.join("attestations")).with_context(|| format!("cannot make `{}`", directory.display()))?;
        std::fs::write(&path, &text).with_context(|| format!("cannot write `{}`", path.display()))?;
        if let Err(error) = Records::read(&context.catalog, &directory) {
            std::fs::remove_file(&path).with_context(|| format!("cannot take back `{}`", path.display()))?;
            return Err(error).context("nothing was put on file");
        }
        exit::note(&format!("on file: `{}`; add exceptions, carve-outs and bridge letters there", path.display()));
        Ok(exit::CLEAN)
    }
}
