mod data;
mod page;

use std::io::{self, Write};

use askama::Template;
use partywall_model::CheckResult;

use self::data::Data;
use self::page::page;
use crate::sink::ResultSink;
use crate::{CheckInfo, Run, Summary};

/// One self-contained page: the wall, one sentence, the worst findings, what was not seen, the frameworks, who does what.
/// It asks for nothing from anywhere, and its content policy forbids it to; everything but the lists of single results works
/// without scripts.
#[derive(Debug)]
pub struct Html<W> {
    out: W,
    run: Option<Run>,
    data: Data,
}

impl<W: Write> Html<W> {
    /// Makes the sink.
    pub fn new(out: W) -> Self {
        Self { out, run: None, data: Data::default() }
    }
}

impl<W: Write> ResultSink for Html<W> {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.run = Some(run.clone());
        Ok(())
    }

    fn result(&mut self, check: &CheckInfo, result: &CheckResult) -> io::Result<()> {
        // The summary counts blind results; nobody can do anything about a single one.
        if !result.is_blind() {
            self.data.push(check, result);
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        let Some(run) = self.run.take() else { return Ok(()) };
        let (data, left_out) = self.data.render(&run);
        page(&run, summary, data, left_out).write_into(&mut self.out).map_err(io::Error::other)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use partywall_model::{Severity, SourceKind, Status};
    use serde_json::Value;

    use super::*;
    use crate::{Format, Options, fixture};

    fn embedded(page: &str) -> Value {
        let (_, rest) = page.split_once("id=\"data\">").unwrap();
        serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
    }

    #[test]
    fn names_are_inert() {
        let mut sample = fixture::sample();
        let hostile = fixture::HOSTILE.join(" ");
        sample.run.title.clone_from(&hostile);
        sample.run.synthetic = Some(hostile.clone());
        for row in &mut sample.summary.wall {
            row.title.clone_from(&hostile);
            for cell in &mut row.cells {
                (cell.title, cell.layer, cell.aws_part) = (hostile.clone(), hostile.clone(), hostile.clone());
            }
        }
        for line in &mut sample.summary.fix_first {
            (line.title, line.resource, line.command) = (hostile.clone(), hostile.clone(), hostile.clone());
        }
        let page = fixture::render_sample(&sample, Format::Html, Options::default());
        assert!(!page.contains("<img"));
        assert_eq!(page.matches("<script").count(), 2);
        assert_eq!(page.matches("</script").count(), 2);
        assert_eq!(page.matches("<!--").count(), 0);
        assert!(page.chars().all(|one| !one.is_control() || one == '\n'));
        assert!(!page.contains('\u{202e}'));
        assert!(page.contains("{{ 7*7 }}"));
        embedded(&page);
    }

    #[test]
    fn the_page_opens_like_this() {
        let page = fixture::render(Format::Html, Options::default());
        let (head, body) = page.split_once("<style>").unwrap();
        let (top, _) = body.split_once("</style>").unwrap().1.split_once("<div class=\"wall\">").unwrap();
        let (_, foot) = page.rsplit_once("</main>").unwrap();
        let (foot, end) = (foot.split_once("<script").unwrap().0, page.rsplit_once("</script>").unwrap().1);
        let script = head.split_once("sha256-").unwrap().1.split_once('\'').unwrap().0;
        insta::assert_snapshot!(format!("{}<style>…</style>{top}…</main>{foot}…{end}", head.replace(script, "…")));
    }

    #[test]
    fn nothing_is_fetched() {
        let page = fixture::render(Format::Html, Options::default());
        for reference in ["src=\"", "url(", "@import", "fetch(", "XMLHttpRequest", "<link", "<iframe", "href=\"http"] {
            assert!(!page.contains(reference), "{reference}");
        }
    }

    #[test]
    fn what_matters_stands_in_the_page_without_scripts() {
        let page = fixture::render(Format::Html, Options::default());
        let (shown, _) = page.split_once("<script type=").unwrap();
        for words in [
            "Of 2,107 duties here, AWS carries 1,310 and you carry 788: 562 are met, 74 are not, 31 could not be seen and 121 have no evidence yet.",
            "kms:GetKeyRotationStatus denied",
            "214 results need facts",
            "PR.AA-05",
            "exit 1:",
        ] {
            assert!(shown.contains(words) || shown.replace("&#39;", "'").contains(words), "{words}");
        }
    }

    #[test]
    fn ten_thousand_results_stay_under_a_megabyte() {
        let sample = large(10_000);
        let page = fixture::render_sample(&sample, Format::Html, Options::default());
        assert!(page.len() < 1_000_000, "{}", page.len());
        assert_eq!(embedded(&page)["results"].as_array().unwrap().len(), 10_000);
    }

    #[test]
    fn more_than_fits_is_counted_and_the_worst_is_kept() {
        let sample = large(60_000);
        let page = fixture::render_sample(&sample, Format::Html, Options::default());
        let data = embedded(&page);
        assert_eq!(data["results"].as_array().unwrap().len(), 20_000);
        assert!(page.contains("40,000 results are counted above but not listed"));
        let failed = sample.results.iter().filter(|(_, one)| one.status == Status::Fail).count();
        let kept = data["results"].as_array().unwrap().iter().filter(|one| one[2] == 0).count();
        assert_eq!(kept, failed.min(20_000));
    }

    /// A run of many results over one hundred checks, a quarter failing, names and positions all different.
    fn large(results: u64) -> fixture::Sample {
        let mut sample = fixture::sample();
        sample.results.clear();
        let layers = ["network-config", "server-encryption", "identity-access", "logging-monitoring", "engine-runtime"];
        let checks: Vec<Arc<CheckInfo>> = (0..100_usize)
            .map(|at| {
                let severity = Severity::WORST_FIRST[at % 5];
                let layer = layers[at % layers.len()];
                let mut check = (*fixture::check(
                    &format!("s3.check-number-{at}"),
                    severity,
                    "AWS::S3::Bucket",
                    &format!("A bucket keeps promise number {at}"),
                    layer,
                    layer,
                ))
                .clone();
                check.why = format!("Because of reason {at}. {}", check.why.repeat(3));
                check.fix_terraform = check.fix_cli.as_ref().map(|text| format!("{at} {}", text.repeat(3)));
                Arc::new(check)
            })
            .collect();
        for at in 0..results {
            let number = usize::try_from(at).unwrap();
            let check = &checks[number % 100];
            let bucket = number / 10;
            let mut resource = fixture::resource(
                "AWS::S3::Bucket",
                &format!("bucket-of-team-{bucket}"),
                SourceKind::CloudFormation,
                "templates/storage.yaml",
            );
            resource.location = Some(fixture::location("templates/storage.yaml", u32::try_from(bucket).unwrap(), 3));
            let status = if at % 4 == 0 { Status::Fail } else { Status::Pass };
            let line = u32::try_from(at).unwrap();
            let fact = fixture::fact(
                &format!("Some.Path.Number{}", at % 100),
                "false",
                Some(fixture::location("templates/storage.yaml", line, 3)),
            );
            let id = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(at + 1);
            sample.results.push((check.clone(), fixture::result(id, check, status, &Arc::new(resource), vec![fact])));
        }
        sample
    }
}
