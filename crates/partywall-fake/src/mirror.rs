//! What the client serialises is decoded to the same input, and what is encoded the client parses to the same output: for every call that
//! the catalogue names, in a tiny world.

use std::collections::BTreeSet;

use bytes::Bytes;
use partywall_aws::HttpRequest;
use partywall_aws::model::{Kind, Models, Operation, Service};
use partywall_aws::protocol::{parse, parse_error, serialize};
use partywall_catalog::{Catalog, Read};
use partywall_model::{Key, Value};

use crate::decode::{self, Scope};
use crate::encode::{self, ServiceFault};
use crate::request::Incoming;
use crate::world::{Answers, Form, Preset, Question, Row, World};

const REGION: &str = "eu-central-1";

fn answers(preset: &str) -> (Catalog, Answers) {
    let catalog = Catalog::load(None).unwrap();
    let world = World::new(Preset::named(preset).unwrap(), 1, &catalog).unwrap();
    let answers = Answers::new(world, &catalog).unwrap();
    (catalog, answers)
}

/// The name by which a member or placeholder asks for a row of a type, or of the type it lies in.
fn name(world: &World, row: Row<'_>, member: &str) -> String {
    let (form, stem) = Form::of_member(member);
    let row = match world.parent(row) {
        Some(parent)
            if world.kind(parent.kind).unwrap().own_form(member).is_some()
                && world.kind(row.kind).unwrap().own_form(member).is_none_or(|_| stem.is_empty()) =>
        {
            parent
        }
        _ => row,
    };
    world.name_of(row, if stem.is_empty() && form == Form::Id { Form::Id } else { form })
}

fn filled(world: &World, row: Row<'_>, text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (placeholder, behind) = after.split_once('}').unwrap();
        out.push_str(before);
        out.push_str(&match placeholder {
            "account" => row.account.to_owned(),
            "region" => row.region.to_owned(),
            "partition" => "aws".to_owned(),
            path => name(world, row, path.rsplit('.').next().unwrap()),
        });
        rest = behind;
    }
    out + rest
}

fn constant(world: &World, row: Row<'_>, value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::str(filled(world, row, text)),
        toml::Value::Integer(number) => Value::Int(*number),
        toml::Value::Float(number) => Value::Float(*number),
        toml::Value::Boolean(value) => Value::Bool(*value),
        toml::Value::Datetime(moment) => Value::str(moment.to_string()),
        toml::Value::Array(elements) => Value::List(elements.iter().map(|element| constant(world, row, element)).collect()),
        toml::Value::Table(members) => {
            Value::Map(members.iter().map(|(key, value)| (Key::from(key.as_str()), constant(world, row, value))).collect())
        }
    }
}

/// The input of a call: what the catalogue says, and a name for every required member that is left.
fn input<'r>(
    world: &World,
    service: &Service,
    operation: &Operation,
    row: Row<'_>,
    given: impl Iterator<Item = (&'r String, &'r toml::Value)>,
) -> Value {
    let mut input = Value::Map(given.map(|(name, value)| (Key::from(name.as_str()), constant(world, row, value))).collect());
    let Some(structure) = service.input(operation) else { return input };
    for member in structure.required() {
        if input.get(&member.name).is_some() {
            continue;
        }
        let named = || Value::str(name(world, row, &member.name));
        let value = match service.kind(&member.target) {
            Kind::List(_) => Value::List(vec![named()]),
            Kind::Integer { .. } => Value::Int(1),
            Kind::Boolean => Value::Bool(true),
            _ if *member.name == *"AccountId" => Value::str(row.account),
            _ => named(),
        };
        input.set(&member.name, value);
    }
    input
}

/// A request as it leaves a client: with a scope, and a signature that nobody verifies.
pub(crate) fn signed(service: &Service, account: &str, request: &HttpRequest) -> http::Request<Bytes> {
    let query: Vec<String> = request
        .query
        .iter()
        .map(|(name, value)| {
            let encode = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
            format!("{}={}", encode(name), encode(value))
        })
        .collect();
    let uri = format!("http://127.0.0.1:1{}?{}", request.path, query.join("&"));
    let mut builder = http::Request::builder().method(request.method).uri(uri);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let signature = "0".repeat(64);
    let scope = format!("AKIAFAKE{account}/20261122/{REGION}/{}/aws4_request", service.signing_name);
    builder
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={signature}"))
        .body(request.body.clone())
        .unwrap()
}

