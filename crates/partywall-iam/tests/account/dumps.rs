//! Two published dumps, read in place from `../shared` beside the repository.

use std::path::Path;
use std::{fs, io, io::Write};

use partywall_iam::account::{Account, Given, Question, Standing};

fn read(name: &str) -> Option<Account> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/aws-api/other/authz").join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Some(Account::read(&text, &Given::default()).unwrap()),
        Err(_) => {
            drop(io::stderr().write_all(format!("skipped: no {name} in ../shared/data/aws-api/other/authz\n").as_bytes()));
            None
        }
    }
}

fn names(account: &Account, numbers: impl Iterator<Item = usize>) -> Vec<String> {
    numbers.map(|number| account.principals()[number].name.to_string()).collect()
}

#[test]
fn the_large_dump_has_its_administrators() {
    let Some(account) = read("cloudsplaining-example-authz-details.json") else { return };
    assert_eq!(account.principals().len(), 6);
    let found = account.escalations().unwrap();
    let admins = names(&account, found.admins.iter().filter(|admin| admin.depends.is_none()).map(|admin| admin.principal));
    assert!(admins.contains(&"obama".to_owned()) && admins.contains(&"userwithlotsofpermissions".to_owned()), "{admins:?}");
    assert!(!admins.contains(&"biden".to_owned()), "{admins:?}");
    assert!(found.is_complete && found.undecided.is_empty());
    for path in &found.paths {
        let words = account.describe(path);
        assert!(words.lines().count() > 2 && words.contains("fix: "), "{words}");
    }
}

#[test]
fn a_policy_of_aws_that_the_small_dump_lacks_is_that_of_the_reference_data_and_an_answer_says_so() {
    let Some(account) = read("cloudsplaining-example-v2.json") else { return };
    let found = account.escalations().unwrap();
    let admins = names(&account, found.admins.iter().filter(|admin| admin.depends.is_none()).map(|admin| admin.principal));
    assert_eq!(admins, ["BlakeBortles"]);
    assert!(found.undecided.is_empty());
    assert!(found.assumptions.iter().any(|of| of.contains("AWS's managed policies")), "{:?}", found.assumptions);
}

#[test]
fn a_policy_that_nobody_has_is_not_known() {
    for arn in ["arn:aws:iam::aws:policy/NewerThanTheData", "arn:aws:iam::111122223333:policy/own"] {
        let details = format!(
            r#"{{"UserDetailList":[{{"UserName":"u","Arn":"arn:aws:iam::111122223333:user/u","AttachedManagedPolicies":[{{"PolicyArn":"{arn}"}}]}}],
            "RoleDetailList":[],"GroupDetailList":[],"Policies":[]}}"#
        );
        let account = Account::read(&details, &Given::default()).unwrap();
        let found = account.escalations().unwrap();
        assert!(found.undecided[0].1.detail.contains(arn), "{:?}", found.undecided);
        let who = account.who_can(&Question::new("ec2:StopInstances", "*"));
        assert_eq!(who.holders[0].access.standing, Standing::Unknown);
    }
}
