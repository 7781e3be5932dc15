//! What the readers make of real layouts of files.

use crate::support::{Sources, status_of};

#[test]
fn a_satellite_whose_parent_is_not_in_the_template_keeps_its_rule() {
    let (results, ran) = Sources::new(&[(
        "t.yaml",
        "Resources:\n  Open:\n    Type: AWS::EC2::SecurityGroupIngress\n    Properties:\n      GroupId: !ImportValue Group\n      IpProtocol: tcp\n      CidrIp: 0.0.0.0/0\n      FromPort: 22\n      ToPort: 22\n",
    )])
    .results();
    ran.must_end_well("a rule");
    assert_eq!(status_of(&results, "ec2.security-group-closes-admin-ports"), "fail");
}

#[test]
fn a_flow_log_makes_no_parent_of_another_type() {
    let flow_log = "  Log:\n    Type: AWS::EC2::FlowLog\n    Properties: {ResourceType: VPC, ResourceId: !Ref Net, TrafficType: ALL}\n";
    let template = format!("Resources:\n  Net:\n    Type: AWS::EC2::VPC\n    Properties: {{CidrBlock: 10.0.0.0/16}}\n{flow_log}");
    let (results, _) = Sources::new(&[("t.yaml", &template)]).results();
    assert!(results.iter().all(|result| result["resource"]["type"] != "AWS::EC2::Subnet"), "{results:?}");
    assert_eq!(status_of(&results, "ec2.vpc-records-flows"), "pass");
}

#[test]
fn calls_of_one_name_are_told_apart_by_their_service() {
    let repositories = r#"{"repositories":[{"repositoryName":"team/app","repositoryArn":"arn:aws:ecr:eu-central-1:111122223333:repository/team/app","encryptionConfiguration":{"encryptionType":"AES256"},"imageScanningConfiguration":{"scanOnPush":true},"imageTagMutability":"IMMUTABLE"}]}"#;
    let policy = r#"{"registryId":"111122223333","repositoryName":"team/app","lifecyclePolicyText":"{\"rules\":[]}"}"#;
    for policy_file in
        ["ecr/get-lifecycle-policy/team/app.json", "ecr/get-lifecycle-policy/team%2Fapp.json", "get-lifecycle-policy/team/app.json"]
    {
        let sources = Sources::new(&[]);
        let place = "111122223333/eu-central-1";
        sources.write(&format!("{place}/ecr/describe-repositories.json"), repositories.as_bytes());
        sources.write(&format!("{place}/{policy_file}"), policy.as_bytes());
        let (results, ran) = sources.results();
        assert!(
            results.iter().all(|result| result["resource"]["type"] == "AWS::ECR::Repository"),
            "{policy_file}: {results:?} {}",
            ran.err
        );
        assert_eq!(status_of(&results, "ecr.repository-expires-images"), "pass", "{policy_file}: {}", ran.err);
    }
}

#[test]
fn an_empty_answer_of_a_call_that_two_services_have_is_no_listing_of_either() {
    let sources = Sources::new(&[]);
    sources.write("111122223333/eu-central-1/list-clusters.json", b"{}");
    let (_, ran) = sources.results();
    assert!(ran.err.contains("list-clusters") && ran.err.contains("directory"), "{}", ran.err);
}

/// What a cut-off, an empty and a refused listing leave: every check of the type unknown, never "there are none".
#[test]
fn a_listing_that_gave_no_whole_answer_is_unknown() {
    let error = "\nAn error occurred (AccessDenied) when calling the DescribeInstances operation: no\n";
    for content in ["{\"Reservations\": [{\"Instances\": [", "", "\u{0}", error] {
        let sources = Sources::new(&[("111122223333/eu-central-1/ec2/describe-instances.json", content)]);
        let (results, ran) = sources.results();
        assert!(results.len() >= 5, "{content:?}: {} results; {}", results.len(), ran.err);
        for result in &results {
            assert_eq!((&result["status"], &result["resource"]["id"]), (&"unknown".into(), &serde_json::Value::Null), "{content:?}");
        }
        assert!(ran.code != 0, "{content:?}");
    }
    let nothing = Sources::new(&[("111122223333/eu-central-1/ec2/describe-instances.json", "{\"Reservations\": []}")]);
    assert!(nothing.results().0.is_empty(), "an answered listing with nothing in it gives no results");
}

#[test]
fn an_account_id_may_be_what_a_call_was_made_for() {
    let sources = Sources::new(&[]);
    sources.write(
        "444455556666/us-east-1/get-caller-identity.json",
        br#"{"UserId":"AIDAEXAMPLE","Account":"444455556666","Arn":"arn:aws:iam::444455556666:user/reader"}"#,
    );
    sources.write(
        "444455556666/us-east-1/describe-vpcs/eu-central-1.json",
        br#"{"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/16","IsDefault":false}]}"#,
    );
    let (results, ran) = sources.results();
    let vpc = results.iter().find(|result| result["resource"]["type"] == "AWS::EC2::VPC").unwrap_or_else(|| panic!("no VPC: {}", ran.err));
    assert_eq!(vpc["resource"]["region"], "eu-central-1");
    assert_eq!(vpc["resource"]["account"], "444455556666");
}

