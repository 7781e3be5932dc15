//! Reading one account or many into a snapshot of a lake.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use partywall_aws::model::Models;
use partywall_aws::{Caller, Client};
use partywall_catalog::{Catalog, IndexNames, ResourceType};
use partywall_collect::{CollectError, Collected, Live, Need, Options, Rows};
use partywall_lake::{Lake, Meta, Snapshot, SnapshotWriter};
use partywall_model::{Cause, CauseKind, Gap, Source, SourceKind, Value};
use thiserror::Error;

use crate::account::AccountReading;
use crate::ask::{Asker, Target};
use crate::journal::Journal;
use crate::plan::Plan;
use crate::progress::Progress;

/// Why nothing was read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// AWS Config's aggregator cannot be asked.
    #[error("{0}")]
    Aggregator(String),
    /// No account at all could be read.
    #[error("no account could be read: {0}")]
    NoAccount(String),
    /// The lake cannot be written.
    #[error(transparent)]
    Lake(#[from] partywall_lake::LakeError),
    /// A row could not be made, or not be kept.
    #[error(transparent)]
    Collect(#[from] CollectError),
    /// The journal cannot be written.
    #[error("`{path}` cannot be written: {error}; make room, or name another directory")]
    Journal {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
}

/// An account to be read.
#[derive(Debug, Clone)]
pub struct AccountTarget {
    /// In whose name; its Region is where things without a Region are asked.
    pub caller: Caller,
    /// Twelve digits, where known before; AWS is asked otherwise.
    pub account: Option<Arc<str>>,
    /// Another account told of it, which is told of the whole organization; this one is not asked about that.
    pub is_member: bool,
}

/// How to read.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// Regions; all that the account has on if empty.
    pub regions: Vec<Arc<str>>,
    /// Go on where an interrupted reading stopped.
    pub resume: bool,
    /// Take a type as empty where AWS Resource Explorer's index has none of it, instead of asking. Not for a reading that is resumed.
    pub by_index: bool,
    /// Of how many resources of a type, in an account and Region, what is known of each alone is asked; of all if `None`.
    pub sample: Option<usize>,
    /// How many accounts are read at once.
    pub accounts_at_once: usize,
    /// Name and version of the program.
    pub tool: String,
}

/// Reads accounts, and what is known of the reading.
#[derive(Debug)]
pub struct Reader<'a> {
    /// The catalogue.
    pub catalog: &'a Catalog,
    /// What to read.
    pub plan: &'a Plan,
    /// Those of [`crate::models`], of this catalogue.
    pub models: &'a Arc<Models>,
    /// The client.
    pub client: &'a Client,
    /// How.
    pub options: &'a ReadOptions,
}

