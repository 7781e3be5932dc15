//! One run over sources: collect, assess, hand results on. Shared by the commands.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use partywall_catalog::{Check, ResourceType};
use partywall_collect::{CollectError, Collected, Need, Options};
use partywall_engine::{Assessor, Engine, EngineError, Parties, Tally};
use partywall_model::{CheckResult, Resource, SourceKind, Status, region_code};
use partywall_records::Records;
use partywall_report::{Ledger as _, counted};
use partywall_table::{Paths, TypeBatch};

use crate::cli::Context;
use crate::exit;
use crate::fill::word;
use crate::ownership::OwnerLedger;
use crate::sight::Seen;

/// Where facts come from; the same for every command that reads.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_field_names, reason = "the field is the command line's own SOURCE…")]
pub(crate) struct Sources {
    /// Files and directories: CloudFormation templates, AWS Config files, AWS CLI answers, snapshots that `collect` wrote, in any mix
    #[arg(value_name = "SOURCE", required = true)]
    pub(crate) sources: Vec<PathBuf>,

    /// Value of a template parameter; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter, requires = "sources")]
    pub(crate) parameters: Vec<(String, String)>,

    /// Account that templates will be deployed to, 12 digits; chooses nothing
    #[arg(long, value_name = "ID", value_parser = account, requires = "sources")]
    pub(crate) account: Option<String>,

    /// Region that templates will be deployed to; chooses nothing
    #[arg(long, value_name = "CODE", value_parser = region_code, requires = "sources")]
    pub(crate) region: Option<String>,

    /// What people decided and keep: scope, owners, parties, exceptions, attestations, evidence (default: records/ in or beside the sources)
    #[arg(long, value_name = "DIR")]
    pub(crate) records: Option<PathBuf>,

    /// What to call the sources, if not by their paths.
    #[arg(skip)]
    pub(crate) shown: Option<Arc<str>>,

    /// Gone after the run.
    #[arg(skip)]
    pub(crate) passing: bool,
}

pub(crate) fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is no NAME=VALUE")),
    }
}

/// Twelve digits.
pub(crate) fn account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    Err(format!("`{text}` is no account id; write its 12 digits"))
}

impl Sources {
    /// Says what could not be read, and that what is told of templates met one.
    ///
    /// # Errors
    /// Nothing was read, or what the user says of templates has no template to hold for.
    pub(crate) fn read_something(&self, collected: &Collected) -> anyhow::Result<()> {
        for line in collected.warnings.iter().chain(&collected.errors) {
            exit::note(line);
        }
        if collected.files.is_empty() {
            bail!("nothing could be read: no template, AWS Config file or AWS CLI answer is among the sources; nothing was evaluated");
        }
        let given = [("--param", !self.parameters.is_empty()), ("--account", self.account.is_some()), ("--region", self.region.is_some())];
        if let Some((option, _)) = given.iter().find(|(_, given)| *given)
            && !collected.files.contains_key(&SourceKind::CloudFormation)
        {
            bail!(
                "{option} is for templates, and none is among the sources: what Config and the CLI answered says itself where it is from; \
                 leave it out, or give only the files that are meant"
            );
        }
        let declared = || collected.parameters.iter().map(String::as_str);
        let is_known = |name: &str| name.starts_with("AWS::") || collected.parameters.contains(name);
        if let Some((name, _)) = self.parameters.iter().find(|(name, _)| !is_known(name)) {
            bail!(
                "no template has a parameter `{}`{}",
                partywall_model::plain(name),
                partywall_model::near::did_you_mean(name, declared())
            );
        }
        Ok(())
    }

    pub(crate) fn options(&self) -> Options {
        let mut options = Options::default();
        options.parameters.values = self.parameters.iter().cloned().collect::<BTreeMap<_, _>>();
        options.parameters.account.clone_from(&self.account);
        options.parameters.region.clone_from(&self.region);
        options
    }

    /// The records of this run.
    ///
    /// # Errors
    /// A file is broken.
    pub(crate) fn records(&self, context: &Context) -> anyhow::Result<Records> {
        crate::records::of(context, self.records.as_ref(), &self.sources)
    }

    /// The line that says that the sources are made up. Examples have one in their README that begins `synthetic:`. Nothing less: real
    /// accounts have notes beside them too.
    pub(crate) fn synthetic(&self) -> Option<String> {
        let readme = self.sources.iter().map(|source| source.join("README.md")).find(|path| path.is_file())?;
        let text = std::fs::read_to_string(readme).ok()?;
        let line = text.lines().take(5).find(|line| line.to_ascii_lowercase().starts_with("synthetic:"))?;
        Some(line.trim_end_matches('.').to_ascii_lowercase())
    }

    /// What follows a command that is printed, so that it sees what this run saw; `None` if the sources are gone after the run.
    pub(crate) fn again(&self, context: &Context) -> Option<String> {
        if self.passing {
            return None;
        }
        let mut words: Vec<String> = self.sources.iter().map(|path| word(&path.to_string_lossy())).collect();
        let mut option = |name: &str, value: &str| words.extend([name.to_owned(), word(value)]);
        for (name, value) in &self.parameters {
            option("--param", &format!("{name}={value}"));
        }
        for (name, value) in [("--account", &self.account), ("--region", &self.region)] {
            if let Some(value) = value {
                option(name, value);
            }
        }
        if let Some(records) = &self.records {
            option("--records", &records.to_string_lossy());
        }
        words.extend(context.options.iter().cloned());
        Some(words.join(" "))
    }

    /// What was assessed, in the user's words.
    pub(crate) fn title(&self) -> String {
        match &self.shown {
            Some(shown) => shown.to_string(),
            None => self.sources.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" "),
        }
    }
}

