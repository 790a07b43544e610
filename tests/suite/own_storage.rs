//! Loads through named stages and the user's own storage: every way to say it, what lies there meanwhile and afterwards,
//! and what a person reads when it cannot work.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::cloud_emulators::{CloudEmulators, USER_FILES};
use test_support::http_exchange::exchange;
use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions};
use test_support::messages::{record_line, schema_line, state_line};
use test_support::program_output::ProgramOutput;

use crate::programs::{forget_requests, requests, target};

/// 256 bits, and what nothing may print.
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A server whose stages are in a part of the user's bucket that only one test uses.
pub(crate) fn start(place: &str) -> LocalSnowflake {
    let snowflake = LocalSnowflake::start(&LocalSnowflakeOptions {
        arguments: CloudEmulators::shared().server_arguments(),
        ..LocalSnowflakeOptions::default()
    });
    let s3 = CloudEmulators::shared().address("s3");
    for statement in [
        format!(
            "CREATE STORAGE INTEGRATION S3_FILES TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE \
             STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::1:role/r' STORAGE_ALLOWED_LOCATIONS = ('s3://{USER_FILES}/')"
        ),
        format!("CREATE STAGE BUCKET URL = 's3://{USER_FILES}/{place}' STORAGE_INTEGRATION = S3_FILES"),
        format!(
            "CREATE STAGE ENCRYPTED URL = 's3://{USER_FILES}/{place}/' CREDENTIALS = (AWS_KEY_ID = '{}' AWS_SECRET_KEY = '{}') \
             ENCRYPTION = (MASTER_KEY = '{MASTER_KEY}')",
            s3.name, s3.secret
        ),
        "CREATE STAGE INTERNAL".to_owned(),
    ] {
        let _created = snowflake.query(&statement);
    }
    snowflake
}

/// Settings that reach the emulator of S3 with its key.
fn s3() -> Value {
    let address = CloudEmulators::shared().address("s3");
    json!({
        "s3_endpoint_url": address.origin, "aws_access_key_id": address.name, "aws_secret_access_key": address.secret,
        "retry_base_milliseconds": 10,
    })
}

pub(crate) fn with(settings: &[Value]) -> Value {
    let mut all = serde_json::Map::new();
    for object in settings {
        all.extend(object.as_object().cloned().unwrap_or_default());
    }
    Value::Object(all)
}

/// Four rows in two batches, and a bookmark.
pub(crate) fn rows(stream: &str) -> String {
    let properties = json!({ "id": { "type": "integer" }, "at": { "type": "string" } });
    let mut text = schema_line(stream, &properties, &["id"]).replace(
        "\"key_properties\"",
        "\"bookmark_properties\":[\"at\"],\"key_properties\"",
    );
    for (id, at) in [(1, "b"), (2, "größe"), (3, "a"), (4, "c")] {
        text += &record_line(stream, &json!({ "id": id, "at": at }));
        text += &state_line(&json!({ "id": id }));
    }
    text
}

fn load_all(snowflake: &LocalSnowflake, stream: &str, settings: &Value) -> ProgramOutput {
    let output = target()
        .config(&snowflake.target_settings())
        .config(&with(&[json!({ "batch_size_rows": 2 }), settings.clone()]))
        .environment("STORAGE_EMULATOR_HOST", &CloudEmulators::shared().address("gcs").origin)
        .stdin(rows(stream))
        .run()
        .expect_code(0);
    assert_eq!(output.last_state(), Some(json!({ "id": 4 })));
    let table = stream.rsplit('-').next().unwrap_or(stream);
    assert_eq!(
        snowflake.query(&format!("SELECT COUNT(*), SUM(ID), MAX(AT) FROM {table}")),
        [["4", "10", "größe"].map(|text| Some(text.to_owned()))]
    );
    output
}

