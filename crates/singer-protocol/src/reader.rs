//! Lines from any `BufRead` to messages, without a copy where the input has a line whole. What a line means is `parse.rs`.

use std::io::{self, BufRead};

use memchr::memchr;

use crate::error::ReadError;
use crate::message::Message;
use crate::parse::parse_line;
use crate::record_text::RecordScanner;

/// Reads one message per line. Blank lines are skipped but counted. A line that the input has whole is read where it is;
/// only one that goes over two of the input's buffers is copied.
#[derive(Debug)]
pub struct MessageReader<R> {
    input: R,
    /// Bytes at the front of the input that are the line before, which a caller may have borrowed until now.
    used_bytes: usize,
    /// The length of a line that was found at the front of the input, should the input pause before it is taken.
    found_length: Option<usize>,
    /// The current line when it was copied, or the part of it that was there when the input paused.
    line: Vec<u8>,
    /// True while `line` holds an unfinished line.
    line_is_open: bool,
    number: u64,
    scanner: RecordScanner,
}

/// Where the next line is.
enum NextLine {
    /// At the front of the input, of so many bytes.
    Whole(usize),
    /// In the reader's own buffer.
    Copied,
    End,
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
            used_bytes: 0,
            found_length: None,
            line: Vec::new(),
            line_is_open: false,
            number: 0,
            scanner: RecordScanner::default(),
        }
    }

    /// The input, for what a caller does between two lines.
    pub fn input_mut(&mut self) -> &mut R {
        &mut self.input
    }

    /// The next message, `None` at the end of the input. The message borrows from the input's buffer or the reader's.
    ///
    /// # Errors
    /// [`ReadError`]. After a pause ([`ReadError::is_pause`]) and after a bad line the reader can be called again.
    pub fn next_message(&mut self) -> Result<Option<Line<'_>>, ReadError> {
        let next = self.next_line().map_err(ReadError::Io)?;
        let line = match next {
            NextLine::End => return Ok(None),
            NextLine::Copied => self.line.as_slice(),
            NextLine::Whole(length) => {
                // It may pause even now: the line is found already when the reader is called again.
                self.found_length = Some(length);
                let line = self.input.fill_buf().map_err(ReadError::Io)?.get(..length);
                self.found_length = None;
                self.used_bytes = length + 1;
                line.unwrap_or_default()
            }
        };
        self.number += 1;
        let text = line.trim_ascii_end();
        let message = parse_line(text, self.number, &mut self.scanner)?;
        Ok(Some(Line {
            number: self.number,
            message,
            size_bytes: text.len(),
        }))
    }

    /// Finds the next line that is not blank, and counts those that are.
    fn next_line(&mut self) -> io::Result<NextLine> {
        if let Some(length) = self.found_length {
            return Ok(NextLine::Whole(length));
        }
        self.input.consume(std::mem::take(&mut self.used_bytes));
        loop {
            if !self.line_is_open {
                let ahead = self.input.fill_buf()?;
                if ahead.is_empty() {
                    return Ok(NextLine::End);
                }
                if let Some(length) = memchr(b'\n', ahead) {
                    let is_blank = ahead.get(..length).unwrap_or_default().trim_ascii().is_empty();
                    if !is_blank {
                        return Ok(NextLine::Whole(length));
                    }
                    self.number += 1;
                    self.input.consume(length + 1);
                    continue;
                }
                self.line.clear();
                self.line_is_open = true;
            }
            self.input.read_until(b'\n', &mut self.line)?;
            self.line_is_open = false;
            if !self.line.trim_ascii().is_empty() {
                return Ok(NextLine::Copied);
            }
            self.number += 1;
        }
    }
}

#[cfg(test)]
mod tests;
