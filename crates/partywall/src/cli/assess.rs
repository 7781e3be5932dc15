use clap::Args;

use super::Context;

/// assess
#[derive(Debug, Args)]
pub(crate) struct Assess {}

impl Assess {
    pub(crate) fn run(self, _context: &Context) -> anyhow::Result<u8> {
        Ok(crate::exit::CLEAN)
    }
}
