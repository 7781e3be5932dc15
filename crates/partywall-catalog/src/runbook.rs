use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;

use crate::Position;

/// Steps for a trouble or a routine, written in Markdown: a start for the customer's own, which carries owner and exercises.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runbook {
    /// The file's name; filled in.
    #[serde(skip)]
    pub id: Arc<str>,
    /// Where it is; filled in.
    #[serde(skip)]
    pub position: Option<Position>,
    /// Everything after the front matter; filled in.
    #[serde(skip)]
    pub body: Arc<str>,
    /// Short title.
    pub title: Arc<str>,
    /// The duties that it carries out, as duty ids.
    pub duties: Vec<String>,
    /// The manual evidence that an exercise of it is, as evidence ids.
    pub evidence: Vec<String>,
    /// How many days may pass between two exercises.
    pub exercise_days: u32,
}

impl Runbook {
    /// Headings that every runbook has, in this order.
    pub const SECTIONS: [&'static str; 5] = ["Signs", "Whose side", "Steps", "Evidence to capture", "Afterwards"];

    /// The first heading of [`Runbook::SECTIONS`] that a body lacks or has in another place; `None` if all are there.
    pub fn missing_section(body: &str) -> Option<&'static str> {
        let mut headings = body.lines().filter_map(|line| line.strip_prefix("## ")).map(str::trim);
        Self::SECTIONS.into_iter().find(|wanted| !headings.any(|heading| heading == *wanted))
    }
}

/// The TOML between two lines `+++` at the head of a Markdown file, its byte range, and the text after it. `None` without such a head.
pub fn front_matter(text: &str) -> Option<(&str, Range<usize>, &str)> {
    let rest = text.strip_prefix("+++\n").or_else(|| text.strip_prefix("+++\r\n"))?;
    let start = text.len() - rest.len();
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "+++" {
            return Some((rest.get(..at)?, start..start + at, rest.get(at + line.len()..)?));
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_told_from_bodies() {
        let (head, range, body) = front_matter("+++\na = 1\n+++\n# B\n").unwrap();
        assert_eq!((head, range, body), ("a = 1\n", 4..10, "# B\n"));
        assert_eq!(front_matter("+++\r\na = 1\r\n+++").unwrap().2, "");
        for without in ["", "# B\n", "+++\na = 1\n", "++++\n+++\n"] {
            assert!(front_matter(without).is_none(), "{without:?}");
        }
    }

    #[test]
    fn sections_are_asked_for_in_their_order() {
        let whole = "## Signs\n## Whose side\n## Steps\n## Evidence to capture\n## Afterwards\n";
        assert_eq!(Runbook::missing_section(whole), None);
        assert_eq!(Runbook::missing_section(&whole.replace("## Steps\n", "")), Some("Steps"));
        assert_eq!(Runbook::missing_section("## Steps\n## Signs\n"), Some("Whose side"));
    }
}
