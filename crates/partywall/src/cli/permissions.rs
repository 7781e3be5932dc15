//! What partywall must be allowed to do in an account, as policies.

mod verify;

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, ValueEnum};
use partywall_catalog::Check;
use partywall_lake::{Lake, Meta};
use partywall_live::permissions::{self as live, Chosen, Denial, Names, Need, Policy, render};
use partywall_model::near::did_you_mean;
use partywall_model::{Cause, CauseKind};
use partywall_records::Records;

use super::{Context, check};
use crate::live::Access;
use crate::{exit, frameworks};

/// A line of results longer than this is none of ours.
const LINE_BYTES: u64 = 16 << 20;

/// The exact read-only permissions for the chosen checks
///
/// From the same data that say what partywall reads: no wildcards, nothing that changes anything, nothing that hands out content.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  partywall permissions --format cloudformation > partywall.yaml\n  partywall permissions --framework cis-aws-5.0 --format terraform > partywall.tf\n  partywall permissions --missing lake --format json\n  partywall permissions --verify --profile audit"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command")]
pub(crate) struct Permissions {
    /// Only for checks whose id is this or begins with it; may be repeated
    #[arg(long = "check", value_name = "ID")]
    checks: Vec<String>,

    /// Only for checks of this service; may be repeated
    #[arg(long = "service", value_name = "ID")]
    services: Vec<String>,

    /// Only for checks that are evidence for this framework; may be repeated
    #[arg(long = "framework", value_name = "ID")]
    frameworks: Vec<String>,

    /// Also what goes through an organisation: lists its accounts, enters the role of the same name in each
    #[arg(long)]
    organization: bool,

    /// Also what asks AWS Config's aggregator (`collect aws --via config`)
    #[arg(long, conflicts_with = "missing")]
    aggregator: bool,

    /// Also what asks the index of AWS Resource Explorer (`collect aws --resource-explorer`)
    #[arg(long, conflicts_with = "missing")]
    resource_explorer: bool,

    /// Only what was denied in an earlier run, from its results.jsonl or the lake that it read into
    #[arg(long, value_name = "FILE|DIR", conflicts_with_all = ["checks", "services", "frameworks"])]
    missing: Option<PathBuf>,

    /// Ask AWS instead which of the actions the caller is allowed, and which checks will be blind (IAM's policy simulator; where it has no
    /// answer, one cheap call each)
    #[arg(long, conflicts_with_all = ["missing", "format", "out"])]
    verify: bool,

    /// Region in which --verify asks
    #[arg(long, value_name = "CODE", requires = "verify", value_parser = partywall_model::region_code)]
    region: Option<String>,

    #[command(flatten)]
    access: Access,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// Name of the role; policies are called after it
    #[arg(long, value_name = "NAME", default_value = "partywall-read", value_parser = names)]
    role: Names,

    /// Partition that the ARNs in JSON documents are of
    #[arg(long, value_name = "ID", default_value = "aws", value_parser = partition)]
    partition: String,

    /// Write one JSON document per policy into this directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Each action, why, and which checks are blind without it
    Table,
    /// The policies' documents by their names
    Json,
    /// Role, policies, attachments
    Terraform,
    /// A template for one account, and for a stack set of an organisation
    Cloudformation,
}

fn names(text: &str) -> Result<Names, String> {
    Names::of_role(text).map_err(|error| error.to_string())
}

fn partition(text: &str) -> Result<String, String> {
    let is_id = text.starts_with("aws") && text.len() <= 16 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if is_id { Ok(text.to_owned()) } else { Err(format!("`{text}` is no partition, such as aws, aws-cn or aws-us-gov")) }
}

impl Permissions {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<u8> {
        let needs = match &self.missing {
            Some(path) => {
                let all = live::with(
                    &context.catalog,
                    live::needed(&context.catalog, Chosen::Everything, true)?,
                    &[live::Also::Aggregator, live::Also::ResourceExplorer],
                );
                let missing = live::missing(&all, denials(path)?);
                if missing.accounts.is_empty() && missing.foreign.is_empty() {
                    exit::note(&format!("nothing was denied in `{}`", path.display()));
                }
                for line in render::denied(&missing).lines() {
                    exit::note(line);
                }
                missing.needs
            }
            None => {
                let also = [(self.aggregator, live::Also::Aggregator), (self.resource_explorer, live::Also::ResourceExplorer)];
                let also: Vec<live::Also> = also.into_iter().filter_map(|(asked, also)| asked.then_some(also)).collect();
                live::with(&context.catalog, self.needs(context)?, &also)
            }
        };
        if self.verify {
            return verify::run(&needs, &self.access, self.region.as_deref());
        }
        let policies = live::policies(&needs, &self.role)?;
        if let Some(directory) = &self.out {
            self.write(directory, &policies)?;
        }
        let text = match self.format {
            Format::Table => render::table(&context.catalog, &needs),
            Format::Json => render::json(&policies, &self.partition, &self.role)?,
            Format::Terraform => render::terraform(&policies, &self.role),
            Format::Cloudformation => render::cloudformation(&policies, &self.role),
        };
        let mut out = std::io::BufWriter::new(anstream::stdout());
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(exit::CLEAN)
    }

