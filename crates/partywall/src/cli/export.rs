mod fill;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use partywall_records::Records;
use partywall_sheets::{Csp, Matrix, Sheet};

use super::Context;
use crate::frameworks::{self, Reading};
use crate::proofs::ProofSets;
use crate::run::{Outcome, Sources};
use crate::{exit, run};

/// Sheets that auditors and customers ask for
///
/// Documents under terms of confidence are never part of a sheet: only that they are on file, and until when.
#[derive(Debug, Args)]
#[command(
    mut_arg("sources", |argument| argument.required(false)),
    after_help = "Forms:\n  matrix  responsibility matrix of any framework: requirement × party, proof, owners, what is left (csv, xlsx, html)\n  cis     FedRAMP control implementation summary worksheet, in its columns (csv, xlsx)\n  crm     FedRAMP customer responsibility matrix worksheet (csv, xlsx)\n  pci     PCI DSS 12.8.5 responsibility matrix (csv, xlsx)\n  caiq    ownership columns of the CAIQ; with --fill your own copy of the questionnaire, filled (csv, xlsx)\n  cuec    answers to what reports expect of you (csv, xlsx)\n\nExamples:\n  partywall export matrix examples/harbour-bank --framework soc2 --format xlsx --output soc2.xlsx\n  partywall export cis examples/harbour-bank --framework fedramp-rev5-moderate > cis.csv\n  partywall export caiq examples/harbour-bank --fill CAIQ.csv --output CAIQ-filled.csv"
)]
pub(crate) struct Export {
    /// Which sheet
    #[arg(value_enum)]
    form: Form,

    #[command(flatten)]
    sources: Sources,

    /// The framework (default: the form's own; fedramp-rev5-moderate for cis and crm)
    #[arg(long, value_name = "ID")]
    framework: Option<String>,

    /// File format
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,

    /// Where to write (default: standard output; a workbook needs a file)
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Your own copy of the CAIQ as CSV; only blank cells are filled
    #[arg(long, value_name = "FILE")]
    fill: Option<PathBuf>,

    /// Who the cloud service provider of the questionnaire is: you towards your customers, or AWS towards you
    #[arg(long, value_enum, default_value_t = Seat::Customer)]
    seat: Seat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Responsibility matrix
    Matrix,
    /// FedRAMP CIS worksheet
    Cis,
    /// FedRAMP CRM worksheet
    Crm,
    /// PCI DSS 12.8.5
    Pci,
    /// CAIQ ownership columns
    Caiq,
    /// SOC 2 CUEC responses
    Cuec,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Comma-separated
    Csv,
    /// Workbook
    Xlsx,
    /// A page; only for matrix
    Html,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Seat {
    /// AWS is the provider, you are its customer
    Customer,
    /// You are the provider, AWS a third party
    Provider,
}

impl Export {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<u8> {
        if self.format == Format::Html && self.form != Form::Matrix {
            bail!("only the matrix is also a page; write --format csv or xlsx");
        }
        if self.fill.is_some() && self.form != Form::Caiq {
            bail!("--fill is for caiq");
        }
        if self.format == Format::Xlsx && self.output.is_none() {
            bail!("a workbook is no text; name a file with --output");
        }
        if self.form == Form::Pci && self.framework.as_deref().is_some_and(|id| !id.starts_with("pci")) {
            bail!("the sheet is about PCI DSS; for another framework write `partywall export matrix --framework ID`");
        }
        let records = self.sources.records(context)?;
        let outcome = if self.sources.sources.is_empty() { None } else { Some(run::judge(context, &self.sources, &records, |_| true)?) };
        let bytes = self.sheet(context, &records, outcome.as_ref())?;
        write(&bytes, self.output.as_deref())?;
        Ok(outcome.map_or(exit::CLEAN, |outcome| run::exit_code(&outcome.collected)))
    }

