//! BATCH messages in every format: the rows of Parquet and Arrow files end as those of the same rows in JSON lines. And files
//! in cloud storage.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use cloud_storage::{ErrorKind, Location, NewObject, Storage, StorageAccess, StorageEnvironment};

use serde_json::{Value, json};
use test_support::cloud_emulators::{CloudEmulators, USER_FILES};
use test_support::local_snowflake::{LocalSnowflake, workspace_root};
use test_support::messages::state_line;

use crate::programs::{load_with, snowflake, target};

const COLUMNS: [&str; 17] = [
    "ID",
    "LARGE",
    "PRICE",
    "TEXT_PRICE",
    "WEIGHT",
    "NAME",
    "KIND",
    "IS_NEW",
    "DAY",
    "CLOCK",
    "AT",
    "LOCAL",
    "TOKEN",
    "UUID",
    "LIST",
    "DOC",
    "MAP",
];

/// What a tap says of the rows of `tests/batch-files/write_files.py`. No key but `id` may be null by it: those that are not
/// there are left out of RECORD messages, and come as nulls in files of columns.
fn schema_line(stream: &str) -> String {
    let text = |format: &str| json!({ "type": "string", "format": format });
    let schema = json!({ "type": "object", "required": ["id"], "additionalProperties": false, "properties": {
        "id": { "type": "integer" }, "large": { "type": "integer" },
        "price": { "type": "number", "multipleOf": 1e-8 },
        "text_price": { "type": "string", "format": "singer.decimal", "precision": 38, "scale": 3 },
        "weight": { "type": "number" }, "name": { "type": "string" }, "kind": { "enum": ["red", "green", "blue"] },
        "is_new": { "type": "boolean" }, "day": text("date"), "clock": text("time"), "at": text("date-time"),
        "local": text("date-time"), "token": text("binary"), "uuid": text("uuid"),
        "list": { "type": "array", "items": { "type": "object", "properties": { "n": { "type": ["integer", "null"] } } } },
        "doc": { "type": "object", "properties": { "a": { "type": "array" } } }, "map": { "type": "object" },
    } });
    json!({ "type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": ["id"] }).to_string() + "\n"
}

fn batch_line(stream: &str, format: &str, compression: &Value, files: &[String]) -> String {
    let encoding = json!({ "format": format, "compression": compression });
    json!({ "type": "BATCH", "stream": stream, "encoding": encoding, "manifest": files }).to_string() + "\n"
}

/// Files that pyarrow writes, once for all tests.
fn written_files() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("batch-files");
        std::fs::create_dir_all(&folder).expect("a folder");
        let output = Command::new(workspace_root().join(".venv/bin/python"))
            .arg(workspace_root().join("tests/batch-files/write_files.py"))
            .arg(&folder)
            .output()
            .expect("the local server's Python runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        folder
    })
}

/// A copy of one of them that may be deleted.
fn copy_of(name: &str, folder: &Path) -> PathBuf {
    let copy = folder.join(name);
    let _bytes = std::fs::copy(written_files().join(name), &copy).expect("a file");
    copy
}

fn rows(snowflake: &LocalSnowflake, table: &str) -> Vec<Vec<Option<String>>> {
    let as_text = |name: &&str| match *name {
        "LIST" | "DOC" | "MAP" => format!("TO_JSON(\"{name}\")"),
        "WEIGHT" => "IFF(WEIGHT IN ('NaN', 'inf'), NULL, WEIGHT)".to_owned(),
        _ => format!("\"{name}\"::VARCHAR"),
    };
    let columns: Vec<String> = COLUMNS.iter().map(as_text).collect();
    snowflake.query(&format!("SELECT {} FROM {table} ORDER BY ID", columns.join(", ")))
}

