mod between;
mod setting;
mod trial;

use anyhow::bail;
use clap::Args;

use super::Context;
use super::format::PlainFormat as Format;
use crate::run::Sources;

/// What moves, stays and appears when a service, mode or setting changes
///
/// Either two ways of running a workload are compared (--from, --to), or one real resource is asked what its settings decide
/// (RESOURCE SOURCE…, with --set to try a change). Nothing is written anywhere.
#[derive(Debug, Args)]
#[command(
    mut_arg("sources", |argument| argument.required(false)),
    after_help = "Examples:\n  partywall shift --from AWS::EC2::Instance --to AWS::RDS::DBInstance\n  partywall shift --from ecs/ec2 --to ecs/fargate\n  partywall shift core-ledger examples/harbour-bank\n  partywall shift core-ledger examples/harbour-bank --set AutoMinorVersionUpgrade=true"
)]
pub(crate) struct Shift {
    /// Id, ARN, name or logical id of a resource in the sources
    #[arg(value_name = "RESOURCE", required_unless_present = "from", conflicts_with_all = ["from", "to"])]
    resource: Option<String>,

    #[command(flatten)]
    sources: Sources,

    /// Where the workload runs now: a type, a service, or service/mode
    #[arg(long, value_name = "WHAT", requires = "to")]
    from: Option<String>,

    /// Where it would run
    #[arg(long, value_name = "WHAT", requires = "from")]
    to: Option<String>,

    /// A setting to try: property path and its value as JSON or text; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE", conflicts_with = "from", value_parser = trial::assignment)]
    set: Vec<(String, String)>,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl Shift {
    pub(crate) fn run(mut self, context: &Context) -> anyhow::Result<u8> {
        if let (Some(from), Some(to)) = (&self.from, &self.to) {
            return between::run(context, from, to, self.format);
        }
        let Some(resource) = self.resource.take() else { bail!("name a resource and sources, or --from and --to") };
        if self.sources.sources.is_empty() {
            bail!("where does `{resource}` stand? name files or directories to read after it, or compare with --from and --to");
        }
        setting::run(context, &resource, &self.sources, &self.set, self.format)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        shift: Shift,
    }

    #[test]
    fn both_forms_are_understood() {
        let line = Line::try_parse_from(["x", "core", "a.yaml", "b.yaml", "--set", "A.B=false"]).unwrap();
        assert_eq!(line.shift.sources.sources.len(), 2);
        assert!(Line::try_parse_from(["x", "--from", "ec2", "--to", "rds"]).is_ok());
        assert!(Line::try_parse_from(["x", "--from", "ec2"]).is_err());
        assert!(Line::try_parse_from(["x"]).is_err());
        assert!(Line::try_parse_from(["x", "core", "--set", "=1", "a.yaml"]).is_err());
    }
}
