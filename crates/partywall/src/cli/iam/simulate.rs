use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use partywall_iam::Answer;
use partywall_iam::batch::judge_row;
use serde_json::{Value as Json, json};

use super::policies::{PolicyFiles, levels};
use super::question::{Circumstances, Decided, Texts};
use crate::cli::format::PlainFormat;
use crate::exit;

/// Longest line of a batch; a row holds a handful of policies.
const MAX_LINE: u64 = 8 << 20;

/// Decide one request, or a batch of them, and say which statement decides
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  partywall iam simulate --principal arn:aws:iam::111122223333:user/ann --action s3:GetObject \\
      --resource arn:aws:s3:::harbour-data/a.csv --identity ann.json --resource-policy bucket.json
  partywall iam simulate --batch rows.jsonl

Exit codes: 0 allowed, 1 not allowed, 3 it cannot be said. Of a batch: 0 all rows were answered, 3 some could not be.")]
pub(crate) struct Simulate {
    /// Who asks: an ARN, an account id (its root user), a service such as `lambda.amazonaws.com`, or `anonymous`
    #[arg(long, value_name = "WHO", required_unless_present = "batch")]
    principal: Option<String>,
    /// What, such as `s3:GetObject`
    #[arg(long, value_name = "ACTION", required_unless_present = "batch")]
    action: Option<String>,
    /// On what: an ARN, with `*` for some resource of that pattern
    #[arg(long, value_name = "ARN", default_value = "*")]
    resource: String,
    /// Files of policies attached to the caller, directly or by groups
    #[arg(long, value_name = "FILE", num_args = 1..)]
    identity: Vec<PathBuf>,
    /// File of the resource's policy, or of a role's trust policy
    #[arg(long, value_name = "FILE")]
    resource_policy: Vec<PathBuf>,
    /// File of the caller's permissions boundary
    #[arg(long, value_name = "FILE")]
    boundary: Option<PathBuf>,
    /// Files of session policies
    #[arg(long, value_name = "FILE", num_args = 1..)]
    session: Vec<PathBuf>,
    /// Service control policies of one level, from the root of the organization: once for each level, files separated by commas
    #[arg(long, value_name = "FILE,…")]
    scp: Vec<String>,
    /// Resource control policies, likewise
    #[arg(long, value_name = "FILE,…")]
    rcp: Vec<String>,
    /// File of the VPC endpoint's policy
    #[arg(long, value_name = "FILE")]
    endpoint: Option<PathBuf>,
    /// A condition key of the request; once for each value of a key that has several
    #[arg(long, value_name = "KEY=VALUE")]
    context: Vec<String>,
    /// A condition key that the request does not have
    #[arg(long, value_name = "KEY")]
    absent: Vec<String>,
    /// Keys that are not given are not known, rather than absent: the answer says which one it depends on
    #[arg(long)]
    open_context: bool,
    /// Whose resource it is, if its ARN does not say
    #[arg(long, value_name = "ACCOUNT")]
    resource_account: Option<String>,
    /// The organization's management account, which control policies do not bind
    #[arg(long, value_name = "ACCOUNT")]
    management_account: Option<String>,
    /// Block Public Access of the bucket or its account restricts public buckets
    #[arg(long)]
    restrict_public_buckets: bool,
    /// A file of questions, one JSON object a line, `-` for standard input; answers come as JSON, one a line
    #[arg(long, value_name = "FILE.jsonl", conflicts_with_all = ["principal", "action", "identity", "resource_policy", "boundary", "session", "scp", "rcp", "endpoint", "context", "absent", "open_context"])]
    batch: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t = PlainFormat::Table)]
    format: PlainFormat,
}

