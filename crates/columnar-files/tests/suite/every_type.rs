//! Each Arrow type: what its values become.

use std::sync::Arc;

use arrow_array::builder::{
    FixedSizeListBuilder, Int32Builder, ListBuilder, ListViewBuilder, MapBuilder, StringBuilder, StringRunBuilder,
};
use arrow_array::types::{Int8Type, Int32Type, IntervalDayTime, IntervalMonthDayNano};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, Date32Array, Date64Array, Decimal32Array,
    Decimal64Array, Decimal128Array, Decimal256Array, DictionaryArray, DurationMicrosecondArray, FixedSizeBinaryArray,
    Float16Array, Float32Array, Float64Array, Int8Array, Int64Array, IntervalDayTimeArray, IntervalMonthDayNanoArray,
    IntervalYearMonthArray, LargeBinaryArray, LargeStringArray, NullArray, RecordBatch, StringArray, StringViewArray,
    StructArray, Time32SecondArray, Time64NanosecondArray, TimestampMicrosecondArray, TimestampNanosecondArray,
    TimestampSecondArray, UInt64Array, UnionArray,
};
use arrow_buffer::i256;
use arrow_ipc::CompressionType;
use arrow_schema::{DataType, Field, Schema, UnionFields};
use parquet::basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel};

use crate::files::{Way, records};

const ARROW: [Way; 4] = [
    Way::ArrowFile(None),
    Way::ArrowFile(Some(CompressionType::LZ4_FRAME)),
    Way::ArrowFile(Some(CompressionType::ZSTD)),
    Way::ArrowStream,
];

fn parquet() -> Vec<Way> {
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
    ];
    codecs.map(|codec| Way::Parquet(codec, None)).to_vec()
}

/// A column of two rows, and the JSON of both.
fn check(ways: &[Way], array: ArrayRef, expected: [&str; 2]) {
    let field = Field::new("v", array.data_type().clone(), true);
    check_field(ways, field, array, expected);
}

fn check_field(ways: &[Way], field: Field, array: ArrayRef, expected: [&str; 2]) {
    let schema = Arc::new(Schema::new(vec![field]));
    let batch = RecordBatch::try_new(schema, vec![array]).expect("a batch");
    let expected = [expected, expected]
        .concat()
        .into_iter()
        .map(|value| format!("{{\"v\":{value}}}"));
    let expected: Vec<String> = expected.collect();
    for way in ways {
        let found = records(&way.write(&batch), way.format()).expect("records");
        assert_eq!(found, expected, "{way:?} of {}", batch.schema().field(0));
    }
}

/// Both formats.
fn check_all(array: impl Array + 'static, expected: [&str; 2]) {
    let ways = [ARROW.to_vec(), parquet()].concat();
    check(&ways, Arc::new(array), expected);
}

/// Types that Parquet has no room for.
fn check_arrow(array: impl Array + 'static, expected: [&str; 2]) {
    check(&ARROW, Arc::new(array), expected);
}

#[test]
fn numbers_keep_every_digit() {
    check_all(BooleanArray::from(vec![Some(true), None]), ["true", "null"]);
    check_all(Int8Array::from(vec![-128, 127]), ["-128", "127"]);
    check_all(
        Int64Array::from(vec![i64::MIN, i64::MAX]),
        ["-9223372036854775808", "9223372036854775807"],
    );
    check_all(
        UInt64Array::from(vec![Some(u64::MAX), None]),
        ["18446744073709551615", "null"],
    );
    check_all(Float64Array::from(vec![0.1, 1e300]), ["0.1", "1e+300"]);
    check_all(
        Float64Array::from(vec![f64::NAN, f64::NEG_INFINITY]),
        ["\"NaN\"", "\"-Infinity\""],
    );
    check_all(
        Float32Array::from(vec![0.1, 16_777_216.0]),
        ["0.10000000149011612", "16777216.0"],
    );
    let halves = [0.5_f32, f32::INFINITY].map(arrow_half);
    check_all(Float16Array::from(halves.to_vec()), ["0.5", "\"Infinity\""]);
}

fn arrow_half(value: f32) -> <arrow_array::types::Float16Type as arrow_array::ArrowPrimitiveType>::Native {
    <arrow_array::types::Float16Type as arrow_array::ArrowPrimitiveType>::Native::from_f32(value)
}

