//! `expectations.toml`: what a provider's report expects of the customer (CUEC), and what the customer's own report expects of a provider
//! (CSOC). Two lists, both bound to duties.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_catalog::Catalog;
use partywall_model::Party;
use partywall_model::near::did_you_mean;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::text::Text;
use crate::{Place, RecordsError};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectationsFile {
    #[serde(default)]
    cuec: Vec<CuecEntry>,
    #[serde(default)]
    csoc: Vec<CsocEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CuecEntry {
    id: Spanned<String>,
    attestation: Spanned<String>,
    text: String,
    #[serde(default)]
    duties: Vec<Spanned<String>>,
    #[serde(default)]
    checks: Vec<Spanned<String>>,
    #[serde(default)]
    evidence: Vec<Spanned<String>>,
    #[serde(default)]
    requirements: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    response: String,
    #[serde(default)]
    owner: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CsocEntry {
    id: Spanned<String>,
    provider: Spanned<Party>,
    text: String,
    duties: Vec<Spanned<String>>,
    #[serde(default)]
    services: Vec<Spanned<String>>,
    #[serde(default)]
    requirements: BTreeMap<String, Vec<String>>,
}

/// A complementary user entity control: what a report expects of its reader.
#[derive(Debug, Clone, Serialize)]
pub struct Cuec {
    /// The report's id, or one's own.
    pub id: String,
    /// The attestation whose report says it.
    pub attestation: Arc<str>,
    /// What is expected, in own words where the report is confidential.
    pub text: String,
    /// The customer's duties behind it.
    pub duties: Vec<Arc<str>>,
    /// Checks that show it, as patterns.
    pub checks: Vec<String>,
    /// Manual evidence that shows it.
    pub evidence: Vec<Arc<str>>,
    /// Framework → requirements that it belongs to.
    pub requirements: BTreeMap<String, Vec<String>>,
    /// How the customer answers it, in its own words.
    pub response: String,
    /// Who answers.
    pub owner: String,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// A complementary subservice organization control: what the customer's own report expects of a provider.
#[derive(Debug, Clone, Serialize)]
pub struct Csoc {
    /// One's own id.
    pub id: String,
    /// Who is expected to do it.
    pub provider: Party,
    /// What is expected.
    pub text: String,
    /// The provider's duties behind it.
    pub duties: Vec<Arc<str>>,
    /// The services that it is about; empty: the provider as a whole.
    pub services: Vec<Arc<str>>,
    /// Framework → requirements that it belongs to.
    pub requirements: BTreeMap<String, Vec<String>>,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// Both lists.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// What reports expect of the customer.
    pub cuecs: Vec<Cuec>,
    /// What the customer's report expects of providers.
    pub csocs: Vec<Csoc>,
}

impl Expectations {
    #[expect(clippy::needless_pass_by_value, reason = "an iterator is handed over and copied for each entry")]
    pub(crate) fn read<'a>(
        catalog: &Catalog,
        attestations: impl Iterator<Item = &'a str> + Clone,
        file: &Text,
    ) -> Result<Self, RecordsError> {
        let parsed = file.parse::<ExpectationsFile>()?;
        let mut lists = Self::default();
        let requirements =
            |ids: BTreeMap<String, Vec<String>>, id: &Spanned<String>| -> Result<BTreeMap<String, Vec<String>>, RecordsError> {
                for (framework, ids) in &ids {
                    let Some(known) = catalog.framework(framework) else {
                        let near = did_you_mean(framework, catalog.frameworks.keys().map(|id| &**id));
                        return Err(file.error(&id.span(), &format!("there is no framework `{framework}`{near}")));
                    };
                    if let Some(missing) = ids.iter().find(|id| !known.requirements.iter().any(|requirement| *requirement.id == ***id)) {
                        return Err(file.error(&id.span(), &format!("`{}` has no requirement `{missing}`", known.id)));
                    }
                }
                Ok(ids)
            };
        let (mut cuecs, mut csocs) = (BTreeSet::new(), BTreeSet::new());
        for entry in parsed.cuec {
            if !cuecs.insert(entry.id.get_ref().clone()) {
                return Err(file.error(&entry.id.span(), &format!("`{}` is the id of an earlier expectation", entry.id.get_ref())));
            }
            for pattern in &entry.checks {
                if catalog.checks_of(pattern.get_ref()).next().is_none() {
                    let near = did_you_mean(pattern.get_ref(), catalog.checks.keys().chain(catalog.duties.keys()).map(|id| &**id));
                    return Err(file.error(&pattern.span(), &format!("`{}` names no check{near}", pattern.get_ref())));
                }
            }
            lists.cuecs.push(Cuec {
                attestation: file.known(&entry.attestation, "attestation", attestations.clone())?,
                duties: file.known_duties(catalog, &entry.duties)?,
                evidence: file.known_evidence(catalog, &entry.evidence)?,
                requirements: requirements(entry.requirements, &entry.id)?,
                place: file.place(&entry.id.span()),
                checks: entry.checks.into_iter().map(Spanned::into_inner).collect(),
                id: entry.id.into_inner(),
                text: entry.text,
                response: entry.response,
                owner: entry.owner,
            });
        }
        for entry in parsed.csoc {
            if !csocs.insert(entry.id.get_ref().clone()) {
                return Err(file.error(&entry.id.span(), &format!("`{}` is the id of an earlier expectation", entry.id.get_ref())));
            }
            let services = || catalog.services.keys().map(|id| &**id);
            lists.csocs.push(Csoc {
                provider: entry.provider.get_ref().clone(),
                duties: file.known_duties(catalog, &entry.duties)?,
                services: entry.services.iter().map(|id| file.known(id, "service", services())).collect::<Result<_, _>>()?,
                requirements: requirements(entry.requirements, &entry.id)?,
                place: file.place(&entry.id.span()),
                id: entry.id.into_inner(),
                text: entry.text,
            });
        }
        Ok(lists)
    }
}

/// What a CSV file with expectations gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromCsv {
    /// The id of each, with its TOML.
    pub entries: Vec<(String, String)>,
    /// Columns that mean nothing here.
    pub passed_over: Vec<String>,
}

/// Entries for `expectations.toml` from a CSV file whose first row names its columns: `id` and `text`, and if known `duties`, `checks`,
/// `evidence` (ids separated by spaces), `requirements` (such as `soc2:CC6.1 gdpr:Art. 32(1)`), `response` and `owner`.
///
/// # Errors
/// `line: what is wrong`, to be put behind the file's name.
pub fn expectations_from_csv(text: &str, attestation: &str) -> Result<FromCsv, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let head = reader.headers().map_err(|error| format!("1: {error}"))?.clone();
    let column = |name: &str| head.iter().position(|known| known.eq_ignore_ascii_case(name));
    let (Some(id), Some(words)) = (column("id"), column("text")) else {
        return Err("1: the first row must name the columns, at least `id` and `text`".to_owned());
    };
    let lists = ["duties", "checks", "evidence"].map(|name| (name, column(name)));
    let lines = column("requirements");
    let words_of = ["response", "owner"].map(|name| (name, column(name)));
    let all = [&["id", "text", "requirements"][..], &lists.map(|(name, _)| name), &words_of.map(|(name, _)| name)].concat();
    let passed_over = head.iter().filter(|name| !all.iter().any(|known| known.eq_ignore_ascii_case(name))).map(ToOwned::to_owned).collect();
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut entries: Vec<(String, String)> = Vec::new();
    let mut seen = BTreeSet::new();
    for row in reader.records() {
        let row = row.map_err(|error| format!("{}: {error}", error.position().map_or(0, csv::Position::line)))?;
        let line = row.position().map_or(0, csv::Position::line);
        let cell = |at: usize| row.get(at).unwrap_or_default();
        if cell(id).is_empty() || cell(words).is_empty() {
            return Err(format!("{line}: a row needs an id and a text"));
        }
        if !seen.insert(cell(id).to_owned()) {
            return Err(format!("{line}: `{}` is the id of an earlier row", cell(id)));
        }
        let mut entry =
            format!("[[cuec]]\nid = {}\nattestation = {}\ntext = {}\n", quoted(cell(id)), quoted(attestation), quoted(cell(words)));
        for (name, at) in lists {
            let ids: Vec<String> = at.map(cell).unwrap_or_default().split_whitespace().map(quoted).collect();
            if !ids.is_empty() {
                entry.push_str(&format!("{name} = [{}]\n", ids.join(", ")));
            }
        }
        let named = requirements(lines.map(cell).unwrap_or_default()).map_err(|message| format!("{line}: {message}"))?;
        if !named.is_empty() {
            let one = |(framework, ids): (&str, Vec<String>)| {
                let ids: Vec<String> = ids.iter().map(|id| quoted(id)).collect();
                format!("{} = [{}]", quoted(framework), ids.join(", "))
            };
            let all: Vec<String> = named.into_iter().map(one).collect();
            entry.push_str(&format!("requirements = {{ {} }}\n", all.join(", ")));
        }
        for (name, at) in words_of {
            let words = at.map(cell).unwrap_or_default();
            if !words.is_empty() {
                entry.push_str(&format!("{name} = {}\n", quoted(words)));
            }
        }
        entries.push((cell(id).to_owned(), entry));
    }
    Ok(FromCsv { entries, passed_over })
}

