//! Names of columns beside a stream's own: where a conversion goes on, versions of an old type, second columns for values of
//! another type. Pure.

use jiff::Timestamp;

use crate::columns::{ColumnKind, IdentifierCase, column_name};

const MARK_BEGINS: &str = "target-snowflake: becomes column ";
const MARK_ENDS: &str = "; not in use yet";

/// The comment of the second column while a conversion of `column` goes on. By it and not by its name a later run knows
/// what a killed one left: any name may be a property's.
pub(crate) fn conversion_mark(column: &str) -> String {
    format!("{MARK_BEGINS}{column}{MARK_ENDS}")
}

/// The column that a column with this comment becomes.
pub(crate) fn converted_column(comment: &str) -> Option<&str> {
    comment.strip_prefix(MARK_BEGINS)?.strip_suffix(MARK_ENDS)
}

/// A name for that column that no other has.
pub(crate) fn interim_name(column: &str, is_taken: impl Fn(&str) -> bool) -> String {
    free_name(&format!("{column}__SDC_NEW"), is_taken)
}

/// The name that PipelineWise's target gives a column of an old type; with a number when it is taken.
pub(crate) fn version_name(column: &str, now: Timestamp, is_taken: impl Fn(&str) -> bool) -> String {
    free_name(&format!("{column}_{}", now.strftime("%Y%m%d_%H%M")), is_taken)
}

fn free_name(wanted: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut candidate = column_name(wanted, IdentifierCase::Preserve);
    let mut number = 2;
    while is_taken(&candidate) {
        candidate = column_name(&format!("{wanted}_{number}"), IdentifierCase::Preserve);
        number += 1;
    }
    candidate
}

/// Every ending that `split_name` gives.
const SPLIT_ENDINGS: [&str; 11] = ["i", "n", "f", "e", "b", "s", "x", "d", "h", "t", "v"];

/// The name of the second column for values of this kind.
pub(crate) fn split_name(column: &str, kind: ColumnKind, case: IdentifierCase) -> String {
    let ending = match kind {
        ColumnKind::Integer => "i",
        ColumnKind::Decimal { .. } => "n",
        ColumnKind::Float => "f",
        ColumnKind::DecimalFloat => "e",
        ColumnKind::Boolean => "b",
        ColumnKind::Text => "s",
        ColumnKind::Binary => "x",
        ColumnKind::Date => "d",
        ColumnKind::Time { .. } => "h",
        ColumnKind::Timestamp { .. } => "t",
        ColumnKind::Variant => "v",
    };
    with_ending(column, ending, case)
}

/// Every second column that the column may have.
pub(crate) fn split_names(column: &str, case: IdentifierCase) -> impl Iterator<Item = String> {
    SPLIT_ENDINGS
        .iter()
        .map(move |ending| with_ending(column, ending, case))
}

fn with_ending(column: &str, ending: &str, case: IdentifierCase) -> String {
    let ending = match case {
        IdentifierCase::Lower | IdentifierCase::Preserve => ending.to_owned(),
        IdentifierCase::Upper | IdentifierCase::Snake => ending.to_uppercase(),
    };
    column_name(&format!("{column}__{ending}"), IdentifierCase::Preserve)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_back() {
        assert_eq!(converted_column(&conversion_mark("a; \"b\"")), Some("a; \"b\""));
        assert_eq!(converted_column("a comment"), None);
    }

    #[test]
    fn names_that_are_taken_get_a_number() {
        let now: Timestamp = "2026-03-04T05:06:07Z".parse().expect("a time");
        assert_eq!(version_name("V", now, |_| false), "V_20260304_0506");
        assert_eq!(
            version_name("V", now, |name| !name.ends_with("_3")),
            "V_20260304_0506_3"
        );
        assert_eq!(interim_name("V", |name| name == "V__SDC_NEW"), "V__SDC_NEW_2");
        let long = "é".repeat(255);
        assert_eq!(version_name(&long, now, |_| false).chars().count(), 255);
        assert_ne!(interim_name(&long, |_| false), long);
    }

    #[test]
    fn every_kind_has_a_second_column_of_its_own() {
        assert_eq!(split_name("C", ColumnKind::Integer, IdentifierCase::Upper), "C__I");
        assert_eq!(split_name("c", ColumnKind::Text, IdentifierCase::Lower), "c__s");
        let all: Vec<String> = split_names("C", IdentifierCase::Snake).collect();
        assert!(all.contains(&split_name("C", ColumnKind::DecimalFloat, IdentifierCase::Snake)));
    }
}
