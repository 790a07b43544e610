//! Batches carry what was pushed and nothing of what was refused; files end at their limit.

use std::fs;
use std::io::Read;

use serde_json::json;
use singer_protocol::RecordScanner;

use super::*;
use crate::columns::ColumnSettings;

fn buffer(directory: &tempfile::TempDir, file_size_limit_bytes: u64) -> StreamBuffer {
    let schema = json!({"properties": {"id": {"type": "integer"}, "noise": {"type": "string"}}});
    let settings = ColumnSettings {
        add_record_metadata: false,
        ..ColumnSettings::default()
    };
    let columns = StreamColumns::from_schema("s", &schema, &["id".to_owned()], &settings).expect("columns");
    let files = BatchFileSettings {
        directory: directory.path().to_path_buf(),
        file_size_limit_bytes,
        ..BatchFileSettings::default()
    };
    StreamBuffer::new(
        Arc::new(columns),
        Arc::new(files),
        CompressionPool::start(Some(2)).expect("threads"),
    )
}

fn push(buffer: &mut StreamBuffer, sequence: u64, record: &str) -> Result<(), BufferProblem> {
    let mut scanner = RecordScanner::default();
    let record = scanner.scan(record).expect("a record");
    buffer.push(record, &RowMetadata::default(), sequence)
}

fn rows(batch: &Batch) -> String {
    let mut rows = String::new();
    for file in &batch.files {
        let mut decoder = flate2::read::GzDecoder::new(fs::File::open(file.path()).expect("the file"));
        let before = rows.lines().count() as u64;
        decoder.read_to_string(&mut rows).expect("valid gzip");
        assert_eq!(rows.lines().count() as u64 - before, file.row_count);
    }
    rows
}

#[test]
fn a_batch_holds_what_was_pushed() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut buffer = buffer(&directory, 1 << 30);
    assert!(buffer.take().expect("nothing to write").is_none());
    push(&mut buffer, 1, r#"{"id":1}"#).expect("pushed");
    assert!(matches!(
        push(&mut buffer, 2, r#"{"id":1.5}"#),
        Err(BufferProblem::Record(_))
    ));
    push(&mut buffer, 3, r#"{"id":3,"noise":"x"}"#).expect("pushed");
    assert_eq!(buffer.row_count(), 2);
    assert!(buffer.begun().is_some());
    let batch = buffer.take().expect("written").expect("a batch");
    assert_eq!((batch.row_count, batch.last_sequence), (2, 3));
    assert_eq!(rows(&batch), "1,1,\n3,3,\"x\"\n");
    assert_eq!(buffer.row_count(), 0);
    assert!(buffer.begun().is_none() && buffer.take().expect("nothing to write").is_none());
    push(&mut buffer, 4, r#"{"id":4}"#).expect("pushed");
    assert_eq!(rows(&buffer.take().expect("written").expect("a batch")), "4,4,\n");
    drop(batch);
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 0);
}

#[test]
fn a_stream_of_refused_records_makes_no_batch() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut buffer = buffer(&directory, 1 << 30);
    assert!(push(&mut buffer, 1, r#"{"noise":"x"}"#).is_err());
    assert!(buffer.begun().is_none() && buffer.take().expect("nothing to write").is_none());
}

#[test]
fn files_end_at_the_size_limit() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut buffer = buffer(&directory, 200_000);
    let mut number = 1_u64;
    let mut expected = String::new();
    let mut given = Vec::new();
    for sequence in 1..=60_000_u64 {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        push(
            &mut buffer,
            sequence,
            &format!(r#"{{"id":{sequence},"noise":"{number:016x}"}}"#),
        )
        .expect("pushed");
        expected.push_str(&format!("{sequence},{sequence},\"{number:016x}\"\n"));
        given.extend(buffer.next_finished());
    }
    let batch = buffer.take().expect("written").expect("a batch");
    assert!(batch.files.len() > 1);
    // Every file but the one that was open is given while the batch is, once, and stays in it.
    let names = |files: &[Arc<BatchFile>]| files.iter().map(|file| file.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&given), names(&batch.files[..batch.files.len() - 1]));
    assert!(buffer.next_finished().is_none());
    // A file is a few blocks over at most: those under way when the limit was seen.
    assert!(
        batch
            .files
            .iter()
            .all(|file| file.size_bytes < 200_000 + 6 * 128 * 1024)
    );
    assert_eq!(rows(&batch), expected);
}
