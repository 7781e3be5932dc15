//! The resources that a template declares, each with what is known of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_model::{Cause, CauseKind, Condition, Gap, Location, Resource, Source, Value};

use super::document::{Fault, Member, Node, Position, shown};
use super::resolver::{Resolver, Stop};
use super::sections::{Sections, declared, section};
use super::{Parameters, Template, Warning, serverless};

/// Macros that AWS runs and whose effect is either none here (language extensions only add functions, a rotation function gets a stack of
/// its own, blue/green deployments their hook) or read as written (SAM).
const UNDERSTOOD: [&str; 5] = [
    "AWS::Serverless-2016-10-31",
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    "AWS::CodeDeployBlueGreen",
];

pub(super) fn read(
    root: &Node,
    source: &Arc<Source>,
    parameters: &Parameters,
    id_property: &dyn Fn(&str) -> Option<String>,
) -> Result<Template, Fault> {
    if root.members().is_none() {
        return Err(Fault::refused(root.at, "a template is a mapping with `Resources`"));
    }
    let resolver = Resolver::new(Sections::of(root)?, parameters, id_property, source.file.clone());
    let mut reader = Reader { source, parameters, resolver, rewritten: None, template: Template::default() };
    reader.transforms(root);
    for member in section(root, "Parameters")? {
        reader.template.parameters.insert(member.name.to_string());
        if let Some(message) = reader.resolver.refused(member) {
            reader.warn(member.at, message);
        }
    }
    let globals = serverless::globals(root);
    for member in section(root, "Resources")? {
        reader.resource(member, &globals)?;
    }
    Ok(reader.template)
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    parameters: &'a Parameters,
    resolver: Resolver<'a>,
    /// A macro that may rewrite the whole template.
    rewritten: Option<Arc<Cause>>,
    template: Template,
}

impl<'a> Reader<'a> {
    fn warn(&mut self, at: Position, message: String) {
        let location = self.location(at);
        self.template.warnings.push(Warning { location, message });
    }

    fn location(&self, at: Position) -> Location {
        Location { file: self.source.file.clone(), line: at.line, column: at.column }
    }

    /// Records that a resource (`Some`) or all resources of a type (`None`; type empty: of any type) could not be read.
    fn gap(&mut self, resource_type: &str, id: Option<Arc<str>>, cause: Arc<Cause>) {
        self.template.gaps.push(Gap {
            resource_type: resource_type.into(),
            id,
            account: self.parameters.account.as_deref().map(Into::into),
            region: self.parameters.region.as_deref().map(Into::into),
            path: None,
            cause,
            source: self.source.clone(),
        });
    }

    /// The template as a whole may be changed by its macros.
    fn transforms(&mut self, root: &'a Node) {
        let listed = root.get("Transform");
        let listed = listed.map_or(&[][..], |node| node.items().unwrap_or(std::slice::from_ref(node)));
        let whole = root.members().unwrap_or_default().iter().find(|member| &*member.name == "Fn::Transform").map(|member| &member.value);
        for node in listed.iter().chain(whole) {
            let Some(name) = node.get("Name").unwrap_or(node).text() else { continue };
            if UNDERSTOOD.contains(&&*name) {
                continue;
            }
            let name = shown(&name);
            if name == "AWS::Include" {
                self.more_resources("", node.at, "`AWS::Include`");
            } else {
                let detail = format!("macro `{name}` may change any fact of this template when it is deployed");
                self.warn(node.at, detail.clone());
                self.more_resources("", node.at, &format!("macro `{name}`"));
                let detail = format!("{detail} ({})", self.location(node.at));
                self.rewritten = Some(Arc::new(Cause::new(CauseKind::UnresolvedReference, detail)));
            }
        }
    }

    /// Resources that only a deployment lists, and what they are made by.
    fn more_resources(&mut self, resource_type: &str, at: Position, by: &str) {
        let detail = format!("resources made by {by} are known only at deployment ({})", self.location(at));
        self.gap(resource_type, None, Arc::new(Cause::new(CauseKind::UnresolvedReference, detail)));
    }

