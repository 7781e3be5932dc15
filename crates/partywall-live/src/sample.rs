//! Which resources of a type are asked for, where somebody wants a sample: those with the least hashes of their ids, so that each is as
//! likely as any other, all calls choose the same, and so does a later reading.

use sha2::{Digest as _, Sha256};

/// The resources that are in a sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// The largest hash that is in; `None`: all are.
    last: Option<u64>,
}

impl Sample {
    /// Of `size` among these ids; all if there is no size or there are no more.
    pub(crate) fn of<'a>(ids: impl Iterator<Item = &'a str>, size: Option<usize>) -> Self {
        let Some(size) = size else { return Self { last: None } };
        let mut hashes: Vec<u64> = ids.map(hash).collect();
        if hashes.len() <= size {
            return Self { last: None };
        }
        hashes.sort_unstable();
        Self { last: Some(size.checked_sub(1).and_then(|last| hashes.get(last)).copied().unwrap_or(0)) }
    }

    pub(crate) fn has(self, id: &str) -> bool {
        self.last.is_none_or(|last| hash(id) <= last)
    }
}

fn hash(id: &str) -> u64 {
    Sha256::digest(id).iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_asked_for_and_always_the_same() {
        let ids: Vec<String> = (0..1000).map(|number| format!("id-{number}")).collect();
        let chosen = |size: Option<usize>, from: &[String]| -> Vec<String> {
            let sample = Sample::of(from.iter().map(String::as_str), size);
            from.iter().filter(|id| sample.has(id)).cloned().collect()
        };
        assert_eq!(chosen(None, &ids).len(), 1000);
        assert_eq!(chosen(Some(1000), &ids).len(), 1000);
        let ten = chosen(Some(10), &ids);
        assert_eq!(ten.len(), 10);
        let mut turned: Vec<String> = ids.iter().rev().cloned().collect();
        turned = chosen(Some(10), &turned);
        turned.reverse();
        assert_eq!(turned, ten);
        let hundred = chosen(Some(100), &ids);
        assert!(ten.iter().all(|id| hundred.contains(id)), "a larger sample has the smaller");
    }
}