impl Reader<'_> {
    /// Reads the accounts and records a snapshot. An account that cannot be read is a gap of everything in it; the others go on.
    ///
    /// Runs the accounts on threads of its own; `runtime` carries the calls.
    ///
    /// # Errors
    /// Nothing could be read, or the lake cannot be written.
    pub fn read(
        &self,
        runtime: &tokio::runtime::Handle,
        lake: &Lake,
        targets: &[AccountTarget],
        progress: &dyn Progress,
    ) -> Result<Snapshot, ReadError> {
        let job = Job {
            reader: Reader { ..*self },
            source: "aws".to_owned(),
            accounts: targets.iter().map(|target| target.account.clone()).collect(),
            errors: Vec::new(),
        };
        record(&job, lake, &|place, journals, writer| match targets.get(place) {
            Some(target) => runtime.block_on(self.account(target, journals, writer, progress)),
            None => Err(AccountError::Refused("there is no such account".to_owned())),
        })
    }

    async fn account(
        &self,
        target: &AccountTarget,
        journals: &Path,
        writer: &Mutex<SnapshotWriter>,
        progress: &dyn Progress,
    ) -> Result<Collected, AccountError> {
        let told = |account: &str, message: &str| progress.account_done(account, Some(message));
        let account = match self.identity(target).await {
            Ok(account) => account,
            Err(message) => {
                told(target.account.as_deref().unwrap_or("?"), &message);
                return Err(AccountError::Refused(message));
            }
        };
        let caller = Caller { account: Some(account.clone()), ..target.caller.clone() };
        let home = caller.region.clone();
        let (regions, unnamed) = self.regions(&caller, &account).await;
        progress.account(&account, regions.len(), self.plan.places(regions.len()));
        let path = journals.join(format!("{account}.jsonl"));
        let journal = Journal::open(&path, self.options.resume, &self.plan.fingerprint())
            .map_err(|error| AccountError::Stop(ReadError::Journal { path, error }))?;
        let asker = Asker {
            client: self.client.clone(),
            models: self.models.clone(),
            caller,
            account: account.clone(),
            journal: Some(Arc::new(journal)),
        };
        let options = Options::default();
        let need = |_: &ResourceType| Need::default();
        let mut emit = |rows: Rows<'_>| {
            let mut writer = writer.lock().map_err(|_| CollectError::Sink("the lake's writer failed before".to_owned()))?;
            writer.write(rows.resource_type, &rows.rows).map_err(|error| CollectError::Sink(error.to_string()))
        };
        let live = Live::new(self.catalog, &options, &need, &mut emit);
        let reading = AccountReading::new(self.plan, asker, live, regions, home, progress);
        let mut collected = reading
            .by_index(self.index_names())
            .member(target.is_member)
            .sample(self.options.sample)
            .run()
            .await
            .map_err(|error| AccountError::Stop(error.into()))?;
        end(writer, &account)?;
        collected.errors.extend(unnamed);
        progress.account_done(&account, None);
        Ok(collected)
    }

    /// What the index calls types, if it is to be asked. An interrupted reading asked for types that an index may show by now, or not yet:
    /// it goes on without.
    pub(crate) fn index_names(&self) -> Option<&IndexNames> {
        (self.options.by_index && !self.options.resume).then_some(&self.catalog.index_names)
    }

    /// Whose credentials these are.
    pub(crate) async fn identity(&self, target: &AccountTarget) -> Result<Arc<str>, String> {
        let answer = self.ask(&target.caller, "sts", "GetCallerIdentity", Value::Map(Vec::new())).await?;
        let account =
            answer.get("Account").and_then(Value::as_str).filter(|id| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()));
        let account = account.ok_or_else(|| "sts:GetCallerIdentity did not say which account this is".to_owned())?;
        match &target.account {
            Some(wanted) if **wanted != *account => Err(format!("the credentials for account {wanted} are of account {account}")),
            _ => Ok(Arc::from(account)),
        }
    }

    /// The Regions that the account has on; if AWS does not say, those that every account has, with a line that says so.
    pub(crate) async fn regions(&self, caller: &Caller, account: &str) -> (Vec<Arc<str>>, Option<String>) {
        if !self.options.regions.is_empty() {
            return (self.options.regions.clone(), None);
        }
        let answer = self.ask(caller, "ec2", "DescribeRegions", Value::Map(Vec::new())).await;
        let named = answer.and_then(|answer| {
            let items = partywall_collect::items(answer, "Regions")?;
            let names: BTreeSet<Arc<str>> =
                items.iter().filter_map(|item| item.get("RegionName")).filter_map(Value::as_str).map(Arc::from).collect();
            if names.is_empty() { Err("ec2:DescribeRegions named no Region".to_owned()) } else { Ok(names.into_iter().collect()) }
        });
        match named {
            Ok(regions) => (regions, None),
            Err(message) => {
                let regions = self.client.default_regions(&caller.region);
                let line = format!(
                    "account {account}: {message}; only the Regions that every account has on were read, name others with --region"
                );
                (regions, Some(line))
            }
        }
    }

    async fn ask(&self, caller: &Caller, service: &str, operation: &str, input: Value) -> Result<Value, String> {
        let target = Target::find(self.models, service, operation).map_err(|failure| failure.words)?;
        let found = target.operation().map_err(|failure| failure.words)?;
        let answer = self.client.call(caller, &target.service, found, &input).await.map_err(|error| error.to_string())?;
        Ok(answer.value)
    }
}

/// Accounts that are read into one snapshot.
pub(crate) struct Job<'a> {
    pub(crate) reader: Reader<'a>,
    /// Where they are read from.
    pub(crate) source: String,
    /// Ids, where known before.
    pub(crate) accounts: Vec<Option<Arc<str>>>,
    /// What could not be found out before, one line each.
    pub(crate) errors: Vec<String>,
}

