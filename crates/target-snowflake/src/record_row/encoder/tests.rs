//! Rows read back by the csv crate hold what the records held. Each kind's rules, then properties over any JSON.

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use singer_protocol::RecordScanner;

use super::*;
use crate::columns::{ColumnSettings, DatetimeTreatment, TimestampType};
use crate::record_row::Members;

mod sequences;

fn plain() -> ColumnSettings {
    ColumnSettings {
        add_record_metadata: false,
        ..ColumnSettings::default()
    }
}

fn encoder_with(properties: Json, keys: &[&str], settings: ColumnSettings) -> RowEncoder {
    let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    let schema = json!({"properties": properties});
    RowEncoder::new(Arc::new(
        StreamColumns::from_schema("s", &schema, &keys, &settings).expect("columns"),
    ))
}

fn encoder(properties: Json) -> RowEncoder {
    encoder_with(properties, &[], plain())
}

fn encode(encoder: &mut RowEncoder, record: &str) -> Result<Vec<Option<String>>, RecordProblemKind> {
    let mut scanner = RecordScanner::default();
    let record = scanner.scan(record).expect("a record");
    let mut rows = b"before\n".to_vec();
    let result = encoder.encode(record, &RowMetadata::default(), 7, &mut rows);
    let row = rows.strip_prefix(b"before\n").expect("what was there stays");
    match result {
        Ok(()) => Ok(fields(row)),
        Err(problem) => {
            assert!(row.is_empty(), "nothing is left of a refused record");
            Err(problem.kind)
        }
    }
}

/// A row's fields behind the row number, NULL told from empty; checked against what the csv crate reads.
fn fields(row: &[u8]) -> Vec<Option<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(row);
    let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("CSV in UTF-8");
    assert_eq!(records.len(), 1, "one record is one row");
    let mut rest = row.strip_prefix(b"7").expect("the row number comes first");
    let mut fields = Vec::new();
    for field in records[0].iter().skip(1) {
        rest = rest.strip_prefix(b",").expect("a delimiter");
        let quoted = format!("\"{}\"", field.replace('"', "\"\""));
        let is_plain = !field.is_empty() && !field.contains(['"', ',', '\n', '\r', '\\', ' ']);
        let written = if is_plain && !rest.starts_with(b"\"") {
            field
        } else {
            &quoted
        };
        match rest.strip_prefix(written.as_bytes()) {
            Some(after) => {
                rest = after;
                fields.push(Some(field.to_owned()));
            }
            None => fields.push(None),
        }
    }
    assert_eq!(rest, b"\n");
    fields
}

/// What one value becomes in a column of this schema.
fn one(schema: Json, value: &str) -> Result<Option<String>, RecordProblemKind> {
    one_with(plain(), schema, value)
}

fn one_with(settings: ColumnSettings, schema: Json, value: &str) -> Result<Option<String>, RecordProblemKind> {
    let mut encoder = encoder_with(json!({"a": schema}), &[], settings);
    encode(&mut encoder, &format!("{{\"a\":{value}}}")).map(|mut fields| fields.remove(0))
}

fn some(text: &str) -> Result<Option<String>, RecordProblemKind> {
    Ok(Some(text.to_owned()))
}

fn is_refused(result: &Result<Option<String>, RecordProblemKind>) -> bool {
    matches!(result, Err(RecordProblemKind::Value { .. }))
}

