//! A catalogue, profile or conformance pack as a framework file.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use partywall_catalog::{Framework, Requirement};
use partywall_oscal::{Hint, Merged, PARAMETERS, merge, read, to_toml};

use crate::cli::Context;
use crate::{exit, frameworks};

#[derive(Debug, Args)]
pub(super) struct Import {
    /// OSCAL catalogue or profile, or AWS Config conformance pack; also as gzip
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Id of the framework; it becomes the file's name (default: made from its title)
    #[arg(long, value_name = "ID", default_value = "")]
    id: String,

    /// The framework that a profile selects from; a catalogue is then read as a resolved profile
    #[arg(long, value_name = "ID")]
    of: Option<String>,

    /// Take the mapping over from this framework: an earlier edition of the same
    #[arg(long, value_name = "ID")]
    over: Option<String>,

    /// Directory for <id>.toml (default: standard output)
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Import {
    pub(super) fn run(&self, context: &Context) -> anyhow::Result<u8> {
        let shown = self.file.display().to_string();
        let size = std::fs::metadata(&self.file).with_context(|| format!("cannot read `{shown}`"))?.len();
        if size > 64 << 20 {
            bail!("`{shown}` is larger than 64 MiB; no catalogue of controls is");
        }
        let bytes = std::fs::read(&self.file).with_context(|| format!("cannot read `{shown}`"))?;
        let known: Vec<&Framework> = context.catalog.frameworks.values().map(AsRef::as_ref).collect();
        let today = context.today().to_string();
        let as_of = today.parse().with_context(|| format!("`{today}` is no day"))?;
        let imported = read(&bytes, &Hint { name: &shown, id: &self.id, as_of, of: self.of.as_deref(), known: &known })?;
        for notice in &imported.notices {
            exit::note(notice);
        }
        let framework = match &self.over {
            None => imported.framework,
            Some(over) => {
                let Some(old) = context.catalog.framework(over) else { bail!("there is no framework `{over}` to take the mapping from") };
                let Merged { framework, added, removed, retitled, reworded } = merge(old, &imported.framework);
                let list = |ids: &[std::sync::Arc<str>]| ids.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ");
                for (what, ids) in [
                    ("new, without a mapping", &added),
                    ("gone", &removed),
                    ("with another title", &retitled),
                    ("with another text", &reworded),
                ] {
                    if !ids.is_empty() {
                        exit::note(&format!("{} {what}: {}", ids.len(), list(ids)));
                    }
                }
                framework
            }
        };
        bound(context, &framework);
        let text = to_toml(&framework);
        match &self.out {
            None => write!(anstream::stdout(), "{text}")?,
            Some(directory) => {
                let path = directory.join(format!("{}.toml", framework.id));
                if path.exists() {
                    bail!("`{}` is there already; choose another --id, or delete it", path.display());
                }
                std::fs::create_dir_all(directory).with_context(|| format!("cannot make `{}`", directory.display()))?;
                std::fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
                let lines = framework.requirements.len() + framework.select.len();
                exit::note(&format!("`{}`: {lines} lines; write both parts and the mapping there", path.display()));
            }
        }
        Ok(exit::CLEAN)
    }
}

/// How many ids a note names.
const NAMED: usize = 12;

/// Says which rules of a conformance pack have no check, and which have one whose limits may differ: a peer's id stands for the rule as AWS
/// documents it, not for the values that this pack sets.
fn bound(context: &Context, framework: &Framework) {
    if framework.equivalents.is_none() {
        return;
    }
    let checks = frameworks::checks(&context.catalog, framework);
    let is_bound = |line: &Requirement| !frameworks::named(&checks, line).is_empty();
    let ids = |wanted: &dyn Fn(&Requirement) -> bool| -> Vec<&str> {
        framework.requirements.iter().filter(|line| wanted(line)).map(|line| &*line.id).collect()
    };
    let note = |ids: &[&str], what: &str| {
        if !ids.is_empty() {
            let more = if ids.len() > NAMED { format!(" and {} more", ids.len() - NAMED) } else { String::new() };
            let named = ids.get(..NAMED).unwrap_or(ids).join(", ");
            exit::note(&format!("{} of {} {what}: {named}{more}", ids.len(), framework.requirements.len()));
        }
    };
    note(&ids(&|line| !is_bound(line)), "rules have no check here");
    note(&ids(&|line| is_bound(line) && line.text.contains(PARAMETERS)), "rules set parameters; see whether their checks ask the same");
}