#[test]
fn requirement_19_parquet_and_arrow_rows_are_those_of_json_lines() {
    let snowflake = snowflake();
    let folder = tempfile::tempdir().expect("a folder");
    let cases = [
        ("lines", "jsonl", json!("none"), "rows.jsonl"),
        ("lines_gzip", "jsonl", json!("gzip"), "rows.jsonl.gz"),
        ("lines_zstd", "jsonl", json!("zstd"), "rows.jsonl.zst"),
        ("none", "parquet", Value::Null, "none.parquet"),
        ("snappy", "parquet", json!("none"), "snappy.parquet"),
        ("gzip", "parquet", json!("gzip"), "gzip.parquet"),
        ("zstd", "parquet", json!("none"), "zstd.parquet"),
        ("brotli", "parquet", json!("none"), "brotli.parquet"),
        ("lz4", "parquet", json!("none"), "lz4.parquet"),
        ("arrow", "arrow", Value::Null, "plain.arrow"),
        ("arrow_zstd", "arrow", json!("none"), "zstd.arrow"),
        ("arrow_lz4", "arrow", json!("none"), "lz4.arrow"),
        ("arrow_stream", "arrow", json!("none"), "stream.arrow"),
        ("arrow_gzip", "arrow", json!("gzip"), "packed.arrow"),
    ];
    let mut messages = String::new();
    for (stream, format, compression, file) in &cases {
        let location = format!("file://{}", copy_of(file, folder.path()).display());
        messages += &schema_line(stream);
        messages += &batch_line(stream, format, compression, &[location]);
    }
    messages += &state_line(&json!({ "done": true }));
    let output = load_with(&snowflake, &json!({ "batch_size_rows": 500 }), messages).expect_code(0);
    assert_eq!(output.last_state(), Some(json!({ "done": true })));
    let expected = rows(&snowflake, "LINES");
    assert_eq!(expected.len(), 700);
    for (stream, _, _, file) in &cases {
        let found = rows(&snowflake, stream);
        let first_other = found.iter().zip(&expected).find(|(found, expected)| found != expected);
        assert_eq!(first_other, None, "{stream}");
        assert_eq!(found.len(), expected.len(), "{stream}");
        assert!(!folder.path().join(file).exists(), "{file} is loaded and stays");
        // JSON has no form for these, so the lines lack them.
        let odd = snowflake.value(&format!(
            "SELECT COUNT_IF(WEIGHT = 'NaN') || ' ' || COUNT_IF(WEIGHT = 'inf') FROM {stream}"
        ));
        let expected = if stream.starts_with("lines") { "0 0" } else { "140 140" };
        assert_eq!(odd, expected, "{stream}");
    }
    what_a_record_lacks_may_be_null(&snowflake);
}

/// The SDK's encoder lets pyarrow guess the types of records: what one of them lacks is null, also in objects.
fn what_a_record_lacks_may_be_null(snowflake: &LocalSnowflake) {
    let doc = json!({ "type": "object", "properties": { "a": { "type": "integer" }, "b": { "type": "string" } } });
    let properties = json!({ "id": { "type": "integer" }, "name": { "type": "string" }, "doc": doc });
    let schema = test_support::messages::schema_line("t", &properties, &["id"]);
    let path = written_files().join("guessed.parquet").display().to_string();
    let message = schema.clone() + &batch_line("t", "parquet", &Value::Null, &[path]);
    let settings = json!({ "clean_up_batch_files": false });
    let _done = load_with(snowflake, &settings, message.clone()).expect_code(0);
    let found = snowflake.query("SELECT ID, NAME, DOC:a::VARCHAR, DOC:b::VARCHAR FROM T ORDER BY ID");
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        found,
        [
            vec![text("1"), None, text("1"), None],
            vec![text("2"), text("only here"), None, text("x")]
        ]
    );
    // The SCHEMA of RECORD messages is as strict as before.
    let record = test_support::messages::record_line("t", &json!({ "id": 3, "name": null }));
    let refused = load_with(snowflake, &settings, message + &record).expect_code(4);
    refused.assert_last_words("target-snowflake", "\"name\"");
}