#[test]
fn text_takes_everything() {
    let text = |value: &str| one(json!({"type": "string", "maxLength": 1}), value);
    assert_eq!(text(r#""a \"b\"\\N\n,""#), some("a \"b\"\\N\n,"));
    assert_eq!(text(r#""""#), some(""));
    assert_eq!(text(r#""\\N""#), some("\\N"));
    assert_eq!(text("null"), Ok(None));
    assert_eq!(text("1.50"), some("1.50"));
    assert_eq!(text("true"), some("true"));
    assert_eq!(text(r#"{"a": [1, "x"]}"#), some(r#"{"a": [1, "x"]}"#));
}

#[test]
fn variants_are_json_text() {
    let variant = |value: &str| one(json!({"type": "object"}), value);
    assert_eq!(variant(r#"{"a":"\"\u0000\ud800"}"#), some(r#"{"a":"\"\u0000\ufffd"}"#));
    assert_eq!(variant(r#""x""#), some(r#""x""#));
    assert_eq!(variant("12345678901234567890.10"), some("12345678901234567890.10"));
    assert_eq!(variant("null"), Ok(None));
}

#[test]
fn numbers_and_booleans() {
    let integer = |value: &str| one(json!({"type": "integer"}), value);
    assert_eq!(
        integer("99999999999999999999999999999999999999"),
        some("99999999999999999999999999999999999999")
    );
    assert_eq!(integer("1e3"), some("1000"));
    assert_eq!(integer(r#"" 5 ""#), some("5"));
    for refused in ["1.5", "1e38", r#""""#, r#""five""#, "true", "[1]"] {
        assert!(is_refused(&integer(refused)), "{refused}");
    }
    let decimal = |value: &str| one(json!({"type": "number", "multipleOf": 0.01}), value);
    assert_eq!(decimal("-1.50"), some("-1.5"));
    assert!(is_refused(&decimal("0.001")));
    let float = |value: &str| one(json!({"type": "number"}), value);
    assert_eq!(float("1.50"), some("1.50"));
    assert_eq!(float(r#""-Infinity""#), some("-inf"));
    assert!(is_refused(&float("1e999")));
    let boolean = |value: &str| one(json!({"type": "boolean"}), value);
    assert_eq!(boolean("true"), some("true"));
    assert_eq!(boolean("0"), some("false"));
    assert_eq!(boolean(r#""False""#), some("false"));
    assert!(is_refused(&boolean("2")));
}

#[test]
fn dates_times_and_binary() {
    let format = |name: &str| json!({"type": "string", "format": name});
    assert_eq!(one(format("date"), r#""0001-01-01""#), some("0001-01-01"));
    assert_eq!(one(format("time"), r#""01:02:03.4+01:00""#), some("00:02:03.400000000"));
    let timestamp = |timestamp_type, value: &str| {
        one_with(
            ColumnSettings {
                timestamp_type,
                ..plain()
            },
            format("date-time"),
            value,
        )
    };
    let value = r#""2024-01-01T00:30:00.5\u002B01:00""#;
    assert_eq!(
        timestamp(TimestampType::Ntz, value),
        some("2023-12-31T23:30:00.500000000")
    );
    assert_eq!(
        timestamp(TimestampType::Tz, value),
        some("2024-01-01T00:30:00.500000000+01:00")
    );
    assert_eq!(
        timestamp(TimestampType::Ltz, value),
        some("2023-12-31T23:30:00.500000000+00:00")
    );
    assert_eq!(one(format("binary"), r#""00fF""#), some("00fF"));
    for (name, value) in [
        ("date", "5"),
        ("date-time", r#""10000-01-01""#),
        ("time", "{}"),
        ("binary", r#""0g""#),
        ("binary", r#""0""#),
    ] {
        assert!(is_refused(&one(format(name), value)), "{name} {value}");
    }
}

#[test]
fn dates_that_are_none_follow_the_setting() {
    let treated = |treatment, name: &str, value: &str| {
        let settings = ColumnSettings {
            datetime_treatment: treatment,
            ..plain()
        };
        one_with(settings, json!({"type": "string", "format": name}), value)
    };
    assert_eq!(treated(DatetimeTreatment::Null, "date", r#""x""#), Ok(None));
    assert_eq!(treated(DatetimeTreatment::Null, "date", "7"), Ok(None));
    assert_eq!(
        treated(DatetimeTreatment::Max, "date", r#""20107-05-28""#),
        some("9999-12-31")
    );
    assert_eq!(
        treated(DatetimeTreatment::Max, "time", r#""25:00""#),
        some("23:59:59.999999000")
    );
    assert_eq!(
        treated(DatetimeTreatment::Max, "date-time", "{}"),
        some("9999-12-31T23:59:59.999999000")
    );
}

#[test]
fn keys_must_have_values() {
    let mut encoder = encoder_with(json!({"id": {"type": "integer"}, "x": {}}), &["id"], plain());
    assert_eq!(
        encode(&mut encoder, r#"{"id":0}"#),
        Ok(vec![Some("0".to_owned()), None])
    );
    for record in [r#"{"x":"a"}"#, r#"{"id":null}"#] {
        assert_eq!(
            encode(&mut encoder, record),
            Err(RecordProblemKind::MissingKey { key: "id".to_owned() })
        );
    }
}

#[test]
fn problems_name_stream_and_key_but_never_the_value() {
    let mut encoder = encoder(json!({"amount": {"type": "integer"}}));
    let mut scanner = RecordScanner::default();
    let record = scanner.scan(r#"{"amount":"secret"}"#).expect("a record");
    let problem = encoder
        .encode(record, &RowMetadata::default(), 1, &mut Vec::new())
        .expect_err("refused");
    assert_eq!(
        problem.to_string(),
        "stream \"s\": key \"amount\": expected an integer of at most 38 digits, found a string"
    );
}

#[test]
fn what_the_user_should_hear_comes_once() {
    let mut encoder = encoder(json!({"f": {"type": "number"}}));
    for _ in 0..3 {
        encode(
            &mut encoder,
            r#"{"new":1,"f":0.12345678901234567890,"_sdc_sequence":1}"#,
        )
        .expect("written");
    }
    let key = |key: &str| key.to_owned();
    assert_eq!(
        encoder.take_notes(),
        [
            RowNote::UnknownKey { key: key("new") },
            RowNote::RoundedNumber { key: key("f") }
        ]
    );
    encode(&mut encoder, r#"{"new":1,"f":0.12345678901234567890}"#).expect("written");
    assert_eq!(encoder.take_notes(), []);
}

#[test]
fn endless_unknown_keys_are_bounded() {
    let mut encoder = encoder(json!({"a": {"type": "integer"}}));
    for number in 0..3000 {
        assert_eq!(
            encode(&mut encoder, &format!("{{\"k{number}\":1,\"a\":{number}}}")),
            Ok(vec![Some(number.to_string())])
        );
    }
    let notes = encoder.take_notes();
    assert_eq!(notes.len(), 1001);
    assert_eq!(notes.last(), Some(&RowNote::ManyUnknownKeys));
}

#[test]
fn metadata_columns_are_filled() {
    let mut encoder = encoder_with(json!({"a": {}, "_sdc_deleted_at": {}}), &[], ColumnSettings::default());
    let first = RowMetadata {
        received_at_milliseconds: 1_000,
        sync_started_at_milliseconds: 42,
        ..RowMetadata::default()
    };
    let of_batch = encoder.begin_batch(&first).expect("values");
    assert_eq!(
        of_batch
            .iter()
            .map(|(position, value)| (*position, value.as_str()))
            .collect::<Vec<_>>(),
        [(3, "1970-01-01T00:00:01.000000000"), (7, "42")]
    );
    let mut row = |record: &str, time_extracted, table_version| {
        let mut scanner = RecordScanner::default();
        let record = scanner.scan(record).expect("a record");
        let metadata = RowMetadata {
            received_at_milliseconds: 1_700_000_000_123,
            sync_started_at_milliseconds: 42,
            time_extracted,
            table_version,
        };
        let mut row = Vec::new();
        encoder.encode(record, &metadata, 7, &mut row).expect("written");
        fields(&row)
            .into_iter()
            .map(|field| field.unwrap_or_else(|| "-".to_owned()))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let received = "2023-11-14T22:13:20.123000000";
    assert_eq!(
        row(r#"{"a":"x"}"#, None, None),
        format!("x - {received} - 1700000000123 -")
    );
    let deleted = r#"{"a":"x","_sdc_deleted_at":"2019-12-18T13:19:44+00:00+00:00"}"#;
    let expected = format!("x 2024-01-01T00:00:00.000000000 {received} 2019-12-18T13:19:44.000000000 1700000000123 5");
    assert_eq!(row(deleted, Some("2024-01-01T01:00:00+01:00"), Some(5)), expected);
    assert_eq!(
        row(r#"{"a":"x"}"#, None, None),
        format!("x - {received} - 1700000000123 -"),
        "nothing stays behind"
    );
    for wrong in ["yesterday", "yesterday", "", "\"", "2024-13-01T00:00:00Z"] {
        assert_eq!(
            row(r#"{"a":"x"}"#, Some(wrong), None),
            format!("x - {received} - 1700000000123 -"),
            "{wrong}"
        );
    }
    let right = format!("x 2024-01-01T00:00:00.000000000 {received} - 1700000000123 -");
    assert_eq!(row(r#"{"a":"x"}"#, Some("2024-01-01T00:00:00Z"), None), right);
    assert_eq!(encoder.take_notes(), [RowNote::NoTime], "said once");
}

#[test]
fn depth_costs_no_stack() {
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let text = format!("{{\"a\":{deep}}}");
    // serde_json itself recurses when it is asked for more than the raw text of a member; the reader asks for that only.
    let mut scanner = RecordScanner::default();
    let record = scanner.scan(&text).expect("a record");
    let mut row = Vec::new();
    let mut encoder = encoder(json!({"a": {"type": "array"}}));
    encoder
        .encode(record, &RowMetadata::default(), 7, &mut row)
        .expect("written");
    assert_eq!(row.len(), deep.len() + 5);
}

/// A string as a JSON literal in which any character may be escaped.
fn literal(characters: &[(char, bool)]) -> String {
    let mut text = String::from("\"");
    for (character, is_escaped) in characters {
        if *is_escaped || *character < ' ' || matches!(character, '"' | '\\') {
            for unit in character.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(*character);
        }
    }
    text + "\""
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(|number| if number.is_finite() { json!(number) } else { json!(0) }),
        ".*".prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            proptest::collection::vec((any::<String>(), inner), 0..5)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

const KINDS: [&str; 9] = [
    r#"{"type":"integer"}"#,
    r#"{"type":"number"}"#,
    r#"{"type":"number","multipleOf":0.001}"#,
    r#"{"type":"boolean"}"#,
    r#"{"type":"string"}"#,
    r#"{"type":"object"}"#,
    r#"{"type":"string","format":"date-time"}"#,
    r#"{"type":"string","format":"date"}"#,
    r#"{"type":"string","format":"binary"}"#,
];

proptest! {
    #[test]
    fn every_string_comes_back(characters in proptest::collection::vec(any::<(char, bool)>(), 0..40)) {
        let expected: String = characters.iter().map(|(character, _)| *character).collect();
        prop_assert_eq!(one(json!({"type": "string"}), &literal(&characters)), Ok(Some(expected.clone())));
        let variant = one(json!({"type": "object"}), &literal(&characters)).expect("written").expect("not null");
        prop_assert_eq!(serde_json::from_str::<String>(&variant).expect("JSON"), expected);
    }

    #[test]
    fn every_json_is_kept_in_a_variant(value in any_json(), is_pretty in any::<bool>()) {
        let text = if is_pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.expect("JSON");
        let field = one(json!({"type": ["object", "string"]}), &text).expect("written");
        prop_assert_eq!(field, (value != Json::Null).then_some(text), "the text itself, so every digit");
    }

    #[test]
    fn members_find_their_columns_in_any_order(
        records in proptest::collection::vec(proptest::collection::vec((0_usize..8, any::<(char, bool)>(), any::<i32>()), 0..12), 1..6),
    ) {
        // The names that could be mistaken for one another as raw text.
        let names = ["a", "ab", "a\"", "a\\", "é", "", "\u{1}", "unknown"];
        let mut properties = serde_json::Map::new();
        names.iter().take(7).for_each(|name| { properties.insert((*name).to_owned(), json!({"type": "integer"})); });
        let mut encoder = encoder(Json::Object(properties));
        for members in records {
            let mut last = HashMap::new();
            let mut text = String::from("{ ");
            for (position, (index, (_, is_escaped), number)) in members.iter().enumerate() {
                let key: Vec<(char, bool)> = names[*index].chars().map(|character| (character, *is_escaped)).collect();
                let separator = if position == 0 { "" } else { " ,\t" };
                text.push_str(&format!("{separator}{} : {number}", literal(&key)));
                last.insert(*index, number.to_string());
            }
            text.push('}');
            let expected: Vec<Option<String>> = (0..7).map(|index| last.get(&index).cloned()).collect();
            prop_assert_eq!(encode(&mut encoder, &text), Ok(expected));
        }
    }

    #[test]
    fn no_json_panics_in_any_kind(value in any_json(), kind in 0..KINDS.len()) {
        let schema = serde_json::from_str(KINDS[kind]).expect("a schema");
        let _ = one(schema, &value.to_string());
    }

    #[test]
    fn no_invalid_text_panics(text in "[\\[\\]{}\":,\\\\ua0-9n-]{0,40}") {
        let mut members = Members::of_object(text.as_bytes());
        while let Some(members) = members.as_mut() {
            if members.next_key().is_none() || members.key().is_none() || members.value().is_none() {
                break;
            }
        }
        let mut out = Vec::new();
        crate::record_row::text::write_string(text.as_bytes(), &mut out);
        crate::record_row::text::write_json(text.as_bytes(), &mut out);
    }
}

/// What each value of the property `v` becomes when columns take eight bytes.
fn within_eight_bytes(property: Json, value: &str, truncates_text: bool) -> Result<String, RecordProblemKind> {
    let settings = ColumnSettings {
        maximum_text_bytes: 8,
        maximum_variant_bytes: 8,
        truncates_text,
        ..plain()
    };
    let columns = StreamColumns::from_schema("s", &json!({"properties": {"v": property}}), &[], &settings).unwrap();
    let mut row = Vec::new();
    let record = format!(r#"{{"v":{value}}}"#);
    let mut scanner = RecordScanner::default();
    let record = scanner.scan(&record).expect("a record");
    RowEncoder::new(columns.into())
        .encode(record, &RowMetadata::default(), 1, &mut row)
        .map_err(|problem| problem.kind)?;
    Ok(String::from_utf8(row).unwrap())
}

/// Two of them could be the same double, and one row would take the other's place.
#[test]
fn a_key_is_never_rounded() {
    let encoder = || encoder_with(json!({"k": {"type": "number"}}), &["k"], plain());
    let refused = encode(&mut encoder(), r#"{"k":9007199254740993}"#);
    assert!(matches!(refused, Err(RecordProblemKind::Value { .. })));
    assert_eq!(encode(&mut encoder(), r#"{"k":0.1}"#), Ok(vec![Some("0.1".to_owned())]));
}

#[test]
fn sizes_are_those_of_the_loaded_value() {
    let text = json!({"type": "string"});
    let refused = |value: &str, size_bytes: usize| {
        let problem = within_eight_bytes(text.clone(), value, false).unwrap_err();
        let expected = RecordProblemKind::TooLarge {
            key: "v".to_owned(),
            size_bytes,
            limit_bytes: 8,
        };
        assert_eq!(problem, expected);
    };
    refused(r#""123456789""#, 9);
    refused(r#""\u00e9\u00e9\u00e9\u00e91""#, 9);
    assert!(within_eight_bytes(text.clone(), r#""\u00e9\u00e9\u00e9\u00e9""#, false).is_ok());
    assert!(within_eight_bytes(text.clone(), r#""\"\"\"\"\"\"\"\"""#, false).is_ok());
    assert!(within_eight_bytes(json!({"type": "array"}), "[1, 2, 3]", true).is_err());
    assert!(within_eight_bytes(json!({"type": "array"}), "[1,22,3]", false).is_ok());
}

#[test]
fn a_cut_leaves_whole_characters() {
    let cut = |value: &str| within_eight_bytes(json!({"type": "string"}), value, true).unwrap();
    assert_eq!(cut(r#""1234567é""#), "1,\"1234567\"\n");
    assert_eq!(cut(r#""123\"5678\u00e9""#), "1,\"123\"\"5678\"\n");
    assert_eq!(cut(r#""漢漢漢""#), "1,\"漢漢\"\n");
}
