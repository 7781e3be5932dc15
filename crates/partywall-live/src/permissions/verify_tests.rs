use std::sync::Mutex;

use super::*;
use crate::permissions::needs::bare;

/// A caller with what it is allowed, and what the simulator says of it.
#[derive(Default)]
struct Fake {
    caller: String,
    role: Option<String>,
    simulator: Option<BTreeMap<&'static str, &'static str>>,
    answers: BTreeMap<&'static str, (bool, &'static str)>,
    asked: Mutex<Vec<String>>,
}

fn refused(is_denied: bool, code: &str) -> Refusal {
    Refusal { is_denied, code: code.to_owned(), message: format!("{code}!") }
}

impl Probe for Fake {
    async fn caller(&self) -> Result<String, Refusal> {
        if self.caller.is_empty() { Err(refused(false, "ExpiredToken")) } else { Ok(self.caller.clone()) }
    }

    async fn role_arn(&self, name: &str) -> Result<String, Refusal> {
        self.asked.lock().unwrap().push(format!("role {name}"));
        self.role.clone().ok_or_else(|| refused(true, "AccessDenied"))
    }

    async fn simulate(&self, principal: &str, actions: &[Arc<str>], resource: &str) -> Result<Vec<Simulated>, Refusal> {
        self.asked.lock().unwrap().push(format!("simulate {} of {principal} on {resource}", actions.len()));
        let says = self.simulator.as_ref().ok_or_else(|| refused(true, "AccessDenied"))?;
        let line = |action: &Arc<str>| {
            let decision = says.get(format!("{action} {resource}").as_str()).or_else(|| says.get(&**action))?;
            Some(Simulated {
                action: action.to_string(),
                decision: (*decision).to_owned(),
                missing_context: Vec::new(),
                allowed_by_organizations: None,
            })
        };
        Ok(actions.iter().filter_map(line).collect())
    }

    async fn call(&self, trial: &Trial) -> Result<(), Refusal> {
        self.asked.lock().unwrap().push(format!("call {}", trial.operation));
        match self.answers.get(trial.operation.as_str()) {
            None => Ok(()),
            Some((is_denied, code)) => Err(refused(*is_denied, code)),
        }
    }
}

const ROLE: &str = "arn:aws:iam::111122223333:role/audit/reader";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/reader/me";

fn need(action: &str, checks: &[&str], can_be_tried: bool) -> Need {
    let mut need = bare(action);
    need.checks = checks.iter().map(|&check| Arc::from(check)).collect();
    if can_be_tried {
        let (service, operation) = action.split_once(':').unwrap();
        need.trial = Some(Trial {
            service: service.to_owned(),
            operation: operation.to_owned(),
            input: BTreeMap::new(),
            absent_on: vec!["NoSuchEntity".to_owned()],
        });
    }
    need
}

fn needs() -> Vec<Need> {
    vec![
        need("sts:GetCallerIdentity", &[], false),
        need("s3:ListAllMyBuckets", &["s3.a", "s3.b"], true),
        need("s3:GetBucketAcl", &["s3.a"], false),
        need("kms:GetKeyPolicy", &["kms.a", "s3.b"], false),
    ]
}

fn run(fake: Fake, needs: &[Need]) -> (Report, Vec<String>) {
    let fake = Arc::new(fake);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let report = runtime.block_on(verify(fake.clone(), needs));
    let asked = fake.asked.lock().unwrap().clone();
    (report, asked)
}

fn list(checks: &BTreeSet<Arc<str>>) -> Vec<&str> {
    checks.iter().map(|id| &**id).collect()
}

fn standing(report: &Report, action: &str) -> (Standing, How) {
    let verdict = &report.verdicts[action];
    (verdict.standing, verdict.how)
}

#[test]
fn the_simulator_is_asked_of_the_role_with_its_path() {
    let simulator = [("s3:ListAllMyBuckets", "allowed"), ("s3:GetBucketAcl", "implicitDeny"), ("kms:GetKeyPolicy", "allowed")];
    let fake = Fake {
        caller: SESSION.to_owned(),
        role: Some(ROLE.to_owned()),
        simulator: Some(simulator.into_iter().collect()),
        ..Fake::default()
    };
    let (report, asked) = run(fake, &needs());
    assert_eq!(asked, ["role reader".to_owned(), format!("simulate 4 of {ROLE} on *")]);
    assert_eq!(standing(&report, "sts:GetCallerIdentity"), (Standing::Allowed, How::Called), "the call itself shows it");
    assert_eq!(standing(&report, "s3:GetBucketAcl"), (Standing::Denied, How::Simulated));
    assert_eq!(list(&report.blind), ["s3.a"]);
    assert!(report.unsure.is_empty(), "{:?}", report.unsure);
    assert_eq!(report.actions(Standing::Denied).count(), 1);
    assert!(!report.assuming.is_empty());
}

