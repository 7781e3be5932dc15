mod diff;
mod list;
mod page;
mod show;

use clap::{Args, Subcommand};

use super::Context;
use super::format::Format;
use crate::run::Sources;

/// Frameworks with their whole denominator
#[derive(Debug, Args)]
pub(crate) struct FrameworkCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All frameworks: how many requirements, whose they are, and how each could be shown
    List {
        /// Output format
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Every requirement of a framework: AWS's part, your part, checks, evidence; with sources, where each stands
    Show(Show),
    /// Two frameworks, or two editions of one: lines that came, went, moved or say something else
    Diff(diff::Diff),
}

#[derive(Debug, Args)]
#[command(mut_arg("sources", |argument| argument.required(false).help("Files and directories to judge by; without any, only the framework is shown")))]
struct Show {
    /// Framework id, another id of it, or a framework whose ids its requirements carry, such as cis-aws-3.0
    #[arg(value_name = "FRAMEWORK")]
    framework: String,

    /// Only this requirement, by any of its ids; may be repeated
    #[arg(long = "requirement", value_name = "ID")]
    requirements: Vec<String>,

    /// Only what is left for you to do: not met, partly evidenced, no evidence
    #[arg(long)]
    remaining: bool,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    #[command(flatten)]
    sources: Sources,
}

impl FrameworkCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<u8> {
        match self.action {
            Action::List { format } => list::run(context, format),
            Action::Show(show) => show.run(context),
            Action::Diff(diff) => diff.run(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        command: FrameworkCommand,
    }

    #[test]
    fn a_framework_needs_no_sources() {
        let sources = |words: &[&str]| match Line::try_parse_from(words).unwrap().command.action {
            Action::Show(show) => show.sources.sources.len(),
            Action::List { .. } | Action::Diff(_) => panic!("not show"),
        };
        assert_eq!(sources(&["x", "show", "csf"]), 0);
        assert_eq!(sources(&["x", "show", "csf", "a", "b", "--remaining", "--account", "111122223333"]), 2);
        assert!(Line::try_parse_from(["x", "show"]).is_err());
    }
}
