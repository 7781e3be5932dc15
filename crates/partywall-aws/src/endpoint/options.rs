use std::collections::BTreeMap;

/// Where requests go when not to AWS's own addresses, and in which style.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EndpointOptions {
    /// One address for all services, such as `http://127.0.0.1:4566`.
    pub url: Option<String>,
    /// An address for one service, by its service id in the environment's spelling (`S3`, `SECRETS_MANAGER`); goes before [`Self::url`].
    pub service_urls: BTreeMap<String, String>,
    /// The bucket stays in the path. Without it, buckets go to the host wherever that is possible.
    pub s3_path_style: bool,
    /// Endpoints validated to FIPS 140.
    pub fips: bool,
    /// Endpoints that answer on IPv6 as well.
    pub dual_stack: bool,
    /// Host labels that operations ask for, such as S3 Control's account id, are left out.
    pub no_host_prefix: bool,
}
