use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, OnceLock, RwLock};

use indexmap::IndexMap;

use crate::duty::DutiesFile;
use crate::eol::EolFile;
use crate::evidence::EvidenceFile;
use crate::framework_file::FrameworkFile;
use crate::parse::{has_stem, parse, stem};
use crate::scope_rule::ScopeFile;
use crate::series::SeriesFile;
use crate::{
    CatalogError, Check, Column, Duty, EolTable, Evidence, Framework, IndexNames, Layer, Position, Registry, ResourceType, Runbook, Schema,
    ScopeRule, Series, Service, front_matter,
};

/// The whole catalogue in memory.
#[derive(Debug)]
pub struct Catalog {
    /// Checks by id, sorted.
    pub checks: IndexMap<Arc<str>, Arc<Check>>,
    /// Resource types with a file, by type name.
    pub types: IndexMap<Arc<str>, Arc<ResourceType>>,
    /// Layers in the wall's order.
    pub layers: Vec<Arc<Layer>>,
    /// Duties by id.
    pub duties: IndexMap<Arc<str>, Arc<Duty>>,
    /// Services by id.
    pub services: IndexMap<Arc<str>, Arc<Service>>,
    /// Frameworks by id.
    pub frameworks: IndexMap<Arc<str>, Arc<Framework>>,
    /// Manual evidence by id.
    pub evidence: IndexMap<Arc<str>, Arc<Evidence>>,
    /// Runbooks by id.
    pub runbooks: IndexMap<Arc<str>, Arc<Runbook>>,
    /// Series of attestations by id.
    pub series: IndexMap<Arc<str>, Arc<Series>>,
    /// What follows from a scope.
    pub scope_rules: Vec<Arc<ScopeRule>>,
    /// End-of-support dates.
    pub eol: EolTable,
    /// Names in the index of AWS Resource Explorer.
    pub index_names: IndexNames,
    pub(crate) registry: Registry,
    bare: RwLock<HashMap<Box<str>, Arc<ResourceType>>>,
    /// Filled at the first question; checks do not change after loading.
    by_duty: OnceLock<HashMap<Arc<str>, Vec<Arc<Check>>>>,
    fingerprint: String,
}

impl Catalog {
    /// Reads the built-in catalogue, overlaid by a user's directory if given.
    ///
    /// # Errors
    /// The first file that is broken, with its position.
    pub fn load(overlay: Option<&Path>) -> Result<Self, CatalogError> {
        let files = crate::files::read(overlay)?;
        let mut hash = Fnv::default();
        let mut catalog = Self {
            checks: IndexMap::new(),
            types: IndexMap::new(),
            layers: Vec::new(),
            duties: IndexMap::new(),
            services: IndexMap::new(),
            frameworks: IndexMap::new(),
            evidence: IndexMap::new(),
            runbooks: IndexMap::new(),
            series: IndexMap::new(),
            scope_rules: Vec::new(),
            eol: EolTable::default(),
            index_names: IndexNames::default(),
            registry: match files.get("reference/registry-columns.jsonl.zst") {
                Some(bytes) => Registry::unpack(bytes)?,
                None => {
                    return Err(CatalogError::Reference { file: "registry-columns.jsonl.zst", message: "the file is missing".to_owned() });
                }
            },
            bare: RwLock::default(),
            by_duty: OnceLock::new(),
            fingerprint: String::new(),
        };
        for (path, bytes) in &files {
            hash.add(path.as_bytes());
            hash.add(bytes);
        }
        let is_framework = |path: &str| path.starts_with("frameworks/");
        // Frameworks are a third of all text, and nothing else waits for them.
        let parsed = std::thread::scope(|scope| {
            let frameworks = scope.spawn(|| {
                files.iter().filter(|(path, _)| is_framework(path)).map(|(path, bytes)| FrameworkFile::read(path, bytes)).collect()
            });
            let is_packed = |path: &str| path.starts_with("reference/") && path.rsplit('.').next() == Some("zst");
            for (path, bytes) in files.iter().filter(|(path, _)| !is_framework(path) && !is_packed(path)) {
                catalog.add_file(path, bytes)?;
            }
            let panicked = || CatalogError::Layout { file: "frameworks".to_owned(), message: "reading ended early".to_owned() };
            let parsed: Result<Vec<FrameworkFile>, CatalogError> = frameworks.join().map_err(|_| panicked())?;
            parsed
        })?;
        for file in parsed {
            catalog.add_framework(file)?;
        }
        catalog.select()?;
        catalog.fingerprint = format!("{}+{:016x}", env!("CARGO_PKG_VERSION"), hash.0);
        Ok(catalog)
    }

