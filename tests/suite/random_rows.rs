//! Random rows of random schemas through the target into the local Snowflake and back through the official connector: equal.
//! What rows there are and what must come back is `tests/random-rows/`, in Python, where numbers are exact by nature.

use std::process::Command;

use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions, workspace_root};
use test_support::python_connector::connector_python;

/// For more rounds, and others: the seed of the first one (1), and how many seconds to begin new ones (4).
const SEED: &str = "RANDOM_ROWS_SEED";
const SECONDS: &str = "RANDOM_ROWS_SECONDS";

/// Results come in one piece. Connector 5.2.0 reads JSON results in several wrongly: it takes the width of a NUMBER column's
/// integers (64 or 128 bits) from the first piece for all of them, and reads what lies beside. 4.8.1 reads the same results right.
const ONE_PIECE: [&str; 2] = ["--chunk-bytes", "1000000000"];

#[test]
fn random_rows_come_back_equal() {
    let snowflake = LocalSnowflake::start(&LocalSnowflakeOptions {
        arguments: ONE_PIECE.map(str::to_owned).to_vec(),
        ..LocalSnowflakeOptions::default()
    });
    let setting = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let output = Command::new(connector_python().expect("the official connector; scripts/test installs it"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(workspace_root().join("tests/random-rows/random_rows.py"))
        .args(["--port", &snowflake.port().to_string()])
        .args(["--target", env!("CARGO_BIN_EXE_target-snowflake-under-test")])
        .args(["--seed", &setting(SEED, "1"), "--seconds", &setting(SECONDS, "4")])
        .output()
        .expect("Python runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("are equal"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
