//! BATCH messages: files of records that the tap wrote beside its output. Each record takes the same way as one in a
//! RECORD message. Not for the batches that are loaded: those are `stream_buffer.rs`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use connector_process::{ExitCode, Failure};
use flate2::bufread::MultiGzDecoder;
use singer_protocol::{BatchMessage, RecordMessage, RecordScanner};

use crate::load::BatchLoader;
use crate::messages::input_failure;
use crate::pipeline::Pipeline;
use crate::state_ledger::StreamIndex;

/// How often reading a file looks for finished jobs and old batches, in records.
const RECORDS_BETWEEN_LOOKS: u64 = 256;

/// Files of BATCH messages that were read, until all their rows are committed.
#[derive(Debug, Default)]
pub(crate) struct ConsumedFiles(Vec<ConsumedFile>);

#[derive(Debug)]
struct ConsumedFile {
    path: PathBuf,
    /// Streams, each with the record that must be durable.
    waiting: Vec<(StreamIndex, u64)>,
}

impl ConsumedFiles {
    /// Deletes the files that nothing waits for any more, now that a stream is durable up to a record.
    pub(crate) fn durable(&mut self, stream: StreamIndex, number: u64) {
        for file in &mut self.0 {
            file.waiting
                .retain(|(waiting, record)| *waiting != stream || *record > number);
        }
        self.0.retain(|file| {
            if file.waiting.is_empty() {
                delete(&file.path);
            }
            !file.waiting.is_empty()
        });
    }

    fn add(&mut self, path: PathBuf, waiting: Vec<(StreamIndex, u64)>) {
        if waiting.is_empty() {
            delete(&path);
        } else {
            self.0.push(ConsumedFile { path, waiting });
        }
    }
}

/// The rows are safe, so a file that cannot be deleted is only untidy.
fn delete(path: &Path) {
    if let Err(problem) = std::fs::remove_file(path) {
        log::warn!("cannot delete the BATCH file {}: {}", path.display(), problem.kind());
    }
}

impl<L: BatchLoader, W: Write> Pipeline<L, W> {
    /// Loads the records of all files.
    pub(crate) fn batch(&mut self, line: u64, message: &BatchMessage) -> Result<(), Failure> {
        let stream = message.stream.as_str();
        check_encoding(message).map_err(|text| refused(line, stream, text))?;
        for location in &message.manifest {
            let path = local_path(location).map_err(|text| refused(line, stream, text))?;
            if !self.batch_file(line, message, &path)? {
                return Ok(());
            }
            if self.config.load.clean_up_batch_files {
                let waiting = self.unsettled();
                self.consumed.add(path, waiting);
            }
        }
        Ok(())
    }

    /// Every stream with records that are not durable, rejected ones too, and the last of these.
    fn unsettled(&self) -> Vec<(StreamIndex, u64)> {
        self.streams
            .indices()
            .filter(|index| !self.ledger.is_settled(*index))
            .map(|index| (index, self.ledger.next_number(index).saturating_sub(1)))
            .collect()
    }

    /// Loads the records of a file, one by one. False when the run ends early, so that the file is not done with.
    fn batch_file(&mut self, line: u64, message: &BatchMessage, path: &Path) -> Result<bool, Failure> {
        let stream = message.stream.as_str();
        let unreadable = |problem: io::Error| {
            let text = format!(
                "line {line}: stream {stream:?}: cannot read the BATCH file {}: {problem}",
                path.display()
            );
            Failure::new(ExitCode::Failed, text)
        };
        let mut reader = open(path).map_err(unreadable)?;
        let mut text = Vec::new();
        let mut scanner = RecordScanner::default();
        let mut number: u64 = 0;
        loop {
            text.clear();
            if reader.read_until(b'\n', &mut text).map_err(unreadable)? == 0 {
                return Ok(true);
            }
            number += 1;
            if text.trim_ascii().is_empty() {
                continue;
            }
            let record = std::str::from_utf8(&text).ok().and_then(|text| scanner.scan(text));
            let record = record.ok_or_else(|| {
                let text = format!(
                    "stream {stream:?}: line {number} of the BATCH file {} is not a JSON object",
                    path.display()
                );
                input_failure(line, text)
            })?;
            let record = RecordMessage {
                stream: stream.into(),
                record,
                version: message.version,
                time_extracted: None,
            };
            if self.is_shaping {
                self.shaped_record(line, &record)?;
            } else {
                self.record(line, &record)?;
            }
            if number.is_multiple_of(RECORDS_BETWEEN_LOOKS) {
                self.handle_events()?;
                self.flush_by_age()?;
            }
            if self.failure().is_some() || self.is_stopped() {
                return Ok(false);
            }
        }
    }
}

fn refused(line: u64, stream: &str, text: String) -> Failure {
    input_failure(line, format!("stream {stream:?}: {text}")).with_hint(
        "set `batch_config` of the tap to the format jsonl and a directory of this machine, or switch it off",
    )
}

fn check_encoding(message: &BatchMessage) -> Result<(), String> {
    let encoding = &message.encoding;
    if !encoding.format.eq_ignore_ascii_case("jsonl") {
        return Err(format!("BATCH files of format {:?} cannot be read", encoding.format));
    }
    match encoding.compression.as_deref() {
        None | Some("gzip" | "none" | "") => Ok(()),
        Some(other) => Err(format!("BATCH files with compression {other:?} cannot be read")),
    }
}

/// `file:///absolute`, `file://relative` (to the working directory, as MeltanoLabs' taps write it) or a bare path.
fn local_path(location: &str) -> Result<PathBuf, String> {
    let Some((scheme, rest)) = location.split_once("://") else {
        return Ok(PathBuf::from(location));
    };
    if !scheme.eq_ignore_ascii_case("file") {
        return Err(format!("BATCH files at {scheme}:// cannot be read"));
    }
    let rest = match rest.strip_prefix("localhost/") {
        Some(absolute) => format!("/{absolute}"),
        None => rest.to_owned(),
    };
    let path = PathBuf::from(&rest);
    // Some writers escape blanks and the like, others write paths as they are.
    if !path.exists()
        && let Some(unescaped) = unescaped(&rest).map(PathBuf::from)
        && unescaped.exists()
    {
        return Ok(unescaped);
    }
    Ok(path)
}

/// The text with `%20` and the like made characters; `None` when that is not what it has.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok())?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

/// The file's text. Whether it is compressed is seen by its first bytes: the message is known to leave that out.
fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    if file.fill_buf()?.starts_with(&[0x1F, 0x8B]) {
        return Ok(Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file))));
    }
    Ok(Box::new(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_paths_of_this_machine_or_refused() {
        let path = |location: &str| local_path(location).map(|path| path.display().to_string());
        assert_eq!(path("file:///a/b.json"), Ok("/a/b.json".to_owned()));
        assert_eq!(path("file://rel/b.json"), Ok("rel/b.json".to_owned()));
        assert_eq!(path("file://localhost/a"), Ok("/a".to_owned()));
        assert_eq!(path("rel/b 1.json"), Ok("rel/b 1.json".to_owned()));
        assert_eq!(
            path("s3://bucket/b.json"),
            Err("BATCH files at s3:// cannot be read".to_owned())
        );
        assert_eq!(unescaped("/a%20b/%C3%BC").as_deref(), Some("/a b/ü"));
        assert_eq!(unescaped("100%"), None);
    }
}
