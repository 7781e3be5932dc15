use std::io::Write as _;

use anyhow::{anyhow, bail};
use clap::{Args, ValueEnum};
use partywall_catalog::Check;
use partywall_model::{CheckResult, Resource, Status};

use super::Context;
use crate::fill::fill;
use partywall_model::plain;

use crate::findings::{self, called};
use crate::run::Sources;
use crate::{exit, proposal, summary};

/// Templates are small; what is larger is not read again for a proposal.
const MAX_TEMPLATE: u64 = 16 << 20;

/// Print the fix of one finding, with the real ids filled in
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  partywall fix F-5V10 examples/harbour-bank --print\n  partywall fix F-7K2Q template.yaml --print --tool terraform"
)]
pub(crate) struct Fix {
    /// A finding id: F-… or any beginning that only it has
    #[arg(value_name = "FINDING")]
    finding: String,

    #[command(flatten)]
    sources: Sources,

    /// Print and write nothing; the only way for now
    #[arg(long)]
    print: bool,

    /// Which way (default: cli for what runs, cloudformation for a template)
    #[arg(long, value_enum)]
    tool: Option<Tool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Tool {
    /// AWS CLI commands
    Cli,
    /// Steps in the console
    Console,
    /// Where the properties go in the template
    Cloudformation,
    /// Terraform
    Terraform,
}

impl Fix {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<u8> {
        if !self.print {
            bail!("applying a fix is not there yet; add --print to see what to do");
        }
        let found = findings::find(context, &self.sources, &self.finding)?;
        let Some(result) = found.finding else {
            let open: Vec<String> = found
                .subjects
                .iter()
                .flat_map(|subject| &subject.results)
                .filter(|result| result.status == Status::Fail)
                .take(5)
                .map(|result| result.id.to_string())
                .collect();
            bail!(
                "`{}` is a resource; fix takes one finding{}",
                plain(&self.finding),
                if open.is_empty() { ", and none of it fails".to_owned() } else { format!(", such as {}", open.join(", ")) }
            );
        };
        let check = context.catalog.checks.get(&result.check).ok_or_else(|| anyhow!("the catalogue lacks the check `{}`", result.check))?;
        let Some(resource) = result.resource.as_deref() else {
            bail!(
                "`{}` says that a listing could not be read, so nothing is known to be wrong; {}",
                result.id,
                summary::remedy_of(&result)
            );
        };
        let mut out = std::io::BufWriter::new(anstream::stdout());
        if matches!(result.status, Status::Pass | Status::NotApplicable) {
            writeln!(out, "{} · {} · {}: {} here, there is nothing to fix", result.id, check.title, called(resource), result.status)?;
            out.flush()?;
            return Ok(found.code);
        }
        if result.status == Status::Unknown {
            let again = self.sources.again(context).unwrap_or_default();
            exit::note(&format!("{0} is not known to fail; see `partywall explain {0} {again}` for what could not be read", result.id));
        }
        let tool = self.tool.unwrap_or(if resource.logical_id.is_some() { Tool::Cloudformation } else { Tool::Cli });
        let remark = if tool == Tool::Console { "" } else { "# " };
        writeln!(out, "{remark}{} · {} · {}", result.id, check.title, called(resource))?;
        if let Some(exception) = &result.exception {
            writeln!(
                out,
                "{remark}Excepted until {} by `{}` of {}: {}",
                exception.expires,
                plain(&exception.id),
                plain(&exception.owner),
                plain(&exception.reason)
            )?;
        }
        match tool {
            Tool::Cli => cli(&mut out, context, check, &result, resource)?,
            Tool::Console => writeln!(out, "{}", check.fix.console.trim())?,
            Tool::Cloudformation => cloudformation(&mut out, check, resource)?,
            Tool::Terraform => writeln!(out, "{}", check.fix.terraform.trim())?,
        }
        for warning in warnings(check, tool) {
            writeln!(out, "{remark}Mind: {warning}")?;
        }
        if tool != Tool::Console {
            writeln!(out, "{remark}In the console: {}", check.fix.console.trim().replace('\n', " "))?;
        }
        out.flush()?;
        Ok(found.code)
    }
}

fn cli(out: &mut impl std::io::Write, context: &Context, check: &Check, result: &CheckResult, resource: &Resource) -> std::io::Result<()> {
    let filled = fill(check.fix.cli.trim(), &context.catalog, resource, &result.facts);
    let account =
        resource.account.as_deref().map_or_else(|| "the resource's account".to_owned(), |account| format!("account {}", plain(account)));
    match resource.region.as_deref().filter(|region| *region != "global") {
        Some(region) => {
            writeln!(out, "# Run with --profile of {account} and --region {}, or set AWS_PROFILE and AWS_REGION.", plain(region))?;
        }
        None => {
            writeln!(out, "# Run with --profile of {account}, or set AWS_PROFILE; set --region to the resource's Region if it has one.")?;
        }
    }
    writeln!(out, "{}", filled.text)?;
    for (path, why) in filled.missing {
        writeln!(out, "# Fill in <{path}>: {why}.")?;
    }
    Ok(())
}

fn cloudformation(out: &mut impl std::io::Write, check: &Check, resource: &Resource) -> anyhow::Result<()> {
    let snippet = check.fix.cloudformation.trim();
    if let (Some(at), Some(logical_id), Some(properties)) =
        (&resource.location, &resource.logical_id, proposal::properties(snippet, &check.resource))
    {
        let small = std::fs::metadata(&*at.file).is_ok_and(|file| file.is_file() && file.len() <= MAX_TEMPLATE);
        let text = if small { std::fs::read_to_string(&*at.file).ok() } else { None };
        let line = usize::try_from(at.line).unwrap_or(usize::MAX);
        if let Some(proposal) = text.and_then(|text| proposal::place(&text, line, logical_id, &properties)) {
            let file = plain(&at.file);
            writeln!(
                out,
                "# A proposal, to read and adapt; nothing was written.\n--- {file}\n+++ {file}\n@@ line {} @@ {}",
                proposal.start,
                plain(logical_id)
            )?;
            for line in &proposal.lines {
                writeln!(out, "{}", plain(line))?;
            }
            if !proposal.lines.iter().any(|line| line.starts_with(['+', '-'])) {
                writeln!(out, "# The template has these values already; something else decides, see `partywall explain`.")?;
            }
            for key in &proposal.merge {
                writeln!(out, "# `{key}` has members already: keep those that are still right and merge the new ones.")?;
            }
            return Ok(());
        }
        writeln!(out, "# A proposal, to read and adapt. At {}:{}, under Properties of {}:", plain(&at.file), at.line, plain(logical_id))?;
        if at.file.ends_with(".json") {
            writeln!(out, "# (the template is JSON; write the same members as JSON)")?;
        }
        for line in &properties {
            writeln!(out, "{line}")?;
        }
        return Ok(());
    }
    writeln!(out, "{snippet}")?;
    Ok(())
}

/// What could break, read off the way and the duty.
fn warnings(check: &Check, tool: Tool) -> Vec<&'static str> {
    let mut found = Vec::new();
    if tool == Tool::Cli {
        let holds = |texts: &[&str]| texts.iter().any(|text| check.fix.cli.contains(text));
        if holds(&[" delete-", " remove-", " revoke-", " detach-", " disassociate-", " disable-", " terminate-"]) {
            found.push("something is taken away; whoever still uses it loses it.");
        }
        if holds(&[" create-", " restore-", " copy-", " run-instances"]) {
            found.push("something new is made, which may cost; if it takes the place of the old one, move data and callers first.");
        }
        if holds(&["--apply-immediately"]) {
            found.push("it is applied at once, not in the maintenance window; a restart is possible.");
        }
        if holds(&["file://"]) {
            found.push("the file named by file:// has to be written first.");
        }
    }
    if matches!(tool, Tool::Cloudformation | Tool::Terraform) {
        found.push("some properties replace the resource when they change; look at the change set or plan before you apply it.");
    }
    match &*check.duty {
        "network-config.restrict-exposure"
        | "network-config.restrict-ingress"
        | "identity-access.restrict-resource-policy"
        | "customer-data.limit-sharing" => {
            found.push("whoever reaches it this way today no longer will; look at access logs first.");
        }
        "identity-access.least-privilege" => found.push("a right that is taken away may still be used; look at when it was last used."),
        "traffic-protection.require-tls" | "traffic-protection.use-strong-ciphers" => {
            found.push("clients without TLS, or with an old version of it, are refused.");
        }
        "server-encryption.manage-keys" => found.push("whoever uses the data needs rights on the key as well."),
        _ => {}
    }
    found
}
