use std::fmt::Write as _;

/// A small seeded generator (SplitMix64, public domain, Steele, Lea and Flood 2014). Fit for making data, not for secrets.
#[derive(Debug, Clone)]
pub struct Prng(u64);

impl Prng {
    /// Starts a sequence; the same seed gives the same one.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from zero up to, not including, `limit`; zero if `limit` is zero.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.bits().checked_rem(limit).unwrap_or(0)
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the given values; the type's default if there are none.
    pub fn pick<T: Copy + Default>(&mut self, values: &[T]) -> T {
        let index = usize::try_from(self.below(values.len() as u64)).unwrap_or(0);
        values.get(index).copied().unwrap_or_default()
    }

    /// `length` hexadecimal digits.
    pub fn hex(&mut self, length: usize) -> String {
        let mut out = String::with_capacity(length + 16);
        while out.len() < length {
            // Writing to a String cannot fail.
            let _ = write!(out, "{:016x}", self.bits());
        }
        out.truncate(length);
        out
    }

    /// A version 4 UUID.
    pub fn uuid(&mut self) -> String {
        format!("{}-{}-4{}-a{}-{}", self.hex(8), self.hex(4), self.hex(3), self.hex(3), self.hex(12))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_itself_for_the_same_seed_only() {
        let draw = |seed| {
            let mut prng = Prng::new(seed);
            (prng.bits(), prng.hex(17), prng.uuid())
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_eq!(draw(3).1.len(), 17);
    }

    #[test]
    fn stays_below_its_limit() {
        let mut prng = Prng::new(7);
        assert!((0..1000).all(|_| prng.below(6) < 6));
        assert_eq!(prng.below(0), 0);
        assert_eq!(prng.pick::<u8>(&[]), 0);
    }
}