    fn resource(&mut self, member: &'a Member, globals: &BTreeMap<String, &'a Node>) -> Result<(), Fault> {
        if member.name.starts_with("Fn::") {
            self.loop_or_include(member);
            return Ok(());
        }
        let logical_id = shown(&member.name);
        let Some(declared) = declared(&member.value) else {
            self.warn(member.at, format!("resource `{logical_id}` has no `Type` that can be read and is left out"));
            let detail = format!("the type of resource `{logical_id}` cannot be read ({})", self.location(member.at));
            self.gap("", None, Arc::new(Cause::new(CauseKind::UnresolvedReference, detail)));
            return Ok(());
        };
        let mut perhaps = None;
        if let Some(condition) = declared.condition {
            let name = condition.text().unwrap_or_default();
            match self.resolver.condition(&name, condition.at) {
                Ok(true) => {}
                Ok(false) => {
                    self.template.left_out += 1;
                    return Ok(());
                }
                Err(Stop::Unknown(cause)) => {
                    self.warn(condition.at, format!("resource `{logical_id}` may not exist: {}", cause.detail));
                    perhaps = Some(Condition { name: name.as_ref().into(), cause });
                }
                Err(Stop::Fault(fault)) => return Err(fault),
            }
        }
        let name = match self.resolver.physical_id(&member.name) {
            Ok(name) => name.map(Arc::from),
            Err(Stop::Unknown(_)) => None,
            Err(Stop::Fault(fault)) => return Err(fault),
        };
        let id: Arc<str> = name.clone().unwrap_or_else(|| member.name.clone());
        let mut resource = Resource::new(declared.resource_type, id.clone(), self.source.clone());
        resource.logical_id = Some(member.name.clone());
        resource.name = name;
        resource.account = self.parameters.account.as_deref().map(Into::into);
        resource.region = self.parameters.region.as_deref().map(Into::into);
        resource.location = Some(self.location(member.at));
        resource.condition = perhaps;
        let mut unread = self.rewritten.clone().or_else(|| self.include_beside(&member.value));
        if let Some(node) = declared.properties.filter(|_| self.rewritten.is_none()) {
            let (value, positions) = self.resolver.properties(node)?;
            resource.positions = positions;
            match value {
                Some(value @ Value::Map(_)) => resource.properties = value,
                Some(Value::Unknown(cause)) => unread = Some(cause),
                None | Some(Value::Null) => {}
                Some(_) => {
                    let detail = format!("`Properties` is not a mapping ({})", self.location(node.at));
                    unread = Some(Arc::new(Cause::new(CauseKind::WrongType, detail)));
                }
            }
        }
        if let Some(global) = globals.get(declared.resource_type) {
            match self.resolver.properties(global)?.0 {
                Some(Value::Unknown(cause)) => unread = Some(cause),
                Some(shared) => serverless::apply(&mut resource.properties, shared),
                None => {}
            }
        }
        if let Some(cause) = unread {
            // Nothing that is not listed is known to be absent.
            resource.stub = true;
            resource.unread = Some(cause.clone());
            self.gap(declared.resource_type, Some(id), cause);
        }
        let made = serverless::made_by(&resource);
        self.template.resources.push(resource);
        self.template.resources.extend(made);
        Ok(())
    }

    /// A function beside `Type` and `Properties` may bring or change any property.
    fn include_beside(&self, resource: &Node) -> Option<Arc<Cause>> {
        let function = resource.members()?.iter().find(|member| member.name.starts_with("Fn::"))?;
        let detail = format!("`{}` may change what stands beside it ({})", shown(&function.name), self.location(function.at));
        Some(Arc::new(Cause::new(CauseKind::UnresolvedReference, detail)))
    }

    /// `Fn::ForEach::X` or `Fn::Transform` as a member of `Resources`.
    fn loop_or_include(&mut self, member: &'a Member) {
        let by = format!("`{}`", shown(&member.name));
        self.warn(member.at, format!("resources made by {by} are not read"));
        let bodies = member.value.items().and_then(|items| items.get(2)).and_then(Node::members).unwrap_or_default();
        let mut types: Vec<_> = bodies.iter().filter_map(|body| declared(&body.value)).map(|declared| declared.resource_type).collect();
        if types.is_empty() || types.len() < bodies.len() {
            types = vec![""];
        }
        types.sort_unstable();
        types.dedup();
        for resource_type in types {
            self.more_resources(resource_type, member.at, &by);
        }
    }
}

