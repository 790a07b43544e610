//! Records against schemas, and against the jsonschema crate as the judge.

use proptest::prelude::*;
use serde_json::{Value, json};
use singer_protocol::RecordScanner;

use super::RecordCheck;
use crate::columns::{ColumnSettings, StreamColumns};
use crate::metadata_columns::RowMetadata;
use crate::record_row::RowEncoder;

/// What the encoder says of a record, by the schema alone: values are written into VARIANT columns, which take anything.
fn checked(schema: &Value, record: &str) -> Result<(), String> {
    let settings = ColumnSettings::default();
    let mut columns = StreamColumns::from_schema("s", schema, &[], &settings).expect("columns");
    for column in &mut columns.columns {
        if column.source == crate::columns::ColumnSource::Property {
            column.kind = crate::columns::ColumnKind::Variant;
        }
    }
    let check = RecordCheck::compile(schema, &columns);
    let mut encoder = RowEncoder::new(columns.into());
    encoder.set_check(check.map(Into::into));
    let mut scanner = RecordScanner::default();
    let record = scanner.scan(record).expect("a record");
    encoder
        .encode(record, &RowMetadata::default(), 1, &mut Vec::new())
        .map_err(|problem| problem.to_string())
}

fn refused(properties: Value, record: &str) -> String {
    checked(&json!({"properties": properties}), record).expect_err("the record is refused")
}

