/// Who signed a request, for what and where: the credential scope of its `Authorization` header. The signature itself is not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Access key id.
    pub(crate) access_key: String,
    /// Region of the signature.
    pub(crate) region: String,
    /// Signing name, such as `elasticloadbalancing`; several services may share it.
    pub(crate) signing_name: String,
}

impl Scope {
    /// Reads `AWS4-HMAC-SHA256 Credential=KEY/DAY/REGION/NAME/aws4_request, SignedHeaders=…, Signature=…`. `None` if any part is missing.
    pub(crate) fn parse(authorization: &str) -> Option<Self> {
        let parts = authorization.strip_prefix("AWS4-HMAC-SHA256")?;
        let part = |name: &str| parts.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        let signature = part("Signature")?;
        if signature.len() != 64 || !signature.bytes().all(|byte| byte.is_ascii_hexdigit()) || part("SignedHeaders")?.is_empty() {
            return None;
        }
        let mut scope = part("Credential")?.split('/');
        let (access_key, day, region, signing_name) = (scope.next()?, scope.next()?, scope.next()?, scope.next()?);
        let whole = scope.next() == Some("aws4_request") && scope.next().is_none() && day.len() == 8;
        (whole && !access_key.is_empty()).then(|| Self {
            access_key: access_key.to_owned(),
            region: region.to_owned(),
            signing_name: signing_name.to_owned(),
        })
    }

    /// The account that an access key id of the fake belongs to, as the id itself says: `AKIAFAKE` or `ASIAFAKE`, then the account id.
    pub(crate) fn account(&self) -> Option<&str> {
        self.access_key.strip_prefix("AKIAFAKE").or_else(|| self.access_key.strip_prefix("ASIAFAKE"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_scope_and_refuses_what_is_not_signed() {
        let signature = "0123456789abcdef".repeat(4);
        let header = format!(
            "AWS4-HMAC-SHA256 Credential=AKIAFAKE111100000000/20261122/eu-central-1/ec2/aws4_request, SignedHeaders=host;x-amz-date, Signature={signature}"
        );
        let scope = Scope::parse(&header);
        assert_eq!(scope.as_ref().map(|scope| scope.region.as_str()), Some("eu-central-1"));
        assert_eq!(scope.as_ref().and_then(Scope::account), Some("111100000000"));
        for broken in [
            "",
            "AWS4-HMAC-SHA256",
            &header.replace("ec2/", ""),
            &header.replace("Signature=0", "Signature="),
            &header.replace("AWS4", "AWS3"),
        ] {
            assert_eq!(Scope::parse(broken), None, "{broken}");
        }
    }
}
