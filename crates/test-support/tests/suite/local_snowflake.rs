//! The launcher of the local Snowflake server and its questions.

use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions};
use test_support::python_connector::{connector_python, run_with_connector};

#[test]
fn it_starts_answers_and_names_what_is_wrong() {
    let server = LocalSnowflake::start(&LocalSnowflakeOptions::default());
    assert_eq!(
        server.query("SELECT 1, NULL, 'a''b'"),
        [[Some("1".to_owned()), None, Some("a'b".to_owned())]]
    );
    assert_eq!(server.value("SELECT CURRENT_DATABASE()"), "DEMO");
    let problem = server.try_query("SELECT * FROM no_such_table").unwrap_err();
    assert!(problem.contains("002003"), "{problem}");
    // More than one chunk of rows.
    let ten = "SELECT 1 AS n".to_owned() + &" UNION ALL SELECT 1".repeat(9);
    let long = format!("WITH ten AS ({ten}) SELECT REPEAT('x', 300) FROM ten a, ten b, ten c");
    assert_eq!(server.query(&long).len(), 1000);
    if connector_python().is_some() {
        let script = "print(json.dumps(connection.cursor().execute('SELECT 41 + 1').fetchall()))";
        assert_eq!(run_with_connector(server.port(), script), Ok(serde_json::json!([[42]])));
    }
}
