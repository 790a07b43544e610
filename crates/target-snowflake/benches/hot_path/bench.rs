//! Measures the hot path, from a line of input to a gzip file on disk, against only compressing the same rows.
//! `speed` prints ratios, `levels` what the default level was chosen from, `memory` the peak with 50 open streams;
//! `lines` and `compress` are for `scripts/bench program`, which measures whole programs.
#![expect(clippy::print_stdout, reason = "a benchmark's output is its figures")]

mod lines;
mod measure;
mod streams;

use std::io::{self, BufWriter, Read, Write};
use std::sync::Arc;

use fast_deflate::BlockEncoder;
use flate2::write::GzEncoder;
use flate2::{Compression, Crc};
use singer_protocol::{Message, MessageReader, RecordScanner, RecordText};
use target_snowflake::batch_file::{BatchFileSettings, CompressionPool, Packing};
use target_snowflake::columns::{ColumnSettings, StreamColumns};
use target_snowflake::metadata_columns::RowMetadata;
use target_snowflake::record_check::RecordCheck;
use target_snowflake::record_row::RowEncoder;
use target_snowflake::stream_buffer::{Batch, StreamBuffer};

use measure::{Cost, best_of, measure, peak_memory_mebibytes};
use streams::Stream;

const RUNS: usize = 3;
const MEGABYTE: f64 = 1e6;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let count = arguments.get(1).and_then(|count| count.parse().ok());
    match arguments.first().map(String::as_str) {
        Some("speed") => speed(count.unwrap_or(100_000), arguments.get(2).map(String::as_str)),
        Some("levels") => levels(count.unwrap_or(100_000)),
        Some("memory") => memory(count.unwrap_or(1_000_000)),
        Some("lines") => {
            let mut output = BufWriter::new(io::stdout().lock());
            lines::write(&name_of(&arguments), count.unwrap_or(100_000), &mut output)?;
            output.flush()
        }
        Some("compress") => compress(&name_of(&arguments), count.unwrap_or(100_000)),
        // `cargo test --all-targets` runs it too: only that it works.
        _ => speed(1_000, None),
    }
}

fn speed(count: u64, only: Option<&str>) -> io::Result<()> {
    println!("hot path, gzip level {}, best of {RUNS}", Packing::default().level);
    println!(
        "| stream | records | JSON MB | CSV MB | gzip MB | wall s | JSON MB/s | CPU s | compress-only CPU s | CPU ratio | read-only CPU s | encode-only CPU s |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for stream in [
        streams::orders(count),
        streams::wide(count / 12),
        streams::narrow(count * 10),
        streams::nested(count / 3),
    ] {
        if only.is_some_and(|only| only != stream.name) {
            continue;
        }
        let prepared = Prepared::new(&stream)?;
        let figures = prepared.figures(Packing::default().level, None)?;
        println!(
            "| {} | {} | {:.1} | {:.1} | {:.1} | {:.3} | {:.0} | {:.3} | {:.3} | {:.2} | {:.3} | {:.3} |",
            stream.name,
            stream.records.len(),
            prepared.json_megabytes,
            prepared.csv.len() as f64 / MEGABYTE,
            figures.gzip_bytes as f64 / MEGABYTE,
            figures.ours.wall_seconds,
            prepared.json_megabytes / figures.ours.wall_seconds,
            figures.ours.cpu_seconds,
            figures.compress_only.cpu_seconds,
            figures.ours.cpu_seconds / figures.compress_only.cpu_seconds,
            prepared.read_only()?.cpu_seconds,
            prepared.encode_only()?.cpu_seconds,
        );
    }
    Ok(())
}

fn levels(count: u64) -> io::Result<()> {
    println!("| level | threads | wall s | CPU s | compress-only CPU s | CPU ratio | gzip MB | CSV : gzip |");
    println!("|---|---|---|---|---|---|---|---|");
    let prepared = Prepared::new(&streams::orders(count))?;
    for level in [1, 2, 3, 4, 6, 9] {
        for threads in [1, 2, 3] {
            let figures = prepared.figures(level, Some(threads))?;
            println!(
                "| {level} | {threads} | {:.3} | {:.3} | {:.3} | {:.2} | {:.1} | {:.2} |",
                figures.ours.wall_seconds,
                figures.ours.cpu_seconds,
                figures.compress_only.cpu_seconds,
                figures.ours.cpu_seconds / figures.compress_only.cpu_seconds,
                figures.gzip_bytes as f64 / MEGABYTE,
                prepared.csv.len() as f64 / figures.gzip_bytes as f64,
            );
        }
    }
    Ok(())
}

