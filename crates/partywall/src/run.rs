//! One run over sources: collect, assess, hand results on. Shared by the commands.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use partywall_catalog::{Check, ResourceType};
use partywall_collect::{CollectError, Collected, Need, Options};
use partywall_engine::{Assessor, Engine, EngineError, Parties, Tally};
use partywall_model::{CheckResult, Party, Resource};
use partywall_table::TypeBatch;

use crate::cli::Context;
use crate::state::State;

/// Where facts come from; the same for every command that reads.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_field_names, reason = "the field is the command line's own SOURCE…")]
pub(crate) struct Sources {
    /// Files and directories: CloudFormation templates, AWS Config files, AWS CLI answers, in any mix
    #[arg(value_name = "SOURCE", required = true)]
    pub(crate) sources: Vec<PathBuf>,

    /// Value of a template parameter; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) parameters: Vec<(String, String)>,

    /// Account that templates are meant for
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,

    /// Region that templates are meant for
    #[arg(long, value_name = "CODE")]
    pub(crate) region: Option<String>,

    /// Parties file: who takes over which duties (default: parties.toml among the sources)
    #[arg(long, value_name = "FILE")]
    pub(crate) parties: Option<PathBuf>,

    /// Exceptions file (default: exceptions.toml among the sources)
    #[arg(long, value_name = "FILE")]
    pub(crate) exceptions: Option<PathBuf>,
}

pub(crate) fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is no NAME=VALUE")),
    }
}

impl Sources {
    pub(crate) fn options(&self) -> Options {
        let mut options = Options::default();
        options.parameters.values = self.parameters.iter().cloned().collect::<BTreeMap<_, _>>();
        options.parameters.account.clone_from(&self.account);
        options.parameters.region.clone_from(&self.region);
        options
    }

    /// What was assessed, in the user's words.
    pub(crate) fn title(&self) -> String {
        self.sources.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ")
    }
}

/// What a run leaves behind.
pub(crate) struct Outcome {
    pub(crate) collected: Collected,
    pub(crate) tally: Tally,
}

/// Collects the sources and answers the selected checks; every result goes to `take`, every batch first to `look`.
pub(crate) fn assess(
    context: &Context,
    sources: &Sources,
    state: &State,
    selected: impl Fn(&Check) -> bool,
    take: &mut dyn FnMut(CheckResult) -> anyhow::Result<()>,
    look: &mut dyn FnMut(&TypeBatch, &mut Assessor<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<Outcome> {
    let engine = Engine::new(&context.catalog, context.today()).context("the engine does not start")?;
    let parties: Option<Box<Parties<'_>>> = state
        .has_parties()
        .then(|| Box::new(|resource: &Resource, duty: &str| -> Option<Party> { state.party(resource, duty) }) as Box<Parties<'_>>);
    let assessor = RefCell::new(Assessor::new(&context.catalog, &engine, selected, parties));
    let broken: RefCell<Option<EngineError>> = RefCell::new(None);
    let need = |resource_type: &ResourceType| match assessor.borrow_mut().need(resource_type) {
        Ok((paths, envelope)) => Need { paths, envelope },
        Err(error) => {
            broken.borrow_mut().get_or_insert(error);
            Need { paths: Some(partywall_table::Paths::new()), envelope: Vec::new() }
        }
    };
    let mut failure: Option<anyhow::Error> = None;
    let mut emit = |batch: TypeBatch| {
        let mut assessor = assessor.borrow_mut();
        let result = look(&batch, &mut assessor)
            .and_then(|()| assessor.assess::<TakeError>(&batch, &mut |result| take(result).map_err(TakeError)).map_err(|error| error.0));
        result.map_err(|error| {
            failure = Some(error);
            CollectError::Sink("stopped".to_owned())
        })
    };
    let collected = partywall_collect::collect(&context.catalog, &sources.sources, &sources.options(), &need, &mut emit);
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
    Ok(Outcome { collected, tally: std::mem::take(&mut assessor.tally) })
}

struct TakeError(anyhow::Error);

impl From<EngineError> for TakeError {
    fn from(error: EngineError) -> Self {
        Self(error.into())
    }
}

/// A resource by anything that people call it: id, ARN, logical id, name; exact.
pub(crate) fn is_called(resource: &Arc<Resource>, name: &str) -> bool {
    &*resource.id == name
        || resource.arn.as_deref() == Some(name)
        || resource.logical_id.as_deref() == Some(name)
        || resource.name.as_deref() == Some(name)
}