#[test]
fn secrets_are_found_and_never_shown() {
    let secret = "hunter2-and-more";
    let template = format!(
        "Resources:\n  Secret:\n    Type: AWS::SecretsManager::Secret\n    Properties: {{SecretString: '{{\"password\":\"{secret}\"}}'}}\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties: {{Engine: mysql, MasterUsername: admin, MasterUserPassword: {secret}, DBInstanceClass: db.t3.micro}}\n  Function:\n    Type: AWS::Lambda::Function\n    Properties:\n      Runtime: python3.13\n      Role: arn:aws:iam::111122223333:role/x\n      Code: {{ZipFile: x}}\n      Environment: {{Variables: {{DB_PASSWORD: {secret}}}}}\n  Host:\n    Type: AWS::EC2::Instance\n    Properties:\n      UserData: {{'Fn::Base64': 'export DB_PASSWORD={secret}'}}\n"
    );
    let sources = Sources::new(&[("t.yaml", &template)]);
    let (results, ran) = sources.results();
    assert!(!ran.out.contains(secret), "a secret is printed");
    assert_eq!(status_of(&results, "secretsmanager.secret-value-is-not-in-the-template"), "fail");
    assert_eq!(status_of(&results, "ec2.instance-user-data-has-no-secrets"), "fail");
    let about = |word: &str| {
        results.iter().any(|result| result["status"] == "fail" && result["check"].as_str().is_some_and(|id| id.contains(word)))
    };
    assert!(about("rds.instance-password") || about("password-is-not-in-the-template"), "the password in the template is not found");
    for arguments in [&["assess", ".", "--out", "report"][..], &["explain", "Db", "."], &["explain", "Host", ".", "--format", "json"]] {
        let ran = sources.run(arguments);
        assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "{arguments:?}");
    }
    for table in ["aws_secretsmanager_secret", "aws_rds_dbinstance", "aws_lambda_function", "aws_ec2_instance"] {
        let ran = sources.run(&["query", &format!("select * from {table}"), "t.yaml", "--format", "json"]);
        assert!(ran.code == 0 && !ran.out.contains(secret), "{table}: {}", ran.err);
    }
    for entry in std::fs::read_dir(sources.path().join("report")).expect("reports") {
        let path = entry.expect("an entry").path();
        assert!(!std::fs::read_to_string(&path).expect("text").contains(secret), "{}", path.display());
    }
}

#[test]
fn of_a_list_only_the_elements_that_decide_are_facts() {
    let template = "Resources:\n  Group:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      GroupDescription: web\n      SecurityGroupIngress:\n        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8, Description: in}\n        - {IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0, Description: all}\n";
    let (results, _) = Sources::new(&[("t.yaml", template)]).results();
    let result = results.iter().find(|result| result["check"] == "ec2.security-group-closes-admin-ports").expect("the check was asked");
    assert_eq!(result["status"], "fail");
    let facts = result["facts"].as_array().expect("facts");
    let elements: Vec<&str> = facts.iter().filter_map(|fact| fact["path"].as_str()).filter(|path| path.contains('[')).collect();
    assert_eq!(elements, ["SecurityGroupIngress[1]"], "{facts:?}");
    assert_eq!(facts.iter().find(|fact| fact["path"] == "SecurityGroupIngress[1]").expect("the element")["location"]["line"], 8);
}

#[test]
fn the_fact_that_decided_comes_first() {
    let policy = "PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}";
    let trust =
        "AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}";
    let role = |attached: &str| format!("{{Type: AWS::IAM::Role, Properties: {{{trust}, ManagedPolicyArns: [{attached}]}}}}");
    let template = format!(
        "Resources:\n  All: {{Type: AWS::IAM::ManagedPolicy, Properties: {{{policy}}}}}\n  Own: {}\n  OfAws: {}\n",
        role("!Ref All"),
        role("'arn:aws:iam::aws:policy/AdministratorAccess'")
    );
    let (results, _) = Sources::new(&[("t.yaml", &template)]).results();
    let open =
        results.iter().find(|result| result["check"] == "iam.role-grants-no-full-admin" && result["resource"]["logical_id"] == "OfAws");
    let facts = open.expect("the role has a result")["facts"].as_array().expect("facts").clone();
    assert!(facts.iter().any(|fact| fact["decided"] == true) && facts.iter().any(|fact| fact["decided"] == false), "{facts:?}");
    let first = |id: &str| {
        let of = |result: &&serde_json::Value| result["check"] == "iam.role-grants-no-full-admin" && result["resource"]["logical_id"] == id;
        let result = results.iter().find(of).expect("the role has a result");
        assert_eq!(result["status"], "fail", "{id}");
        result["facts"][0]["path"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(first("Own"), "_Derived.CustomerManagedPolicy.AllowsFullAdmin");
    assert!(first("OfAws").starts_with("ManagedPolicyArns"), "{}", first("OfAws"));
}