fn name_of(arguments: &[String]) -> String {
    arguments.get(2).cloned().unwrap_or_else(|| "orders".to_owned())
}

/// The seconds that only compressing a stream's CSV takes: wall, CPU; and the size of the CSV and of what it becomes.
fn compress(name: &str, count: u64) -> io::Result<()> {
    let stream = match name {
        "wide" => streams::wide(count),
        "narrow" => streams::narrow(count),
        "nested" => streams::nested(count),
        _ => streams::orders(count),
    };
    let prepared = Prepared::new(&stream)?;
    let (cost, size) = prepared.compress_only(Packing::default().level)?;
    println!(
        "{} {} {} {size}",
        cost.wall_seconds,
        cost.cpu_seconds,
        prepared.csv.len()
    );
    Ok(())
}

/// Fifty streams written in turn, then one record of 20 MiB. The records are made on the way, so nothing else is counted.
fn memory(count: u64) -> io::Result<()> {
    const OPEN_STREAMS: u64 = 50;
    let sample = streams::orders(100);
    let mut scanner = RecordScanner::default();
    let no_record = || io::Error::other("no record");
    let mut texts = sample.records.iter().cycle();
    let before = peak_memory_mebibytes()?;
    let pool = CompressionPool::start(None)?;
    let settings = Arc::new(BatchFileSettings::default());
    let mut buffers = (0..OPEN_STREAMS)
        .map(|_| {
            Ok(StreamBuffer::new(
                columns(&sample)?,
                Arc::clone(&settings),
                pool.clone(),
            ))
        })
        .collect::<io::Result<Vec<_>>>()?;
    for sequence in 0..count / OPEN_STREAMS {
        for (buffer, text) in buffers.iter_mut().zip(&mut texts) {
            let record = scanner.scan(text).ok_or_else(no_record)?;
            buffer
                .push(record, &metadata(sequence), sequence)
                .map_err(io::Error::other)?;
        }
    }
    let peak = peak_memory_mebibytes()?;
    println!("{OPEN_STREAMS} open streams, {count} records: peak {peak:.1} MiB ({before:.1} MiB before)");
    let large = lines::large_record();
    let record = scanner.scan(&large).ok_or_else(no_record)?;
    if let Some(buffer) = buffers.first_mut() {
        buffer.push(record, &metadata(0), count).map_err(io::Error::other)?;
    }
    println!(
        "then a record of 20 MiB, its text included: peak {:.1} MiB",
        peak_memory_mebibytes()?
    );
    Ok(())
}

/// The size of gzip at level 1: compressed in pieces of 128 KiB, with the checksum.
fn fast_gzip(csv: &[u8]) -> usize {
    let mut encoder = BlockEncoder::new();
    let mut checksum = Crc::new();
    let (mut compressed, mut size) = (Vec::new(), 0);
    for piece in csv.chunks(128 * 1024) {
        compressed.clear();
        encoder.encode(piece, &mut compressed);
        checksum.update(piece);
        size += compressed.len();
    }
    std::hint::black_box(checksum.sum());
    size
}

/// Forgets what is written and counts it.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream as the tap's lines, and the CSV that they make.
struct Prepared {
    columns: Arc<StreamColumns>,
    /// As at default settings: records are validated.
    check: Option<Arc<RecordCheck>>,
    lines: Vec<u8>,
    json_megabytes: f64,
    csv: Vec<u8>,
}

struct Figures {
    ours: Cost,
    compress_only: Cost,
    gzip_bytes: u64,
}

impl Prepared {
    fn new(stream: &Stream) -> io::Result<Self> {
        let mut lines = Vec::new();
        for record in &stream.records {
            lines::record(stream.name, record, &mut lines)?;
        }
        let json_megabytes = lines.len() as f64 / MEGABYTE;
        let columns = columns(stream)?;
        let mut prepared = Self {
            check: RecordCheck::compile(&serde_json::from_str(&stream.schema)?, &columns).map(Arc::new),
            columns,
            lines,
            json_megabytes,
            csv: Vec::new(),
        };
        let pool = CompressionPool::start(None)?;
        for file in prepared.write(&BatchFileSettings::default(), &pool)?.files {
            flate2::read::GzDecoder::new(std::fs::File::open(file.path())?).read_to_end(&mut prepared.csv)?;
        }
        Ok(prepared)
    }