/// Framework → lines, from `framework:line` after `framework:line`. A word without a colon belongs to the line before it: some frameworks
/// have lines such as `Art. 32(1)`.
fn requirements(text: &str) -> Result<BTreeMap<&str, Vec<String>>, String> {
    let mut named: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut last = None;
    for word in text.split_whitespace().map(|word| word.trim_end_matches([',', ';'])).filter(|word| !word.is_empty()) {
        match (word.split_once(':'), last) {
            (Some((framework, line)), _) if !framework.is_empty() && !line.is_empty() => {
                named.entry(framework).or_default().push(line.to_owned());
                last = Some(framework);
            }
            (None, Some(framework)) => {
                if let Some(line) = named.get_mut(framework).and_then(|lines| lines.last_mut()) {
                    line.push_str(&format!(" {word}"));
                }
            }
            _ => return Err(format!("`{word}` is no requirement; write framework:line, such as soc2:CC6.1")),
        }
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_entries() {
        let csv = "\u{feff}ID,Text,Duties,Owner\r\nCUEC-1,\"Keys, rotated \"\"yearly\"\"\",server-encryption.rotate-keys server-encryption.*,security\r\n";
        let entries = expectations_from_csv(csv, "aws-soc2").unwrap().entries;
        let parsed: ExpectationsFile = toml::from_str(&entries[0].1).unwrap();
        assert_eq!(parsed.cuec[0].text, "Keys, rotated \"yearly\"");
        assert_eq!(parsed.cuec[0].duties.len(), 2);
        assert_eq!((parsed.cuec[0].attestation.get_ref().as_str(), parsed.cuec[0].owner.as_str()), ("aws-soc2", "security"));
    }

    #[test]
    fn requirements_are_kept_by_framework() {
        let csv = "id,text,requirements\nC-1,t,\"soc2:CC6.1 pci-dss-4.0.1:12.8.5; soc2:CC6.2, gdpr:Art. 32\"\nC-2,t,\n";
        let entries = expectations_from_csv(csv, "aws-soc2").unwrap().entries;
        let parsed: ExpectationsFile = toml::from_str(&entries[0].1).unwrap();
        let want = [("gdpr", vec!["Art. 32"]), ("pci-dss-4.0.1", vec!["12.8.5"]), ("soc2", vec!["CC6.1", "CC6.2"])];
        let read = &parsed.cuec[0].requirements;
        assert_eq!(read.iter().map(|(id, lines)| (id.as_str(), lines.iter().map(String::as_str).collect())).collect::<Vec<_>>(), want);
        assert!(!entries[1].1.contains("requirements"));
        for wrong in ["CC6.1", "soc2:", ":CC6.1"] {
            let message = expectations_from_csv(&format!("id,text,requirements\nC-1,t,{wrong}\n"), "x").unwrap_err();
            assert_eq!(message, format!("2: `{wrong}` is no requirement; write framework:line, such as soc2:CC6.1"));
        }
    }

    #[test]
    fn broken_rows_are_named_by_their_line() {
        assert!(expectations_from_csv("a,b\n1,2\n", "x").unwrap_err().starts_with("1: "));
        assert!(expectations_from_csv("id,text\n1,t\n1,u\n", "x").unwrap_err().starts_with("3: `1`"));
        assert!(expectations_from_csv("id,text\n,t\n", "x").unwrap_err().starts_with("2: "));
        assert!(expectations_from_csv("id,text\n1\n", "x").unwrap_err().starts_with("2: "));
    }
}