/// Members in one order, so that two trees can be compared.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Map(members) => {
            let mut members: Vec<(Key, Value)> = members.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Map(members)
        }
        Value::List(elements) => Value::List(elements.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Where two trees differ first.
fn difference(path: &str, ours: &Value, theirs: &Value) -> Option<String> {
    match (ours, theirs) {
        (Value::Map(a), Value::Map(b)) => {
            let names: BTreeSet<&Key> = a.iter().chain(b).map(|(key, _)| key).collect();
            names.into_iter().find_map(|name| match (ours.get(name), theirs.get(name)) {
                (Some(a), Some(b)) => difference(&format!("{path}.{name}"), a, b),
                (a, b) => Some(format!("{path}.{name}: {a:?} is not {b:?}").chars().take(300).collect()),
            })
        }
        (Value::List(a), Value::List(b)) if a.len() == b.len() => a.iter().zip(b).find_map(|(a, b)| difference(&format!("{path}[]"), a, b)),
        (a, b) if a == b => None,
        (a, b) => Some(format!("{path}: {a:?} is not {b:?}").chars().take(300).collect()),
    }
}

/// One call through the client's code and the fake's, there and back.
fn call(answers: &Answers, service: &Service, operation: &Operation, account: &str, input: &Value) -> Result<(), String> {
    let request = serialize(service, operation, input).map_err(|error| format!("serialize: {error}"))?;
    let request = signed(service, account, &request);
    let incoming = Incoming::new(&request);
    let scope = incoming.header("authorization").and_then(Scope::parse).ok_or("no scope")?;
    let route = decode::route(answers.plan.services(&scope.signing_name), &incoming)?;
    if route.operation != operation.name {
        return Err(format!("is taken for {}:{}", route.service.name, route.operation));
    }
    let decoded = decode::input(&route.service, route.operation().unwrap(), &route.labels, &incoming)?;
    for (name, value) in input.as_map().unwrap() {
        // The client takes the kind of thing off Route 53's ids, as botocore does.
        let value = &match value {
            Value::Str(text) if &*service.name == "route53" => Value::str(text.trim_start_matches("/hostedzone/")),
            value => value.clone(),
        };
        let same = decoded.get(name).is_some_and(|decoded| sorted(decoded) == sorted(value));
        if !same {
            return Err(format!("member {name} {value:?} is decoded to {:?}", decoded.get(name)));
        }
    }
    let region = if &*service.name == "s3" { "us-east-1" } else { REGION };
    let question = Question { account, region, role: None, service, operation, input: &decoded };
    let output = answers.answer(question).map_err(|fault| format!("refused: {fault:?}"))?;
    let response = encode::answered(service, operation, &output, "id");
    let parsed = parse(service, operation, &response).map_err(|error| format!("parse: {error}"))?;
    difference("", &output, &parsed).map_or(Ok(()), Err)
}

/// The calls of a read, with their inputs.
fn calls<'r>(world: &World, service: &Service, row: Row<'_>, read: &'r Read) -> Vec<(&'r str, Value)> {
    let of = |operation: &str, given: &'r std::collections::BTreeMap<String, toml::Value>| {
        input(world, service, service.operation(operation).unwrap(), row, given.iter())
    };
    let mut asked = of(&read.operation, &read.input);
    let mut calls = Vec::new();
    if let Some(names) = &read.names {
        calls.push((names.operation.as_str(), of(&names.operation, &names.input)));
        let member = names.items.rsplit('.').next().unwrap().trim_end_matches("[]");
        let found = Value::str(name(world, row, if member.is_empty() { &names.into } else { member }));
        asked.set(&names.into, if names.batch == 1 { found } else { Value::List(vec![found]) });
    }
    calls.push((read.operation.as_str(), asked));
    calls
}

