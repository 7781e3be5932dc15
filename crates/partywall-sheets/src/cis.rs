//! FedRAMP's CIS worksheet (control implementation summary): per control or part of one, how it is implemented and where that comes from.

use std::collections::BTreeSet;

use crate::grid::Grid;
use crate::heading::Wanted;
use crate::sheet::{Band, Column};
use crate::{About, Answer, ControlPart, Matrix, MatrixLine, Sheet, SheetsError, Split};

/// The columns under "Implementation Status".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImplementationStatus {
    /// Implemented.
    Implemented,
    /// Partially implemented.
    PartiallyImplemented,
    /// Planned.
    Planned,
    /// Implemented in another way.
    AlternativeImplementation,
    /// Not applicable.
    NotApplicable,
}

/// The columns under "Control Origination".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origination {
    /// By the service provider's whole organization.
    ServiceProviderCorporate,
    /// By the service provider for this system.
    ServiceProviderSystemSpecific,
    /// By both of these.
    ServiceProviderHybrid,
    /// The service provider gives the feature, the customer sets it.
    ConfiguredByCustomer,
    /// The customer provides all of it.
    ProvidedByCustomer,
    /// Service provider and customer both have a part.
    Shared,
    /// From a provider that is authorized already.
    Inherited,
}

/// One row of the worksheet. More than one mark under a heading is allowed, and none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CisRow {
    /// The control or part.
    pub control: ControlPart,
    /// Marks under "Implementation Status".
    pub status: BTreeSet<ImplementationStatus>,
    /// Marks under "Control Origination".
    pub origination: BTreeSet<Origination>,
}

const STATUSES: [ImplementationStatus; 5] = [
    ImplementationStatus::Implemented,
    ImplementationStatus::PartiallyImplemented,
    ImplementationStatus::Planned,
    ImplementationStatus::AlternativeImplementation,
    ImplementationStatus::NotApplicable,
];

const ORIGINATIONS: [Origination; 7] = [
    Origination::ServiceProviderCorporate,
    Origination::ServiceProviderSystemSpecific,
    Origination::ServiceProviderHybrid,
    Origination::ConfiguredByCustomer,
    Origination::ProvidedByCustomer,
    Origination::Shared,
    Origination::Inherited,
];

