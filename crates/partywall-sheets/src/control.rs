//! Control ids of NIST SP 800-53, however a sheet writes them.

use std::fmt;
use std::str::FromStr;

use crate::SheetsError;

/// The most characters of a text that is looked at as a control id.
const LONGEST: usize = 64;

/// A control of NIST SP 800-53 or one of its enhancements, and the part of its statement that is meant.
///
/// Reads `AC-02 (a)`, `AC-02(03)(a)`, `AC-2(3)`, `AC-2a.1`, `ac-2.3_smt.a`, with any kind of dash and space; prints FedRAMP's style.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ControlPart {
    /// As in OSCAL: `ac-2`, `ac-2.3`.
    pub control: String,
    /// The part's label, deeper ones after a dot: `a`, `a.1`; `None`: all of it.
    pub part: Option<String>,
}

impl ControlPart {
    /// A control, or the part of it with this label, with parentheses or without.
    ///
    /// # Errors
    /// The text is no control id, or already names a part beside the one given.
    pub fn new(control: &str, part: Option<&str>) -> Result<Self, SheetsError> {
        let mut read: Self = control.parse()?;
        if let Some(part) = part {
            let mut labels = Vec::new();
            match (&read.part, labels_of(&plain(part), &mut labels)) {
                (None, Some("")) if !labels.is_empty() => read.part = Some(labels.join(".")),
                _ => return Err(SheetsError::Control(format!("{control} {part}"))),
            }
        }
        Ok(read)
    }

    /// The id of the statement in OSCAL: `ac-2.3_smt.a`.
    pub fn statement_id(&self) -> String {
        match &self.part {
            Some(part) => format!("{}_smt.{part}", self.control),
            None => format!("{}_smt", self.control),
        }
    }
}

/// FedRAMP's style: `AC-02`, `AC-02 (a)`, `AC-02(03)`, `AC-02(03)(a)`.
impl fmt::Display for ControlPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (base, enhancement) = match self.control.split_once('.') {
            Some((base, enhancement)) => (base, Some(enhancement)),
            None => (self.control.as_str(), None),
        };
        match base.split_once('-') {
            Some((family, number)) => write!(f, "{}-{number:0>2}", family.to_ascii_uppercase())?,
            None => f.write_str(&base.to_ascii_uppercase())?,
        }
        if let Some(enhancement) = enhancement {
            write!(f, "({enhancement:0>2})")?;
        }
        if let Some(part) = &self.part {
            if enhancement.is_none() {
                f.write_str(" ")?;
            }
            for label in part.split('.') {
                write!(f, "({label})")?;
            }
        }
        Ok(())
    }
}

impl FromStr for ControlPart {
    type Err = SheetsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| SheetsError::Control(text.to_owned()))
    }
}

