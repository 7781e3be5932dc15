use partywall_aws::model::{Operation, Service};
use partywall_catalog::Catalog;
use partywall_model::Value;

use super::config::Recorders;
use super::handlers::{self, Handled};
use super::pages::{PageSizes, continued};
use super::plan::{Asked, Plan};
use super::rows::{Item, Items, texts};
use super::synth::Synth;
use super::{HOME, Row, Seed, World};
use crate::FakeError;
use crate::encode::ServiceFault;

/// Who asks what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// Account id.
    pub(crate) account: &'a str,
    /// Region.
    pub(crate) region: &'a str,
    /// Session token, if the credentials have one; it names the role.
    pub(crate) role: Option<&'a str>,
    /// The service.
    pub(crate) service: &'a Service,
    /// The operation.
    pub(crate) operation: &'a Operation,
    /// The input.
    pub(crate) input: &'a Value,
}

/// Answers of a world, by what the catalogue says of each operation.
#[derive(Debug)]
pub(crate) struct Answers {
    /// The world.
    pub(crate) world: World,
    /// What operations answer.
    pub(crate) plan: Plan,
    pub(super) recorders: Recorders,
    pages: PageSizes,
}

impl Answers {
    /// Joins a world and a catalogue.
    pub(crate) fn new(world: World, catalog: &Catalog) -> Result<Self, FakeError> {
        let plan = Plan::new(catalog, &world)?;
        let recorders = Recorders::new(catalog, &world)?;
        Ok(Self { world, plan, recorders, pages: PageSizes::builtin()? })
    }

    /// The page that a question is about; 1 where it does not page or its token is bad.
    pub(crate) fn page(&self, question: Question<'_>) -> u64 {
        self.pages.asked(question.service, question.operation, question.input, self.query(question)).map_or(1, |page| page.number)
    }

    /// The answer to a question: the output, as the client's parser gives it.
    pub(crate) fn answer(&self, question: Question<'_>) -> Result<Value, ServiceFault> {
        let Question { account, region, service, operation, input, .. } = question;
        let query = self.query(question);
        let page =
            self.pages.asked(service, operation, input, query).map_err(|message| ServiceFault::new("ValidationException", message, 400))?;
        if (&*service.name, &*operation.name) == ("config", "SelectAggregateResourceConfig") {
            let (mut output, total) = self.select(question, page.start, page.size)?;
            if let Some(paginator) = &operation.paginator {
                continued(paginator, &mut output, page, total, query);
            }
            return Ok(output);
        }
        let handled = match (&*service.name, &*operation.name) {
            ("config", "DescribeConfigurationAggregatorSourcesStatus") => {
                Handled::Listing("AggregatedSourceStatusList", self.sources(question)?)
            }
            _ => handlers::handled(&self.world, question)?,
        };
        if let Handled::Answer(output) = handled {
            return Ok(output);
        }
        if let Handled::Listing(path, all) = handled {
            let total = all.len() as u64;
            let start = usize::try_from(page.start).unwrap_or(usize::MAX);
            let size = usize::try_from(page.size).unwrap_or(usize::MAX);
            let mut output = Value::Map(Vec::new());
            output.set_at(path, Value::List(all.into_iter().skip(start).take(size).collect()));
            if let Some(paginator) = &operation.paginator {
                continued(paginator, &mut output, page, total, query);
            }
            return Ok(output);
        }
        let parts = self.plan.parts(&service.name, &operation.name);
        let paging = paging(operation);
        let texts = texts(input, &paging);
        let mut listed: Vec<Items<'_>> = Vec::new();
        for part in parts {
            let items = self.world.items(part, account, region, &texts).map_err(|text| not_found(service, operation, &text))?;
            if let (Asked::Named, Some(code), Some(item)) = (&part.asked, part.absent_on.first(), items.get(0))
                && query.text("absent").number(item.row.index).below(100) < self.world.absent()
            {
                return Err(ServiceFault::new(code, "nothing is set", status_of(service, operation, code).unwrap_or(404)));
            }
            if part.asked != Asked::Named
                && self.world.kind(part.kind).is_some_and(|kind| kind.singleton)
                && let Some(code) = part.absent_on.first()
                && query.text("absent").below(100) < self.world.absent()
            {
                return Err(ServiceFault::new(code, "nothing is set", status_of(service, operation, code).unwrap_or(404)));
            }
            // A row within which there is nothing of the type.
            if let (Asked::Within(_), 0, Some(code), false) = (&part.asked, items.len(), part.absent_on.first(), texts.is_empty()) {
                return Err(ServiceFault::new(code, "nothing is set", status_of(service, operation, code).unwrap_or(404)));
            }
            listed.push(items);
        }
        let total: u64 = listed.iter().map(Items::len).sum();
        let end = page.start.saturating_add(page.size).min(total);
        let on_page: Vec<(usize, Item<'_>)> = (page.start..end).filter_map(|at| nth(&listed, at)).collect();
        let place = Row { account, region, kind: usize::MAX, index: 0 };
        let synth = Synth { world: &self.world, service, input, place, parts, page: &on_page };
        let mut output = service.output(operation).map_or_else(|| Value::Map(Vec::new()), |structure| synth.output(structure, query));
        if let Some(paginator) = &operation.paginator {
            without_tokens(&mut output, paginator.output_tokens.iter());
            continued(paginator, &mut output, page, total, query);
        } else {
            // All comes at once, so nothing may say that there is more.
            while let Some(token) = partywall_collect::next_page(&output, "").map(ToOwned::to_owned) {
                without_tokens(&mut output, std::iter::once(&token.into_boxed_str()));
            }
        }
        Ok(output)
    }

    /// What makes one query another: place, operation, and the input without its paging.
    fn query(&self, question: Question<'_>) -> Seed {
        let global = matches!(&*question.service.name, "iam" | "organizations" | "cloudfront" | "route53" | "s3");
        let region = if global { HOME } else { question.region };
        let mut seed = self.world.place(question.account, region).text(&question.service.name).text(&question.operation.name);
        for text in texts(question.input, &paging(question.operation)) {
            seed = seed.text(text);
        }
        seed
    }
}

/// Members of the request that only page.
fn paging(operation: &Operation) -> Vec<&str> {
    operation.paginator.iter().flat_map(|paginator| paginator.input_tokens.iter().chain(&paginator.limit_key)).map(|name| &**name).collect()
}

/// The item at a position of all parts one after another.
fn nth<'a>(listed: &[Items<'a>], at: u64) -> Option<(usize, Item<'a>)> {
    let mut before = 0;
    for (part, items) in listed.iter().enumerate() {
        if let Some(item) = items.get(at - before) {
            return Some((part, item));
        }
        before += items.len();
    }
    None
}