#[cfg(test)]
mod tests {
    use partywall_model::CauseKind;

    use super::super::tests::read;
    use super::*;

    fn gaps(template: &Template) -> Vec<(&str, Option<&str>)> {
        template.gaps.iter().map(|gap| (&*gap.resource_type, gap.id.as_deref())).collect()
    }

    #[test]
    fn members_without_a_type_are_left_out_with_a_warning() {
        let template = read("Resources:\n  A: text\n  B: {Properties: {}}\n  C: {Type: !Ref X}\n  D: {Type: T, Properties: }\n");
        assert_eq!(template.resources.len(), 1);
        assert_eq!(template.resources[0].properties, Value::Map(vec![]));
        let warnings: Vec<_> = template.warnings.iter().map(|warning| format!("{} {}", warning.location, warning.message)).collect();
        assert_eq!(warnings[0], "t.yaml:2:3 resource `A` has no `Type` that can be read and is left out");
        assert_eq!(warnings.len(), 3);
        assert_eq!(gaps(&template), [("", None); 3], "they may be of any type");
    }

    #[test]
    fn loops_and_includes_are_gaps() {
        let template = read(
            "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::Topics:\n    - N\n    - [a, b]\n    - 'T${N}': {Type: AWS::SNS::Topic}\n  Fn::Transform: {Name: AWS::Include}\n  Fn::ForEach::Odd: x\n",
        );
        assert_eq!(gaps(&template), [("AWS::SNS::Topic", None), ("", None), ("", None)]);
        assert_eq!(template.gaps[0].cause.kind, CauseKind::UnresolvedReference);
        assert_eq!(template.gaps[0].cause.detail, "resources made by `Fn::ForEach::Topics` are known only at deployment (t.yaml:3:3)");
        assert_eq!(template.warnings.len(), 3);
    }

    #[test]
    fn macros_are_named() {
        let quiet =
            read("Transform: [AWS::Serverless-2016-10-31, AWS::LanguageExtensions, AWS::SecretsManager-2020-07-23]\nResources: {}\n");
        assert_eq!(quiet, Template::default());
        let template = read("Transform:\n  - Mine\n  - {Name: AWS::Include, Parameters: {Location: s3://x}}\n");
        assert_eq!(template.warnings[0].message, "macro `Mine` may change any fact of this template when it is deployed");
        assert_eq!(gaps(&template), [("", None), ("", None)]);
        let template = read("Transform: Mine\nResources: {A: {Type: T, Properties: {B: 1}}}\n");
        let row = &template.resources[0];
        assert!(row.stub && row.properties == Value::Map(vec![]), "the macro may have changed it");
        assert!(row.unread.as_ref().unwrap().detail.starts_with("macro `Mine` may change any fact"));
        assert_eq!(gaps(&template), [("", None), ("T", Some("A"))]);
    }

    #[test]
    fn properties_that_cannot_be_read_make_a_stub() {
        for properties in ["!If [Nowhere, {A: 1}, 2]", "{A: 1, 'Fn::Transform': {Name: AWS::Include}}", "text"] {
            let template = read(&format!("Resources: {{A: {{Type: T, Properties: {properties}}}}}"));
            assert!(template.resources[0].stub, "{properties}");
            assert_eq!(template.resources[0].properties, Value::Map(vec![]));
            assert_eq!(gaps(&template), [("T", Some("A"))]);
        }
        let template = read("Resources: {A: {Type: T, 'Fn::Transform': {Name: X}, Properties: {B: 1}}}");
        assert!(template.resources[0].stub);
        assert_eq!(template.resources[0].properties.get("B"), Some(&Value::Int(1)));
    }

    #[test]
    fn serverless_resources_take_the_globals() {
        let template = read(
            "Transform: AWS::Serverless-2016-10-31\nGlobals: {Function: {Timeout: 3, Runtime: a}}\nResources: {F: {Type: 'AWS::Serverless::Function', Properties: {Runtime: b}}}\n",
        );
        let function = &template.resources[0];
        assert_eq!(function.properties.at("Timeout"), Some(&Value::Int(3)));
        assert_eq!(function.properties.at("Runtime").and_then(Value::as_str), Some("b"));
        assert!(function.positions.iter().all(|(path, ..)| &**path != "Timeout"), "the template's own lines only");
    }
}