#[test]
fn decimals_of_every_width_keep_every_digit() {
    let small = Decimal32Array::from(vec![Some(-12_345), None])
        .with_precision_and_scale(9, 2)
        .expect("a scale");
    check_all(small, ["-123.45", "null"]);
    let middle = Decimal64Array::from(vec![1, 0])
        .with_precision_and_scale(18, 10)
        .expect("a scale");
    check_all(middle, ["0.0000000001", "0.0000000000"]);
    let digits = 12_345_678_901_234_567_890_123_456_789_012_345_678_i128;
    let large = Decimal128Array::from(vec![digits, -digits])
        .with_precision_and_scale(38, 20)
        .expect("a scale");
    check_all(
        large,
        [
            "123456789012345678.90123456789012345678",
            "-123456789012345678.90123456789012345678",
        ],
    );
    let huge =
        i256::from_string("1234567890123456789012345678901234567890123456789012345678901234567890").expect("a number");
    let huge = Decimal256Array::from(vec![Some(huge), None])
        .with_precision_and_scale(76, 2)
        .expect("a scale");
    check_all(
        huge,
        [
            "12345678901234567890123456789012345678901234567890123456789012345678.90",
            "null",
        ],
    );
    let thousands = Decimal128Array::from(vec![12, 0])
        .with_precision_and_scale(5, -3)
        .expect("a scale");
    check_arrow(thousands, ["12000", "0"]);
}

#[test]
fn texts_and_bytes_keep_every_character() {
    let text = "q\"\\\n\0 é 🏮";
    let json = r#""q\"\\\n\u0000 é 🏮""#;
    check_all(StringArray::from(vec![Some(text), None]), [json, "null"]);
    check_all(LargeStringArray::from(vec![text, ""]), [json, "\"\""]);
    check_all(
        StringViewArray::from(vec![text, "longer than the twelve bytes of a view"]),
        [json, "\"longer than the twelve bytes of a view\""],
    );
    check_all(
        BinaryArray::from(vec![Some(&[0_u8, 0xAB, 0xFF][..]), None]),
        ["\"00ABFF\"", "null"],
    );
    check_all(LargeBinaryArray::from(vec![&[1_u8][..], &[]]), ["\"01\"", "\"\""]);
    check_all(
        BinaryViewArray::from(vec![&[2_u8; 20][..], &[3]]),
        ["\"0202020202020202020202020202020202020202\"", "\"03\""],
    );
    let fixed = FixedSizeBinaryArray::try_from_iter([[1_u8, 2], [3, 4]].into_iter()).expect("bytes");
    check_all(fixed, ["\"0102\"", "\"0304\""]);
}