/// Takes out what the shape gave for tokens.
fn without_tokens<'a>(output: &mut Value, paths: impl Iterator<Item = &'a Box<str>>) {
    for way in paths.flat_map(|path| path.split("||")) {
        without(output, way.trim());
    }
}

/// Takes out what is at a dotted path.
fn without(value: &mut Value, path: &str) {
    let Value::Map(members) = value else { return };
    match path.split_once('.') {
        None => members.retain(|(name, _)| &**name != path),
        Some((first, rest)) => members.iter_mut().filter(|(name, _)| &**name == first).for_each(|(_, member)| without(member, rest)),
    }
}

fn status_of(service: &Service, operation: &Operation, code: &str) -> Option<u16> {
    let errors = operation.errors.iter().map(|id| service.shape(*id));
    errors.into_iter().find(|shape| &*shape.name == code).and_then(|shape| match &shape.kind {
        partywall_aws::model::Kind::Structure(structure) => structure.error.as_ref()?.status,
        _ => None,
    })
}

/// What a service says to a name that it does not know: the model's error for it, if it has one.
fn not_found(service: &Service, operation: &Operation, text: &str) -> ServiceFault {
    let shapes = operation.errors.iter().map(|id| service.shape(*id));
    let wanted = |name: &str| ["NotFound", "NoSuch", "NotExist", "DoesNotExist"].iter().any(|word| name.contains(word));
    let found = shapes.into_iter().find(|shape| wanted(&shape.name)).and_then(|shape| match &shape.kind {
        partywall_aws::model::Kind::Structure(structure) => {
            let error = structure.error.as_ref()?;
            Some((error.code.as_ref().unwrap_or(&shape.name).to_string(), error.status.unwrap_or(400)))
        }
        _ => None,
    });
    let (code, status) = found.unwrap_or_else(|| match &*service.name {
        "ec2" => ("InvalidID.NotFound".to_owned(), 400),
        "s3" => ("NoSuchBucket".to_owned(), 404),
        "iam" => ("NoSuchEntity".to_owned(), 404),
        _ => ("ResourceNotFoundException".to_owned(), 400),
    });
    ServiceFault::new(&code, format!("`{}` does not exist", partywall_model::plain(text)), status)
}

#[cfg(test)]
mod tests {
    use super::super::Preset;
    use super::*;
    use partywall_aws::model::Models;

    struct Asked(Answers, Catalog, String);

    impl Asked {
        fn tiny() -> Self {
            let catalog = Catalog::load(None).unwrap();
            let world = World::new(Preset::named("tiny").unwrap(), 1, &catalog).unwrap();
            let account = world.accounts().next().unwrap();
            Self(Answers::new(world, &catalog).unwrap(), catalog, account)
        }

        fn ask(&self, region: &str, service: &str, operation: &str, input: &Value) -> Value {
            let service = Models::builtin().service(service).unwrap();
            let operation = service.operation(operation).unwrap();
            self.0.answer(Question { account: &self.2, region, role: None, service: &service, operation, input }).unwrap()
        }
    }

