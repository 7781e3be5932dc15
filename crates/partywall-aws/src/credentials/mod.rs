//! Credentials: AWS's own chain, roles taken on through this client, and keeping both until shortly before they expire.

mod identity;

pub use identity::Identity;
