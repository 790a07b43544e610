//! Runs a piece of Python with Snowflake's official connector: the judge of what our programs loaded.

use crate::local_snowflake::workspace_root;
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The Python that has the official connector 5, if `scripts/test` has installed it.
#[must_use]
pub fn connector_python() -> Option<PathBuf> {
    let python = workspace_root().join(".venv-connector-5/bin/python");
    python.exists().then_some(python)
}

/// Runs a script that finds a logged-in `connection` and prints one JSON value, which is returned.
///
/// # Errors
/// When the connector is not installed, the script fails, or what it prints is not JSON.
pub fn run_with_connector(port: u16, script: &str) -> Result<Value, String> {
    let python = connector_python().ok_or("the official connector is not installed; run scripts/test once")?;
    let program = format!(
        "import json, sys, snowflake.connector\n\
         connection = snowflake.connector.connect(account='local', user='demo', password='demo', host='127.0.0.1',\n    \
         port={port}, protocol='http', database='DEMO', schema='PUBLIC', warehouse='DEMO_WH')\n{script}\nconnection.close()\n"
    );
    let mut child = Command::new(python)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|problem| problem.to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(program.as_bytes())
            .map_err(|problem| problem.to_string())?;
    }
    let output = child.wait_with_output().map_err(|problem| problem.to_string())?;
    if !output.status.success() {
        return Err(format!(
            "the connector failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|problem| format!("{problem} in {}", String::from_utf8_lossy(&output.stdout)))
}
