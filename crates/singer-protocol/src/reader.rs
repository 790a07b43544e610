//! Lines from any `BufRead` to messages, with one line buffer for the whole input. What a line means is `parse.rs`.

use std::io::BufRead;

use crate::error::ReadError;
use crate::message::Message;
use crate::parse::parse_line;
use crate::record_text::RecordScanner;

/// Reads one message per line. Blank lines are skipped but counted.
#[derive(Debug)]
pub struct MessageReader<R> {
    input: R,
    /// The current line, or the part of it that was there when the input paused.
    line: Vec<u8>,
    /// False while `line` holds an unfinished line.
    line_is_finished: bool,
    number: u64,
    scanner: RecordScanner,
}

/// A message with the place it came from.
#[derive(Debug)]
pub struct Line<'a> {
    /// Line number in the input, from 1, blank lines counted.
    pub number: u64,
    /// What the line says.
    pub message: Message<'a>,
    /// Length of the line without its line end.
    pub size_bytes: usize,
}

impl<R: BufRead> MessageReader<R> {
    /// A reader at the beginning of `input`.
    pub fn new(input: R) -> Self {
        Self {
            input,
            line: Vec::new(),
            line_is_finished: true,
            number: 0,
            scanner: RecordScanner::default(),
        }
    }

    /// The input, for what a caller does between two lines.
    pub fn input_mut(&mut self) -> &mut R {
        &mut self.input
    }

    /// The next message, `None` at the end of the input. The message borrows from the reader's line buffer.
    ///
    /// # Errors
    /// [`ReadError`]. After a pause ([`ReadError::is_pause`]) and after a bad line the reader can be called again.
    pub fn next_message(&mut self) -> Result<Option<Line<'_>>, ReadError> {
        loop {
            if self.line_is_finished {
                self.line.clear();
                self.line_is_finished = false;
            }
            self.input.read_until(b'\n', &mut self.line).map_err(ReadError::Io)?;
            self.line_is_finished = true;
            if self.line.is_empty() {
                return Ok(None);
            }
            self.number += 1;
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        let text = self.line.trim_ascii_end();
        let message = parse_line(text, self.number, &mut self.scanner)?;
        Ok(Some(Line {
            number: self.number,
            message,
            size_bytes: text.len(),
        }))
    }
}

#[cfg(test)]
mod tests;