/// A place in the user's container of a cloud, an integration that reads it, and the settings that write to it.
pub(crate) fn integrated(snowflake: &LocalSnowflake, cloud: &str, place: &str) -> Value {
    let address = CloudEmulators::shared().address(cloud);
    let (url, needed) = match cloud {
        "azure" => (
            format!("azure://{}.blob.core.windows.net/{USER_FILES}/{place}/", address.name),
            "AZURE_TENANT_ID = 't'",
        ),
        _ => (format!("gcs://{USER_FILES}/{place}/"), ""),
    };
    let _created = snowflake.query(&format!(
        "CREATE STORAGE INTEGRATION {cloud}_FILES TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = '{}' ENABLED = TRUE {needed} \
         STORAGE_ALLOWED_LOCATIONS = ('*')",
        cloud.to_uppercase()
    ));
    let mut settings = json!({ "external_stage_url": url, "storage_integration": format!("{cloud}_files") });
    if let (Some(settings), "azure") = (settings.as_object_mut(), cloud) {
        let endpoint = format!("{}/{}", address.origin, address.name);
        settings.insert("external_stage_endpoint_url".to_owned(), json!(endpoint));
        settings.insert("azure_storage_account_key".to_owned(), json!(address.secret));
    }
    settings
}

fn objects(prefix: &str) -> Vec<Value> {
    CloudEmulators::shared().objects("s3", prefix)
}

/// The SQL of COPY, and whether anything was PUT.
fn copies(snowflake: &LocalSnowflake) -> (Vec<String>, bool) {
    let url = format!("http://127.0.0.1:{}/__local/requests", snowflake.port());
    let log = exchange("GET", &url, &[], b"").expect("the list of requests").json();
    let texts: Vec<String> = log
        .get("requests")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|request| request.get("sql")?.as_str().map(str::to_owned))
        .collect();
    let put = texts.iter().any(|sql| sql.starts_with("PUT"));
    let _forgotten = exchange("DELETE", &url, &[], b"").expect("an empty list");
    (texts.into_iter().filter(|sql| sql.starts_with("COPY")).collect(), put)
}

/// Loads, and expects two COPY statements that say the place and the compression. Whether anything was PUT.
fn load_and_look(snowflake: &LocalSnowflake, stream: &str, settings: &Value, place: &str, compression: &str) -> bool {
    let _before = copies(snowflake);
    let is_other_cloud = ["azure", "gcs"].contains(&stream);
    let access = if is_other_cloud { json!({}) } else { s3() };
    let output = load_all(snowflake, stream, &with(&[access, settings.clone()]));
    assert!(!output.stderr.contains("WARNING"), "{stream}: {}", output.stderr);
    let (sent, put) = copies(snowflake);
    assert_eq!(sent.len(), 2, "{stream}: {sent:?}");
    let told = format!("COMPRESSION = {} ", compression.replace("bzip2", "bz2").to_uppercase());
    for sql in &sent {
        assert!(sql.contains(place) && sql.contains(&told), "{stream}: {sql}");
    }
    put
}

