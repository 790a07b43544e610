//! What an existing table needs, and the one clear failure when it cannot be had.

use serde_json::{Value, json};
use snowflake_client::{ColumnDescription, Identifier, QualifiedName, ResultSet};

use super::{TableChanges, definitions, table_changes};
use crate::columns::{ColumnKind, ColumnSettings, StreamColumns};
use crate::load::LoadProblem;
use crate::load::table_statements::create_table;

fn table() -> QualifiedName {
    QualifiedName::in_schema(Identifier::new("SC").unwrap(), Identifier::new("T").unwrap())
}

fn wanted(properties: Value, keys: &[&str]) -> StreamColumns {
    let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
    let settings = ColumnSettings {
        add_record_metadata: false,
        ..ColumnSettings::default()
    };
    StreamColumns::from_schema("orders", &json!({"properties": properties}), &keys, &settings).unwrap()
}

fn changes(existing: &[(&str, Value)], wanted: StreamColumns) -> Result<TableChanges, LoadProblem> {
    let column = |name: &str| ColumnDescription {
        name: name.to_owned(),
        ..ColumnDescription::default()
    };
    let row = |(name, kind): &(&str, Value)| vec![Some((*name).to_owned()), Some(kind.to_string())];
    let shown = ResultSet {
        columns: vec![column("column_name"), column("data_type")],
        rows: existing.iter().map(row).collect(),
        ..ResultSet::default()
    };
    table_changes(&table(), wanted, &shown)
}

fn number(precision: u8, scale: u8, nullable: bool) -> Value {
    json!({"type": "FIXED", "precision": precision, "scale": scale, "nullable": nullable})
}

#[test]
fn a_table_that_fits_is_left_alone() {
    let fitting = changes(
        &[("ID", number(38, 0, false)), ("OLD", number(5, 0, true))],
        wanted(json!({"id": {"type": "integer"}}), &["id"]),
    );
    assert_eq!(fitting.unwrap().statements, [""; 0]);
}

#[test]
fn columns_are_added_widened_and_freed() {
    let properties = json!({
        "id": {"type": "integer"}, "name": {"type": "string"}, "short": {"type": "integer"}, "new": {"type": "boolean"},
        "at": {"type": "string", "format": "date"},
    });
    let existing = [
        ("ID", number(10, 0, false)),
        ("NAME", json!({"type": "TEXT", "length": 16_777_216, "nullable": false})),
        ("SHORT", json!({"type": "TEXT", "length": 10, "nullable": true})),
        ("GONE", number(1, 0, false)),
    ];
    let changed = changes(&existing, wanted(properties, &["id"])).unwrap();
    insta::assert_snapshot!(changed.statements.join("\n"));
    assert_eq!(
        changed.columns.columns[2].kind,
        ColumnKind::Text,
        "numbers go into the text column as text"
    );
}

#[test]
fn an_incompatible_column_is_named_with_both_types() {
    let problem = changes(
        &[("N", number(38, 0, true))],
        wanted(json!({"n": {"type": "string"}}), &[]),
    )
    .unwrap_err();
    insta::assert_snapshot!(problem.failure.to_string());
}

#[test]
fn a_new_table_has_every_column() {
    let columns = wanted(
        json!({"id": {"type": "integer"}, "a b": {"type": ["null", "array"]}}),
        &["id"],
    );
    let text = create_table(&table(), &definitions(&columns).unwrap());
    assert_eq!(
        text,
        r#"CREATE TABLE IF NOT EXISTS "SC"."T" ("ID" NUMBER(38, 0), "A B" VARIANT)"#
    );
}
