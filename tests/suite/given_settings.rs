//! Settings from every place they may come from, and configs that were written for other targets.

use serde_json::{Value, json};
use test_support::messages::{record_line, schema_line, state_line};

use crate::programs::{snowflake, target};

fn one_row() -> String {
    schema_line("t", &json!({ "id": { "type": "integer" } }), &["id"])
        + &record_line("t", &json!({ "id": 1 }))
        + &state_line(&json!({ "id": 1 }))
}

/// A config with everything that MeltanoLabs' target knows and works here, all of it in the schema ML.
fn meltano_labs() -> Value {
    json!({
        "account": "local", "user": "demo", "password": "demo", "database": "DEMO", "schema": "PUBLIC",
        "warehouse": "DEMO_WH", "add_record_metadata": true, "clean_up_batch_files": true,
        "use_browser_authentication": false, "timestamp_type": "TIMESTAMP_NTZ", "uuid_format": "native",
        "quoted_identifiers_ignore_case": true, "normalise_casing": false, "use_raw_stream_names": false,
        "load_method": "append-only", "ingestion_method": "snowpipe_streaming", "default_target_schema": "ml",
        "hard_delete": false, "batch_size_rows": 10000, "batch_config": { "encoding": { "format": "jsonl" } },
        "process_activate_version_messages": true, "validate_records": true, "stream_maps": {},
        "stream_map_config": { "a": 1 }, "faker_config": { "seed": 1 }, "flattening_enabled": false,
        "load_as_variant": false,
    })
}

/// The same of PipelineWise's, in the schema PPW.
fn pipelinewise() -> Value {
    json!({
        "account": "local", "dbname": "DEMO", "user": "demo", "password": "demo", "warehouse": "DEMO_WH",
        "batch_size_rows": 100_000, "batch_wait_limit_seconds": 60, "flush_all_streams": true, "parallelism": -1,
        "max_parallelism": 16, "default_target_schema": "ppw", "disable_table_cache": true,
        "add_metadata_columns": true, "data_flattening_max_level": 0, "primary_key_required": true,
    })
}

/// The same of datamill's, in the schema DM.
fn datamill() -> Value {
    json!({
        "snowflake_account": "local", "snowflake_warehouse": "DEMO_WH", "snowflake_database": "DEMO",
        "snowflake_username": "demo", "snowflake_password": "demo", "snowflake_schema": "dm",
        "snowflake_authenticator": "snowflake", "invalid_records_detect": true, "invalid_records_threshold": 0,
        "disable_collection": true, "logging_level": "INFO", "persist_empty_tables": true, "state_support": true,
        "max_batch_rows": 200_000, "max_batch_size": 104_857_600, "batch_detection_threshold": 5000,
    })
}

#[test]
fn requirement_20_configs_of_other_targets_are_understood_and_told_what_has_no_effect() {
    let snowflake = snowflake();
    let place = json!({ "protocol": "http", "host": "127.0.0.1", "port": snowflake.port() });
    let cases = [
        (
            "ML",
            meltano_labs(),
            &[
                "quoted_identifiers_ignore_case",
                "ingestion_method",
                "batch_config",
                "faker_config",
            ][..],
        ),
        ("PPW", pipelinewise(), &["disable_table_cache"][..]),
        (
            "DM",
            datamill(),
            &[
                "disable_collection",
                "logging_level",
                "persist_empty_tables",
                "state_support",
            ][..],
        ),
    ];
    for (schema, config, told) in cases {
        // Meltano gives every setting in the environment, too.
        let mut program = target().config(&config).config(&place).stdin(one_row());
        for name in told {
            program = program.environment(format!("TARGET_SNOWFLAKE_{}", name.to_uppercase()), "1");
        }
        let output = program.run().expect_code(0);
        assert_eq!(output.last_state(), Some(json!({ "id": 1 })));
        assert_eq!(snowflake.value(&format!("SELECT COUNT(*) FROM {schema}.T")), "1");
        for name in told {
            let line = format!("setting `{name}` (");
            assert_eq!(output.stderr.matches(&line).count(), 1, "{name}:\n{}", output.stderr);
        }
        let words = output.stderr.to_lowercase();
        for word in ["unknown", "error", "exception", "warning"] {
            assert!(!words.contains(word), "{word}:\n{}", output.stderr);
        }
    }
}

#[test]
fn a_file_named_env_gives_what_the_environment_lacks() {
    let snowflake = snowflake();
    let mut settings = snowflake.target_settings();
    for name in ["user", "password", "default_target_schema"] {
        settings[name] = Value::Null;
    }
    let program = target().config(&settings).stdin(one_row());
    program.file(
        ".env",
        "# a comment\nTARGET_SNOWFLAKE_USER=nobody\nexport TARGET_SNOWFLAKE_PASSWORD='demo'\n\
         TARGET_SNOWFLAKE_DEFAULT_TARGET_SCHEMA=\"from_file\" # why\nnot a line\n",
    );
    let output = program
        .environment("TARGET_SNOWFLAKE_USER", "demo")
        .run()
        .expect_code(0);
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM FROM_FILE.T"), "1");
    assert!(output.stderr.contains("2 settings from "), "{}", output.stderr);
    assert!(output.stderr.contains("line 5 of "), "{}", output.stderr);
}

#[test]
fn okta_is_refused_in_words_at_the_start() {
    let config = json!({
        "snowflake_account": "a", "snowflake_username": "u", "snowflake_password": "p", "snowflake_database": "d",
        "snowflake_authenticator": "https://example.okta.com",
    });
    let output = target().config(&config).stdin(one_row()).run().expect_code(2);
    output.assert_last_words("target-snowflake", "Okta");
}
