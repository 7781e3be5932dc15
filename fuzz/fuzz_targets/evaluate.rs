//! Decisions: a row of JSON, and the same text as a policy of every kind.
#![no_main]

use libfuzzer_sys::fuzz_target;
use partywall_iam::batch::judge_row;
use partywall_iam::eval::{Caller, Policies, Policy, Request, evaluate};

fuzz_target!(|text: &str| {
    if let Ok(row) = serde_json::from_str(text) {
        let _ = judge_row(&row);
    }
    if let Ok(policy) = Policy::read("p", text) {
        let policies = [policy];
        let levels = [policies.to_vec()];
        for resource in ["arn:aws:s3:::b/k", "arn:aws:s3:::b/*", "*"] {
            for open in [false, true] {
                let mut request = Request::new(Caller::parse("arn:aws:iam::111122223333:user/a"), "s3:GetObject", resource);
                request.set_resource_account("111122223333");
                if open {
                    request.leave_open();
                }
                let all = Policies {
                    identity: &policies,
                    resource: &policies,
                    boundary: Some(&policies),
                    session: Some(&policies),
                    scp: Some(&levels),
                    rcp: Some(&levels),
                    endpoint: Some(&policies),
                    ..Policies::default()
                };
                let _ = evaluate(&request, &all).explain(&request, &all);
            }
        }
    }
});
