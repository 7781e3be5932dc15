use proptest::prelude::*;

use super::resource::fit;
use super::*;

fn table() -> &'static Reference {
    reference().unwrap()
}

#[test]
fn the_built_in_table_is_whole() {
    let table = table();
    assert!(table.services().count() > 400 && table.actions.len() > 20_000);
    assert!(table.date() >= "2026-09-26", "{}", table.date());
    assert!(table.version().contains('.'));
}

#[test]
fn facts_of_actions() {
    let action = table().action("S3:getobject").unwrap();
    assert_eq!(action.full_name(), "s3:GetObject");
    assert_eq!(action.access_level(), AccessLevel::Read);
    assert!(action.resource_types().any(|of| of.name() == "object" && of.fit("arn:aws:s3:::b/k") == Fit::Some));
    assert!(action.supports("s3:ExistingObjectTag/team") && action.supports("S3:TLSVERSION"));
    assert!(!action.supports("s3:prefix") && !action.supports("s3:ExistingObjectTag/"));
    assert!(table().action("s3:ListBucket").unwrap().supports("s3:prefix"));

    assert!(table().action("s3:ListAllMyBuckets").unwrap().is_wildcard_only());
    assert_eq!(table().action("s3:PutBucketPolicy").unwrap().access_level(), AccessLevel::PermissionsManagement);
    assert_eq!(table().action("ec2:CreateTags").unwrap().access_level(), AccessLevel::Tagging);
    let pass = table().action("iam:PassRole").unwrap();
    assert!(pass.supports("iam:PassedToService"));
    assert_eq!(pass.resource_types().map(|of| (of.name(), of.is_required())).collect::<Vec<_>>(), [("role", true)]);
    assert!(table().action("sts:AssumeRole").unwrap().condition_keys().any(|key| key.name() == "sts:ExternalId"));
    let run = table().action("ec2:RunInstances").unwrap();
    assert!(run.resource_types().find(|of| of.name() == "instance").unwrap().condition_keys().any(|key| key.name() == "ec2:InstanceType"));
    for name in ["s3:GetObjects", "s3", "", ":", "nothing:Get", "s3:*", "s3:GetObject "] {
        assert!(table().action(name).is_none(), "{name}");
    }
}

#[test]
fn patterns_become_actions() {
    let names = |pattern: &str| table().expand(pattern).into_iter().map(Action::full_name).collect::<Vec<_>>();
    assert_eq!(names("iam:pass*"), ["iam:PassRole"]);
    assert_eq!(names("sqs:GetQueueUr?"), ["sqs:GetQueueUrl"]);
    assert_eq!(names("sq*:SendMessage"), ["sqs:SendMessage"]);
    assert!(names("s3:Get*").contains(&"s3:GetObject".to_owned()));
    assert_eq!(names("*").len(), table().actions.len());
    assert_eq!(names("*:*").len(), table().actions.len());
    for pattern in ["", "s3", "s3:", "s3*", "s3:Nothing*", ":*"] {
        assert!(names(pattern).is_empty(), "{pattern}");
    }
    assert_eq!(table().services_of("s3:Nothing").len(), 1);
}

#[test]
fn facts_of_condition_keys() {
    for (name, kind, multi_valued) in [
        ("aws:sourceip", KeyType::IpAddress, false),
        ("aws:PrincipalTag/team", KeyType::String, false),
        ("aws:RequestTag/team", KeyType::String, false),
        ("aws:TagKeys", KeyType::String, true),
        ("aws:PrincipalOrgPaths", KeyType::String, true),
        ("aws:CalledVia", KeyType::String, true),
        ("aws:SourceArn", KeyType::Arn, false),
        ("aws:MultiFactorAuthPresent", KeyType::Bool, false),
        ("aws:MultiFactorAuthAge", KeyType::Numeric, false),
        ("aws:CurrentTime", KeyType::Date, false),
        ("dynamodb:LeadingKeys", KeyType::String, true),
        ("s3:max-keys", KeyType::Numeric, false),
    ] {
        let key = table().condition_key(name).unwrap_or_else(|| panic!("{name} is not there"));
        assert_eq!((key.kind(), key.is_multi_valued()), (kind, multi_valued), "{name}");
    }
    for (name, want) in
        [("aws:PrincipalOrgID", true), ("lambda:SourceFunctionArn", true), ("aws:ResourceTag/a", false), ("s3:prefix", false)]
    {
        assert_eq!(table().condition_key(name).unwrap().is_global(), want, "{name}");
    }
    for name in ["aws:SourceIP4", "aws:PrincipalTag/", "aws:PrincipalTag", "nothing", ""] {
        assert!(table().condition_key(name).is_none(), "{name}");
    }
}

