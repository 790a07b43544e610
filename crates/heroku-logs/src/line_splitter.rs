//! Cuts a byte stream, given in chunks of any size, into lines with their byte offsets. Memory stays under one maximum
//! line: longer ones come out in pieces. What a line means is not decided here.

/// The longest run of bytes handed out at once. Logplex cuts dyno lines at 10,000 bytes, so only foreign text is longer.
pub const MAXIMUM_LINE_BYTES: usize = 1024 * 1024;

/// One line, or one piece of a line longer than [`MAXIMUM_LINE_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawLine<'a> {
    /// The bytes without `\n` or `\r\n`; any other byte, NUL included, is kept.
    pub bytes: &'a [u8],
    /// Offset in the stream of the first byte.
    pub offset: u64,
    /// Offset in the stream behind the last byte and its terminator.
    pub end_offset: u64,
    /// True when this continues the line of the call before: a further piece of a line that was too long.
    pub is_continued: bool,
}

/// The state between two chunks. Use: [`push`](Self::push) each chunk, then [`finish`](Self::finish) if the end of the
/// stream also ends its last line.
#[derive(Debug, Default)]
pub struct LineSplitter {
    /// The unterminated start of a line from earlier chunks.
    pending: Vec<u8>,
    /// Offset of the first pending byte, or of the next byte when nothing is pending.
    offset: u64,
    is_continued: bool,
}

impl LineSplitter {
    /// Starts at `offset`, the position in the stream of the first byte that will be pushed.
    pub fn new(offset: u64) -> LineSplitter {
        LineSplitter {
            offset,
            ..LineSplitter::default()
        }
    }

