//! Snapshots that build on others hold what changed, and read as if they were whole.

use std::sync::Arc;

use partywall_lake::{Lake, LakeError, Meta, Partition, Snapshot};
use partywall_model::{Cause, CauseKind, Gap, Resource, Source, SourceKind, Unread, Value};

use crate::support::{ACCOUNT, REGION, day, files, lake, listed, listing, record, row, rows, thing, told};

const A: &str = "AWS::Any::Thing";
const B: &str = "AWS::Other::Thing";

fn story(snapshot: &Snapshot) -> Vec<(String, i64, i64)> {
    told(snapshot)
}

fn only(snapshot: &Snapshot) -> &Partition {
    let [partition] = snapshot.manifest().partitions.as_slice() else { panic!("one partition") };
    partition
}

/// Rows and tombstones of each file, oldest first.
fn sizes(snapshot: &Snapshot) -> Vec<(u64, u64)> {
    only(snapshot).files.iter().map(|file| (file.rows, file.deleted)).collect()
}

fn line(id: &str, size: i64, days: i64) -> (String, i64, i64) {
    (id.to_owned(), size, days)
}

#[test]
fn changes_deletions_and_returns() {
    let (_dir, lake) = lake();
    let first = record(&lake, &[row(A, "a", 1, 0), row(A, "b", 1, 0), row(A, "c", 1, 0)], listed(&[A]));
    assert_eq!(sizes(&first), [(3, 0)]);

    let changed = record(&lake, &[row(A, "c", 1, 1), row(A, "b", 2, 1), row(A, "a", 1, 1), row(A, "d", 1, 1)], listed(&[A]));
    assert_eq!(sizes(&changed), [(3, 0), (2, 0)], "one changed, one new");
    assert_eq!(story(&changed), [line("a", 1, 1), line("b", 2, 1), line("c", 1, 1), line("d", 1, 1)]);

    let deleted = record(&lake, &[row(A, "a", 1, 2), row(A, "d", 1, 2)], listed(&[A]));
    assert_eq!(sizes(&deleted), [(3, 0), (2, 0), (0, 2)]);
    assert_eq!(story(&deleted), [line("a", 1, 2), line("d", 1, 2)]);

    let back = record(&lake, &[row(A, "a", 1, 3), row(A, "d", 1, 3), row(A, "b", 2, 3)], listed(&[A]));
    assert_eq!(sizes(&back), [(3, 0), (2, 0), (0, 2), (1, 0)]);
    assert_eq!(story(&back), [line("a", 1, 3), line("b", 2, 3), line("d", 1, 3)]);

    let same = record(&lake, &[row(A, "a", 1, 4), row(A, "d", 1, 4), row(A, "b", 2, 4)], listed(&[A]));
    assert_eq!(sizes(&same), sizes(&back), "nothing new is written");
    assert!(only(&same).files.iter().all(|file| !file.new));
    assert_eq!(story(&same), [line("a", 1, 4), line("b", 2, 4), line("d", 1, 4)], "seen again on the fourth day");

    // History stays as it was.
    assert_eq!(story(&lake.snapshot(1).unwrap()), [line("a", 1, 0), line("b", 1, 0), line("c", 1, 0)]);
    assert_eq!(story(&lake.snapshot(2).unwrap()), story(&changed));
    assert_eq!(story(&lake.snapshot(3).unwrap()), story(&deleted));
    assert_eq!(lake.snapshots().unwrap(), [1, 2, 3, 4, 5]);
}

#[test]
fn a_partition_without_anything_old_drops_its_old_files() {
    let (_dir, lake) = lake();
    record(&lake, &[row(A, "a", 1, 0), row(A, "b", 1, 0)], listed(&[A]));
    let all_new = record(&lake, &[row(A, "a", 2, 1)], listed(&[A]));
    assert_eq!(sizes(&all_new), [(1, 0)]);
    assert_eq!(story(&all_new), [line("a", 2, 1)]);
}

#[test]
fn many_deltas_are_written_whole() {
    let (_dir, lake) = lake();
    let mut most = 0;
    for days in 0..40 {
        let snapshot = record(&lake, &[row(A, "a", 1, days), row(A, "b", days, days)], listed(&[A]));
        most = most.max(sizes(&snapshot).len());
        assert_eq!(story(&snapshot), [line("a", 1, days), line("b", days, days)]);
    }
    assert_eq!(most, 16);
}

