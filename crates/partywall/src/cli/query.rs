use clap::Args;

use super::Context;

/// query
#[derive(Debug, Args)]
pub(crate) struct Query {}

impl Query {
    pub(crate) fn run(self, _context: &Context) -> anyhow::Result<u8> {
        Ok(crate::exit::CLEAN)
    }
}