#[test]
fn without_the_simulator_listings_are_tried_and_the_rest_is_unknown() {
    let fake = Fake { caller: SESSION.to_owned(), answers: [("ListAllMyBuckets", (true, "AccessDenied"))].into(), ..Fake::default() };
    let (report, asked) = run(fake, &needs());
    assert_eq!(asked.last().unwrap(), "call ListAllMyBuckets");
    assert_eq!(standing(&report, "s3:ListAllMyBuckets"), (Standing::Denied, How::Called));
    assert_eq!(standing(&report, "kms:GetKeyPolicy"), (Standing::Unknown, How::NotAsked));
    assert_eq!(report.verdicts["kms:GetKeyPolicy"].why, "it needs a resource to be tried on");
    assert_eq!(list(&report.blind), ["s3.a", "s3.b"]);
    assert_eq!(list(&report.unsure), ["kms.a"], "blind is not said twice");
    assert_eq!(report.notes.len(), 2, "{:?}", report.notes);
}

#[test]
fn an_error_that_means_none_shows_that_asking_is_allowed_and_others_show_nothing() {
    for (code, want) in [("NoSuchEntity", Standing::Allowed), ("Throttling", Standing::Unknown)] {
        let fake = Fake { caller: SESSION.to_owned(), answers: [("ListAllMyBuckets", (false, code))].into(), ..Fake::default() };
        let (report, _) = run(fake, &needs());
        assert_eq!(standing(&report, "s3:ListAllMyBuckets"), (want, How::Called), "{code}");
    }
}

#[test]
fn an_action_that_the_simulator_left_out_is_not_allowed() {
    let fake = Fake {
        caller: SESSION.to_owned(),
        role: Some(ROLE.to_owned()),
        simulator: Some([("s3:ListAllMyBuckets", "allowed")].into()),
        ..Fake::default()
    };
    let (report, _) = run(fake, &needs());
    assert_eq!(standing(&report, "kms:GetKeyPolicy").0, Standing::Unknown);
    assert_eq!(list(&report.unsure), ["kms.a", "s3.a", "s3.b"]);
}

#[test]
fn of_several_resources_the_worst_counts() {
    let gateway = bare("apigateway:GET");
    let resources = gateway.resources.len();
    let denied = format!("apigateway:GET {}", gateway.resources[2]);
    let fake = Fake {
        caller: SESSION.to_owned(),
        role: Some(ROLE.to_owned()),
        simulator: Some([("apigateway:GET", "allowed"), (denied.leak() as &str, "implicitDeny")].into()),
        ..Fake::default()
    };
    let (report, asked) = run(fake, &[gateway]);
    assert_eq!(standing(&report, "apigateway:GET"), (Standing::Denied, How::Simulated));
    assert_eq!(asked.iter().filter(|asked| asked.starts_with("simulate 1 of")).count(), resources);
}

#[test]
fn who_is_not_known_is_allowed_nothing() {
    let (report, asked) = run(Fake::default(), &needs());
    assert!(asked.is_empty());
    assert_eq!(report.actions(Standing::Unknown).count(), 4);
    let root = Fake { caller: "arn:aws:iam::111122223333:root".to_owned(), ..Fake::default() };
    let (report, asked) = run(root, &needs());
    assert_eq!(asked, ["call ListAllMyBuckets"]);
    assert_eq!(report.principal, None);
}

#[test]
fn many_actions_are_asked_in_batches_and_tried_a_few_at_a_time() {
    let many: Vec<Need> = (0..120).map(|number| need(&format!("ec2:DescribeThing{number}"), &[], true)).collect();
    let fake = Fake { caller: SESSION.to_owned(), role: Some(ROLE.to_owned()), simulator: Some(BTreeMap::new()), ..Fake::default() };
    let (report, asked) = run(fake, &many);
    assert_eq!(asked.iter().filter(|asked| asked.starts_with("simulate")).count(), 3);
    assert_eq!(asked.iter().filter(|asked| asked.starts_with("call")).count(), 120);
    assert_eq!(report.actions(Standing::Allowed).count(), 120);
}
