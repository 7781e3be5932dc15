use std::io::Write as _;

use anyhow::anyhow;
use clap::Args;
use partywall_model::Status;

use super::Context;
use super::format::TextFormat as Format;
use partywall_model::plain;

use crate::findings;
use crate::run::Sources;
use crate::story::{self, Duty, Finding, Missing, Other, Place, Told, Whole, shown};

/// Explain one finding or resource: layer, duty, owner, deciding facts, fix
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  partywall explain F-5V10 examples/harbour-bank\n  partywall explain core-ledger examples/harbour-bank --format md"
)]
pub(crate) struct Explain {
    /// A finding id (F-… or any beginning that only it has), or the id, ARN, name or logical id of a resource
    #[arg(value_name = "FINDING|RESOURCE")]
    name: String,

    #[command(flatten)]
    sources: Sources,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Name and version of the JSON form.
const SCHEMA: &str = "partywall.explain/1";
/// Longer values are cut for people; json has all of them.
const LONGEST_VALUE: usize = 240;

impl Explain {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<u8> {
        let found = findings::find(context, &self.sources, &self.name)?;
        let (json, pages) = if let Some(result) = &found.finding {
            let check =
                context.catalog.checks.get(&result.check).ok_or_else(|| anyhow!("the catalogue lacks the check `{}`", result.check))?;
            let told = story::finding(context, check, result, found.subjects.first());
            (serde_json::json!({ "schema": SCHEMA, "finding": told }), vec![page_of_finding(&told)])
        } else {
            let told: Vec<Whole> = found.subjects.iter().map(|subject| story::whole(context, subject)).collect();
            (serde_json::json!({ "schema": SCHEMA, "resources": told }), told.iter().map(page_of_resource).collect())
        };
        let mut out = std::io::BufWriter::new(anstream::stdout());
        if self.format == Format::Json {
            writeln!(out, "{}", serde_json::to_string_pretty(&json)?)?;
        } else {
            for (index, page) in pages.iter().enumerate() {
                if index > 0 {
                    writeln!(out)?;
                }
                page.write(&mut out, self.format)?;
            }
        }
        out.flush()?;
        Ok(found.code)
    }
}

/// A title and headed blocks of lines, the same for a terminal and for Markdown.
struct Page {
    title: String,
    lines: Vec<String>,
    blocks: Vec<(String, Vec<String>, bool)>,
}

impl Page {
    fn block(&mut self, heading: &str, lines: Vec<String>) {
        self.add(heading, lines, false);
    }

    /// Lines that a reader copies: Markdown fences them.
    fn code(&mut self, heading: &str, text: &str) {
        self.add(heading, text.lines().map(ToOwned::to_owned).collect(), true);
    }

    fn add(&mut self, heading: &str, lines: Vec<String>, code: bool) {
        if !lines.is_empty() {
            self.blocks.push((heading.to_owned(), lines, code));
        }
    }

