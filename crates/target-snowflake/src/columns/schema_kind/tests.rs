//! Each line of the type map, and schemas that are odd.

use serde_json::{Value, json};

use super::kind_of_property;
use crate::columns::{ColumnKind, ColumnSettings, TimestampType};

fn kind(schema: Value) -> ColumnKind {
    kind_of_property(&schema, &json!({}), &ColumnSettings::default())
}

const TIMESTAMP: ColumnKind = ColumnKind::Timestamp(TimestampType::Ntz);

#[test]
fn plain_types() {
    assert_eq!(kind(json!({"type": "integer"})), ColumnKind::Integer);
    assert_eq!(kind(json!({"type": ["null", "number"]})), ColumnKind::Float);
    assert_eq!(kind(json!({"type": ["boolean"]})), ColumnKind::Boolean);
    assert_eq!(kind(json!({"type": "object", "properties": {}})), ColumnKind::Variant);
    assert_eq!(kind(json!({"type": ["array", "null"]})), ColumnKind::Variant);
    assert_eq!(kind(json!({"type": "string", "maxLength": 3})), ColumnKind::Text);
    assert_eq!(kind(json!({"type": "date-time"})), ColumnKind::Text);
}

#[test]
fn string_formats() {
    let format = |name: &str| kind(json!({"type": ["string", "null"], "format": name}));
    assert_eq!(format("date-time"), TIMESTAMP);
    assert_eq!(format("date"), ColumnKind::Date);
    assert_eq!(format("time"), ColumnKind::Time);
    assert_eq!(format("binary"), ColumnKind::Binary);
    for name in [
        "email",
        "uri",
        "uuid",
        "hostname",
        "ipv4",
        "duration",
        "singer.decimal",
        "decimal(39,2)",
        "decimal(3",
    ] {
        assert_eq!(format(name), ColumnKind::Text, "{name}");
    }
    assert_eq!(
        format("singer.decimal(18, 4)"),
        ColumnKind::Decimal {
            precision: 18,
            scale: 4
        }
    );
}

#[test]
fn decimals() {
    let decimal = json!({"type": "string", "format": "x-singer.decimal", "precision": 30, "scale": 9});
    assert_eq!(
        kind(decimal),
        ColumnKind::Decimal {
            precision: 30,
            scale: 9
        }
    );
    let multiple = |value: Value| kind(json!({"type": "number", "multipleOf": value}));
    assert_eq!(
        multiple(json!(0.01)),
        ColumnKind::Decimal {
            precision: 38,
            scale: 2
        }
    );
    assert_eq!(
        multiple(json!(1e-10)),
        ColumnKind::Decimal {
            precision: 38,
            scale: 10
        }
    );
    assert_eq!(
        multiple(json!(5)),
        ColumnKind::Decimal {
            precision: 38,
            scale: 0
        }
    );
    assert_eq!(multiple(json!(1e-40)), ColumnKind::Float);
    assert_eq!(kind(json!({"type": "integer", "multipleOf": 0.5})), ColumnKind::Integer);
}

#[test]
fn several_types() {
    assert_eq!(kind(json!({"type": ["integer", "string"]})), ColumnKind::Text);
    assert_eq!(kind(json!({"type": ["integer", "boolean", "null"]})), ColumnKind::Text);
    assert_eq!(kind(json!({"type": ["integer", "object"]})), ColumnKind::Variant);
    assert_eq!(kind(json!({"type": ["integer", "number"]})), ColumnKind::Float);
}

#[test]
fn unions() {
    let any = |members: Value| kind(json!({"anyOf": members}));
    assert_eq!(any(json!([{"type": "null"}, {"type": "integer"}])), ColumnKind::Integer);
    assert_eq!(
        any(json!([{"type": "string", "format": "date-time"}, {"type": ["string", "null"]}])),
        TIMESTAMP
    );
    assert_eq!(
        any(json!([{"type": "string"}, {"type": "string", "format": "date-time"}])),
        ColumnKind::Text
    );
    assert_eq!(any(json!([{"type": "integer"}, {"type": "string"}])), ColumnKind::Text);
    assert_eq!(any(json!([{"type": "array"}, {"type": "string"}])), ColumnKind::Variant);
    assert_eq!(kind(json!({"oneOf": [{"type": "number"}]})), ColumnKind::Float);
    assert_eq!(
        kind(json!({"allOf": [{"minimum": 1}, {"type": "integer"}]})),
        ColumnKind::Integer
    );
}

#[test]
fn untyped() {
    for schema in [
        json!({}),
        json!(true),
        json!(null),
        json!({"type": "null"}),
        json!({"type": []}),
        json!({"type": 7}),
    ] {
        assert_eq!(kind(schema), ColumnKind::Text);
    }
    assert_eq!(kind(json!({"const": 1})), ColumnKind::Integer);
    assert_eq!(kind(json!({"enum": ["a", null]})), ColumnKind::Text);
    assert_eq!(kind(json!({"enum": [1, "a"]})), ColumnKind::Text);
    assert_eq!(kind(json!({"properties": {}})), ColumnKind::Variant);
    assert_eq!(kind(json!({"format": "date"})), ColumnKind::Date);
}

#[test]
fn references() {
    let root = json!({
        "definitions": {"id": {"type": "integer"}, "loop": {"$ref": "#/definitions/loop"}, "a/b": {"type": "boolean"}},
        "$defs": {"tree": {"type": "object", "properties": {"child": {"$ref": "#/$defs/tree"}}}},
    });
    let kind = |pointer: &str| kind_of_property(&json!({"$ref": pointer}), &root, &ColumnSettings::default());
    assert_eq!(kind("#/definitions/id"), ColumnKind::Integer);
    assert_eq!(kind("#/definitions/a~1b"), ColumnKind::Boolean);
    assert_eq!(kind("#/$defs/tree"), ColumnKind::Variant);
    assert_eq!(kind("#/definitions/loop"), ColumnKind::Text);
    assert_eq!(kind("#/definitions/missing"), ColumnKind::Text);
    assert_eq!(kind("https://example.com/schema"), ColumnKind::Text);
}

#[test]
fn members_that_refer_to_themselves_twice_end_soon() {
    let root = json!({"definitions": {"a": {"anyOf": [{"$ref": "#/definitions/a"}, {"$ref": "#/definitions/a"}, {"type": "integer"}]}}});
    let schema = json!({"$ref": "#/definitions/a"});
    assert_eq!(
        kind_of_property(&schema, &root, &ColumnSettings::default()),
        ColumnKind::Integer
    );
}