    fn add_file(&mut self, path: &Arc<str>, bytes: &[u8]) -> Result<(), CatalogError> {
        let layout = |message: &str| CatalogError::Layout { file: path.to_string(), message: message.to_owned() };
        let text = std::str::from_utf8(bytes).map_err(|_| layout("not UTF-8 text; save the file as UTF-8"))?;
        let parts: Vec<&str> = path.split('/').collect();
        match parts.as_slice() {
            ["duties.toml"] => {
                let (file, _) = parse::<DutiesFile>(path, text)?;
                self.layers = file.layers.into_iter().map(Arc::new).collect();
                self.duties = file.duties.into_iter().map(|duty| (duty.id.clone(), Arc::new(duty))).collect();
            }
            ["reference", "eol.toml"] => self.eol = EolTable::new(parse::<EolFile>(path, text)?.0),
            ["reference", "resource-explorer.toml"] => self.index_names = parse::<IndexNames>(path, text)?.0,
            ["reference", _] => {}
            ["checks", service, name] if has_stem(name) => {
                let (mut check, position) = parse::<Check>(path, text)?;
                check.id = Arc::from(format!("{service}.{}", stem(name)));
                check.position = Some(position);
                check.text = Arc::from(text);
                self.checks.insert(check.id.clone(), Arc::new(check));
            }
            ["resources", _, name] if has_stem(name) => {
                let (mut file, position) = parse::<ResourceType>(path, text)?;
                file.position = Some(position);
                let file = self.complete(file);
                if let Some(message) = broken_fold_or_path(&file) {
                    return Err(layout(&message));
                }
                self.types.insert(file.name.clone(), Arc::new(file));
            }
            ["services", name] if has_stem(name) => {
                let (mut service, position) = parse::<Service>(path, text)?;
                if &*service.id != stem(name) {
                    return Err(layout("`id` differs from the file name; make them equal"));
                }
                service.position = Some(position);
                self.services.insert(service.id.clone(), Arc::new(service));
            }
            ["evidence", name] if has_stem(name) => {
                let (file, position) = parse::<EvidenceFile>(path, text)?;
                for mut evidence in file.evidence {
                    if evidence.id.split_once('.').map(|(topic, _)| topic) != Some(stem(name)) {
                        return Err(layout(&format!("`{}` does not begin with the file's name", evidence.id)));
                    }
                    evidence.position = Some(position.clone());
                    if self.evidence.insert(evidence.id.clone(), Arc::new(evidence)).is_some() {
                        return Err(layout("one id is given twice"));
                    }
                }
            }
            ["attestations.toml"] => {
                let (file, position) = parse::<SeriesFile>(path, text)?;
                for mut series in file.series {
                    series.position = Some(position.clone());
                    self.series.insert(series.id.clone(), Arc::new(series));
                }
            }
            ["scope.toml"] => {
                let (file, position) = parse::<ScopeFile>(path, text)?;
                self.scope_rules.extend(file.rule.into_iter().map(|rule| Arc::new(ScopeRule { position: Some(position.clone()), ..rule })));
            }
            ["runbooks", name] if name.strip_suffix(".md").is_some_and(|stem| !stem.is_empty()) => {
                let (head, range, body) = front_matter(text).ok_or_else(|| layout("a runbook begins with TOML between two lines `+++`"))?;
                let mut runbook: Runbook = toml::from_str(head).map_err(|error| CatalogError::Syntax {
                    position: Position::of(path, text, error.span().map(|span| span.start + range.start..span.end + range.start)),
                    message: error.message().replace('\n', " "),
                })?;
                runbook.id = Arc::from(name.strip_suffix(".md").unwrap_or(name));
                runbook.position = Some(Position { file: path.clone(), line: 1, column: 1 });
                runbook.body = Arc::from(body);
                self.runbooks.insert(runbook.id.clone(), Arc::new(runbook));
            }
            _ => return Err(layout("no place for this file; see the layout in CONTRIBUTING.md")),
        }
        Ok(())
    }

