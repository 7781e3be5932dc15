//! AWS Config's aggregator as the source.

use std::collections::BTreeSet;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use partywall_catalog::ResourceType;
use partywall_lake::{Lake, Snapshot};
use partywall_live::{AccountTarget, AggregatorReader, ReadOptions};

use super::What;
use super::watch::Watch;
use crate::cli::Context;
use crate::live::{Access, Connected};

/// What tells of the resources.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "What is read")]
pub(super) struct Via {
    /// What tells of the resources
    #[arg(long = "via", value_name = "SOURCE", value_enum, default_value_t = Source::Api)]
    source: Source,

    /// AWS Config's aggregator, in the Region that is asked (default: the only one that there is)
    #[arg(long, value_name = "NAME")]
    aggregator: Option<String>,

    /// Do not enter accounts to read what AWS Config lacks: it is a gap then
    #[arg(long)]
    no_gap_reads: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Source {
    /// The APIs of each service
    #[default]
    Api,
    /// AWS Config's aggregator; what it lacks is read from the APIs
    Config,
}

impl Via {
    /// True for AWS Config.
    ///
    /// # Errors
    /// Something is said of an aggregator that is not asked.
    pub(super) fn is_config(&self) -> anyhow::Result<bool> {
        let config = self.source == Source::Config;
        if !config && (self.aggregator.is_some() || self.no_gap_reads) {
            anyhow::bail!("--aggregator and --no-gap-reads are for AWS Config; add --via config");
        }
        Ok(config)
    }
}

/// What is read of the catalogue.
pub(super) struct Wanted<'a> {
    /// Types.
    pub(super) types: &'a (dyn Fn(&ResourceType) -> bool + Sync),
    /// Of them these reads, by type and place; all if `None`.
    pub(super) reads: Option<&'a BTreeSet<(Arc<str>, usize)>>,
}

/// Reads what the aggregator has, and what it lacks, into the lake.
///
/// # Errors
/// The aggregator cannot be asked, or the lake cannot be written.
pub(super) fn read(
    context: &Context,
    connected: &Connected,
    what: &What,
    access: &Access,
    options: &ReadOptions,
    lake: &Lake,
    wanted: &Wanted<'_>,
) -> anyhow::Result<Snapshot> {
    if what.extent.finds_members() {
        anyhow::bail!(
            "--via config reads the accounts that the aggregator has; leave out --organization and --ou (`collect aws --account ID` chooses some of them)"
        );
    }
    let own = connected.runtime.block_on(connected.account())?;
    let enter = |account: &str| {
        if *account == *own {
            AccountTarget { account: Some(Arc::from(account)), ..connected.target() }
        } else {
            connected.target_of(account, what.extent.role(), access.external_id.as_deref())
        }
    };
    let caller = connected.caller();
    let reader = AggregatorReader {
        catalog: &context.catalog,
        models: &partywall_live::models(&context.catalog),
        client: &connected.client,
        options,
        wanted: wanted.types,
        details: wanted.reads,
        caller: &caller,
        name: what.extent.via.aggregator.as_deref(),
        accounts: &what.accounts,
        enter: if what.extent.via.no_gap_reads { None } else { Some(&enter) },
    };
    let watch = Watch::start(what.accounts.len().max(1), connected.client.clone());
    let snapshot = reader.read(connected.runtime.handle(), lake, &watch);
    watch.done();
    Ok(snapshot?)
}