#[test]
fn types_are_compared() {
    let property = json!({"v": {"type": ["integer", "null"]}});
    let schema = json!({"properties": property});
    for record in [
        r#"{"v": 1}"#,
        r#"{"v": null}"#,
        "{}",
        r#"{"v": 1.0}"#,
        r#"{"v": 123456789012345678901234567890}"#,
    ] {
        assert_eq!(checked(&schema, record), Ok(()), "{record}");
    }
    assert_eq!(
        refused(property.clone(), r#"{"v": "secret"}"#),
        r#"stream "s": key "v": the schema says integer or null, found a string"#
    );
    assert!(refused(property, r#"{"v": 1.5}"#).contains("found a number that is not whole"));
    assert!(refused(json!({"v": {"type": "array"}}), r#"{"v": {}}"#).contains("found an object"));
}

#[test]
fn nested_places_are_named() {
    let property = json!({"a": {"type": "object", "required": ["n"], "additionalProperties": false, "properties": {
        "n": {"type": "integer"}, "l": {"type": "array", "items": {"type": "string", "maxLength": 2}}}}});
    assert_eq!(
        refused(property.clone(), r#"{"a": {"n": 1, "l": ["ab", "abc"]}}"#),
        r#"stream "s": key "a.l[1]" breaks "maxLength" of the schema"#
    );
    assert!(refused(property.clone(), r#"{"a": {"l": []}}"#).contains(r#"required key "a.n" is missing"#));
    assert!(refused(property, r#"{"a": {"n": 1, "\u006F": 1}}"#).contains(r#"key "a.o" is not in the schema"#));
}

#[test]
fn required_and_forbidden_keys_of_the_record() {
    let schema = json!({"properties": {"id": {}, "b": {}}, "required": ["id"], "additionalProperties": false});
    assert_eq!(checked(&schema, r#"{"id": null, "_sdc_sequence": 1}"#), Ok(()));
    assert!(checked(&schema, r#"{"b": 1}"#).is_err_and(|text| text.contains(r#"required key "id""#)));
    assert!(checked(&schema, r#"{"id": 1, "c": 1}"#).is_err_and(|text| text.contains(r#"key "c" is not"#)));
}

#[test]
fn references_are_followed_and_values_never_told() {
    let schema = json!({
        "definitions": {"code": {"type": "string", "pattern": "^[A-Z]+$"}},
        "properties": {"v": {"$ref": "#/definitions/code"}, "w": {"pattern": "^x"}},
    });
    assert_eq!(checked(&schema, r#"{"v": "AB"}"#), Ok(()));
    let problem = checked(&schema, r#"{"v": "hush"}"#).expect_err("refused");
    assert_eq!(problem, r#"stream "s": key "v" breaks "pattern" of the schema"#);
    assert!(
        refused(json!({"w": {"pattern": "^x"}}), r#"{"w": "hush"}"#)
            .ends_with(r#"key "w" breaks "pattern" of the schema"#)
    );
}

#[test]
fn a_schema_that_is_none_refuses_nothing() {
    for property in [
        json!({"type": "date-time"}),
        json!({"pattern": "("}),
        json!({"type": 5}),
        json!("text"),
        json!({"$ref": "#/no"}),
    ] {
        assert_eq!(
            checked(&json!({"type": "x", "properties": {"v": property}}), r#"{"v": "a"}"#),
            Ok(()),
            "{property}"
        );
    }
}

/// Each of these was refused although another record check, or none, lets it in.
#[test]
fn texts_that_make_no_tree_are_compared_all_the_same() {
    let tree = json!({"properties": {"v": {"pattern": "^[^x]*$"}}});
    assert_eq!(checked(&tree, r#"{"v": "\ud83d\u0041"}"#), Ok(()));
    assert!(checked(&tree, r#"{"v": "x\ud83d"}"#).is_err());
    let recursive = json!({"properties": {"id": {"type": "integer"}, "v": {"items": {"$ref": "#/properties/v"}}}});
    let deep = format!(r#"{{"id": 1, "v": {}{}}}"#, "[".repeat(500), "]".repeat(500));
    for record in [deep.as_str(), r#"{"id": 1, "v": [1e999, "\udfff"]}"#] {
        assert_eq!(checked(&recursive, record), Ok(()), "{record}");
    }
    assert!(checked(&recursive, r#"{"id": "1", "v": [1e999]}"#).is_err());
    let exact = json!({
        "definitions": {"price": {"type": "number", "multipleOf": 0.01}},
        "properties": {"v": {"$ref": "#/definitions/price"}, "w": {"multipleOf": 0.05}},
    });
    let record = r#"{"v": 123456789012345678901234567890.07, "w": 123456789012345678901234567890.15}"#;
    assert_eq!(checked(&exact, record), Ok(()));
    assert!(checked(&exact, r#"{"v": 0.001}"#).is_err());
}

/// `_sdc_deleted_at` is the target's own, whatever the schema is made of.
#[test]
fn a_closed_schema_with_references_lets_the_targets_own_keys_in() {
    let schema = json!({
        "definitions": {"id": {"type": "integer"}}, "properties": {"id": {"$ref": "#/definitions/id"}}, "additionalProperties": false,
    });
    assert_eq!(
        checked(&schema, r#"{"id": 1, "_sdc_deleted_at": "2026-01-01T00:00:00Z"}"#),
        Ok(())
    );
    assert!(checked(&schema, r#"{"id": 1, "other": 1}"#).is_err());
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        Just(json!(0.5)),
        Just(json!(2.0)),
        "[ab\"\\\\é]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map("[abc]", inner, 0..3).prop_map(|members| json!(members)),
        ]
    })
}

fn schema() -> impl Strategy<Value = Value> {
    let names = prop::sample::subsequence(
        vec!["null", "boolean", "integer", "number", "string", "object", "array"],
        1..4,
    );
    let leaf = prop_oneof![
        Just(json!({})),
        names.clone().prop_map(|names| json!({"type": names})),
        (0_u8..4, 0_u8..4).prop_map(|(least, greatest)| json!({"minLength": least, "maxLength": greatest})),
        (-3_i8..4, -3_i8..4).prop_map(|(least, greatest)| json!({"minimum": least, "exclusiveMaximum": greatest})),
        value().prop_map(|value| json!({"enum": [value, "a", 1]})),
        value().prop_map(|value| json!({"const": value})),
        Just(json!({"multipleOf": 0.1})),
        Just(json!({"multipleOf": 2})),
        Just(json!({"multipleOf": 0.25})),
        Just(json!({"pattern": "a"})),
        Just(json!({"format": "date-time"})),
    ];
    leaf.prop_recursive(3, 16, 3, move |inner| {
        let members = prop::collection::hash_map("[abc]", inner.clone(), 0..3);
        let several = prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            (
                members,
                prop::sample::subsequence(vec!["a", "b", "c"], 0..2),
                any::<bool>()
            )
                .prop_map(|(properties, required, others)| json!({
                    "properties": properties, "required": required, "additionalProperties": others})),
            inner.clone().prop_map(|items| json!({"items": items})),
            (prop::sample::select(vec!["anyOf", "oneOf", "allOf"]), several)
                .prop_map(|(keyword, members)| json!({keyword: members})),
            (names.clone(), inner).prop_map(|(names, items)| json!({"type": names, "items": items})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// On every schema and record, the same verdict as the jsonschema crate's.
    #[test]
    fn verdicts_are_those_of_the_judge(property in schema(), value in value(), required in any::<bool>()) {
        let required = if required { vec!["v", "w"] } else { vec![] };
        let schema = json!({
            "definitions": {"v": property},
            "properties": {"v": {"$ref": "#/definitions/v"}, "w": {"anyOf": [{"type": "null"}, {"$ref": "#/definitions/v"}, {"const": 1}]}},
            "required": required,
        });
        let record = json!({"v": value, "w": 1});
        let judge = super::validator(&schema).expect("a schema");
        let text = record.to_string();
        prop_assert_eq!(checked(&schema, &text).is_ok(), judge.is_valid(&record), "{} {}", schema, text);
    }
}