#[test]
fn requirement_14_files_go_through_any_stage_and_none_stays() {
    let snowflake = start("every-way");
    let bucket = json!({ "s3_bucket": USER_FILES, "s3_key_prefix": "every-way/all/" });
    let key = json!({ "client_side_encryption_master_key": MASTER_KEY });
    let address = CloudEmulators::shared().address("s3");
    let datamill = json!({ "target_s3": { "bucket": USER_FILES, "key_prefix": "every-way/all",
        "aws_access_key_id": address.name, "aws_secret_access_key": address.secret } });
    let url =
        json!({ "external_stage_url": format!("s3://{USER_FILES}/every-way/all"), "storage_integration": "s3_files" });
    let cases = [
        (
            "internal",
            json!({ "stage": "public.internal" }),
            "@\"DEMO\".\"PUBLIC\".\"INTERNAL\"/target-snowflake/",
        ),
        (
            "named",
            json!({ "stage": "@demo.public.bucket" }),
            "@\"DEMO\".\"PUBLIC\".\"BUCKET\"/target-snowflake/",
        ),
        (
            "pipelinewise",
            with(&[json!({ "stage": "public.bucket" }), bucket.clone()]),
            "@\"DEMO\".\"PUBLIC\".\"BUCKET\"/all/target-",
        ),
        (
            "encrypted",
            with(&[json!({ "stage": "PUBLIC.\"ENCRYPTED\"" }), bucket, key.clone()]),
            "@\"DEMO\".\"PUBLIC\".\"ENCRYPTED\"/all/",
        ),
        ("by_url", url.clone(), "STORAGE_INTEGRATION = \"S3_FILES\""),
        ("datamill", datamill, "CREDENTIALS = (AWS_KEY_ID = "),
        (
            "key_in_copy",
            with(&[url, key]),
            "ENCRYPTION = (TYPE = 'AWS_CSE' MASTER_KEY = ",
        ),
        (
            "azure",
            integrated(&snowflake, "azure", "every-way"),
            "STORAGE_INTEGRATION = \"AZURE_FILES\"",
        ),
        (
            "gcs",
            integrated(&snowflake, "gcs", "every-way"),
            "'gcs://user-files/every-way/target-snowflake/",
        ),
    ];
    // Each also with another compression: what is stored, what it is called and what COPY is told have to agree.
    let compressions = ["gzip", "zstd", "bzip2", "brotli", "deflate", "raw_deflate", "none"];
    for ((stream, settings, expected), compression) in cases.into_iter().zip(compressions.iter().cycle()) {
        let settings = with(&[json!({ "compression": compression }), settings]);
        let put = load_and_look(&snowflake, stream, &settings, expected, compression);
        assert_eq!(put, stream == "internal");
    }
    for cloud in ["s3", "azure", "gcs"] {
        let left = CloudEmulators::shared().objects(cloud, "every-way/");
        assert_eq!(left, Vec::<Value>::new(), "{cloud}");
    }
    assert_eq!(snowflake.query("LIST @INTERNAL"), Vec::<Vec<Option<String>>>::new());
}

/// COMMIT happens, and neither its answer nor the session is left: what Snowflake then says was committed is archived as well.
#[test]
fn files_of_a_batch_that_was_committed_without_an_answer_are_archived() {
    let snowflake = start("unanswered");
    let lost = json!({ "data": null, "code": "390111", "message": "Session no longer exists.", "success": false });
    add_faults(
        &snowflake,
        &json!([{ "sql": "^COMMIT", "reset": true, "execute": true }, { "sql": "^COMMIT", "nth": 2, "reply": lost }]),
    );
    let archive = json!({ "archive_load_files": true, "archive_load_files_s3_prefix": "unanswered/kept",
        "tap_id": "t", "stage": "public.bucket", "load_method": "append-only" });
    let output = load_all(&snowflake, "unanswered", &with(&[s3(), archive]));
    assert!(output.stderr.contains("although no answer came"), "nothing is proved");
    assert_eq!(objects("unanswered/kept/t/unanswered/").len(), 2);
}