#[test]
fn rows_of_one_id_stay_apart() {
    let (_dir, lake) = lake();
    let twice = [row(A, "a", 1, 0), row(A, "a", 2, 0), row(A, "b", 1, 0)];
    assert_eq!(story(&record(&lake, &twice, listed(&[A]))), [line("a", 1, 0), line("a", 2, 0), line("b", 1, 0)]);
    let same = record(&lake, &twice, listed(&[A]));
    assert_eq!(sizes(&same), [(3, 0)]);
    let once = record(&lake, &[row(A, "a", 1, 1), row(A, "b", 1, 1)], listed(&[A]));
    assert_eq!(sizes(&once), [(3, 0), (0, 1)]);
    assert_eq!(story(&once), [line("a", 1, 1), line("b", 1, 1)]);
}

#[test]
fn the_time_of_what_did_not_change_is_never_too_late() {
    let (_dir, lake) = lake();
    record(&lake, &[row(A, "a", 1, 0), row(A, "b", 1, 0), row(A, "c", 1, 0)], listed(&[A]));
    let mut timeless = row(A, "d", 1, 0);
    timeless.observed_at = None;
    let second = record(&lake, &[row(A, "a", 1, 5), row(A, "b", 1, 3), row(A, "c", 2, 1), timeless.clone()], listed(&[A]));
    let all = rows(&second).unwrap();
    let days: Vec<_> = all.iter().map(|row| row.observed_at.map(|time| (time - day(0)).num_days())).collect();
    assert_eq!(days, [Some(3), Some(3), Some(1), None], "the earliest time of the unchanged, the own time of the new");
    assert_eq!(&*all[0].source.file, "run 0", "an unchanged row keeps the file it was first read from");
}

#[test]
fn a_listing_that_failed_leaves_its_rows_out_with_the_gap() {
    let (_dir, lake) = lake();
    record(&lake, &[row(A, "a", 1, 0), row(B, "b", 1, 0)], listed(&[A, B]));
    let source = Arc::new(Source { kind: SourceKind::Api, file: Arc::from("run 1") });
    let denied = Gap {
        resource_type: Arc::from(B),
        id: None,
        account: Some(Arc::from(ACCOUNT)),
        region: Some(Arc::from(REGION)),
        path: None,
        cause: Arc::new(Cause::new(CauseKind::Denied, "ListThings").with_action("x:ListThings").stating_text()),
        source,
    };
    let failed = record(&lake, &[row(A, "a", 1, 1)], Meta { gaps: vec![denied.clone()], ..listed(&[A]) });
    assert_eq!(story(&failed), [line("a", 1, 1)], "what was there on day 0 is not said to be there on day 1");
    assert_eq!(failed.meta().gaps, [denied], "and the reason is kept, once");

    let again = record(&lake, &[row(A, "a", 1, 2), row(B, "b", 1, 2)], listed(&[A, B]));
    assert_eq!(story(&again), [line("a", 1, 2), line("b", 1, 2)]);
}

#[test]
fn what_nobody_mentions_becomes_a_gap() {
    let (_dir, lake) = lake();
    record(&lake, &[row(A, "a", 1, 0), row(B, "b", 1, 0)], listed(&[A, B]));
    let narrow = record(&lake, &[row(A, "a", 1, 1)], listed(&[A]));
    let [gap] = narrow.meta().gaps.as_slice() else { panic!("one gap") };
    assert_eq!((&*gap.resource_type, gap.cause.kind, gap.id.as_ref()), (B, CauseKind::NotLooked, None));
    assert_eq!(gap.region.as_deref(), Some(REGION));
    assert_eq!(story(&narrow), [line("a", 1, 1)]);
}

#[test]
fn an_answered_listing_without_rows_is_no_gap() {
    let (_dir, lake) = lake();
    record(&lake, &[row(A, "a", 1, 0), row(B, "b", 1, 0)], listed(&[A, B]));
    let empty = record(&lake, &[row(A, "a", 1, 1)], listed(&[A, B]));
    assert_eq!(empty.meta().gaps, []);
    assert_eq!(story(&empty), [line("a", 1, 1)]);
    let whole_account = Meta { listed: [listing(B, "global"), listing(A, REGION)].into(), ..Meta::default() };
    assert_eq!(record(&lake, &[row(A, "a", 1, 2)], whole_account).meta().gaps, []);
}

