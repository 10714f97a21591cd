//! Numbers that a seed decides, for whatever works by seed: the runners of `cargo xtask kill`, `faults` and `sim`, and
//! the benches. The same seed gives the same numbers for ever. Not for secrets.

/// A reproducible sequence of numbers (splitmix64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The sequence of one stream of a seed.
    pub fn of(seed: u64, stream: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ stream.wrapping_mul(0x9e37_79b9));
        random.number();
        random
    }

    /// The sequence behind this state, splitmix64 as others have it.
    pub fn from_state(state: u64) -> Self {
        Self(state)
    }

    /// The next number, any.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next below `bound`; 0 for a bound of 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.number() % bound.max(1) as u64).unwrap_or(0)
    }

    /// The next from 0 to 1, without the 1.
    pub fn unit(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True once in so many times.
    pub fn chance(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    /// One of these; `None` of none.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }

    /// Puts them into another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_gives_the_numbers_of_splitmix64() {
        let mut random = Random::from_state(1_234_567);
        let known = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([(); 3].map(|()| random.number()), known);
    }

    #[test]
    fn streams_of_a_seed_differ_and_a_shuffle_loses_nothing() {
        let numbers = |seed, stream| {
            let mut random = Random::of(seed, stream);
            [(); 4].map(|()| random.number())
        };
        assert_eq!(numbers(3, 1), numbers(3, 1));
        assert_ne!(numbers(3, 1), numbers(3, 2));
        assert_ne!(numbers(3, 1), numbers(4, 1));
        let mut list: Vec<u32> = (0..50).collect();
        Random::of(0, 0).shuffle(&mut list);
        assert!(!list.is_sorted());
        list.sort_unstable();
        assert!(list.into_iter().eq(0..50));
    }
}
