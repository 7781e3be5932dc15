//! Ids as people write them.

use anyhow::bail;

/// Refuses what is no account's id.
///
/// # Errors
/// The text, and what to write.
pub(super) fn is_account(id: &str) -> anyhow::Result<()> {
    if id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        bail!("`{id}` is no account; write its 12 digits");
    }
    Ok(())
}

/// Refuses what is no organization's id.
///
/// # Errors
/// The text, and what to write.
pub(super) fn is_organization(id: &str) -> anyhow::Result<()> {
    if !id.strip_prefix("o-").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        bail!("`{id}` is no organization; write its id, such as `o-a1b2c3d4e5`");
    }
    Ok(())
}
