//! The id of a line: a function of the app's name, the line's text and how many equal lines came before it, so that
//! reading something twice gives the same ids, wherever it is read. Only a line whose equals cannot be counted (it has no
//! time, or comes very late) is known by its place instead. Nothing is random.

use aws_lc_rs::digest::{Context, SHA256};
use heroku_logs::LogEntry;
use serde::{Serialize, Serializer};

/// Hexadecimal digits of an id: the first 128 bits of a SHA-256.
const ID_DIGITS: usize = 32;
/// A fingerprint has 48 bits: short enough to keep hundreds in the state, and two of 1,500 lines agree by chance once in
/// hundred million windows.
pub(crate) const FINGERPRINT_BITS: u32 = 48;

/// SHA-256 of what makes a line itself: scope, piece and first line of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineDigest([u8; 32]);

impl LineDigest {
    /// `scope` is the name of the app, empty when it is not known.
    pub(crate) fn new(scope: &str, entry: &LogEntry<'_>) -> LineDigest {
        let mut context = Context::new(&SHA256);
        context.update(scope.as_bytes());
        context.update(&[0]);
        context.update(&entry.piece.to_le_bytes());
        context.update(entry.head);
        LineDigest::finish(context)
    }

    /// The short form by which a line is recognised in the next run.
    pub(crate) fn fingerprint(&self) -> u64 {
        let first = self.0.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        first >> (64 - FINGERPRINT_BITS)
    }

    /// The id of the line that has `ordinal` equal lines before it.
    pub(crate) fn id(&self, ordinal: u32) -> LineId {
        if ordinal == 0 {
            return LineId::from_digest(self);
        }
        let mut context = Context::new(&SHA256);
        context.update(&self.0);
        context.update(&ordinal.to_le_bytes());
        LineId::from_digest(&LineDigest::finish(context))
    }

    /// The id of a line that is known by its place: its number in what `place` names.
    pub(crate) fn id_at(&self, place: &str, sequence: u64) -> LineId {
        let mut context = Context::new(&SHA256);
        context.update(&self.0);
        context.update(place.as_bytes());
        context.update(&[0]);
        context.update(&sequence.to_le_bytes());
        LineId::from_digest(&LineDigest::finish(context))
    }

    fn finish(context: Context) -> LineDigest {
        let mut bytes = [0; 32];
        for (target, source) in bytes.iter_mut().zip(context.finish().as_ref()) {
            *target = *source;
        }
        LineDigest(bytes)
    }
}

/// An id as text: 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LineId([u8; ID_DIGITS]);

impl LineId {
    /// The id of a row that is not a line, from the parts that make it itself.
    pub(crate) fn of_parts(parts: &[&str]) -> LineId {
        let mut context = Context::new(&SHA256);
        for part in parts {
            context.update(part.as_bytes());
            context.update(&[0]);
        }
        LineId::from_digest(&LineDigest::finish(context))
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn from_digest(digest: &LineDigest) -> LineId {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or(b'0');
        let mut text = [b'0'; ID_DIGITS];
        for (pair, byte) in text.chunks_exact_mut(2).zip(digest.0) {
            if let [high, low] = pair {
                (*high, *low) = (digit(byte >> 4), digit(byte & 15));
            }
        }
        LineId(text)
    }
}

impl Serialize for LineId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// SHA-256 as hexadecimal text, for fingerprints of files.
pub(crate) struct ContentHash(Context);

impl ContentHash {
    pub(crate) fn new() -> ContentHash {
        ContentHash(Context::new(&SHA256))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The first 128 bits as 32 digits.
    pub(crate) fn finish(self) -> String {
        LineId::from_digest(&LineDigest::finish(self.0)).as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use heroku_logs::{EntryAssembler, RawLine};

    use super::*;

    fn digest(scope: &str, line: &str) -> LineDigest {
        let mut assembler = EntryAssembler::new();
        let bytes = line.as_bytes();
        assembler.push(RawLine {
            bytes,
            offset: 0,
            end_offset: bytes.len() as u64,
            is_continued: false,
        });
        LineDigest::new(scope, &assembler.flush().unwrap())
    }

    #[test]
    fn ids_never_change() {
        // Rows in users' tables carry these: a change of the scheme would double them.
        let line = digest("shop", "2024-11-08T20:46:09Z app[web.1]: hello");
        assert_eq!(line.id(0).as_str(), "3b8089e03c88a7efb90d271970911597");
        assert_eq!(line.id(1).as_str(), "54c9ea65d764e4a1815036f9fc88fbdd");
        assert_eq!(line.id_at("a.log", 7).as_str(), "545917a85c9ff07a5040ddedd265ef33");
        assert_eq!(
            LineId::of_parts(&["a", "b"]).as_str(),
            "8fb20ef63ced4145fc2e983ffe597d1d"
        );
    }

    #[test]
    fn scope_text_and_ordinal_make_the_id_and_colours_do_not() {
        let line = digest("shop", "2024-11-08T20:46:09Z app[web.1]: hello");
        let coloured = digest("shop", "\x1b[36m2024-11-08T20:46:09Z app[web.1]:\x1b[39m hello");
        assert_eq!(line, coloured);
        let others = [
            digest("shop2", "2024-11-08T20:46:09Z app[web.1]: hello"),
            digest("shop", "2024-11-08T20:46:09Z app[web.1]: hello "),
        ];
        assert!(
            others
                .iter()
                .all(|other| other.fingerprint() != line.fingerprint() && other.id(0) != line.id(0))
        );
        assert_ne!(line.id(0), line.id(1));
        assert!(line.fingerprint() < 1 << FINGERPRINT_BITS);
    }
}
