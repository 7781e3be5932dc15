//! What the comparison says to people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use libtest_mimic::Failed;

use super::judge::{Claims, FILES, Row, Verdict};

/// Reviewed disagreements: tool, id, path, resource, label → reason.
pub(crate) type Reviewed = BTreeMap<[String; 5], String>;

/// Columns of the reviewed file.
const HEAD: &str = "tool\tcheck\tpath\tresource\tlabel\tours\treason";

/// Reads the reviewed disagreements.
pub(crate) fn reviewed(path: &Path) -> Result<Reviewed, Failed> {
    let text = std::fs::read_to_string(path)?;
    let mut lines = text.lines();
    if lines.next() != Some(HEAD) {
        return Err(format!("{}: the first line must be `{}`", path.display(), HEAD.replace('\t', "<tab>")).into());
    }
    let mut reviewed = Reviewed::new();
    for (number, line) in lines.enumerate() {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields.as_slice() {
            [tool, check, path, resource, label, _ours, reason] if !reason.trim().is_empty() => {
                reviewed.insert([tool, check, path, resource, label].map(|field| (*field).to_owned()), (*reason).to_owned());
            }
            _ => return Err(format!("{}:{}: seven fields wanted, the last a reason", path.display(), number + 2).into()),
        }
    }
    Ok(reviewed)
}

fn key(verdict: &Verdict) -> [String; 5] {
    [verdict.tool, &verdict.check, &verdict.path, &verdict.resource, verdict.label.word()].map(str::to_owned)
}

fn is_excluded(verdict: &Verdict, reviewed: &Reviewed) -> bool {
    !verdict.agrees && reviewed.get(&key(verdict)).is_some_and(|reason| reason.starts_with("excluded:"))
}

/// The three measures over all tools, and a table per tool.
pub(crate) struct Summary {
    pub(crate) judged: usize,
    /// Per cent.
    pub(crate) agreement: f64,
    /// Per cent of the tools' ids.
    pub(crate) claimed: f64,
    pub(crate) text: String,
}

#[derive(Default)]
struct Count {
    ids: usize,
    claimed: usize,
    labels: usize,
    excluded: usize,
    agreeing: usize,
    unresolvable: usize,
}

pub(crate) fn summary(rows: &[Row], claims: &Claims, verdicts: &[Verdict], reviewed: &Reviewed) -> Summary {
    let mut text = format!(
        "{:<10} {:>5} {:>8} {:>7} {:>7} {:>9} {:>9} {:>10} {:>13}\n",
        "tool", "ids", "claimed", "share", "labels", "excluded", "agreeing", "agreement", "unresolvable"
    );
    let mut all = Count::default();
    for (_, tool) in FILES {
        let ids: BTreeSet<&str> = rows.iter().filter(|row| row.tool == tool).map(|row| row.check.as_str()).collect();
        let mut count = Count {
            ids: ids.len(),
            claimed: ids.iter().filter(|id| claims.contains_key(&(tool, (**id).to_owned()))).count(),
            ..Count::default()
        };
        for verdict in verdicts.iter().filter(|verdict| verdict.tool == tool) {
            count.labels += 1;
            count.agreeing += usize::from(verdict.agrees);
            count.unresolvable += usize::from(verdict.unresolvable);
            count.excluded += usize::from(is_excluded(verdict, reviewed));
        }
        line(tool, &count, &mut text);
        all.ids += count.ids;
        all.claimed += count.claimed;
        all.labels += count.labels;
        all.excluded += count.excluded;
        all.agreeing += count.agreeing;
        all.unresolvable += count.unresolvable;
    }
    line("all", &all, &mut text);
    let judged = all.labels - all.excluded;
    Summary { judged, agreement: percent(all.agreeing, judged), claimed: percent(all.claimed, all.ids), text }
}

fn line(tool: &str, count: &Count, text: &mut String) {
    let Count { ids, claimed, labels, excluded, agreeing, unresolvable } = count;
    let (share, agreement) = (percent(*claimed, *ids), percent(*agreeing, labels - excluded));
    writeln!(
        text,
        "{tool:<10} {ids:>5} {claimed:>8} {share:>5.1} % {labels:>7} {excluded:>9} {agreeing:>9} {agreement:>8.2} % {unresolvable:>13}"
    )
    .unwrap();
}

fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}

/// Everything that is not agreed and not excluded, worst ids first, and the ids that nobody claims.
pub(crate) fn list(rows: &[Row], claims: &Claims, verdicts: &[Verdict], reviewed: &Reviewed) -> String {
    let mut text = summary(rows, claims, verdicts, reviewed).text;
    let mut by_id: BTreeMap<(&str, &str), (usize, Vec<&Verdict>)> = BTreeMap::new();
    for verdict in verdicts.iter().filter(|verdict| !is_excluded(verdict, reviewed)) {
        let entry = by_id.entry((verdict.tool, &verdict.check)).or_default();
        entry.0 += 1;
        if !verdict.agrees {
            entry.1.push(verdict);
        }
    }
    let mut worst: Vec<_> = by_id.into_iter().filter(|(_, (_, wrong))| !wrong.is_empty()).collect();
    worst.sort_by_key(|(_, (_, wrong))| std::cmp::Reverse(wrong.len()));
    text.push_str("\nDISAGREEMENTS, worst id first: id (wrong/labels) our checks\n");
    for ((tool, check), (labels, wrong)) in worst {
        let ours = claims.get(&(FILES.map(|(_, tool)| tool).into_iter().find(|known| *known == tool).unwrap_or(""), check.to_owned()));
        let ours: Vec<&str> = ours.into_iter().flatten().map(|id| &**id).collect();
        let title = rows.iter().find(|row| row.tool == tool && row.check == check).map_or("", |row| &row.title);
        writeln!(text, "\n{tool} {check} {title} ({}/{labels}) {}", wrong.len(), ours.join(", ")).unwrap();
        for verdict in wrong {
            let note = match reviewed.get(&key(verdict)) {
                Some(reason) => format!(" [reviewed: {reason}]"),
                None if verdict.unresolvable => " [unresolvable]".to_owned(),
                None => String::new(),
            };
            let Verdict { path, resource, ours, detail, .. } = verdict;
            writeln!(text, "  {} ours={ours} {resource} {path}{note}\n      {detail}", verdict.label.word()).unwrap();
        }
    }
    text.push_str("\nIDS THAT NO CHECK CLAIMS\n");
    let mut seen = BTreeSet::new();
    for row in rows.iter().filter(|row| !claims.contains_key(&(row.tool, row.check.clone()))) {
        if seen.insert((row.tool, &row.check)) {
            let labels: usize = rows
                .iter()
                .filter(|other| (other.tool, &other.check) == (row.tool, &row.check))
                .map(|other| other.resources.len() + usize::from(other.case.is_some()))
                .sum();
            writeln!(text, "  {} {} {} ({labels} labels) {}", row.tool, row.check, row.title, row.path).unwrap();
        }
    }
    text
}

/// Lines for the reviewed file: disagreements that it lacks, with the reason where it can be told from the data.
pub(crate) fn unreviewed(rows: &[Row], verdicts: &[Verdict], reviewed: &Reviewed) -> String {
    let mut text = format!("{HEAD}\n");
    for verdict in verdicts.iter().filter(|verdict| !verdict.agrees && !reviewed.contains_key(&key(verdict))) {
        let template = rows
            .iter()
            .find(|row| row.tool == verdict.tool && row.check == verdict.check && row.path == verdict.path)
            .map(|row| row.template.to_string())
            .unwrap_or_default();
        let reason = if verdict.tool == "cfn-guard" && (template.contains("SuppressedRules") || template.contains("rules_to_suppress")) {
            "excluded: the label is what the tool's own in-template suppression leaves"
        } else if verdict.unresolvable {
            "excluded: the property is a reference that only a deployment resolves"
        } else {
            ""
        };
        let [tool, check, path, resource, label] = key(verdict);
        writeln!(text, "{tool}\t{check}\t{path}\t{resource}\t{label}\t{}\t{reason}", verdict.ours).unwrap();
    }
    text
}
