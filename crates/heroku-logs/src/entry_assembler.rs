//! Joins lines to entries: a line without prefix belongs to the message before it. Bounded in memory, and able to go on
//! behind an entry that was handed out already. Cutting bytes into lines is not done here.

use crate::entry::{LogEntry, ParseProblem};
use crate::line_splitter::{MAXIMUM_LINE_BYTES, RawLine};
use crate::prefix::{self, Prefix};

/// An entry longer than this comes in pieces. Two lines of the largest size fit.
pub const MAXIMUM_ENTRY_BYTES: usize = 2 * MAXIMUM_LINE_BYTES;

/// A longer run of empty lines within an entry is shortened to this.
const MAXIMUM_EMPTY_LINES: usize = 1024;

/// Takes lines one by one and hands out finished entries. An entry is finished when the next one starts, so the newest
/// waits until [`flush`](Self::flush).
#[derive(Debug, Default)]
pub struct EntryAssembler {
    open: Option<Slot>,
    finished: Slot,
    spare: Slot,
    /// Everything before this offset was handed out by an earlier assembler.
    handed_out_until: u64,
    end_offset: u64,
}

/// One entry (or piece of one) being built; kept between entries for its buffer.
#[derive(Debug, Default)]
struct Slot {
    text: Vec<u8>,
    head_length: usize,
    prefix: Option<Prefix>,
    entry_offset: u64,
    offset: u64,
    end_offset: u64,
    piece: u32,
    /// Empty lines behind the text, which belong to it only if more text follows.
    empty_lines: usize,
    /// Set by a flush: where the entry ended when it was handed out.
    flushed_until: Option<u64>,
}

impl EntryAssembler {
    /// An assembler for a stream that is read from its start.
    pub fn new() -> EntryAssembler {
        EntryAssembler::default()
    }

    /// An assembler that goes on: the first line pushed is at `resume_offset`, and what ends at or before
    /// `handed_out_until` is not handed out again. Both come from [`position`](Self::position).
    pub fn resume(resume_offset: u64, handed_out_until: u64) -> EntryAssembler {
        EntryAssembler {
            handed_out_until,
            end_offset: resume_offset,
            ..EntryAssembler::default()
        }
    }

    /// Adds a line; returns the entry that it finished, if any. Empty lines count only between lines of one entry:
    /// before and behind it there is nothing in them.
    pub fn push(&mut self, line: RawLine<'_>) -> Option<LogEntry<'_>> {
        self.end_offset = line.end_offset;
        let line = without_byte_order_mark(line);
        if !line.is_continued
            && let Some((text, prefix)) = prefix::find(line.bytes)
        {
            let mut slot = self.start(line, 0, line.offset);
            slot.text.extend_from_slice(&text);
            slot.head_length = slot.text.len();
            slot.prefix = Some(prefix);
            return self.replace(slot);
        }
        match &mut self.open {
            Some(open) if line.is_continued || (open.is_log_line() && !is_command(line.bytes)) => {
                if line.bytes.is_empty() && !line.is_continued {
                    open.empty_lines = (open.empty_lines + 1).min(MAXIMUM_EMPTY_LINES);
                    return None;
                }
                if open.text.len() + open.empty_lines + line.bytes.len() >= MAXIMUM_ENTRY_BYTES {
                    return self.start_piece(line);
                }
                open.join(line);
                None
            }
            _ if line.bytes.is_empty() => None,
            _ => {
                let mut slot = self.start(line, 0, line.offset);
                slot.text.extend_from_slice(line.bytes);
                slot.head_length = slot.text.len();
                self.replace(slot)
            }
        }
    }

    /// Hands out the newest entry although lines may follow that belong to it: at the end of the stream, or when it is
    /// quiet. If such lines do follow, the entry comes again, whole, with `is_extended`.
    pub fn flush(&mut self) -> Option<LogEntry<'_>> {
        let handed_out_until = self.handed_out_until;
        let open = self.open.as_mut()?;
        if !open.is_news(handed_out_until) {
            return None;
        }
        let is_extended = open.is_extended(handed_out_until);
        open.flushed_until = Some(open.end_offset);
        Some(open.entry(is_extended))
    }