    fn figures(&self, level: u32, threads: Option<usize>) -> io::Result<Figures> {
        let settings = BatchFileSettings {
            packing: Packing {
                level,
                ..Packing::default()
            },
            ..BatchFileSettings::default()
        };
        let pool = CompressionPool::start(threads)?;
        let mut gzip_bytes = 0;
        let ours = best_of(RUNS, || {
            let (cost, batch) = measure(|| self.write(&settings, &pool))?;
            gzip_bytes = batch.files.iter().map(|file| file.size_bytes).sum();
            Ok(cost)
        })?;
        let (compress_only, _) = self.compress_only(level)?;
        Ok(Figures {
            ours,
            compress_only,
            gzip_bytes,
        })
    }

    /// What one thread takes to compress the CSV and do nothing else, and the compressed size.
    fn compress_only(&self, level: u32) -> io::Result<(Cost, usize)> {
        let mut size = 0;
        let cost = best_of(RUNS, || {
            let compress = || match level {
                1 => Ok(fast_gzip(&self.csv)),
                _ => {
                    let mut encoder = GzEncoder::new(Counter(0), Compression::new(level));
                    encoder.write_all(&self.csv)?;
                    encoder.finish().map(|Counter(written)| written)
                }
            };
            let (cost, written) = measure(compress)?;
            size = written;
            Ok(cost)
        })?;
        Ok((cost, size))
    }

    fn read_only(&self) -> io::Result<Cost> {
        best_of(RUNS, || Ok(measure(|| self.for_each_record(|_, _, _| Ok(())))?.0))
    }

    /// Reading and encoding, less reading.
    fn encode_only(&self) -> io::Result<Cost> {
        let read = self.read_only()?;
        let both = best_of(RUNS, || {
            let mut encoder = RowEncoder::new(Arc::clone(&self.columns));
            encoder.set_check(self.check.clone());
            let mut row = Vec::new();
            let encode = || {
                self.for_each_record(|sequence, record, metadata| {
                    row.clear();
                    encoder
                        .encode(record, metadata, sequence, &mut row)
                        .map_err(io::Error::other)
                })
            };
            Ok(measure(encode)?.0)
        })?;
        Ok(Cost {
            wall_seconds: both.wall_seconds - read.wall_seconds,
            cpu_seconds: both.cpu_seconds - read.cpu_seconds,
        })
    }

    fn write(&self, settings: &BatchFileSettings, pool: &CompressionPool) -> io::Result<Batch> {
        let mut buffer = StreamBuffer::new(Arc::clone(&self.columns), Arc::new(settings.clone()), pool.clone());
        buffer.set_check(self.check.clone());
        self.for_each_record(|sequence, record, metadata| {
            buffer.push(record, metadata, sequence).map_err(io::Error::other)
        })?;
        buffer
            .take()
            .map_err(io::Error::other)?
            .ok_or_else(|| io::Error::other("no records"))
    }

    fn for_each_record(
        &self,
        mut work: impl FnMut(u64, RecordText<'_>, &RowMetadata<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut reader = MessageReader::new(self.lines.as_slice());
        let mut sequence = 0;
        while let Some(line) = reader.next_message().map_err(io::Error::other)? {
            if let Message::Record(record) = line.message {
                sequence += 1;
                let metadata = RowMetadata {
                    time_extracted: record.time_extracted.as_deref(),
                    ..metadata(sequence)
                };
                work(sequence, record.record, &metadata)?;
            }
        }
        Ok(())
    }
}

fn columns(stream: &Stream) -> io::Result<Arc<StreamColumns>> {
    let schema = serde_json::from_str(&stream.schema)?;
    let settings = ColumnSettings::default();
    StreamColumns::from_schema(stream.name, &schema, &[], &settings)
        .map(Arc::new)
        .map_err(io::Error::other)
}

/// A clock that goes on by a millisecond every hundred records.
fn metadata(sequence: u64) -> RowMetadata<'static> {
    RowMetadata {
        received_at_milliseconds: 1_790_000_000_000 + (sequence / 100) as i64,
        sync_started_at_milliseconds: 1_790_000_000_000,
        time_extracted: None,
        table_version: None,
    }
}
