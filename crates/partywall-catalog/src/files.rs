use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rust_embed::RustEmbed;

use crate::CatalogError;

#[derive(RustEmbed)]
#[folder = "../../catalog"]
#[exclude = "*README.md"]
#[exclude = "reference/aws-models.zst"]
#[exclude = "reference/iam-data.zst"]
struct BuiltIn;

/// No catalogue file is near this; an overlay that points at something else is refused early.
const MAX_FILE: u64 = 16 << 20;

/// All catalogue files by path below the catalogue directory, the overlay's over the built-in ones.
pub(crate) fn read(overlay: Option<&Path>) -> Result<BTreeMap<Arc<str>, Vec<u8>>, CatalogError> {
    let mut files = BTreeMap::new();
    for path in BuiltIn::iter() {
        if let Some(file) = BuiltIn::get(&path) {
            files.insert(Arc::from(&*path), file.data.into_owned());
        }
    }
    if let Some(directory) = overlay {
        read_directory(directory, directory, &mut files)?;
    }
    Ok(files)
}

fn read_directory(root: &Path, directory: &Path, files: &mut BTreeMap<Arc<str>, Vec<u8>>) -> Result<(), CatalogError> {
    let failed = |path: &Path, source| CatalogError::Read { path: path.display().to_string(), source };
    let mut entries: Vec<_> =
        std::fs::read_dir(directory).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(|error| failed(directory, error))?;
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        let metadata = std::fs::metadata(&path).map_err(|error| failed(&path, error))?;
        if metadata.is_dir() {
            read_directory(root, &path, files)?;
        } else if path.file_name().is_none_or(|name| name != "README.md") && metadata.len() <= MAX_FILE {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            let bytes = std::fs::read(&path).map_err(|error| failed(&path, error))?;
            files.insert(Arc::from(name), bytes);
        }
    }
    Ok(())
}
