//! Where the requirements of a framework stand: who has a part, what could show it, what results, records and attestations say.

mod answer;
mod counts;
mod standing;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use anyhow::anyhow;
use partywall_catalog::{Catalog, Check, Duty, Framework, Requirement};
use partywall_model::Party;
use partywall_model::near::did_you_mean;
use partywall_records::Records;
use partywall_report::Split;

pub(crate) use counts::{Means, MeansCounts, SplitCounts, means};
pub(crate) use standing::{Reading, line, sum};

/// A framework by one of its ids, or through a framework whose ids its requirements carry; that name is then the second.
///
/// # Errors
/// There is none; the message says what is near.
pub(crate) fn of_id<'a>(catalog: &'a Catalog, records: &'a Records, id: &str) -> anyhow::Result<(&'a Arc<Framework>, Option<String>)> {
    if let Some(own) = records.scope.own.as_ref().filter(|own| *own.id == *id) {
        return Ok((own, None));
    }
    if let Some(framework) = catalog.framework(id) {
        return Ok((framework, None));
    }
    let carries = |framework: &&Arc<Framework>| framework.requirements.iter().any(|requirement| requirement.aliases.contains_key(id));
    if let Some(framework) = catalog.frameworks.values().find(carries) {
        return Ok((framework, Some(id.to_owned())));
    }
    let near = did_you_mean(id, catalog.frameworks.keys().map(|id| &**id));
    Err(anyhow!("there is no framework `{id}`{near}; see `partywall framework list`"))
}

/// Check id → framework ids, each with ids of its requirements.
pub(crate) type Lines = HashMap<Arc<str>, Vec<(String, Vec<String>)>>;

/// What the framework calls its requirements, as said of all of them.
pub(crate) fn noun(framework: &Framework) -> String {
    match (framework.requirements.len(), &framework.nouns) {
        (1, _) => framework.noun.clone(),
        (_, Some(nouns)) => nouns.clone(),
        (_, None) => format!("{}s", framework.noun),
    }
}

/// The word for a split in machine-readable outputs.
pub(crate) fn word(split: Split) -> &'static str {
    match split {
        Split::Inherited => "inherited",
        Split::Shared => "shared",
        Split::Customer => "customer",
    }
}

/// Requirement id → the checks that are evidence for it, in the order of their ids: those that name it in their `controls` (a selection's
/// lines are those of the framework that it selects from), those whose peer's id it is, and those that the requirement names.
pub(crate) fn checks<'a>(catalog: &'a Catalog, framework: &'a Framework) -> BTreeMap<&'a str, Vec<&'a Arc<Check>>> {
    let mut found: BTreeMap<&str, BTreeMap<&str, &Arc<Check>>> = BTreeMap::new();
    let ids = [Some(&framework.id), framework.of.as_ref()];
    let is_this = |name: &str| {
        ids.into_iter().flatten().any(|id| **id == *name) || catalog.framework(name).is_some_and(|known| ids.contains(&Some(&known.id)))
    };
    let lines: BTreeMap<&str, &Requirement> = framework.requirements.iter().map(|line| (&*line.id, &**line)).collect();
    let mut add = |id: &str, check: &'a Arc<Check>| {
        if let Some((id, _)) = lines.get_key_value(id) {
            found.entry(id).or_default().insert(&check.id, check);
        }
    };
    for check in catalog.checks.values() {
        for id in check.controls.iter().filter(|(name, _)| is_this(name)).flat_map(|(_, ids)| ids) {
            add(id, check);
        }
        for id in framework.equivalents.iter().filter_map(|peer| check.equivalents.get(peer)).flatten() {
            add(id, check);
        }
    }
    for requirement in &framework.requirements {
        for check in requirement.checks.iter().flat_map(|pattern| catalog.checks_of(pattern)) {
            add(&requirement.id, check);
        }
    }
    found.into_iter().map(|(id, checks)| (id, checks.into_values().collect())).collect()
}