#[test]
fn loaded_files_are_archived_with_what_is_in_them() {
    let snowflake = start("archived");
    let archive = json!({ "archive_load_files": true, "archive_load_files_s3_prefix": "archived/first",
        "tap_id": "tap one", "stage": "public.bucket" });
    let _loaded = load_all(&snowflake, "shop-orders", &with(&[s3(), archive.clone()]));
    let kept = objects("archived/first/");
    let metadata: Vec<&Value> = kept.iter().filter_map(|object| object.get("metadata")).collect();
    let expected = |least: &str, greatest: &str| {
        json!({
            "tap": "tap one", "schema": "shop", "table": "orders", "archived-by": "target-snowflake",
            "incremental-key": "at", "incremental-key-min": least, "incremental-key-max": greatest,
        })
    };
    assert_eq!(
        metadata,
        [&expected("b", "=?UTF-8?B?Z3LDtsOfZQ==?="), &expected("a", "c")]
    );
    for object in &kept {
        let key = object.get("key").and_then(Value::as_str).unwrap_or_default();
        assert!(
            key.starts_with("archived/first/tap one/orders/") && key.ends_with("_2.csv.gz"),
            "{key}"
        );
    }

    // Encrypted, under another prefix; then from a stage that is not beside the archive.
    let key = json!({ "client_side_encryption_master_key": MASTER_KEY, "stage": "public.encrypted" });
    let prefix = json!({ "archive_load_files_s3_prefix": "archived/kept/" });
    let _loaded = load_all(&snowflake, "secret", &with(&[s3(), archive.clone(), key, prefix]));
    let elsewhere = json!({ "stage": "public.internal", "archive_load_files_s3_bucket": USER_FILES,
        "archive_load_files_s3_prefix": "archived/other" });
    let _loaded = load_all(&snowflake, "plain", &with(&[s3(), archive, elsewhere]));
    let encrypted = objects("archived/kept/tap one/secret/");
    let plain = objects("archived/other/tap one/plain/");
    assert_eq!((encrypted.len(), plain.len()), (2, 2));
    for (object, has_key) in encrypted
        .iter()
        .map(|object| (object, true))
        .chain(plain.iter().map(|object| (object, false)))
    {
        let metadata = object.get("metadata").expect("metadata");
        assert_eq!(metadata.get("x-amz-key").is_some(), has_key, "{metadata}");
        assert_eq!(metadata.get("schema"), Some(&json!("PUBLIC")), "{metadata}");
    }
    // Azure's names have no hyphens.
    let azure = with(&[
        integrated(&snowflake, "azure", "archived"),
        json!({ "archive_load_files": true, "tap_id": "t" }),
    ]);
    let _loaded = load_all(&snowflake, "on_azure", &azure);
    let kept = CloudEmulators::shared().objects("azure", "archive/t/on_azure/");
    assert_eq!(kept.len(), 2);
    let metadata = kept[1].get("metadata").expect("metadata");
    assert_eq!(metadata.get("incremental_key_max"), Some(&json!("c")), "{metadata}");
    // What is archived can be loaded again.
    let copied = snowflake.query("COPY INTO SECRET (ID, AT) FROM (SELECT $2 + 10, $3 FROM \
                                  '@ENCRYPTED/kept/tap one/secret/') FILE_FORMAT = (FIELD_OPTIONALLY_ENCLOSED_BY = '\"')");
    assert_eq!(copied.len(), 2);
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM SECRET"), "8");
    // The files of this test lie in the bucket, the staged ones are gone.
    let staged = |object: &&Value| object.to_string().contains("target-snowflake/");
    assert_eq!(objects("archived/").iter().filter(staged).count(), 0);
}

#[test]
fn what_cannot_work_is_said_before_or_at_the_first_batch() {
    let snowflake = start("refused");
    let wrong_key = json!({ "aws_secret_access_key": "correct-horse-battery-staple" });
    let key = json!({ "client_side_encryption_master_key": MASTER_KEY });
    let cases = [
        (json!({ "stage": "public.nowhere" }), 2, "\"NOWHERE\" does not exist"),
        (
            json!({ "stage": "public.internal", "s3_bucket": USER_FILES }),
            2,
            "is an internal stage",
        ),
        (
            with(&[json!({ "stage": "public.internal" }), key.clone()]),
            2,
            "is an internal stage",
        ),
        (
            with(&[json!({ "stage": "public.bucket" }), key]),
            2,
            "without MASTER_KEY",
        ),
        (
            json!({ "stage": "public.bucket", "s3_bucket": "elsewhere" }),
            2,
            "s3://elsewhere/ is not inside",
        ),
        (
            json!({ "external_stage_url": "s3://missing/x/", "storage_integration": "s3_files" }),
            2,
            "s3://missing/x/target-snowflake/",
        ),
        (
            with(&[json!({ "stage": "public.bucket" }), wrong_key]),
            3,
            "SignatureDoesNotMatch",
        ),
        (
            json!({ "stage": "public.internal", "archive_load_files": true, "tap_id": "t" }),
            2,
            "the stage is not in your own storage",
        ),
        (
            json!({ "stage": "public.bucket", "s3_endpoint_url": "http://127.0.0.1:9" }),
            1,
            "cannot connect",
        ),
    ];
    for (settings, code, expected) in cases {
        let output = target()
            .config(&snowflake.target_settings())
            .config(&with(&[s3(), json!({ "retry_base_milliseconds": 1 }), settings]))
            .stdin(rows("t"))
            .timeout(Duration::from_secs(60))
            .run();
        let secret = CloudEmulators::shared().address("s3").secret.as_str();
        output.assert_hides(&["correct-horse-battery-staple", MASTER_KEY, secret]);
        let output = output.expect_code(code);
        output.assert_last_words("target-snowflake", expected);
        assert_eq!(output.stdout, b"", "a state came out of a failed load");
    }
    assert_eq!(objects("refused/"), Vec::<Value>::new());
}

