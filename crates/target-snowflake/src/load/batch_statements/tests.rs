//! The statements of a batch as they are sent.

use serde_json::json;
use snowflake_client::{Compression, Identifier, QualifiedName, StageLocation};

use super::BatchStatements;
use crate::columns::{ColumnSettings, StreamColumns};
use crate::config::NullKeys;

fn statements(keys: &[&str], add_record_metadata: bool) -> Vec<String> {
    let schema = json!({"properties": {
        "id": {"type": "integer"},
        "say \"hi\"": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "doc": {"type": "object"},
    }});
    let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
    let settings = ColumnSettings {
        add_record_metadata,
        ..ColumnSettings::default()
    };
    let columns = StreamColumns::from_schema("s", &schema, &keys, &settings).unwrap();
    let name = |table: &str| {
        let [database, schema, table] = ["DB", "SC", table].map(|part| Identifier::new(part).unwrap());
        QualifiedName::in_database(database, schema, table)
    };
    let (target, batch) = (name("T"), name("_SDC_BATCH_1"));
    let position = |name: &str| {
        columns
            .position(name)
            .map(|position| (position, format!("value of {name}")))
    };
    let values: Vec<_> = ["_SDC_BATCHED_AT", "_SDC_SYNC_STARTED_AT"]
        .into_iter()
        .filter_map(position)
        .collect();
    let statements = BatchStatements::new(&target, &batch, &columns, &values).unwrap();
    let stage = StageLocation::user("target-snowflake/run/s_1");
    vec![
        statements.create_batch_table(),
        statements.copy(&stage, &["a.csv.gz", "b.csv.gz"], Compression::Gzip),
        if keys.is_empty() {
            statements.insert()
        } else {
            statements.merge(NullKeys::Fail)
        },
        statements.drop_batch_table(),
    ]
}

#[test]
fn a_batch_with_keys_is_merged() {
    insta::assert_snapshot!(statements(&["id", "at"], false).join("\n\n"));
}

#[test]
fn a_batch_without_keys_is_inserted() {
    insta::assert_snapshot!(statements(&[], true).join("\n\n"));
}

#[test]
fn wide_tables_have_short_names_on_the_way() {
    let names: Vec<String> = (0..1_500).map(|number| format!("{number:0>250}")).collect();
    let property = |name: &String| (name.clone(), json!({"type": "string"}));
    let properties: serde_json::Map<_, _> = names.iter().map(property).collect();
    let columns = StreamColumns::from_schema(
        "s",
        &json!({ "properties": properties }),
        &names[..1],
        &ColumnSettings::default(),
    );
    let [database, table] = ["DB", "T"].map(|part| Identifier::new(part).unwrap());
    let (columns, name) = (columns.unwrap(), QualifiedName::in_schema(database, table));
    let merge = BatchStatements::new(&name, &name, &columns, &[])
        .unwrap()
        .merge(NullKeys::Fail);
    assert!(merge.contains(r#"= s."C7","#), "each long name is there twice");
    assert!(merge.len() < 1_000_000, "{}", merge.len());
}

#[test]
fn a_table_of_keys_alone_has_nothing_to_update() {
    let all = ["id", "say \"hi\"", "at", "doc"];
    let merge = &statements(&all, false)[2];
    assert!(
        !merge.contains("WHEN MATCHED") && merge.contains("WHEN NOT MATCHED"),
        "{merge}"
    );
}

#[test]
fn null_keys_are_added_or_matched() {
    let settings = ColumnSettings {
        add_record_metadata: false,
        ..ColumnSettings::default()
    };
    let schema = json!({"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}, "c": {}}});
    let keys = ["a".to_owned(), "b".to_owned()];
    let mut columns = StreamColumns::from_schema("s", &schema, &keys, &settings).unwrap();
    columns.cleared_columns = vec!["C__I".to_owned()];
    let table = QualifiedName::unqualified(Identifier::new("T").unwrap());
    let batch = QualifiedName::unqualified(Identifier::new("B").unwrap());
    let statements = BatchStatements::new(&table, &batch, &columns, &[]).unwrap();
    let both = [NullKeys::Append, NullKeys::Match].map(|policy| statements.merge(policy));
    insta::assert_snapshot!(both.join("\n\n"));
}
