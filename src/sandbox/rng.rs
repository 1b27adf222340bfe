//! Randomness that replays: a small generator keyed by seed, stream and number, and the identifiers made from it.
//!
//! Every decision of the sandbox has its own key (customer 17, picker of order 100042, fault roll 9), so that
//! switching one mistake or fault on does not change anybody else's dice.

use std::fmt;

/// SplitMix64: small, quick, the same for ever (unlike a library's default generator).
#[derive(Debug, Clone)]
pub struct Rng(u64);

/// FNV-1a over bytes: stable between runs and machines.
pub fn fnv64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

impl Rng {
    /// The generator of one decision: `stream` names the kind, `key` the object.
    pub fn keyed(seed: u64, stream: &str, key: u64) -> Self {
        let mut rng = Self(seed ^ fnv64(stream.as_bytes()).rotate_left(17));
        let mixed = rng.next_u64() ^ key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut out = Self(mixed);
        out.next_u64();
        out
    }

    /// As [`Rng::keyed`], for an object named by text.
    pub fn named(seed: u64, stream: &str, name: &str) -> Self {
        Self::keyed(seed, stream, fnv64(name.as_bytes()))
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `n - 1`; 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 {
            return 0;
        }
        let wide = u128::from(self.next_u64()) * n as u128;
        (wide >> 64) as usize
    }

    /// A number between both ends, ends included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = usize::try_from(high.saturating_sub(low).saturating_add(1)).unwrap_or(0);
        low + i64::try_from(self.below(width)).unwrap_or(0)
    }

    /// A number in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of a list that must not be empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// A 128-bit identifier in the shape of a version 4 GUID.
    pub fn guid(&mut self) -> Guid {
        let high = u128::from(self.next_u64());
        let low = u128::from(self.next_u64());
        let raw = (high << 64) | low;
        let versioned = (raw & !(0xf_u128 << 76)) | (0x4_u128 << 76);
        Guid((versioned & !(0x3_u128 << 62)) | (0x2_u128 << 62))
    }
}

/// A GUID; shown in lower case with hyphens, read in any case, with or without braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Guid(pub u128);

impl Guid {
    /// All zeros: Linnworks' built-in Default (location, postal service), and "nothing" in other places.
    pub const ZERO: Self = Self(0);

    /// Reads a GUID; `None` when the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('{').trim_end_matches('}');
        let groups: Vec<usize> = text.split('-').map(str::len).collect();
        if groups != [8, 4, 4, 4, 12] && groups != [32] {
            return None;
        }
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        if !digits.chars().all(|c| c.is_ascii_hexdigit()) {
            return None;
        }
        u128::from_str_radix(&digits, 16).ok().map(Self)
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v = self.0;
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            (v >> 96) as u32,
            (v >> 80) as u16,
            (v >> 64) as u16,
            (v >> 48) as u16,
            v & 0xffff_ffff_ffff
        )
    }
}

impl serde::Serialize for Guid {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
