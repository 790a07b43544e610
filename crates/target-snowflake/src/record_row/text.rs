//! JSON strings and JSON text to CSV fields: text is in quotes, and quotes inside are doubled.
//! Not for numbers or dates.

use std::borrow::Cow;

use memchr::memchr;
use wide::u8x32;

/// Appends the string that `literal`, a JSON string with its quotes, stands for as a CSV field.
pub(crate) fn write_string(literal: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    unescape(inside_quotes(literal), out, |character, out| {
        if character == b'"' {
            out.push(b'"');
        }
        out.push(character);
    });
    out.push(b'"');
}

/// What the string says, for reading it as something else.
pub(crate) fn string_content(literal: &[u8], has_escape: bool) -> Cow<'_, [u8]> {
    let body = inside_quotes(literal);
    if !has_escape {
        return Cow::Borrowed(body);
    }
    Cow::Owned(unescaped(body))
}

/// The text that an escaped JSON string's inside stands for, lone surrogates as U+FFFD.
pub(crate) fn unescaped(body: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(body.len());
    unescape(body, &mut content, |character, out| out.push(character));
    content
}

/// Appends bytes that need no look inside (digits, `true`) as a CSV field. Without quotes, unless the field would be nothing:
/// that is NULL.
pub(crate) fn write_plain(text: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(if text.is_empty() { b"\"\"" } else { text });
}

/// Appends JSON text as a CSV field, as it is: numbers keep their digits and objects their order. Only an escape that is
/// half of a surrogate pair is replaced (by `\ufffd`): it stands for no character, and Snowflake would refuse the row.
/// `\u0000` is kept.
pub(crate) fn write_json(json: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = json;
    while let Some(blocks) = rest.first_chunk() {
        rest = write_block(blocks, BLOCK, rest, out);
    }
    while !rest.is_empty() {
        let mut blocks = [0; 2 * BLOCK];
        if let Some(room) = blocks.get_mut(..rest.len()) {
            room.copy_from_slice(rest);
        }
        rest = write_block(&blocks, rest.len().min(BLOCK), rest, out);
    }
    out.push(b'"');
}

/// So many bytes are looked at once.
const BLOCK: usize = 32;

/// Writes of `text` the first `length` bytes, which `blocks` begins with, or less when there is an escape; gives the rest.
/// Quotes follow each other after a few bytes in JSON, so they are found for all bytes at once, and what is between them is
/// copied as 32 bytes of which some are given back.
#[inline(always)]
fn write_block<'t>(blocks: &[u8; 2 * BLOCK], length: usize, text: &'t [u8], out: &mut Vec<u8>) -> &'t [u8] {
    let Some(block) = blocks.first_chunk::<BLOCK>() else {
        return &[];
    };
    let bytes = u8x32::new(*block);
    let mut quotes = bytes.simd_eq(u8x32::splat(b'"')).to_bitmask();
    let backslashes = bytes.simd_eq(u8x32::splat(b'\\')).to_bitmask();
    // Up to the first backslash, behind which a quote is no end.
    let end = length.min(backslashes.trailing_zeros() as usize);
    quotes &= 1_u32.unbounded_shl(end as u32).wrapping_sub(1);
    let mut begin = 0;
    while quotes != 0 {
        let behind = quotes.trailing_zeros() as usize + 1;
        copy_short(blocks, begin, behind, out);
        out.push(b'"');
        begin = behind;
        quotes &= quotes - 1;
    }
    copy_short(blocks, begin, end, out);
    let (_, rest) = text.split_at(end);
    if end < length { write_escape(rest, out) } else { rest }
}

/// Appends `bytes[begin..end]`, at most a block.
#[inline(always)]
fn copy_short(bytes: &[u8], begin: usize, end: usize, out: &mut Vec<u8>) {
    if let Some(block) = bytes.get(begin..).and_then(<[u8]>::first_chunk::<BLOCK>) {
        let length = out.len() + end - begin;
        out.extend_from_slice(block);
        out.truncate(length);
    }
}

/// Appends the escape that the text begins with; gives what follows it.
fn write_escape<'j>(text: &'j [u8], out: &mut Vec<u8>) -> &'j [u8] {
    match text {
        [b'\\', b'"', after @ ..] => {
            out.extend_from_slice(b"\\\"\"");
            after
        }
        [b'\\', b'u', ..] => {
            let (escape, after) = whole_unicode_escape(text);
            out.extend_from_slice(escape);
            after
        }
        _ => {
            let (escape, after) = text.split_at(text.len().min(2));
            out.extend_from_slice(escape);
            after
        }
    }
}

/// The `\uXXXX` (or a pair of them) at the start of the text and what follows it; half a pair is given as `\ufffd`.
pub(crate) fn whole_unicode_escape(escape: &[u8]) -> (&[u8], &[u8]) {
    let length = match code_unit(escape) {
        Some(0xD800..=0xDBFF) => match escape.get(6..).and_then(code_unit) {
            Some(0xDC00..=0xDFFF) => 12,
            _ => 0,
        },
        Some(0xDC00..=0xDFFF) => 0,
        _ => 6,
    };
    match length {
        0 => (b"\\ufffd".as_slice(), escape.get(6..).unwrap_or_default()),
        _ => escape.split_at_checked(length).unwrap_or((escape, &[])),
    }
}

