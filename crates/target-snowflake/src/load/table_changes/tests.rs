//! What an existing table needs, and the one clear failure when it cannot be had.

use jiff::Timestamp;
use serde_json::{Value, json};
use snowflake_client::{ColumnDescription, Identifier, QualifiedName, ResultSet};

use super::{ChangeRules, Step, TableChanges, definitions, table_changes};
use crate::columns::{ColumnKind, ColumnSettings, StreamColumns, TablePlace};
use crate::config::TypeChanges;
use crate::load::table_name::Table;
use crate::load::table_statements::{TableProperties, create_table};
use crate::load::type_change::Otherwise;
use crate::load::{IcebergOptions, LoadProblem};

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
    // A test's own key in the type, so that columns with a comment need no other form.
    let comment = |kind: &Value| {
        kind.get("comment")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let row =
        |(name, kind): &(&str, Value)| vec![Some((*name).to_owned()), Some(kind.to_string()), Some(comment(kind))];
    let shown = ResultSet {
        columns: vec![column("column_name"), column("data_type"), column("comment")],
        rows: existing.iter().map(row).collect(),
        ..ResultSet::default()
    };
    let rules = ChangeRules {
        policy,
        comments: true,
        frees_keys: false,
        is_new_copy: false,
        is_iceberg: false,
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
            Step::Run(statement) | Step::Wish(statement) => all.push(statement.clone()),
            Step::Convert(_, conversion) => {
                let mut conversion = Some(&**conversion);
                while let Some(one) = conversion {
                    all.extend(one.count_misfits.iter().map(|count| format!("if 0 is {count}")));
                    all.extend(one.fill.iter().cloned());
                    all.extend(one.count_losses.iter().map(|count| format!("if 0 is {count}")));
                    all.extend(one.finish.iter().cloned());
                    let can_fail = one.count_misfits.is_some() || one.count_losses.is_some();
                    all.extend(one.count_losses.iter().map(|_| format!("or else {}", one.undo)));
                    conversion = match &one.otherwise {
                        Otherwise::Convert(next) => Some(&**next),
                        Otherwise::Keep(kind) if can_fail => {
                            all.push(format!("or else keep it as {kind:?}"));
                            None
                        }
                        Otherwise::Refuse(_) if can_fail => {
                            all.push("or else refuse".to_owned());
                            None
                        }
                        Otherwise::Keep(_) | Otherwise::Refuse(_) => None,
                    };
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
        ("ID", number(10, 0, false)),
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
    let with_comment =
        |comment: &str| json!({"type": "TEXT", "length": 16_777_216, "nullable": true, "comment": comment});
    // The old column may have been found in another case than the stream's.
    let mark = with_comment("target-snowflake: becomes column n; not in use yet");
    let ready = [("anything", mark.clone())];
    let changed = changes_by(TypeChanges::Cast, &ready, &[], wanted()).unwrap();
    assert_eq!(
        statements(&changed),
        [
            r#"ALTER TABLE "SC"."T" RENAME COLUMN "anything" TO "n""#,
            r#"ALTER TABLE "SC"."T" ALTER COLUMN "n" UNSET COMMENT"#
        ]
    );
    assert_eq!(changed.columns.columns[0].name, "n");
    let begun = [("n", text(16_777_216)), ("n__SDC_NEW", mark.clone())];
    let changed = changes_by(TypeChanges::Cast, &begun, &[], wanted()).unwrap();
    assert_eq!(
        statements(&changed),
        [r#"ALTER TABLE "SC"."T" DROP COLUMN "n__SDC_NEW""#]
    );
    let renamed = [("n", mark)];
    let changed = changes_by(TypeChanges::Cast, &renamed, &[], wanted()).unwrap();
    assert_eq!(
        statements(&changed),
        [r#"ALTER TABLE "SC"."T" ALTER COLUMN "n" UNSET COMMENT"#]
    );
}

/// By its name it was taken for what a conversion left, and dropped.
#[test]
fn a_property_may_be_called_like_a_column_of_ours() {
    let properties = json!({"n": {"type": "string"}, "n__sdc_new": {"type": "string"}});
    let existing = [("N", number(38, 0, true)), ("N__SDC_NEW", text(16_777_216))];
    let changed = changes_by(TypeChanges::Cast, &existing, &[], wanted(properties, &[])).unwrap();
    let statements = statements(&changed).join("\n");
    assert!(!statements.contains(r#"DROP COLUMN "N__SDC_NEW""#), "{statements}");
    assert!(
        statements.contains(r#"ADD COLUMN "N__SDC_NEW_2" VARCHAR"#),
        "{statements}"
    );
}

#[test]
fn numbers_become_other_numbers_only_without_loss() {
    let existing = [
        ("A", number(38, 0, true)),
        ("B", number(38, 0, true)),
        ("C", json!({"type": "REAL", "nullable": true})),
        ("D", number(12, 4, true)),
    ];
    let properties = json!({
        "a": {"type": "number"}, "b": {"type": "number", "multipleOf": 0.01}, "c": {"type": "number", "multipleOf": 0.01},
        "d": {"type": "number"},
    });
    let changed = changes_by(TypeChanges::Cast, &existing, &[], wanted(properties.clone(), &[])).unwrap();
    let keys = changes_by(TypeChanges::Cast, &existing, &[], wanted(properties, &["c"])).unwrap();
    let float_key: Vec<String> = statements(&keys)
        .into_iter()
        .filter(|statement| statement.contains("\"C\"") || statement.contains("keep"))
        .collect();
    insta::assert_snapshot!(format!(
        "{}\n\nas a key:\n{}",
        statements(&changed).join("\n"),
        float_key.join("\n")
    ));
}

#[test]
fn columns_without_a_comment_get_their_description() {
    let commented = json!({"type": "TEXT", "length": 16_777_216, "nullable": true, "comment": "somebody's own"});
    let existing = [("A", text(16_777_216)), ("B", commented), ("C", text(16_777_216))];
    let properties = json!({
        "a": {"type": "string", "description": "it's a"}, "b": {"type": "string", "description": "b"}, "c": {"type": "string"},
        "d": {"type": "string", "description": "new"},
    });
    let changed = changes(&existing, wanted(properties, &[])).unwrap();
    assert_eq!(
        statements(&changed),
        [
            r#"ALTER TABLE "SC"."T" ADD COLUMN "D" VARCHAR COMMENT 'new'"#,
            r#"ALTER TABLE "SC"."T" ALTER COLUMN "A" COMMENT 'it''s a'"#
        ]
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
        iceberg: None,
    };
    insta::assert_snapshot!(create_table(
        &table(),
        &definitions(&columns, true).unwrap(),
        &properties
    ));
}

#[test]
fn an_iceberg_table_says_where_its_files_are() {
    let columns = wanted(json!({"id": {"type": "integer"}}), &[]);
    let options = IcebergOptions {
        external_volume: Some("vol".to_owned()),
        catalog: None,
        base_location: Some("raw/{{schema}}/{{table}}/{{stream}}".to_owned()),
    };
    let place = TablePlace {
        schema: "SC".to_owned(),
        table: "T".to_owned(),
    };
    let properties = TableProperties {
        iceberg: Some(options.of_table(&Table::new("orders", "DB", &place).unwrap(), "it's")),
        ..TableProperties::default()
    };
    assert_eq!(
        create_table(&table(), &definitions(&columns, true).unwrap(), &properties),
        r#"CREATE ICEBERG TABLE IF NOT EXISTS "SC"."T" ("ID" NUMBER(38, 0)) EXTERNAL_VOLUME = 'vol' BASE_LOCATION = 'raw/SC/T/it''s'"#
    );
}
