use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use partywall_catalog::{AttestationKind, Catalog, Evidence};
use partywall_model::{Party, Severity};

use crate::attestation::ScopeListFile;
use crate::people::TeamNames;
use crate::reviews::Subjects;
use crate::text::Text;
use crate::{
    Attestation, Cabinet, Campaign, Claim, Exceptions, Expectations, FindingKind, Inherited, KeptAs, OnFile, Opinion, OwnRunbook, Owners,
    Parties, People, Policy, Proof, RecordFinding, RecordsError, Review, Scope, Subject, Terms, WellArchitected, future, policies, reviews,
    training,
};

/// Everything that people decided and keep. Without a directory all of it is empty.
#[derive(Debug, Clone, Default)]
pub struct Records {
    /// The directory it was read from.
    pub directory: Option<PathBuf>,
    /// What is in scope.
    pub scope: Scope,
    /// Who answers for what.
    pub owners: Owners,
    /// Providers and vendors.
    pub parties: Parties,
    /// Decisions to live with findings.
    pub exceptions: Exceptions,
    /// Documents on providers.
    pub attestations: Vec<Attestation>,
    /// What reports expect.
    pub expectations: Expectations,
    /// Manual evidence, also what policies, trainings, exercises and reviews are.
    pub evidence: Cabinet,
    /// Staff; `None` without `people.csv`.
    pub people: Option<People>,
    /// Policies and procedures.
    pub policies: Vec<Policy>,
    /// Trainings.
    pub campaigns: Vec<Campaign>,
    /// The customer's own runbooks.
    pub runbooks: Vec<OwnRunbook>,
    /// Reviews, in the order of their days.
    pub reviews: Vec<Review>,
    /// Answers of a Well-Architected review.
    pub well_architected: WellArchitected,
    /// What providers say can be inherited from them.
    pub inherited: Vec<Inherited>,
}

impl Records {
    /// Reads a directory. What is not there is empty.
    ///
    /// # Errors
    /// The first file that cannot be read or says something that cannot be, with its place.
    pub fn read(catalog: &Catalog, directory: &Path) -> Result<Self, RecordsError> {
        if !directory.is_dir() {
            let source = std::io::Error::new(std::io::ErrorKind::NotFound, "no such directory");
            return Err(RecordsError::Read { path: directory.to_owned(), source });
        }
        let mut records = Self { directory: Some(directory.to_owned()), ..Self::default() };
        let one = |name: &str| Text::read(&directory.join(name));
        if let Some(file) = one("scope.toml")? {
            records.scope = Scope::read(catalog, &file)?;
        }
        if let Some(file) = one("parties.toml")? {
            records.parties = Parties::read(catalog, &file)?;
        }
        if let Some(file) = one("teams.toml")? {
            records.owners.read_teams(&file)?;
        }
        let parties = records.parties.ids();
        records.owners.units = records.scope.units();
        if let Some(file) = one("owners")? {
            records.owners.read(catalog, &parties, &file)?;
        }
        if let Some(file) = one("exceptions.toml")? {
            records.exceptions = Exceptions::read(catalog, &file)?;
        }
        let mut lists = Vec::new();
        for file in Text::all(&directory.join("scopes"), "toml")? {
            lists.push(ScopeListFile::read(catalog, &file)?);
        }
        for file in Text::all(&directory.join("attestations"), "toml")? {
            let attestation = Attestation::read(catalog, &records.scope, &lists, &file)?;
            if attestation.provider != Party::Aws && !parties.contains(&attestation.provider) {
                return Err(
                    file.error(&(0..0), &format!("`{}` is not listed as a party; add [[party]] to parties.toml", attestation.provider))
                );
            }
            records.attestations.push(attestation);
        }
        if let Some(file) = one("expectations.toml")? {
            let ids = records.attestations.iter().map(|attestation| &*attestation.id);
            records.expectations = Expectations::read(catalog, ids, &file)?;
        }
        for file in Text::all(&directory.join("evidence"), "toml")? {
            records.evidence.read(catalog, &file)?;
        }
        records.keep_agreements();
        records.read_manual_side(catalog, directory)?;
        Ok(records)
    }