/// Unescapes into `out`; `special` writes the single characters that escapes other than `\u` stand for.
fn unescape(body: &[u8], out: &mut Vec<u8>, special: impl Fn(u8, &mut Vec<u8>)) {
    let mut rest = body;
    while let Some(found) = memchr(b'\\', rest) {
        let (before, escape) = rest.split_at(found);
        out.extend_from_slice(before);
        let Some(kind) = escape.get(1) else { return };
        rest = escape.get(2..).unwrap_or_default();
        match kind {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'b' => out.push(0x08),
            b'f' => out.push(0x0C),
            b'u' => {
                let (character, length) = unicode_escape(escape);
                rest = escape.get(length..).unwrap_or_default();
                match u8::try_from(character) {
                    Ok(byte) if byte.is_ascii() => special(byte, out),
                    _ => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
                }
            }
            other => special(*other, out),
        }
    }
    out.extend_from_slice(rest);
}

/// The character that `\uXXXX` (or a pair of them) stands for, and how many bytes it takes. A half pair is U+FFFD.
fn unicode_escape(escape: &[u8]) -> (char, usize) {
    let Some(first) = code_unit(escape) else {
        return (char::REPLACEMENT_CHARACTER, 6);
    };
    if let Some(character) = char::from_u32(first) {
        return (character, 6);
    }
    let second = escape.get(6..).and_then(code_unit);
    match (first, second) {
        (0xD800..=0xDBFF, Some(second @ 0xDC00..=0xDFFF)) => {
            let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
        }
        _ => (char::REPLACEMENT_CHARACTER, 6),
    }
}

/// The number in `\uXXXX` at the start of the text.
fn code_unit(escape: &[u8]) -> Option<u32> {
    let digits = escape.strip_prefix(b"\\u")?.get(..4)?;
    digits
        .iter()
        .try_fold(0, |code, digit| Some(code * 16 + char::from(*digit).to_digit(16)?))
}

fn inside_quotes(literal: &[u8]) -> &[u8] {
    literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn string(literal: &str) -> String {
        let mut out = Vec::new();
        write_string(literal.as_bytes(), &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    fn json(text: &str) -> String {
        let mut out = Vec::new();
        write_json(text.as_bytes(), &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn strings_become_fields() {
        assert_eq!(string(r#""plain, as it is""#), r#""plain, as it is""#);
        assert_eq!(string(r#""""#), r#""""#);
        assert_eq!(string(r#""a\"b\\N\/\n\r\t\b\f""#), "\"a\"\"b\\N/\n\r\t\u{8}\u{c}\"");
        assert_eq!(string(r#""\u0022\u0000\u00e9\u6f22\ud83d\ude00""#), "\"\"\"\0é漢😀\"");
    }

    #[test]
    fn half_surrogate_pairs_are_replaced() {
        assert_eq!(string(r#""\ud83d""#), "\"\u{FFFD}\"");
        assert_eq!(string(r#""\ude00\ud83dx""#), "\"\u{FFFD}\u{FFFD}x\"");
        assert_eq!(string(r#""\ud83d\u0041\ud83d\n""#), "\"\u{FFFD}A\u{FFFD}\n\"");
        assert_eq!(
            json(r#"["\ud83d","\ud83d\ude00","\ude00\u0041\ud83d\ud83d\ude00"]"#),
            r#""[""\ufffd"",""\ud83d\ude00"",""\ufffd\u0041\ufffd\ud83d\ude00""]""#
        );
    }

    proptest! {
        /// Quotes, backslashes and halves of pairs at every distance from each other and from the end.
        #[test]
        fn json_is_what_byte_by_byte_makes_of_it(
            parts in proptest::collection::vec(
                prop_oneof![
                    4 => "[a-zé 0-9,:]{0,40}",
                    3 => Just("\"".to_owned()),
                    1 => prop_oneof![Just("\\\""), Just("\\\\"), Just("\\n"), Just("\\u00e9"), Just("\\ud83d\\ude00"), Just("\\ude00")].prop_map(str::to_owned),
                ],
                0..30,
            ),
        ) {
            let field = parts.iter().map(|part| match part.as_str() {
                "\\ude00" => "\\ufffd".to_owned(),
                other => other.replace('"', "\"\""),
            });
            prop_assert_eq!(json(&parts.concat()), format!("\"{}\"", field.collect::<String>()));
        }
    }

    #[test]
    fn json_is_kept_as_it_is() {
        assert_eq!(json(r#"{"a": [1.10, "\\\"\n"]}"#), r#""{""a"": [1.10, ""\\\""\n""]}""#);
    }
}
