//! ACTIVATE_VERSION as it is sent.

use jiff::Timestamp;
use serde_json::json;
use snowflake_client::{Identifier, QualifiedName};

use super::activate_version;
use crate::columns::{ColumnSettings, StreamColumns, TimestampType};

fn statement(timestamp_type: TimestampType, add_record_metadata: bool, hard: bool) -> Option<String> {
    let settings = ColumnSettings {
        add_record_metadata,
        timestamp_type,
        ..ColumnSettings::default()
    };
    let columns = StreamColumns::from_schema("s", &json!({"properties": {"id": {}}}), &[], &settings).unwrap();
    let table = QualifiedName::unqualified(Identifier::new("T").unwrap());
    let now = Timestamp::from_microsecond(1).unwrap();
    activate_version(&table, &columns, 7, false, (!hard).then_some(now)).unwrap()
}

#[test]
fn rows_of_older_versions_are_marked_or_removed() {
    assert_eq!(
        statement(TimestampType::Ntz, true, false).unwrap(),
        r#"UPDATE "T" SET "_SDC_DELETED_AT" = TO_TIMESTAMP_NTZ('1970-01-01T00:00:00.000001000', 'YYYY-MM-DD"T"HH24:MI:SS.FF9') WHERE "_SDC_TABLE_VERSION" < 7 AND "_SDC_DELETED_AT" IS NULL"#
    );
    assert!(
        statement(TimestampType::Tz, true, false)
            .unwrap()
            .contains("000001000+00:00'")
    );
    let removed = statement(TimestampType::Ntz, true, true);
    assert_eq!(
        removed.as_deref(),
        Some(r#"DELETE FROM "T" WHERE "_SDC_TABLE_VERSION" < 7"#)
    );
    assert_eq!(
        statement(TimestampType::Ntz, false, false),
        None,
        "without metadata no row has a version"
    );
}

#[test]
fn rows_without_a_version_are_old_when_the_user_says_so() {
    let columns = StreamColumns::from_schema("s", &json!({"properties": {"id": {}}}), &[], &ColumnSettings::default());
    let table = QualifiedName::unqualified(Identifier::new("T").unwrap());
    let statement = activate_version(&table, &columns.unwrap(), 7, true, None)
        .unwrap()
        .unwrap();
    assert_eq!(
        statement,
        r#"DELETE FROM "T" WHERE ("_SDC_TABLE_VERSION" < 7 OR "_SDC_TABLE_VERSION" IS NULL)"#
    );
}
