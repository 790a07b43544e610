//! Credentials of the user's own storage that no setting says: variables, shared files, profiles, a file of Google's.
//! Settings that do are in `own_storage`; metadata services are the crate's own tests.

use std::path::PathBuf;

use serde_json::{Value, json};
use test_support::cloud_emulators::CloudEmulators;
use test_support::local_snowflake::LocalSnowflake;
use test_support::messages::{schema_line, state_line};
use test_support::program::Program;
use test_support::program_output::ProgramOutput;
use test_support::test_identities::test_key;

use crate::own_storage::{integrated, rows, start, with};
use crate::programs::target;

/// A load of four rows with these settings, and what is in the surroundings.
fn load(
    snowflake: &LocalSnowflake,
    stream: &str,
    settings: &Value,
    surround: impl FnOnce(Program) -> Program,
) -> ProgramOutput {
    let program = target().config(&snowflake.target_settings()).config(settings);
    surround(program.stdin(rows(stream))).run()
}

/// The emulator of S3 without a key.
fn bucket() -> Value {
    let origin = &CloudEmulators::shared().address("s3").origin;
    json!({ "stage": "public.bucket", "s3_endpoint_url": origin, "retry_base_milliseconds": 1 })
}

/// A file of AWS's with the emulator's key in the section.
fn aws_file(program: &Program, section: &str) -> PathBuf {
    let s3 = CloudEmulators::shared().address("s3");
    let content = format!(
        "[{section}]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        s3.name, s3.secret
    );
    program.file("aws-file", content)
}

#[test]
fn keys_of_amazon_are_found_in_variables_and_shared_files() {
    let snowflake = start("found");
    let s3 = CloudEmulators::shared().address("s3");
    let profile = with(&[bucket(), json!({ "aws_profile": "loader" })]);
    let variables = |program: Program| {
        let program = program.environment("AWS_ACCESS_KEY_ID", &s3.name);
        program.environment("AWS_SECRET_ACCESS_KEY", &s3.secret)
    };
    let file = |variable: &'static str, section: &'static str| {
        move |program: Program| {
            let path = aws_file(&program, section);
            program.environment(variable, path)
        }
    };
    let loaded = [
        load(&snowflake, "variables", &bucket(), variables),
        load(
            &snowflake,
            "shared",
            &bucket(),
            file("AWS_SHARED_CREDENTIALS_FILE", "default"),
        ),
        load(
            &snowflake,
            "profile",
            &profile,
            file("AWS_CONFIG_FILE", "profile loader"),
        ),
    ];
    for output in loaded {
        output.assert_hides(&[&s3.secret]);
        let output = output.expect_code(0);
        assert_eq!(output.last_state(), Some(json!({ "id": 4 })));
    }
    let missing = load(
        &snowflake,
        "missing",
        &profile,
        file("AWS_CONFIG_FILE", "profile other"),
    );
    missing
        .expect_code(2)
        .assert_last_words("target-snowflake", "\"loader\"");
    let nothing = |program: Program| program.environment("AWS_EC2_METADATA_DISABLED", "true");
    let nobody = load(&snowflake, "nobody", &bucket(), nothing).expect_code(3);
    nobody.assert_last_words("target-snowflake", "there are no AWS credentials");
    assert_eq!(CloudEmulators::shared().objects("s3", "found/"), Vec::<Value>::new());
}

#[test]
fn keys_of_azure_and_google_are_found_in_variables_and_files() {
    let snowflake = start("other-clouds");
    let mut azure = integrated(&snowflake, "azure", "found");
    let key = azure
        .as_object_mut()
        .and_then(|all| all.remove("azure_storage_account_key"));
    let key = key.as_ref().and_then(Value::as_str).expect("a key").to_owned();
    let output = load(&snowflake, "azure", &azure, |program| {
        program.environment("AZURE_STORAGE_KEY", &key)
    });
    output.assert_hides(&[&key]);
    let _loaded = output.expect_code(0);

    let origin = &CloudEmulators::shared().address("gcs").origin;
    let endpoint = json!({ "external_stage_endpoint_url": origin });
    let google = with(&[integrated(&snowflake, "gcs", "found"), endpoint]);
    let private_key = std::fs::read_to_string(test_key("rsa_plain.p8")).expect("the test key");
    let account = json!({ "type": "service_account", "client_email": "l@p.iam.gserviceaccount.com", "private_key_id": "k",
        "private_key": private_key, "token_uri": "http://127.0.0.1:9/token" });
    let with_file = |content: String| {
        move |program: Program| {
            let path = program.file("google.json", content);
            program.environment("GOOGLE_APPLICATION_CREDENTIALS", path)
        }
    };
    let _loaded = load(&snowflake, "google", &google, with_file(account.to_string())).expect_code(0);
    let wrong = load(&snowflake, "wrong", &google, with_file("{}".to_owned())).expect_code(3);
    wrong.assert_last_words("target-snowflake", "google.json");
}

/// BATCH files are rows like any others.
#[test]
fn batch_messages_go_through_an_external_stage() {
    let snowflake = start("batches");
    let s3 = CloudEmulators::shared().address("s3");
    let program = target().config(&snowflake.target_settings()).config(&bucket());
    let path = program.file("rows.jsonl", "{\"id\": 1}\n{\"id\": 2}\n");
    let batch = json!({ "type": "BATCH", "stream": "b", "encoding": { "format": "jsonl", "compression": "none" },
        "manifest": [path] });
    let messages = schema_line("b", &json!({ "id": { "type": "integer" } }), &["id"])
        + &format!("{batch}\n")
        + &state_line(&json!({ "seen": 2 }));
    let program = program.environment("AWS_ACCESS_KEY_ID", &s3.name);
    let program = program.environment("AWS_SECRET_ACCESS_KEY", &s3.secret);
    let output = program.stdin(messages).run().expect_code(0);
    assert_eq!(output.last_state(), Some(json!({ "seen": 2 })));
    assert_eq!(snowflake.value("SELECT SUM(ID) FROM B"), "3");
    assert_eq!(CloudEmulators::shared().objects("s3", "batches/"), Vec::<Value>::new());
}
