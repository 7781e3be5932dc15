use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use partywall_model::near::did_you_mean;
use partywall_records::{OwnRunbook, new_runbook};

use super::Context;
use super::format::Format;
use super::matrix::text::Sheet;
use super::records;
use crate::exit;

/// Runbooks: steps for a trouble, whose side it is on, what to save; yours carry owner and exercises
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  partywall runbook list\n  partywall runbook show access-key-leaked\n  partywall runbook new access-key-leaked --records records"
)]
pub(crate) struct RunbookCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Runbooks of the catalogue, and with records yours: who owns them, when they were last exercised
    List {
        /// The directory of records, or one that has a directory `records`
        #[arg(long, value_name = "DIR")]
        records: Option<PathBuf>,
        /// Output format
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// The text of a runbook
    Show {
        /// Its id
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Start your own from one of the catalogue
    New {
        /// The one to start from
        #[arg(value_name = "ID")]
        id: String,
        /// The records directory
        #[arg(long, value_name = "DIR", default_value = "records")]
        records: PathBuf,
    },
}

impl RunbookCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<u8> {
        match self.action {
            Action::List { records, format } => list(context, records.as_ref(), format),
            Action::Show { id } => {
                let Some(runbook) = context.catalog.runbooks.get(id.as_str()) else { return Err(unknown(context, &id)) };
                let mut out = anstream::stdout();
                write!(out, "{}", runbook.body.trim_start())?;
                Ok(exit::CLEAN)
            }
            Action::New { id, records } => {
                if !context.catalog.runbooks.contains_key(id.as_str()) {
                    return Err(unknown(context, &id));
                }
                let path = records.join("runbooks").join(format!("{id}.md"));
                if path.exists() {
                    bail!("`{}` is there already", path.display());
                }
                let text = new_runbook(&context.catalog, &id)?;
                std::fs::create_dir_all(records.join("runbooks")).with_context(|| format!("cannot make `{}`", records.display()))?;
                std::fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
                exit::note(&format!("`{}`: name an owner, then exercise it", path.display()));
                Ok(exit::CLEAN)
            }
        }
    }
}

fn unknown(context: &Context, id: &str) -> anyhow::Error {
    let near = did_you_mean(id, context.catalog.runbooks.keys().map(|id| &**id));
    anyhow::anyhow!("there is no runbook `{id}`{near}; see `partywall runbook list`")
}

fn list(context: &Context, directory: Option<&PathBuf>, format: Format) -> anyhow::Result<u8> {
    let own: Vec<OwnRunbook> = match directory {
        Some(directory) => records::read(context, directory)?.runbooks,
        None => Vec::new(),
    };
    let mut sheet = Sheet::new(&["id", "title", "whose", "owner", "last exercise", "next exercise"]);
    let today = context.today();
    for one in &own {
        let last = one.last_exercise(today);
        sheet.rows.push(vec![
            one.id.to_string(),
            one.title.clone(),
            "yours".to_owned(),
            one.owner.clone(),
            last.map_or_else(|| "never".to_owned(), |last| format!("{} {}", last.day, if last.passed { "passed" } else { "failed" })),
            one.next_exercise(today).map_or_else(|| "now".to_owned(), |day| day.to_string()),
        ]);
    }
    for runbook in context.catalog.runbooks.values().filter(|known| !own.iter().any(|one| one.based_on.as_ref() == Some(&known.id))) {
        let cells = [&runbook.id, &runbook.title].map(ToString::to_string);
        sheet.rows.push(cells.into_iter().chain(["catalogue", "", "", ""].map(ToOwned::to_owned)).collect());
    }
    records::write(&sheet, format, "there is no runbook")?;
    Ok(exit::CLEAN)
}
