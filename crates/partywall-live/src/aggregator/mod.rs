//! AWS Config's aggregator as the source: few queries show what is recorded of all accounts, and what Config lacks is read in the accounts
//! themselves.
//!
//! What Config does not show is never "none". A type counts as listed in an account and Region only if the aggregator was given the
//! account's records there, a recorder there runs and records the type, and a row of the type from that Region, of any account, shows that
//! Config can record it there at all: a recorder of "everything" leaves out what its Region does not know yet.

mod account;
#[cfg(test)]
mod fault_tests;
mod inventory;
mod proof;
mod query;
mod recording;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use partywall_aws::model::Models;
use partywall_aws::{Caller, Client};
use partywall_catalog::{Catalog, ResourceType};
use partywall_collect::Collected;
use partywall_lake::{Lake, Snapshot, SnapshotWriter};

use self::inventory::Inventory;
use crate::ask::Asker;
use crate::journal::Journal;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::reading::{AccountError, AccountTarget, Job, ReadError, ReadOptions, Reader, record};

/// Reads what an aggregator has, and what it lacks.
pub struct AggregatorReader<'a> {
    /// The catalogue.
    pub catalog: &'a Catalog,
    /// Those of [`crate::models`], of this catalogue.
    pub models: &'a Arc<Models>,
    /// The client.
    pub client: &'a Client,
    /// How; Regions are those of the records, all that the aggregator has if there are none.
    pub options: &'a ReadOptions,
    /// Types to read; what their facts rest on is read too.
    pub wanted: &'a (dyn Fn(&ResourceType) -> bool + Sync),
    /// As for [`Plan::new`].
    pub details: Option<&'a BTreeSet<(Arc<str>, usize)>>,
    /// Who asks the aggregator, in its Region.
    pub caller: &'a Caller,
    /// The aggregator's name; the only one if `None`.
    pub name: Option<&'a str>,
    /// Only these accounts; all that the aggregator has if empty.
    pub accounts: &'a [String],
    /// In whose name an account is entered to read what AWS Config lacks; it is left unread if `None`.
    pub enter: Option<&'a (dyn Fn(&str) -> AccountTarget + Sync)>,
}

impl std::fmt::Debug for AggregatorReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AggregatorReader").field("name", &self.name).field("accounts", &self.accounts).finish_non_exhaustive()
    }
}

impl AggregatorReader<'_> {
    /// Reads and records a snapshot. An account that cannot be entered keeps what AWS Config has of it; the rest is a gap.
    ///
    /// # Errors
    /// The aggregator cannot be asked, or the lake cannot be written.
    pub fn read(&self, runtime: &tokio::runtime::Handle, lake: &Lake, progress: &dyn Progress) -> Result<Snapshot, ReadError> {
        let all = Plan::new(self.catalog, self.wanted, self.details);
        let journals = lake.root().join("journal");
        let (inventory, asker) = runtime.block_on(self.inventory(&journals))?;
        let accounts: Vec<Arc<str>> = inventory.sources.keys().cloned().collect();
        let one = |place: usize, journals: &Path, writer: &Mutex<SnapshotWriter>| match accounts.get(place) {
            Some(account) => runtime.block_on(self.account(&all, &inventory, &asker, account, journals, writer, progress)),
            None => Err(AccountError::Refused("there is no such account".to_owned())),
        };
        let job = Job {
            reader: Reader { catalog: self.catalog, plan: &all, models: self.models, client: self.client, options: self.options },
            source: format!("aws-config/{}", inventory.name),
            accounts: accounts.iter().cloned().map(Some).collect(),
            errors: inventory.errors.clone(),
        };
        record(&job, lake, &one)
    }

    /// What the aggregator says of itself, and who asks it.
    async fn inventory(&self, journals: &Path) -> Result<(Inventory, Asker), ReadError> {
        let plan = Plan::new(self.catalog, |_| false, None);
        let reader = Reader { catalog: self.catalog, plan: &plan, models: self.models, client: self.client, options: self.options };
        let target = AccountTarget { caller: self.caller.clone(), account: None, is_member: false };
        let own = reader.identity(&target).await.map_err(ReadError::Aggregator)?;
        let path = journals.join("aggregator.jsonl");
        let opened = std::fs::create_dir_all(journals)
            .and_then(|()| Journal::open(&path, self.options.resume, concat!("aggregator ", env!("CARGO_PKG_VERSION"))));
        let journal = opened.map_err(|error| ReadError::Journal { path, error })?;
        let caller = Caller { account: Some(own.clone()), ..self.caller.clone() };
        let asker =
            Asker { client: self.client.clone(), models: self.models.clone(), caller, account: own, journal: Some(Arc::new(journal)) };
        let inventory = Inventory::ask(&asker, self.name, self.accounts, &self.options.regions).await?;
        Ok((inventory, asker))
    }
}

/// Result of one account.
type Read = Result<Collected, AccountError>;
