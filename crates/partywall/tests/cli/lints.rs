//! Each kind of mistake in a check is found, and nothing is said of a sound one.

use crate::support::{Sources, root};

/// A sound check of a task definition with some lines replaced.
fn check(replaced: &[(&str, &str)]) -> String {
    let sound = r#"title    = "Own check"
severity = "low"
since    = "0.1.0"
resource = "AWS::ECS::TaskDefinition"
duty     = "engine-config.set-parameters"
controls = { "nist-csf-2.0" = ["PR.IR-03"], "nist-800-53r5" = ["si-13.5"] }
why = '''Because.'''
pass = '''all_match(ContainerDefinitions, c -> any_match(c['HealthCheck']['Command'], x -> x <> ''))'''

[fix]
console = '''Do it.'''
cli = '''aws ecs register-task-definition'''
cloudformation = '''
ContainerDefinitions: []
'''
terraform = '''
resource "aws_ecs_task_definition" "this" {}
'''

[[case]]
name = "good"
want = "pass"
given = { Family = "a", ContainerDefinitions = [{ Name = "app", HealthCheck = { Command = ["CMD"] } }] }

[[case]]
name = "bad"
want = "fail"
given = { Family = "a", ContainerDefinitions = [{ Name = "app" }] }

[[case]]
name = "could not be read"
want = "unknown"
given = { Family = "a" }
unknown = ["ContainerDefinitions"]
"#;
    replaced.iter().fold(sound.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

const PASS: &str = "all_match(ContainerDefinitions, c -> any_match(c['HealthCheck']['Command'], x -> x <> ''))";

fn lint(text: &str) -> (i32, String) {
    let sources = Sources::new(&[("own/checks/ecs/own-check.toml", text)]);
    let ran = sources.run(&["catalog", "lint", "--catalog", "own"]);
    (ran.code, ran.out + &ran.err)
}

#[test]
fn how_long_something_was_idle_ends_with_the_reading() {
    let check = std::fs::read_to_string(root().join("catalog/checks/iam/root-is-not-used.toml")).unwrap();
    let today = check.replace("age_when_read(PasswordLastUsed)", "age_days(PasswordLastUsed)");
    let sources = Sources::new(&[("own/checks/iam/root-is-not-used.toml", &today)]);
    let ran = sources.run(&["catalog", "lint", "--catalog", "own"]);
    assert_ne!(ran.code, 0);
    let said = ran.out + &ran.err;
    assert!(said.contains("activity-age") && said.contains("write `age_when_read(PasswordLastUsed)`"), "{said}");
}

#[test]
fn mistakes_in_a_check_are_found() {
    let (code, said) = lint(&check(&[]));
    assert_eq!(code, 0, "{said}");
    for (replaced, wanted) in [
        (&[(PASS, "Famly = 'a'")][..], "Famly"),
        (&[(PASS, "NetworkMode = 1")], "wrong-type"),
        (&[(PASS, "NetworkMode = 'a' or true")], "always-same"),
        (&[(PASS, "NetworkMode <> 'host'")], "negated-absent"),
        (&[(PASS, "all_match(ContainerDefinitions, c -> any_match(c['Command'], x -> x <> 'a'))")], "secret-value"),
        (&[("want = \"unknown\"", "want = \"pass\"")], "case"),
        (&[("engine-config.set-parameters", "engine-config.nothing")], "engine-config.nothing"),
        (&[("PR.IR-03", "PR.XX-99")], "PR.XX-99"),
        (&[("AWS::ECS::TaskDefinition", "AWS::ECS::TaskDef")], "AWS::ECS::TaskDef"),
    ] {
        let (code, said) = lint(&check(replaced));
        assert!(code != 0 && said.contains(wanted), "{wanted}: exit {code}\n{said}");
    }
}
