use clap::Args;

use super::Context;

/// shift
#[derive(Debug, Args)]
pub(crate) struct Shift {}

impl Shift {
    pub(crate) fn run(self, _context: &Context) -> anyhow::Result<u8> {
        Ok(crate::exit::CLEAN)
    }
}
