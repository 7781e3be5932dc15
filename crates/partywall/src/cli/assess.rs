mod aws;
mod baseline;
mod progress;
mod worst;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use partywall_catalog::{Catalog, Check, Framework};
use partywall_model::{CheckResult, Severity, Status};
use partywall_records::{FindingKind, RecordFinding, Records};
use partywall_report::{CheckInfo, DueDays, Exit, Format, FrameworkLine, Options, OwnerLine, ResultSink, Run, Summary, counted};
use partywall_table::Paths;

use self::progress::Progress;
use self::worst::Worst;
use super::collect::Extent;
use super::{Context, check};
use crate::frameworks::Reading;
use crate::live::Access;
use crate::ownership::{OwnerLedger, Watch};
use crate::proofs::{ProofSets, Proofs};
use crate::run::{Outcome, Sources};
use crate::summary::Unseen;
use crate::{exit, expectations, frameworks, run, scope, summary};

/// Read sources, check your side, show the wall
///
/// Exit codes: 0 clean · 1 findings at or above --fail-on · 2 nothing was evaluated · 3 something could not be seen.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  partywall assess examples/harbour-bank\n  partywall assess template.yaml --param Stage=prod --format sarif > results.sarif\n  partywall assess snapshot.json.gz --framework nist-csf-2.0 --out report/\n  partywall assess aws --profile audit"
)]
pub(crate) struct Assess {
    #[command(flatten)]
    sources: Sources,

    /// Output format: table, json, jsonl, csv, html, md, sarif, ocsf, asff, junit
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    format: Format,

    /// Write every format into this directory, beside the chosen one on standard output
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Lowest severity that makes the exit code 1
    #[arg(long, default_value = "high", value_name = "SEVERITY")]
    fail_on: Severity,

    /// Only checks whose id is this or begins with it; may be repeated
    #[arg(long = "check", value_name = "ID")]
    checks: Vec<String>,

    /// Only checks of at least this severity
    #[arg(long, value_name = "SEVERITY")]
    severity: Option<Severity>,

    /// Only checks that are evidence for this framework, and only its line; may be repeated; `all` for every line
    #[arg(long = "framework", value_name = "ID")]
    frameworks: Vec<String>,

    /// An earlier results.jsonl: only what is new counts and is shown
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Every failed result in the table rather than the worst
    #[arg(long)]
    all: bool,

    /// Unknown results do not make the exit code 3; with a number, up to that many do not
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "18446744073709551615", require_equals = true)]
    allow_unknown: Option<u64>,

    /// Days until a failed check is due, such as critical=3,high=14,medium=30,low=90
    #[arg(long, value_name = "LIST", value_parser = due_days)]
    due: Option<DueDays>,

    /// Colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,

    /// With `aws` as the source: keep the snapshot in this directory (default: it is gone afterwards)
    #[arg(long, value_name = "DIR", help_heading = "Reaching AWS")]
    lake: Option<PathBuf>,

    #[command(flatten)]
    extent: Extent,

    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

fn due_days(text: &str) -> Result<DueDays, String> {
    let mut due = DueDays::default();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (name, days) = part.split_once('=').ok_or_else(|| format!("`{part}` is no severity=days"))?;
        let days = if days == "none" { None } else { Some(days.parse::<u32>().map_err(|_| format!("`{days}` is no number of days"))?) };
        match name.parse::<Severity>().map_err(|error| error.to_string())? {
            Severity::Critical => due.critical = days,
            Severity::High => due.high = days,
            Severity::Medium => due.medium = days,
            Severity::Low => due.low = days,
            Severity::Info => due.info = days,
        }
    }
    Ok(due)
}

