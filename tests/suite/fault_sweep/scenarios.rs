//! The loads that are swept: what is loaded, on which kind of stage, with which log-in, and which of its requests fail in
//! which ways. The first is swept whole; the others only where they differ.

use serde_json::{Value, json};
use test_support::local_snowflake::workspace_root;

use super::fault_kinds::FaultKind;
use super::request_shape::RequestShape;
use super::sweep_load::{ADDED_AND_MERGED, CHANGED_AND_REPLACED, SweepLoad};

/// One of them.
pub(super) struct Scenario {
    /// What is loaded.
    pub(super) load: &'static SweepLoad,
    /// Arguments of the server beside the usual.
    pub(super) arguments: Vec<String>,
    /// Settings of the target beside the usual.
    pub(super) settings: Value,
    /// Kinds of requests that a load must have, or the sweep proves less than it says.
    pub(super) expected: &'static [&'static str],
    /// Which requests fail in which ways.
    pub(super) sweeps: fn(&RequestShape, &FaultKind) -> bool,
    /// Whether every load sends the same requests as often.
    pub(super) is_sequential: bool,
}

/// Everything, on the usual stage with the usual log-in.
pub(super) fn whole() -> Scenario {
    Scenario {
        load: &ADDED_AND_MERGED,
        arguments: Vec::new(),
        settings: json!({}),
        expected: &[
            "log-in", "renewal", "result", "chunk", "upload", "close", "ALTER", "COPY", "COMMIT", "MERGE", "INSERT",
            "PUT", "BEGIN", "REMOVE",
        ],
        sweeps: |_, _| true,
        is_sequential: true,
    }
}

/// Rows removed, a column changed, a table replaced: what a lost session or a lost answer may do to their statements.
pub(super) fn changes() -> Scenario {
    Scenario {
        load: &CHANGED_AND_REPLACED,
        arguments: Vec::new(),
        settings: json!({ "hard_delete": true, "load_method_by_stream": { "snapshots": "overwrite" } }),
        expected: &["ALTER", "DELETE", "UPDATE", "DROP", "CREATE", "COMMIT"],
        sweeps: |request, kind| request.is_statement() && kind.loses_session,
        is_sequential: true,
    }
}

/// Several sessions at a time.
pub(super) fn parallel() -> Scenario {
    Scenario {
        settings: json!({ "parallelism": 3 }),
        sweeps: |request, kind| request.is_in_transaction() && kind.loses_session,
        is_sequential: false,
        ..whole()
    }
}

/// Stages on Azure, a key pair.
pub(super) fn azure() -> Scenario {
    let data = workspace_root().join("crates/snowflake-client/tests/data");
    let path = |file: &str| data.join(file).display().to_string();
    Scenario {
        arguments: texts(&["--stage-cloud", "azure", "--public-key"])
            .into_iter()
            .chain([format!("demo={}", path("rsa_public.pem"))])
            .collect(),
        settings: json!({ "authenticator": "snowflake_jwt", "private_key_path": path("rsa_plain.p8") }),
        sweeps: of_log_in_and_upload,
        ..whole()
    }
}

/// Stages on Google Cloud, opened by a token, unencrypted; an OAuth client.
pub(super) fn google() -> Scenario {
    let arguments = [
        "--stage-cloud",
        "gcs",
        "--no-client-encryption",
        "--oauth-client",
        "demo=client:client-secret",
    ];
    Scenario {
        arguments: texts(&arguments),
        settings: json!({
            "authenticator": "oauth_client_credentials",
            "oauth_client_id": "client", "oauth_client_secret": "client-secret",
        }),
        expected: &["token", "log-in", "upload"],
        sweeps: of_log_in_and_upload,
        ..whole()
    }
}

/// Stages on Google Cloud, opened by an address for each file, with keys of 256 bits; a programmatic access token.
pub(super) fn google_presigned() -> Scenario {
    let arguments = [
        "--stage-cloud",
        "gcs-presigned",
        "--key-bits",
        "256",
        "--access-token",
        "demo=the-access-token",
    ];
    Scenario {
        arguments: texts(&arguments),
        settings: json!({
            "authenticator": "programmatic_access_token", "programmatic_access_token": "the-access-token",
        }),
        expected: &["log-in", "upload"],
        sweeps: of_log_in_and_upload,
        ..whole()
    }
}

fn texts(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|&argument| argument.to_owned()).collect()
}

fn of_log_in_and_upload(request: &RequestShape, _kind: &FaultKind) -> bool {
    matches!(request.kind(), "token" | "log-in" | "upload")
}
