//! Where the plain part of a JSON string ends, and where digits do: 32 bytes at a time, because this is most of what reading
//! a line is, and most end within that many, so that their length costs no wrong guess of the processor. Not for what comes
//! there.

use wide::u8x32;

/// The position, from `at` on, of the first quote, backslash or control character; the text's length when there is none.
#[inline(always)]
pub(crate) fn end_of_plain_text(text: &[u8], mut at: usize) -> usize {
    while let Some(bytes) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let special = special_bytes(*bytes);
        if special != 0 {
            return at + special.trailing_zeros() as usize;
        }
        at += bytes.len();
    }
    let rest = text.get(at..).unwrap_or_default();
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1F);
    at + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// The position, from `at` on, of the first byte that is no digit; the text's length when there is none.
#[inline(always)]
pub(crate) fn end_of_digits(text: &[u8], mut at: usize) -> usize {
    while let Some(bytes) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let others = !digits(*bytes);
        if others != 0 {
            return at + others.trailing_zeros() as usize;
        }
        at += bytes.len();
    }
    let rest = text.get(at..).unwrap_or_default();
    at + rest
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(rest.len())
}

/// A number in digits, perhaps with a minus and a point: none with an exponent, and no zero in front of other digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlainNumber {
    /// Whether it begins with a minus.
    pub is_negative: bool,
    /// Digits in front of the point: one or more.
    pub whole_digits: u32,
    /// Digits behind the point; 0 when there is no point.
    pub fraction_digits: u32,
}

impl PlainNumber {
    /// The number that the text begins with. `None` when it is another number, none at all, or so near the text's end that 32
    /// bytes are not left.
    #[inline(always)]
    pub fn find(text: &[u8]) -> Option<Self> {
        let block: &[u8; BLOCK] = text.first_chunk()?;
        let others = !digits(*block);
        let is_negative = block.starts_with(b"-");
        let sign = u32::from(is_negative);
        let whole_digits = (others >> sign).trailing_zeros();
        let has_zero_in_front = *block.get(sign as usize)? == b'0' && whole_digits > 1;
        if whole_digits == 0 || has_zero_in_front {
            return None;
        }
        let point = sign + whole_digits;
        let has_point = *block.get(point as usize)? == b'.';
        let fraction_digits = if has_point {
            others.unbounded_shr(point + 1).trailing_zeros()
        } else {
            0
        };
        let number = Self {
            is_negative,
            whole_digits,
            fraction_digits,
        };
        let next = *block.get(number.length())?;
        let is_whole = has_point == (fraction_digits > 0) && next | 0x20 != b'e';
        is_whole.then_some(number)
    }

    /// Its length in bytes.
    #[inline(always)]
    pub fn length(&self) -> usize {
        let point = u32::from(self.fraction_digits > 0);
        (u32::from(self.is_negative) + self.whole_digits + point + self.fraction_digits) as usize
    }
}

/// So many bytes are looked at once.
const BLOCK: usize = 32;

/// A bit for each byte that is a digit.
#[inline(always)]
fn digits(bytes: [u8; 32]) -> u32 {
    let values = u8x32::new(bytes) - u8x32::splat(b'0');
    values.min(u8x32::splat(9)).simd_eq(values).to_bitmask()
}

/// A bit for each byte that is special.
#[inline(always)]
fn special_bytes(bytes: [u8; 32]) -> u32 {
    let bytes = u8x32::new(bytes);
    let quotes = bytes.simd_eq(u8x32::splat(b'"'));
    let backslashes = bytes.simd_eq(u8x32::splat(b'\\'));
    let controls = bytes.min(u8x32::splat(0x1F)).simd_eq(bytes);
    (quotes | backslashes | controls).to_bitmask()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Every byte, at every distance from the end.
        #[test]
        fn the_first_special_byte_is_found(
            text in proptest::collection::vec(prop_oneof![8 => b' '..=b'~', 1 => any::<u8>()], 0..100),
            at in 0..100_usize,
        ) {
            let is_special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
            let found = text.iter().skip(at).position(is_special);
            let expected = found.map_or(text.len().max(at), |found| at + found);
            prop_assert_eq!(end_of_plain_text(&text, at), expected);
        }

        /// What it takes is a number for JSON too, and the whole of it.
        #[test]
        fn plain_numbers_are_numbers(text in "-?[0-9]{0,12}([.][0-9]{0,24})?([eE][0-9])?[,x ]?", blanks in 0..40_usize) {
            let text = text + &" ".repeat(blanks);
            if let Some(end) = PlainNumber::find(text.as_bytes()).map(|number| number.length()) {
                let number = text.get(..end).expect("ASCII");
                prop_assert!(serde_json::from_str::<serde_json::Number>(number).is_ok(), "{text:?} {end}");
                let next = text.as_bytes().get(end).expect("a byte");
                prop_assert!(!b"0123456789.eE".contains(next) || (*next == b'.' && number.contains('.')), "{text:?} {end}");
            } else if blanks >= 32 {
                let plain = text.trim_end_matches([' ', ',', 'x']);
                let is_plain = !plain.contains(['e', 'E']) && plain.len() < 32;
                prop_assert!(!is_plain || serde_json::from_str::<serde_json::Number>(plain).is_err(), "{text:?}");
            }
        }

        #[test]
        fn digits_end_at_the_first_other_byte(
            text in proptest::collection::vec(prop_oneof![30 => b'0'..=b'9', 1 => any::<u8>()], 0..100),
            at in 0..100_usize,
        ) {
            let found = text.iter().skip(at).position(|byte| !byte.is_ascii_digit());
            let expected = found.map_or(text.len().max(at), |found| at + found);
            prop_assert_eq!(end_of_digits(&text, at), expected);
        }
    }
}
