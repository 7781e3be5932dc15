//! Policy documents: any text, to all answers that checks ask of policies.
#![no_main]

use libfuzzer_sys::fuzz_target;
use partywall_iam::{Context, policy_facts, value_from_json};

fuzz_target!(|text: &str| {
    if let Ok(document) = value_from_json(text) {
        for service in [None, Some("s3"), Some("kms")] {
            let context = Context { account: Some("111122223333"), service };
            let _ = policy_facts(&[&document], &context).to_value();
        }
    }
});
