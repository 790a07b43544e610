//! Each line of the type map, and schemas that are odd.

use serde_json::{Value, json};

use super::{is_mixed_datetime, kind_of_property};
use crate::columns::{ColumnKind, ColumnSettings, NumberType, TimestampType};

fn kind(schema: Value) -> ColumnKind {
    kind_of_property(&schema, &json!({}), &ColumnSettings::default())
}

const TIMESTAMP: ColumnKind = ColumnKind::Timestamp {
    zone: TimestampType::Ntz,
    digits: 9,
};

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
    assert_eq!(format("time"), ColumnKind::Time { digits: 9 });
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
    assert_eq!(
        multiple(json!(1e-40)),
        ColumnKind::Text,
        "no NUMBER has so many digits after the point"
    );
    assert_eq!(kind(json!({"type": "integer", "multipleOf": 0.5})), ColumnKind::Integer);
}

/// Only VARCHAR keeps more than 38 digits.
#[test]
fn numbers_of_more_than_38_digits() {
    let decimal = |precision, scale| ColumnKind::Decimal { precision, scale };
    for (schema, expected) in [
        (json!({"type": "integer", "maximum": 1e38}), ColumnKind::Integer),
        (json!({"type": "integer", "maximum": 1e39}), ColumnKind::Text),
        (
            json!({"type": "integer", "exclusiveMinimum": -1.5e38}),
            ColumnKind::Text,
        ),
        (
            json!({"type": ["null", "integer"], "multipleOf": 1e39}),
            ColumnKind::Text,
        ),
        (
            json!({"type": "number", "multipleOf": 0.01, "maximum": 1e36, "minimum": -1e36}),
            decimal(38, 2),
        ),
        (
            json!({"type": "number", "multipleOf": 0.01, "maximum": 1e37}),
            ColumnKind::Text,
        ),
        (
            json!({"type": "number", "multipleOf": 1e-38, "maximum": 1e62}),
            ColumnKind::Text,
        ),
        (json!({"type": "number", "multipleOf": 12.5}), decimal(38, 1)),
        (json!({"type": "number", "format": "singer.decimal"}), ColumnKind::Text),
        (
            json!({"type": "number", "format": "x-singer.decimal", "precision": 50, "scale": 2}),
            ColumnKind::Text,
        ),
        (
            json!({"type": "number", "format": "singer.decimal(20, 3)"}),
            decimal(20, 3),
        ),
        (json!({"type": "number", "maximum": 1e300}), ColumnKind::Float),
    ] {
        assert_eq!(kind(schema.clone()), expected, "{schema}");
    }
}

#[test]
fn numbers_without_digits_are_what_the_user_wants() {
    let kind = |number_type, schema: Value| {
        let settings = ColumnSettings {
            number_type,
            ..ColumnSettings::default()
        };
        kind_of_property(&schema, &json!({}), &settings)
    };
    let number = || json!({"type": "number"});
    assert_eq!(kind(NumberType::DecimalFloat, number()), ColumnKind::DecimalFloat);
    assert_eq!(
        kind(NumberType::Number { scale: 9 }, number()),
        ColumnKind::Decimal {
            precision: 38,
            scale: 9
        }
    );
    assert_eq!(
        kind(NumberType::DecimalFloat, json!({"type": ["integer", "number"]})),
        ColumnKind::DecimalFloat
    );
    assert_eq!(
        kind(NumberType::DecimalFloat, json!({"const": 1.5})),
        ColumnKind::DecimalFloat
    );
}

#[test]
fn iceberg_has_no_variant_and_microseconds() {
    let settings = ColumnSettings {
        is_iceberg: true,
        ..ColumnSettings::default()
    };
    let kind = |schema: Value| kind_of_property(&schema, &json!({}), &settings);
    assert_eq!(kind(json!({"type": "object"})), ColumnKind::Text);
    assert_eq!(
        kind(json!({"type": "string", "format": "time"})),
        ColumnKind::Time { digits: 6 }
    );
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
    let text = ColumnSettings {
        mixed_datetimes_are_text: true,
        ..ColumnSettings::default()
    };
    let mixed = json!({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string"}]});
    assert_eq!(kind_of_property(&mixed, &json!({}), &text), ColumnKind::Text);
    assert!(is_mixed_datetime(&mixed, &json!({}), &ColumnSettings::default()));
    assert!(!is_mixed_datetime(&mixed, &json!({}), &text));
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
