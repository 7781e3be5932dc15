//! Several writers at once, and what crashed ones leave.

use std::sync::Arc;

use partywall_lake::{Lake, LakeError, Meta};

use crate::support::{files, lake, listed, record, row, thing, told};

const A: &str = "AWS::Any::Thing";

#[test]
fn two_writers_on_one_base_both_record() {
    let (_dir, lake) = lake();
    record(&lake, &[row(A, "a", 1, 0), row(A, "b", 1, 0)], listed(&[A]));
    let mut one = lake.begin(Some(1)).unwrap();
    let mut two = Lake::open(lake.root()).unwrap().begin(Some(1)).unwrap();
    for (writer, size) in [(&mut one, 5), (&mut two, 6)] {
        writer.write(&thing(A), &[Arc::new(row(A, "a", size, size)), Arc::new(row(A, "b", 1, size))]).unwrap();
    }
    assert_eq!(two.finish(listed(&[A])).unwrap().seq(), 2);
    let lost = one.finish(listed(&[A])).unwrap();
    assert_eq!((lost.seq(), lost.manifest().base), (3, Some(1)), "the loser takes the next number");
    assert_eq!(told(&lake.snapshot(2).unwrap()), [("a".to_owned(), 6, 6), ("b".to_owned(), 1, 6)]);
    assert_eq!(told(&lake.snapshot(3).unwrap()), [("a".to_owned(), 5, 5), ("b".to_owned(), 1, 5)]);
    let next = record(&lake, &[row(A, "a", 7, 9), row(A, "b", 1, 9)], listed(&[A]));
    assert_eq!(told(&next), [("a".to_owned(), 7, 9), ("b".to_owned(), 1, 9)]);
}

#[test]
fn many_writers_lose_nothing() {
    let (_dir, lake) = lake();
    std::thread::scope(|scope| {
        for size in 0..8 {
            let lake = lake.clone();
            scope.spawn(move || {
                let mut writer = lake.begin(None).unwrap();
                writer.write(&thing(A), &[Arc::new(row(A, "a", size, 0))]).unwrap();
                writer.finish(listed(&[A])).unwrap()
            });
        }
    });
    assert_eq!(lake.snapshots().unwrap(), [1, 2, 3, 4, 5, 6, 7, 8]);
    let mut sizes: Vec<_> = (1..=8).map(|seq| told(&lake.snapshot(seq).unwrap())[0].1).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [0, 1, 2, 3, 4, 5, 6, 7], "every writer's own rows, under one number each");
}

#[test]
fn a_base_that_vanished_is_an_error() {
    let (_dir, lake) = lake();
    record(&lake, &[row(A, "a", 1, 0)], listed(&[A]));
    let mut writer = lake.begin(Some(1)).unwrap();
    writer.write(&thing(A), &[Arc::new(row(A, "a", 1, 1))]).unwrap();
    std::fs::remove_file(lake.root().join("manifests/manifest-00000001.json")).unwrap();
    assert!(matches!(writer.finish(listed(&[A])), Err(LakeError::BaseChanged { seq: 1 })));
    assert_eq!(lake.snapshots().unwrap(), [0_u64; 0]);
}

#[test]
fn what_a_crash_left_is_harmless_and_removable() {
    let (_dir, lake) = lake();
    record(&lake, &[row(A, "a", 1, 0)], listed(&[A]));
    let before = files(lake.root());
    let mut crashed = lake.begin(Some(1)).unwrap();
    for number in 0..60 {
        let mut large = row(A, &format!("l{number}"), 1, 1);
        large.properties.set("Name", partywall_model::Value::str("y".repeat(1 << 19)));
        crashed.write(&thing(A), &[Arc::new(large)]).unwrap();
    }
    assert!(matches!(lake.clean(), Err(LakeError::Busy { .. })), "not while a writer is at work");
    drop(crashed);
    std::fs::write(lake.root().join("manifests/manifest-2-1-0.tmp"), "{").unwrap();
    assert!(files(lake.root()).len() > before.len() + 1, "a file was left");
    assert_eq!(lake.snapshots().unwrap(), [1]);

    let next = record(&lake, &[row(A, "a", 2, 2)], listed(&[A]));
    let left = files(lake.root()).len();
    let cleaned = lake.clean().unwrap();
    assert!(cleaned.files >= 2 && cleaned.bytes > 0, "{cleaned:?}");
    assert_eq!(files(lake.root()).len() as u64, left as u64 - cleaned.files);
    assert_eq!(told(&lake.snapshot(1).unwrap()), [("a".to_owned(), 1, 0)]);
    assert_eq!(told(&next), [("a".to_owned(), 2, 2)]);
    assert_eq!(lake.clean().unwrap().files, 0);
}

#[test]
fn a_snapshot_without_rows_is_one() {
    let (_dir, lake) = lake();
    assert!(lake.latest().unwrap().is_none());
    let empty = lake.begin(None).unwrap().finish(Meta::default()).unwrap();
    assert_eq!((empty.seq(), empty.types().len()), (1, 0));
    assert_eq!(told(&lake.latest().unwrap().unwrap()), []);
}