    /// What no tool can see: rules, training, exercises, reviews, and what providers say of themselves.
    fn read_manual_side(&mut self, catalog: &Catalog, directory: &Path) -> Result<(), RecordsError> {
        let one = |name: &str| Text::read(&directory.join(name));
        if let Some(file) = one("people.csv")? {
            self.people = Some(People::read(&file)?);
        }
        let (teams, people) = (TeamNames::of(&self.owners, self.people.as_ref()), self.people.as_ref());
        self.policies = policies::read(catalog, &teams, &directory.join("policies"), &mut self.evidence)?;
        self.campaigns = training::read(catalog, &teams, people, &directory.join("training"), &mut self.evidence)?;
        for mut file in Text::all(&directory.join("runbooks"), "md")? {
            self.runbooks.push(OwnRunbook::read(catalog, &mut file, &mut self.evidence)?);
        }
        if let Some(file) = one("reviews.toml")? {
            let subjects = Subjects { catalog, own: self.scope.own.as_deref(), attestations: &self.attestations };
            self.reviews = reviews::read(subjects, &file, &mut self.evidence)?;
        }
        if let Some(file) = one("well-architected.toml")? {
            self.well_architected = WellArchitected::read(catalog, &file)?;
        }
        for file in Text::all(&directory.join("inherited"), "toml")? {
            self.inherited.push(Inherited::read(catalog, &self.parties, &file)?);
        }
        Ok(())
    }

    /// Having some documents is manual evidence itself, such as a business associate addendum: one with AWS, from the day on which it is
    /// both there and in force, and for every account in scope.
    fn keep_agreements(&mut self) {
        let in_scope = &self.scope.accounts;
        let for_all = |one: &&Attestation| one.accounts.is_empty() || in_scope.iter().all(|account| one.accounts.contains(&account.id));
        for attestation in self.attestations.iter().filter(|one| one.provider == Party::Aws).filter(for_all) {
            for id in &attestation.series.evidence {
                self.evidence.keep(crate::Kept {
                    evidence: id.as_str().into(),
                    title: attestation.title.clone(),
                    owner: String::new(),
                    approver: String::new(),
                    made: attestation.received.max(attestation.from),
                    due: attestation.accepted_until,
                    period: None,
                    failed: String::new(),
                    link: if attestation.terms == Terms::Public { attestation.report.clone() } else { String::new() },
                    note: String::new(),
                    replaced: None,
                    kept_as: KeptAs::Agreement,
                    place: attestation.place.clone(),
                });
            }
        }
    }

