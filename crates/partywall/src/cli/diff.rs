use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use partywall_model::Party;
use partywall_records::Records;
use serde_json::json;

use super::Context;
use super::format::PlainFormat as Format;
use super::matrix::text;
use super::scope::owners;
use crate::run::{Outcome, Sources};
use crate::wall::{Owners, Wall};
use crate::{exit, run};

/// Which duties come, go and change hands between two scopes or two readings
///
/// Each side is a directory of records (one with a scope.toml), or a source with or without records in it.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  partywall diff records records-with-connect\n  partywall diff snapshots/2026-10 snapshots/2026-11 --format json"
)]
pub(crate) struct Diff {
    /// Before
    #[arg(value_name = "BEFORE")]
    before: PathBuf,

    /// After
    #[arg(value_name = "AFTER")]
    after: PathBuf,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// One side as it was read.
struct Side {
    records: Records,
    outcome: Option<Outcome>,
}

/// A duty of a service with owners before and after; `None` where the side does not have it.
type Change<'a> = (&'a str, Arc<str>, Option<&'a Owners>, Option<&'a Owners>);

impl Diff {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<u8> {
        let (before, after) = (side(context, &self.before)?, side(context, &self.after)?);
        let (old, new) =
            (Wall::of(context, &before.records, before.outcome.as_ref()), Wall::of(context, &after.records, after.outcome.as_ref()));
        let changes = changes(&old, &new);
        let mut out = std::io::BufWriter::new(anstream::stdout());
        if self.format == Format::Json {
            let duties: Vec<_> = changes
                .iter()
                .map(|(service, duty, before, after)| {
                    json!({"service": service, "duty": duty, "before": before.map(owners), "after": after.map(owners)})
                })
                .collect();
            let list = |a: Vec<String>, b: Vec<String>| json!({"added": a, "removed": b});
            let only = |a: &Wall<'_>, b: &Wall<'_>| a.services.difference(&b.services).map(ToString::to_string).collect::<Vec<_>>();
            let lines = |a: &Wall<'_>, b: &Wall<'_>| a.frameworks.difference(&b.frameworks).map(ToString::to_string).collect::<Vec<_>>();
            let papers = |a: &Wall<'_>, b: &Wall<'_>| a.evidence.difference(&b.evidence).map(ToString::to_string).collect::<Vec<_>>();
            let whole = json!({
                "services": list(only(&new, &old), only(&old, &new)),
                "frameworks": list(lines(&new, &old), lines(&old, &new)),
                "evidence": list(papers(&new, &old), papers(&old, &new)),
                "duties": duties, "before": old.counts(), "after": new.counts(),
            });
            writeln!(out, "{}", serde_json::to_string_pretty(&whole)?)?;
        } else {
            write(&mut out, context, &after.records, (&old, &new), &changes)?;
        }
        out.flush()?;
        let codes = [before.outcome, after.outcome].into_iter().flatten().map(|outcome| run::exit_code(&outcome.collected));
        Ok(codes.max().unwrap_or(exit::CLEAN))
    }
}

fn side(context: &Context, path: &Path) -> anyhow::Result<Side> {
    if path.join("scope.toml").is_file() {
        return Ok(Side { records: Records::read(&context.catalog, path)?, outcome: None });
    }
    if !path.exists() {
        bail!("`{}` is not there; name a directory of records, or a source", path.display());
    }
    let sources = Sources {
        sources: vec![path.to_owned()],
        parameters: Vec::new(),
        account: None,
        region: None,
        records: None,
        shown: None,
        passing: false,
    };
    let records = sources.records(context)?;
    let outcome = run::judge(context, &sources, &records, |_| false)?;
    Ok(Side { records, outcome: Some(outcome) })
}

fn changes<'a>(old: &'a Wall<'_>, new: &'a Wall<'_>) -> Vec<Change<'a>> {
    let mut keys: Vec<_> = old.duties.keys().chain(new.duties.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter()
        .map(|key| (key.0, key.1.clone(), old.duties.get(key), new.duties.get(key)))
        .filter(|(_, _, before, after)| before != after)
        .collect()
}

fn write(
    out: &mut impl std::io::Write,
    context: &Context,
    records: &Records,
    (old, new): (&Wall<'_>, &Wall<'_>),
    changes: &[Change<'_>],
) -> anyhow::Result<()> {
    let title =
        |service: &str| context.catalog.services.get(service).map_or_else(|| service.to_owned(), |service| service.title.to_string());
    let words = |duty: &Arc<str>| context.catalog.duties.get(duty).map_or_else(|| duty.to_string(), |duty| duty.title.to_string());
    let (before, after) = (old.counts(), new.counts());
    writeln!(
        out,
        "{} duties before, {} after: yours {} → {}, AWS's {} → {}, by setting {} → {}",
        before.all, after.all, before.customer, after.customer, before.aws, after.aws, before.shared, after.shared
    )?;
    for id in new.frameworks.difference(&old.frameworks) {
        let framework = context.catalog.frameworks.get(id);
        let lines = framework.map_or(0, |framework| framework.requirements.len());
        writeln!(out, "\n+ {} ({lines} lines)", framework.map_or(&**id, |framework| &framework.title))?;
        for reason in records.scope.frameworks.get(id).into_iter().flatten() {
            text::wrapped(out, 4, &format!("{} {}: {}", reason.list, reason.word, reason.because))?;
        }
    }
    for id in old.frameworks.difference(&new.frameworks) {
        writeln!(out, "\n- {}", context.catalog.frameworks.get(id).map_or(&**id, |framework| &framework.title))?;
    }
    let papers: Vec<String> = new
        .evidence
        .difference(&old.evidence)
        .map(|id| context.catalog.evidence.get(*id).map_or_else(|| (*id).to_owned(), |evidence| evidence.title.to_string()))
        .collect();
    if !papers.is_empty() {
        text::wrapped(out, 0, &format!("+ {} kinds of manual evidence: {}", papers.len(), papers.join("; ")))?;
    }
    let mut by_service: BTreeMap<&str, Vec<&Change<'_>>> = BTreeMap::new();
    for change in changes {
        by_service.entry(change.0).or_default().push(change);
    }
    for (service, changes) in by_service {
        let sign = match (old.services.contains(service), new.services.contains(service)) {
            (false, _) => "+",
            (_, false) => "-",
            _ => "~",
        };
        writeln!(out, "\n{sign} {}", title(service))?;
        let mut whose: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (_, duty, before, after) in changes {
            let group = match (before, after) {
                (None, Some(after)) => format!("comes to {}", whom(after)),
                (Some(before), None) => format!("goes from {}", whom(before)),
                (Some(before), Some(after)) => format!("moves from {} to {}", whom(before), whom(after)),
                (None, None) => continue,
            };
            whose.entry(group).or_default().push(words(duty));
        }
        for (group, duties) in whose {
            text::wrapped(out, 4, &format!("{group} ({}): {}", duties.len(), duties.join(", ")))?;
        }
    }
    if changes.is_empty() && old.frameworks == new.frameworks && old.evidence == new.evidence {
        writeln!(out, "nothing comes, goes or changes hands")?;
    }
    Ok(())
}

fn whom(of: &Owners) -> String {
    if of.len() == 1 && of.contains(&Some(Party::Customer)) { "you".to_owned() } else { owners(of) }
}
