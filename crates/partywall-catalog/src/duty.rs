use std::sync::Arc;

use partywall_model::Party;
use serde::Deserialize;

/// Where a layer stands on the model's chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Security *of* the cloud.
    Of,
    /// The wall itself: moves with service and settings.
    Wall,
    /// Security *in* the cloud.
    In,
    /// Each party has its own part of the same work.
    Both,
}

/// How often a duty is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// Once per resource.
    #[default]
    Resource,
    /// Once per service, account and region.
    Service,
    /// Once per account.
    Account,
}

/// One of the 22 courses of the wall.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// Such as `guest-os`.
    pub id: Arc<str>,
    /// For people.
    pub title: Arc<str>,
    /// Where it stands.
    pub side: Side,
    /// The row of the first screen that it is counted in.
    pub band: Arc<str>,
    /// The cell of the model's chart that it belongs to.
    pub chart: Arc<str>,
    /// What it covers.
    pub text: String,
}

/// Who owns a duty under which condition. The first condition known true decides, if all before it are known false.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnerRule {
    /// A predicate over the resource; the last rule, and only that one, has none.
    #[serde(default)]
    pub when: Option<String>,
    /// The owner then.
    pub party: Party,
}

/// A unit of ownership: layer + verb + object.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duty {
    /// Such as `engine-runtime.apply-minor-patch`.
    pub id: Arc<str>,
    /// Short imperative for screens.
    pub title: Arc<str>,
    /// How often it is counted.
    #[serde(default)]
    pub per: Per,
    /// True if every service and mode carries it.
    #[serde(default)]
    pub everywhere: bool,
    /// False if it is carried out by people alone, so that no setting of an account could ever show it.
    #[serde(default = "yes")]
    pub technical: bool,
    /// Owners where a service says nothing else.
    pub owner: Vec<OwnerRule>,
    /// What AWS does; empty if nothing.
    #[serde(default)]
    pub aws: String,
    /// What the customer does; empty if nothing.
    #[serde(default)]
    pub customer: String,
}

fn yes() -> bool {
    true
}

impl Duty {
    /// The layer's id: the part before the dot.
    pub fn layer(&self) -> &str {
        self.id.split('.').next().unwrap_or_default()
    }
}

/// A test of an owner rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyCase {
    /// Facts as read.
    pub given: toml::Table,
    /// Paths that could not be read.
    #[serde(default)]
    pub unknown: Vec<String>,
    /// A party, or `undetermined`.
    pub want: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DutiesFile {
    #[serde(rename = "layer")]
    pub(crate) layers: Vec<Layer>,
    #[serde(rename = "duty")]
    pub(crate) duties: Vec<Duty>,
}
