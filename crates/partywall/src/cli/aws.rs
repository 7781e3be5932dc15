//! One call of any AWS API.

use std::io::{Read as _, Write as _};

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, Subcommand};
use partywall_aws::model::Models;
use partywall_model::Value;

use crate::exit;
use crate::live::{Access, Connected};

/// What an input on the command line may hold.
const MAX_INPUT: u64 = 16 << 20;

/// AWS's APIs, as the collector calls them
#[derive(Debug, Args)]
pub(crate) struct AwsCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Call(Call),
}

/// Make one call and print the answer as the AWS CLI prints it
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  partywall aws call sts get-caller-identity\n  partywall aws call ec2 DescribeInstances '{\"Filters\": [{\"Name\": \"instance-state-name\", \"Values\": [\"running\"]}]}'\n  partywall aws call s3api get-bucket-policy '{\"Bucket\": \"statements\"}' --profile audit"
)]
struct Call {
    /// Service, as the AWS CLI or botocore calls it
    service: String,

    /// Operation, as the API (DescribeInstances) or the AWS CLI (describe-instances) calls it
    operation: String,

    /// Request members as JSON; `-` reads them from standard input
    #[arg(value_name = "JSON")]
    input: Option<String>,

    /// Only the first page
    #[arg(long)]
    no_paginate: bool,

    /// Operations that may change something are refused without this
    #[arg(long)]
    write: bool,

    /// Region to ask
    #[arg(long, value_name = "CODE")]
    region: Option<String>,

    #[command(flatten)]
    access: Access,
}

impl AwsCommand {
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let Command::Call(call) = &self.command;
        call.run()
    }
}

impl Call {
    fn run(&self) -> anyhow::Result<u8> {
        let service = Models::builtin().service(&self.service)?;
        let operation = service.operation(&self.operation)?;
        if !reads(&operation.name) && !self.write {
            bail!("`{}` may change something; add --write if that is meant", operation.name);
        }
        let input = self.input()?;
        let connected = Connected::new(&self.access, self.region.as_deref())?;
        let caller = connected.caller();
        let answer = connected.runtime.block_on(async {
            if self.no_paginate {
                connected.client.call(&caller, &service, operation, &input).await.map(|answer| answer.value)
            } else {
                connected.client.call_all(&caller, &service, operation, &input).await
            }
        })?;
        if answer != Value::Map(Vec::new()) {
            let mut text = String::new();
            print(&answer, 0, &mut text);
            text.push('\n');
            let mut out = anstream::stdout();
            out.write_all(text.as_bytes())?;
            out.flush()?;
        }
        Ok(exit::CLEAN)
    }

    fn input(&self) -> anyhow::Result<Value> {
        let text = match self.input.as_deref() {
            None => return Ok(Value::Map(Vec::new())),
            Some("-") => {
                let mut text = String::new();
                std::io::stdin().take(MAX_INPUT).read_to_string(&mut text).context("standard input cannot be read")?;
                text
            }
            Some(text) => text.to_owned(),
        };
        let value = partywall_collect::parse_json(&text)
            .map_err(|error| anyhow!("the request is no JSON: {error}; write it as '{{\"Member\": \"value\"}}'"))?;
        if !matches!(value, Value::Map(_)) {
            bail!("the request is no JSON object; write it as '{{\"Member\": \"value\"}}'");
        }
        Ok(value)
    }
}

/// By their names, as IAM's access levels mostly follow them.
fn reads(operation: &str) -> bool {
    ["Describe", "Get", "List", "BatchGet", "Head", "Lookup", "Search", "Select", "Query", "Scan", "Simulate", "Validate", "Check"]
        .iter()
        .any(|verb| operation.starts_with(verb))
}

/// As Python's `json.dumps(indent=4, ensure_ascii=False)`, which the AWS CLI prints with.
fn print(value: &Value, depth: usize, out: &mut String) {
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", depth));
    };
    match value {
        Value::Null | Value::Unknown(_) => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Float(number) => out.push_str(&format!("{number:?}")),
        Value::Str(text) => partywall_table::write_json_string(text, out),
        Value::List(items) if items.is_empty() => out.push_str("[]"),
        Value::Map(members) if members.is_empty() => out.push_str("{}"),
        Value::List(items) => {
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place == 0 { "[" } else { "," });
                line(out, depth + 1);
                print(item, depth + 1, out);
            }
            line(out, depth);
            out.push(']');
        }
        Value::Map(members) => {
            for (place, (name, member)) in members.iter().enumerate() {
                out.push_str(if place == 0 { "{" } else { "," });
                line(out, depth + 1);
                partywall_table::write_json_string(name, out);
                out.push_str(": ");
                print(member, depth + 1, out);
            }
            line(out, depth);
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_the_cli_does() {
        let value = partywall_collect::parse_json(r#"{"A":[],"B":[1,{"C":"é\"\n"}],"D":{},"E":1.0,"F":true}"#).unwrap();
        let mut text = String::new();
        print(&value, 0, &mut text);
        let wanted = "{\n    \"A\": [],\n    \"B\": [\n        1,\n        {\n            \"C\": \"é\\\"\\n\"\n        }\n    ],\n    \"D\": {},\n    \"E\": 1.0,\n    \"F\": true\n}";
        assert_eq!(text, wanted);
    }

    #[test]
    fn what_may_change_something_is_told_by_its_name() {
        assert!(reads("DescribeInstances") && reads("GetBucketPolicy") && reads("BatchGetProjects"));
        assert!(!reads("DeleteBucket") && !reads("PutBucketPolicy") && !reads("GenerateCredentialReport") && !reads("AssumeRole"));
    }
}
