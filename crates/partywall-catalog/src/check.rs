use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use partywall_model::Severity;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::parse::parse;
use crate::{CatalogError, Position};

/// Ids of the same check in other tools: tool → ids. Tools: securityhub, config, prowler, checkov, cfn-guard, cfn-nag, kics, trivy.
pub type Equivalents = BTreeMap<String, Vec<String>>;

/// One check: a predicate over one resource type that verifies one customer duty. One file, `checks/<service>/<name>.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// `<service>.<file name>`; filled in from the path.
    #[serde(skip)]
    pub id: Arc<str>,
    /// Where the file is; filled in.
    #[serde(skip)]
    pub position: Option<Position>,
    /// The file's text, for messages that point into it; filled in.
    #[serde(skip)]
    pub text: Arc<str>,
    /// The good state, as a sentence without a stop.
    pub title: Arc<str>,
    /// How much a failure hurts.
    pub severity: Severity,
    /// The release that brought the check.
    pub since: String,
    /// The type whose rows are checked.
    pub resource: Arc<str>,
    /// The customer duty that the check verifies.
    pub duty: Arc<str>,
    /// Framework id → requirement ids.
    #[serde(default)]
    pub controls: BTreeMap<String, Vec<String>>,
    /// The same check elsewhere.
    #[serde(default)]
    pub equivalents: Equivalents,
    /// What goes wrong if it fails.
    pub why: String,
    /// Known false: the check does not apply to the row.
    #[serde(default)]
    pub applies: Option<String>,
    /// Known true: the row passes.
    pub pass: String,
    /// Joined facts.
    #[serde(default)]
    pub join: Option<Join>,
    /// What to do.
    pub fix: Fix,
    /// The cases are skipped at first: few commands want them, and they are most of the file.
    #[serde(default, rename = "case")]
    _skipped: IgnoredAny,
    #[serde(skip)]
    cases: OnceLock<Vec<Case>>,
}

impl Check {
    /// Tests that are also the documentation's examples.
    ///
    /// # Errors
    /// One is not of the form of [`Case`], with its position.
    pub fn cases(&self) -> Result<&[Case], CatalogError> {
        #[derive(Deserialize)]
        struct Cases {
            #[serde(default)]
            case: Vec<Case>,
        }
        if let Some(read) = self.cases.get() {
            return Ok(read);
        }
        let file = self.position.as_ref().map(|position| position.file.clone()).unwrap_or_default();
        let (read, _) = parse::<Cases>(&file, &self.text)?;
        Ok(self.cases.get_or_init(|| read.case))
    }
}

/// SQL that yields further columns, one row per `_arn` of the check's type.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// `select _arn, … from …`.
    pub sql: String,
}

/// How to mend a failure. `{Property.Path}`, `{_id}`, `{_arn}`, `{_region}`, `{_account}` are filled in from the row.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// Where to click.
    pub console: String,
    /// AWS CLI commands.
    pub cli: String,
    /// Properties to set in a template, YAML.
    pub cloudformation: String,
    /// The same in Terraform.
    pub terraform: String,
}

/// Which kind of source a case pretends to be; decides which defaults apply and which paths are blind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseSource {
    /// Answers of API calls.
    #[default]
    Api,
    /// A template.
    CloudFormation,
    /// AWS Config.
    Config,
}

/// One test of a check.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What the case shows.
    pub name: String,
    /// The expected status: pass, fail, unknown, not_applicable.
    pub want: partywall_model::Status,
    /// Facts as read, before defaults, fold and derive.
    pub given: toml::Table,
    /// Paths that could not be read.
    #[serde(default)]
    pub unknown: Vec<String>,
    /// The kind of source.
    #[serde(default)]
    pub source: CaseSource,
    /// Rows of other types in the same account and region.
    #[serde(default)]
    pub tables: BTreeMap<String, Vec<toml::Table>>,
    /// The day on which the case is judged; the check's end-of-life table date if absent.
    #[serde(default)]
    pub as_of: Option<toml::value::Datetime>,
    /// The day on which the case's facts were read; nothing says so if absent.
    #[serde(default)]
    pub read_on: Option<toml::value::Datetime>,
}
