//! FedRAMP's CRM worksheet (customer responsibility matrix): per control or part of one, what a customer can inherit and what it has to do.

use crate::cis::controls;
use crate::grid::Grid;
use crate::heading::Wanted;
use crate::sheet::Column;
use crate::words::{customer_part, labelled, lines, third_parties};
use crate::{About, ControlPart, Matrix, MatrixLine, Sheet, SheetsError, Split};

/// What a customer can inherit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inheritance {
    /// All of it.
    Yes,
    /// Some of it; the text says what.
    Partial,
    /// Nothing.
    No,
}

/// One row of the worksheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrmRow {
    /// The control or part.
    pub control: ControlPart,
    /// What can be inherited; `None`: the sheet does not say, so nothing can be claimed from it.
    pub inheritance: Option<Inheritance>,
    /// What is inherited and what the customer has to do.
    pub text: String,
}

/// The columns of FedRAMP's template (revision 5), in its order.
const WANTED: [Wanted; 3] = [
    Wanted::exactly("Control ID"),
    Wanted { heading: "Can Be Inherited from CSP", aliases: &["Can Be Inherited"], longer: false, above: false },
    Wanted {
        heading: "Specific Inheritance and Customer Agency/CSP Responsibilities",
        aliases: &["Specific Inheritance and Customer Responsibilities"],
        longer: true,
        above: false,
    },
];

/// The rows of a framework of NIST SP 800-53: one per part where a control has parts, else one per control.
///
/// # Errors
/// A requirement's id is no control id: the framework is not one of NIST SP 800-53.
pub fn crm_rows(matrix: &Matrix) -> Result<Vec<CrmRow>, SheetsError> {
    let mut rows = Vec::new();
    for line in &matrix.lines {
        let (inheritance, text) = inheritance(line);
        let row = |control| CrmRow { control, inheritance: Some(inheritance), text: text.clone() };
        rows.extend(controls(line)?.into_iter().map(row));
    }
    Ok(rows)
}

/// By the guidance of the template: all inherited needs no words, some needs both sides', nothing needs the customer's.
fn inheritance(line: &MatrixLine) -> (Inheritance, String) {
    match line.split {
        Split::Aws => (Inheritance::Yes, String::new()),
        Split::Shared => {
            let both = [labelled("AWS", &line.aws_part), labelled("Customer", &customer_part(line)), third_parties(line)];
            (Inheritance::Partial, lines(both))
        }
        Split::Customer => (Inheritance::No, lines([customer_part(line), third_parties(line)])),
    }
}

/// The worksheet of these rows.
pub fn crm_sheet(rows: &[CrmRow], about: &About) -> Sheet {
    let cells = |row: &CrmRow| {
        let inheritance = match row.inheritance {
            Some(Inheritance::Yes) => "Yes",
            Some(Inheritance::Partial) => "Partial",
            Some(Inheritance::No) => "No",
            None => "",
        };
        vec![row.control.to_string(), inheritance.to_owned(), row.text.clone()]
    };
    Sheet {
        title: "FedRAMP Customer Responsibility Matrix (CRM) Worksheet".to_owned(),
        tab: "CRM Worksheet",
        about: about.clone(),
        columns: WANTED.iter().zip([16, 16, 100]).map(|(one, width)| Column { heading: one.heading, width }).collect(),
        bands: &[],
        fixed: 1,
        rows: rows.iter().map(cells).collect(),
    }
}

/// Reads a CRM worksheet, one's own or a provider's, from CSV in UTF-8 or from a workbook, of which the first worksheet counts that has the
/// columns.
///
/// # Errors
/// The columns are not there, an id is no control id, or what can be inherited is none of yes, partial, no and blank; with row and column.
pub fn read_crm(bytes: &[u8]) -> Result<Vec<CrmRow>, SheetsError> {
    let grid = Grid::read(bytes, &WANTED)?;
    let mut rows = Vec::new();
    for record in grid.records() {
        let control = record.get(0).parse().map_err(|error: SheetsError| record.error(0, error.to_string()))?;
        let inheritance = match record.get(1).trim().to_lowercase().as_str() {
            "yes" => Some(Inheritance::Yes),
            "partial" => Some(Inheritance::Partial),
            "no" => Some(Inheritance::No),
            "" => None,
            _ => return Err(record.unknown(1, "one of `Yes`, `Partial` and `No`")),
        };
        rows.push(CrmRow { control, inheritance, text: record.get(2).to_owned() });
    }
    Ok(rows)
}