    /// Where to go on later: the offset to read from and the offset up to which entries were handed out. The first is
    /// smaller when the newest entry may still grow.
    pub fn position(&self) -> (u64, u64) {
        match &self.open {
            None => (self.end_offset, self.end_offset.max(self.handed_out_until)),
            Some(open) => {
                let until = open.flushed_until.unwrap_or(open.offset);
                (open.entry_offset, until.max(self.handed_out_until))
            }
        }
    }

    /// A further piece of the open entry, which is full: same prefix, the text goes on.
    fn start_piece(&mut self, line: RawLine<'_>) -> Option<LogEntry<'_>> {
        let (piece, entry_offset) = self
            .open
            .as_ref()
            .map_or((0, line.offset), |open| (open.piece + 1, open.entry_offset));
        let mut slot = self.start(line, piece, entry_offset);
        if let Some(open) = &self.open
            && let Some(prefix) = &open.prefix
        {
            slot.text
                .extend_from_slice(open.text.get(..prefix.message_start).unwrap_or_default());
            slot.prefix = Some(prefix.clone());
        }
        slot.empty_lines = self.open.as_ref().map_or(0, |open| open.empty_lines);
        slot.join(line);
        slot.head_length = slot.text.len();
        self.replace(slot)
    }

    fn start(&mut self, line: RawLine<'_>, piece: u32, entry_offset: u64) -> Slot {
        let mut text = std::mem::take(&mut self.spare.text);
        text.clear();
        let (offset, end_offset) = (line.offset, line.end_offset);
        Slot {
            text,
            entry_offset,
            offset,
            end_offset,
            piece,
            ..Slot::default()
        }
    }

    fn replace(&mut self, slot: Slot) -> Option<LogEntry<'_>> {
        let finished = self.open.replace(slot)?;
        self.spare = std::mem::replace(&mut self.finished, finished);
        if !self.finished.is_news(self.handed_out_until) {
            return None;
        }
        Some(self.finished.entry(self.finished.is_extended(self.handed_out_until)))
    }
}

/// The mark that some editors and shells put before the first byte of a UTF-8 file is not text.
fn without_byte_order_mark(line: RawLine<'_>) -> RawLine<'_> {
    match line.bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(bytes) if line.offset == 0 => RawLine { bytes, ..line },
        _ => line,
    }
}

/// True for the command that a transcript of a terminal shows before the lines it printed.
fn is_command(line: &[u8]) -> bool {
    line.strip_prefix(b"$ ").unwrap_or(line).starts_with(b"heroku logs")
}

impl Slot {
    fn join(&mut self, line: RawLine<'_>) {
        let empty_lines = std::mem::take(&mut self.empty_lines);
        self.text
            .resize(self.text.len() + empty_lines + usize::from(!line.is_continued), b'\n');
        self.text.extend_from_slice(line.bytes);
        self.end_offset = line.end_offset;
    }

    fn is_log_line(&self) -> bool {
        self.prefix.is_some()
    }

    fn is_news(&self, handed_out_until: u64) -> bool {
        self.end_offset > self.flushed_until.unwrap_or_default().max(handed_out_until)
    }

    fn is_extended(&self, handed_out_until: u64) -> bool {
        self.flushed_until.is_some() || self.offset < handed_out_until
    }

    fn entry(&self, is_extended: bool) -> LogEntry<'_> {
        let head = self.text.get(..self.head_length).unwrap_or_default();
        let whole = LogEntry {
            offset: self.offset,
            end_offset: self.end_offset,
            piece: self.piece,
            is_extended,
            time: None,
            source: None,
            process: None,
            head,
            message: &self.text,
            problem: Some(ParseProblem::NoPrefix),
        };
        let Some(prefix) = &self.prefix else {
            return whole;
        };
        if prefix.time.is_none() {
            return LogEntry {
                problem: Some(ParseProblem::InvalidTimestamp),
                ..whole
            };
        }
        let name = |range: &std::ops::Range<usize>| {
            self.text
                .get(range.clone())
                .and_then(|name| std::str::from_utf8(name).ok())
        };
        LogEntry {
            time: prefix.time,
            source: name(&prefix.source),
            process: name(&prefix.process).filter(|process| !process.is_empty()),
            message: self.text.get(prefix.message_start..).unwrap_or_default(),
            problem: None,
            ..whole
        }
    }
}

#[cfg(test)]
#[path = "entry_assembler/tests.rs"]
mod tests;