    /// What providers say of a requirement, sheet by sheet. Frameworks go by their ids; one that selects from another has that one's
    /// requirements, and its sheets are asked for by that one's id too.
    pub fn claims<'a>(&'a self, framework: &'a str, requirement: &'a str) -> impl Iterator<Item = (&'a Inherited, &'a Claim)> {
        let sheets = self.inherited.iter().filter(move |sheet| *sheet.framework == *framework);
        sheets
            .flat_map(move |sheet| sheet.claims.iter().filter(move |claim| *claim.control == *requirement).map(move |claim| (sheet, claim)))
    }

    /// The best proof of a provider's duty for a service, a Region and a day.
    pub fn proof<'a>(&'a self, party: &Party, duty: &str, service: Option<&'a str>, region: Option<&str>, day: NaiveDate) -> Proof<'a> {
        OnFile::new(&self.attestations, party, service, region, day).proof(duty)
    }

    /// Who is to make manual evidence: the owner of what is kept, else the owner that the owners file names for the first duty behind it that
    /// has one, else for everything. `None`: nobody.
    pub fn owner_of(&self, evidence: &Evidence, today: NaiveDate) -> Option<String> {
        let kept = self.evidence.state(&evidence.id, today).kept().map(|kept| kept.owner.trim());
        if let Some(owner) = kept.filter(|owner| !owner.is_empty()) {
            return Some(owner.to_owned());
        }
        let named = |duty| self.owners.of(Subject { duty, ..Subject::default() })?.first();
        evidence.duties.iter().find_map(|duty| named(duty)).or_else(|| named("")).map(ToString::to_string)
    }

    /// Offices that are named as owners of papers and of what was decided, teams among them.
    pub fn offices(&self) -> BTreeSet<&str> {
        let kept = self.evidence.all().map(|kept| kept.owner.as_str());
        let policies = self.policies.iter().map(|policy| policy.owner.as_str());
        let campaigns = self.campaigns.iter().map(|campaign| campaign.owner.as_str());
        let runbooks = self.runbooks.iter().map(|runbook| runbook.owner.as_str());
        let reviews = self.reviews.iter().map(|review| review.by.as_str());
        let exceptions = self.exceptions.all().map(|exception| exception.owner.as_str());
        let expectations = self.expectations.cuecs.iter().map(|cuec| cuec.owner.as_str());
        let all = kept.chain(policies).chain(campaigns).chain(runbooks).chain(reviews).chain(exceptions).chain(expectations);
        all.filter(|office| !office.trim().is_empty()).collect()
    }

    /// What in the records themselves needs a person, most severe first. `asked` says which checks a run asked: exceptions from others are
    /// not judged.
    pub fn findings(&self, today: NaiveDate, asked: &dyn Fn(&str) -> bool) -> Vec<RecordFinding> {
        self.all_findings(today, asked, true)
    }

    /// The same without any run: whether exceptions match something is not judged, only whether they expired.
    pub fn findings_of_records(&self, today: NaiveDate) -> Vec<RecordFinding> {
        self.all_findings(today, &|_| true, false)
    }

    fn all_findings(&self, today: NaiveDate, asked: &dyn Fn(&str) -> bool, matching: bool) -> Vec<RecordFinding> {
        let mut found = Vec::new();
        self.exceptions.findings(today, asked, matching, &mut found);
        self.parties.findings(today, &mut found);
        self.attestation_findings(today, &mut found);
        self.evidence.findings(today, &mut found);
        policies::findings(&self.policies, self.people.as_ref(), today, &mut found);
        training::findings(&self.campaigns, self.people.as_ref(), &self.evidence, today, &mut found);
        for runbook in &self.runbooks {
            runbook.findings(today, &mut found);
        }
        reviews::findings(&self.reviews, today, &mut found);
        future::findings(self, today, &mut found);
        found.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.kind.cmp(&b.kind)).then_with(|| a.subject.cmp(&b.subject)));
        found
    }

    /// Documents that lapsed or will soon with no other of their series and provider in their place, and files that are not what was
    /// recorded.
    fn attestation_findings(&self, today: NaiveDate, found: &mut Vec<RecordFinding>) {
        for document in self.attestations.iter().filter(|document| document.is_on_file(today)) {
            let mut add = |severity, message: String, due| {
                found.push(RecordFinding {
                    kind: FindingKind::Attestation,
                    severity,
                    subject: document.id.to_string(),
                    message,
                    owner: None,
                    due,
                    place: Some(document.place.clone()),
                });
            };
            if let Some(trouble) = document.file_trouble() {
                add(Severity::High, trouble, None);
            }
            if self.is_followed(document, today) {
                continue;
            }
            if matches!(document.opinion, Opinion::Adverse | Opinion::Disclaimer) && !document.has_lapsed(today) {
                let opinion = document.opinion.as_str();
                add(
                    Severity::High,
                    format!("{}: the opinion is {opinion}; it proves nothing, and no later one does", document.title),
                    None,
                );
            }
            let Some(until) = document.accepted_until_on(today) else { continue };
            let days = (until - today).num_days();
            if days < 0 {
                let bridge = if document.series.kind == AttestationKind::PeriodReport { ", or a bridge letter" } else { "" };
                add(Severity::High, format!("{} lapsed on {until}; get the next one{bridge}", document.title), Some(until));
            } else if days <= i64::from(document.series.warn_days) {
                add(Severity::Medium, format!("{} lapses on {until}, in {days} days; ask for the next one", document.title), Some(until));
            }
        }
    }

    /// True if another document of the same series and provider takes the place of one: on file and begun on that day, accepted longer, and
    /// speaking of all services and Regions of the first. Where the first proves duties, the other must prove them too. A follower that
    /// lapsed itself is told by itself.
    pub(crate) fn is_followed(&self, document: &Attestation, day: NaiveDate) -> bool {
        let Some(until) = document.accepted_until_on(day) else { return false };
        self.attestations.iter().any(|other| {
            other.series.id == document.series.id
                && other.provider == document.provider
                && other.is_on_file(day)
                && other.from <= day
                && (other.proves_anything() || !document.series.proves_duties)
                && other.speaks_of_all(document)
                && other.accepted_until_on(day).is_none_or(|later| later > until)
        })
    }
}
