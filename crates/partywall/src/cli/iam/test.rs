use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use partywall_iam::eval::Decision;
use partywall_report::counted;
use serde::Deserialize;

use super::policies::{PolicyFiles, read};
use super::question::{Circumstances, Decided, Texts};
use crate::exit;

/// Run tests of policies: requests with the answer that they should get
#[derive(Debug, Args)]
#[command(after_help = "A test file (TOML, or YAML of the same members); paths are those from the file's directory:

  [policies]
  identity = [\"developer.json\"]
  scp = [[\"root.json\"], [\"workloads.json\"]]

  [[test]]
  name = \"developers read no production data\"
  principal = \"arn:aws:iam::111122223333:role/developer\"
  action = [\"s3:GetObject\", \"s3:ListBucket\"]
  resource = [\"arn:aws:s3:::prod-data\", \"arn:aws:s3:::prod-data/*\"]
  context = { \"aws:SourceIp\" = \"203.0.113.7\" }
  expect = \"notAllow\"          # allow, deny, implicitDeny, notAllow

A test may have `policies` of its own, `resource_account`, `management_account`, `open_context` and `restrict_public_buckets`.
Every action is asked on every resource.

Exit codes: 0 all hold, 1 some do not, 2 a file is wrong, 3 an answer cannot be given.")]
pub(crate) struct Test {
    /// Test files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TestFile {
    #[serde(default)]
    policies: PolicyFiles,
    #[serde(default)]
    test: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    principal: String,
    action: Texts,
    #[serde(default = "anything")]
    resource: Texts,
    #[serde(default)]
    context: BTreeMap<String, Texts>,
    #[serde(default)]
    policies: PolicyFiles,
    #[serde(default)]
    open_context: bool,
    resource_account: Option<String>,
    management_account: Option<String>,
    #[serde(default)]
    restrict_public_buckets: bool,
    expect: Expected,
}

fn anything() -> Texts {
    Texts::One("*".to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Expected {
    Allow,
    Deny,
    ImplicitDeny,
    NotAllow,
}

impl Expected {
    fn holds(self, decided: Decision) -> bool {
        match self {
            Self::Allow => decided == Decision::Allow,
            Self::Deny => decided == Decision::ExplicitDeny,
            Self::ImplicitDeny => decided == Decision::ImplicitDeny,
            Self::NotAllow => decided != Decision::Allow,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::ImplicitDeny => "implicitDeny",
            Self::NotAllow => "notAllow",
        }
    }
}

#[derive(Default)]
struct Tally {
    held: usize,
    failed: usize,
    unknown: usize,
}

impl Test {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let mut out = anstream::stdout();
        let mut tally = Tally::default();
        for path in &self.files {
            let file = parse(path)?;
            if file.test.is_empty() {
                bail!("`{}` has no tests; start one with `[[test]]`", path.display());
            }
            let base = path.parent().unwrap_or(Path::new(""));
            for case in file.test {
                run(case, &file.policies, base, &mut tally, &mut out).with_context(|| format!("{}", path.display()))?;
            }
        }
        let all = tally.held + tally.failed + tally.unknown;
        writeln!(
            out,
            "{}: {} hold, {} do not, {} cannot be decided",
            counted(all as u64, "request", "requests"),
            tally.held,
            tally.failed,
            tally.unknown
        )?;
        Ok(match tally {
            Tally { failed: 1.., .. } => exit::FINDINGS,
            Tally { unknown: 1.., .. } => exit::INCOMPLETE,
            Tally { .. } => exit::CLEAN,
        })
    }
}

fn parse(path: &Path) -> anyhow::Result<TestFile> {
    let text = read(path)?;
    let yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let parsed = if yaml {
        serde_saphyr::from_str(&text).map_err(|error| error.to_string())
    } else {
        toml::from_str(&text).map_err(|error| error.to_string())
    };
    parsed.map_err(|error| anyhow::anyhow!("{}: {}", path.display(), error.trim_end().replace('\n', " ")))
}

fn run(case: Case, shared: &PolicyFiles, base: &Path, tally: &mut Tally, out: &mut dyn std::io::Write) -> anyhow::Result<()> {
    let set = case.policies.over(shared).read(base)?;
    let circumstances = Circumstances {
        context: case.context,
        open_context: case.open_context,
        resource_account: case.resource_account,
        management_account: case.management_account,
        restrict_public_buckets: case.restrict_public_buckets,
    };
    for action in case.action.list() {
        for resource in case.resource.list() {
            let decided = circumstances.decide(&case.principal, action, resource, &set).with_context(|| format!("test `{}`", case.name))?;
            let word = verdict(&decided, case.expect, tally);
            if word != "ok" {
                let why = partywall_model::plain(&decided.why);
                let name = partywall_model::plain(&case.name);
                let (wanted, got) = (case.expect.name(), decided.word());
                writeln!(out, "{word}: {name}: {action} on {resource}: wanted {wanted}, got {got}: {why}")?;
            }
        }
    }
    Ok(())
}

fn verdict(decided: &Decided, expected: Expected, tally: &mut Tally) -> &'static str {
    // Both ways of denying are a no, also where it cannot be said which of them it is.
    let refused = expected == Expected::NotAllow && decided.verdict.is_allowed() == partywall_iam::Answer::No;
    match decided.decision {
        _ if refused => tally.held += 1,
        Some(decision) if expected.holds(decision) => tally.held += 1,
        Some(_) => {
            tally.failed += 1;
            return "failed";
        }
        None => {
            tally.unknown += 1;
            return "unknown";
        }
    }
    "ok"
}
