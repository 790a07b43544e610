//! Terminal colour codes (`ESC [ … m`), which `heroku logs` writes when colours are forced.
//! Only finds and removes them; which part of a line to clean is the caller's decision.

use std::borrow::Cow;

/// The byte every colour code starts with.
pub(crate) const ESCAPE: u8 = 0x1b;

/// Length in bytes of the colour code at the start of `bytes`; 0 when there is none.
pub(crate) fn code_length(bytes: &[u8]) -> usize {
    let Some(parameters) = bytes.strip_prefix(b"\x1b[") else {
        return 0;
    };
    let digits = parameters
        .iter()
        .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b':'))
        .count();
    match parameters.get(digits) {
        Some(b'm') => digits + 3,
        _ => 0,
    }
}

/// `text` without colour codes; borrowed when it has none.
pub(crate) fn without_codes(text: &str) -> Cow<'_, str> {
    if memchr::memchr(ESCAPE, text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(position) = rest.find('\x1b') {
        let (before, from_escape) = rest.split_at(position);
        clean.push_str(before);
        // A code is ASCII, so cutting behind it, or behind a lone ESC, stays on a character boundary.
        let length = code_length(from_escape.as_bytes());
        if length == 0 {
            clean.push('\x1b');
        }
        rest = from_escape.get(length.max(1)..).unwrap_or_default();
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_codes_go_and_everything_else_stays() {
        assert_eq!(without_codes("plain"), "plain");
        assert_eq!(without_codes("\x1b[1;34mINFO \x1b[0mok"), "INFO ok");
        assert_eq!(without_codes("\x1bé\x1b[2Jx\x1b["), "\x1bé\x1b[2Jx\x1b[");
    }
}
