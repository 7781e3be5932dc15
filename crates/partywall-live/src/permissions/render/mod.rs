//! The same permissions for the hands they go to: JSON documents, Terraform, CloudFormation, a table for people.

mod cloudformation;
mod json;
mod table;
mod terraform;

pub use cloudformation::cloudformation;
pub use json::json;
pub use table::table;
pub use terraform::terraform;