    fn needs(&self, context: &Context) -> anyhow::Result<Vec<Need>> {
        if self.checks.is_empty() && self.services.is_empty() && self.frameworks.is_empty() {
            return Ok(live::needed(&context.catalog, Chosen::Everything, self.organization)?);
        }
        for prefix in &self.checks {
            check::some_begin_with(context, prefix)?;
        }
        for id in &self.services {
            if !context.catalog.services.contains_key(id.as_str()) {
                bail!("there is no service `{id}`{}", did_you_mean(id, context.catalog.services.keys().map(|id| &**id)));
            }
        }
        let evidence = self.evidence(context)?;
        let is_chosen = |check: &Check| {
            let service = context.catalog.service_of(&check.resource);
            (self.checks.is_empty() || self.checks.iter().any(|prefix| check.id.starts_with(prefix.as_str())))
                && (self.services.is_empty() || service.is_some_and(|service| self.services.iter().any(|id| **id == *service.id)))
                && evidence.as_ref().is_none_or(|evidence| evidence.contains(&check.id))
        };
        if !context.catalog.checks.values().any(|check| is_chosen(check)) {
            bail!("no check is left by --check, --service and --framework together; leave one of them out");
        }
        Ok(live::needed(&context.catalog, Chosen::Checks(&is_chosen), self.organization)?)
    }

    /// The checks that are evidence for the named frameworks; `None` if nobody named one.
    fn evidence(&self, context: &Context) -> anyhow::Result<Option<HashSet<Arc<str>>>> {
        if self.frameworks.is_empty() {
            return Ok(None);
        }
        let (records, mut found) = (Records::default(), HashSet::new());
        for id in &self.frameworks {
            let (framework, _) = frameworks::of_id(&context.catalog, &records, id)?;
            found.extend(frameworks::checks(&context.catalog, framework).into_values().flatten().map(|check| check.id.clone()));
        }
        Ok(Some(found))
    }

    fn write(&self, directory: &Path, policies: &[Policy]) -> anyhow::Result<()> {
        std::fs::create_dir_all(directory).with_context(|| format!("cannot make `{}`", directory.display()))?;
        for policy in policies {
            let path = directory.join(format!("{}.json", policy.name));
            let document = policy.document(&self.partition, &self.role, true)?;
            std::fs::write(&path, document + "\n").with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        Ok(())
    }
}

/// What was denied in an earlier run, by the last snapshot of its lake or by its unknown results.
fn denials(path: &Path) -> anyhow::Result<Vec<Denial>> {
    if Lake::is_lake(path) {
        let snapshot = Lake::open(path)?.latest()?.ok_or_else(|| anyhow!("`{}` holds no snapshot yet", path.display()))?;
        return Ok(denials_in(snapshot.meta()));
    }
    let mut file = BufReader::new(File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?);
    let mut found = Vec::new();
    let mut line = String::new();
    for number in 1.. {
        line.clear();
        let place = || format!("{}:{number}", path.display());
        let read = file.by_ref().take(LINE_BYTES).read_line(&mut line).with_context(place)?;
        if read == 0 {
            break;
        }
        if line.trim().is_empty() {
            continue;
        }
        let result: serde_json::Value =
            serde_json::from_str(&line).map_err(|error| anyhow!("{}: {error}; name a results.jsonl of an earlier run", place()))?;
        found.extend(denials_of(&result));
    }
    Ok(found)
}

fn denials_in(meta: &Meta) -> Vec<Denial> {
    let gaps = meta.gaps.iter().map(|gap| (&gap.account, &gap.region, &gap.cause, 1));
    let unread = meta.unread.iter().map(|(unread, answers)| (&unread.account, &unread.region, &unread.cause, *answers));
    let denied = gaps.chain(unread).filter(|(_, _, cause, _)| cause.kind == CauseKind::Denied);
    let denial = |(account, region, cause, count): (&Option<Arc<str>>, &Option<Arc<str>>, &Arc<Cause>, u64)| {
        Some(Denial {
            action: cause.iam_action.clone()?,
            account: account.as_deref().map(str::to_owned),
            region: region.as_deref().map(str::to_owned),
            message: cause.detail.clone(),
            count,
        })
    };
    denied.filter_map(denial).collect()
}

fn denials_of(result: &serde_json::Value) -> Vec<Denial> {
    let word = |of: &serde_json::Value, name: &str| of.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
    let because = result.get("unknown_because").and_then(serde_json::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let place = |name: &str| result.get("resource").and_then(|resource| word(resource, name));
    let denial = |because: &serde_json::Value| {
        Some(Denial {
            action: word(because, "iam_action")?,
            account: place("account"),
            region: place("region"),
            message: word(because, "cause").unwrap_or_default(),
            count: 1,
        })
    };
    because.iter().filter_map(denial).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_results_say_what_was_denied() {
        let result = json!({
            "status": "unknown", "resource": {"account": "111122223333", "region": "eu-west-1"},
            "unknown_because": [
                {"path": "KeyPolicy", "cause": "access denied: GetKeyPolicy", "iam_action": "kms:GetKeyPolicy"},
                {"path": "Other", "cause": "not looked", "iam_action": null},
            ],
        });
        let denial = Denial {
            action: "kms:GetKeyPolicy".to_owned(),
            account: Some("111122223333".to_owned()),
            region: Some("eu-west-1".to_owned()),
            message: "access denied: GetKeyPolicy".to_owned(),
            count: 1,
        };
        assert_eq!(denials_of(&result), [denial]);
        assert_eq!(denials_of(&json!({"unknown_because": "x"})), []);
        assert_eq!(denials_of(&json!([1])), []);
    }

    #[test]
    fn partitions_are_checked_by_their_form() {
        assert!(partition("aws-us-gov").is_ok());
        assert!(partition("aws\"").is_err() && partition("gcp").is_err());
    }
}
