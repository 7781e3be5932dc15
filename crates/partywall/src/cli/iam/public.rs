use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;
use partywall_iam::eval::Policy;
use partywall_iam::prove::{Attached, Proof, Space, TrustZone, outside_access};
use partywall_iam::{Answer, Context, Document, Element, facts_of, is_about_buckets, reference};
use partywall_model::{Value, plain};
use serde_json::json;

use super::actions::Actions;
use super::ids::{is_account, is_organization};
use super::policies::read;
use super::{policies, witness};
use crate::cli::format::PlainFormat;
use crate::exit;

/// Whether policies of resources, or trust policies of roles, let in anyone from outside, shown by a request or proved not to
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  partywall iam public bucket.json --resource arn:aws:s3:::harbour-data --account 111122223333 --organization o-a1b2c3d4e5
  aws iam get-role --role-name deploy --query Role.AssumeRolePolicyDocument | partywall iam public - --account 111122223333

Inside are the resource's account, the trusted accounts and providers, and requests from the organization. AWS services are inside too,
whomever they act for, unless --services-outside is given. What S3 itself calls public (its rule looks at the text of each Allow) is
answered apart, for policies of buckets.

Exit codes: 0 nobody from outside and nothing public, 1 some, 2 a file is wrong, 3 of some it could not be shown.")]
pub(crate) struct Public {
    /// Policy documents, `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The resource that they are attached to; of a bucket also its objects are asked about
    #[arg(long, value_name = "ARN")]
    resource: Option<String>,
    /// The account that the resource is in, if its ARN does not say
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// An organization that is inside
    #[arg(long, value_name = "o-…")]
    organization: Vec<String>,
    /// Another account that is inside
    #[arg(long, value_name = "ID")]
    trusted_account: Vec<String>,
    /// An identity provider that is inside, as policies name it
    #[arg(long, value_name = "NAME")]
    trusted_provider: Vec<String>,
    /// AWS services are outside, as they may act for strangers
    #[arg(long)]
    services_outside: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = PlainFormat::Table)]
    format: PlainFormat,
}

/// What is asked of each file.
struct Asked<'a> {
    owner: Option<&'a str>,
    resources: Vec<&'a str>,
    known: Vec<&'a str>,
    zone: TrustZone,
    service: Option<&'a str>,
}

/// The answers for one file.
struct Answered {
    file: String,
    policy: Policy,
    outside: Proof,
    /// `None`: the policy is not one of a bucket.
    public: Option<Answer>,
}

impl Public {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let (owner, service) = self.place()?;
        let objects = self.resource.as_ref().filter(|_| service == Some("s3")).map(|arn| format!("{arn}/*"));
        let actions = Actions::of(reference()?);
        let asked = Asked {
            owner,
            resources: self.resource.iter().chain(&objects).map(String::as_str).collect(),
            known: actions.names(),
            zone: TrustZone {
                accounts: self.trusted_account.clone(),
                organizations: self.organization.clone(),
                providers: self.trusted_provider.clone(),
                services: !self.services_outside,
                ..TrustZone::default()
            },
            service,
        };
        let mut out = anstream::stdout();
        let (mut some, mut undecided) = (false, false);
        for path in &self.files {
            let answered = answer(path, &asked)?;
            some |= matches!(answered.outside, Proof::Yes(_)) || answered.public == Some(Answer::Yes);
            undecided |= matches!(answered.outside, Proof::Undecided(_)) || matches!(answered.public, Some(Answer::Unknown(_)));
            match self.format {
                PlainFormat::Json => writeln!(out, "{}", object(&answered))?,
                PlainFormat::Table => show(&mut out, &answered)?,
            }
        }
        if owner.is_none() {
            exit::note("taken for granted: the resource's own account is none that the policy names; `--account` says which it is");
        }
        if asked.zone.services {
            exit::note("taken for granted: AWS services act for nobody from outside; `--services-outside` asks about them too");
        }
        Ok(match (some, undecided) {
            (true, _) => exit::FINDINGS,
            (false, true) => exit::INCOMPLETE,
            (false, false) => exit::CLEAN,
        })
    }

    /// The account and the service of the resource, with the options looked at.
    fn place(&self) -> anyhow::Result<(Option<&str>, Option<&str>)> {
        for id in self.account.iter().chain(&self.trusted_account) {
            is_account(id)?;
        }
        self.organization.iter().try_for_each(|id| is_organization(id))?;
        let Some(arn) = self.resource.as_deref() else { return Ok((self.account.as_deref(), None)) };
        let mut fields = arn.splitn(6, ':');
        let (Some("arn"), Some(service), Some(account), Some(_)) = (fields.next(), fields.nth(1), fields.nth(1), fields.next()) else {
            bail!("`{arn}` is no resource; write its ARN, such as `arn:aws:s3:::bucket`");
        };
        match (&self.account, account) {
            (Some(given), of_arn) if !of_arn.is_empty() && given != of_arn => {
                bail!("`{arn}` is not in account `{given}`; leave `--account` out, or correct one of them")
            }
            (Some(given), _) => Ok((Some(given), Some(service))),
            (None, "") => Ok((None, Some(service))),
            (None, of_arn) => is_account(of_arn).map(|()| (Some(of_arn), Some(service))),
        }
    }
}