#[test]
fn every_call_of_the_catalogue_goes_there_and_back() {
    let (catalog, answers) = answers("tiny");
    let account = answers.world.accounts().next().unwrap();
    let mut wrong = Vec::new();
    let (mut right, mut absent) = (0, Vec::new());
    for kind in catalog.types.values() {
        let Some(at) = answers.world.position(&kind.name) else { continue };
        let row = Row { account: &account, region: REGION, kind: at, index: 0 };
        for read in &kind.reads {
            let service = Models::builtin().service(&read.service).unwrap();
            for (operation, input) in calls(&answers.world, &service, row, read) {
                let operation = service.operation(operation).unwrap();
                match call(&answers, &service, operation, &account, &input) {
                    Ok(()) => right += 1,
                    Err(error) if read.absent_on.iter().any(|code| error.contains(code)) => {
                        absent.push(format!("{}:{}", service.name, operation.name));
                    }
                    Err(error) => wrong.push(format!("{} {}:{}: {error}", kind.name, service.name, operation.name)),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} right, {} wrong:\n{}", right, wrong.len(), wrong.join("\n"));
    assert!(right > 400, "{right} right");
    // The account is in no organization and has no security contact. More would be calls that the fake does not know.
    assert_eq!(absent, ["organizations:DescribeOrganization", "account:GetAlternateContact"]);
}

#[test]
fn errors_keep_their_code_in_every_protocol() {
    for name in ["ec2", "rds", "s3", "s3control", "route53", "dynamodb", "lambda", "sqs", "iam"] {
        let service = Models::builtin().service(name).unwrap();
        let fault = ServiceFault::new("AccessDenied", "a < b & c", 403);
        let error = parse_error(&service, &encode::failed(Some(&service), &fault, "id-7"));
        assert_eq!((&*error.code, &*error.message, error.status), ("AccessDenied", "a < b & c", 403), "{name}");
        assert_eq!(error.request_id.as_deref(), Some("id-7"), "{name}");
    }
}

#[test]
fn answers_follow_from_the_seed() {
    let (_, one) = answers("tiny");
    let (_, two) = answers("tiny");
    let account = one.world.accounts().next().unwrap();
    let service = Models::builtin().service("ec2").unwrap();
    let operation = service.operation("DescribeInstances").unwrap();
    let input = Value::Map(Vec::new());
    let ask = |answers: &Answers, region: &str| {
        answers.answer(Question { account: &account, region, role: None, service: &service, operation, input: &input }).unwrap()
    };
    assert_eq!(ask(&one, REGION), ask(&two, REGION));
    assert_ne!(ask(&one, REGION), ask(&one, "us-east-1"));
}

#[test]
fn pages_give_every_item_once() {
    let (catalog, answers) = answers("r1");
    let account = answers.world.accounts().next().unwrap();
    for (service, operation, items, kind) in [
        ("ec2", "DescribeSnapshots", "Snapshots", "Partywall::EC2::Snapshot"),
        ("logs", "DescribeLogGroups", "logGroups", "AWS::Logs::LogGroup"),
        ("lambda", "ListFunctions", "Functions", "AWS::Lambda::Function"),
        ("dynamodb", "ListTables", "TableNames", "AWS::DynamoDB::Table"),
        ("s3", "ListBuckets", "Buckets", "AWS::S3::Bucket"),
        ("sqs", "ListQueues", "QueueUrls", "AWS::SQS::Queue"),
    ] {
        let service = Models::builtin().service(service).unwrap();
        let operation = service.operation(operation).unwrap();
        let paginator = operation.paginator.as_ref().unwrap();
        let mut input = Value::Map(Vec::new());
        let mut seen = BTreeSet::new();
        let mut total = 0;
        for page in 0.. {
            assert!(page < 100, "{} does not end", operation.name);
            let question = Question { account: &account, region: REGION, role: None, service: &service, operation, input: &input };
            let output = answers.answer(question).unwrap();
            for item in output.at(items).and_then(Value::as_list).unwrap() {
                total += 1;
                seen.insert(format!("{item:?}"));
            }
            let Some(token) = output.at(&paginator.output_tokens[0]).cloned() else { break };
            input.set(&paginator.input_tokens[0], token);
        }
        assert_eq!(total, answers.world.count_of(kind, &account, REGION), "{}", operation.name);
        assert_eq!(seen.len() as u64, total, "{}: items repeat", operation.name);
    }
    assert!(catalog.types.len() > 100);
}
