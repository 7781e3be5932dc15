use std::io::Write as _;
use std::path::Path;

use clap::Args;
use partywall_report::counted;

use super::account::{AccountFile, notes};
use crate::exit;

/// Who is administrator of an account, who can become one, and how
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  partywall iam paths --account details.json
  partywall iam paths --account details.json --html > paths.html
  partywall iam paths --account details.json --dot | dot -Tpdf > paths.pdf

Exit codes: 0 nobody but administrators, 1 there are paths, 3 there are none, but not all of the account is known.")]
pub(crate) struct Paths {
    #[command(flatten)]
    account: AccountFile,
    /// A graph in the language of Graphviz
    #[arg(long, conflicts_with_all = ["svg", "html"])]
    dot: bool,
    /// A drawing that needs no other program
    #[arg(long, conflicts_with = "html")]
    svg: bool,
    /// A page with the drawing and all paths in words, which loads nothing else
    #[arg(long)]
    html: bool,
}

impl Paths {
    pub(crate) fn run(self, overlay: Option<&Path>) -> anyhow::Result<u8> {
        let account = self.account.read(overlay)?;
        let found = account.escalations()?;
        let mut out = anstream::stdout();
        let name = |number: usize| account.principals().get(number).map_or_else(String::new, |of| of.arn.to_string());
        if self.dot {
            write!(out, "{}", account.paths_dot(&found))?;
        } else if self.svg {
            write!(out, "{}", account.paths_svg(&found))?;
        } else if self.html {
            write!(out, "{}", account.paths_html(&found))?;
        } else {
            for admin in &found.admins {
                let name = name(admin.principal);
                match &admin.depends {
                    None => writeln!(out, "{} is administrator", partywall_model::plain(&name))?,
                    Some(depends) => {
                        writeln!(
                            out,
                            "{} may be administrator: {}",
                            partywall_model::plain(&name),
                            partywall_model::plain(&depends.detail)
                        )?;
                    }
                }
            }
            for path in &found.paths {
                for line in account.describe(path).lines() {
                    writeln!(out, "{}", partywall_model::plain(line))?;
                }
            }
            for (principal, what) in &found.undecided {
                writeln!(out, "{}: more may be open: {}", partywall_model::plain(&name(*principal)), partywall_model::plain(&what.detail))?;
            }
            let certain = found.admins.iter().filter(|admin| admin.depends.is_none()).count();
            let (admins, paths) = (certain as u64, found.paths.len() as u64);
            writeln!(
                out,
                "{}, {}; users and roles of whom not all is known: {}",
                counted(admins, "administrator", "administrators"),
                counted(paths, "path to administrator", "paths to administrator"),
                found.undecided.len()
            )?;
        }
        notes(&mut anstream::stderr(), &found.gaps, &found.assumptions)?;
        if !found.is_complete {
            exit::note("the search stopped at its limit; further paths may be open");
        }
        let whole = found.is_complete && found.undecided.is_empty() && found.gaps.is_empty();
        Ok(match (found.paths.is_empty(), whole) {
            (false, _) => exit::FINDINGS,
            (true, true) => exit::CLEAN,
            (true, false) => exit::INCOMPLETE,
        })
    }
}
