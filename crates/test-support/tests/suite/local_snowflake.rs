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
    let long = "SELECT seq4(), REPEAT('x', 100) FROM TABLE(GENERATOR(ROWCOUNT => 5000))";
    assert_eq!(server.query(long).len(), 5000);
    if connector_python().is_some() {
        let script = "print(json.dumps(connection.cursor().execute('SELECT 41 + 1').fetchall()))";
        assert_eq!(run_with_connector(server.port(), script), Ok(serde_json::json!([[42]])));
    }
}
