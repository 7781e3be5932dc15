use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use partywall_iam::lint::{Finding, PolicyKind, lint_text};
use partywall_iam::reference;
use partywall_model::Severity;
use partywall_report::counted;
use serde_json::json;

use super::policies::read;
use crate::cli::format::PlainFormat;
use crate::exit;

/// What AWS refuses in policies, and what it accepts although it cannot be meant
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  partywall iam lint policies/*.json
  aws iam get-role --role-name deploy --query Role.AssumeRolePolicyDocument | partywall iam lint --kind trust -

Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 a file cannot be read.")]
pub(crate) struct Lint {
    /// Policy documents, `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Where the policies are attached; guessed from each document if not given
    #[arg(long, value_parser = kinds())]
    kind: Option<PolicyKind>,
    /// The least severity that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "low")]
    fail_on: Severity,
    /// Output format
    #[arg(long, value_enum, default_value_t = PlainFormat::Table)]
    format: PlainFormat,
}

/// Reads the name of a kind.
fn kinds() -> impl TypedValueParser<Value = PolicyKind> {
    let named = PolicyKind::ALL.map(|kind| PossibleValue::new(kind.name()).help(kind.title()));
    PossibleValuesParser::new(named).try_map(|name| {
        PolicyKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| format!("`{name}` is no kind of policy"))
    })
}

impl Lint {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let reference = reference()?;
        let mut out = anstream::stdout();
        let mut counts: BTreeMap<Severity, u64> = BTreeMap::new();
        for path in &self.files {
            let text = read(path)?;
            let file = path.display().to_string();
            for finding in lint_text(&text, self.kind, reference) {
                *counts.entry(finding.severity).or_default() += 1;
                writeln!(out, "{}", line(&file, &finding, self.format))?;
            }
        }
        let all: u64 = counts.values().sum();
        if self.format == PlainFormat::Table {
            let parts: Vec<String> = counts.iter().map(|(severity, count)| format!("{count} {}", severity.as_str())).collect();
            let files = counted(self.files.len() as u64, "policy", "policies");
            let found = if parts.is_empty() {
                "nothing found".to_owned()
            } else {
                format!("{} ({})", counted(all, "finding", "findings"), parts.join(", "))
            };
            writeln!(out, "{files}: {found}; actions as AWS documented them up to {}", reference.date())?;
        }
        let failing = counts.keys().any(|severity| *severity >= self.fail_on);
        Ok(if failing { exit::FINDINGS } else { exit::CLEAN })
    }
}

fn line(file: &str, finding: &Finding, format: PlainFormat) -> String {
    match format {
        PlainFormat::Json => {
            let (line, column) = finding.position.unzip();
            json!({
                "file": file, "line": line, "column": column, "path": finding.path, "rule": finding.rule.id(),
                "severity": finding.severity.as_str(), "message": finding.message, "advice": finding.rule.advice(), "page": finding.rule.page(),
            })
            .to_string()
        }
        PlainFormat::Table => {
            let place = finding.position.map_or_else(String::new, |(line, column)| format!("{line}:{column}:"));
            let text = format!(
                "{file}:{place} {}: {} [{}]; {}",
                finding.severity.as_str(),
                finding.message,
                finding.rule.id(),
                finding.rule.advice()
            );
            partywall_model::plain(&text).into_owned()
        }
    }
}
