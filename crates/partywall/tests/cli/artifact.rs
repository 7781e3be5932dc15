//! AWS Artifact, by a server of a few answers: its documents are files that another address holds.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use crate::support::{Ran, Sources};

const DOCUMENT: &str = "%PDF-1.7 synthetic report";

/// Answers until the test ends.
fn serve(acceptance: &'static str, elsewhere: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let own = url.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, &own, acceptance, elsewhere);
        }
    });
    url
}

fn answer(mut stream: TcpStream, own: &str, acceptance: &str, elsewhere: Option<&str>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let mut first = String::new();
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|length| length > 2) {
        if first.is_empty() {
            first.clone_from(&line);
        }
        line.clear();
    }
    let detail = format!(
        r#"{{"id":"report-1","name":"SOC 2 report","version":3,"periodStart":"2025-10-01T00:00:00Z","periodEnd":"2026-09-30T00:00:00Z","series":"SOC","companyName":"Example Auditors","acceptanceType":"{acceptance}"}}"#
    );
    let at = elsewhere.unwrap_or(own);
    let body = match first.split([' ', '?']).nth(1).unwrap_or_default() {
        "/v1/report/list" => format!(r#"{{"reports":[{detail}]}}"#),
        "/v1/report/getMetadata" => format!(r#"{{"reportDetails":{detail}}}"#),
        "/v1/report/getTermForReport" => format!(r#"{{"documentPresignedUrl":"{at}/terms","termToken":"t"}}"#),
        "/v1/report/get" if first.contains("termToken=t") => format!(r#"{{"documentPresignedUrl":"{at}/report"}}"#),
        "/terms" => "the terms".to_owned(),
        "/report" => DOCUMENT.to_owned(),
        other => panic!("nobody asks for {other}"),
    };
    let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
}

fn run(sources: &Sources, url: &str, arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_partywall"))
        .args(["attest", "fetch"])
        .args(arguments)
        .current_dir(sources.path())
        .env("NO_COLOR", "1")
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "synthetic")
        .env("AWS_CONFIG_FILE", "none")
        .env("AWS_SHARED_CREDENTIALS_FILE", "none")
        .output()
        .expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn a_report_is_fetched_hashed_and_put_on_file() {
    let sources = Sources::new(&[]);
    let url = serve("PASSTHROUGH", None);
    let before = run(&sources, &url, &[]);
    assert!(before.code == 0 && before.out.contains("report-1") && before.out.contains("  no "), "{}{}", before.out, before.err);
    let fetched = run(&sources, &url, &["report-1", "--series", "soc-2-type-2", "--services", "s3,ec2"]);
    assert_eq!(fetched.code, 0, "{}", fetched.err);
    let path = sources.path().join("reports/report-1-v3.pdf");
    assert_eq!(std::fs::read_to_string(&path).expect("the document"), DOCUMENT);
    let record = std::fs::read_to_string(sources.path().join("records/attestations/aws-soc-2-type-2-2026-09-30.toml")).expect("a record");
    for line in ["report = \"report-1\"", "version = \"3\"", "from = 2025-10-01", "to = 2026-09-30", "issuer = \"Example Auditors\""] {
        assert!(record.contains(line), "{line} in\n{record}");
    }
    assert!(run(&sources, &url, &[]).out.contains("  yes "));
    let again = run(&sources, &url, &["report-1", "--series", "soc-2-type-2", "--services", "s3"]);
    assert!(again.code == 2 && again.err.contains("move what is there away"), "{}", again.err);
}

#[test]
fn terms_are_accepted_by_people_and_documents_come_from_aws() {
    let sources = Sources::new(&[]);
    let url = serve("EXPLICIT", None);
    let asked = run(&sources, &url, &["report-1", "--series", "soc-2-type-2", "--services", "s3"]);
    assert!(asked.code == 2 && asked.err.contains("--accept-terms"), "{}", asked.err);
    assert!(sources.path().join("reports/report-1-v3-terms.pdf").exists() && !sources.path().join("reports/report-1-v3.pdf").exists());
    let accepted = run(&sources, &url, &["report-1", "--series", "soc-2-type-2", "--services", "s3", "--accept-terms"]);
    assert_eq!(accepted.code, 0, "{}", accepted.err);
    let hostile = serve("PASSTHROUGH", Some("http://169.254.169.254"));
    let refused = run(&Sources::new(&[]), &hostile, &["report-1", "--series", "soc-2-type-2"]);
    assert!(refused.code == 2 && refused.err.contains("no host of AWS"), "{}", refused.err);
    let unknown = run(&sources, &url, &["report-1", "--series", "soc-2-typ-2"]);
    assert!(unknown.code == 2 && unknown.err.contains("soc-2-type-2"), "{}", unknown.err);
}