fn answer(path: &Path, asked: &Asked<'_>) -> anyhow::Result<Answered> {
    let file = path.display().to_string();
    let text = read(path)?;
    let policy = policies::ready(path, &text)?;
    let document = Document::parse(&Value::str(text)).map_err(|cause| anyhow::anyhow!("{file}: {}", cause.detail))?;
    if document.statements.known.is_empty() {
        bail!("`{file}` has no statement; give the whole policy of the resource");
    }
    if let Some(number) = document.statements.known.iter().position(|statement| statement.principal == Element::Absent) {
        bail!(
            "`{file}` names no principal in statement {}: it is not the policy of a resource or a role's trust",
            number.saturating_add(1)
        );
    }
    let bucket = asked.service.map_or_else(|| is_about_buckets(&document) == Answer::Yes, |service| service == "s3");
    let public = bucket.then(|| facts_of(document, &Context { account: asked.owner, service: Some("s3") }).is_public);
    let set = [policy];
    let space = Space { attached: Attached::Resource(asked.owner), resources: &asked.resources, actions: None };
    // Newer actions than the data count, but one that exists makes the better example.
    let outside = match outside_access(&set, &space, &asked.zone) {
        Proof::Yes(found) => match outside_access(&set, &Space { actions: Some(&asked.known), ..space }, &asked.zone) {
            Proof::Yes(better) => Proof::Yes(better),
            Proof::No | Proof::Undecided(_) => Proof::Yes(found),
        },
        other => other,
    };
    let [policy] = set;
    Ok(Answered { file, policy, outside, public })
}

fn word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Yes => "yes",
        Answer::No => "no",
        Answer::Unknown(_) => "not decided",
    }
}

fn object(of: &Answered) -> serde_json::Value {
    let (witness, why) = match &of.outside {
        Proof::Yes(found) => (Some(witness::object(found)), None),
        Proof::No => (None, None),
        Proof::Undecided(cause) => (None, Some(cause.detail.as_str())),
    };
    json!({
        "file": of.file, "outside": word(&of.outside.answer()), "witness": witness, "why": why, "s3Public": of.public.as_ref().map(word),
    })
}

fn show(out: &mut dyn Write, of: &Answered) -> std::io::Result<()> {
    let file = plain(&of.file);
    let outside = match &of.outside {
        Proof::Yes(found) => format!("yes, for one\n{}", witness::words(found, std::slice::from_ref(&of.policy))),
        Proof::No => "no, proved for all requests".to_owned(),
        Proof::Undecided(cause) => format!("not decided: {}", plain(&cause.detail)),
    };
    writeln!(out, "{file}: lets in others from outside: {outside}")?;
    match &of.public {
        None => Ok(()),
        Some(Answer::Unknown(cause)) => writeln!(out, "{file}: public by S3's rule: not decided: {}", plain(&cause.detail)),
        Some(answer) => writeln!(out, "{file}: public by S3's rule: {}", word(answer)),
    }
}
