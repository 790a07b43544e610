//! Digits in text: a whole number with a point in it, numbers of a fixed width. No arithmetic, so nothing is rounded.

use std::fmt::Display;
use std::io::Write;

/// Appends `value` times ten to the power of `-scale`, with `scale` digits after the point.
pub(super) fn write_scaled(value: impl Display, scale: i8, out: &mut Vec<u8>) {
    let begin = out.len();
    // Writing into memory does not fail.
    let _always_fits = write!(out, "{value}");
    let digits = usize::from(out.get(begin) == Some(&b'-')) + begin;
    if scale < 0 {
        let zeros = usize::from(scale.unsigned_abs());
        // Zeros behind a zero would be no JSON.
        if out.get(digits) != Some(&b'0') {
            out.resize(out.len() + zeros, b'0');
        }
        return;
    }
    let scale = usize::from(scale.unsigned_abs());
    if scale == 0 {
        return;
    }
    let missing = (scale + 1).saturating_sub(out.len() - digits);
    out.splice(digits..digits, std::iter::repeat_n(b'0', missing));
    out.insert(out.len() - scale, b'.');
}

/// Appends the fraction of a second, `digits` of them, behind a point; nothing for none.
pub(super) fn write_fraction(fraction: u64, digits: usize, out: &mut Vec<u8>) {
    if digits > 0 {
        let _always_fits = write!(out, ".{fraction:0digits$}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(value: i64, scale: i8) -> String {
        let mut out = b"x".to_vec();
        write_scaled(value, scale, &mut out);
        String::from_utf8(out).expect("digits").split_off(1)
    }

    #[test]
    fn points_stand_where_the_scale_says() {
        for (value, scale, text) in [
            (0, 0, "0"),
            (0, 2, "0.00"),
            (0, -2, "0"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (-50, 2, "-0.50"),
            (12345, 2, "123.45"),
            (-12345, 5, "-0.12345"),
            (12345, -2, "1234500"),
            (i64::MIN, 10, "-922337203.6854775808"),
        ] {
            assert_eq!(scaled(value, scale), text);
        }
    }
}