/// Reads the accounts, some at once on threads of their own, and records a snapshot.
///
/// # Errors
/// Nothing could be read, or the lake cannot be written.
pub(crate) fn record(
    job: &Job<'_>,
    lake: &Lake,
    one: &(dyn Fn(usize, &Path, &Mutex<SnapshotWriter>) -> Result<Collected, AccountError> + Sync),
) -> Result<Snapshot, ReadError> {
    let Reader { catalog, client, options, .. } = job.reader;
    let started = client.now();
    let journals = lake.root().join("journal");
    std::fs::create_dir_all(&journals).map_err(|error| ReadError::Journal { path: journals.clone(), error })?;
    let base = lake.latest()?.map(|snapshot| snapshot.seq());
    let writer = Mutex::new(lake.begin(base)?);
    let results: Mutex<Vec<(usize, Result<Collected, AccountError>)>> = Mutex::new(Vec::new());
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..options.accounts_at_once.clamp(1, job.accounts.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if place >= job.accounts.len() {
                        return;
                    }
                    let mut result = one(place, &journals, &writer);
                    if let Ok(collected) = &mut result {
                        // Built anew from what is in order, a set takes half the room; there may be a thousand of them.
                        collected.listed = std::mem::take(&mut collected.listed).into_iter().collect();
                    }
                    if let Ok(mut results) = results.lock() {
                        results.push((place, result));
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_default();
    results.sort_by_key(|(place, _)| *place);
    let mut meta = Meta { started, tool: options.tool.clone(), sources: vec![job.source.clone()], ..Meta::default() };
    meta.errors.extend(job.errors.iter().cloned());
    let mut refused = Vec::new();
    let mut read = 0;
    for (place, result) in results {
        match result {
            Ok(collected) => {
                read += 1;
                add(&mut meta, collected);
            }
            Err(AccountError::Stop(error)) => return Err(error),
            Err(AccountError::Refused(message)) => {
                meta.gaps.push(gap_of_account(job.accounts.get(place).cloned().flatten(), &message));
                refused.push(message);
            }
        }
    }
    if read == 0 {
        return Err(ReadError::NoAccount(refused.join("; ")));
    }
    meta.errors.extend(refused);
    meta.finished = client.now();
    catalog.fingerprint().clone_into(&mut meta.schema_date);
    meta.stats = serde_json::to_value(client.stats()).unwrap_or_default();
    let writer = writer.into_inner().map_err(|_| CollectError::Sink("the lake's writer failed before".to_owned()))?;
    let snapshot = writer.finish(meta)?;
    // Recorded: what an interruption would have needed is not needed any more.
    let _ = std::fs::remove_dir_all(&journals);
    Ok(snapshot)
}

/// Nothing more will come of the account: the writer lets go of it.
pub(crate) fn end(writer: &Mutex<SnapshotWriter>, account: &Arc<str>) -> Result<(), AccountError> {
    let mut writer =
        writer.lock().map_err(|_| AccountError::Stop(CollectError::Sink("the lake's writer failed before".to_owned()).into()))?;
    writer.end_account(account).map_err(|error| AccountError::Stop(error.into()))
}

/// Why an account has no facts.
pub(crate) enum AccountError {
    /// AWS does not let us in; other accounts go on.
    Refused(String),
    /// Nothing can go on.
    Stop(ReadError),
}

fn gap_of_account(account: Option<Arc<str>>, message: &str) -> Gap {
    let source = Arc::new(Source { kind: SourceKind::Api, file: Arc::from("aws") });
    let cause = Arc::new(Cause::new(CauseKind::CallFailed, message));
    Gap { resource_type: Arc::from(""), id: None, account, region: None, path: None, cause, source }
}

fn add(meta: &mut Meta, collected: Collected) {
    meta.accounts.extend(collected.accounts);
    meta.regions.extend(collected.regions);
    meta.listed.extend(collected.listed);
    meta.indexed.extend(collected.indexed);
    meta.gaps.extend(collected.gaps);
    for (unread, answers) in collected.unread {
        *meta.unread.entry(unread).or_default() += answers;
    }
    for (name, count) in collected.types {
        *meta.types.entry(name).or_default() += count;
    }
    for (name, count) in collected.unmodelled {
        *meta.unmodelled.entry(name).or_default() += count;
    }
    for line in collected.warnings {
        if !meta.warnings.contains(&line) {
            meta.warnings.push(line);
        }
    }
    meta.errors.extend(collected.errors);
    meta.observed_at = meta.observed_at.max(collected.observed_at);
    for (kind, count) in collected.files {
        *meta.files.entry(kind).or_default() += count;
    }
}
