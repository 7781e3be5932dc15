//! Reading accounts through AWS's APIs into a snapshot.

mod extent;
mod organization;
mod told;
mod via;
mod watch;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use clap::{Args, ValueEnum};
use partywall_catalog::{Check, ResourceType};
use partywall_lake::{Lake, Snapshot};
use partywall_live::permissions::Chosen;
use partywall_live::{AccountTarget, Plan, ReadOptions, Reader, permissions};
use partywall_model::near::did_you_mean;

pub(crate) use self::extent::Extent;
use self::via::Wanted;
use self::watch::Watch;
use super::{Context, check};

use crate::live::{Access, Connected};

/// Read an account or an organisation through AWS's APIs into a snapshot
///
/// Calls read operations only. What AWS refuses or does not answer becomes a gap; the rest goes on. A reading that was interrupted goes on
/// with --resume. Exit codes: 0 everything was read · 2 nothing could be read · 3 something could not be read.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  partywall permissions --format cloudformation > partywall.yaml\n  partywall collect aws --out lake --profile audit\n  partywall collect aws --out lake --organization --role partywall-read\n  partywall collect aws --out lake --via config --region eu-central-1\n  partywall assess lake"
)]
pub(crate) struct Collect {
    /// What to read
    #[arg(value_name = "FROM", value_enum)]
    from: From,

    /// Directory that keeps the snapshots
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    #[command(flatten)]
    pub(crate) what: What,

    #[command(flatten)]
    access: Access,

    /// Go on where an interrupted reading into this directory stopped
    #[arg(long)]
    resume: bool,

    /// Print calls by service, operation and outcome
    #[arg(long)]
    stats: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum From {
    /// AWS's APIs
    Aws,
}

/// Which accounts, Regions and services.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "What is read")]
pub(crate) struct What {
    /// Only this Region; may be repeated (default: all that the account has on)
    #[arg(long = "region", value_name = "CODE", value_parser = partywall_model::region_code)]
    pub(crate) regions: Vec<String>,

    /// Only this service, and what its facts rest on; may be repeated
    #[arg(long = "service", value_name = "ID")]
    pub(crate) services: Vec<String>,

    /// Only what the checks rest on whose id is this or begins with it; may be repeated
    #[arg(long = "check", value_name = "ID", conflicts_with = "all_facts")]
    pub(crate) checks: Vec<String>,

    /// These accounts, 12 digits each; may be repeated
    #[arg(long = "account", value_name = "ID", value_parser = crate::run::account, conflicts_with_all = ["organization", "units"])]
    pub(crate) accounts: Vec<String>,

    /// Also facts that no check, no owner's rule and nothing else here rests on: more calls, for queries of your own
    #[arg(long)]
    pub(crate) all_facts: bool,

    /// Also this type of the registry, through AWS Cloud Control, or with `*` at the end those that begin so and have no calls of their
    /// own; may be repeated. Needs cloudformation:ListResources, cloudformation:GetResource and what AWS's handler of the type needs
    #[arg(long = "cloud-control", value_name = "TYPE", conflicts_with = "checks")]
    pub(crate) cloud_control: Vec<String>,

    #[command(flatten)]
    pub(crate) extent: Extent,
}

impl What {
    /// The reads that answers rest on: of the chosen checks, or of all; `None` if everything is read.
    ///
    /// # Errors
    /// No check has such an id.
    fn details(&self, context: &Context) -> anyhow::Result<Option<BTreeSet<(Arc<str>, usize)>>> {
        for prefix in &self.checks {
            check::some_begin_with(context, prefix)?;
        }
        let is_chosen = |check: &Check| self.checks.iter().any(|prefix| check.id.starts_with(prefix.as_str()));
        let chosen = if self.checks.is_empty() { Chosen::Everything } else { Chosen::Checks(&is_chosen) };
        if self.all_facts {
            return Ok(None);
        }
        let mut reads = permissions::judged(&context.catalog, chosen);
        let asked_for = context.catalog.types.values().filter(|file| file.is_through_cloud_control());
        reads.extend(asked_for.flat_map(|file| (0..file.reads.len()).map(|place| (file.name.clone(), place))));
        Ok(Some(reads))
    }

