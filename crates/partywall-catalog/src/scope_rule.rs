use std::sync::Arc;

use serde::Deserialize;

use crate::Position;

/// Which framework follows from something that the customer says of itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeRule {
    /// Where it is; filled in.
    #[serde(skip)]
    pub position: Option<Position>,
    /// The list of `scope.toml` that is looked at.
    pub list: ScopeList,
    /// The word in it.
    pub word: Arc<str>,
    /// What the word means.
    pub title: String,
    /// Frameworks that follow.
    #[serde(default)]
    pub frameworks: Vec<String>,
    /// Duties that follow whatever the frameworks say, as duty ids or `layer.*`.
    #[serde(default)]
    pub duties: Vec<String>,
    /// Manual evidence that follows, as evidence ids.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// Why, in one sentence.
    pub because: String,
}

/// The lists of `scope.toml` from which rules draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ScopeList {
    /// Kinds of data.
    Data,
    /// Laws and regulations.
    Laws,
    /// Contracts.
    Contracts,
    /// What the customer wants to reach.
    Objectives,
}

impl ScopeList {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Data, Self::Laws, Self::Contracts, Self::Objectives];

    /// The list's name in `scope.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Laws => "laws",
            Self::Contracts => "contracts",
            Self::Objectives => "objectives",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeFile {
    pub(crate) rule: Vec<ScopeRule>,
}
