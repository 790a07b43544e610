//! Files come out whole, in order and with the right digest; a missing directory or a full disk is an answer, no panic.

use std::fs;
use std::io::Read;

use aws_lc_rs::digest;
use snowflake_client::Compression;

use super::*;
use crate::batch_file::Packing;

fn settings(directory: &tempfile::TempDir) -> BatchFileSettings {
    BatchFileSettings {
        directory: directory.path().to_path_buf(),
        ..BatchFileSettings::default()
    }
}

const FORMATS: [Compression; 7] = [
    Compression::Gzip,
    Compression::Zstd,
    Compression::Bzip2,
    Compression::Brotli,
    Compression::Deflate,
    Compression::RawDeflate,
    Compression::None,
];

fn read(file: &BatchFile) -> Vec<u8> {
    let compressed = fs::read(file.path()).expect("the file");
    assert_eq!(compressed.len() as u64, file.size_bytes);
    assert_eq!(digest::digest(&digest::SHA256, &compressed).as_ref(), file.sha256);
    let mut left = compressed.as_slice();
    let mut rows = Vec::new();
    // Readers that stop at the end of the first member, frame or stream.
    let read = match file.compression {
        Compression::Gzip => flate2::bufread::GzDecoder::new(&mut left).read_to_end(&mut rows),
        Compression::Zstd => {
            let decoder = zstd::stream::read::Decoder::with_buffer(&mut left).expect("a decoder");
            decoder.single_frame().read_to_end(&mut rows)
        }
        Compression::Bzip2 => bzip2::bufread::BzDecoder::new(&mut left).read_to_end(&mut rows),
        Compression::Brotli => brotli::Decompressor::new(&mut left, 4096).read_to_end(&mut rows),
        Compression::Deflate => flate2::bufread::ZlibDecoder::new(&mut left).read_to_end(&mut rows),
        Compression::RawDeflate => flate2::bufread::DeflateDecoder::new(&mut left).read_to_end(&mut rows),
        Compression::None => left.read_to_end(&mut rows),
    };
    read.expect("valid");
    assert!(left.is_empty(), "nothing after the only stream");
    rows
}

#[test]
fn rows_come_back_in_order_in_every_format() {
    let directory = tempfile::tempdir().expect("a directory");
    let pool = CompressionPool::start(Some(3)).expect("threads");
    for compression in FORMATS {
        let levels = Packing::levels(compression);
        for level in [*levels.start(), Packing::of(compression).level, 6] {
            let settings = BatchFileSettings {
                packing: Packing {
                    compression,
                    level: level.min(*levels.end()),
                },
                ..settings(&directory)
            };
            let mut writer = BatchFileWriter::new();
            let mut expected = Vec::new();
            for number in 0..40_000_u32 {
                let row = format!("{number},\"{}\"\n", number.wrapping_mul(2_654_435_761));
                expected.extend_from_slice(row.as_bytes());
                writer.rows().extend_from_slice(row.as_bytes());
                writer.end_row(&settings, &pool).expect("written");
            }
            let file = writer.finish(&settings, &pool).expect("finished");
            assert_eq!(file.row_count, 40_000);
            assert!(file.name.ends_with(&format!("_40000.csv{}", compression.suffix())));
            assert_eq!(read(&file), expected, "{compression:?} {level}");
            let path = file.path().to_path_buf();
            drop(file);
            assert!(!path.exists());
        }
    }
}

#[test]
fn a_row_of_many_pieces_passes() {
    let directory = tempfile::tempdir().expect("a directory");
    let pool = CompressionPool::start(Some(1)).expect("threads");
    let row: Vec<u8> = (0..1_000_001_u32).map(|number| (number % 251) as u8).collect();
    for compression in FORMATS {
        let settings = BatchFileSettings {
            packing: Packing::of(compression),
            ..settings(&directory)
        };
        let mut writer = BatchFileWriter::new();
        writer.rows().extend_from_slice(&row);
        writer.end_row(&settings, &pool).expect("written");
        assert!(
            writer.rows().capacity() < 2 * PIECE_SIZE_BYTES,
            "the large buffer is not kept"
        );
        let file = writer.finish(&settings, &pool).expect("finished");
        assert_eq!(read(&file), row, "{compression:?}");
    }
}

#[test]
fn an_unfinished_file_leaves_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let settings = settings(&directory);
    let pool = CompressionPool::start(None).expect("threads");
    let mut writer = BatchFileWriter::new();
    writer.rows().resize(PIECE_SIZE_BYTES, b'x');
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
    let problem = BatchFileWriter::new()
        .finish(&settings, &pool)
        .expect_err("no directory");
    assert_eq!(
        problem.to_string(),
        "cannot create a temporary file in /no/such/directory"
    );
}
