//! Repeatable randomness and identifiers. Not cryptographic and not for keys.

use aws_lc_rs::digest;

/// A small generator (SplitMix64) whose whole future depends on its seed.
#[derive(Debug, Clone)]
pub(crate) struct Seeded {
    state: u64,
}

impl Seeded {
    pub(crate) fn new(seed: u64, name: &str) -> Self {
        let hash = digest::digest(&digest::SHA256, format!("{seed}/{name}").as_bytes());
        let state = hash
            .as_ref()
            .iter()
            .take(8)
            .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        Self { state }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number in `low..high`; `low` when the range is empty.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % high.saturating_sub(low).max(1)
    }

    /// True about `parts` times in `whole`.
    pub(crate) fn chance(&mut self, parts: u64, whole: u64) -> bool {
        self.between(0, whole) < parts
    }

    /// One of the choices; empty text when there are none.
    pub(crate) fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let length = u64::try_from(choices.len()).unwrap_or(1);
        let index = usize::try_from(self.between(0, length)).unwrap_or(0);
        choices.get(index).copied().unwrap_or_default()
    }

    /// A random-looking UUID (version 4 form).
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        uuid_text((u128::from(high) << 64) | u128::from(low))
    }
}

/// A UUID that depends only on its arguments.
pub(crate) fn uuid_of(seed: u64, kind: &str, name: &str) -> String {
    Seeded::new(seed, &format!("{kind}/{name}")).uuid()
}

fn uuid_text(bits: u128) -> String {
    let bits = (bits & !(0xF << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default().to_owned();
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_depend_only_on_their_name() {
        assert_eq!(uuid_of(1, "app", "a"), uuid_of(1, "app", "a"));
        assert_ne!(uuid_of(1, "app", "a"), uuid_of(2, "app", "a"));
        let uuid = uuid_of(1, "app", "a");
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
    }
}