#[test]
fn services_that_rcps_reach() {
    for (prefix, want) in
        [("s3", true), ("sts", true), ("kms", true), ("sqs", true), ("secretsmanager", true), ("ec2", false), ("iam", false)]
    {
        assert_eq!(table().service(prefix).unwrap().supports_rcp(), want, "{prefix}");
    }
    assert!(table().service("s3").unwrap().resource_types().any(|(name, _)| name == "bucket"));
    assert_eq!(table().service("IAM").unwrap().title(), "AWS Identity and Access Management (IAM)");
}

fn packed(text: &str) -> Result<Reference, ReferenceError> {
    Reference::from_bytes(&zstd::encode_all(text.as_bytes(), 1).unwrap())
}

#[test]
fn other_files_are_refused_with_the_line() {
    let head = "iam-data\t1\t0.1\t2026-01-01\n";
    for (text, want) in [
        ("", "line 1"),
        ("iam-data\t2\t0.1\t2026-01-01", "form `1`"),
        ("iam-data\t1\t0.1\tyesterday", "`yesterday` is no date"),
        (&format!("{head}x\t1"), "line 2: `x`"),
        (&format!("{head}k\tb:x\tS\nk\ta:x\tS"), "line 3: `a:x` does not come after `b:x`"),
        (&format!("{head}k\tb:x\tQ"), "`Q` is no type"),
        (&format!("{head}k\tb:x"), "a field is missing"),
        (&format!("{head}c\t7"), "there is no condition key 7"),
        (&format!("{head}a\tGet\tR\t0\t\t"), "there is no set"),
        (&format!("{head}c\t\na\tGet\tR\t0\t\t"), "before any service"),
        (&format!("{head}c\t\ns\tdemo\t\tDemo\na\tGet\tR\t0\t4!\t"), "there is no resource type 4"),
        (&format!("{head}c\t\ns\tdemo\t\tDemo\nt\tbox\t0\tbox"), "`box` is no ARN"),
    ] {
        let error = packed(text).unwrap_err().to_string();
        assert!(error.contains(want), "{text:?}: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
    assert!(matches!(Reference::from_bytes(b"not compressed"), Err(ReferenceError::Compression { .. })));
    assert!(matches!(packed(&"k".repeat((32 << 20) + 1)), Err(ReferenceError::TooLarge)));
    let small =
        packed(&format!("{head}k\ta:x\tS\nc\t\nc\t0\ns\tdemo\tr\tDemo\nt\tbox\t1\tarn:p:demo:::b/${{N}}\na\tGet\tR\t0\t0!\tiam:PassRole"))
            .unwrap();
    assert!(small.action("demo:get").unwrap().supports("a:x"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300), lines in "([kcsta]\t[a-c0-2:*!,]{0,6}\t[SABNL0-2+]{0,2}\t[0-2!:,]{0,4}\t[a-c]{0,3}\n){0,8}") {
        drop(Reference::from_bytes(&bytes));
        if let Ok(table) = packed(&format!("iam-data\t1\t0.1\t2026-01-01\n{lines}")) {
            for action in table.expand("*") {
                action.supports("a:b");
                prop_assert!(action.resource_types().count() < 10);
            }
        }
    }

    #[test]
    fn any_pattern_is_answered(pattern in "[a-z*?:${}/]{0,30}", template in "arn:[a-z*${}:/]{0,30}") {
        table().expand(&pattern);
        fit(&template, &pattern);
        prop_assert_eq!(fit(&template, "*"), Fit::Every);
    }
}

#[test]
fn the_date_is_in_the_first_line() {
    assert_eq!(super::built_in_date().as_deref(), Some(table().date()));
}
