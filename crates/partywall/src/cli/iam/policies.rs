//! Policy documents of files.

use std::path::{Path, PathBuf};

use partywall_iam::eval::{Policy, PolicySet};
use serde::Deserialize;

use super::files::Inputs;

/// AWS's longest policy has 20,480 characters (IAM and STS quotas: bucket and registry policies of that size); white space is not counted there.
const MAX_BYTES: u64 = 1 << 20;

/// The text of a policy file; `-` is standard input.
pub(super) fn read(path: &Path) -> anyhow::Result<String> {
    super::files::read(path, MAX_BYTES)
}

/// The policy of a file, made ready under the file's name.
///
/// # Errors
/// As [`checked`].
pub(super) fn policy(path: &Path) -> anyhow::Result<Policy> {
    ready(path, &read(path)?)
}

/// The text of a policy that AWS would take.
///
/// # Errors
/// The file cannot be read, or holds what AWS refuses: all of it, with line and column.
pub(super) fn checked(path: &Path, inputs: &mut Inputs) -> anyhow::Result<String> {
    let text = inputs.read(path, MAX_BYTES)?;
    ready(path, &text)?;
    Ok(text)
}

/// The policy of a text that was read from the file.
///
/// # Errors
/// Everything in it that AWS refuses, with line and column.
pub(super) fn ready(path: &Path, text: &str) -> anyhow::Result<Policy> {
    Policy::read(path.display().to_string(), text).map_err(|flaws| {
        let flaws: Vec<String> = flaws.iter().map(|flaw| format!("{}: {flaw}", path.display())).collect();
        anyhow::anyhow!("{}; AWS refuses such a policy: `partywall iam lint {}` shows all that is wrong", flaws.join("; "), path.display())
    })
}

/// Files of control policies as options have them: one text for each level, files separated by commas; `None` if there are none.
pub(super) fn levels(given: &[String]) -> Option<Vec<Vec<PathBuf>>> {
    (!given.is_empty()).then(|| given.iter().map(|level| level.split(',').map(PathBuf::from).collect()).collect())
}

/// Files of the policies that bear on a request, by kind.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyFiles {
    /// Attached to the caller.
    #[serde(default)]
    pub(super) identity: Vec<PathBuf>,
    /// Of the resource.
    #[serde(default)]
    pub(super) resource: Vec<PathBuf>,
    /// The caller's boundary; `None`: there is none.
    pub(super) boundary: Option<Vec<PathBuf>>,
    /// Session policies.
    pub(super) session: Option<Vec<PathBuf>>,
    /// Service control policies, level by level from the root of the organization.
    pub(super) scp: Option<Vec<Vec<PathBuf>>>,
    /// Resource control policies, likewise.
    pub(super) rcp: Option<Vec<Vec<PathBuf>>>,
    /// Of the VPC endpoint.
    pub(super) endpoint: Option<Vec<PathBuf>>,
}

impl PolicyFiles {
    /// Takes over each kind that this does not name.
    pub(super) fn over(self, base: &Self) -> Self {
        let own = |own: Vec<PathBuf>, base: &Vec<PathBuf>| if own.is_empty() { base.clone() } else { own };
        Self {
            identity: own(self.identity, &base.identity),
            resource: own(self.resource, &base.resource),
            boundary: self.boundary.or_else(|| base.boundary.clone()),
            session: self.session.or_else(|| base.session.clone()),
            scp: self.scp.or_else(|| base.scp.clone()),
            rcp: self.rcp.or_else(|| base.rcp.clone()),
            endpoint: self.endpoint.or_else(|| base.endpoint.clone()),
        }
    }

    /// Reads the files; relative paths are those from `base`.
    ///
    /// # Errors
    /// The first file that cannot be read or that AWS would refuse, with line and column.
    pub(super) fn read(&self, base: &Path) -> anyhow::Result<PolicySet> {
        let list = |files: &Vec<PathBuf>| files.iter().map(|file| policy(&base.join(file))).collect::<anyhow::Result<Vec<_>>>();
        let levels = |levels: &Vec<Vec<PathBuf>>| levels.iter().map(list).collect::<anyhow::Result<Vec<_>>>();
        Ok(PolicySet {
            identity: list(&self.identity)?,
            resource: list(&self.resource)?,
            boundary: self.boundary.as_ref().map(list).transpose()?,
            session: self.session.as_ref().map(list).transpose()?,
            scp: self.scp.as_ref().map(levels).transpose()?,
            rcp: self.rcp.as_ref().map(levels).transpose()?,
            endpoint: self.endpoint.as_ref().map(list).transpose()?,
            ..PolicySet::default()
        })
    }
}