    #[test]
    fn calls_that_find_names_give_those_that_the_next_call_knows() {
        let asked = Asked::tiny();
        let world = &asked.0.world;
        let (mut types, mut names) = (0, 0);
        for (kind, file) in asked.1.types.values().filter_map(|file| Some((world.position(&file.name)?, file))) {
            let count = world.count(kind, &asked.2, "eu-central-1");
            for (read, finder) in file.reads.iter().filter_map(|read| Some((read, read.names.as_ref()?))) {
                let answer = asked.ask("eu-central-1", &read.service, &finder.operation, &Value::Map(Vec::new()));
                let (list, member) = finder.items.rsplit_once("[].").unwrap_or((&finder.items, ""));
                let found = partywall_collect::items(answer, list).unwrap();
                for item in &found {
                    let name = if member.is_empty() { item.as_str() } else { item.get(member).and_then(Value::as_str) }.unwrap();
                    // Some types are asked for by the names of another.
                    assert!(
                        (0..world.kinds().len()).any(|kind| world.find(kind, &asked.2, "eu-central-1", name).is_some()),
                        "{}: {name}",
                        file.name
                    );
                    names += 1;
                }
                assert!(found.len() as u64 >= count.min(1), "{}", file.name);
                types += 1;
            }
        }
        assert!(types >= 15 && names > types, "{types} types, {names} names");
    }

    #[test]
    fn listings_of_texts_give_names() {
        let answer = Asked::tiny().ask("eu-central-1", "eks", "ListClusters", &Value::Map(Vec::new()));
        let names: Vec<_> = answer.get("clusters").and_then(Value::as_list).unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(names.first(), Some(&"eks-cluster-00000000"));
    }

    #[test]
    fn the_last_page_names_no_next_one_however_deep() {
        let answer = Asked::tiny().ask("us-east-1", "cloudfront", "ListOriginAccessControls", &Value::Map(Vec::new()));
        let list = answer.get("OriginAccessControlList").unwrap();
        assert!(!list.get("Items").and_then(Value::as_list).unwrap().is_empty());
        assert_eq!((list.get("NextMarker"), list.get("IsTruncated")), (None, Some(&Value::Bool(false))));
    }

    #[test]
    fn settings_are_answered_where_nothing_is() {
        let asked = Asked::tiny();
        assert_eq!(asked.0.world.count_of("AWS::EC2::VPC", &asked.2, "sa-east-1"), 0);
        let none = Value::Map(Vec::new());
        let settings = asked.ask("sa-east-1", "ec2", "DescribeVpcBlockPublicAccessOptions", &none);
        assert!(settings.get("VpcBlockPublicAccessOptions").and_then(|settings| settings.get("AwsAccountId")).is_some(), "{settings:?}");
        assert_eq!(asked.ask("sa-east-1", "ec2", "DescribeVpcs", &none).get("Vpcs"), Some(&Value::List(Vec::new())));
    }

    #[test]
    fn what_a_row_lacks_is_refused_with_the_code_for_it() {
        let catalog = Catalog::load(None).unwrap();
        let world = World::new(Preset::named("r1").unwrap(), 1, &catalog).unwrap();
        let account = world.accounts().next().unwrap();
        let pool = world.position("AWS::Cognito::UserPool").unwrap();
        let id = world.name_of(Row { account: &account, region: "eu-central-1", kind: pool, index: 0 }, super::super::Form::Id);
        let answers = Answers::new(world, &catalog).unwrap();
        let service = Models::builtin().service("cognito-idp").unwrap();
        let operation = service.operation("DescribeRiskConfiguration").unwrap();
        let input = Value::Map(vec![(partywall_model::Key::from("UserPoolId"), Value::str(id))]);
        let question = Question { account: &account, region: "eu-central-1", role: None, service: &service, operation, input: &input };
        assert_eq!(answers.answer(question).unwrap_err().code, "UserPoolAddOnNotEnabledException");
    }

    #[test]
    fn texts_with_a_form_have_it() {
        let asked = Asked::tiny();
        let acls = asked.ask("eu-central-1", "ec2", "DescribeNetworkAcls", &Value::Map(Vec::new()));
        let entries = partywall_collect::items(acls, "NetworkAcls[].Entries").unwrap();
        let protocols: Vec<_> = entries.iter().filter_map(|entry| entry.get("Protocol")?.as_str()?.parse::<i16>().ok()).collect();
        assert!(!protocols.is_empty() && protocols.len() == entries.len(), "{entries:?}");
        let name = Value::Map(vec![(partywall_model::Key::from("Name"), Value::str("emr-securityconfiguration-00000000"))]);
        let document = asked.ask("eu-central-1", "emr", "DescribeSecurityConfiguration", &name);
        let text = document.get("SecurityConfiguration").and_then(Value::as_str).unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(text).unwrap().is_object(), "{text}");
    }
}
