use clap::Args;

use super::Context;

/// fix
#[derive(Debug, Args)]
pub(crate) struct Fix {}

impl Fix {
    pub(crate) fn run(self, _context: &Context) -> anyhow::Result<u8> {
        Ok(crate::exit::CLEAN)
    }
}
