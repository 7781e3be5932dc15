//! Documents that an answer points to.

use std::time::Duration;

use bytes::Bytes;
use http::Uri;

use super::Client;
use crate::Partitions;

impl Client {
    /// Fetches the document at an address that AWS gave, such as a report of Artifact. The address is taken to be hostile: only AWS's own hosts,
    /// and the host of an endpoint that the user named, are asked; no redirect is followed.
    ///
    /// # Errors
    /// Another host, or no whole document; one line, without the address's signature.
    pub async fn download(&self, url: &str, timeout: Duration) -> Result<Bytes, String> {
        let uri: Uri = url.parse().map_err(|_| "AWS gave no address of the document".to_owned())?;
        let host = uri.host().unwrap_or_default().to_owned();
        if !self.may_ask(&uri, &host) {
            return Err(format!(
                "the document is said to be at `{}`, which is no host of AWS; nothing was fetched",
                partywall_model::plain(&host)
            ));
        }
        let request = http::Request::get(uri).header("host", &host).body(Bytes::new()).map_err(|error| error.to_string())?;
        let answer = self.0.transport.send(request, timeout).await.map_err(|error| error.to_string())?;
        match answer.status {
            200 => Ok(answer.body),
            status => {
                Err(format!("`{}` answered {status} instead of the document; ask again for a new address", partywall_model::plain(&host)))
            }
        }
    }

    fn may_ask(&self, uri: &Uri, host: &str) -> bool {
        let named = self.0.config.endpoints.url.as_deref().and_then(|url| url.parse::<Uri>().ok());
        if named.is_some_and(|named| named.authority() == uri.authority() && named.scheme() == uri.scheme()) {
            return true;
        }
        let partitions = Partitions::builtin().map(Partitions::all).unwrap_or_default();
        let of_aws = |suffix: &str| host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'));
        uri.scheme_str() == Some("https") && partitions.iter().any(|partition| of_aws(&partition.suffix) || of_aws(&partition.dual))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClientConfig, Connection, EndpointOptions};

    #[test]
    fn only_aws_and_the_named_endpoint_are_asked() {
        let endpoints = EndpointOptions { url: Some("http://127.0.0.1:4566".to_owned()), ..EndpointOptions::default() };
        let client = Client::new(ClientConfig { endpoints, ..ClientConfig::default() }, Connection::new(1));
        let may = |url: &str| {
            let uri: Uri = url.parse().unwrap();
            let host = uri.host().unwrap_or_default().to_owned();
            client.may_ask(&uri, &host)
        };
        for good in ["https://reports.s3.us-east-1.amazonaws.com/a?X-Amz-Signature=1", "http://127.0.0.1:4566/doc"] {
            assert!(may(good), "{good}");
        }
        for bad in [
            "http://reports.s3.us-east-1.amazonaws.com/a",
            "https://evilamazonaws.com/a",
            "https://amazonaws.com.example.org/a",
            "http://127.0.0.1:80/latest/meta-data",
            "https://127.0.0.1:4566/doc",
            "http://169.254.169.254/latest/meta-data",
        ] {
            assert!(!may(bad), "{bad}");
        }
    }
}