    fn add_framework(&mut self, file: FrameworkFile) -> Result<(), CatalogError> {
        match file {
            FrameworkFile::Head(framework) => {
                self.frameworks.insert(framework.id.clone(), Arc::new(*framework));
            }
            // Sorted paths put `<id>.toml` before `<id>/…` only by luck of `.` and `/`; the head is asked for, not assumed.
            FrameworkFile::Part { path, id, part } => {
                let missing = || CatalogError::Layout {
                    file: path.to_string(),
                    message: format!("there is no head `frameworks/{id}.toml` for this part"),
                };
                let head = Arc::make_mut(self.frameworks.get_mut(&*id).ok_or_else(missing)?);
                head.groups.extend(part.groups);
                head.requirements.extend(part.requirements);
            }
        }
        Ok(())
    }

    /// Fills in the lines of the frameworks that select from another.
    fn select(&mut self) -> Result<(), CatalogError> {
        let selections: Vec<Arc<str>> = self.frameworks.values().filter(|one| one.of.is_some()).map(|one| one.id.clone()).collect();
        for id in selections {
            let Some(mut selection) = self.frameworks.get(&id).cloned() else { continue };
            let failed = |message: String| CatalogError::Layout { file: format!("frameworks/{id}.toml"), message };
            let of = selection.of.clone().unwrap_or_default();
            let whole = self.frameworks.get(&of).filter(|whole| whole.of.is_none());
            let whole = whole.ok_or_else(|| failed(format!("there is no whole framework `{of}` to select from")))?;
            Arc::make_mut(&mut selection).take_from(whole).map_err(failed)?;
            self.frameworks.insert(id, selection);
        }
        Ok(())
    }

    /// Fills in what a type file takes from the registry and from its computed columns.
    fn complete(&self, mut file: ResourceType) -> ResourceType {
        file.registry = self.registry.get(&file.name);
        let mut schema = file.registry.as_ref().map(|registry| registry.schema()).unwrap_or_default();
        if let Some(Column::Struct(more)) = &file.columns {
            for (key, column) in more.iter() {
                schema.insert(key.clone(), column.clone());
            }
        }
        file.schema = Arc::new(schema);
        file
    }

    /// The type of that name: its file's, else a bare one from the registry. `None` if nobody knows the name.
    pub fn resource_type(&self, name: &str) -> Option<Arc<ResourceType>> {
        if let Some(known) = self.types.get(name) {
            return Some(known.clone());
        }
        if let Some(known) = self.bare.read().ok()?.get(name) {
            return Some(known.clone());
        }
        let registry = self.registry.get(name)?;
        let bare = Arc::new(ResourceType {
            name: registry.name.clone(),
            position: None,
            title: registry.name.clone(),
            global: false,
            id: None,
            display_name: None,
            names: Vec::new(),
            arn: None,
            region: None,
            secrets: Vec::new(),
            blind: std::collections::BTreeMap::new(),
            columns: None,
            defaults: Vec::new(),
            implied_by: Vec::new(),
            undecided: Vec::new(),
            config: crate::ConfigShape::default(),
            reads: Vec::new(),
            folds: Vec::new(),
            derives: Vec::new(),
            schema: Arc::new(registry.schema()),
            registry: Some(registry),
        });
        self.bare.write().ok()?.insert(Box::from(name), bare.clone());
        Some(bare)
    }

    /// Adds computed columns to the schemas: the collector knows what its functions return.
    pub fn with_derived(mut self, columns_of: impl Fn(&str) -> Option<Column>) -> Result<Self, CatalogError> {
        for file in self.types.values_mut() {
            if file.derives.is_empty() {
                continue;
            }
            let file = Arc::make_mut(file);
            let mut schema = Schema::clone(&file.schema);
            for derive in &file.derives {
                match columns_of(&derive.function) {
                    Some(column) => schema.insert_at(&derive.path, column),
                    None => {
                        return Err(CatalogError::Layout {
                            file: file.position.as_ref().map(ToString::to_string).unwrap_or_default(),
                            message: format!("`{}` is no derive function; see docs/src/reference/derive.md", derive.function),
                        });
                    }
                }
            }
            file.schema = Arc::new(schema);
        }
        Ok(self)
    }

    /// The service that a type belongs to.
    pub fn service_of(&self, resource_type: &str) -> Option<&Arc<Service>> {
        self.services.values().find(|service| service.types.iter().any(|name| &**name == resource_type))
    }

