use clap::Args;

use super::Context;

/// matrix
#[derive(Debug, Args)]
pub(crate) struct Matrix {}

impl Matrix {
    pub(crate) fn run(self, _context: &Context) -> anyhow::Result<u8> {
        Ok(crate::exit::CLEAN)
    }
}
