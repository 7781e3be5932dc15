mod detail;
mod grid;
mod helps;
mod mine;
pub(super) mod model;
mod places;
mod requirement;
pub(super) mod text;
mod used;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;

use anyhow::bail;
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use partywall_model::{Gap, Resource};
use partywall_report::counted;

use super::Context;
use crate::run::Sources;
use crate::{exit, frameworks, run};

/// Who owns which duty: per service and layer, per resource, per requirement
///
/// Without sources this is the reference: every owner that a setting can lead to. With sources it is how the services are used there: the
/// owners that real settings lead to. A layer is A (all AWS), C (all customer), S (shared), ? (not known), n (the service has none).
#[derive(Debug, Args)]
#[command(
    mut_arg("sources", |argument| argument.required(false)),
    after_help = "Examples:\n  partywall matrix\n  partywall matrix --service rds --service lambda/image\n  partywall matrix examples/harbour-bank\n  partywall matrix examples/harbour-bank --resource core-ledger\n  partywall matrix examples/harbour-bank --by requirement --framework nist-csf-2.0\n  partywall matrix examples/harbour-bank --services\n  partywall matrix examples/harbour-bank --mine core-banking --format md\n  partywall matrix --format json\n\nJSON: [{service, mode, layer, kind, duties: [{id, sentence, party, when}]}]; kind is inherited, customer, shared, undetermined or none; party is aws, customer, msp:<id>, vendor:<id> or undetermined; when is the condition, `otherwise`, or null. For resources, each object also has `resource`, and each duty `facts`. Exit codes: 0 · 2 nothing read · 3 a file or listing could not be read."
)]
pub(crate) struct Matrix {
    #[command(flatten)]
    sources: Sources,

    /// Only this service, such as `rds` or `rds/custom`, with every duty's sentence; may be repeated
    #[arg(long = "service", value_name = "SERVICE")]
    services: Vec<String>,

    /// Every resource with its duties and the facts that decided
    #[arg(long)]
    resources: bool,

    /// Only resources of this id, ARN, name or logical id, with all their duties; may be repeated
    #[arg(long = "resource", value_name = "NAME")]
    resource: Vec<String>,

    /// Another order: requirement × party
    #[arg(long, value_enum, requires = "framework")]
    by: Option<By>,

    /// The framework for --by requirement
    #[arg(long, value_name = "ID", requires = "by")]
    framework: Option<String>,

    /// The duties of one team or party as a checklist with due dates
    #[arg(long, value_name = "OWNER", conflicts_with_all = ["services", "resources", "resource", "by"])]
    mine: Option<String>,

    /// Which AWS services help with each duty, and whether they are on
    #[arg(long = "services", conflicts_with_all = ["services", "resources", "resource", "by"])]
    helpers: bool,

    /// Rows that were read longer ago are marked stale
    #[arg(long, value_name = "DAYS", default_value_t = 365)]
    stale_after: u32,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// One line per requirement of a framework
    Requirement,
}

/// How the matrix is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For terminals
    Table,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
    /// For pages
    Md,
    /// A page of its own; only with --mine
    Html,
}

/// What decides whether a row is stale.
#[derive(Debug, Clone, Copy)]
struct Ages {
    today: NaiveDate,
    stale_after: u32,
}

