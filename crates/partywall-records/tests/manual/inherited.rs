use partywall_model::Party;
use partywall_records::Inherit;

use crate::{day, error, read};

const PARTIES: &str = "[[party]]\nid = \"msp:ops\"\ntitle = \"Ops\"\ncontract = \"c\"\n";

fn sheet(party: &str, framework: &str, claims: &str) -> String {
    format!("party = \"{party}\"\nframework = \"{framework}\"\nsource = \"CRM 4\"\nas_of = 2026-12-01\n{claims}")
}

#[test]
fn claims_are_found_by_requirement() {
    let ops = sheet(
        "msp:ops",
        "nist-800-53r5",
        "[[claim]]\ncontrol = \"si-2\"\npart = \"a\"\ninherit = \"partial\"\ntext = \"t\"\n\
         [[claim]]\ncontrol = \"si-2\"\npart = \"b\"\ninherit = \"no\"\n[[claim]]\ncontrol = \"pe-3\"\ninherit = \"no\"\n",
    );
    let aws = sheet("aws", "nist-800-53r5", "[[claim]]\ncontrol = \"si-2\"\ninherit = \"yes\"\n");
    let records = read(&[("inherited/ops.toml", &ops), ("inherited/aws.toml", &aws), ("parties.toml", PARTIES)]);
    let claims: Vec<_> = records.claims("nist-800-53r5", "si-2").collect();
    let told: Vec<(&Party, Option<&str>, Inherit)> =
        claims.iter().map(|(sheet, claim)| (&sheet.party, claim.part.as_deref(), claim.inherit)).collect();
    let ops = Party::Msp("ops".to_owned());
    assert_eq!(told, [(&Party::Aws, None, Inherit::Yes), (&ops, Some("a"), Inherit::Partial), (&ops, Some("b"), Inherit::No)]);
    assert_eq!((claims[1].0.source.as_str(), claims[1].0.as_of, claims[1].1.text.as_str()), ("CRM 4", day("2026-12-01"), "t"));
    assert_eq!(records.claims("nist-800-53r5", "si-3").count(), 0);
    assert_eq!(records.claims("soc2", "si-2").count(), 0);
}

#[test]
fn what_cannot_be_is_an_error_with_its_line() {
    let claim = |control: &str, more: &str| format!("[[claim]]\ncontrol = \"{control}\"\ninherit = \"yes\"\n{more}\n");
    for (text, want) in [
        (sheet("msp:opps", "soc2", ""), "1:9: `msp:opps` is not listed as a party; add [[party]] to parties.toml"),
        (sheet("customer", "soc2", ""), "1:9: nobody inherits from itself"),
        (sheet("aws", "soc3", ""), "2:13: there is no framework `soc3`; did you mean `soc2`?"),
        (sheet("aws", "soc2", "").replace("CRM 4", ""), "3:10: say from which sheet this is"),
        (sheet("aws", "nist-800-53r5", &claim("si-222", "")), "6:11: there is no requirement `si-222`"),
        (sheet("aws", "nist-800-53r5", &claim("si-2", "part = \"z\"")), "8:8: there is no part of it `z`"),
        (sheet("aws", "nist-800-53r5", &claim("ac-2.1", "part = \"a\"")), "8:8: `ac-2.1` has no parts in the catalogue"),
        (sheet("aws", "nist-800-53r5", &(claim("si-2", "") + &claim("si-2", ""))), "10:11: `si-2` is claimed twice for the same part"),
        (sheet("aws", "nist-800-53r5", &claim("si-2", "").replace("yes", "all")), "7:11: unknown variant `all`"),
    ] {
        let message = error(&[("inherited/x.toml", &text), ("parties.toml", PARTIES)]);
        assert!(message.starts_with(&format!("inherited/x.toml:{want}")), "{message}\n{want}");
    }
}
