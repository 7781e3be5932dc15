//! A reading that is killed again and again, and goes on.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use partywall_fake::FakeConfig;
use partywall_lake::{Lake, LakeError};
use partywall_model::Resource;

use crate::aws::Aws;

/// Moments at which a reading is killed.
const KILLS: u32 = 50;

/// Calls that may be under way at once, and so be lost, when a reading is killed.
const UNDER_WAY: u64 = 256;

/// All rows without the times at which they were seen.
fn rows(lake: &Path) -> BTreeMap<String, Resource> {
    let snapshot = Lake::open(lake).expect("a lake").latest().expect("it can be read").expect("a snapshot");
    let mut found = BTreeMap::new();
    snapshot
        .read::<LakeError>(
            |_| true,
            |_, rows| {
                for mut row in rows {
                    row.observed_at = None;
                    let key = format!("{} {:?} {} {:?}", row.resource_type, row.region, row.id, row.properties);
                    assert!(found.insert(key, row).is_none(), "a row twice");
                }
                Ok(())
            },
        )
        .expect("rows");
    found
}

#[test]
fn killed_at_fifty_moments_it_ends_with_the_same_snapshot() {
    let aws = Aws::of("tiny", FakeConfig { throttles: false, latency: Duration::from_millis(40), ..FakeConfig::default() });
    let directory = tempfile::tempdir().expect("a directory");
    let collect = |lake: &Path, resume: bool| {
        let mut arguments = vec!["collect", "aws", "--region", "eu-central-1", "--share", "100", "--out", lake.to_str().expect("a path")];
        // Of every kind of read: pages, details by level, batches, names first, listings within others, one answer for all, a report to wait for.
        arguments
            .extend(["s3", "ec2", "iam", "lambda", "kms", "ssm", "dynamodb", "apigateway"].into_iter().flat_map(|id| ["--service", id]));
        arguments.extend(resume.then_some("--resume"));
        let mut command = aws.command(&arguments);
        command.stderr(Stdio::null());
        command
    };
    let clean = directory.path().join("clean");
    let started = Instant::now();
    let output = collect(&clean, false).output().expect("the binary runs");
    assert!(output.status.success(), "{}", output.status);
    let (took, requests) = (started.elapsed(), aws.requests());
    let wanted = rows(&clean);
    let (mut kills, mut attempts, mut round, mut lost) = (0, 0_u32, 0, 0);
    while kills < KILLS {
        round += 1;
        let lake = directory.path().join(format!("killed-{round}"));
        let before = aws.requests();
        let mut own = 0;
        loop {
            // Moments all over the time that a whole reading takes, and a little later.
            let moment = took.mul_f64(f64::from((attempts * 37 + 11) % 100) / 90.0);
            attempts += 1;
            let mut child = collect(&lake, own > 0).spawn().expect("the binary runs");
            let started = Instant::now();
            let ended = loop {
                match child.try_wait().expect("a child") {
                    None if started.elapsed() < moment => std::thread::sleep(Duration::from_millis(5)),
                    ended => break ended,
                }
            };
            if let Some(status) = ended {
                assert!(status.success(), "round {round}: {status}");
                break;
            }
            child.kill().expect("it can be killed");
            child.wait().expect("a child");
            kills += 1;
            own += 1;
        }
        let found = rows(&lake);
        let lacking = wanted.iter().filter(|(key, row)| found.get(*key) != Some(row)).map(|(key, _)| key).collect::<Vec<_>>();
        let more = found.iter().filter(|(key, row)| wanted.get(*key) != Some(row)).map(|(key, _)| key).collect::<Vec<_>>();
        assert!(
            lacking.is_empty() && more.is_empty(),
            "round {round}: rows of the clean reading\n{lacking:#?}\nare not there, or other:\n{more:#?}"
        );
        let again = (aws.requests() - before).saturating_sub(requests);
        assert!(again <= own * UNDER_WAY, "round {round}: {again} requests more than a clean reading, killed {own} times");
        lost += again;
    }
    eprintln!("{kills} kills in {round} rounds; {requests} requests clean, {lost} asked again");
}