impl Simulate {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        if let Some(path) = &self.batch {
            return batch(path);
        }
        let some = |files: &[PathBuf]| (!files.is_empty()).then(|| files.to_vec());
        let files = PolicyFiles {
            identity: self.identity.clone(),
            resource: self.resource_policy.clone(),
            boundary: self.boundary.clone().map(|file| vec![file]),
            session: some(&self.session),
            scp: levels(&self.scp),
            rcp: levels(&self.rcp),
            endpoint: self.endpoint.clone().map(|file| vec![file]),
        };
        let circumstances = Circumstances {
            context: context(&self.context, &self.absent)?,
            open_context: self.open_context,
            resource_account: self.resource_account.clone(),
            management_account: self.management_account.clone(),
            restrict_public_buckets: self.restrict_public_buckets,
        };
        let set = files.read(Path::new(""))?;
        let (principal, action) = (self.principal.as_deref().unwrap_or_default(), self.action.as_deref().unwrap_or_default());
        let decided = circumstances.decide(principal, action, &self.resource, &set)?;
        show(&decided, self.format)?;
        Ok(decided.exit())
    }
}

fn context(given: &[String], absent: &[String]) -> anyhow::Result<BTreeMap<String, Texts>> {
    let mut context: BTreeMap<String, Vec<String>> = absent.iter().map(|key| (key.clone(), Vec::new())).collect();
    for text in given {
        let Some((key, value)) = text.split_once('=').filter(|(key, _)| key.contains(':')) else {
            bail!("`{text}` is no condition key with a value; write it as `aws:SourceIp=203.0.113.7`");
        };
        context.entry(key.to_owned()).or_default().push(value.to_owned());
    }
    Ok(context.into_iter().map(|(key, values)| (key, Texts::Many(values))).collect())
}

fn answer_word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Yes => "yes",
        Answer::No => "no",
        Answer::Unknown(_) => "unknown",
    }
}

fn show(decided: &Decided, format: PlainFormat) -> anyhow::Result<()> {
    let mut out = anstream::stdout();
    match format {
        PlainFormat::Json => {
            let levels: Vec<Json> = decided
                .verdict
                .levels
                .iter()
                .map(|level| json!({"kind": level.level.title(), "allows": answer_word(&level.allowed), "denies": answer_word(&level.denied)}))
                .collect();
            let answer = json!({"decision": decided.word(), "why": decided.why, "levels": levels});
            writeln!(out, "{answer}")?;
        }
        PlainFormat::Table => {
            writeln!(out, "{}: {}", decided.word(), partywall_model::plain(&decided.why))?;
            for level in &decided.verdict.levels {
                let (allows, denies) = (answer_word(&level.allowed), answer_word(&level.denied));
                writeln!(out, "  {:<24} allows: {allows:<8} denies: {denies}", level.level.title())?;
            }
        }
    }
    Ok(())
}

/// Answers each line; what cannot be answered says so under its id, and the rest goes on.
fn batch(path: &Path) -> anyhow::Result<u8> {
    let mut reader: Box<dyn BufRead> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(path).with_context(|| format!("`{}` cannot be read", path.display()))?))
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let (mut number, mut unanswered) = (0_u64, 0_u64);
    loop {
        let mut line = Vec::new();
        number += 1;
        let read = reader.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut line);
        if read.with_context(|| format!("`{}` cannot be read on from line {number}", path.display()))? == 0 {
            break;
        }
        if line.len() as u64 > MAX_LINE {
            bail!("{}:{number}: the line has more than {MAX_LINE} bytes; write one question a line", path.display());
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let answer = match serde_json::from_slice::<Json>(&line) {
            Ok(row) => judge_row(&row),
            Err(error) => json!({"id": null, "error": format!("line {number} is no JSON: {error}")}),
        };
        unanswered += u64::from(answer.get("error").is_some());
        writeln!(out, "{answer}")?;
    }
    out.flush()?;
    if unanswered > 0 {
        exit::note(&format!("{unanswered} of the rows could not be answered; their `error` says why"));
        return Ok(exit::INCOMPLETE);
    }
    Ok(exit::CLEAN)
}
