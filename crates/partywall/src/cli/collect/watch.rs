//! How far a reading is, on a terminal.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use partywall_aws::Client;
use partywall_live::Progress;

use crate::exit;

/// Accounts, types, resources and calls so far.
pub(super) struct Watch {
    bar: Option<ProgressBar>,
    client: Client,
    accounts: usize,
    done: AtomicUsize,
    resources: AtomicUsize,
}

impl Watch {
    pub(super) fn start(accounts: usize, client: Client) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{bar:24} {pos}/{len} types · {msg} · {elapsed}, about {eta} left");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(std::time::Duration::from_millis(500));
            bar
        });
        Self { bar, client, accounts, done: AtomicUsize::new(0), resources: AtomicUsize::new(0) }
    }

    pub(super) fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn show(&self) {
        let Some(bar) = &self.bar else { return };
        let stats = self.client.stats();
        let operations = || stats.values().flat_map(|operations| operations.values());
        let calls: u64 = operations().map(|operation| operation.calls).sum();
        let throttled: u64 = operations().map(|operation| operation.throttled).sum();
        let done = self.done.load(Ordering::Relaxed);
        let resources = self.resources.load(Ordering::Relaxed);
        bar.set_message(format!("{done}/{} accounts · {resources} answers · {calls} calls, {throttled} throttled", self.accounts));
    }
}

impl Progress for Watch {
    fn account(&self, _account: &str, _regions: usize, types: usize) {
        if let Some(bar) = &self.bar {
            bar.inc_length(types as u64);
        }
        self.show();
    }

    fn type_done(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
        self.show();
    }

    fn resources(&self, count: usize) {
        self.resources.fetch_add(count, Ordering::Relaxed);
    }

    fn account_done(&self, account: &str, error: Option<&str>) {
        self.done.fetch_add(1, Ordering::Relaxed);
        if let Some(error) = error {
            let line = format!("account {account} could not be read: {error}");
            match &self.bar {
                Some(bar) => bar.suspend(|| exit::note(&line)),
                None => exit::note(&line),
            }
        }
        self.show();
    }
}
