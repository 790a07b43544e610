//! Names of columns beside columns. The SQL of conversions is seen in the tests of `table_changes`.

use jiff::Timestamp;

use super::{interim_name, split_name, split_names, version_name};
use crate::columns::{ColumnKind, IdentifierCase};

#[test]
fn versions_are_named_by_the_minute_and_never_twice() {
    let now = Timestamp::from_second(1_767_225_600).unwrap();
    assert_eq!(version_name("C", now, |_| false), "C_20260101_0000");
    let taken = |name: &str| ["C_20260101_0000", "C_20260101_0000_2"].contains(&name);
    assert_eq!(version_name("C", now, taken), "C_20260101_0000_3");
    let long = "é".repeat(255);
    assert_eq!(version_name(&long, now, |_| false).chars().count(), 255);
    assert_ne!(interim_name(&long), long);
}

#[test]
fn every_kind_has_a_second_column_of_its_own() {
    assert_eq!(split_name("C", ColumnKind::Integer, IdentifierCase::Upper), "C__I");
    assert_eq!(split_name("c", ColumnKind::Text, IdentifierCase::Lower), "c__s");
    let all: Vec<String> = split_names("C", IdentifierCase::Snake).collect();
    assert!(all.contains(&split_name("C", ColumnKind::Variant, IdentifierCase::Snake)));
    assert_eq!(all.len(), 10);
}