/// The text in lower case with plain hyphens and without spaces.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .filter(|one| !one.is_whitespace() && !matches!(one, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}'))
        .map(|one| match one {
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}' => '-',
            other => other,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

fn parse(text: &str) -> Option<ControlPart> {
    if text.chars().count() > LONGEST {
        return None;
    }
    let text = plain(text);
    let (family, rest) = text.split_once('-')?;
    if family.len() != 2 || !family.bytes().all(|one| one.is_ascii_lowercase()) {
        return None;
    }
    let (number, rest) = number(rest)?;
    let (enhancement, rest) = enhancement(rest)?;
    let control = match enhancement {
        Some(enhancement) => format!("{family}-{number}.{enhancement}"),
        None => format!("{family}-{number}"),
    };
    let rest = rest.strip_prefix("_smt").unwrap_or(rest);
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    let mut labels = Vec::new();
    let rest = labels_of(rest, &mut labels)?;
    rest.is_empty().then(|| ControlPart { control, part: (!labels.is_empty()).then(|| labels.join(".")) })
}

/// One to three digits, not all zero, and what follows.
fn number(text: &str) -> Option<(u16, &str)> {
    let end = text.find(|one: char| !one.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    let number = digits.parse().ok().filter(|number| *number > 0)?;
    (digits.len() <= 3).then_some((number, rest))
}

/// `(3)` or `.3`, if it is there, and what follows.
fn enhancement(text: &str) -> Option<(Option<u16>, &str)> {
    let digit = |rest: &str| rest.starts_with(|one: char| one.is_ascii_digit());
    if let Some(rest) = text.strip_prefix('(').filter(|rest| digit(rest)) {
        let (number, rest) = number(rest)?;
        return Some((Some(number), rest.strip_prefix(')')?));
    }
    if let Some(rest) = text.strip_prefix('.').filter(|rest| digit(rest)) {
        let (number, rest) = number(rest)?;
        return Some((Some(number), rest));
    }
    Some((None, text))
}

/// Labels of parts, each in parentheses, after a dot, or bare; letters first, then numbers and letters by turns, as the standard has them.
fn labels_of<'t>(text: &'t str, labels: &mut Vec<String>) -> Option<&'t str> {
    let mut rest = text;
    while !rest.is_empty() {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if rest.is_empty() {
            break;
        }
        let (inside, parenthesis) = rest.strip_prefix('(').map_or((rest, false), |inside| (inside, true));
        let digits = labels.len() % 2 == 1;
        let belongs = |one: char| if digits { one.is_ascii_digit() } else { one.is_ascii_lowercase() };
        let end = inside.find(|one| !belongs(one)).unwrap_or(inside.len());
        let (label, after) = inside.split_at_checked(end)?;
        if !(1..=2).contains(&label.len()) {
            return None;
        }
        labels.push(label.to_owned());
        rest = if parenthesis { after.strip_prefix(')')? } else { after };
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (String, Option<String>) {
        let read: ControlPart = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        (read.control, read.part)
    }

    #[test]
    fn every_spelling_is_the_same_control() {
        let base = [
            "AC-02 (a)",
            "AC-2(a)",
            "ac-2_smt.a",
            "AC–02 (a)",
            "AC\u{2011}02\u{a0}(a)",
            " AC - 02 (a) ",
            "AC-2a",
            "AC-2 a.",
            "AC-02 – (a)",
            "AC-02\n(A)",
            "\u{FEFF}AC-2.a",
        ];
        for text in base {
            assert_eq!(read(text), ("ac-2".to_owned(), Some("a".to_owned())), "{text:?}");
        }
        for text in ["AC-02(03)(a)", "AC-2 (3) (a)", "ac-2.3_smt.a", "AC-02.03(a)", "AC-2(3)a"] {
            assert_eq!(read(text), ("ac-2.3".to_owned(), Some("a".to_owned())), "{text:?}");
        }
        for text in ["AC-2(3)", "ac-2.3", "AC-02 (03)", "ac-2.3_smt"] {
            assert_eq!(read(text), ("ac-2.3".to_owned(), None), "{text:?}");
        }
        for text in ["AC-01 (a)(1)", "ac-1_smt.a.1", "AC-1a.1.", "AC-01(a)1"] {
            assert_eq!(read(text), ("ac-1".to_owned(), Some("a.1".to_owned())), "{text:?}");
        }
        assert_eq!(read("ac-1_smt.a.1.b"), ("ac-1".to_owned(), Some("a.1.b".to_owned())));
    }

    #[test]
    fn what_is_no_control_is_refused() {
        let wrong = [
            "",
            "AC",
            "AC-",
            "AC-0",
            "AC-2(",
            "AC-2(a",
            "AC-2()",
            "AC-2(3)(4)",
            "AC-2 (abc)",
            "PR.AA-05",
            "CC6.1",
            "1.2.1",
            "AC-2;DROP",
            "A&A-01",
            "AC-2222",
            "AC-2(a)(b)",
            "=AC-2",
            "AC-2 and AC-3",
        ];
        for text in wrong {
            let error = text.parse::<ControlPart>().unwrap_err().to_string();
            assert!(error.contains("is no control id of NIST SP 800-53"), "{text}: {error}");
        }
        assert!("A".repeat(1000).parse::<ControlPart>().is_err());
        assert!(ControlPart::new("ac-2 (a)", Some("b")).is_err(), "it has a part already");
        assert!(ControlPart::new("ac-2", Some("1")).is_err());
        assert!(ControlPart::new("ac-2", Some("")).is_err());
    }

    #[test]
    fn fedramp_writes_two_digits() {
        for (control, part, text, statement) in [
            ("ac-2", None, "AC-02", "ac-2_smt"),
            ("ac-2", Some("a"), "AC-02 (a)", "ac-2_smt.a"),
            ("ac-2.3", None, "AC-02(03)", "ac-2.3_smt"),
            ("ac-2.3", Some("(a)"), "AC-02(03)(a)", "ac-2.3_smt.a"),
            ("ac-1", Some("a.1"), "AC-01 (a)(1)", "ac-1_smt.a.1"),
            ("sa-15.12", None, "SA-15(12)", "sa-15.12_smt"),
        ] {
            let made = ControlPart::new(control, part).unwrap();
            assert_eq!((made.to_string().as_str(), made.statement_id().as_str()), (text, statement));
        }
    }

    proptest! {
        #[test]
        fn ids_come_back(family in "[a-z]{2}", number in 1_u16..1000, enhancement in proptest::option::of(1_u16..1000), part in proptest::option::of("[a-z]{1,2}(\\.[0-9]{1,2})?")) {
            let control = enhancement.map_or(format!("{family}-{number}"), |enhancement| format!("{family}-{number}.{enhancement}"));
            let made = ControlPart { control, part };
            prop_assert_eq!(&made.to_string().parse::<ControlPart>().unwrap(), &made);
            prop_assert_eq!(&made.statement_id().parse::<ControlPart>().unwrap(), &made);
        }

        #[test]
        fn no_text_makes_it_fail_otherwise(text in "\\PC{0,70}") {
            if let Ok(read) = text.parse::<ControlPart>() {
                prop_assert_eq!(read.to_string().parse::<ControlPart>().unwrap(), read);
            }
        }
    }
}