impl Matrix {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<u8> {
        let catalog = &context.catalog;
        let ages = Ages { today: context.today(), stale_after: self.stale_after };
        let with_resources = self.resources || !self.resource.is_empty();
        if self.sources.sources.is_empty() && with_resources {
            bail!("resources stand in sources; name files or directories to read");
        }
        if let Some(owner) = &self.mine {
            if self.sources.sources.is_empty() {
                bail!("duties rest on what was read; name files or directories to read");
            }
            let mut out = std::io::BufWriter::new(anstream::stdout());
            let outcome = mine::write(context, &self.sources, owner, self.format, &mut out)?;
            out.flush()?;
            return Ok(run::exit_code(&outcome.collected));
        }
        if self.format == Format::Html {
            bail!("--format html is for --mine; `partywall assess --format html` draws the whole wall");
        }
        let records = self.sources.records(context)?;
        let framework = match &self.framework {
            Some(id) => {
                let (framework, through) = frameworks::of_id(catalog, &records, id)?;
                if let Some(name) = through {
                    exit::note(&format!("`{name}` is shown through {}: all of its lines", framework.title));
                }
                Some(framework)
            }
            None => None,
        };
        for name in &self.services {
            model::named(catalog, name)?;
        }
        let used = if self.sources.sources.is_empty() {
            None
        } else {
            let wanted =
                |resource: &Arc<Resource>| self.resources || self.resource.iter().any(|name| partywall_records::is_called(resource, name));
            Some(used::read(context, &self.sources, &wanted)?)
        };
        let mut out = std::io::BufWriter::new(anstream::stdout());
        let mut rows = match &used {
            Some(used) => used.rows.clone(),
            None => model::reference(catalog, &self.services)?,
        };
        rows.retain(|row| self.chooses(&row.name()));
        if let Some(used) = &used
            && with_resources
        {
            self.no_such_resource(used)?;
            let held: Vec<_> = used.held.iter().filter(|held| self.chooses(&held.mode)).collect();
            detail::resources(catalog, &held, !self.resource.is_empty(), self.format, &mut out)?;
        } else if let Some(framework) = framework {
            requirement::write(catalog, framework, &rows, self.format, &mut out)?;
        } else if self.helpers {
            helps::write(catalog, used.as_ref().map(|used| &used.places), ages, self.format, &mut out)?;
        } else {
            if rows.is_empty() {
                bail!(
                    "no resource of {} is in these sources",
                    if self.services.is_empty() { "a known service".to_owned() } else { self.services.join(", ") }
                );
            }
            if self.format == Format::Table && !self.services.is_empty() {
                detail::services(catalog, &rows, ages, &mut out)?;
            }
            grid::write(catalog, &rows, ages, self.format, &mut out)?;
        }
        out.flush()?;
        Ok(used.map_or(exit::CLEAN, |used| finish(&used)))
    }

    fn chooses(&self, name: &str) -> bool {
        self.services.is_empty()
            || self
                .services
                .iter()
                .any(|wanted| wanted == name || (!wanted.contains('/') && name.split('/').next() == Some(wanted.as_str())))
    }

    fn no_such_resource(&self, used: &used::Used<'_>) -> anyhow::Result<()> {
        for name in &self.resource {
            if !used.held.iter().any(|held| partywall_records::is_called(&held.resource, name)) {
                bail!("no resource with duties is called `{name}` in these sources; write its id, ARN, name or logical id");
            }
        }
        Ok(())
    }
}

/// Says what was not seen, and gives the exit code.
fn finish(used: &used::Used<'_>) -> u8 {
    if used.unclaimed > 0 {
        let resources = counted(used.unclaimed, "resource is of a type", "resources are of types");
        exit::note(&format!("not in the matrix: {resources} that no service file claims"));
    }
    // A broken input leaves a gap of no type, which is no listing beside it.
    let is_listing = |gap: &&Gap| gap.id.is_none() && (!gap.resource_type.is_empty() || used.collected.errors.is_empty());
    let unread: BTreeSet<_> = used.collected.gaps.iter().filter(is_listing).map(|gap| gap.resource_type.clone()).collect();
    if used.collected.errors.is_empty() && unread.is_empty() {
        return exit::CLEAN;
    }
    let parts = [(used.collected.errors.len(), "input", "inputs"), (unread.len(), "listing", "listings")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, ..)| *count > 0).map(|(count, one, many)| counted(*count as u64, one, many)).collect();
    exit::note(&format!("exit {}: {} could not be read", exit::INCOMPLETE, parts.join(" and ")));
    exit::INCOMPLETE
}
