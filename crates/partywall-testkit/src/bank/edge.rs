//! The other Regions of the core account: recovery in eu-west-1, the parts of CloudFront that live in us-east-1.

use serde_json::{Value, json};

use crate::Prng;
use crate::item::{Item, Place};
use crate::shapes::{
    PRIVATE, Rule, bucket, db_instance, function, instance, key, log_group, route_table, security_group, subnet, table, trail, volume, vpc,
};

/// Recovery: small, and mostly as it should be.
pub(super) fn recovery(place: Place, prng: &mut Prng) -> Vec<Item> {
    let network = "vpc-0dead00000000000d";
    let subnets = ["subnet-0dead00000000001a".to_owned(), "subnet-0dead00000000001b".to_owned()];
    let mut items = vec![
        vpc(place, network, "10.40.0.0/16", false).tag("Name", "recovery"),
        subnet(place, "subnet-0dead00000000001a", network, "10.40.0.0/24", 'a', false),
        subnet(place, "subnet-0dead00000000001b", network, "10.40.1.0/24", 'b', false),
        route_table(place, "rtb-0dead00000000000d", network, None, &subnets),
        security_group(place, "sg-0dead00000000000d", "default", "default VPC security group", network, &[]),
        security_group(
            place,
            "sg-0dead00000000001d",
            "recovery-db",
            "databases in recovery",
            network,
            &[Rule::tcp(5432, "10.40.0.0/16", "recovery services")],
        ),
        db_instance(place, prng, "core-ledger-dr", "postgres", "16.8"),
        db_instance(place, prng, "limits-dr", "postgres", "16.8").with(json!({ "BackupRetentionPeriod": 0 })),
        bucket(place, prng, "harbour-bank-backups-dr", PRIVATE),
        bucket(place, prng, "harbour-bank-ledger-exports-dr", PRIVATE),
        key(place, prng, "recovery data", true),
        key(place, prng, "recovery backups", true),
        table(place, prng, "sessions", true),
        function(place, prng, "failover-drill", "python3.13"),
        log_group(place, "/aws/lambda/failover-drill", Some(400), true),
    ];
    for name in ["dr-batch-01", "dr-batch-02"] {
        let server = instance(place, prng, name, "subnet-0dead00000000001a", "sg-0dead00000000001d");
        let data_key = place.arn("kms", "key/1e0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a02");
        items.push(volume(place, prng, Some(&server.id), Some(&data_key)));
        items.push(server);
    }
    items
}

/// us-east-1: distributions, their certificate, and a trail that somebody started and left.
pub(super) fn global(place: Place, prng: &mut Prng) -> Vec<Item> {
    let network = "vpc-0defa170000000003";
    vec![
        vpc(place, network, "172.31.0.0/16", true),
        security_group(place, "sg-0defa170000000003", "default", "default VPC security group", network, &[]),
        distribution(place, "E1HARBOUR00001", "www.harbour-bank.example", true),
        distribution(place, "E1HARBOUR00002", "rates.harbour-bank.example", false),
        bucket(place, prng, "harbour-bank-www", PRIVATE),
        trail(place, "proof-of-concept", "harbour-bank-cloudtrail", None, false).with(json!({ "IsMultiRegionTrail": false })),
        certificate(place, prng),
        key(place, prng, "edge", true),
        log_group(place, "/aws/lambda/us-east-1.redirects", None, false),
        function(place, prng, "redirects", "nodejs18.x"),
    ]
}

fn distribution(place: Place, id: &str, alias: &str, good: bool) -> Item {
    let arn = place.global_arn("cloudfront", &format!("distribution/{id}"));
    let origin = json!({
        "Id": "www", "DomainName": "harbour-bank-www.s3.us-east-1.amazonaws.com", "OriginPath": "", "CustomHeaders": { "Quantity": 0 },
        "S3OriginConfig": { "OriginAccessIdentity": "" }, "OriginAccessControlId": if good { "E3OAC00000001" } else { "" }, "OriginShield": { "Enabled": false },
    });
    let certificate: Value = if good {
        json!({ "AcmCertificateArn": place.arn("acm", "certificate/5e0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a05"), "SslSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021", "CloudFrontDefaultCertificate": false })
    } else {
        json!({ "CloudFrontDefaultCertificate": true, "MinimumProtocolVersion": "TLSv1" })
    };
    let api = json!({
        "Id": id, "ARN": arn, "Status": "Deployed", "DomainName": format!("{}.cloudfront.net", id.to_ascii_lowercase()),
        "DistributionConfig": {
            "Aliases": { "Quantity": 1, "Items": [alias] }, "DefaultRootObject": if good { "index.html" } else { "" }, "Origins": { "Quantity": 1, "Items": [origin] },
            "DefaultCacheBehavior": { "TargetOriginId": "www", "ViewerProtocolPolicy": if good { "redirect-to-https" } else { "allow-all" }, "Compress": true },
            "Logging": { "Enabled": good, "IncludeCookies": false, "Bucket": if good { "harbour-bank-access-logs.s3.amazonaws.com" } else { "" }, "Prefix": "cf/" },
            "PriceClass": "PriceClass_100", "Enabled": true, "ViewerCertificate": certificate, "HttpVersion": "http2", "Comment": alias,
            "WebACLId": if good { place.arn("wafv2", "global/webacl/edge/6e0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a06") } else { String::new() },
        },
    });
    Item::legacy("AWS::CloudFront::Distribution", id, arn, api)
}

fn certificate(place: Place, prng: &mut Prng) -> Item {
    let arn = place.arn("acm", "certificate/5e0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a05");
    let api = json!({
        "CertificateArn": arn, "DomainName": "www.harbour-bank.example", "SubjectAlternativeNames": ["www.harbour-bank.example"], "Serial": prng.hex(32), "Subject": "CN=www.harbour-bank.example",
        "Issuer": "Amazon", "CreatedAt": "2026-05-01T00:00:00.000Z", "IssuedAt": "2026-05-01T00:00:00.000Z", "Status": "ISSUED", "NotBefore": "2026-05-01T00:00:00.000Z", "NotAfter": "2027-05-31T23:59:59.000Z",
        "KeyAlgorithm": "RSA-2048", "SignatureAlgorithm": "SHA256WITHRSA", "InUseBy": [], "Type": "AMAZON_ISSUED", "RenewalEligibility": "ELIGIBLE", "Options": { "CertificateTransparencyLoggingPreference": "ENABLED" },
        "DomainValidationOptions": [{ "DomainName": "www.harbour-bank.example", "ValidationStatus": "SUCCESS", "ValidationMethod": "DNS" }],
    });
    Item::legacy("AWS::ACM::Certificate", &arn.clone(), arn, api)
}
