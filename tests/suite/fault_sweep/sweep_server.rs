//! One server for a whole sweep: every thread has a port of it, and every load a schema.
#![expect(
    clippy::expect_used,
    reason = "a test stops at the first surprise, also in its helpers"
)]

use serde_json::{Value, json};
use test_support::http_exchange::exchange;
use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions};
use test_support::program::Program;

use super::scenarios::Scenario;
use super::sweep_load::{BATCH_ROWS, Rows};
use crate::programs::target;

/// Loads side by side. Far more than processors: they wait for delays and pauses.
const PLACES: usize = 8;

/// The server.
pub(super) struct SweepServer {
    snowflake: LocalSnowflake,
}

/// A port and a schema of it.
pub(super) struct Place<'a> {
    snowflake: &'a LocalSnowflake,
    port: u16,
    schema: String,
}

impl SweepServer {
    /// A server with these arguments beside the usual.
    pub(super) fn start(arguments: &[String]) -> Self {
        let usual = ["--gone-transaction-seconds", "0.2", "--chunk-bytes", "250"];
        let options = LocalSnowflakeOptions {
            more_ports: PLACES,
            arguments: usual
                .map(str::to_owned)
                .into_iter()
                .chain(arguments.iter().cloned())
                .collect(),
            ..LocalSnowflakeOptions::default()
        };
        Self {
            snowflake: LocalSnowflake::start(&options),
        }
    }

    /// How many loads can run side by side.
    pub(super) fn places(&self) -> usize {
        self.snowflake.more_ports().len()
    }

    /// A place for load `number`, without faults and with an empty log.
    pub(super) fn place(&self, worker: usize, number: usize) -> Place<'_> {
        let port = self
            .snowflake
            .more_ports()
            .get(worker)
            .copied()
            .expect("a port for each worker");
        let place = Place {
            snowflake: &self.snowflake,
            port,
            schema: format!("SWEEP_{number:05}"),
        };
        place.end_faults();
        place.ask("DELETE", "requests?", None);
        place
    }

    /// Files on the user's stage.
    pub(super) fn staged_files(&self) -> usize {
        self.snowflake.query("LIST @~").len()
    }
}

impl Place<'_> {
    /// A target that loads here. Requests may take a second, pauses are short, one session does everything in order
    /// unless the scenario says otherwise.
    pub(super) fn target(&self, scenario: &Scenario) -> Program {
        let settings = json!({
            "port": self.port, "default_target_schema": self.schema, "add_record_metadata": false,
            "batch_size_rows": BATCH_ROWS, "parallelism": 1,
            "request_timeout_seconds": 1, "retry_base_milliseconds": 20,
        });
        target()
            .config(&self.snowflake.target_settings())
            .config(&settings)
            .config(&scenario.settings)
    }

    /// Makes what a load finds.
    pub(super) fn prepare(&self, scenario: &Scenario) {
        if scenario.load.before.is_empty() {
            return;
        }
        let _status = self.snowflake.query(&format!("CREATE SCHEMA {}", self.schema));
        for sql in scenario.load.before {
            let _status = self.snowflake.query(&sql.replace("SCHEMA", &self.schema));
        }
    }

    /// What the scenario's load looks at.
    pub(super) fn tables(&self, scenario: &Scenario) -> Vec<Rows> {
        let rows = |select: &&str| {
            // Not there yet is as good as empty.
            self.snowflake
                .try_query(&select.replace("SCHEMA", &self.schema))
                .unwrap_or_default()
        };
        scenario.load.selects.iter().map(rows).collect()
    }

    /// Whether the last that the server heard was that the session ends.
    pub(super) fn is_logged_out(&self) -> bool {
        let last = self.requests().pop();
        last.is_some_and(|last| last.get("path") == Some(&json!("/session")) && last.get("status") == Some(&json!(200)))
    }

    /// Adds the column that the second part brings, as another program would.
    pub(super) fn add_remark(&self) {
        let sql = format!("ALTER TABLE {}.ORDERS ADD COLUMN REMARK VARCHAR", self.schema);
        let _status = self.snowflake.query(&sql);
    }

    /// The requests since the place was made.
    pub(super) fn requests(&self) -> Vec<Value> {
        let log = self.ask("GET", "requests?", None);
        log.get("requests")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    }

    /// The same in short, a line each, for messages.
    pub(super) fn sent(&self) -> String {
        let text = |request: &Value, name: &str| {
            let text = request.get(name).and_then(Value::as_str).unwrap_or_default();
            text.chars().take(120).collect::<String>()
        };
        let line = |request: &Value| ["method", "path", "sql"].map(|name| text(request, name)).join(" ");
        self.requests().iter().map(line).collect::<Vec<_>>().join("\n")
    }

    pub(super) fn add_faults(&self, rules: &[Value]) {
        let mut rules = rules.to_vec();
        for rule in rules.iter_mut().filter_map(Value::as_object_mut) {
            rule.insert("port".to_owned(), json!(self.port));
        }
        let answer = self.ask("POST", "faults?", Some(&Value::Array(rules)));
        assert_eq!(answer.get("problem"), None, "a rule was refused");
    }

    /// Nothing goes wrong here any more.
    pub(super) fn end_faults(&self) {
        self.ask("DELETE", "faults?", None);
    }

    /// The names of the rules that found nothing to act on; `""` for one without.
    pub(super) fn never_met(&self) -> Vec<String> {
        let answer = self.ask("GET", "faults?", None);
        let rules = answer.get("rules").and_then(Value::as_array).expect("a list of rules");
        let never = rules.iter().filter(|rule| rule.get("acted") == Some(&json!(0)));
        never
            .map(|rule| rule.get("name").and_then(Value::as_str).unwrap_or_default().to_owned())
            .collect()
    }

    /// Waits until the rule of that name has acted, as long as there is somebody whom it can act on.
    pub(super) fn wait_until_met(&self, name: &str, mut is_worth_it: impl FnMut() -> bool) -> bool {
        let has_acted = || {
            let _answer = self.ask("GET", &format!("faults?until={name}&seconds=0.5&"), None);
            !self.never_met().iter().any(|never| never == name)
        };
        loop {
            let goes_on = is_worth_it();
            if has_acted() || !goes_on {
                return has_acted();
            }
        }
    }

    /// Removes what the load made.
    pub(super) fn leave(&self) {
        self.end_faults();
        // A killed load may have come to nothing.
        let _not_there = self
            .snowflake
            .try_query(&format!("DROP SCHEMA IF EXISTS {}", self.schema));
    }

    fn ask(&self, method: &str, what: &str, body: Option<&Value>) -> Value {
        let url = format!(
            "http://127.0.0.1:{}/__local/{what}port={}",
            self.snowflake.port(),
            self.port
        );
        let body = body.map(Value::to_string).unwrap_or_default();
        exchange(method, &url, &[("Content-Type", "application/json")], body.as_bytes())
            .expect("the local server answers")
            .json()
    }
}