    fn sheet(&self, context: &Context, records: &Records, outcome: Option<&Outcome>) -> anyhow::Result<Vec<u8>> {
        if self.form == Form::Cuec {
            let about = fill::about(context, &self.sources, records);
            let lines = fill::cuecs(context, records, outcome.map(|outcome| &outcome.tally));
            if lines.is_empty() {
                bail!("no expectation is on file; add it to records/expectations.toml or `partywall attest import-expectations`");
            }
            return self.bytes(&partywall_sheets::cuec_sheet(&lines, &about));
        }
        let matrix = self.matrix(context, records, outcome)?;
        let csp = if self.seat == Seat::Customer { Csp::Aws } else { Csp::User };
        match self.form {
            Form::Matrix if self.format == Format::Html => Ok(partywall_sheets::matrix_html(&matrix)?.into_bytes()),
            Form::Matrix => self.bytes(&partywall_sheets::matrix_sheet(&matrix)),
            Form::Cis => self.bytes(&partywall_sheets::cis_sheet(&partywall_sheets::cis_rows(&matrix)?, &matrix.about())),
            Form::Crm => self.bytes(&partywall_sheets::crm_sheet(&partywall_sheets::crm_rows(&matrix)?, &matrix.about())),
            Form::Pci => self.bytes(&partywall_sheets::pci_sheet(&matrix)),
            Form::Caiq => match &self.fill {
                Some(path) => fill_caiq(path, &matrix, csp),
                None => self.bytes(&partywall_sheets::caiq_sheet(&matrix, csp)),
            },
            Form::Cuec => Ok(Vec::new()),
        }
    }

    fn matrix(&self, context: &Context, records: &Records, outcome: Option<&Outcome>) -> anyhow::Result<Matrix> {
        let own = match self.form {
            Form::Cis | Form::Crm => Some("fedramp-rev5-moderate"),
            Form::Pci => Some("pci-dss-4.0.1"),
            Form::Caiq => Some("csa-ccm-4.0"),
            Form::Matrix | Form::Cuec => None,
        };
        let Some(id) = self.framework.as_deref().or(own) else { bail!("of which framework? name it with --framework") };
        let (framework, _) = frameworks::of_id(&context.catalog, records, id)?;
        let proofs = match outcome {
            Some(outcome) => ProofSets::met(&context.catalog, records, &outcome.tally, context.today()),
            None => ProofSets::of_scope(&context.catalog, records, context.today()),
        };
        let reading = Reading { outcome, asked: &|_| true, records, proofs: &proofs };
        let line = frameworks::line(context, framework, reading);
        Ok(fill::matrix(context, &self.sources, framework, &line, reading))
    }

    fn bytes(&self, sheet: &Sheet) -> anyhow::Result<Vec<u8>> {
        Ok(if self.format == Format::Xlsx { sheet.to_xlsx()? } else { sheet.to_csv()? })
    }
}

fn fill_caiq(path: &Path, matrix: &Matrix, csp: Csp) -> anyhow::Result<Vec<u8>> {
    let theirs = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let filled = partywall_sheets::fill_caiq(&theirs, matrix, csp).with_context(|| path.display().to_string())?;
    exit::note(&format!("{} questions, {} cells filled, {} left as they were", filled.questions, filled.filled, filled.kept.len()));
    for kept in &filled.kept {
        exit::note(&format!("{}:{}: {} of {} says something else; it was left", path.display(), kept.line, kept.column, kept.question));
    }
    if !filled.unknown.is_empty() {
        exit::note(&format!("no control of the matrix: {}", filled.unknown.join(", ")));
    }
    Ok(filled.csv)
}

fn write(bytes: &[u8], output: Option<&Path>) -> anyhow::Result<()> {
    match output {
        Some(path) => std::fs::write(path, bytes).with_context(|| format!("cannot write `{}`", path.display())),
        None => Ok(std::io::stdout().lock().write_all(bytes)?),
    }
}
