//! What a control says: its statement as lines, one for each part.

use crate::oscal::{Control, Part, prop};
use crate::prose::{Parameters, TooLong};
use crate::text::{tidy, without_breaks};

/// The class of controls that hold the statement of the control they stand in (NIST SP 800-171).
const HOLDER: &str = "security_requirement";

/// True for a control that is no line of its own but holds the statement of the one around it.
pub(crate) fn is_holder(control: &Control) -> bool {
    control.class == HOLDER
}

/// A control's statement.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Statement {
    /// One line for each part, indented by two spaces for each level below the first.
    pub(crate) text: String,
    /// Labels of the parts of the first level, without dots.
    pub(crate) parts: Vec<String>,
}

/// Reads the statement of a control, and those of the controls in it that hold one for it.
///
/// # Errors
/// The text becomes too long.
pub(crate) fn statement(control: &Control, parameters: &Parameters<'_>) -> Result<Statement, TooLong> {
    let mut reader = Reader { parameters, holder: "", lines: Vec::new(), length: 0, parts: Vec::new() };
    for holder in std::iter::once(control).chain(control.controls.iter().filter(|inner| is_holder(inner))) {
        reader.holder = prop(&holder.props, "label").unwrap_or_default();
        for part in holder.parts.iter().filter(|part| part.name == "statement") {
            reader.part(part, 0)?;
        }
    }
    Ok(Statement { text: reader.lines.join("\n"), parts: reader.parts })
}

struct Reader<'a> {
    parameters: &'a Parameters<'a>,
    /// The label of the control whose parts are read.
    holder: &'a str,
    lines: Vec<String>,
    length: usize,
    parts: Vec<String>,
}

impl Reader<'_> {
    fn part(&mut self, part: &Part, depth: usize) -> Result<(), TooLong> {
        let label = self.label(part);
        let prose = if part.prose.is_empty() { &part.title } else { &part.prose };
        if !prose.is_empty() || !label.is_empty() {
            let prose = self.parameters.put_into(&without_breaks(prose))?;
            let indent = "  ".repeat(depth.saturating_sub(1));
            let line = match (label.is_empty(), prose.is_empty()) {
                (true, _) => format!("{indent}{prose}"),
                (false, true) => format!("{indent}{label}"),
                (false, false) => format!("{indent}{label} {}", prose.trim_start()),
            };
            self.length += line.len();
            if self.length > crate::prose::MAX_TEXT {
                return Err(TooLong);
            }
            self.lines.push(tidy(&line));
        }
        if depth == 1 && !label.is_empty() {
            self.parts.push(tidy(label.trim_end_matches('.')));
        }
        part.parts.iter().filter(|part| part.name == "item").try_for_each(|part| self.part(part, depth + 1))
    }

    /// The part's label. Labels that repeat that of their control (`SR-03.01.01.c.02`) are cut to their last member (`02.`).
    fn label(&self, part: &Part) -> String {
        let label = prop(&part.props, "label").unwrap_or_default().trim();
        let own = label.strip_prefix(self.holder).filter(|_| !self.holder.is_empty()).and_then(|rest| rest.strip_prefix('.'));
        own.and_then(|own| own.rsplit('.').next()).map_or_else(|| label.to_owned(), |last| format!("{last}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oscal::Prop;

    fn part(name: &str, label: &str, prose: &str, parts: Vec<Part>) -> Part {
        let props = if label.is_empty() { Vec::new() } else { vec![label_prop(label)] };
        Part { name: name.to_owned(), prose: prose.to_owned(), props, parts, ..Part::default() }
    }

    fn label_prop(value: &str) -> Prop {
        Prop { name: "label".to_owned(), value: value.to_owned(), class: String::new() }
    }

    #[test]
    fn every_part_is_a_line() {
        let deep = part("item", "(a)", "Deepest.", Vec::new());
        let statement_part = part(
            "statement",
            "",
            "Do:",
            vec![
                part("item", "a.", " First\nof all:", vec![part("item", "1.", "", vec![deep])]),
                part("guidance", "", "Not this.", Vec::new()),
                part("item", "", "No label.", Vec::new()),
            ],
        );
        let control = Control { parts: vec![part("overview", "", "Nor this.", Vec::new()), statement_part], ..Control::default() };
        let found = statement(&control, &Parameters::default()).unwrap();
        assert_eq!(found.text, "Do:\na. First of all:\n  1.\n    (a) Deepest.\nNo label.");
        assert_eq!(found.parts, ["a"]);
    }

    #[test]
    fn a_nested_control_may_hold_the_statement() {
        let items = vec![part("item", "SR-1.a", "First.", vec![part("item", "SR-1.a.01", "Inner.", Vec::new())])];
        let holder = Control {
            class: HOLDER.to_owned(),
            props: vec![label_prop("SR-1")],
            parts: vec![part("statement", "", "", items)],
            ..Control::default()
        };
        let control = Control { parts: vec![part("statement", "", "", Vec::new())], controls: vec![holder], ..Control::default() };
        let found = statement(&control, &Parameters::default()).unwrap();
        assert_eq!(found, Statement { text: "a. First.\n  01. Inner.".to_owned(), parts: vec!["a".to_owned()] });
    }
}
