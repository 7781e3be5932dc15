//! The sheets that auditors and customers ask for: the responsibility matrix of a framework, FedRAMP's CIS and CRM worksheets, the PCI DSS
//! 12.8.5 matrix, the ownership columns of the CAIQ and the answers to what a report expects of its reader (CUEC).
//!
//! Input are plain structs that the caller fills; nothing is judged here. Each sheet is written as CSV and as a workbook, the matrix also as
//! one page. CIS and CRM worksheets, also those of providers, are read from both.
//!
//! What is not known stays blank: no sheet claims that a control is implemented because nobody looked.

mod caiq;
mod cell;
mod cis;
mod control;
mod crm;
mod cuec;
mod error;
mod fill;
mod grid;
mod heading;
mod matrix;
mod page;
mod pci;
mod responsibility;
mod sheet;
mod words;
mod xlsx;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod round_trip;

pub use caiq::{Csp, caiq_sheet};
pub use cis::{CisRow, ImplementationStatus, Origination, cis_rows, cis_sheet, read_cis};
pub use control::ControlPart;
pub use crm::{CrmRow, Inheritance, crm_rows, crm_sheet, read_crm};
pub use cuec::{CuecLine, cuec_sheet};
pub use error::SheetsError;
pub use fill::{FilledCaiq, KeptCell, fill_caiq};
pub use matrix::{About, Answer, DutyLine, ManualLine, Matrix, MatrixLine, Split, ThirdParty};
pub use page::matrix_html;
pub use pci::pci_sheet;
pub use responsibility::matrix_sheet;
pub use sheet::Sheet;

/// The most bytes of a file that is read: 50 MB.
pub const MAX_BYTES: usize = 50_000_000;
/// The most bytes that a workbook may unpack to, and the most text that is kept of a sheet.
pub const MAX_UNPACKED: u64 = 100_000_000;
/// The most rows of a sheet that are read.
pub const MAX_ROWS: usize = 100_000;
