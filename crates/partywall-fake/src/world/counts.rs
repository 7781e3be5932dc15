use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::seed::Seed;
use crate::FakeError;

/// How large a world is: one file of `worlds/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// What it is, in one line.
    pub title: String,
    /// How many accounts.
    pub accounts: u64,
    /// Regions that hold resources.
    pub regions: Vec<Arc<str>>,
    /// Preset whose counts are taken over.
    #[serde(default)]
    pub like: Option<String>,
    /// Factor of all counts; results are rounded.
    #[serde(default = "one")]
    pub times: f64,
    /// Least and most of every type that is not counted.
    pub other: [u64; 2],
    /// Share of settings that a resource may lack which it does lack, in per cent.
    pub absent: u64,
    /// Resources by type: per account and Region, of global types per account.
    #[serde(default)]
    pub count: BTreeMap<String, u64>,
}

fn one() -> f64 {
    1.0
}

const PRESETS: [(&str, &str); 6] = [
    ("empty", include_str!("../../worlds/empty.toml")),
    ("fifty-thousand", include_str!("../../worlds/fifty-thousand.toml")),
    ("org-3", include_str!("../../worlds/org-3.toml")),
    ("org-1000", include_str!("../../worlds/org-1000.toml")),
    ("r1", include_str!("../../worlds/r1.toml")),
    ("tiny", include_str!("../../worlds/tiny.toml")),
];

impl Preset {
    /// The built-in preset of that name, with the counts it takes over.
    ///
    /// # Errors
    /// [`FakeError`] if there is none, or its file is broken.
    pub fn named(name: &str) -> Result<Self, FakeError> {
        let known = || PRESETS.map(|(name, _)| name).join("`, `");
        let (_, text) = PRESETS
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| FakeError::Data(format!("there is no world `{name}`; use `{}`", known())))?;
        let mut preset: Self = toml::from_str(text).map_err(|error| FakeError::Data(format!("world `{name}`: {error}")))?;
        if let Some(like) = preset.like.take() {
            for (kind, count) in Self::named(&like)?.count {
                preset.count.entry(kind).or_insert(count);
            }
        }
        Ok(preset)
    }

    /// How many resources of a type one account has in one Region (`place` tells them apart).
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rounded, positive count of resources")]
    pub(crate) fn of(&self, kind: &str, place: Seed) -> u64 {
        match self.count.get(kind) {
            Some(count) => (*count as f64 * self.times).round() as u64,
            None => {
                let [least, most] = self.other;
                least + place.text(kind).text("count").below(most.saturating_sub(least) + 1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_account_has_its_size() {
        let total = |name: &str| -> u64 {
            let preset = Preset::named(name).unwrap();
            preset.count.keys().map(|kind| preset.of(kind, Seed::new(0))).sum()
        };
        assert_eq!(total("r1"), 12_507);
        assert_eq!(total("fifty-thousand"), 50_028);
        let small = total("org-1000");
        assert!((300..=350).contains(&small), "{small}");
    }

    #[test]
    fn tiny_has_some_of_everything_and_empty_nothing() {
        let tiny = Preset::named("tiny").unwrap();
        let empty = Preset::named("empty").unwrap();
        for kind in ["AWS::S3::Bucket", "AWS::New::Type"] {
            assert!((1..=3).contains(&tiny.of(kind, Seed::new(5))));
            assert_eq!(empty.of(kind, Seed::new(5)), 0);
        }
        assert!(Preset::named("tny").is_err());
    }
}
