use std::collections::BTreeMap;

/// Environment variable that names one address for all services.
const URL: &str = "AWS_ENDPOINT_URL";

/// Where requests go when not to AWS's own addresses, and in which style.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the user's own")]
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

impl EndpointOptions {
    /// What the environment says: `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`,
    /// `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT`; as in the AWS SDKs and Tools Reference Guide.
    pub fn from_environment(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut options = Self::default();
        let mut ignored = false;
        for (name, value) in variables.into_iter().filter(|(_, value)| !value.is_empty()) {
            let on = value.eq_ignore_ascii_case("true");
            match name.as_str() {
                "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" => ignored = on,
                "AWS_USE_FIPS_ENDPOINT" => options.fips = on,
                "AWS_USE_DUALSTACK_ENDPOINT" => options.dual_stack = on,
                URL => options.url = Some(value),
                _ => {
                    if let Some(service) = name.strip_prefix(URL).and_then(|rest| rest.strip_prefix('_')) {
                        options.service_urls.insert(service.to_owned(), value);
                    }
                }
            }
        }
        if ignored {
            options.url = None;
            options.service_urls.clear();
        }
        options
    }

    /// The address that the user named for this service id (`Secrets Manager`).
    pub(super) fn for_service(&self, service_id: &str) -> Option<&str> {
        self.service_urls.get(&environment_spelling(service_id)).or(self.url.as_ref()).map(String::as_str)
    }
}

/// A service id as it ends the name of an environment variable.
pub(crate) fn environment_spelling(service_id: &str) -> String {
    service_id.chars().map(|c| if c == ' ' || c == '-' { '_' } else { c.to_ascii_uppercase() }).collect()
}
