//! The built-in service models: all can be read, and say what clients ask of them.

use partywall_aws::model::{Kind, Location, ModelError, Models, Protocol, Segment, Service, Target};

#[test]
fn every_service_loads_or_speaks_only_what_this_client_does_not() {
    let models = Models::builtin();
    assert_eq!(models.botocore(), "1.44.5");
    let mut unspoken = Vec::new();
    let (mut services, mut operations) = (0, 0);
    for name in models.names() {
        match models.service(name) {
            Ok(service) => {
                services += 1;
                operations += service.operations.len();
            }
            Err(ModelError::Protocol { service, .. }) => unspoken.push(service),
            Err(error) => panic!("{name}: {error}"),
        }
    }
    println!("{services} services, {operations} operations");
    let unspoken: Vec<&str> = unspoken.iter().map(|name| &**name).collect();
    assert_eq!(unspoken, ["cloudwatchomni", "eventbridgev2", "partnercentral-revenue-measurement"]);
    assert!(services + unspoken.len() == 439 && operations > 19_000, "{services} {operations}");
}

#[test]
fn protocols_are_chosen_as_botocore_does() {
    for (name, protocol) in [
        ("ec2", Protocol::Ec2),
        ("iam", Protocol::Query),
        ("cloudwatch", Protocol::Json),
        ("sqs", Protocol::Json),
        ("lambda", Protocol::RestJson),
        ("s3", Protocol::RestXml),
    ] {
        assert_eq!(Models::builtin().service(name).unwrap().protocol, protocol, "{name}");
    }
}

#[test]
fn names_of_the_command_line_are_understood_and_misspelt_ones_explained() {
    let models = Models::builtin();
    assert_eq!(&*models.service("s3api").unwrap().name, "s3");
    assert_eq!(&*models.service("configservice").unwrap().name, "config");
    assert_eq!(&*models.service("deploy").unwrap().name, "codedeploy");
    assert_eq!(models.service("lamda").unwrap_err().to_string(), "no AWS service `lamda`; did you mean `lambda`?");
    let rds = models.service("rds").unwrap();
    assert_eq!(&*rds.operation("describe-db-instances").unwrap().name, "DescribeDBInstances");
    assert_eq!(
        rds.operation("DescribeDBInstance").unwrap_err().to_string(),
        "`rds` has no operation `DescribeDBInstance`; did you mean `DescribeDBInstances`?"
    );
}

#[test]
fn an_operation_says_how_it_travels_and_pages() {
    let s3 = Models::builtin().service("s3").unwrap();
    let list = s3.operation("ListObjectsV2").unwrap();
    assert_eq!((list.method, &*list.uri.template), ("GET", "/{Bucket}?list-type=2"));
    let query: Vec<(&str, &str)> = list.uri.query.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(query, [("list-type", "2")]);
    assert_eq!(list.uri.path, [Segment::Literal("/".into()), Segment::Label { name: "Bucket".into(), greedy: false }]);
    let input = s3.input(list).unwrap();
    let bucket = input.member("Bucket").unwrap();
    assert!(bucket.required && bucket.location == Location::Uri);
    let pages = list.paginator.as_ref().unwrap();
    let texts = |boxes: &[Box<str>]| boxes.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(pages.input_tokens.iter().map(ToString::to_string).collect::<Vec<_>>(), ["ContinuationToken"]);
    assert_eq!(texts(&pages.output_tokens), ["NextContinuationToken"]);
    assert_eq!(texts(&pages.result_keys), ["Contents", "CommonPrefixes"]);
    let limit = input.member(pages.limit_key.as_ref().unwrap()).unwrap();
    assert!(matches!(s3.kind(&limit.target), Kind::Integer { .. }));

    let iam = Models::builtin().service("iam").unwrap();
    let get = iam.operation("GetRole").unwrap();
    assert_eq!((get.result_wrapper.as_deref(), &*iam.api_version), (Some("GetRoleResult"), "2010-05-08"));
    assert_eq!(iam.global_endpoint.as_deref(), Some("iam.amazonaws.com"));
    assert_eq!(iam.waiters.get("RoleExists").unwrap().delay, 1);
    assert!(Models::builtin().service("sts").unwrap().operation("AssumeRoleWithWebIdentity").unwrap().unsigned);
}

#[test]
fn a_broken_model_is_an_error_of_one_line() {
    for text in ["", "{", r#"{"metadata":{"protocol":"json"},"operations":{"A":{"input":{"shape":"B"}}},"shapes":{}}"#] {
        let error = Service::from_json("x", text.as_bytes()).unwrap_err();
        assert!(matches!(error, ModelError::Broken { .. }) && !error.to_string().contains('\n'), "{error}");
    }
}

#[test]
fn models_of_some_operations_ask_and_read_as_the_whole_ones_do() {
    let whole = Models::builtin();
    let some = whole.only([("ec2", "DescribeInstances"), ("ec2", "DescribeVpcs"), ("s3api", "GetBucketAcl"), ("none", "None")]);
    let ec2 = some.service("ec2").unwrap();
    assert_eq!(ec2.operations.keys().map(|name| &**name).collect::<Vec<_>>(), ["DescribeInstances", "DescribeVpcs"]);
    assert!(ec2.waiters.contains_key("InstanceRunning") && !ec2.waiters.contains_key("ImageAvailable"));
    for (service, operation) in [("ec2", "DescribeInstances"), ("ec2", "DescribeVpcs"), ("s3", "GetBucketAcl")] {
        let (some, whole) = (some.service(service).unwrap(), whole.service(service).unwrap());
        let told = |service: &Service| {
            let operation = service.operation(operation).unwrap();
            let targets = [&operation.input, &operation.output].map(|target| written(service, target.as_ref().unwrap(), 0));
            format!("{:?} {:?} {:?} {targets:?}", operation.name, operation.paginator, operation.errors.len())
        };
        assert_eq!(told(&some), told(&whole), "{service} {operation}");
    }
    assert!(ec2.operation("DescribeImages").is_err() && some.service("iam").is_err() && some.service("none").is_err());
}

/// What a request or answer is made of, without the numbers of shapes.
fn written(service: &Service, target: &Target, depth: usize) -> String {
    let shape = service.shape(target.shape);
    let place = format!("{} {:?} {} {:?}", shape.name, target.location_name, target.flattened, target.timestamp);
    let inner = |target: &Target| written(service, target, depth + 1);
    match &shape.kind {
        // Some shapes lie within themselves.
        _ if depth > 8 => place,
        Kind::Structure(of) => {
            let members = of.members.iter().map(|member| {
                let travels = (&member.wire, &member.element, &member.query_name, member.location, member.required);
                format!("{} {travels:?} {}", member.name, inner(&member.target))
            });
            format!("{place} {:?} {{{}}}", of.payload, members.collect::<Vec<_>>().join("; "))
        }
        Kind::List(of) => format!("{place} [{}]", inner(&of.member)),
        Kind::Map(of) => format!("{place} [{}: {}]", inner(&of.key), inner(&of.value)),
        plain => format!("{place} {plain:?}"),
    }
}
