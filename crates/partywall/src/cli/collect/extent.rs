//! Which accounts are read, and how much of them: the same for every command that reads them.

use clap::Args;

use super::via::Via;

/// Role that is taken on in other accounts, unless another is named.
const ROLE: &str = "partywall-read";

const ACCOUNTS_AT_ONCE: u16 = 8;

/// Which accounts, and how much of them.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "What is read")]
pub(crate) struct Extent {
    /// All active accounts of the organisation that the caller is in
    #[arg(long)]
    pub(super) organization: bool,

    /// Accounts below this organisational unit or root; may be repeated
    #[arg(long = "ou", value_name = "ID", conflicts_with = "organization")]
    pub(super) units: Vec<String>,

    /// Role that is taken on in each account other than the caller's (default: partywall-read)
    #[arg(long, value_name = "NAME")]
    role: Option<String>,

    /// Take it from the index of AWS Resource Explorer that a Region has nothing of a type, where there is one that is two days old and shows
    /// the whole account, and do not ask for that type there: fewer calls in Regions with little in them. The index is behind by minutes,
    /// at times by hours; what was made since may be missed. See `partywall permissions --resource-explorer`
    #[arg(long)]
    pub(super) resource_explorer: bool,

    /// Ask for more than a listing shows of N resources of each type at most, in each account and Region, chosen by their ids' hashes; of the
    /// others only what listings show is known, the rest is unknown, not looked
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,

    /// How many accounts are read at once (default: 8)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    accounts_at_once: Option<u16>,

    #[command(flatten)]
    pub(super) via: Via,
}

impl Extent {
    /// The option by which something is said of reading, if any is.
    ///
    /// # Errors
    /// As of [`Via::is_config`].
    pub(crate) fn given(&self) -> anyhow::Result<Option<&'static str>> {
        let given = [
            ("--via config", self.via.is_config()?),
            ("--organization", self.organization),
            ("--ou", !self.units.is_empty()),
            ("--role", self.role.is_some()),
            ("--resource-explorer", self.resource_explorer),
            ("--sample", self.sample.is_some()),
            ("--accounts-at-once", self.accounts_at_once.is_some()),
        ];
        Ok(given.into_iter().find(|(_, given)| *given).map(|(option, _)| option))
    }

    /// True if accounts are found through the organisation.
    pub(super) fn finds_members(&self) -> bool {
        self.organization || !self.units.is_empty()
    }

    pub(super) fn has_role(&self) -> bool {
        self.role.is_some()
    }

    pub(super) fn role(&self) -> &str {
        self.role.as_deref().unwrap_or(ROLE)
    }

    pub(super) fn sample(&self) -> Option<usize> {
        self.sample.and_then(|size| usize::try_from(size).ok())
    }

    pub(super) fn accounts_at_once(&self) -> usize {
        usize::from(self.accounts_at_once.unwrap_or(ACCOUNTS_AT_ONCE))
    }
}