fn wait_for(snowflake: &LocalSnowflake, what: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !requests(snowflake).contains(what) {
        assert!(Instant::now() < deadline, "no {what} came: {}", requests(snowflake));
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn add_faults(snowflake: &LocalSnowflake, rules: &Value) {
    let url = format!("http://127.0.0.1:{}/__local/faults", snowflake.port());
    let headers = [("Content-Type", "application/json")];
    exchange("DELETE", &url, &headers, b"").expect("the server answers");
    let reply = exchange("POST", &url, &headers, rules.to_string().as_bytes()).expect("the server answers");
    assert_eq!(reply.status, 200, "{}", reply.text());
}

fn acted(snowflake: &LocalSnowflake) -> Vec<u64> {
    let url = format!("http://127.0.0.1:{}/__local/faults", snowflake.port());
    let rules = exchange("GET", &url, &[], b"").expect("the server's faults").json();
    let rules = rules
        .get("rules")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    rules.iter().filter_map(|rule| rule.get("acted")?.as_u64()).collect()
}

/// Broken answers, a lost session, a refusal, a stop and a kill: the table is right, and only a killed run leaves files.
#[test]
fn faults_leave_the_table_right_and_the_bucket_empty() {
    let snowflake = start("faults");
    let bucket = json!({ "stage": "public.bucket" });
    let lost = |sql: &str| json!({ "sql": sql, "reply": { "data": null, "code": "390111", "message": "gone", "success": false } });
    add_faults(
        &snowflake,
        &json!([
            lost("^SHOW STAGES"), lost("^COPY"), { "sql": "^MERGE", "nth": 2, "expire_session": true },
            { "sql": "^COPY", "nth": 3, "execute": true, "reset": true }, { "sql": "^COMMIT", "status": 503, "execute": true },
        ]),
    );
    let _loaded = load_all(&snowflake, "broken", &with(&[s3(), bucket.clone()]));
    assert_eq!(acted(&snowflake), [1; 5], "a fault that never happened proves nothing");
    assert_eq!(objects("faults/"), Vec::<Value>::new());

    let refused = json!([{ "sql": "^MERGE", "times": 0,
        "reply": { "data": {}, "code": "003001", "message": "no privilege", "success": false } }]);
    add_faults(&snowflake, &refused);
    let settings = with(&[s3(), json!({ "batch_size_rows": 2 }), bucket]);
    let run = || target().config(&snowflake.target_settings()).config(&settings);
    let output = run().stdin(rows("refused")).run().expect_code(1);
    output.assert_last_words("target-snowflake", "003001");
    assert_eq!(objects("faults/"), Vec::<Value>::new());

    let held = json!([{ "sql": "^COPY", "hold_seconds": 50 }]);
    for signal in ["TERM", "KILL"] {
        add_faults(&snowflake, &held);
        forget_requests(&snowflake);
        let mut running = run().start();
        assert!(running.write(rows("stopped").as_bytes()));
        wait_for(&snowflake, "COPY");
        assert_eq!(objects("faults/").len(), 1);
        running.signal(signal);
        if signal == "TERM" {
            std::thread::sleep(Duration::from_millis(300));
            running.signal("INT");
        }
        let output = running.wait(Duration::from_secs(20));
        assert_eq!(output.stdout, b"");
        assert_eq!(
            objects("faults/").len(),
            usize::from(signal == "KILL"),
            "after {signal}: {}",
            output.stderr
        );
    }
    // The next run is not disturbed by what a killed one left, and does not touch it.
    add_faults(&snowflake, &json!([]));
    let _loaded = load_all(&snowflake, "stopped", &settings);
    let left = objects("faults/");
    assert_eq!(left.len(), 1);
    assert!(
        left[0]
            .get("key")
            .and_then(Value::as_str)
            .is_some_and(|key| key.ends_with("_2.csv.gz"))
    );
}
