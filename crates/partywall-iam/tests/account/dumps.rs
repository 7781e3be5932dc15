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
fn the_small_dump_lacks_a_policy_and_says_so() {
    let Some(account) = read("cloudsplaining-example-v2.json") else { return };
    let found = account.escalations().unwrap();
    let undecided = names(&account, found.undecided.iter().map(|(number, _)| *number));
    assert_eq!(undecided, ["BlakeBortles"]);
    assert!(found.undecided[0].1.contains("arn:aws:iam::aws:policy/AdministratorAccess"));
    let who = account.who_can(&Question::new("ec2:StopInstances", "*"));
    let unknown = who.holders.iter().find(|holder| account.principals()[holder.principal].name.as_ref() == "BlakeBortles").unwrap();
    assert_eq!(unknown.access.standing, Standing::Unknown);
}
