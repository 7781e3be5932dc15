//! Credentials: AWS's own chain, roles taken on through this client, and keeping both until shortly before they expire.

mod identity;
mod role;
mod session;
#[cfg(test)]
mod tests;

pub use identity::Identity;
pub use role::{AskCode, AssumedRole, Mfa, Role};
pub use session::{Session, SessionError, SessionOptions};