    fn write(&self, out: &mut impl std::io::Write, format: Format) -> std::io::Result<()> {
        let bold = anstyle::Style::new().bold();
        if format == Format::Md {
            writeln!(out, "# {}\n", escape(&self.title))?;
            for line in &self.lines {
                writeln!(out, "{}  ", escape(line))?;
            }
            for (heading, lines, code) in &self.blocks {
                writeln!(out, "\n## {heading}\n")?;
                if *code {
                    writeln!(out, "```")?;
                    for line in lines {
                        writeln!(out, "{}", plain(line).replace("```", "` ` `"))?;
                    }
                    writeln!(out, "```")?;
                } else {
                    for line in lines {
                        writeln!(out, "- {}", escape(line))?;
                    }
                }
            }
            return Ok(());
        }
        writeln!(out, "{bold}{}{bold:#}", plain(&self.title))?;
        for line in &self.lines {
            writeln!(out, "{}", plain(line))?;
        }
        for (heading, lines, _) in &self.blocks {
            writeln!(out, "\n{bold}{heading}{bold:#}")?;
            for line in lines {
                writeln!(out, "  {}", plain(line))?;
            }
        }
        Ok(())
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in plain(text).chars() {
        if matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

fn page_of_finding(told: &Finding) -> Page {
    let state = match told.status {
        Status::Fail => "not met",
        Status::Unknown => "not known",
        Status::Pass => "met",
        Status::NotApplicable => "does not apply",
    };
    let mut page = Page {
        title: format!("{}: {state}", told.title),
        lines: vec![format!("{} · {}", told.severity.to_string().to_uppercase(), place(&told.resource))],
        blocks: Vec::new(),
    };
    page.lines.extend(told.resource.arn.clone().filter(|arn| Some(arn) != told.resource.id.as_ref()));
    page.block("Whose duty", duty_lines(&told.duty));
    let facts = |decided: bool| told.facts.iter().filter(move |fact| fact.decided == decided).flat_map(fact_lines);
    let (mut deciding, mut beside): (Vec<String>, Vec<String>) = (facts(true).collect(), facts(false).collect());
    let read_in = if deciding.is_empty() { &mut beside } else { &mut deciding };
    read_in.extend(told.decided_by.iter().map(|one| format!("read in {one}")));
    page.block("What decided", deciding);
    page.block("Read beside it", beside);
    page.block("Not known", told.unknown_because.iter().map(missing).collect());
    let mut sides = vec![told.verdict.clone()];
    if told.facts.iter().any(|fact| fact.path.starts_with("_Derived")) && told.status == Status::Fail {
        sides.push("This was computed from settings; nothing here says that anybody made use of it.".to_owned());
    }
    sides.push(match (&*told.duty.aws, &*told.duty.aws_beside) {
        ("", "") => "AWS has no part in this duty.".to_owned(),
        ("", beside) => format!("AWS has no part in this duty; next to it: {beside}"),
        (aws, _) => format!("AWS: {aws}"),
    });
    if !told.duty.customer.is_empty() {
        let who = if told.duty.owner.contains(':') { &*told.duty.owner } else { "You" };
        sides.push(format!("{who}: {}", told.duty.customer));
    }
    page.block("AWS's side and yours", sides);
    page.block("Why it matters", vec![told.why.replace('\n', " ")]);
    page.block("Exception", told.exception.iter().cloned().collect());
    page.code(if told.resource.logical_id.is_some() { "Fix, in the template" } else { "Fix" }, &told.fix);
    page.block("To fill in", told.fix_missing.clone());
    page.block("Or in the console", Some(told.fix_console.replace('\n', " ")).filter(|text| !text.is_empty()).into_iter().collect());
    page.block("Also on this resource", told.others.iter().map(other).collect());
    page.block("Evidence for", told.controls.iter().map(|(framework, ids)| format!("{framework}: {}", ids.join(", "))).collect());
    page.block(
        "Ids",
        vec![format!("{} · check {} · duty {}", told.id, told.check, told.duty.id), format!("partywall fix {} SOURCE… --print", told.id)],
    );
    page
}

fn page_of_resource(told: &Whole) -> Page {
    let resource = &told.resource;
    let mut page = Page { title: place(resource), lines: Vec::new(), blocks: Vec::new() };
    page.lines.extend(resource.arn.clone().filter(|arn| Some(arn) != resource.id.as_ref()));
    let run_as = [&*told.service, &*told.mode].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ");
    if !run_as.is_empty() {
        page.lines.push(run_as);
    }
    let fail = told.findings.iter().filter(|one| one.status == Status::Fail).count();
    page.lines.push(format!(
        "{} met · {fail} not met · {} not known · {} never in such a source · {} do not apply",
        told.pass,
        told.findings.len() - fail,
        told.blind,
        told.not_applicable
    ));
    page.block("Not met or not known", told.findings.iter().map(other).collect());
    let mut lines: Vec<String> = Vec::new();
    let mut layer = "";
    for duty in &told.duties {
        if duty.layer != layer {
            layer = &duty.layer;
            lines.push(duty.layer_title.clone());
        }
        lines.push(format!("  {:12} {}{}", whose(&duty.owner), duty.sentence, deciding(duty)));
    }
    page.block("Duties, by layer", lines);
    page
}

fn deciding(duty: &Duty) -> String {
    let Some(when) = &duty.when else { return String::new() };
    if duty.owner == "undetermined" {
        let settle: Vec<String> = duty.settle.iter().map(|one| one.path.clone()).collect();
        return format!(" (would be settled by {})", if settle.is_empty() { when.clone() } else { settle.join(", ") });
    }
    let facts: Vec<String> = duty.facts.iter().map(said).collect();
    if facts.is_empty() { format!(" ({when})") } else { format!(" ({})", facts.join("; ")) }
}

fn duty_lines(duty: &Duty) -> Vec<String> {
    let mut lines = vec![format!("{} · {}", duty.layer_title, duty.sentence)];
    lines.push(match &*duty.owner {
        "customer" => "Owner: you".to_owned(),
        "aws" => "Owner: AWS".to_owned(),
        "undetermined" => "Owner: undetermined; until it is known, see to it as if it were yours".to_owned(),
        party => format!("Owner: {party}, who takes this over from you"),
    });
    if let Some(when) = &duty.when {
        let how = match (&*duty.owner, &**when) {
            ("undetermined", _) => "It depends on".to_owned() + " " + when,
            (_, "otherwise") => "No condition that would name another owner holds".to_owned(),
            _ => format!("Because this holds: {when}"),
        };
        let facts: Vec<String> = duty.facts.iter().map(said).collect();
        lines.push(if facts.is_empty() { how } else { format!("{how} ({})", facts.join("; ")) });
    }
    lines.extend(duty.settle.iter().map(|one| format!("Would be settled by {}", missing(one))));
    lines
}

fn said(fact: &Told) -> String {
    let at = fact.location.as_ref().map(|at| format!(", {}:{}", at.file, at.line)).unwrap_or_default();
    let default = fact.default.as_ref().map(|note| format!(", AWS default: {note}")).unwrap_or_default();
    format!("{} is {}{default}{at}", fact.path, shown(&fact.value.to_string(), LONGEST_VALUE))
}

fn fact_lines(fact: &Told) -> Vec<String> {
    let mut lines = vec![said(fact)];
    if !fact.computed_from.is_empty() {
        lines.push(format!("  computed from {}", fact.computed_from.join("; ")));
    }
    lines
}

fn missing(one: &Missing) -> String {
    let action = one.iam_action.as_ref().map(|action| format!(" (needs {action})")).unwrap_or_default();
    if one.path.is_empty() { format!("{}{action}", one.cause) } else { format!("{}: {}{action}", one.path, one.cause) }
}

fn other(one: &Other) -> String {
    let because = if one.because.is_empty() { String::new() } else { format!(" — {}", one.because) };
    let state = if one.status == Status::Unknown { "not known: " } else { "" };
    format!("{:8} {state}{}{because}  {}", one.severity.to_string(), one.title, one.id)
}

fn whose(owner: &str) -> &str {
    match owner {
        "customer" => "you",
        "aws" => "AWS",
        "undetermined" => "unclear",
        party => party,
    }
}

fn place(place: &Place) -> String {
    let name = place.name.as_deref().or(place.logical_id.as_deref()).or(place.id.as_deref());
    let mut parts = vec![match name {
        Some(name) => format!("{name} ({})", place.resource_type),
        None => format!("every {}", place.resource_type),
    }];
    parts.extend(place.account.as_ref().map(|account| format!("account {account}")));
    parts.extend(place.region.clone());
    parts.extend(match &place.location {
        Some(at) => Some(format!("{}:{}", at.file, at.line)),
        None => place.source.clone(),
    });
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_cannot_be_injected() {
        assert_eq!(escape("<b>[x](y) `c` a_b\u{1b}"), r"\<b\>\[x\](y) \`c\` a\_b�");
    }

    #[test]
    fn owners_are_said_to_the_customer() {
        assert_eq!(whose("customer"), "you");
        assert_eq!(whose("msp:harbour-ops"), "msp:harbour-ops");
    }
}