    /// The way into AWS, in the Region in which things without one are asked.
    ///
    /// # Errors
    /// As [`Connected::new`].
    pub(crate) fn connect(&self, access: &Access) -> anyhow::Result<Connected> {
        let first = self.regions.first().map(String::as_str);
        // The aggregator is in the caller's Region, whatever Regions it has records of.
        if self.extent.via.is_config()? { Connected::at(access, None, first) } else { Connected::new(access, first) }
    }
}

impl Collect {
    /// The types that are read through Cloud Control.
    pub(super) fn cloud_control(&self) -> &[String] {
        &self.what.cloud_control
    }

    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<u8> {
        let From::Aws = self.from;
        let connected = self.what.connect(&self.access)?;
        let snapshot = read(context, &connected, &self.what, &self.access, &self.out, self.resume)?;
        let stats = connected.client.stats();
        if self.stats {
            told::stats(&stats)?;
        }
        Ok(told::summary(&snapshot, &stats, &self.out))
    }
}

/// Reads what is asked for into a lake and gives the snapshot.
///
/// # Errors
/// Nothing could be read, or the lake cannot be written.
pub(crate) fn read(
    context: &Context,
    connected: &Connected,
    what: &What,
    access: &Access,
    out: &Path,
    resume: bool,
) -> anyhow::Result<Snapshot> {
    let via_config = what.extent.via.is_config()?;
    let details = what.details(context)?;
    let wanted = chosen(context, what, details.as_ref())?;
    let lake = Lake::create_or_open(out)?;
    let options = ReadOptions {
        regions: what.regions.iter().map(|region| Arc::from(region.as_str())).collect(),
        resume,
        by_index: what.extent.resource_explorer,
        sample: what.extent.sample(),
        accounts_at_once: what.extent.accounts_at_once(),
        tool: format!("partywall {}", env!("CARGO_PKG_VERSION")),
    };
    if via_config {
        return via::read(context, connected, what, access, &options, &lake, &Wanted { types: &wanted, reads: details.as_ref() });
    }
    let plan = Plan::new(&context.catalog, wanted, details.as_ref());
    let targets: Vec<AccountTarget> = organization::targets(connected, what, access.external_id.as_deref())?;
    let watch = Watch::start(targets.len(), connected.client.clone());
    let models = partywall_live::models(&context.catalog);
    let reader = Reader { catalog: &context.catalog, plan: &plan, models: &models, client: &connected.client, options: &options };
    let snapshot = reader.read(connected.runtime.handle(), &lake, &targets, &watch);
    watch.done();
    Ok(snapshot?)
}

/// Types of the chosen services that the chosen checks rest on; all if none is chosen.
fn chosen<'a>(
    context: &'a Context,
    what: &'a What,
    details: Option<&'a BTreeSet<(Arc<str>, usize)>>,
) -> anyhow::Result<impl Fn(&ResourceType) -> bool + 'a> {
    let services = &what.services;
    for id in services {
        if !context.catalog.services.contains_key(id.as_str()) {
            bail!("there is no service `{id}`{}", did_you_mean(id, context.catalog.services.keys().map(|id| &**id)));
        }
    }
    Ok(move |resource_type: &ResourceType| {
        let service = context.catalog.service_of(&resource_type.name);
        let of_service = services.is_empty() || service.is_some_and(|service| services.iter().any(|id| **id == *service.id));
        let rested_on = |details: &BTreeSet<(Arc<str>, usize)>| details.iter().any(|(of, _)| *of == resource_type.name);
        resource_type.is_through_cloud_control() || of_service && (what.checks.is_empty() || details.is_some_and(rested_on))
    })
}
