//! Paths over random synthetic accounts against the steps that each principal has by itself: the search, which leaves out what it does
//! not need, finds neither less nor more nor longer ways.

use std::collections::BTreeMap;

use partywall_iam::account::{Account, Given, OpenStep, Target};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::make::{Details, ID, allow, arn, attach, bound, deny, trusts, trusts_service};

const PRINCIPALS: usize = 12;
const ACTIONS: &[&str] = &[
    "iam:PassRole",
    "lambda:CreateFunction",
    "lambda:InvokeFunction",
    "lambda:UpdateFunctionCode",
    "ec2:RunInstances",
    "iam:CreateAccessKey",
    "iam:UpdateLoginProfile",
    "iam:PutUserPolicy",
    "iam:AttachRolePolicy",
    "iam:CreatePolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:DeleteUserPermissionsBoundary",
    "iam:AddUserToGroup",
    "sts:AssumeRole",
];

/// Numbers that look random, from the bytes that the test is given.
struct Choices<'b>(std::iter::Cycle<std::slice::Iter<'b, u8>>, usize);

impl Choices<'_> {
    fn below(&mut self, end: usize) -> usize {
        self.1 = self.1.wrapping_mul(31).wrapping_add(usize::from(*self.0.next().unwrap()));
        (self.1 >> 2) % end
    }

    fn statement(&mut self) -> Value {
        let actions: Vec<&str> = (0..=self.below(3)).map(|_| ACTIONS[self.below(ACTIONS.len())]).collect();
        let other = self.below(PRINCIPALS);
        let resource = match self.below(5) {
            0 => "*".to_owned(),
            1 => arn("role", &format!("r{other}")),
            2 => arn("user", &format!("u{other}")),
            3 => format!("arn:aws:iam::{ID}:*/*{other}"),
            _ => arn("user", "${aws:username}"),
        };
        let mut made = if self.below(7) == 0 { deny(&actions, &resource) } else { allow(&actions, &resource) };
        match self.below(8) {
            0 => made["Condition"] = json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }),
            1 => made["Condition"] = json!({ "StringEquals": { "iam:PassedToService": "lambda.amazonaws.com" } }),
            _ => {}
        }
        made
    }

    fn account(&mut self) -> Account {
        let mut details = Details::new();
        details.group("admins", &[allow(&["*"], "*")]);
        let narrow = details.policy("narrow", &[allow(&["iam:*", "lambda:*"], "*")]);
        let shared = details.policy("shared", &[self.statement(), self.statement()]);
        for number in 0..PRINCIPALS {
            let statements: Vec<Value> = (0..self.below(4)).map(|_| self.statement()).collect();
            let principal = if number % 2 == 0 {
                details.user(&format!("u{number}"), &statements)
            } else {
                let trust = match self.below(4) {
                    0 => trusts_service("lambda.amazonaws.com"),
                    1 => trusts_service("ec2.amazonaws.com"),
                    2 => trusts(&format!("arn:aws:iam::{ID}:root")),
                    _ => trusts(&arn("user", &format!("u{}", 2 * self.below(PRINCIPALS / 2)))),
                };
                details.role(&format!("r{number}"), &statements, &[trust])
            };
            if self.below(3) == 0 {
                attach(principal, &shared);
            }
            if self.below(5) == 0 {
                bound(principal, &narrow);
            }
        }
        details.read(&Given::default())
    }
}

/// Of every principal how many steps it takes to all rights, over such steps as are wanted.
fn lengths(steps: &[Vec<OpenStep>], admins: &[usize], wanted: impl Fn(&OpenStep) -> bool) -> BTreeMap<usize, usize> {
    let mut known: BTreeMap<usize, usize> = admins.iter().map(|admin| (*admin, 0)).collect();
    for length in 1..=steps.len() {
        let leads = |step: &&OpenStep| match step.to {
            Target::Admin => true,
            Target::Principal(to) => known.get(&to).is_some_and(|have| *have < length),
        };
        let of = |from: &usize| !known.contains_key(from) && steps[*from].iter().filter(|step| wanted(step)).any(|step| leads(&step));
        let found: Vec<usize> = (0..steps.len()).filter(of).collect();
        known.extend(found.into_iter().map(|from| (from, length)));
    }
    known
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_search_agrees_with_single_steps(bytes in prop::collection::vec(any::<u8>(), 40..200)) {
        let account = Choices(bytes.iter().cycle(), 7).account();
        let found = account.escalations().unwrap();
        prop_assert!(found.is_complete);
        let steps: Vec<Vec<OpenStep>> = (0..account.principals().len()).map(|number| account.open_steps(number).unwrap()).collect();
        let admins: Vec<usize> = found.admins.iter().filter(|admin| admin.depends.is_none()).map(|admin| admin.principal).collect();
        prop_assert_eq!(admins.len(), found.admins.len(), "no statement allows everything under a condition");
        let (certain, any) = (lengths(&steps, &admins, |step| step.certain), lengths(&steps, &admins, |_| true));
        for (number, steps) in steps.iter().enumerate().filter(|(number, _)| !admins.contains(number)) {
            let path = found.paths.iter().find(|path| path.principal == number);
            prop_assert_eq!(path.is_some(), any.contains_key(&number));
            let Some(path) = path else { continue };
            prop_assert_eq!(path.certain, certain.contains_key(&number));
            if path.certain {
                prop_assert_eq!(Some(&path.steps.len()), certain.get(&number));
            }
            let first = &path.steps[0];
            prop_assert!(steps.iter().any(|step| step.rule == first.rule && step.to == first.to && step.certain == first.depends.is_empty()));
        }
    }
}
