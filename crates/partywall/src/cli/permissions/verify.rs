//! Which checks will be blind, asked of AWS before anything is read.

use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use partywall_aws::model::Models;
use partywall_aws::{CallError, CallErrorKind, Caller, Client};
use partywall_live::permissions::{self as live, Need, Probe, Refusal, Simulated, Standing, Trial, render};
use partywall_model::Value;

use crate::exit;
use crate::live::{Access, Connected};

/// Asks AWS what of the needs the caller is allowed, and prints it.
///
/// # Errors
/// There is no way to AWS, or standard output cannot be written.
pub(super) fn run(needs: &[Need], access: &Access, region: Option<&str>) -> anyhow::Result<u8> {
    let connected = Connected::new(access, region)?;
    let probe = Arc::new(Asking { client: connected.client.clone(), caller: connected.caller(), account: OnceLock::new() });
    let report = connected.runtime.block_on(live::verify(probe, needs));
    let mut out = anstream::stdout();
    out.write_all(render::verified(&report).as_bytes())?;
    out.flush()?;
    let whole = report.verdicts.values().all(|verdict| verdict.standing == Standing::Allowed);
    Ok(if whole { exit::CLEAN } else { exit::INCOMPLETE })
}

struct Asking {
    client: Client,
    caller: Caller,
    /// Whose credentials these are, once AWS has said so.
    account: OnceLock<String>,
}

impl Asking {
    async fn ask(&self, service: &str, operation: &str, input: &Value, all: bool) -> Result<Value, Refusal> {
        let defect = |message: String| Refusal { is_denied: false, code: String::new(), message };
        let service = Models::builtin().service(service).map_err(|error| defect(error.to_string()))?;
        let operation = service.operation(operation).map_err(|error| defect(error.to_string()))?;
        if all {
            self.client.call_all(&self.caller, &service, operation, input).await.map_err(|error| refusal(&error))
        } else {
            let answer = self.client.call(&self.caller, &service, operation, input).await.map_err(|error| refusal(&error))?;
            Ok(answer.value)
        }
    }
}

fn refusal(error: &CallError) -> Refusal {
    Refusal {
        is_denied: error.kind == CallErrorKind::Denied,
        code: error.code.as_deref().unwrap_or_default().to_owned(),
        message: error.to_string(),
    }
}

fn members<const N: usize>(members: [(&str, Value); N]) -> Value {
    let mut input = Value::Map(Vec::new());
    for (name, value) in members {
        input.set(name, value);
    }
    input
}

impl Probe for Asking {
    async fn caller(&self) -> Result<String, Refusal> {
        let answer = self.ask("sts", "GetCallerIdentity", &members([]), false).await?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let _ = self.account.set(text("Account"));
        Ok(text("Arn"))
    }

    async fn role_arn(&self, name: &str) -> Result<String, Refusal> {
        let answer = self.ask("iam", "GetRole", &members([("RoleName", Value::str(name))]), false).await?;
        let silent = || Refusal { is_denied: false, code: String::new(), message: "iam:GetRole did not say the role's ARN".to_owned() };
        answer.at("Role.Arn").and_then(Value::as_str).map(str::to_owned).ok_or_else(silent)
    }

    async fn simulate(&self, principal: &str, actions: &[Arc<str>], resource: &str) -> Result<Vec<Simulated>, Refusal> {
        let partition = principal.split(':').nth(1).unwrap_or("aws");
        let role = principal.rsplit('/').next().unwrap_or_default();
        let resource = resource.replace("{partition}", partition).replace("{role}", role);
        let input = members([
            ("PolicySourceArn", Value::str(principal)),
            ("ActionNames", Value::List(actions.iter().map(|action| Value::str(&**action)).collect())),
            ("ResourceArns", Value::List(vec![Value::str(resource)])),
        ]);
        let answer = self.ask("iam", "SimulatePrincipalPolicy", &input, true).await?;
        let text = |of: &Value, path: &str| of.at(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let line = |result: &Value| Simulated {
            action: text(result, "EvalActionName"),
            decision: text(result, "EvalDecision"),
            missing_context: result
                .get("MissingContextValues")
                .and_then(Value::as_list)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            allowed_by_organizations: match result.at("OrganizationsDecisionDetail.AllowedByOrganizations") {
                Some(Value::Bool(allowed)) => Some(*allowed),
                _ => None,
            },
        };
        Ok(answer.get("EvaluationResults").and_then(Value::as_list).into_iter().flatten().map(line).collect())
    }

    async fn call(&self, trial: &Trial) -> Result<(), Refusal> {
        let account = self.account.get().map(String::as_str).unwrap_or_default();
        let input =
            trial.request(account, &self.caller.region).map_err(|message| Refusal { is_denied: false, code: String::new(), message })?;
        self.ask(&trial.service, &trial.operation, &input, false).await.map(|_| ())
    }
}
