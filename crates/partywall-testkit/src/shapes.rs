//! Resources as AWS shows them, well configured unless the caller says otherwise with [`Item::with`](crate::item::Item::with).

mod compute;
mod containers;
mod data;
mod identity;
mod messaging;
mod network;
mod storage;

pub(crate) use compute::{exposed, function, instance, volume};
pub(crate) use containers::{cluster, repository, service, task_definition};
pub(crate) use data::{db_cluster, db_instance, db_snapshot, redshift, table};
pub(crate) use identity::{Attached, encode_documents, group, key, managed_policy, role, trail, trust, user};
pub(crate) use messaging::{alarm, log_group, queue, secret, topic};
pub(crate) use network::{Rule, classic_load_balancer, load_balancer, network_acl, route_table, security_group, subnet, vpc};
pub(crate) use storage::{Bucket, PRIVATE, bucket, bucket_policy, public_access_block};
