//! What an existing table needs, and the one clear failure when it cannot be had.

use jiff::Timestamp;
use serde_json::{Value, json};
use snowflake_client::{ColumnDescription, Identifier, QualifiedName, ResultSet};

use super::{ChangeRules, Step, TableChanges, definitions, table_changes};
use crate::columns::{ColumnKind, ColumnSettings, StreamColumns};
use crate::config::TypeChanges;
use crate::load::LoadProblem;
use crate::load::table_statements::{TableProperties, create_table};

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
    changes_by(TypeChanges::Widen, existing, &[], wanted)
}

fn changes_by(
    policy: TypeChanges,
    existing: &[(&str, Value)],
    primary_key: &[&str],
    wanted: StreamColumns,
) -> Result<TableChanges, LoadProblem> {
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
    let rules = ChangeRules {
        policy,
        comments: true,
        frees_keys: false,
        is_new_copy: false,
        now: Timestamp::from_second(1_767_225_600).unwrap(),
    };
    let primary_key: Vec<String> = primary_key.iter().map(|&name| name.to_owned()).collect();
    table_changes(&table(), wanted, &shown, &primary_key, rules)
}

/// All steps as text, conversions with everything they may do.
fn statements(changes: &TableChanges) -> Vec<String> {
    let mut all = Vec::new();
    for step in &changes.steps {
        match step {
            Step::Run(statement) => all.push(statement.clone()),
            Step::Convert(_, conversion) => {
                let mut conversion = Some(&**conversion);
                while let Some(one) = conversion {
                    all.extend(one.fill.iter().cloned());
                    all.extend(one.count_losses.iter().map(|count| format!("if 0 is {count}")));
                    all.extend(one.finish.iter().cloned());
                    conversion = one.otherwise.as_deref();
                    all.extend(conversion.map(|_| format!("or else {}", one.undo)));
                }
            }
        }
    }
    all
}

fn text(length: u64) -> Value {
    json!({"type": "TEXT", "length": length, "nullable": true})
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
    assert_eq!(statements(&fitting.unwrap()), [""; 0]);
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
    insta::assert_snapshot!(statements(&changed).join("\n"));
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
    let text = create_table(
        &table(),
        &definitions(&columns, true).unwrap(),
        &TableProperties::default(),
    );
    assert_eq!(
        text,
        r#"CREATE TABLE IF NOT EXISTS "SC"."T" ("ID" NUMBER(38, 0), "A B" VARIANT)"#
    );
}

#[test]
fn each_policy_has_its_own_way_with_another_type() {
    let wanted = || wanted(json!({"id": {"type": "integer"}, "n": {"type": "string"}}), &["id"]);
    let existing = [("ID", number(38, 0, true)), ("N", number(38, 0, true))];
    let of = |policy| {
        let changed = changes_by(policy, &existing, &[], wanted()).unwrap();
        format!(
            "{policy:?}: {:?} cleared {:?}\n{}",
            changed.columns.columns[1].name,
            changed.columns.cleared_columns,
            statements(&changed).join("\n")
        )
    };
    insta::assert_snapshot!(
        [TypeChanges::Cast, TypeChanges::Version, TypeChanges::Split]
            .map(of)
            .join("\n\n")
    );
    for policy in [TypeChanges::Widen, TypeChanges::Fail] {
        assert!(changes_by(policy, &existing, &[], wanted()).is_err());
    }
    let short = [("ID", number(10, 0, true)), ("N", text(16_777_216))];
    assert!(changes_by(TypeChanges::Widen, &short, &[], wanted()).is_ok());
    assert!(changes_by(TypeChanges::Fail, &short, &[], wanted()).is_err());
}

#[test]
fn casts_keep_every_value() {
    let existing = [
        ("ID", number(10, 2, false)),
        ("F", json!({"type": "REAL", "nullable": true})),
        ("D", json!({"type": "DATE", "nullable": true})),
        ("O", json!({"type": "OBJECT", "nullable": true})),
        ("G", json!({"type": "GEOGRAPHY", "nullable": true})),
        ("P", number(10, 2, true)),
        ("T", json!({"type": "TIMESTAMP_TZ", "nullable": true})),
    ];
    let properties = json!({
        "id": {"type": "string"}, "f": {"type": "string"}, "d": {"type": "string", "format": "date-time"},
        "o": {"type": "object"}, "g": {"type": "object"}, "t": {"type": "boolean"},
        "p": {"type": "string", "format": "singer.decimal", "precision": 12, "scale": 6},
    });
    let changed = changes_by(TypeChanges::Cast, &existing, &["ID"], wanted(properties, &["id"])).unwrap();
    insta::assert_snapshot!(statements(&changed).join("\n"));
    assert_eq!(changed.primary_key.len(), 1, "the key's column is another one now");
}

#[test]
fn tables_of_other_targets_are_continued() {
    // Lower-case names, another primary key, text where a time is wanted.
    let existing = [
        ("id", number(38, 0, false)),
        ("OLD_ID", number(38, 0, false)),
        ("Name", text(50)),
        ("_SDC_DELETED_AT", text(16_777_216)),
    ];
    let properties = json!({"id": {"type": "integer"}, "name": {"type": "string"}});
    let schema = json!({"properties": properties});
    let keys = ["id".to_owned()];
    let wanted = StreamColumns::from_schema("orders", &schema, &keys, &ColumnSettings::default()).unwrap();
    let changed = changes_by(TypeChanges::Cast, &existing, &["OLD_ID"], wanted).unwrap();
    insta::assert_snapshot!(statements(&changed).join("\n"));
    let named = |position: usize| changed.columns.columns[position].name.as_str();
    assert_eq!((named(0), named(1)), ("id", "Name"));
    assert_eq!(changed.columns.columns[5].kind, ColumnKind::Text);
    assert_eq!(changed.primary_key, [Identifier::new("id").unwrap()]);
}

#[test]
fn a_conversion_that_was_cut_short_is_taken_up() {
    let wanted = || wanted(json!({"n": {"type": "string"}}), &[]);
    let ready = [("N__SDC_NEW", text(16_777_216))];
    let changed = changes_by(TypeChanges::Cast, &ready, &[], wanted()).unwrap();
    assert_eq!(
        statements(&changed),
        [r#"ALTER TABLE "SC"."T" RENAME COLUMN "N__SDC_NEW" TO "N""#]
    );
    let begun = [("N", text(16_777_216)), ("N__SDC_NEW", text(16_777_216))];
    let changed = changes_by(TypeChanges::Cast, &begun, &[], wanted()).unwrap();
    assert_eq!(
        statements(&changed),
        [r#"ALTER TABLE "SC"."T" DROP COLUMN "N__SDC_NEW""#]
    );
}

#[test]
fn a_new_table_has_the_options_and_comments() {
    let columns = wanted(
        json!({"id": {"type": "integer", "description": "It's the key"}}),
        &["id"],
    );
    let properties = TableProperties {
        is_transient: true,
        cluster_by: vec![Identifier::new("ID").unwrap()],
        retention_days: Some(1),
        comment: Some("Singer stream orders".to_owned()),
    };
    insta::assert_snapshot!(create_table(
        &table(),
        &definitions(&columns, true).unwrap(),
        &properties
    ));
}
