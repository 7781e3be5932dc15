/// A number that follows from everything added to it, the same on every machine. Fit for making data, not for secrets.
///
/// FNV-1a over the parts, finished by SplitMix64 (both public domain).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seed(u64);

impl Seed {
    /// Starts from a world's seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(0xcbf2_9ce4_8422_2325).number(seed)
    }

    /// Adds a text; `ab` + `c` is not `a` + `bc`.
    pub(crate) fn text(mut self, text: &str) -> Self {
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self
    }

    /// Adds a number.
    pub(crate) fn number(mut self, number: u64) -> Self {
        for byte in number.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self
    }

    /// 64 well mixed bits.
    pub(crate) fn bits(self) -> u64 {
        let mut mixed = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from zero up to, not including, `limit`; zero if `limit` is zero.
    pub(crate) fn below(self, limit: u64) -> u64 {
        self.bits().checked_rem(limit).unwrap_or(0)
    }

    /// One of the given values.
    pub(crate) fn pick<T>(self, values: &[T]) -> Option<&T> {
        values.get(usize::try_from(self.below(values.len() as u64)).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_keep_apart_and_repeat() {
        let of = |a: &str, b: &str| Seed::new(1).text(a).text(b).bits();
        assert_eq!(of("ab", "c"), of("ab", "c"));
        assert_ne!(of("ab", "c"), of("a", "bc"));
        assert_ne!(Seed::new(1).number(1).bits(), Seed::new(2).number(1).bits());
        assert_eq!(Seed::new(7).pick::<u8>(&[]), None);
    }
}
