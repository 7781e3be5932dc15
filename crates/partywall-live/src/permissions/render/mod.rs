//! The same permissions for the hands they go to: JSON documents, Terraform, CloudFormation, a table for people.

mod cloudformation;
mod denied;
mod json;
mod table;
mod terraform;
mod verified;

pub use cloudformation::cloudformation;
pub use denied::denied;
pub use json::json;
pub use table::table;
pub use terraform::terraform;
pub use verified::verified;