impl Assess {
    pub(crate) fn run(mut self, context: &Context) -> anyhow::Result<u8> {
        for prefix in &self.checks {
            check::some_begin_with(context, prefix)?;
        }
        let _kept = aws::read(context, &mut self.sources, &self.checks, &self.access, &self.extent, self.lake.as_deref())?;
        let records = self.sources.records(context)?;
        let frameworks = self.chosen_frameworks(context, &records)?;
        let evidence = self.evidence(context, &frameworks);
        let selected = |check: &Check| self.selects(check, evidence.as_ref());
        if !context.catalog.checks.values().any(|check| selected(check)) {
            bail!("no check is left by --check, --severity and --framework together; leave one of them out");
        }
        let baseline = self.baseline.as_deref().map(baseline::read).transpose()?.unwrap_or_default();
        let asked = context.catalog.checks.values().filter(|check| selected(check)).count();
        let run = Run {
            title: self.sources.title(),
            again: self.sources.again(context),
            narrowed: self.narrowed(asked, context.catalog.checks.len()),
            synthetic: self.sources.synthetic(),
            as_of: context.now,
            snapshot: crate::sources::fingerprint(&self.sources.sources)?,
            catalog: context.catalog.fingerprint().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            due_days: self.due.unwrap_or_default(),
            ledger: Arc::new(OwnerLedger::new(&context.catalog, &records)),
        };
        let infos: HashMap<Arc<str>, CheckInfo> = infos(&context.catalog, &frameworks);
        let mut sinks = self.sinks()?;
        for sink in &mut sinks {
            sink.begin(&run)?;
        }
        let mut worst = Worst::default();
        let mut excepted: BTreeMap<Arc<str>, u64> = BTreeMap::new();
        let has_asff = self.format == Format::Asff || self.out.is_some();
        let mut not_in_asff = 0;
        let mut unseen = Unseen::default();
        let mut watch = Watch::default();
        let mut failing: BTreeMap<Arc<str>, BTreeMap<Arc<str>, u64>> = BTreeMap::new();
        let mut take = |mut result: CheckResult| -> anyhow::Result<()> {
            let failed = result.status == Status::Fail;
            if failed || result.status == Status::Unknown {
                records.exceptions.cover(&mut result, context.today());
                if failed && result.exception.is_some() {
                    *excepted.entry(result.check.clone()).or_default() += 1;
                }
                if failed && let (None, Some(owner)) = (&result.exception, run.ledger.owner(&result)) {
                    *failing.entry(result.check.clone()).or_default().entry(owner).or_default() += 1;
                }
                if baseline.get(&result.id.to_string()).is_some_and(|before| before.hides(&result)) {
                    unseen.before += u64::from(!failed && !result.is_blind());
                    return Ok(());
                }
            }
            let Some(info) = infos.get(&result.check) else { return Ok(()) };
            if failed {
                worst.add(&run, info, &result, self.fail_on);
            }
            unseen.add(&result);
            not_in_asff += u64::from(has_asff && !result.is_blind() && !partywall_report::fits_asff(&result));
            for sink in &mut sinks {
                sink.result(info, &result)?;
            }
            Ok(())
        };
        let progress = Progress::start();
        let mut outcome = run::assess(context, &self.sources, &records, selected, &|_| Paths::new(), &mut take, &mut |batch, _| {
            progress.rows(batch.rows.len() as u64);
            watch.look(&records, batch);
            Ok(())
        })?;
        progress.done();
        for (check, count) in excepted {
            if let Some(counts) = outcome.tally.checks.get_mut(&check) {
                counts.excepted = count;
            }
        }
        self.sources.read_something(&outcome.collected)?;
        for gap in &outcome.collected.gaps {
            unseen.add_gap(gap);
        }
        let mut owned = watch.owned(&context.catalog, &records);
        for line in &mut owned.lines {
            line.failing = line.owner.as_deref().map_or(0, |owner| failing.values().filter_map(|by_owner| by_owner.get(owner)).sum());
        }
        let mut found = records.findings(context.today(), &|id| context.catalog.checks.get(id).is_some_and(|check| selected(check)));
        found.append(&mut owned.findings);
        found.extend(expectations::findings(&context.catalog, &records, &outcome.tally, context.today()));
        found.extend(scope::findings(&context.catalog, &records, &outcome));
        if run.narrowed.is_some() {
            // Who asks a few checks only does not ask for the papers.
            found.retain(|finding| finding.kind == FindingKind::Exception);
        }
        found.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.kind.cmp(&b.kind)).then_with(|| a.subject.cmp(&b.subject)));
        outcome.failing = failing;
        let proofs = ProofSets::met(&context.catalog, &records, &outcome.tally, context.today());
        let reading = Reading { outcome: Some(&outcome), asked: &selected, records: &records, proofs: &proofs };
        let lines = frameworks.iter().map(|framework| frameworks::line(context, framework, reading)).collect();
        let papers = Papers { owners: owned.lines, found, frameworks: lines };
        let summary = self.summary(context, &outcome, &proofs.all, worst, &unseen, papers);
        for sink in &mut sinks {
            sink.finish(&summary)?;
        }
        if not_in_asff > 0 {
            let results = counted(not_in_asff, "result names", "results name");
            exit::note(&format!("asff: {results} no account or Region and are left out; for templates give --account and --region"));
        }
        exit::note(&summary.exit_line());
        Ok(summary.exit.code)
    }

    fn chosen_frameworks(&self, context: &Context, records: &Records) -> anyhow::Result<Vec<Arc<Framework>>> {
        if self.frameworks.is_empty() {
            return Ok(frameworks::in_force(&context.catalog, records));
        }
        if self.frameworks.iter().any(|name| name == "all") {
            return Ok(context.catalog.frameworks.values().chain(&records.scope.own).cloned().collect());
        }
        let mut chosen: Vec<Arc<Framework>> = Vec::new();
        for name in &self.frameworks {
            let (framework, through) = frameworks::of_id(&context.catalog, records, name)?;
            if let Some(name) = through {
                exit::note(&format!("`{name}` is shown through {}: all of its lines", framework.title));
            }
            if !chosen.iter().any(|known| known.id == framework.id) {
                chosen.push(framework.clone());
            }
        }
        Ok(chosen)
    }

    /// What says in every output that not all checks were asked.
    fn narrowed(&self, asked: usize, all: usize) -> Option<String> {
        let checks = self.checks.iter().map(|prefix| format!("--check {prefix}"));
        let severity = self.severity.iter().map(|least| format!("--severity {least}"));
        let options: Vec<String> = checks.chain(severity).chain(self.frameworks.iter().map(|id| format!("--framework {id}"))).collect();
        (!options.is_empty()).then(|| format!("{asked} of {all} checks were asked: {}", options.join(" ")))
    }

    /// The checks that are evidence for the named frameworks; `None` if nobody named one, or all.
    fn evidence(&self, context: &Context, frameworks: &[Arc<Framework>]) -> Option<HashSet<Arc<str>>> {
        if self.frameworks.is_empty() || self.frameworks.iter().any(|name| name == "all") {
            return None;
        }
        let checks = |framework: &Arc<Framework>| -> Vec<Arc<str>> {
            frameworks::checks(&context.catalog, framework).into_values().flatten().map(|check| check.id.clone()).collect()
        };
        Some(frameworks.iter().flat_map(checks).collect())
    }

    fn selects(&self, check: &Check, evidence: Option<&HashSet<Arc<str>>>) -> bool {
        (self.checks.is_empty() || self.checks.iter().any(|prefix| check.id.starts_with(prefix.as_str())))
            && self.severity.is_none_or(|least| check.severity >= least)
            && evidence.is_none_or(|evidence| evidence.contains(&check.id))
    }

    fn sinks(&self) -> anyhow::Result<Vec<Box<dyn ResultSink>>> {
        let color = match self.color {
            Color::Always => true,
            Color::Never => false,
            // NO_COLOR wins over CLICOLOR_FORCE, which wins over the terminal test.
            Color::Auto => !matches!(anstream::AutoStream::choice(&std::io::stdout()), anstream::ColorChoice::Never),
        };
        let out = BufWriter::with_capacity(1 << 16, std::io::stdout());
        let mut sinks: Vec<Box<dyn ResultSink>> = vec![partywall_report::sink(self.format, out, Options { color, all: self.all })];
        if let Some(directory) = &self.out {
            std::fs::create_dir_all(directory).with_context(|| format!("cannot make `{}`", directory.display()))?;
            for format in Format::ALL {
                let path = directory.join(format.file_name());
                let file = File::create(&path).with_context(|| format!("cannot write `{}`", path.display()))?;
                sinks.push(partywall_report::sink(format, BufWriter::with_capacity(1 << 16, file), Options { color: false, all: true }));
            }
        }
        Ok(sinks)
    }

    fn summary(&self, context: &Context, outcome: &Outcome, proofs: &Proofs, worst: Worst, unseen: &Unseen, papers: Papers) -> Summary {
        let catalog = &context.catalog;
        let Outcome { collected, tally, .. } = outcome;
        let broken = collected.errors.len() as u64;
        let exit = self.exit(&worst, unseen, broken, &papers.found);
        Summary {
            resources: collected.types.values().sum(),
            types: collected.types.len() as u64,
            services: summary::services(catalog, collected.types.keys()),
            accounts: collected.accounts.len() as u64,
            regions: collected.regions.len() as u64,
            wall: summary::wall(catalog, tally, proofs),
            proof: proofs.total(),
            owners: papers.owners,
            records: papers.found.into_iter().map(summary::record_line).collect(),
            failing: worst.failing,
            fix_first: worst.lines,
            not_seen: unseen.lines(),
            unseen_before: unseen.before,
            unmodelled: collected.unmodelled.iter().map(|(name, count)| (name.to_string(), *count)).collect(),
            blind: tally.total().blind,
            frameworks: papers.frameworks,
            exit,
        }
    }

    fn exit(&self, worst: &Worst, unseen: &Unseen, broken: u64, found: &[RecordFinding]) -> Exit {
        let (failing, counted_in, least) = (worst.failing, worst.counted, self.fail_on);
        let excepted = if worst.excepted > 0 { format!(" ({} excepted)", worst.excepted) } else { String::new() };
        let none = if worst.excepted > 0 { "none of the others" } else { "none" };
        let on_record = found.iter().filter(|finding| finding.severity >= least).count() as u64;
        let (code, mut words) = if counted_in > 0 {
            let excepted = if worst.excepted > 0 { format!(", {} excepted", worst.excepted) } else { String::new() };
            (exit::FINDINGS, format!("{failing} not met ({counted_in} {least} or worse{excepted}), "))
        } else if on_record > 0 {
            (exit::FINDINGS, format!("{failing} not met{excepted}, {none} {least} or worse; "))
        } else if broken > 0 || self.allow_unknown.unwrap_or(0) < unseen.open() {
            (exit::INCOMPLETE, format!("{failing} not met{excepted}, {none} {least} or worse; "))
        } else {
            (exit::CLEAN, format!("{failing} not met{excepted}, {none} {least} or worse; "))
        };
        words.push_str(&format!("{} unseen", unseen.total()));
        if unseen.open() < unseen.total() {
            words.push_str(&format!(" ({} excepted)", unseen.total() - unseen.open()));
        }
        if broken > 0 {
            words.push_str(&format!(", {}", counted(broken, "input broken", "inputs broken")));
        }
        if !found.is_empty() {
            let worse = if on_record > 0 { format!(" ({on_record} {least} or worse)") } else { String::new() };
            words.push_str(&format!("; {} on record{worse}", counted(found.len() as u64, "finding", "findings")));
        }
        Exit { code, words }
    }
}

/// What the records say beside the results.
struct Papers {
    owners: Vec<OwnerLine>,
    found: Vec<RecordFinding>,
    frameworks: Vec<FrameworkLine>,
}

/// All checks, each with the lines of these frameworks that it is evidence for.
fn infos(catalog: &Catalog, frameworks: &[Arc<Framework>]) -> HashMap<Arc<str>, CheckInfo> {
    let mut lines = frameworks::lines(catalog, frameworks);
    let info = |check: &Arc<Check>| summary::check_info(catalog, check, lines.remove(&check.id).unwrap_or_default());
    catalog.checks.values().map(|check| check.id.clone()).zip(catalog.checks.values().map(info)).collect()
}
