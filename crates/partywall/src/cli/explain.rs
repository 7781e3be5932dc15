use clap::Args;

use super::Context;

/// explain
#[derive(Debug, Args)]
pub(crate) struct Explain {}

impl Explain {
    pub(crate) fn run(self, _context: &Context) -> anyhow::Result<u8> {
        Ok(crate::exit::CLEAN)
    }
}
