use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, RwLock};

use serde::Deserialize;

use crate::{CatalogError, Schema};

const FILE: &str = "registry-columns.jsonl.zst";
/// The whole registry is about 8 MB; a damaged header must not ask for more.
const MAX_BYTES: usize = 64 << 20;

/// One type of the CloudFormation registry, reduced to what columns need.
#[derive(Debug, Clone, Deserialize)]
pub struct RegistryType {
    /// Type name.
    #[serde(rename = "type")]
    pub name: Arc<str>,
    /// Primary identifier, property paths.
    pub id: Vec<Arc<str>>,
    /// Paths only AWS sets; `[]` marks a list step.
    #[serde(rename = "ro")]
    pub read_only: Vec<Arc<str>>,
    /// Paths AWS never returns.
    #[serde(rename = "wo")]
    pub write_only: Vec<Arc<str>>,
    /// Property that holds the tags.
    pub tags: Option<Arc<str>>,
    /// All properties.
    pub columns: crate::Column,
}

impl RegistryType {
    /// The properties as a schema.
    pub fn schema(&self) -> Schema {
        match &self.columns {
            crate::Column::Struct(schema) => schema.clone(),
            _ => Schema::default(),
        }
    }
}

/// The column schemas of all registry types, read when asked for. Source: AWS's published resource schemas as packaged by cfn-lint (MIT-0).
pub struct Registry {
    text: String,
    lines: HashMap<Box<str>, std::ops::Range<usize>>,
    parsed: RwLock<HashMap<Box<str>, Arc<RegistryType>>>,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("types", &self.lines.len()).finish_non_exhaustive()
    }
}

impl Registry {
    /// Unpacks and indexes the generated file.
    ///
    /// # Errors
    /// The file is damaged.
    pub fn unpack(bytes: &[u8]) -> Result<Self, CatalogError> {
        let damaged = |message: String| CatalogError::Reference { file: FILE, message };
        // The file names its size; without it, the most that is allowed would stay reserved.
        let size = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten().and_then(|size| usize::try_from(size).ok());
        let text = zstd::bulk::decompress(bytes, size.unwrap_or(MAX_BYTES).min(MAX_BYTES)).map_err(|error| damaged(error.to_string()))?;
        let text = String::from_utf8(text).map_err(|error| damaged(error.to_string()))?;
        let mut lines = HashMap::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let range = start..start + line.len();
            start = range.end;
            let name = line.strip_prefix(r#"{"type":""#).and_then(|rest| rest.split('"').next());
            if let Some(name) = name {
                lines.insert(Box::from(name), range);
            }
        }
        if lines.is_empty() {
            return Err(damaged("no types".to_owned()));
        }
        Ok(Self { text, lines, parsed: RwLock::default() })
    }

    /// The type of that name, if the registry has it and its line is sound.
    pub fn get(&self, name: &str) -> Option<Arc<RegistryType>> {
        if let Some(known) = self.parsed.read().ok()?.get(name) {
            return Some(known.clone());
        }
        let range = self.lines.get(name)?.clone();
        let parsed: Arc<RegistryType> = Arc::new(serde_json::from_str(self.text.get(range)?).ok()?);
        self.parsed.write().ok()?.insert(Box::from(name), parsed.clone());
        Some(parsed)
    }

    /// All type names, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lines.keys().map(AsRef::as_ref)
    }

    /// The number of types.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}
