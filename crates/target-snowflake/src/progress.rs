//! What a person at a terminal sees of a run: a line for each stream. How lines stay in their place is `connector-process`'s.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use connector_process::live_lines::{MAXIMUM_LIVE_LINES, leave, show};

use crate::state_ledger::StreamIndex;
use crate::stream_buffer::Batch;
use crate::streams::{Phase, Streams};

/// How often lines are drawn: often enough to seem alive, too seldom to cost anything.
pub(crate) const DRAWING_PAUSE: Duration = Duration::from_millis(200);
/// Characters of a stream's name that are shown.
const NAME_CHARACTERS: usize = 40;

/// What the streams have done so far.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    streams: HashMap<StreamIndex, StreamProgress>,
}

/// What one stream has done; rows in the open batch are counted by its buffer.
#[derive(Debug, Default)]
struct StreamProgress {
    /// When a row was first seen.
    begun: Option<Instant>,
    sent_rows: u64,
    sent_bytes: u64,
    loaded_rows: u64,
    /// Rows of the batches that are being loaded or wait for it.
    on_the_way: VecDeque<u64>,
}

/// One line, as numbers.
#[derive(Debug)]
struct Line {
    name: String,
    rows: u64,
    bytes: u64,
    loaded_rows: u64,
    batches: usize,
    seconds: f64,
    /// Something is open or on the way.
    is_busy: bool,
    has_failed: bool,
}

impl Progress {
    /// A batch is handed over.
    pub(crate) fn sent(&mut self, stream: StreamIndex, batch: &Batch) {
        let bytes = batch.files.iter().map(|file| file.size_bytes).sum::<u64>();
        let progress = self.of(stream);
        progress.sent_rows += batch.row_count;
        progress.sent_bytes += bytes;
        progress.on_the_way.push_back(batch.row_count);
    }

    /// The stream's oldest batch on the way has ended.
    pub(crate) fn ended(&mut self, stream: StreamIndex, is_loaded: bool) {
        let progress = self.of(stream);
        if let Some(rows) = progress.on_the_way.pop_front().filter(|_| is_loaded) {
            progress.loaded_rows += rows;
        }
    }

    /// Draws the lines.
    pub(crate) fn draw(&mut self, streams: &Streams) {
        let lines: Vec<Line> = streams
            .indices()
            .filter_map(|index| self.line(index, streams))
            .collect();
        show(text(lines));
    }

    /// Draws them for the last time.
    pub(crate) fn end(&mut self, streams: &Streams) {
        self.draw(streams);
        leave();
    }

    fn of(&mut self, stream: StreamIndex) -> &mut StreamProgress {
        self.streams.entry(stream).or_default()
    }

    fn line(&mut self, index: StreamIndex, streams: &Streams) -> Option<Line> {
        let stream = streams.get(index)?;
        let (open_rows, open_bytes) = match &stream.phase {
            Phase::Ready(buffer) => (buffer.row_count(), buffer.compressed_bytes()),
            Phase::Preparing | Phase::Failed => (0, 0),
        };
        let name = stream.schema.stream.chars().take(NAME_CHARACTERS).collect();
        let has_failed = matches!(stream.phase, Phase::Failed);
        let progress = self.of(index);
        let rows = progress.sent_rows + open_rows;
        if rows == 0 && !has_failed {
            return None;
        }
        let begun = progress.begun.get_or_insert_with(Instant::now);
        Some(Line {
            name,
            rows,
            bytes: progress.sent_bytes + open_bytes,
            loaded_rows: progress.loaded_rows,
            batches: progress.on_the_way.len(),
            // The first rows came at some time since the last drawing.
            seconds: (begun.elapsed() + DRAWING_PAUSE).as_secs_f64(),
            is_busy: open_rows > 0 || !progress.on_the_way.is_empty(),
            has_failed,
        })
    }
}

/// Busy streams go first where there is no room for all.
fn text(mut lines: Vec<Line>) -> Vec<String> {
    let hidden = if lines.len() > MAXIMUM_LIVE_LINES {
        lines.sort_by_key(|line| !line.is_busy);
        lines.split_off(MAXIMUM_LIVE_LINES - 1)
    } else {
        Vec::new()
    };
    let width = lines.iter().map(|line| line.name.chars().count()).max().unwrap_or(0);
    let mut text: Vec<String> = lines.iter().map(|line| line.text(width)).collect();
    if !hidden.is_empty() {
        let rows = hidden.iter().map(|line| line.rows).sum();
        text.push(format!("and {} more streams, {} rows", hidden.len(), grouped(rows)));
    }
    text
}

impl Line {
    fn text(&self, width: usize) -> String {
        let (megabytes, rate) = (self.bytes as f64 / 1e6, self.rows as f64 / self.seconds);
        let state = match (self.has_failed, self.batches) {
            (true, _) => ", failed".to_owned(),
            (false, 0) => String::new(),
            (false, 1) => ", 1 batch on the way".to_owned(),
            (false, count) => format!(", {count} batches on the way"),
        };
        format!(
            "{:width$}  {:>13} rows  {megabytes:>9.1} MB  {:>11} rows/s  {:>13} loaded{state}",
            self.name,
            grouped(self.rows),
            grouped(rate as u64),
            grouped(self.loaded_rows),
        )
    }
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, rows: u64, batches: usize) -> Line {
        Line {
            name: name.to_owned(),
            rows,
            bytes: rows * 40,
            loaded_rows: rows / 2,
            batches,
            seconds: 2.0,
            is_busy: batches > 0,
            has_failed: false,
        }
    }

    #[test]
    fn numbers_stand_below_one_another() {
        let lines = text(vec![line("orders", 1_234_567, 2), line("a", 1, 0)]);
        assert_eq!(
            lines,
            [
                "orders      1,234,567 rows       49.4 MB      617,283 rows/s        617,283 loaded, 2 batches on the way",
                "a                   1 rows        0.0 MB            0 rows/s              0 loaded",
            ]
        );
    }

    #[test]
    fn many_streams_are_counted_and_busy_ones_shown() {
        let mut lines: Vec<Line> = (0..20).map(|number| line(&format!("s{number}"), 100, 0)).collect();
        lines.push(line("busy", 5, 1));
        let text = text(lines);
        assert_eq!(text.len(), MAXIMUM_LIVE_LINES);
        assert!(text[0].starts_with("busy"), "{text:#?}");
        assert_eq!(text[11], "and 10 more streams, 1,000 rows");
    }
}
