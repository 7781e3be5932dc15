use std::sync::Arc;

use crate::framework::FrameworkPart;
use crate::parse::{has_stem, parse, stem};
use crate::{CatalogError, Framework};

/// A file of a framework, parsed.
pub(crate) enum FrameworkFile {
    Head(Box<Framework>),
    Part { path: Arc<str>, id: String, part: FrameworkPart },
}

impl FrameworkFile {
    /// Parses a head `frameworks/<id>.toml` or a part `frameworks/<id>/<part>.toml`.
    pub(crate) fn read(path: &Arc<str>, bytes: &[u8]) -> Result<Self, CatalogError> {
        let layout = |message: &str| CatalogError::Layout { file: path.to_string(), message: message.to_owned() };
        let text = std::str::from_utf8(bytes).map_err(|_| layout("not UTF-8 text; save the file as UTF-8"))?;
        match path.split('/').collect::<Vec<&str>>().as_slice() {
            ["frameworks", name] if has_stem(name) => {
                let (mut framework, position) = parse::<Framework>(path, text)?;
                if &*framework.id != stem(name) {
                    return Err(layout("`id` differs from the file name; make them equal"));
                }
                framework.position = Some(position);
                Ok(Self::Head(Box::new(framework)))
            }
            ["frameworks", id, name] if has_stem(name) => {
                let (part, _) = parse::<FrameworkPart>(path, text)?;
                Ok(Self::Part { path: path.clone(), id: (*id).to_owned(), part })
            }
            _ => Err(layout("no place for this file; see the layout in CONTRIBUTING.md")),
        }
    }
}
