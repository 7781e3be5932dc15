use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::{CatalogError, Position};

/// True if a name is `<stem>.toml`.
pub(crate) fn has_stem(name: &str) -> bool {
    name.strip_suffix(".toml").is_some_and(|stem| !stem.is_empty())
}

/// The name without `.toml`.
pub(crate) fn stem(name: &str) -> &str {
    name.strip_suffix(".toml").unwrap_or(name)
}

/// A TOML file, and its first position.
pub(crate) fn parse<T: DeserializeOwned>(path: &Arc<str>, text: &str) -> Result<(T, Position), CatalogError> {
    match toml::from_str(text) {
        Ok(value) => Ok((value, Position { file: path.clone(), line: 1, column: 1 })),
        Err(error) => {
            Err(CatalogError::Syntax { position: Position::of(path, text, error.span()), message: error.message().replace('\n', " ") })
        }
    }
}
