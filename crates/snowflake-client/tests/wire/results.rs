//! Rows: inline and in chunks, JSON and nothing else.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};
use snowflake_client::ErrorKind;

use crate::scripted_server::{Answer, LOG_IN, QUERY, ScriptedServer, logged_in};

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(body).unwrap();
    packer.finish().unwrap()
}

/// A server whose statements end with `data`; `{origin}` in it becomes its own address.
async fn server_with(data: Value) -> ScriptedServer {
    let port: Arc<OnceLock<u16>> = Arc::default();
    let known_port = Arc::clone(&port);
    let server = ScriptedServer::start(move |request, asked_before| match request.path.as_str() {
        LOG_IN => logged_in(),
        QUERY => {
            let origin = format!("http://127.0.0.1:{}", known_port.get().unwrap());
            Answer::done(serde_json::from_str(&data.to_string().replace("{origin}", &origin)).unwrap())
        }
        "/chunk/1" if asked_before == 0 => Answer::new(200, gzip(br#"["3",null]"#))
            .header("content-encoding", "gzip")
            .cut(),
        "/chunk/1" => Answer::new(200, gzip(br#"["3",null],["4","x"]"#)).header("content-encoding", "gzip"),
        "/chunk/2" => Answer::new(200, gzip(br#"["5","y"]"#)),
        _ => Answer::new(403, "<Error><Code>AccessDenied</Code></Error>"),
    })
    .await;
    port.set(server.port).unwrap();
    server
}

fn columns() -> Value {
    json!([
        {"name": "id", "type": "FIXED", "precision": 38, "scale": 0, "nullable": false},
        {"name": "TEXT", "type": "text", "length": 16_777_216, "byteLength": 16_777_216, "nullable": true},
    ])
}

#[tokio::test]
async fn inline_rows_and_chunks_are_one_result() {
    let server = server_with(json!({
        "queryId": "01", "queryResultFormat": "json", "rowtype": columns(), "rowset": [["1", "a"], ["2", ""]],
        "chunks": [
            {"url": "{origin}/chunk/1?sig=s", "rowCount": 2, "uncompressedSize": 20, "compressedSize": 10},
            {"url": "{origin}/chunk/2", "rowCount": 1},
        ],
        "chunkHeaders": {"x-customer-key": "k"}, "qrmk": "unused",
        "stats": {"numRowsInserted": 5, "numDmlDuplicates": 0},
    }))
    .await;
    let result = server.execute("SELECT").await.unwrap();
    let ids: Vec<_> = result.rows().map(|row| row.get("ID").unwrap().to_owned()).collect();
    assert_eq!(ids, ["1", "2", "3", "4", "5"]);
    let texts: Vec<_> = result.rows().map(|row| row.get("TEXT")).collect();
    assert_eq!(texts, [Some("a"), Some(""), None, Some("x"), Some("y")]);
    assert_eq!(result.columns[0].type_name, "fixed");
    assert_eq!(
        (result.statistics.rows_inserted, result.statistics.rows_updated),
        (5, 0)
    );
    assert_eq!(result.column_index("text"), Some(1));
    assert_eq!(result.column_index("other"), None);

    let chunk = &server.requests_to("/chunk/1")[0];
    assert_eq!(chunk.header("x-customer-key"), "k");
    assert_eq!(chunk.header("authorization"), "", "the session token stays at home");
}

#[tokio::test]
async fn what_would_lose_rows_is_a_failure() {
    let chunk =
        |url: &str, rows: u64| json!({"rowtype": columns(), "rowset": [], "chunks": [{"url": url, "rowCount": rows}]});
    let cases = [
        (chunk("{origin}/chunk/2", 2), ErrorKind::Protocol),
        (chunk("{origin}/missing", 1), ErrorKind::Storage),
        (chunk("http://192.0.2.1/chunk", 1), ErrorKind::Protocol),
        (
            json!({"queryResultFormat": "arrow", "rowsetBase64": "QUJD", "rowtype": columns()}),
            ErrorKind::Protocol,
        ),
        (json!({"rowset": [["1"]], "rowtype": "secret"}), ErrorKind::Protocol),
    ];
    let mut lines = Vec::new();
    for (data, kind) in cases {
        let failure = server_with(data).await.execute("SELECT 'secret'").await.unwrap_err();
        assert_eq!(failure.kind(), kind, "{failure}");
        lines.push(failure.to_string());
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn a_statement_without_rows_is_an_empty_result() {
    let result = server_with(Value::Null).await.execute("BEGIN").await;
    assert_eq!(result.unwrap().rows.len(), 0);
}
