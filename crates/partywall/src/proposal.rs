//! Shows where in a YAML template the properties of a fix belong, as lines to take away and to add. Nothing is written.

use std::collections::BTreeMap;

/// Lines of the file that are shown before the first change.
const MOST_CONTEXT: usize = 12;

/// A proposal for one resource of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proposal {
    /// Lines that begin with a space (as they are), `-` or `+`.
    pub(crate) lines: Vec<String>,
    /// The line of the file, from 1, with which they start.
    pub(crate) start: usize,
    /// Properties that are there with members of their own, so that a person has to merge.
    pub(crate) merge: Vec<String>,
}

/// The properties of a snippet: what stands under `Properties` if it is a whole resource of that type. `None` if it is of another type or
/// only a remark.
pub(crate) fn properties(snippet: &str, resource_type: &str) -> Option<Vec<String>> {
    let lines: Vec<&str> = snippet.lines().filter(|line| !is_remark(line)).collect();
    let typed = lines.iter().find_map(|line| line.strip_prefix("Type: AWS::").or_else(|| line.strip_prefix("Type: Partywall::")));
    let own: Vec<&str> = match typed {
        None => lines,
        Some(name) if resource_type.ends_with(&format!("::{}", name.trim())) || resource_type == format!("AWS::{}", name.trim()) => {
            let under = lines.iter().skip_while(|line| line.trim_end() != "Properties:").skip(1).take_while(|line| indent(line) > 0);
            under.copied().collect()
        }
        Some(_) => return None,
    };
    let least = own.iter().map(|line| indent(line)).min()?;
    Some(own.iter().map(|line| line.get(least..).unwrap_or_default().trim_end().to_owned()).collect())
}

/// Places the properties under a resource's `Properties`. `line` is where the resource stands, from 1. `None` if the place is not found,
/// as in a template that is not in YAML's block form.
pub(crate) fn place(text: &str, line: usize, logical_id: &str, properties: &[String]) -> Option<Proposal> {
    let file: Vec<&str> = text.lines().collect();
    let is_head = |line: &&str| {
        line.trim_start()
            .trim_start_matches(['"', '\''])
            .strip_prefix(logical_id)
            .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with(':'))
    };
    let near = line.saturating_sub(4)..line.min(file.len());
    let head = near.rev().find(|at| file.get(*at).is_some_and(is_head))?;
    let outer = indent(file.get(head)?);
    let body = file.iter().enumerate().skip(head + 1).take_while(|(_, line)| is_remark(line) || indent(line) > outer);
    let (at, properties_line) = body.clone().find(|(_, line)| line.trim() == "Properties:")?;
    let parent = indent(properties_line);
    let end = end_of(&file, at, parent);
    let mut changes = Changes::default();
    merge(&file, at, end, properties, &mut changes);
    let start = head.max((at + 1).saturating_sub(MOST_CONTEXT));
    let mut lines: Vec<String> = file.get(start..at)?.iter().map(|line| format!(" {line}")).collect();
    changes.at.entry(at).or_default();
    let mut shown = at;
    for (at, change) in &changes.at {
        if *at > shown + 1 {
            lines.push(format!(" {}# … as it is, to line {at}", " ".repeat(parent + 2)));
        }
        if !change.replaces {
            lines.push(format!(" {}", file.get(*at)?));
        }
        lines.extend(change.lines.iter().cloned());
        shown = *at;
    }
    Some(Proposal { lines, start: start + 1, merge: changes.merge })
}

#[derive(Default)]
struct Changes {
    /// By line of the file, from 0: what comes after it, or in its place.
    at: BTreeMap<usize, Change>,
    merge: Vec<String>,
}

#[derive(Default)]
struct Change {
    replaces: bool,
    lines: Vec<String>,
}

