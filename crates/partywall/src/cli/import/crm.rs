//! A provider's own sheet of what can be inherited from it.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use partywall_model::Party;
use partywall_records::Records;
use partywall_sheets::{Inheritance, read_crm};

use crate::cli::Context;
use crate::{exit, frameworks};

#[derive(Debug, Args)]
pub(super) struct Crm {
    /// The sheet, as CSV or workbook
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Whose sheet it is: msp:<id> or vendor:<id>, listed in parties.toml
    #[arg(long, value_name = "PARTY")]
    party: Party,

    /// The framework of its controls
    #[arg(long, value_name = "ID", default_value = "fedramp-rev5-moderate")]
    framework: String,

    /// The records directory
    #[arg(long, value_name = "DIR", default_value = "records")]
    records: PathBuf,
}

impl Crm {
    pub(super) fn run(&self, context: &Context) -> anyhow::Result<u8> {
        let records = Records::read(&context.catalog, &self.records)?;
        let (framework, _) = frameworks::of_id(&context.catalog, &records, &self.framework)?;
        let shown = self.file.display().to_string();
        let bytes = std::fs::read(&self.file).with_context(|| format!("cannot read `{shown}`"))?;
        let rows = read_crm(&bytes).with_context(|| shown.clone())?;
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let mut text = format!(
            "party = {}\nframework = {}\nsource = {}\nas_of = {}\n",
            quoted(&self.party.to_string()),
            quoted(&framework.id),
            quoted(&format!("sheet `{}`", self.file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default())),
            context.today()
        );
        let (mut claims, mut silent, mut foreign) = (0_usize, 0_usize, Vec::new());
        for row in &rows {
            let Some(inheritance) = row.inheritance else {
                silent += 1;
                continue;
            };
            let Some(requirement) = framework.requirements.iter().find(|requirement| *requirement.id == *row.control.control) else {
                foreign.push(row.control.to_string());
                continue;
            };
            // Enhancements label their parts `(a)` where controls write `a`.
            let part = row.control.part.as_deref();
            let label = part.map(|part| requirement.parts.iter().find(|known| known.trim_matches(['(', ')']) == part));
            if label == Some(None) {
                foreign.push(row.control.to_string());
                continue;
            }
            let inherit = match inheritance {
                Inheritance::Yes => "yes",
                Inheritance::Partial => "partial",
                Inheritance::No => "no",
            };
            write!(text, "\n[[claim]]\ncontrol = {}\n", quoted(&row.control.control))?;
            if let Some(Some(part)) = label {
                writeln!(text, "part = {}", quoted(part))?;
            }
            write!(text, "inherit = \"{inherit}\"\ntext = {}\n", quoted(&row.text))?;
            claims += 1;
        }
        if claims == 0 {
            bail!("{shown}: no row claims anything for a control of `{}`", framework.id);
        }
        let name = format!("{}-{}.toml", self.party.to_string().replace(':', "-"), framework.id);
        let path = self.records.join("inherited").join(name);
        if path.exists() {
            bail!("`{}` is there already; delete it to take the new sheet", path.display());
        }
        std::fs::create_dir_all(self.records.join("inherited")).with_context(|| format!("cannot make `{}`", self.records.display()))?;
        std::fs::write(&path, &text).with_context(|| format!("cannot write `{}`", path.display()))?;
        if let Err(error) = Records::read(&context.catalog, &self.records) {
            std::fs::remove_file(&path).with_context(|| format!("cannot take back `{}`", path.display()))?;
            return Err(error).context("nothing was imported");
        }
        exit::note(&format!("{claims} claims of {} are in `{}`", self.party, path.display()));
        if silent > 0 {
            exit::note(&format!("{silent} rows say nothing of inheritance and are left out"));
        }
        if !foreign.is_empty() {
            exit::note(&format!("not in `{}` and left out: {}", framework.id, foreign.join(", ")));
        }
        Ok(exit::CLEAN)
    }
}
