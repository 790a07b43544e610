//! Files that are cut short are a problem; changed ones are that or have other values, and never a record that is no JSON.

use std::sync::Arc;

use arrow_array::builder::{Int32Builder, ListBuilder};
use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BinaryArray, Decimal128Array, DictionaryArray, Int64Array, RecordBatch, StringArray, StringViewArray,
    StructArray,
};
use arrow_ipc::CompressionType;
use arrow_schema::{DataType, Field};
use columnar_files::{Format, Problem, is_decoding};
use parquet::basic::Compression;

use crate::files::{Way, records};

/// Ten rows of every way to lay out values.
fn batch() -> RecordBatch {
    let mut lists = ListBuilder::new(Int32Builder::new());
    for row in 0..10 {
        if row % 3 == 0 {
            lists.append_null();
        } else {
            lists.append_value((0..row).map(Some));
        }
    }
    let texts: Vec<Option<String>> = (0..10).map(|row| (row % 4 != 0).then(|| "é".repeat(row))).collect();
    let dictionary: DictionaryArray<Int8Type> = ["a", "b", "c"].into_iter().cycle().take(10).collect();
    let inner: ArrayRef = Arc::new(Int64Array::from_iter_values(0..10));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("text", Arc::new(StringArray::from(texts.clone()))),
        ("view", Arc::new(StringViewArray::from_iter(texts))),
        (
            "bytes",
            Arc::new(BinaryArray::from_iter_values((0..10_u8).map(|row| vec![row; 5]))),
        ),
        ("decimal", Arc::new(Decimal128Array::from_iter_values(0..10))),
        ("list", Arc::new(lists.finish())),
        ("dictionary", Arc::new(dictionary)),
        (
            "struct",
            Arc::new(StructArray::from(vec![(
                Arc::new(Field::new("n", DataType::Int64, true)),
                inner,
            )])),
        ),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .expect("a batch")
}

const WAYS: [Way; 6] = [
    Way::ArrowFile(None),
    Way::ArrowFile(Some(CompressionType::ZSTD)),
    Way::ArrowFile(Some(CompressionType::LZ4_FRAME)),
    Way::ArrowStream,
    Way::Parquet(Compression::UNCOMPRESSED, None),
    Way::Parquet(Compression::SNAPPY, None),
];

fn are_json(records: &[String]) {
    for record in records {
        let value: serde_json::Value = serde_json::from_str(record).expect("JSON");
        assert!(value.is_object());
    }
}

#[test]
fn files_that_are_cut_short_are_refused() {
    for way in WAYS {
        let whole = way.write(&batch());
        assert_eq!(records(&whole, way.format()).expect("records").len(), 20);
        // Every seventh: it meets each part of a file, at every distance from where words begin.
        for length in (0..whole.len()).step_by(7).chain(whole.len() - 16..whole.len()) {
            let problem = records(&whole[..length], way.format()).expect_err("a part is not the whole");
            assert!(!matches!(problem, Problem::Io(_)), "{way:?}, {length}: {problem}");
        }
    }
}

#[test]
fn changed_bytes_are_damage_or_other_values() {
    // The parquet crate panics at some pages, which nobody needs to read here.
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !is_decoding() {
            usual(panic);
        }
    }));
    for way in WAYS {
        let whole = way.write(&batch());
        // Every fifth: each byte of a word in turn. All of them were tried once.
        for position in (0..whole.len()).step_by(5) {
            let mut changed = whole.clone();
            changed[position] ^= [0x01, 0x80, 0xFF][position % 3];
            if let Ok(found) = records(&changed, way.format()) {
                are_json(&found);
            }
        }
    }
}

#[test]
fn other_files_are_told_as_such() {
    for format in [Format::Arrow, Format::Parquet] {
        for bytes in [
            &b""[..],
            b"{\"id\":1}\n",
            b"PAR1",
            b"ARROW1\0\0",
            b"\x1f\x8b\x08\0\0\0\0\0\0\0\0\0",
        ] {
            assert!(records(bytes, format).is_err(), "{format}: {bytes:?}");
        }
    }
    let arrow = Way::ArrowFile(None).write(&batch());
    let problem = records(&arrow, Format::Parquet).expect_err("no Parquet");
    assert_eq!(problem.to_string(), "it is no Parquet file, or its end is missing");
    let parquet = Way::Parquet(Compression::SNAPPY, None).write(&batch());
    let problem = records(&parquet, Format::Arrow).expect_err("no Arrow");
    assert_eq!(problem.to_string(), "it is no Arrow file, or its end is missing");
}
