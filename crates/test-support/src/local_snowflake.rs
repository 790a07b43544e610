//! Starts `scripts/local-snowflake` for a test and asks it questions. Not a Snowflake client: one session, plain SQL.
#![expect(clippy::panic, reason = "a test that cannot start or ask its server is over")]

use crate::snowflake_queries::QuerySession;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tempfile::TempDir;

/// How long the server may take until it listens; the first start installs its environment.
const START_TIMEOUT: Duration = Duration::from_secs(240);

/// A row of a result: every value as the driver protocol's text, NULL as `None`.
pub type Row = Vec<Option<String>>;

/// How to start the server.
#[derive(Debug, Clone, Default)]
pub struct LocalSnowflakeOptions {
    /// Keep the data here, across servers; a temporary directory when missing.
    pub data: Option<PathBuf>,
    /// `(name, password)` of users beside `demo`.
    pub users: Vec<(String, String)>,
    /// `(user, file)`: PEM files with public keys.
    pub public_keys: Vec<(String, PathBuf)>,
    /// Fault rules, the content of `--faults FILE`.
    pub faults: Option<Value>,
    /// So many ports beside the one, so that tests side by side have fault rules and request logs of their own.
    pub more_ports: usize,
    /// Further arguments as they are.
    pub arguments: Vec<String>,
}

/// A running server: account `local`, user `demo`, password `demo`, database `DEMO`. Stopped when dropped.
#[derive(Debug)]
pub struct LocalSnowflake {
    child: Child,
    port: u16,
    more_ports: Vec<u16>,
    said: Arc<Mutex<String>>,
    session: OnceLock<QuerySession>,
    _directory: TempDir,
}

impl LocalSnowflake {
    /// Starts it and waits until it listens.
    ///
    /// # Panics
    /// When it does not; the message shows what it printed.
    #[must_use]
    pub fn start(options: &LocalSnowflakeOptions) -> Self {
        let directory = tempfile::tempdir().unwrap_or_else(|problem| panic!("no temporary directory: {problem}"));
        let mut command = command(options, directory.path());
        let mut child = command
            .spawn()
            .unwrap_or_else(|problem| panic!("{}: {problem}", Path::new(command.get_program()).display()));
        let said = Arc::new(Mutex::new(String::new()));
        let (sender, ready) = channel();
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || {
                let port_of = |line: &str| {
                    line.split_once("listening on http://127.0.0.1:")
                        .and_then(|(_, port)| port.trim().parse::<u16>().ok())
                };
                let mut more_ports = Vec::new();
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    match port_of(&line) {
                        Some(port) if line.starts_with("also") => more_ports.push(port),
                        Some(port) => {
                            let _receiver_may_have_given_up = sender.send((port, std::mem::take(&mut more_ports)));
                        }
                        None => {}
                    }
                }
            });
        }
        if let Some(stderr) = child.stderr.take() {
            let said = Arc::clone(&said);
            std::thread::spawn(move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    if let Ok(mut said) = said.lock() {
                        said.push_str(&line);
                        said.push('\n');
                    }
                }
            });
        }
        let mut server = Self {
            child,
            port: 0,
            more_ports: Vec::new(),
            said,
            session: OnceLock::new(),
            _directory: directory,
        };
        match ready.recv_timeout(START_TIMEOUT) {
            Ok((port, more_ports)) => (server.port, server.more_ports) = (port, more_ports),
            Err(problem) => panic!(
                "scripts/local-snowflake is not listening ({problem}); it said:\n{}",
                server.stderr()
            ),
        }
        server
    }

    /// The port it listens on, at 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The ports beside that one, as many as were asked for.
    #[must_use]
    pub fn more_ports(&self) -> &[u16] {
        &self.more_ports
    }

    /// What it has printed on stderr so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.said.lock().map(|said| said.clone()).unwrap_or_default()
    }

    /// Runs one statement as user `demo` and returns its rows.
    ///
    /// # Panics
    /// When the statement fails; the message is Snowflake's.
    #[must_use]
    #[track_caller]
    pub fn query(&self, sql: &str) -> Vec<Row> {
        self.try_query(sql)
            .unwrap_or_else(|problem| panic!("{problem}\nin: {sql}\nserver said:\n{}", self.stderr()))
    }

    /// Runs one statement as user `demo`.
    ///
    /// # Errors
    /// Snowflake's code and message.
    pub fn try_query(&self, sql: &str) -> Result<Vec<Row>, String> {
        let session = match self.session.get() {
            Some(session) => session,
            None => {
                let session = QuerySession::log_in(self.port, "demo", "demo")?;
                self.session.get_or_init(|| session)
            }
        };
        session.query(sql)
    }

    /// The single value of a statement with one row and one column.
    ///
    /// # Panics
    /// When it has another shape, or the value is NULL.
    #[must_use]
    #[track_caller]
    pub fn value(&self, sql: &str) -> String {
        match self.query(sql).as_slice() {
            [row] if row.len() == 1 => row
                .first()
                .cloned()
                .flatten()
                .unwrap_or_else(|| panic!("NULL from: {sql}")),
            rows => panic!("one value was expected, not {} rows, from: {sql}", rows.len()),
        }
    }

    /// Settings for `target-snowflake` that log in here with the demo user's password.
    #[must_use]
    pub fn target_settings(&self) -> Value {
        serde_json::json!({
            "account": "local", "user": "demo", "password": "demo",
            "host": "127.0.0.1", "port": self.port, "protocol": "http",
            "database": "DEMO", "warehouse": "DEMO_WH", "default_target_schema": "PUBLIC",
        })
    }
}

impl Drop for LocalSnowflake {
    fn drop(&mut self) {
        // TERM lets it close its files and stop what it started itself; KILL is for a server that hangs.
        let _best_effort = Command::new("kill").arg(self.child.id().to_string()).status();
        for _ in 0..100 {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _best_effort = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The root of the workspace.
#[must_use]
pub fn workspace_root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().unwrap_or(root)
}

fn command(options: &LocalSnowflakeOptions, directory: &Path) -> Command {
    let mut command = Command::new(workspace_root().join("scripts/local-snowflake"));
    let data = options.data.clone().unwrap_or_else(|| directory.join("data"));
    command.args(["--port", "0", "--data"]).arg(data);
    for (name, password) in &options.users {
        command.arg("--user").arg(format!("{name}:{password}"));
    }
    for (user, file) in &options.public_keys {
        command.arg("--public-key").arg(format!("{user}={}", file.display()));
    }
    if let Some(faults) = &options.faults {
        let path = directory.join("faults.json");
        std::fs::write(&path, faults.to_string()).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()));
        command.arg("--faults").arg(path);
    }
    command
        .args(["--more-ports", &options.more_ports.to_string()])
        .args(&options.arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
