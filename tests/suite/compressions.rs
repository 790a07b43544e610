//! Every compression of staged files, through the program and COPY. That a file is one stream is the batch file's test.

use serde_json::{Value, json};
use test_support::messages::{record_line, schema_line, state_line};

use crate::programs::{forget_requests, load_with, requests, snowflake};

#[test]
fn rows_come_back_from_files_of_every_compression() {
    let snowflake = snowflake();
    let text = |id: u32| {
        format!(
            "line {id}\nwith \"quotes\", commas and ünïcödé {}",
            "x".repeat((id % 300) as usize)
        )
    };
    let mut messages = schema_line(
        "notes",
        &json!({ "id": { "type": "integer" }, "text": { "type": "string" } }),
        &["id"],
    );
    messages.extend((0..400).map(|id| record_line("notes", &json!({ "id": id, "text": text(id) }))));
    messages += &state_line(&json!({ "read": 400 }));
    let formats = [
        ("gzip", None, "GZIP"),
        ("gzip", Some(6), "GZIP"),
        ("zstd", None, "ZSTD"),
        ("bzip2", None, "BZ2"),
        ("brotli", None, "BROTLI"),
        ("deflate", None, "DEFLATE"),
        ("raw_deflate", None, "RAW_DEFLATE"),
        ("none", None, "NONE"),
    ];
    for (number, (compression, level, word)) in formats.into_iter().enumerate() {
        forget_requests(&snowflake);
        let mut settings = json!({ "compression": compression, "table_suffix": number.to_string() });
        if let (Some(level), Value::Object(settings)) = (level, &mut settings) {
            settings.insert("compression_level".to_owned(), level.into());
        }
        let output = load_with(&snowflake, &settings, messages.as_str()).expect_code(0);
        assert_eq!(output.last_state(), Some(json!({ "read": 400 })), "{compression}");
        let rows = snowflake.query(&format!("SELECT ID, TEXT FROM NOTES{number} ORDER BY ID"));
        let expected: Vec<Vec<Option<String>>> =
            (0..400).map(|id| vec![Some(id.to_string()), Some(text(id))]).collect();
        assert!(rows == expected, "{compression}: {} rows", rows.len());
        let told = requests(&snowflake);
        for said in [format!("SOURCE_COMPRESSION={word} "), format!("COMPRESSION = {word} ")] {
            assert!(told.contains(&said), "{compression}: {said}");
        }
    }
    let output = load_with(
        &snowflake,
        &json!({ "compression": "deflate", "compression_level": 1 }),
        messages,
    );
    let refused = output.expect_code(2);
    assert!(refused.stderr.contains("compression_level"), "{}", refused.stderr);
}
