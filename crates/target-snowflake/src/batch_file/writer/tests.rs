//! Files come out whole, in order and with the right digest; a missing directory or a full disk is an answer, no panic.

use std::fs;
use std::io::Read;

use aws_lc_rs::digest;

use super::*;

fn settings(directory: &tempfile::TempDir) -> BatchFileSettings {
    BatchFileSettings {
        directory: directory.path().to_path_buf(),
        ..BatchFileSettings::default()
    }
}

fn read(file: &BatchFile) -> Vec<u8> {
    let compressed = fs::read(file.path()).expect("the file");
    assert_eq!(compressed.len() as u64, file.size_bytes);
    assert_eq!(digest::digest(&digest::SHA256, &compressed).as_ref(), file.sha256);
    let mut decoder = flate2::read::GzDecoder::new(compressed.as_slice());
    let mut rows = Vec::new();
    decoder.read_to_end(&mut rows).expect("valid gzip");
    assert!(decoder.into_inner().is_empty(), "nothing after the only member");
    rows
}

#[test]
fn rows_come_back_in_order() {
    let directory = tempfile::tempdir().expect("a directory");
    let settings = settings(&directory);
    let pool = CompressionPool::start(Some(3)).expect("threads");
    let mut writer = BatchFileWriter::new(&settings);
    let mut expected = Vec::new();
    for number in 0..200_000_u32 {
        let row = format!("{number},\"{}\"\n", number.wrapping_mul(2_654_435_761));
        expected.extend_from_slice(row.as_bytes());
        writer.rows().extend_from_slice(row.as_bytes());
        writer.end_row(&settings, &pool).expect("written");
    }
    let file = writer.finish(&settings, &pool).expect("finished");
    assert_eq!(file.row_count, 200_000);
    assert_eq!(read(&file), expected);
    let path = file.path().to_path_buf();
    drop(file);
    assert!(!path.exists());
}

#[test]
fn a_row_of_many_blocks_passes() {
    let directory = tempfile::tempdir().expect("a directory");
    let settings = settings(&directory);
    let pool = CompressionPool::start(Some(1)).expect("threads");
    let mut writer = BatchFileWriter::new(&settings);
    let row: Vec<u8> = (0..5_000_001_u32).map(|number| (number % 251) as u8).collect();
    writer.rows().extend_from_slice(&row);
    writer.end_row(&settings, &pool).expect("written");
    assert!(
        writer.rows().capacity() < 2 * BLOCK_SIZE_BYTES,
        "the large buffer is not kept"
    );
    assert_eq!(read(&writer.finish(&settings, &pool).expect("finished")), row);
}

#[test]
fn an_unfinished_file_leaves_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let settings = settings(&directory);
    let pool = CompressionPool::start(None).expect("threads");
    let mut writer = BatchFileWriter::new(&settings);
    writer.rows().resize(BLOCK_SIZE_BYTES, b'x');
    writer.end_row(&settings, &pool).expect("written");
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 1);
    drop(writer);
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 0);
}

#[test]
fn a_missing_directory_is_named() {
    let pool = CompressionPool::start(Some(1)).expect("threads");
    let settings = BatchFileSettings {
        directory: "/no/such/directory".into(),
        ..BatchFileSettings::default()
    };
    let problem = BatchFileWriter::new(&settings)
        .finish(&settings, &pool)
        .expect_err("no directory");
    assert_eq!(
        problem.to_string(),
        "cannot create a temporary file in /no/such/directory"
    );
}
