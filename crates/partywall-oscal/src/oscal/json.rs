use std::sync::Arc;

use partywall_catalog::Position;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value as Json;

use super::{Catalog, Profile};
use crate::{OscalError, unpack};

/// What a JSON or YAML file holds.
#[derive(Debug)]
pub(crate) enum Model {
    Catalog(Box<Catalog>),
    Profile(Box<Profile>),
    /// A CloudFormation-like file: it has `Resources`.
    Template,
}

/// The top of a file. Of kinds that are no frameworks only the name is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Root {
    catalog: Option<Box<Catalog>>,
    profile: Option<Box<Profile>>,
    #[serde(rename = "Resources")]
    resources: Option<IgnoredAny>,
    component_definition: Option<IgnoredAny>,
    system_security_plan: Option<IgnoredAny>,
    assessment_plan: Option<IgnoredAny>,
    assessment_results: Option<IgnoredAny>,
    plan_of_action_and_milestones: Option<IgnoredAny>,
    mapping_collection: Option<IgnoredAny>,
}

/// Reads JSON text.
///
/// # Errors
/// No JSON, members of another type than OSCAL's, too many or too deep objects, another kind of file.
pub(crate) fn from_text(text: &str, file: &str) -> Result<Model, OscalError> {
    unpack::check_size(text, file)?;
    let root: Root = serde_json::from_str(text).map_err(|error| syntax(&error, file))?;
    model(root, file)
}

/// Takes the model out of a tree that was read from XML or YAML.
///
/// # Errors
/// Members of another type than OSCAL's, another kind of file.
pub(crate) fn from_value(value: Json, file: &str) -> Result<Model, OscalError> {
    let root: Root = serde_json::from_value(value).map_err(|error| syntax(&error, file))?;
    model(root, file)
}

fn model(root: Root, file: &str) -> Result<Model, OscalError> {
    let others = [
        (root.component_definition, "an OSCAL component definition"),
        (root.system_security_plan, "an OSCAL system security plan"),
        (root.assessment_plan, "an OSCAL assessment plan"),
        (root.assessment_results, "an OSCAL file of assessment results"),
        (root.plan_of_action_and_milestones, "an OSCAL plan of action and milestones"),
        (root.mapping_collection, "an OSCAL mapping collection"),
    ];
    match (root.catalog, root.profile, root.resources) {
        (Some(catalog), _, _) => Ok(Model::Catalog(catalog)),
        (None, Some(profile), _) => Ok(Model::Profile(profile)),
        (None, None, Some(_)) => Ok(Model::Template),
        (None, None, None) => {
            let found = others.iter().find(|(member, _)| member.is_some()).map_or("of no kind that is known here", |(_, name)| name);
            Err(OscalError::Kind { file: file.to_owned(), found: found.to_owned() })
        }
    }
}

fn syntax(error: &serde_json::Error, file: &str) -> OscalError {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text).replace('\n', " ");
    let message = if message.starts_with("recursion limit") { unpack::too_deep() } else { message };
    OscalError::Syntax { position: Position { file: Arc::from(file), line: error.line().max(1), column: error.column().max(1) }, message }
}
