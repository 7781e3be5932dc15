use clap::Args;

use super::Context;

/// framework
#[derive(Debug, Args)]
pub(crate) struct FrameworkCommand {}

impl FrameworkCommand {
    pub(crate) fn run(self, _context: &Context) -> anyhow::Result<u8> {
        Ok(crate::exit::CLEAN)
    }
}