/// Check → the lines of these frameworks that it is evidence for: framework id and requirement ids.
pub(crate) fn lines<'f>(catalog: &Catalog, frameworks: impl IntoIterator<Item = &'f Arc<Framework>>) -> Lines {
    let mut lines = Lines::new();
    for framework in frameworks {
        let mut ids: BTreeMap<&Arc<str>, Vec<String>> = BTreeMap::new();
        let checks = checks(catalog, framework);
        for requirement in &framework.requirements {
            for check in named(&checks, requirement) {
                ids.entry(&check.id).or_default().push(requirement.id.to_string());
            }
        }
        for (check, ids) in ids {
            lines.entry(check.clone()).or_default().push((framework.id.to_string(), ids));
        }
    }
    lines
}

/// As [`lines`], of the frameworks that the catalogue shows by itself.
pub(crate) fn usual_lines(catalog: &Catalog) -> Lines {
    lines(catalog, catalog.frameworks.values().filter(|framework| framework.default))
}

/// The checks of one requirement.
pub(crate) fn named<'m, 'a>(checks: &'m BTreeMap<&'a str, Vec<&'a Arc<Check>>>, requirement: &Requirement) -> &'m [&'a Arc<Check>] {
    checks.get(&*requirement.id).map(Vec::as_slice).unwrap_or_default()
}

/// The duties behind a requirement, in the order of `duties.toml`.
pub(crate) fn duties<'a>(catalog: &'a Catalog, requirement: &'a Requirement) -> impl Iterator<Item = &'a Arc<Duty>> + Clone {
    catalog.duties.values().filter(|duty| {
        requirement.duties.iter().any(|pattern| match pattern.strip_suffix(".*") {
            Some(layer) => duty.layer() == layer,
            None => *duty.id == **pattern,
        })
    })
}

/// Who has a part, from the owners that the requirement's duties have in general; without duties, from whose part is written down. A
/// duty whose owner depends on a setting counts for every party that it may fall to. What a single service makes of a duty does not
/// count: hardware in the customer's own rooms does not make every framework's line on hardware shared.
pub(crate) fn split(catalog: &Catalog, requirement: &Requirement) -> Split {
    let owners: BTreeSet<bool> = duties(catalog, requirement).flat_map(|duty| &duty.owner).map(|rule| rule.party == Party::Aws).collect();
    let (aws, customer) = if owners.is_empty() {
        (!requirement.aws.is_empty(), !requirement.customer.is_empty())
    } else {
        (owners.contains(&true), owners.contains(&false))
    };
    match (aws, customer) {
        (true, true) => Split::Shared,
        (true, false) => Split::Inherited,
        (false, _) => Split::Customer,
    }
}

/// The frameworks that a run speaks of when nobody names one: those in scope and the customer's own requirements; without a scope those that
/// the catalogue shows by itself.
pub(crate) fn in_force(catalog: &Catalog, records: &Records) -> Vec<Arc<Framework>> {
    if !records.scope.is_given() {
        return catalog.frameworks.values().filter(|framework| framework.default).cloned().collect();
    }
    let scope = &records.scope;
    scope.frameworks.keys().filter_map(|id| catalog.frameworks.get(id)).chain(&scope.own).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_framework_is_mapped_by_its_lines_or_by_checks_never_by_both() {
        let catalog = Catalog::load(None).unwrap();
        for check in catalog.checks.values() {
            for name in check.controls.keys() {
                let framework = catalog.framework(name).unwrap_or_else(|| panic!("{}: no framework `{name}`", check.id));
                let leading = framework.requirements.iter().find(|line| !line.checks.is_empty());
                assert!(leading.is_none(), "{}: the lines of `{name}` name their checks", check.id);
            }
        }
    }

    #[test]
    fn a_broad_line_takes_its_checks_from_its_duties() {
        let catalog = Catalog::load(None).unwrap();
        let lines = usual_lines(&catalog);
        let of = |check: &str| lines[check].iter().find(|(id, _)| id == "nist-csf-2.0").map(|(_, ids)| ids.join(" ")).unwrap();
        assert_eq!(of("cloudtrail.trail-uses-customer-key"), "PR.DS-01");
        assert_eq!(of("ec2.instance-requires-imdsv2"), "PR.AA-04 PR.PS-01");
        let unmapped: Vec<_> =
            catalog.checks.keys().filter(|id| !lines.get(*id).is_some_and(|all| all.iter().any(|(id, _)| id == "nist-csf-2.0"))).collect();
        assert!(unmapped.is_empty(), "{unmapped:?}");
    }
}