/// What a run leaves behind.
pub(crate) struct Outcome {
    pub(crate) collected: Collected,
    pub(crate) tally: Tally,
    pub(crate) seen: Seen,
    /// Check → owner → failed results that no exception covers.
    pub(crate) failing: BTreeMap<Arc<str>, BTreeMap<Arc<str>, u64>>,
}

/// The exit code of a command that tells of single things: a file that could not be read may have held more about them.
pub(crate) fn exit_code(collected: &Collected) -> u8 {
    if collected.errors.is_empty() {
        return exit::CLEAN;
    }
    let broken = counted(collected.errors.len() as u64, "input", "inputs");
    exit::note(&format!("exit {}: {broken} could not be read", exit::INCOMPLETE));
    exit::INCOMPLETE
}

/// Collects the sources and answers the selected checks; every result goes to `take`, every batch first to `look`. Rows keep what checks
/// and owners read of them, and the paths that `keep` names.
pub(crate) fn assess(
    context: &Context,
    sources: &Sources,
    records: &Records,
    selected: impl Fn(&Check) -> bool,
    keep: &dyn Fn(&ResourceType) -> Paths,
    take: &mut dyn FnMut(CheckResult) -> anyhow::Result<()>,
    look: &mut dyn FnMut(&TypeBatch, &mut Assessor<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<Outcome> {
    let engine = Engine::new(&context.catalog, context.today()).context("the engine does not start")?;
    let parties = parties(records);
    let assessor = RefCell::new(Assessor::new(&context.catalog, &engine, selected, parties));
    let broken: RefCell<Option<EngineError>> = RefCell::new(None);
    let need = |resource_type: &ResourceType| match assessor.borrow_mut().need(resource_type) {
        Ok((mut paths, envelope)) => {
            if let Some(paths) = &mut paths {
                paths.extend(keep(resource_type));
            }
            Need { paths, envelope, no_rows: false }
        }
        Err(error) => {
            broken.borrow_mut().get_or_insert(error);
            Need { paths: Some(Paths::new()), ..Need::default() }
        }
    };
    let mut failure: Option<anyhow::Error> = None;
    let mut seen = Seen::default();
    let mut emit = |batch: TypeBatch| {
        seen.look(&batch);
        let mut assessor = assessor.borrow_mut();
        let result = look(&batch, &mut assessor)
            .and_then(|()| assessor.assess::<TakeError>(&batch, &mut |result| take(result).map_err(TakeError)).map_err(|error| error.0));
        result.map_err(|error| {
            failure = Some(error);
            CollectError::Sink("stopped".to_owned())
        })
    };
    let collected = crate::sources::collect(&context.catalog, &sources.sources, &sources.options(), &need, &mut emit);
    if let Some(error) = failure {
        return Err(error);
    }
    if let Some(error) = broken.into_inner() {
        return Err(error.into());
    }
    let collected = collected?;
    let mut assessor = assessor.into_inner();
    for gap in &collected.gaps {
        assessor.assess_gap::<TakeError>(gap, &mut |result| take(result).map_err(TakeError)).map_err(|error| error.0)?;
    }
    assessor
        .assess_joined::<TakeError>(&collected.gaps, &collected.listed, &mut |result| take(result).map_err(TakeError))
        .map_err(|error| error.0)?;
    assessor.finish();
    Ok(Outcome { collected, tally: std::mem::take(&mut assessor.tally), seen, failing: BTreeMap::new() })
}

/// Asks the selected checks of the sources and keeps the counts only; what exceptions cover is counted as such.
///
/// # Errors
/// Nothing could be read, or a record or the catalogue is broken.
pub(crate) fn judge(context: &Context, sources: &Sources, records: &Records, selected: impl Fn(&Check) -> bool) -> anyhow::Result<Outcome> {
    let mut excepted: BTreeMap<Arc<str>, u64> = BTreeMap::new();
    let mut failing: BTreeMap<Arc<str>, BTreeMap<Arc<str>, u64>> = BTreeMap::new();
    let ledger = OwnerLedger::new(&context.catalog, records);
    let mut take = |mut result: CheckResult| -> anyhow::Result<()> {
        if result.status == Status::Fail {
            records.exceptions.cover(&mut result, context.today());
            if result.exception.is_some() {
                *excepted.entry(result.check.clone()).or_default() += 1;
            } else if let Some(owner) = ledger.owner(&result) {
                *failing.entry(result.check.clone()).or_default().entry(owner).or_default() += 1;
            }
        }
        Ok(())
    };
    let mut outcome = assess(context, sources, records, selected, &|_| Paths::new(), &mut take, &mut |_, _| Ok(()))?;
    sources.read_something(&outcome.collected)?;
    for (check, count) in excepted {
        outcome.tally.checks.entry(check).or_default().excepted += count;
    }
    outcome.failing = failing;
    Ok(outcome)
}

/// Who takes customer duties over; `None` if nobody takes any, so that the engine need not ask row by row.
pub(crate) fn parties(records: &Records) -> Option<Box<Parties<'_>>> {
    let taking = |resource: &Resource, duty: &str| records.parties.taking(resource, duty).cloned();
    (!records.parties.takes.is_empty()).then(|| Box::new(taking) as Box<Parties<'_>>)
}

struct TakeError(anyhow::Error);

impl From<EngineError> for TakeError {
    fn from(error: EngineError) -> Self {
        Self(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_checked_by_their_form() {
        assert!(account("111122223333").is_ok());
        assert!(account("1111-2222-3333").unwrap_err().contains("12 digits"));
    }
}