/// A column that holds marks.
const fn mark(heading: &'static str, aliases: &'static [&'static str]) -> Wanted {
    Wanted { heading, aliases, longer: false, above: false }
}

/// The columns of FedRAMP's template (revision 5), in its order; the aliases are those of earlier templates and common shortenings.
const WANTED: [Wanted; 13] = [
    Wanted { heading: "Control ID", aliases: &[], longer: false, above: true },
    mark("Implemented", &[]),
    mark("Partially Implemented", &[]),
    mark("Planned", &[]),
    mark("Alternative Implementation", &["Alternate Implementation"]),
    mark("N/A", &["Not Applicable"]),
    mark("Service Provider Corporate", &["SP Corporate"]),
    mark("Service Provider System Specific", &["SP System Specific"]),
    mark("Service Provider Hybrid (Corporate and System Specific)", &["Service Provider Hybrid", "SP Hybrid"]),
    mark("Configured by Customer (Customer System Specific)", &["Configured by Customer"]),
    mark("Provided by Customer (Customer System Specific)", &["Provided by Customer"]),
    mark("Shared (Service Provider and Customer Responsibility)", &["Shared"]),
    Wanted {
        heading: "Inherited from pre-existing FedRAMP Authorization",
        aliases: &["Inherited from pre-existing Provisional Authorization", "Inherited"],
        longer: true,
        above: false,
    },
];

const BANDS: [Band; 2] = [("Implementation Status", 1, 5), ("Control Origination", 6, 7)];

/// The rows of a framework of NIST SP 800-53: one per part where a control has parts, else one per control.
///
/// # Errors
/// A requirement's id is no control id: the framework is not one of NIST SP 800-53.
pub fn cis_rows(matrix: &Matrix) -> Result<Vec<CisRow>, SheetsError> {
    let mut rows = Vec::new();
    for line in &matrix.lines {
        for control in controls(line)? {
            rows.push(CisRow { control, status: status(line).into_iter().collect(), origination: origination(line) });
        }
    }
    Ok(rows)
}

/// A control and its top-level parts, or the control alone where it has none.
pub(crate) fn controls(line: &MatrixLine) -> Result<Vec<ControlPart>, SheetsError> {
    let mut controls: Vec<ControlPart> = Vec::new();
    for part in &line.parts {
        let mut control = ControlPart::new(&line.id, Some(part))?;
        // Deeper parts belong to the row of the one that they stand in.
        control.part = control.part.and_then(|part| part.split('.').next().map(ToOwned::to_owned));
        if !controls.contains(&control) {
            controls.push(control);
        }
    }
    if controls.is_empty() {
        controls.push(ControlPart::new(&line.id, None)?);
    }
    Ok(controls)
}

/// What the evidence allows to say. What nobody looked at or nothing speaks for stays blank.
fn status(line: &MatrixLine) -> Option<ImplementationStatus> {
    match line.answer {
        Answer::NothingInScope => Some(ImplementationStatus::NotApplicable),
        _ if line.split == Split::Aws && line.aws_attested => Some(ImplementationStatus::Implemented),
        // Inherited without proof is no more than said.
        Answer::Met if line.split == Split::Aws => None,
        Answer::Met if line.split == Split::Customer || line.aws_attested => Some(ImplementationStatus::Implemented),
        Answer::Met => Some(ImplementationStatus::PartiallyImplemented),
        // Where nothing passes and no document is in date, nothing of it is implemented that anybody could show.
        Answer::NotMet | Answer::Partly if line.pass > 0 || line.manual.iter().any(|one| one.state == "current") => {
            Some(ImplementationStatus::PartiallyImplemented)
        }
        Answer::NotMet | Answer::Partly | Answer::NoEvidence | Answer::NotJudged => None,
    }
}

fn origination(line: &MatrixLine) -> BTreeSet<Origination> {
    let own = match line.split {
        Split::Aws => Origination::Inherited,
        Split::Shared => Origination::Shared,
        Split::Customer if line.has_checks() => Origination::ConfiguredByCustomer,
        Split::Customer => Origination::ProvidedByCustomer,
    };
    let others = (!line.third_parties.is_empty()).then_some(Origination::ServiceProviderSystemSpecific);
    others.into_iter().chain([own]).collect()
}

/// The worksheet of these rows.
pub fn cis_sheet(rows: &[CisRow], about: &About) -> Sheet {
    let mark = |set: bool| if set { "X".to_owned() } else { String::new() };
    let cells = |row: &CisRow| {
        let statuses = STATUSES.iter().map(|one| mark(row.status.contains(one)));
        let originations = ORIGINATIONS.iter().map(|one| mark(row.origination.contains(one)));
        std::iter::once(row.control.to_string()).chain(statuses).chain(originations).collect()
    };
    Sheet {
        title: "FedRAMP Control Implementation Summary (CIS) Worksheet".to_owned(),
        tab: "CIS Worksheet",
        about: about.clone(),
        columns: WANTED.iter().map(|one| Column { heading: one.heading, width: 16 }).collect(),
        bands: &BANDS,
        fixed: 1,
        rows: rows.iter().map(cells).collect(),
    }
}

/// Reads a CIS worksheet from CSV in UTF-8 or from a workbook, of which the first worksheet counts that has the columns.
///
/// # Errors
/// The columns are not there, an id is no control id, or a cell under the two headings holds neither `X` nor nothing; with row and column.
pub fn read_cis(bytes: &[u8]) -> Result<Vec<CisRow>, SheetsError> {
    let grid = Grid::read(bytes, &WANTED)?;
    let mut rows = Vec::new();
    for record in grid.records() {
        let control = record.get(0).parse().map_err(|error: SheetsError| record.error(0, error.to_string()))?;
        let mut marked = [false; WANTED.len()];
        for (at, marked) in marked.iter_mut().enumerate().skip(1) {
            *marked = match record.get(at).trim() {
                "" => false,
                "X" | "x" => true,
                _ => return Err(record.unknown(at, "`X`; leave the cell blank or write `X`")),
            };
        }
        let marked = &marked;
        let set = |at: usize| marked.get(at).copied().unwrap_or_default();
        rows.push(CisRow {
            control,
            status: STATUSES.into_iter().zip(1..).filter(|(_, at)| set(*at)).map(|(one, _)| one).collect(),
            origination: ORIGINATIONS.into_iter().zip(1 + STATUSES.len()..).filter(|(_, at)| set(*at)).map(|(one, _)| one).collect(),
        });
    }
    Ok(rows)
}