    /// A framework by id or alias.
    pub fn framework(&self, id: &str) -> Option<&Arc<Framework>> {
        self.frameworks.get(id).or_else(|| self.frameworks.values().find(|framework| framework.aliases.iter().any(|alias| alias == id)))
    }

    /// The checks that a pattern names, in the order of their ids: a check id, the beginning of check ids with `*`, a duty id or `layer.*`.
    pub fn checks_of<'a>(&'a self, pattern: &'a str) -> Box<dyn Iterator<Item = &'a Arc<Check>> + 'a> {
        let layer = pattern.strip_suffix(".*").filter(|layer| self.layer(layer).is_some());
        match (layer, pattern.strip_suffix('*')) {
            (Some(layer), _) => Box::new(self.checks.values().filter(move |check| check.duty.split('.').next() == Some(layer))),
            (None, Some(beginning)) => Box::new(self.checks.values().filter(move |check| check.id.starts_with(beginning))),
            (None, None) => {
                let of_duty = self.checks_by_duty().get(pattern).into_iter().flatten();
                Box::new(self.checks.get(pattern).into_iter().chain(of_duty))
            }
        }
    }

    /// Frameworks ask this thousands of times in a run.
    fn checks_by_duty(&self) -> &HashMap<Arc<str>, Vec<Arc<Check>>> {
        self.by_duty.get_or_init(|| {
            let mut found: HashMap<Arc<str>, Vec<Arc<Check>>> = HashMap::new();
            for check in self.checks.values() {
                found.entry(check.duty.clone()).or_default().push(check.clone());
            }
            found
        })
    }

    /// The layer of that id.
    pub fn layer(&self, id: &str) -> Option<&Arc<Layer>> {
        self.layers.iter().find(|layer| &*layer.id == id)
    }

    /// The release and a hash over all files: equal fingerprints mean equal knowledge.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The registry.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
}

/// What is wrong with the folds or the undecided paths of a type, if anything: a fold that finds nothing, or a path that does not
/// exist, would make facts out of what nobody read.
fn broken_fold_or_path(file: &ResourceType) -> Option<String> {
    let named = file.folds.iter().filter_map(|fold| fold.named_by.as_ref());
    let undecided = file.undecided.iter().flat_map(|undecided| undecided.when.iter().chain(&undecided.paths));
    if let Some(path) = named.chain(undecided).find(|path| file.schema.at(path).is_none()) {
        return Some(format!("`{path}` is no property of `{}`", file.name));
    }
    let fold = file.folds.iter().find(|fold| fold.key.names().is_empty() == fold.named_by.is_none())?;
    Some(format!("the fold from `{}` needs either `key` or `named_by`", fold.from))
}

/// FNV-1a, 64 bits: enough to tell catalogues apart; nothing trusts it for more.
struct Fnv(u64);

impl std::default::Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_and_undecided_paths_that_lead_nowhere_are_refused() {
        let directory = std::env::temp_dir().join(format!("partywall-catalog-{}", std::process::id()));
        let file = directory.join("resources/iam/role.toml");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        for (part, want) in [
            ("[[fold]]\nfrom = \"AWS::IAM::Policy\"\nkey = \"Roles\"\ninto = \"Policies\"\n", None),
            ("[[fold]]\nfrom = \"AWS::IAM::Policy\"\nnamed_by = \"ManagedPolicyArns\"\ninto = \"Policies\"\n", None),
            (
                "[[fold]]\nfrom = \"AWS::IAM::Policy\"\nnamed_by = \"PolicyArns\"\ninto = \"Policies\"\n",
                Some("`PolicyArns` is no property"),
            ),
            ("[[fold]]\nfrom = \"AWS::IAM::Policy\"\ninto = \"Policies\"\n", Some("needs either `key` or `named_by`")),
            ("[[undecided]]\nwhen = [\"Path\"]\npaths = [\"Names\"]\nnote = \"n\"\n", Some("`Names` is no property")),
        ] {
            std::fs::write(&file, format!("type = \"AWS::IAM::Role\"\ntitle = \"role\"\n{part}")).unwrap();
            let message = Catalog::load(Some(&directory)).err().map(|error| error.to_string());
            match want {
                None => assert_eq!(message, None, "{part}"),
                Some(want) => assert!(message.as_ref().is_some_and(|message| message.contains(want)), "{part}: {message:?}"),
            }
        }
        std::fs::remove_dir_all(directory).unwrap();
    }
}
