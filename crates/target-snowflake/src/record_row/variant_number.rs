//! Numbers that VARIANT would not keep: Snowflake stores a number as written when it has at most 38 digits and no exponent,
//! and makes a double of any other. Finds those inside JSON and does with them what the user wants. Not for columns of
//! numbers: `number.rs`.

use std::borrow::Cow;

use memchr::memchr2;

use super::number::{Precision, write_float, write_plain_number};
use crate::columns::VariantNumbers;

/// A number of 38 digits with its point. Longer ones may be doubles in VARIANT.
const SAFE_CHARACTERS: usize = 39;

/// The JSON text with numbers that VARIANT would change in another form: plain digits for an exponent where that keeps
/// them, else as `treatment` says. `None` when it says to refuse.
pub(crate) fn keep_numbers(json: &[u8], treatment: VariantNumbers) -> Option<(Cow<'_, [u8]>, Precision)> {
    if !may_lose_digits(json) {
        return Some((Cow::Borrowed(json), Precision::Kept));
    }
    let mut kept = Vec::new();
    let mut precision = Precision::Kept;
    let mut done = 0;
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => at = string_end(json, at),
            b'-' | b'0'..=b'9' => {
                let end = number_end(json, at);
                let number = json.get(at..end).unwrap_or_default();
                let before = kept.len();
                kept.extend_from_slice(json.get(done..at).unwrap_or_default());
                match rewrite(number, treatment, &mut kept)? {
                    None => kept.truncate(before),
                    Some(found) => {
                        precision = precision.max(found);
                        done = end;
                    }
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    if done == 0 {
        return Some((Cow::Borrowed(json), precision));
    }
    kept.extend_from_slice(json.get(done..).unwrap_or_default());
    Some((Cow::Owned(kept), precision))
}

/// Appends the form that a number needs: `Some(None)`, and nothing worth keeping, when it can stay as it is.
fn rewrite(number: &[u8], treatment: VariantNumbers, out: &mut Vec<u8>) -> Option<Option<Precision>> {
    if !may_lose_digits(number) {
        return Some(None);
    }
    // What the double's own digits are is not looked at twice: one that says the same number is as good as an exact one.
    let as_double = write_float(number, &mut Vec::new());
    if as_double == Some(Precision::Kept) {
        return Some(None);
    }
    if write_plain_number(number, out).is_some() {
        return Some(Some(Precision::Kept));
    }
    match (treatment, as_double) {
        (VariantNumbers::String, _) => {
            out.push(b'"');
            out.extend_from_slice(number);
            out.push(b'"');
            Some(Some(Precision::Quoted))
        }
        (VariantNumbers::Round, Some(_)) => {
            out.extend_from_slice(number);
            Some(Some(Precision::Lost))
        }
        (VariantNumbers::Round | VariantNumbers::Refuse, _) => None,
    }
}

/// Cheap, because every VARIANT value is asked: whether a digit stands before an `e`, or so many characters of a number
/// stand in a row. Strings are not told from numbers here, so some answers are yes for nothing.
fn may_lose_digits(json: &[u8]) -> bool {
    let next = json.get(1..).unwrap_or_default();
    // Without a branch, so that the compiler makes vector instructions of it.
    let has_exponent = json.iter().zip(next).fold(false, |found, (first, second)| {
        found | (first.is_ascii_digit() & (second | 0x20 == b'e'))
    });
    has_exponent || has_long_number(json)
}

/// A run of more than `SAFE_CHARACTERS - 1` digits and points covers one of the positions looked at.
fn has_long_number(json: &[u8]) -> bool {
    let is_part = |byte: &&u8| byte.is_ascii_digit() || **byte == b'.';
    let is_long_around = |at: usize| {
        let (before, after) = json.split_at_checked(at).unwrap_or_default();
        let length = before.iter().rev().take_while(is_part).count() + after.iter().take_while(is_part).count();
        length >= SAFE_CHARACTERS
    };
    let looked_at = json
        .iter()
        .enumerate()
        .skip(SAFE_CHARACTERS - 1)
        .step_by(SAFE_CHARACTERS);
    let mut parts = looked_at.filter(|(_, byte)| is_part(byte));
    parts.any(|(at, _)| is_long_around(at))
}

/// The position behind the string that begins here.
fn string_end(json: &[u8], begin: usize) -> usize {
    let mut at = begin + 1;
    while let Some(found) = json.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if json.get(at) == Some(&b'"') {
            return at + 1;
        }
        at += 2;
    }
    json.len()
}

fn number_end(json: &[u8], begin: usize) -> usize {
    let is_part = |byte: &&u8| byte.is_ascii_digit() || b"+-.eE".contains(*byte);
    begin + json.get(begin..).unwrap_or_default().iter().take_while(is_part).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(json: &str, treatment: VariantNumbers) -> Option<(String, Precision)> {
        let (text, precision) = keep_numbers(json.as_bytes(), treatment)?;
        Some((String::from_utf8(text.into_owned()).expect("UTF-8"), precision))
    }

    fn as_string(json: &str) -> (String, Precision) {
        kept(json, VariantNumbers::String).expect("nothing is refused")
    }

    #[test]
    fn what_variant_keeps_stays_as_it_is() {
        let digits = "12345678901234567890123456789012345678";
        let cases = [
            r#"{"a": 1.10, "b": [-0, true, null], "c": "5e9"}"#.to_owned(),
            format!(
                "[{digits},-{digits},0.{},{}]",
                &digits[..37],
                digits.replacen("12", "1.2", 1)
            ),
            "[1e300, 1.5E-7, 0e999999999999]".to_owned(),
            format!("[1{},0.{}5]", "0".repeat(300), "0".repeat(300)),
            format!(r#"{{"{digits}99":"{digits}99e5 \" 1e999 \\"}}"#),
        ];
        for json in cases {
            assert_eq!(as_string(&json), (json.clone(), Precision::Kept));
        }
    }

    #[test]
    fn an_exponent_goes_where_plain_digits_say_the_same() {
        let (json, precision) = as_string(r#"{"a":[1.2345678901234567890e5,-1234567890123456789012e-25]}"#);
        assert_eq!(json, r#"{"a":[123456.7890123456789,-0.0001234567890123456789012]}"#);
        assert_eq!(precision, Precision::Kept);
    }

    #[test]
    fn other_digits_are_kept_in_a_string_or_as_the_user_wants() {
        let long = "1234567890123456789012345678901234567890123";
        let json = format!(r#"{{"n":{long},"s":"{long}","l":[0.{long}]}}"#);
        let expected = format!(r#"{{"n":"{long}","s":"{long}","l":["0.{long}"]}}"#);
        assert_eq!(as_string(&json), (expected, Precision::Quoted));
        assert_eq!(as_string("[1e400]"), ("[\"1e400\"]".to_owned(), Precision::Quoted));
        assert_eq!(as_string(long), (format!("\"{long}\""), Precision::Quoted));
        assert_eq!(
            kept(&json, VariantNumbers::Round),
            Some((json.clone(), Precision::Lost))
        );
        assert_eq!(kept("[1e400]", VariantNumbers::Round), None, "no double is so large");
        assert_eq!(kept(&json, VariantNumbers::Refuse), None);
        assert_eq!(kept("[1e-400]", VariantNumbers::Refuse), None);
    }

    proptest! {
        /// The cheap look never misses what the careful one would change.
        #[test]
        fn no_number_slips_through(before in "[ \\[,a\".]{0,60}", number in "-?[1-9][0-9]{0,60}(\\.[0-9]{1,50})?(e-?[0-9]{1,3})?") {
            let json = format!("{before},{number}");
            let careful = rewrite_always(&number);
            prop_assert_eq!(!may_lose_digits(json.as_bytes()) && careful, false, "{}", json);
        }
    }

    /// Whether VARIANT changes the number, by its documented rule alone.
    fn rewrite_always(number: &str) -> bool {
        let digits = number.bytes().filter(u8::is_ascii_digit).count();
        let has_exponent = number.contains('e');
        (digits > 38 || has_exponent) && write_float(number.as_bytes(), &mut Vec::new()) != Some(Precision::Kept)
    }
}