#[test]
fn damaged_files_load_nothing_and_let_no_state_out() {
    let snowflake = snowflake();
    let folder = tempfile::tempdir().expect("a folder");
    for (format, name) in [
        ("parquet", "none.parquet"),
        ("parquet", "zstd.parquet"),
        ("arrow", "plain.arrow"),
        ("arrow", "stream.arrow"),
        ("arrow", "packed.arrow"),
        ("jsonl", "rows.jsonl.gz"),
        ("jsonl", "rows.jsonl.zst"),
    ] {
        let path = copy_of(name, folder.path());
        let bytes = std::fs::read(&path).expect("a file");
        let end = bytes.len() - 20;
        std::fs::write(&path, bytes.get(..end).expect("a part")).expect("written");
        let messages = schema_line("t")
            + &batch_line("t", format, &Value::Null, &[path.display().to_string()])
            + &state_line(&json!({ "done": true }));
        let output = load_with(&snowflake, &json!({ "batch_size_rows": 100 }), messages).expect_code(4);
        output.assert_last_words("target-snowflake", name);
        assert_eq!(output.stdout_lines(), Vec::<String>::new(), "{name}");
        assert!(path.exists(), "{name} is deleted");
        if format != "jsonl" {
            assert_eq!(snowflake.value("SELECT COUNT(*) FROM T"), "0", "{name}");
        }
    }
    let empty = folder.path().join("empty.jsonl");
    std::fs::write(&empty, b"").expect("a file");
    let unknown = batch_line("nobody", "jsonl", &Value::Null, &[empty.display().to_string()]);
    let output = load_with(&snowflake, &json!({}), unknown).expect_code(4);
    output.assert_last_words("target-snowflake", "BATCH of stream \"nobody\" before its SCHEMA");
    assert!(empty.exists(), "a file that nobody loaded is kept");
    let other = schema_line("t") + &batch_line("t", "csv", &Value::Null, &[]);
    let output = load_with(&snowflake, &json!({}), other).expect_code(4);
    output.assert_last_words("target-snowflake", "\"csv\"");
}

#[test]
fn requirement_19_files_in_cloud_storage_are_read_and_deleted() {
    let emulators = CloudEmulators::shared();
    let (amazon, google) = (emulators.address("s3"), emulators.address("gcs"));
    let variables = [
        ("AWS_ENDPOINT_URL_S3", amazon.origin.as_str()),
        ("AWS_ACCESS_KEY_ID", amazon.name.as_str()),
        ("AWS_SECRET_ACCESS_KEY", amazon.secret.as_str()),
        ("AWS_REGION", "us-east-1"),
        ("STORAGE_EMULATOR_HOST", google.origin.as_str()),
    ];
    let access = StorageAccess::found_by(StorageEnvironment::from_pairs(variables));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let storage = |scheme: &str| {
        let location = Location::parse(&format!("{scheme}://{USER_FILES}")).expect("a location");
        runtime
            .block_on(Storage::open(&location, &access))
            .expect("a container")
    };
    let files = [
        (storage("s3"), "s3", "batch/a b.jsonl.gz", "rows.jsonl.gz"),
        (storage("s3"), "s3", "batch/none.parquet", "none.parquet"),
        (storage("gs"), "gs", "batch/plain.arrow", "plain.arrow"),
    ];
    let mut messages = String::new();
    for (storage, scheme, key, name) in &files {
        let content = std::fs::read(written_files().join(name)).expect("a file");
        let object = NewObject {
            size_bytes: content.len() as u64,
            content: Box::new(std::io::Cursor::new(content)),
            metadata: Vec::new(),
        };
        runtime.block_on(storage.upload(key, object)).expect("room");
        let format = name.split('.').nth(1).expect("an extension");
        let stream = name.replace('.', "_");
        messages += &schema_line(&stream);
        messages += &batch_line(
            &stream,
            format,
            &Value::Null,
            &[format!("{scheme}://{USER_FILES}/{key}")],
        );
    }
    messages += &state_line(&json!({ "done": true }));
    let snowflake = snowflake();
    let run = |messages: String| {
        let program = target().config(&snowflake.target_settings()).stdin(messages);
        let with = |program: test_support::program::Program, (name, value)| program.environment(name, value);
        variables.into_iter().fold(program, with).run()
    };
    let output = run(messages.clone()).expect_code(0);
    assert_eq!(output.last_state(), Some(json!({ "done": true })));
    for (storage, _, key, name) in &files {
        let count = format!("SELECT COUNT(*) || ' ' || SUM(ID) FROM {}", name.replace('.', "_"));
        assert_eq!(snowflake.value(&count), "700 244650", "{name}");
        let left = runtime.block_on(storage.read(key)).err().map(|problem| problem.kind());
        assert_eq!(left, Some(ErrorKind::NotFound), "{key} is loaded and stays");
    }
    let missing = run(messages).expect_code(1);
    missing.assert_last_words("target-snowflake", "s3://user-files/batch/a b.jsonl.gz");
    assert_eq!(missing.stdout_lines(), Vec::<String>::new());
}