#[test]
fn a_partition_says_whether_it_was_listed() {
    let (_dir, lake) = lake();
    let snapshot = record(&lake, &[row(A, "a", 1, 0), row(B, "b", 1, 0)], listed(&[A]));
    let said: Vec<_> = snapshot.manifest().partitions.iter().map(|partition| (&*partition.key.resource_type, partition.listed)).collect();
    assert_eq!(said, [(A, true), (B, false)]);
}

#[test]
fn all_that_is_said_of_a_run_is_read_back() {
    let (_dir, lake) = lake();
    let source = Arc::new(Source { kind: SourceKind::Config, file: Arc::from("é.json") });
    let cause = Arc::new(Cause::new(CauseKind::CallFailed, "throttled \"x\""));
    let gap = |path: Option<&str>| Gap {
        resource_type: Arc::from(A),
        id: path.map(|_| Arc::from("a")),
        account: None,
        region: None,
        path: path.map(Arc::from),
        cause: cause.clone(),
        source: source.clone(),
    };
    let mut other = listing(B, "global");
    other.region = None;
    let unread = Unread {
        resource_type: Arc::from(A),
        account: Some(Arc::from(ACCOUNT)),
        region: None,
        cause: Arc::new(Cause::new(CauseKind::Throttled, "GetThing answered Throttling").with_action("a:GetThing")),
    };
    let meta = Meta {
        started: day(0),
        finished: day(1),
        tool: "partywall 0.1.0".to_owned(),
        schema_date: "2026-11-01".to_owned(),
        sources: vec!["profile audit".to_owned()],
        accounts: [Arc::from(ACCOUNT)].into(),
        regions: [Arc::from(REGION)].into(),
        listed: [listing(A, REGION), listing(A, "global"), other].into(),
        indexed: [listing(A, REGION)].into(),
        gaps: vec![gap(None), gap(Some("Doc")), Gap::of_anything("broken", source.clone())],
        unread: [(unread, 3)].into(),
        types: [(Arc::from(A), 1)].into(),
        unmodelled: [(Arc::from("X::Y::Z"), 7)].into(),
        parameters: ["Env".to_owned()].into(),
        warnings: vec!["w".to_owned()],
        errors: vec!["e".to_owned()],
        observed_at: Some(day(1)),
        files: [(SourceKind::Config, 3), (SourceKind::CloudFormation, 1)].into(),
        stats: serde_json::json!({"calls": {"s3:ListBuckets": 3}, "seconds": 0.5}),
    };
    let written = record(&lake, &[row(A, "a", 1, 0)], meta.clone());
    let read = Lake::open(lake.root()).unwrap().latest().unwrap().unwrap();
    assert_eq!(read.meta(), &meta);
    assert_eq!(read.manifest(), written.manifest());
    assert_eq!((read.id(), read.seq()), (written.id(), 1));
}

#[test]
fn equal_input_gives_equal_bytes() {
    let write = || {
        let (dir, lake) = lake();
        for days in 0..3 {
            let mut odd = row(A, "../../x", days, days);
            odd.region = None;
            record(&lake, &[row(A, "a", 1, days), row(A, "b", days, days), odd, row(B, "c", 1, days)], listed(&[A, B]));
        }
        files(dir.path())
    };
    let (one, two) = (write(), write());
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    assert!(one == two);
}

#[test]
fn any_parquet_reader_sees_columns() {
    use arrow::array::AsArray as _;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    let (_dir, lake) = lake();
    let mut first = row(A, "a", 41, 0);
    first.properties.set("Opt", Value::Map(vec![(Arc::from("On"), Value::Bool(true))]));
    first.properties.set("Rate", Value::unknown(Cause::new(CauseKind::Denied, "GetRate")));
    let snapshot = record(&lake, &[first, row(A, "b", 1, 0)], listed(&[A]));
    let file = std::fs::File::open(lake.root().join(&only(&snapshot).files[0].path)).unwrap();
    let batch = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().next().unwrap().unwrap();
    let names: Vec<_> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    let envelope = ["_arn", "_id", "_name", "_account", "_region", "_tags", "_source", "_observed_at", "_location", "_unknown"];
    let own = ["_hash", "_deleted", "_copy", "_row"];
    assert_eq!(names[names.len() - 14..].iter().map(String::as_str).collect::<Vec<_>>(), [&envelope[..], &own[..]].concat());
    let size = batch.column_by_name("Size").unwrap().as_primitive::<arrow::datatypes::Int64Type>();
    assert_eq!(size.value(0), 41);
    let on = batch.column_by_name("Opt").unwrap().as_struct().column_by_name("On").unwrap().as_boolean();
    assert!(on.value(0));
    let unknown = batch.column_by_name("_unknown").unwrap().as_list::<i32>().value(0);
    assert_eq!(unknown.as_string::<i32>().value(0), "Rate");
}

