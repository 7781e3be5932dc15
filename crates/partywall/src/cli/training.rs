use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand, ValueEnum};
use partywall_records::{Quiz, Records, quiz, score};

use super::Context;
use super::format::Format;
use super::matrix::text::{self, Sheet};
use super::records;
use crate::exit;

/// Training records, and a short quiz made from your own wall
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  partywall training list examples/harbour-bank\n  partywall training quiz --records examples/harbour-bank/records --questions 8 > quiz.md\n  partywall training quiz --records records --format json > quiz.json\n  partywall training score quiz.json --answers a,c,b,a,d,b,a,c --person 4711 >> records/training/2026.completed.csv\n\nThe quiz asks who owns which duty of the services in scope, what your reports expect, and until when they hold. The same seed gives the same quiz."
)]
pub(crate) struct TrainingCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Every training: whom it is for, who completed it, when it is due
    List {
        /// The directory of records, or one that has a directory `records`
        #[arg(value_name = "DIR", default_value = ".")]
        directory: PathBuf,
        /// Output format
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Questions on your own wall
    Quiz {
        /// The directory of records (default: common services)
        #[arg(long, value_name = "DIR")]
        records: Option<PathBuf>,
        /// How many
        #[arg(long, default_value_t = 10, value_name = "N")]
        questions: usize,
        /// Chooses the questions
        #[arg(long, default_value_t = 1, value_name = "N")]
        seed: u64,
        /// With the right answers and why
        #[arg(long)]
        answers: bool,
        /// Output format; `training score` wants json
        #[arg(long, value_enum, default_value_t = QuizFormat::Md)]
        format: QuizFormat,
    },
    /// What answers are worth: the line for the completions on standard output, what was wrong on standard error
    Score {
        /// A quiz as json
        #[arg(value_name = "QUIZ")]
        quiz: PathBuf,
        /// One letter per question, such as a,c,-,b
        #[arg(long, value_name = "LETTERS", allow_hyphen_values = true)]
        answers: String,
        /// Staff number or pseudonym
        #[arg(long, value_name = "ID")]
        person: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum QuizFormat {
    /// For people
    Md,
    /// For `training score`
    Json,
}

impl TrainingCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<u8> {
        match self.action {
            Action::List { directory, format } => list(context, &directory, format),
            Action::Quiz { records, questions, seed, answers, format } => {
                let records = match &records {
                    Some(directory) => records::read(context, directory)?,
                    None => Records::default(),
                };
                let quiz = quiz(&context.catalog, &records, seed, questions);
                let mut out = std::io::BufWriter::new(anstream::stdout());
                match format {
                    QuizFormat::Md => write!(out, "{}", quiz.to_markdown(answers))?,
                    QuizFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(&quiz.to_json(true))?)?,
                }
                out.flush()?;
                Ok(exit::CLEAN)
            }
            Action::Score { quiz, answers, person } => {
                let shown = quiz.display();
                let text = std::fs::read_to_string(&quiz).with_context(|| format!("cannot read `{shown}`"))?;
                let quiz: Quiz = serde_json::from_str(&text)
                    .map_err(|error| anyhow!("{shown}: {error}; give the output of `partywall training quiz --format json`"))?;
                let score = score(&quiz, &quiz.answers(&answers)?);
                let mut wrong = String::new();
                for one in &score.wrong {
                    wrong.push_str(&format!("{}\n  right: {}. {} ({})\n", one.text, one.right, one.explanation, one.source));
                }
                for line in wrong.lines() {
                    exit::note(line);
                }
                exit::note(&format!("{} of {} right, {} %", score.right, score.asked, score.percent));
                writeln!(anstream::stdout(), "{}", score.completion_line(&person, context.today()))?;
                Ok(exit::CLEAN)
            }
        }
    }
}

fn list(context: &Context, directory: &PathBuf, format: Format) -> anyhow::Result<u8> {
    let records = records::read(context, directory)?;
    let mut sheet = Sheet::new(&["id", "title", "owner", "due", "completed", "late", "audience", "enough by"]);
    for campaign in &records.campaigns {
        let standing = campaign.standing(records.people.as_ref(), context.today());
        sheet.rows.push(vec![
            campaign.id.to_string(),
            text::clean(&campaign.title),
            campaign.owner.clone(),
            campaign.due.to_string(),
            standing.completed.to_string(),
            standing.late.to_string(),
            standing.audience.map_or_else(|| "not known: no people.csv".to_owned(), |audience| audience.to_string()),
            match (standing.reached, standing.audience) {
                (Some(day), _) => day.to_string(),
                (None, Some(_)) => "not yet".to_owned(),
                (None, None) => "not known".to_owned(),
            },
        ]);
    }
    records::write(&sheet, format, "there is no training on record")?;
    Ok(exit::CLEAN)
}
