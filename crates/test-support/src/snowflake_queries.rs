//! The few calls of Snowflake's driver protocol that asking a question takes: login, statement, polling, chunks.
#![expect(clippy::indexing_slicing, reason = "a key that a JSON value lacks reads as null")]

use crate::http_exchange::exchange;
use crate::local_snowflake::Row;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// Codes of the reply that asks to come back later.
const STILL_RUNNING: [&str; 2] = ["333333", "333334"];

#[derive(Debug)]
pub(crate) struct QuerySession {
    base_url: String,
    token: String,
    statements: AtomicU64,
}

impl QuerySession {
    pub(crate) fn log_in(port: u16, user: &str, password: &str) -> Result<Self, String> {
        let base_url = format!("http://127.0.0.1:{port}");
        let body = json!({ "data": {
            "ACCOUNT_NAME": "local", "LOGIN_NAME": user, "PASSWORD": password,
            "SESSION_PARAMETERS": {
                "TIMEZONE": "UTC",
                "TIMESTAMP_NTZ_OUTPUT_FORMAT": "YYYY-MM-DD HH24:MI:SS.FF9",
            },
        }});
        let url = format!(
            "{base_url}/session/v1/login-request?requestId={}&databaseName=DEMO&schemaName=PUBLIC&warehouse=DEMO_WH",
            request_id(0)
        );
        let data = call(&url, None, Some(&body))?;
        let token = data["token"].as_str().ok_or("the login reply has no token")?.to_owned();
        Ok(Self {
            base_url,
            token,
            statements: AtomicU64::new(1),
        })
    }

    pub(crate) fn query(&self, sql: &str) -> Result<Vec<Row>, String> {
        let number = self.statements.fetch_add(1, Ordering::Relaxed);
        let url = format!(
            "{}/queries/v1/query-request?requestId={}",
            self.base_url,
            request_id(number)
        );
        let body = json!({ "sqlText": sql, "asyncExec": false, "sequenceId": number, "isInternal": false });
        let data = call(&url, Some(&self.token), Some(&body))?;
        let mut rows = rows_of(&data["rowset"])?;
        let chunk_headers = data["chunkHeaders"].as_object().cloned().unwrap_or_default();
        let headers: Vec<(&str, &str)> = chunk_headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
            .collect();
        for chunk in data["chunks"].as_array().into_iter().flatten() {
            let url = chunk["url"].as_str().ok_or("a chunk has no url")?;
            let reply = exchange("GET", url, &headers, b"").map_err(|problem| format!("chunk: {problem}"))?;
            let rows_text = format!("[{}]", reply.text());
            let part = serde_json::from_str(&rows_text).map_err(|problem| format!("chunk: {problem}"))?;
            rows.extend(rows_of(&part)?);
        }
        Ok(rows)
    }
}

/// One call and, while the statement runs, the calls after it. Returns the reply's `data`.
fn call(url: &str, token: Option<&str>, body: Option<&Value>) -> Result<Value, String> {
    let authorization = token.map(|token| format!("Snowflake Token=\"{token}\""));
    let mut headers = vec![("Content-Type", "application/json"), ("Accept", "application/json")];
    if let Some(authorization) = &authorization {
        headers.push(("Authorization", authorization));
    }
    let (method, bytes) = body.map_or(("GET", Vec::new()), |body| ("POST", body.to_string().into_bytes()));
    let reply = exchange(method, url, &headers, &bytes).map_err(|problem| format!("no answer: {problem}"))?;
    let mut envelope = reply.json();
    let code = envelope["code"].as_str().unwrap_or_default().to_owned();
    if STILL_RUNNING.contains(&code.as_str()) {
        let path = envelope["data"]["getResultUrl"]
            .as_str()
            .ok_or("no URL to ask for the result again")?;
        let host_end = url.match_indices('/').nth(2).map_or(url.len(), |(index, _)| index);
        return call(
            &format!("{}{path}", url.get(..host_end).unwrap_or_default()),
            token,
            None,
        );
    }
    if envelope["success"] != true {
        return Err(format!(
            "HTTP {}, code {code}: {}",
            reply.status,
            envelope["message"].as_str().unwrap_or("no message")
        ));
    }
    Ok(envelope["data"].take())
}

fn rows_of(rowset: &Value) -> Result<Vec<Row>, String> {
    let cell = |cell: &Value| match cell {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        other => Err(format!("a value of a result is {other}, not text")),
    };
    let row = |row: &Value| row.as_array().into_iter().flatten().map(cell).collect();
    rowset.as_array().into_iter().flatten().map(row).collect()
}

/// Unique within the process and its server: the process id and a counter in UUID form.
fn request_id(number: u64) -> String {
    static SESSIONS: AtomicU64 = AtomicU64::new(0);
    let session = SESSIONS.fetch_add(1, Ordering::Relaxed);
    format!(
        "{:08x}-0000-4000-8000-{:012x}",
        std::process::id(),
        (session << 24) | number
    )
}
