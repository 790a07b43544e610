//! Every way in which a COPY that calls itself a success is none.

use snowflake_client::{ColumnDescription, ResultSet};

use super::{CopyProblem, check_file};

fn answer(columns: &[&str], rows: &[&[&str]]) -> ResultSet {
    let column = |name: &&str| ColumnDescription {
        name: (*name).to_owned(),
        ..ColumnDescription::default()
    };
    let cells = |row: &&[&str]| row.iter().map(|cell| Some((*cell).to_owned())).collect();
    ResultSet {
        columns: columns.iter().map(column).collect(),
        rows: rows.iter().map(cells).collect(),
        ..ResultSet::default()
    }
}

const COLUMNS: [&str; 4] = ["file", "status", "rows_parsed", "rows_loaded"];

#[test]
fn a_file_counts_when_all_its_rows_are_loaded() {
    let result = answer(&COLUMNS, &[&["target-snowflake/r/s/x.csv.gz", "LOADED", "3", "3"]]);
    assert_eq!(check_file(&result, "x.csv.gz", 3), Ok(()));
}

#[test]
fn anything_else_is_a_problem() {
    let nothing = answer(&["status"], &[&["Copy executed with 0 files processed."]]);
    assert_eq!(
        check_file(&nothing, "x", 3),
        Err(CopyProblem::FileMissing { file: "x".to_owned() })
    );
    let other = answer(&COLUMNS, &[&["yx", "LOADED", "3", "3"]]);
    assert_eq!(
        check_file(&other, "x", 3),
        Err(CopyProblem::FileMissing { file: "x".to_owned() })
    );
    for row in [
        ["x", "LOAD_SKIPPED", "0", "0"],
        ["x", "PARTIALLY_LOADED", "3", "2"],
        ["x", "LOADED", "2", "2"],
        ["x", "LOADED", "4", "3"],
    ] {
        let problem = check_file(&answer(&COLUMNS, &[&row]), "x", 3).unwrap_err();
        assert!(
            matches!(problem, CopyProblem::RowsMissing { written: 3, .. }),
            "{row:?}: {problem}"
        );
    }
}
