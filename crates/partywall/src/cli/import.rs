mod catalogue;
mod crm;

use clap::{Args, Subcommand};

use super::Context;

/// Other people's catalogues as frameworks, other people's sheets as records
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  partywall import framework NIST_SP-800-53_rev5_catalog.json --id nist-800-53r6 --out my-catalog/frameworks\n  partywall import framework profile.xml --of nist-800-53r5 --id our-baseline --out my-catalog/frameworks\n  partywall import framework Operational-Best-Practices-for-PCI-DSS.yaml --id pack-pci --out my-catalog/frameworks\n  partywall import crm msp-crm.xlsx --party msp:quayside-ops --framework fedramp-rev5-moderate --records records\n\nA framework that was imported is used with --catalog my-catalog."
)]
pub(crate) struct ImportCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// An OSCAL catalogue or profile (JSON, XML, YAML) or an AWS Config conformance pack, as a framework file
    Framework(catalogue::Import),
    /// A provider's customer responsibility matrix, as what can be inherited from it
    Crm(crm::Crm),
}

impl ImportCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<u8> {
        match self.action {
            Action::Framework(command) => command.run(context),
            Action::Crm(command) => command.run(context),
        }
    }
}