#[test]
fn only_wanted_types_are_read() {
    let (_dir, lake) = lake();
    let snapshot = record(&lake, &[row(A, "a", 1, 0), row(B, "b", 1, 0), row(B, "c", 1, 0)], listed(&[A, B]));
    let mut seen = Vec::new();
    let wanted = |header: &partywall_lake::TypeHeader| &*header.resource_type == B && header.rows == 2;
    let read = snapshot.read(wanted, |header, rows| {
        seen.push((header.resource_type.to_string(), rows.len()));
        Ok::<(), LakeError>(())
    });
    read.unwrap();
    assert_eq!(seen, [(B.to_owned(), 2)]);
}

#[test]
fn a_large_run_is_split_into_files_and_read_whole() {
    let (_dir, lake) = lake();
    let kind = thing(A);
    let write = |base: Option<u64>| {
        let mut writer = lake.begin(base).unwrap();
        for part in 0..12 {
            let rows: Vec<_> = (0..1500)
                .map(|number| {
                    let mut row = row(A, &format!("{part}-{number}"), number, 0);
                    row.properties.set("Name", Value::str("x".repeat(800)));
                    Arc::new(row)
                })
                .collect();
            writer.write(&kind, &rows).unwrap();
        }
        writer.finish(listed(&[A])).unwrap()
    };
    let first = write(None);
    assert!(only(&first).files.len() > 1, "memory is bounded");
    assert_eq!(rows(&first).unwrap().len(), 18_000);
    let second = write(Some(1));
    assert_eq!(only(&second).files.iter().filter(|file| file.new).count(), 0);
    assert_eq!(rows(&second).unwrap().len(), 18_000);
}

#[test]
fn an_account_that_is_ended_early_is_as_one_that_is_not() {
    let other = |id: &str, size: i64, days: i64| Resource { account: Some(Arc::from("444455556666")), ..row(A, id, size, days) };
    let first = [row(A, "a", 1, 0), row(A, "b", 1, 0), row(B, "c", 1, 0), other("a", 1, 0)];
    let second = [row(A, "a", 1, 1), row(A, "d", 1, 1), row(B, "c", 2, 1), other("a", 3, 1)];
    let (_one, early) = lake();
    let (_two, late) = lake();
    for run in [&first, &second] {
        let base = early.latest().unwrap().map(|snapshot| snapshot.seq());
        let mut writer = early.begin(base).unwrap();
        let (own, others) = run.split_at(3);
        for row in own {
            writer.write(&thing(&row.resource_type), &[Arc::new(row.clone())]).unwrap();
        }
        writer.end_account(&Arc::from(ACCOUNT)).unwrap();
        for row in others {
            writer.write(&thing(&row.resource_type), &[Arc::new(row.clone())]).unwrap();
        }
        let refused = writer.write(&thing(A), &[Arc::new(row(A, "late", 1, 1))]).unwrap_err().to_string();
        assert!(refused.contains(ACCOUNT), "{refused}");
        let ended = writer.finish(listed(&[A, B])).unwrap();
        let kept = record(&late, run, listed(&[A, B]));
        assert_eq!(ended.meta(), kept.meta());
        let told = |snapshot: &Snapshot| {
            let partitions = snapshot.manifest().partitions.iter();
            partitions.map(|one| (one.key.clone(), one.listed, one.rows, one.observed_at, one.files.len())).collect::<Vec<_>>()
        };
        assert_eq!(told(&ended), told(&kept));
        assert_eq!(rows(&ended).unwrap(), rows(&kept).unwrap());
    }
}
