//! Who may do what in the digital account: the account itself, users, roles, the credential report.

use std::fmt::Write as _;
use std::io;

use serde_json::{Value, json};

use super::DIGITAL;
use super::dump::Dump;
use crate::Prng;
use crate::item::Item;
use crate::shapes::{Attached, group, managed_policy, role, trust, user};

const HEAD: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

pub(super) fn write(dump: &Dump, prng: &mut Prng) -> io::Result<()> {
    let place = Dump::place("eu-central-1");
    let caller = json!({ "UserId": "AROAEXAMPLEEXAMPLE01:reader", "Account": DIGITAL, "Arn": format!("arn:aws:sts::{DIGITAL}:assumed-role/partywall-reader/reader") });
    dump.answer("global", "sts/get-caller-identity", &caller)?;

    let users = [
        user(place, prng, "release-bot", &["deployers"], &Attached::default()),
        user(place, prng, "mobile-build", &[], &Attached { managed: vec!["PowerUserAccess"], inline: Vec::new() }),
        user(place, prng, "break-glass-2", &["operators"], &Attached::default()),
        user(place, prng, "vendor-upload", &["uploaders"], &Attached::default()),
    ];
    let groups = [
        group(place, prng, "deployers", &Attached { managed: vec!["AWSCloudFormationReadOnlyAccess"], inline: Vec::new() }),
        group(place, prng, "operators", &Attached { managed: vec!["ReadOnlyAccess"], inline: Vec::new() }),
        group(place, prng, "uploaders", &Attached::default()),
    ];
    let mut roles = Vec::new();
    for (name, service) in [
        ("payments-authorise-role", "lambda"),
        ("payments-settle-role", "lambda"),
        ("push-notify-role", "lambda"),
        ("eks-channels", "eks"),
        ("emr-service", "elasticmapreduce"),
        ("beanstalk", "elasticbeanstalk"),
    ] {
        let managed = if service == "lambda" { vec!["service-role/AWSLambdaBasicExecutionRole"] } else { Vec::new() };
        roles.push(role(place, prng, name, &trust(service, DIGITAL), &Attached { managed, inline: Vec::new() }));
    }
    let anyone =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole" }] });
    roles.push(role(place, prng, "hackathon-demo", &anyone, &Attached { managed: vec!["ReadOnlyAccess"], inline: Vec::new() }));
    let pipeline = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Federated": format!("arn:aws:iam::{DIGITAL}:oidc-provider/token.actions.githubusercontent.com") }, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": { "StringEquals": { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com", "token.actions.githubusercontent.com:sub": "repo:harbour-bank/channels:ref:refs/heads/main" } },
    }] });
    let deploy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": ["iam:PassRole", "cloudformation:*"], "Resource": "*" }] });
    roles.push(role(place, prng, "pipeline", &pipeline, &Attached { managed: Vec::new(), inline: vec![("deploy", deploy)] }));
    let policy = managed_policy(
        place,
        prng,
        "write-uploads",
        &json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::harbour-digital-uploads/*" }] }),
    );
    let list = |items: &[Item]| -> Value { items.iter().map(Item::answer).collect() };
    let details = json!({ "UserDetailList": list(&users), "GroupDetailList": list(&groups), "RoleDetailList": list(&roles), "Policies": list(&[policy]), "IsTruncated": false });
    dump.answer("global", "iam/get-account-authorization-details", &details)?;

    let summary = json!({ "SummaryMap": {
        "Users": 4, "Groups": 3, "Roles": 8, "Policies": 1, "MFADevices": 1, "MFADevicesInUse": 1, "AccountMFAEnabled": 0, "AccountAccessKeysPresent": 1, "AccountSigningCertificatesPresent": 0, "AccountPasswordPresent": 1,
        "Providers": 1, "ServerCertificates": 0, "InstanceProfiles": 1, "GlobalEndpointTokenVersion": 1,
    } });
    dump.answer("global", "iam/get-account-summary", &summary)?;
    let password = json!({ "PasswordPolicy": {
        "MinimumPasswordLength": 8, "RequireSymbols": false, "RequireNumbers": true, "RequireUppercaseCharacters": true, "RequireLowercaseCharacters": true, "AllowUsersToChangePassword": true, "ExpirePasswords": false,
    } });
    dump.answer("global", "iam/get-account-password-policy", &password)?;
    dump.answer("global", "iam/list-virtual-mfa-devices", &json!({ "VirtualMFADevices": [{ "SerialNumber": format!("arn:aws:iam::{DIGITAL}:mfa/break-glass-2"), "EnableDate": "2025-03-01T08:00:00+00:00" }] }))?;
    dump.text("global", "iam/credential-report.csv", &credential_report())
}

/// Root without MFA and with a key, a user with keys of 2023, and two as they should be.
fn credential_report() -> String {
    let mut text = format!("{HEAD}\n");
    let none = "N/A,N/A,N/A";
    for (user, path, created, password, mfa, first, second) in [
        (
            "<root_account>",
            "root",
            "2023-04-18T07:12:00+00:00",
            "not_supported,2026-11-12T19:02:44+00:00,not_supported,not_supported",
            false,
            format!("true,2023-04-18T07:30:00+00:00,{none}"),
            format!("false,N/A,{none}"),
        ),
        (
            "release-bot",
            "user/release-bot",
            "2024-06-03T08:00:00+00:00",
            "false,N/A,N/A,N/A",
            false,
            "true,2026-09-25T08:00:00+00:00,2026-11-19T22:10:00+00:00,eu-central-1,cloudformation".to_owned(),
            format!("false,N/A,{none}"),
        ),
        (
            "mobile-build",
            "user/mobile-build",
            "2023-05-02T08:00:00+00:00",
            "true,2026-11-18T09:15:00+00:00,2023-05-02T08:05:00+00:00,N/A",
            false,
            "true,2023-05-02T08:10:00+00:00,2026-11-19T23:59:00+00:00,eu-central-1,s3".to_owned(),
            "true,2023-11-20T08:10:00+00:00,2024-02-01T00:12:00+00:00,us-east-1,s3".to_owned(),
        ),
        (
            "break-glass-2",
            "user/break-glass-2",
            "2025-03-01T08:00:00+00:00",
            "true,2026-10-30T08:00:00+00:00,2026-10-01T08:00:00+00:00,N/A",
            true,
            format!("false,N/A,{none}"),
            format!("false,N/A,{none}"),
        ),
        (
            "vendor-upload",
            "user/vendor-upload",
            "2025-11-11T08:00:00+00:00",
            "false,N/A,N/A,N/A",
            false,
            format!("true,2025-11-11T08:05:00+00:00,{none}"),
            format!("false,N/A,{none}"),
        ),
    ] {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{user},arn:aws:iam::{DIGITAL}:{path},{created},{password},{mfa},{first},{second},false,N/A,false,N/A");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_report_has_every_column() {
        let columns = HEAD.split(',').count();
        assert!(credential_report().lines().all(|line| line.split(',').count() == columns));
    }
}
