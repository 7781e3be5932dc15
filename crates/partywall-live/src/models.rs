//! The service models of what a reading asks. Whole, the models of all services that the catalogue reads take 80 MB.

use std::sync::Arc;

use partywall_aws::model::Models;
use partywall_catalog::{Catalog, Read};

/// What is asked beside the catalogue's reads: who one is, which Regions there are, and what indexes and aggregators have.
const BESIDE: &[(&str, &str)] = &[
    ("sts", "GetCallerIdentity"),
    ("ec2", "DescribeRegions"),
    ("resource-explorer-2", "GetIndex"),
    ("resource-explorer-2", "GetDefaultView"),
    ("resource-explorer-2", "GetView"),
    ("resource-explorer-2", "ListResources"),
    ("resource-explorer-2", "ListSupportedResourceTypes"),
    ("config", "DescribeConfigurationAggregators"),
    ("config", "DescribeConfigurationAggregatorSourcesStatus"),
    ("config", "SelectAggregateResourceConfig"),
];

/// Models of every operation by which the catalogue's types are read; a model is read when it is first asked for.
pub fn models(catalog: &Catalog) -> Arc<Models> {
    let reads = catalog.types.values().flat_map(|file| file.reads.iter().filter(|read| !file.is_told_at_once(read)));
    let asked = reads.flat_map(|read| operations(read).map(|operation| (read.service.as_str(), operation)));
    Arc::new(Models::builtin().only(asked.chain(BESIDE.iter().copied())))
}

/// Names of the operations that a read asks.
pub(crate) fn operations(read: &Read) -> impl Iterator<Item = &str> {
    let names = read.names.iter().map(|names| names.operation.as_str());
    let prepare = read.prepare.iter().map(|prepare| prepare.operation.as_str());
    let unless = read.unless.iter().map(|unless| unless.operation.as_str());
    std::iter::once(read.operation.as_str()).chain(names).chain(prepare).chain(unless)
}
