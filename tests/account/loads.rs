//! Whole loads by the built program.

use serde_json::{Value, json};
use test_support::messages::{raw_record_line, record_line, schema_line, state_line};

use crate::account::Account;
use crate::cutting_relay::CuttingRelay;

/// A list of `{"name": …, settings}`, one for each further way to log in.
const LOG_INS: &str = "TEST_ACCOUNT_LOG_INS";
/// Answers of a load that are lost, one in each load. More than a load has.
const MOST_ANSWERS: usize = 60;
/// On the local server every so manieth: that all can be lost there is the fault sweep's part.
const LOCAL_STEP: usize = 6;

fn table(account: &Account, name: &str) -> String {
    format!("{}.{name}", account.schema())
}

/// NUL in text and in VARIANT, digits, dates before the Gregorian calendar, nanoseconds: what COPY is relied on for.
pub(crate) fn values_come_back(account: &Account) {
    let properties = json!({
        "id": { "type": "integer" }, "text": { "type": "string" }, "number": { "type": "integer" },
        "variant": { "type": "object" }, "day": { "type": "string", "format": "date" },
        "moment": { "type": "string", "format": "date-time" }, "nothing": { "type": ["null", "string"] },
    });
    let text = "a\u{0}b \\N \"q\" \n 🏮";
    let number = "12345678901234567890123456789012345678";
    let record = format!(
        r#"{{"id":1,"text":{},"number":{number},"variant":{{"k":{},"n":1.10}},"day":"1500-02-28",
        "moment":"9999-12-31T23:59:59.123456789Z","nothing":null}}"#,
        json!(text),
        json!(text)
    );
    let record = record.replace('\n', "");
    let input = schema_line("account_values", &properties, &["id"]) + &raw_record_line("account_values", &record);
    let _loaded = account.target().stdin(input).run().expect_code(0);
    let session = account.session();
    let from = table(account, "ACCOUNT_VALUES");
    let one = |expression: &str| account.value(&session, &format!("SELECT {expression} FROM {from}"));
    assert_eq!(one("TEXT"), text, "NUL in VARCHAR");
    assert_eq!(one("NUMBER"), number);
    assert_eq!(one("VARIANT:k::VARCHAR"), text, "NUL in VARIANT");
    assert_eq!(one("TO_VARCHAR(DAY, 'YYYY-MM-DD')"), "1500-02-28");
    let moment = one("TO_VARCHAR(MOMENT, 'YYYY-MM-DD HH24:MI:SS.FF9')");
    assert_eq!(moment, "9999-12-31 23:59:59.123456789");
    assert_eq!(one("NOTHING IS NULL"), account.value(&session, "SELECT TRUE"));
}

fn rows() -> String {
    let properties = json!({ "id": { "type": "integer" }, "v": { "type": "integer" } });
    let mut text = schema_line("merged", &properties, &["id"]) + &schema_line("added", &properties, &[]);
    for id in 0..6 {
        for stream in ["merged", "added"] {
            text += &record_line(stream, &json!({ "id": id % 4, "v": id }));
        }
    }
    text + &state_line(&json!({ "read": 6 }))
}

fn counted(account: &Account, name: &str) -> String {
    let from = table(account, name);
    let session = account.session();
    account.value(&session, &format!("SELECT COUNT(*) || ' ' || SUM(V) FROM {from}"))
}

pub(crate) fn merged_and_added_rows(account: &Account) {
    for (run, added) in [(1, "6 15"), (2, "12 30")] {
        let output = account.target().stdin(rows()).run().expect_code(0);
        assert_eq!(output.last_state(), Some(json!({ "read": 6 })));
        assert_eq!(counted(account, "MERGED"), "4 14", "run {run}");
        assert_eq!(counted(account, "ADDED"), added, "run {run}");
    }
}

/// All official drivers rely on it: a request that comes again under its id is not executed again. Here every answer of a
/// load is lost once, and no row is there twice.
pub(crate) fn lost_answers_change_nothing(account: &Account) {
    let session = account.session();
    let step = if account.is_local() { LOCAL_STEP } else { 1 };
    for nth in (1..=MOST_ANSWERS).step_by(step) {
        for name in ["MERGED", "ADDED"] {
            account.rows(&session, &format!("DROP TABLE IF EXISTS {}", table(account, name)));
        }
        let relay = CuttingRelay::start(nth, account.local_port());
        let mut program = account.target();
        program = match account.local_port() {
            Some(_) => program.config(&json!({ "port": relay.port(), "retry_base_milliseconds": 20 })),
            None => program.environment("HTTPS_PROXY", format!("http://127.0.0.1:{}", relay.port())),
        };
        let output = program.stdin(rows()).run().expect_code(0);
        assert_eq!(output.last_state(), Some(json!({ "read": 6 })), "answer {nth}");
        assert_eq!(counted(account, "MERGED"), "4 14", "answer {nth}");
        assert_eq!(counted(account, "ADDED"), "6 15", "answer {nth}");
        if relay.answers() < nth {
            return;
        }
    }
    panic!("a load has more than {MOST_ANSWERS} answers");
}

pub(crate) fn further_log_ins(account: &Account) {
    let list = match std::env::var(LOG_INS) {
        Ok(path) => {
            let text = std::fs::read_to_string(&path).expect("the file of TEST_ACCOUNT_LOG_INS");
            serde_json::from_str::<Vec<Value>>(&text).expect("a list in the file of TEST_ACCOUNT_LOG_INS")
        }
        Err(_) if account.is_local() => vec![json!({ "name": "password", "user": "demo", "password": "demo" })],
        Err(_) => Vec::new(),
    };
    if list.is_empty() {
        println!("       (none: {LOG_INS} names no file)");
    }
    for mut way in list {
        let name = way["name"].as_str().expect("a name for each way to log in").to_owned();
        let others = ["database", "warehouse", "role", "account", "host", "port", "protocol"];
        let settings = way.as_object_mut().expect("settings");
        settings.remove("name");
        for other in others {
            if let Some(value) = account.text(other) {
                settings.entry(other).or_insert(Value::from(value));
            }
        }
        if let Some(port) = account.local_port() {
            settings.insert("port".to_owned(), json!(port));
        }
        let output = account.target_with(&way).stdin(rows()).run();
        assert_eq!(output.code, Some(0), "{name}: {}", output.stderr);
        println!("       logged in with {name}");
    }
}