/// Places properties among those under the key at line `at`; members that are there with the same value stay.
fn merge(file: &[&str], at: usize, end: usize, properties: &[String], changes: &mut Changes) {
    let under = file.get(at + 1..end).unwrap_or_default();
    let inner =
        under.iter().find(|line| !is_remark(line)).map_or_else(|| file.get(at).map_or(0, |line| indent(line)) + 2, |line| indent(line));
    let pad = " ".repeat(inner);
    for block in blocks(properties) {
        let Some((first, rest)) = block.split_first() else { continue };
        let key = first.split(':').next().unwrap_or_default();
        let added = block.iter().map(|line| format!("+{pad}{line}"));
        let is_key = |line: &&str| indent(line) == inner && line.trim_start().strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
        let Some(old) = under.iter().position(is_key).map(|found| at + 1 + found) else {
            changes.at.entry(at).or_default().lines.extend(added);
            continue;
        };
        let old_end = end_of(file, old, inner).min(end);
        let members: Vec<&str> = file.get(old + 1..old_end).unwrap_or_default().iter().filter(|line| !is_remark(line)).copied().collect();
        let is_list = |line: &str| line.trim_start().starts_with("- ");
        match (members.first(), rest.first()) {
            (None, None) if file.get(old).is_some_and(|line| line.trim() == first.trim()) => {}
            (Some(there), Some(new)) if !is_list(there) && !is_list(new) => {
                let least = rest.iter().map(|line| indent(line)).min().unwrap_or_default();
                let rest: Vec<String> = rest.iter().map(|line| line.get(least..).unwrap_or_default().to_owned()).collect();
                merge(file, old, old_end, &rest, changes);
            }
            (Some(_), Some(_)) => {
                changes.merge.push(key.to_owned());
                changes.at.entry(old).or_default().lines.extend(rest.iter().map(|line| format!("+{pad}{line}")));
            }
            _ => {
                let used = file.get(old..old_end).unwrap_or_default();
                let length = used.iter().rposition(|line| !is_remark(line)).map_or(0, |last| last + 1);
                let gone = used.iter().take(length).map(|line| format!("-{line}"));
                changes.at.insert(old, Change { replaces: true, lines: gone.chain(added).collect() });
            }
        }
    }
}

/// The line behind the last one that stands under the key at `at`.
fn end_of(file: &[&str], at: usize, outer: usize) -> usize {
    let under = |line: &str| is_remark(line) || indent(line) > outer || indent(line) == outer && line.trim_start().starts_with("- ");
    file.iter().enumerate().skip(at + 1).find(|(_, line)| !under(line)).map_or(file.len(), |(at, _)| at)
}

/// One block per top-level property.
fn blocks(properties: &[String]) -> Vec<Vec<String>> {
    let mut blocks: Vec<Vec<String>> = Vec::new();
    for line in properties {
        match blocks.last_mut() {
            Some(block) if indent(line) > 0 || line.starts_with("- ") => block.push(line.clone()),
            _ => blocks.push(vec![line.clone()]),
        }
    }
    blocks
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn is_remark(line: &str) -> bool {
    let text = line.trim();
    text.is_empty() || text.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "Resources:\n  Data:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: x\n      Tags:\n        - Key: a\n          Value: b\n  Other:\n    Type: AWS::SQS::Queue\n";

    fn placed(properties: &[&str]) -> Option<Proposal> {
        let properties: Vec<String> = properties.iter().map(ToString::to_string).collect();
        place(TEMPLATE, 2, "Data", &properties)
    }

    #[test]
    fn new_properties_go_under_properties() {
        let proposal = placed(&["VersioningConfiguration:", "  Status: Enabled"]).unwrap();
        assert_eq!(proposal.start, 2);
        assert_eq!(proposal.lines.last().unwrap(), "+        Status: Enabled");
        assert!(proposal.lines.contains(&"+      VersioningConfiguration:".to_owned()));
    }

    #[test]
    fn scalars_are_replaced_and_lists_merged() {
        let proposal = placed(&["BucketName: y", "Tags:", "  - Key: c"]).unwrap();
        assert!(proposal.lines.contains(&"-      BucketName: x".to_owned()));
        assert!(proposal.lines.contains(&"+      BucketName: y".to_owned()));
        assert_eq!(proposal.merge, ["Tags"]);
        assert!(!proposal.lines.iter().any(|line| line.starts_with('-') && line.contains("Tags")));
    }

    #[test]
    fn members_that_are_right_stay() {
        let text = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      Block:\n        One: true\n        Two: false\n\n      Name: x\n";
        let properties = ["Block:", "  One: true", "  Two: true", "  Three: true"].map(str::to_owned);
        let proposal = place(text, 2, "B", &properties).unwrap();
        let changed: Vec<&String> = proposal.lines.iter().filter(|line| !line.starts_with(' ')).collect();
        assert_eq!(changed, ["+        Three: true", "-        Two: false", "+        Two: true"]);
        assert!(proposal.merge.is_empty());
    }

    #[test]
    fn a_place_that_is_not_there_is_not_invented() {
        assert_eq!(place(TEMPLATE, 9, "Other", &["A: 1".to_owned()]), None);
        assert_eq!(place("{\"Resources\": {}}", 1, "Data", &["A: 1".to_owned()]), None);
    }

    #[test]
    fn snippets_of_whole_resources_give_their_properties() {
        assert_eq!(properties("# remark\nType: AWS::S3::Bucket\nProperties:\n  A: 1\n", "AWS::S3::Bucket").unwrap(), ["A: 1"]);
        assert_eq!(properties("A:\n  B: 1", "AWS::S3::Bucket").unwrap(), ["A:", "  B: 1"]);
        assert_eq!(properties("Type: AWS::S3::BucketPolicy\nProperties:\n  A: 1", "AWS::S3::Bucket"), None);
        assert_eq!(properties("# only a remark", "AWS::S3::Bucket"), None);
    }
}