    /// Hands each line that ends in `chunk` to `sink`, in order; the rest waits for the next chunk.
    ///
    /// # Errors
    /// The first one `sink` returns; the splitter must not be used after it.
    pub fn push<E>(&mut self, chunk: &[u8], sink: &mut impl FnMut(RawLine<'_>) -> Result<(), E>) -> Result<(), E> {
        let mut rest = chunk;
        while let Some(position) = memchr::memchr(b'\n', rest) {
            let (line, behind) = (
                rest.get(..position).unwrap_or_default(),
                rest.get(position + 1..).unwrap_or_default(),
            );
            rest = behind;
            self.end_line(line, sink)?;
        }
        self.keep(rest, sink)
    }

    /// Takes what is pending as the last line. Nothing happens when the stream ended with a newline.
    ///
    /// # Errors
    /// What `sink` returns.
    pub fn finish<E>(&mut self, sink: &mut impl FnMut(RawLine<'_>) -> Result<(), E>) -> Result<(), E> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        let end_offset = self.offset + pending.len() as u64;
        let line = RawLine {
            bytes: &pending,
            offset: self.offset,
            end_offset,
            is_continued: self.is_continued,
        };
        self.offset = end_offset;
        self.is_continued = false;
        sink(line)
    }

    /// Number of bytes that wait for the end of their line.
    pub fn pending_bytes(&self) -> usize {
        self.pending.len()
    }

    fn end_line<E>(&mut self, line: &[u8], sink: &mut impl FnMut(RawLine<'_>) -> Result<(), E>) -> Result<(), E> {
        if !self.pending.is_empty() || line.len() > MAXIMUM_LINE_BYTES {
            self.keep(line, sink)?;
            let mut pending = std::mem::take(&mut self.pending);
            let result = self.hand_out_terminated(&pending, sink);
            pending.clear();
            self.pending = pending;
            return result;
        }
        self.hand_out_terminated(line, sink)
    }

    fn hand_out_terminated<E>(
        &mut self,
        line: &[u8],
        sink: &mut impl FnMut(RawLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let end_offset = self.offset + line.len() as u64 + 1;
        let bytes = line.strip_suffix(b"\r").unwrap_or(line);
        let raw = RawLine {
            bytes,
            offset: self.offset,
            end_offset,
            is_continued: self.is_continued,
        };
        self.offset = end_offset;
        self.is_continued = false;
        sink(raw)
    }

    /// Adds unterminated bytes; full pieces of a line that is too long go out, the last byte always stays, so that the
    /// cut falls at the same place however the stream was chunked.
    fn keep<E>(&mut self, mut bytes: &[u8], sink: &mut impl FnMut(RawLine<'_>) -> Result<(), E>) -> Result<(), E> {
        while self.pending.len() + bytes.len() > MAXIMUM_LINE_BYTES {
            let (now, later) = bytes
                .split_at_checked(MAXIMUM_LINE_BYTES - self.pending.len())
                .unwrap_or((bytes, &[]));
            self.pending.extend_from_slice(now);
            bytes = later;
            let mut piece = std::mem::take(&mut self.pending);
            let end_offset = self.offset + piece.len() as u64;
            let raw = RawLine {
                bytes: &piece,
                offset: self.offset,
                end_offset,
                is_continued: self.is_continued,
            };
            self.offset = end_offset;
            self.is_continued = true;
            sink(raw)?;
            piece.clear();
            self.pending = piece;
        }
        self.pending.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    type Owned = (Vec<u8>, u64, u64, bool);

    fn split(chunks: &[&[u8]], first_offset: u64) -> Vec<Owned> {
        let mut lines = Vec::new();
        let mut sink = |line: RawLine<'_>| {
            lines.push((line.bytes.to_vec(), line.offset, line.end_offset, line.is_continued));
            Ok::<(), Infallible>(())
        };
        let mut splitter = LineSplitter::new(first_offset);
        for chunk in chunks {
            splitter.push(chunk, &mut sink).unwrap();
        }
        splitter.finish(&mut sink).unwrap();
        lines
    }

    #[test]
    fn terminators_go_and_offsets_count_them() {
        let lines = split(&[b"a\r\n\nb\0\r", b"\rc\nlast"], 10);
        let expected: Vec<Owned> = vec![
            (b"a".to_vec(), 10, 13, false),
            (b"".to_vec(), 13, 14, false),
            (b"b\0\r\rc".to_vec(), 14, 20, false),
            (b"last".to_vec(), 20, 24, false),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_partial_line_waits() {
        let mut splitter = LineSplitter::new(0);
        let mut count = 0;
        let mut sink = |_: RawLine<'_>| {
            count += 1;
            Ok::<(), Infallible>(())
        };
        splitter.push(b"half", &mut sink).unwrap();
        assert_eq!(splitter.pending_bytes(), 4);
        assert_eq!(count, 0);
    }

    #[test]
    fn a_line_over_the_maximum_comes_in_pieces_and_nothing_is_lost() {
        let mut text = vec![b'x'; 2 * MAXIMUM_LINE_BYTES + 5];
        text.extend_from_slice(b"\nnext\n");
        let whole = split(&[&text], 0);
        let sizes: Vec<(usize, bool)> = whole.iter().map(|line| (line.0.len(), line.3)).collect();
        assert_eq!(
            sizes,
            [
                (MAXIMUM_LINE_BYTES, false),
                (MAXIMUM_LINE_BYTES, true),
                (5, true),
                (4, false)
            ]
        );
        let chunks: Vec<&[u8]> = text.chunks(300_007).collect();
        assert_eq!(split(&chunks, 0), whole);
        let exact = [vec![b'x'; MAXIMUM_LINE_BYTES], b"\n".to_vec()].concat();
        assert_eq!(split(&[&exact], 0).len(), 1);
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_lines(text in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..300), cuts in proptest::collection::vec(0usize..300, 0..8)) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.push(0);
            cuts.push(text.len());
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            let whole = split(&[&text], 0);
            prop_assert_eq!(&split(&chunks, 0), &whole);
            prop_assert_eq!(whole.last().map_or(0, |line| line.2), text.len() as u64);
            prop_assert!(whole.windows(2).all(|pair| pair[0].2 == pair[1].1));
        }
    }
}