#[test]
fn extension_types_are_what_they_stand_for() {
    let with_extension = |array: &dyn Array, name: &str| {
        let metadata = [("ARROW:extension:name".to_owned(), name.to_owned())];
        Field::new("v", array.data_type().clone(), true).with_metadata(std::collections::HashMap::from(metadata))
    };
    let ways = [ARROW.to_vec(), parquet()].concat();
    let json = StringArray::from(vec![r#"{"a": [1.10, null]}"#, "{no JSON"]);
    let field = with_extension(&json, "arrow.json");
    check_field(
        &ways,
        field,
        Arc::new(json),
        [r#"{"a": [1.10, null]}"#, r#""{no JSON""#],
    );
    let uuid = FixedSizeBinaryArray::try_from_iter([[0xAB_u8; 16], [0; 16]].into_iter()).expect("bytes");
    let field = with_extension(&uuid, "arrow.uuid");
    let expected = [
        "\"abababab-abab-abab-abab-abababababab\"",
        "\"00000000-0000-0000-0000-000000000000\"",
    ];
    check_field(&ways, field, Arc::new(uuid), expected);
    let flags = Int8Array::from(vec![0, 2]);
    let field = with_extension(&flags, "arrow.bool8");
    check_field(&ways, field, Arc::new(flags), ["false", "true"]);
    let other = StringArray::from(vec!["1", "2"]);
    let field = with_extension(&other, "someone.else");
    check_field(&ways, field, Arc::new(other), ["\"1\"", "\"2\""]);
}

#[test]
fn times_keep_their_unit_and_their_zone() {
    check_all(
        Date32Array::from(vec![0, -719_162]),
        ["\"1970-01-01\"", "\"0001-01-01\""],
    );
    check_arrow(
        Date64Array::from(vec![86_400_000, 1_500]),
        ["\"1970-01-02\"", "\"1970-01-01T00:00:01.500\""],
    );
    check_arrow(
        Time32SecondArray::from(vec![0, 86_399]),
        ["\"00:00:00\"", "\"23:59:59\""],
    );
    check_all(
        Time64NanosecondArray::from(vec![1, 3_600_000_000_000]),
        ["\"00:00:00.000000001\"", "\"01:00:00.000000000\""],
    );
    check_arrow(
        TimestampSecondArray::from(vec![0, 253_402_300_799]),
        ["\"1970-01-01T00:00:00\"", "\"9999-12-31T23:59:59\""],
    );
    check_all(
        TimestampMicrosecondArray::from(vec![1, -1]).with_timezone("UTC"),
        ["\"1970-01-01T00:00:00.000001Z\"", "\"1969-12-31T23:59:59.999999Z\""],
    );
    check_all(
        TimestampNanosecondArray::from(vec![Some(1), None]).with_timezone("+05:30"),
        ["\"1970-01-01T05:30:00.000000001+05:30\"", "null"],
    );
    check_arrow(
        DurationMicrosecondArray::from(vec![1_500_000, -1]),
        ["\"PT1.500000S\"", "\"PT-0.000001S\""],
    );
    check_arrow(IntervalYearMonthArray::from(vec![14, 0]), ["\"P14M\"", "\"P0M\""]);
    check_arrow(
        IntervalDayTimeArray::from(vec![IntervalDayTime::new(2, 30), IntervalDayTime::new(0, 0)]),
        ["\"P2DT0.030S\"", "\"P0DT0.000S\""],
    );
    check_arrow(
        IntervalMonthDayNanoArray::from(vec![
            IntervalMonthDayNano::new(1, 2, 3),
            IntervalMonthDayNano::new(0, 0, 0),
        ]),
        ["\"P1M2DT0.000000003S\"", "\"P0M0DT0.000000000S\""],
    );
}

#[test]
fn lists_structs_and_maps_become_arrays_and_objects() {
    let mut lists = ListBuilder::new(Int32Builder::new());
    lists.append_value([Some(1), None, Some(3)]);
    lists.append_null();
    check_all(lists.finish(), ["[1,null,3]", "null"]);
    let mut views = ListViewBuilder::new(Int32Builder::new());
    views.append_value([Some(1)]);
    views.append_value([]);
    check_arrow(views.finish(), ["[1]", "[]"]);
    let mut fixed = FixedSizeListBuilder::new(Int32Builder::new(), 2);
    fixed.values().append_value(7);
    fixed.values().append_null();
    fixed.append(true);
    fixed.values().append_nulls(2);
    fixed.append(false);
    check_all(fixed.finish(), ["[7,null]", "null"]);
    let members: Vec<(Arc<Field>, ArrayRef)> = vec![
        (
            Arc::new(Field::new("a \"b\"", DataType::Int64, true)),
            Arc::new(Int64Array::from(vec![Some(1), None])),
        ),
        (
            Arc::new(Field::new("c", DataType::Utf8, true)),
            Arc::new(StringArray::from(vec![Some("x"), None])),
        ),
    ];
    check_all(
        StructArray::from(members),
        [r#"{"a \"b\"":1,"c":"x"}"#, r#"{"a \"b\"":null,"c":null}"#],
    );
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    maps.keys().append_value("k");
    maps.values().append_value(1);
    maps.append(true).expect("an entry");
    maps.append(false).expect("a null");
    check_all(maps.finish(), [r#"{"k":1}"#, "null"]);
    let mut maps = MapBuilder::new(None, Int32Builder::new(), Int32Builder::new());
    maps.keys().append_value(-5);
    maps.values().append_null();
    maps.append(true).expect("an entry");
    maps.append(true).expect("an empty map");
    check_all(maps.finish(), [r#"{"-5":null}"#, "{}"]);
}

#[test]
fn dictionaries_runs_and_unions_are_the_values_they_point_to() {
    let dictionary: DictionaryArray<Int8Type> = vec![Some("x"), None].into_iter().collect();
    check_all(dictionary, ["\"x\"", "null"]);
    let mut runs = StringRunBuilder::<Int32Type>::new();
    runs.append_value("r");
    runs.append_null();
    check_arrow(runs.finish(), ["\"r\"", "null"]);
    let fields = UnionFields::try_new(
        [3, 5],
        [
            Field::new("i", DataType::Int64, true),
            Field::new("s", DataType::Utf8, true),
        ],
    )
    .expect("fields");
    let children: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![9])),
        Arc::new(StringArray::from(vec!["u"])),
    ];
    let union = UnionArray::try_new(fields, vec![5, 3].into(), Some(vec![0, 0].into()), children).expect("a union");
    check_arrow(union, ["\"u\"", "9"]);
    check_arrow(NullArray::new(2), ["null", "null"]);
}

#[test]
fn parquets_own_encodings_are_read() {
    let text = StringArray::from(vec![Some("prefix one"), Some("prefix two")]);
    for encoding in [
        Encoding::PLAIN,
        Encoding::DELTA_BYTE_ARRAY,
        Encoding::DELTA_LENGTH_BYTE_ARRAY,
    ] {
        let way = Way::Parquet(Compression::SNAPPY, Some(encoding));
        check(&[way], Arc::new(text.clone()), ["\"prefix one\"", "\"prefix two\""]);
    }
    for encoding in [Encoding::DELTA_BINARY_PACKED, Encoding::BYTE_STREAM_SPLIT] {
        let way = Way::Parquet(Compression::UNCOMPRESSED, Some(encoding));
        check(
            &[way],
            Arc::new(Int64Array::from(vec![1, i64::MIN])),
            ["1", "-9223372036854775808"],
        );
    }
}
