use std::fmt::Write as _;

use partywall_catalog::Catalog;

use crate::permissions::Need;

/// Checks that are named on a line; the others are counted.
const NAMED: usize = 3;

/// A line per action: how many checks are blind without it, what is read by it, which checks these are.
pub fn table(catalog: &Catalog, needs: &[Need]) -> String {
    let wide = needs.iter().map(|need| need.action.len()).max().unwrap_or_default().max("ACTION".len());
    let mut out = format!("{:wide$}  CHECKS  WHY\n", "ACTION");
    for need in needs {
        let titles = need.types.iter().map(|name| catalog.types.get(name).map_or(&**name, |file| &*file.title));
        let mut why: Vec<String> = need.reason.iter().map(|reason| (*reason).to_owned()).collect();
        if !need.types.is_empty() {
            why.push(format!("reads {}", titles.collect::<Vec<_>>().join(", ")));
        }
        let mut checks: Vec<&str> = need.checks.iter().take(NAMED).map(|id| &**id).collect();
        let more = need.checks.len().saturating_sub(NAMED);
        let more = format!("{more} more");
        if need.checks.len() > NAMED {
            checks.push(&more);
        }
        if !checks.is_empty() {
            why.push(format!("blind without it: {}", checks.join(", ")));
        }
        // Writing to a text cannot fail.
        let _ = writeln!(out, "{:wide$}  {:>6}  {}", need.action, need.checks.len(), why.join("; "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::needs::bare;

    #[test]
    fn a_line_says_what_is_read_and_what_is_blind() {
        let catalog = Catalog::load(None).unwrap();
        let mut need = bare("s3:GetBucketAcl");
        need.types.insert("AWS::S3::Bucket".into());
        need.checks.extend(["s3.a", "s3.b", "s3.c", "s3.d", "s3.e"].map(Into::into));
        let mut own = bare("sts:GetCallerIdentity");
        own.reason = Some("says who asks");
        assert_eq!(
            table(&catalog, &[need, own]),
            "ACTION                 CHECKS  WHY\n\
             s3:GetBucketAcl             5  reads S3 bucket; blind without it: s3.a, s3.b, s3.c, 2 more\n\
             sts:GetCallerIdentity       0  says who asks\n"
        );
    }
}
