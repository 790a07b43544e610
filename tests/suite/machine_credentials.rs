//! Credentials of the user's own storage that a machine has, not a person: roles of instances, containers and pods, managed
//! identities, service principals, the Azure CLI. Each through the program, against services that ask as the real ones do.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::sync::LazyLock;

use serde_json::{Value, json};
use test_support::cloud_emulators::CloudEmulators;
use test_support::http_exchange::{HttpReply, exchange};
use test_support::local_snowflake::LocalSnowflake;
use test_support::program::Program;
use test_support::program_output::ProgramOutput;
use test_support::small_server::{Asked, SmallServer, authority};

use crate::own_storage::{integrated, rows, start, with};
use crate::programs::target;

/// What the services give, and take.
const POD_TOKEN: &str = "pod-token-in-a-file";
const BEARER: &str = "bearer-of-an-identity";
const CLIENT_SECRET: &str = "client-secret-of-a-principal";

static TEMPORARY: LazyLock<Value> = LazyLock::new(|| CloudEmulators::shared().grant("s3"));

/// A part of the temporary keys of S3.
fn temporary(part: &str) -> &'static str {
    TEMPORARY.get(part).and_then(Value::as_str).expect("temporary keys")
}

/// Loads four rows and looks that they came, with every secret kept.
fn load(snowflake: &LocalSnowflake, stream: &str, settings: &Value, surround: impl FnOnce(Program) -> Program) {
    let s3 = CloudEmulators::shared().address("s3");
    let program = target().config(&snowflake.target_settings()).config(settings);
    let program = program.environment("LOGLEVEL", "TRACE");
    let output: ProgramOutput = surround(program.stdin(rows(stream))).run();
    let roles = [temporary("secret"), temporary("token")];
    output.assert_hides(&[&s3.secret, roles[0], roles[1], POD_TOKEN, BEARER, CLIENT_SECRET]);
    let output = output.expect_code(0);
    assert_eq!(output.last_state(), Some(json!({ "id": 4 })), "{stream}");
    assert!(!output.stderr.contains("WARNING"), "{stream}: {}", output.stderr);
    let table = stream.replace('-', "_");
    assert_eq!(
        snowflake.value(&format!("SELECT SUM(ID) FROM {table}")),
        "10",
        "{stream}"
    );
}

/// Amazon's services: instance metadata (version 2), the agent of pods, and the token service.
fn amazon(asked: &Asked) -> Option<HttpReply> {
    const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
    let has_session = asked.has_header("x-aws-ec2-metadata-token", "metadata-session");
    match (asked.method.as_str(), asked.target.as_str()) {
        ("PUT", "/latest/api/token") => Some(HttpReply::new(200, "metadata-session")),
        ("GET", ROLES) if has_session => Some(HttpReply::new(200, "loader")),
        ("GET", target) if target.strip_prefix(ROLES) == Some("loader") && has_session => Some(keys_in_json()),
        ("GET", "/pod") if asked.has_header("authorization", POD_TOKEN) => Some(keys_in_json()),
        ("POST", target) => {
            let token = format!("WebIdentityToken={POD_TOKEN}");
            let role = "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Floader";
            let wanted = ["Action=AssumeRoleWithWebIdentity", &token, role];
            wanted.iter().all(|part| target.contains(part)).then(keys_in_xml)
        }
        _ => None,
    }
}

fn keys_in_json() -> HttpReply {
    let keys = json!({ "Code": "Success", "AccessKeyId": temporary("key_id"), "SecretAccessKey": temporary("secret"),
        "Token": temporary("token"), "Expiration": "2099-01-01T00:00:00Z" });
    HttpReply::new(200, &keys.to_string())
}

fn keys_in_xml() -> HttpReply {
    let action = "AssumeRoleWithWebIdentity";
    let keys = format!(
        "<AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey><SessionToken>{}</SessionToken>",
        temporary("key_id"),
        temporary("secret"),
        temporary("token").replace('+', "&#43;")
    );
    let credentials = format!("<Credentials>{keys}<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>");
    HttpReply::new(
        200,
        &format!("<{action}Response><{action}Result>{credentials}</{action}Result></{action}Response>"),
    )
}

#[test]
fn roles_of_instances_pods_and_web_identities_reach_s3() {
    let snowflake = start("roles");
    let (services, tokens) = (SmallServer::start(amazon), SmallServer::start_tls(amazon));
    let bucket = json!({ "stage": "public.bucket", "s3_endpoint_url": CloudEmulators::shared().address("s3").origin,
        "retry_base_milliseconds": 1, "ca_bundle_path": authority() });
    let no_files = |program: Program| program.environment("AWS_SHARED_CREDENTIALS_FILE", "/nowhere");
    load(&snowflake, "instance", &bucket, |program| {
        no_files(program).environment("AWS_EC2_METADATA_SERVICE_ENDPOINT", services.url("/"))
    });
    load(&snowflake, "pod", &bucket, |program| {
        let path = program.file("token", POD_TOKEN);
        no_files(program)
            .environment("AWS_CONTAINER_CREDENTIALS_FULL_URI", services.url("/pod"))
            .environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path)
    });
    let role = "arn:aws:iam::1:role/loader";
    load(&snowflake, "web_identity", &bucket, |program| {
        let path = program.file("token", POD_TOKEN);
        no_files(program)
            .environment("AWS_WEB_IDENTITY_TOKEN_FILE", path)
            .environment("AWS_ROLE_ARN", role)
            .environment("AWS_ENDPOINT_URL_STS", tokens.url(""))
    });
    load(
        &snowflake,
        "profile",
        &with(&[bucket, json!({ "aws_profile": "ci" })]),
        |program| {
            let token = program.file("token", POD_TOKEN);
            let profile = format!(
                "[profile ci]\nrole_arn = {role}\nweb_identity_token_file = {}\n",
                token.display()
            );
            let path = program.file("aws-config", profile);
            no_files(program)
                .environment("AWS_CONFIG_FILE", path)
                .environment("AWS_ENDPOINT_URL_STS", tokens.url(""))
        },
    );
    assert_eq!(CloudEmulators::shared().objects("s3", "roles/"), Vec::<Value>::new());
}

/// The answer of the emulator to the same request at another address.
fn forward(asked: &Asked, url: &str, without: &[&str]) -> Option<HttpReply> {
    let own = ["content-length", "connection", "expect", "accept-encoding"];
    let is_passed = |name: &str| !own.contains(&name) && !without.contains(&name);
    let headers = asked
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let headers: Vec<(&str, &str)> = headers.filter(|(name, _)| is_passed(name)).collect();
    exchange(&asked.method, url, &headers, &asked.body).ok()
}

/// Azure's services: a machine's identity, an application's, and the token endpoint.
fn azure_identities(asked: &Asked) -> Option<HttpReply> {
    let target = asked.target.as_str();
    let is_storage = target.contains("resource=https%3A%2F%2Fstorage.azure.com");
    if target.starts_with("/msi?") && is_storage && asked.has_header("x-identity-header", "identity-header-secret") {
        let token = json!({ "access_token": BEARER, "expires_on": "4070908800", "token_type": "Bearer" });
        return Some(HttpReply::new(200, &token.to_string()));
    }
    let proofs = [
        format!("client_secret={CLIENT_SECRET}"),
        format!("client_assertion={POD_TOKEN}"),
    ];
    let is_known = proofs.iter().any(|proof| asked.body_has(proof)) && asked.body_has("client_id=application");
    (target == "/tenant/oauth2/v2.0/token" && is_known).then(bearer_for_an_hour)
}

/// The token, in the form of OAuth.
fn bearer_for_an_hour() -> HttpReply {
    let token = json!({ "access_token": BEARER, "expires_in": 3600, "token_type": "Bearer" });
    HttpReply::new(200, &token.to_string())
}

/// Azure's storage as it is behind Entra: who shows the token may do what azurite lets a signature do.
fn azure_with_bearer(asked: &Asked) -> Option<HttpReply> {
    if !asked.has_header("authorization", &format!("Bearer {BEARER}")) {
        return Some(HttpReply::new(403, ""));
    }
    static SIGNATURE: LazyLock<Value> = LazyLock::new(|| CloudEmulators::shared().grant("azure"));
    let signature = SIGNATURE.get("query").and_then(Value::as_str)?;
    let origin = &CloudEmulators::shared().address("azure").origin;
    let mark = if asked.target.contains('?') { '&' } else { '?' };
    let url = format!("{origin}{}{mark}{signature}", asked.target);
    if !asked.target.contains("comp=batch") {
        return forward(asked, &url, &["authorization"]);
    }
    // Each of the requests inside shows the token, too.
    let body = String::from_utf8_lossy(&asked.body);
    let lines = body
        .split("\r\n")
        .filter(|line| !line.eq_ignore_ascii_case(&format!("authorization: Bearer {BEARER}")));
    let lines = lines.map(|line| {
        match line
            .strip_prefix("DELETE ")
            .and_then(|rest| rest.strip_suffix(" HTTP/1.1"))
        {
            Some(target) => format!("DELETE {target}?{signature} HTTP/1.1"),
            None => line.to_owned(),
        }
    });
    let asked = Asked {
        method: asked.method.clone(),
        target: asked.target.clone(),
        headers: asked.headers.clone(),
        body: lines.collect::<Vec<_>>().join("\r\n").into_bytes(),
    };
    forward(&asked, &url, &["authorization"])
}

/// Stands for Azure's own program.
const AZ: &str = r#"#!/bin/sh
[ "$1 $2" = "account get-access-token" ] || exit 1
echo '{"accessToken": "bearer-of-an-identity", "expiresOn": "2099-01-01 00:00:00.000000", "tokenType": "Bearer"}'
"#;

#[test]
fn identities_of_machines_principals_and_the_command_line_reach_azure() {
    let snowflake = start("identities");
    let (machine, entra) = (
        SmallServer::start(azure_identities),
        SmallServer::start_tls(azure_identities),
    );
    let storage = SmallServer::start(azure_with_bearer);
    let mut settings = integrated(&snowflake, "azure", "identities");
    let account = &CloudEmulators::shared().address("azure").name;
    if let Some(settings) = settings.as_object_mut() {
        let _key = settings.remove("azure_storage_account_key");
        settings.insert(
            "external_stage_endpoint_url".to_owned(),
            json!(storage.url(&format!("/{account}"))),
        );
        settings.insert("ca_bundle_path".to_owned(), json!(authority()));
        settings.insert("retry_base_milliseconds".to_owned(), json!(1));
    }
    load(&snowflake, "machine", &settings, |program| {
        program
            .environment("IDENTITY_ENDPOINT", machine.url("/msi"))
            .environment("IDENTITY_HEADER", "identity-header-secret")
    });
    let application = |program: Program| {
        program
            .environment("AZURE_CLIENT_ID", "application")
            .environment("AZURE_TENANT_ID", "tenant")
            .environment("AZURE_AUTHORITY_HOST", entra.url(""))
    };
    load(&snowflake, "principal", &settings, |program| {
        application(program).environment("AZURE_CLIENT_SECRET", CLIENT_SECRET)
    });
    load(&snowflake, "pod_of_azure", &settings, |program| {
        let path = program.file("token", POD_TOKEN);
        application(program).environment("AZURE_FEDERATED_TOKEN_FILE", path)
    });
    load(&snowflake, "command_line", &settings, |program| {
        let _known = program.file("azureProfile.json", "{}");
        let az = program.file("az", AZ);
        std::fs::set_permissions(&az, Permissions::from_mode(0o755)).expect("a program");
        let directory = program.directory().to_owned();
        let path = format!("{}:/usr/bin:/bin", directory.display());
        program
            .environment("AZURE_CONFIG_DIR", directory)
            .environment("PATH", path)
    });
    assert_eq!(
        CloudEmulators::shared().objects("azure", "identities/"),
        Vec::<Value>::new()
    );
}

/// Google's metadata service.
fn google_metadata(asked: &Asked) -> Option<HttpReply> {
    let is_token = asked
        .target
        .starts_with("/computeMetadata/v1/instance/service-accounts/default/token");
    (is_token && asked.has_header("metadata-flavor", "Google")).then(bearer_for_an_hour)
}

/// Google's storage: the emulator, for who shows the token.
fn google_with_bearer(asked: &Asked) -> Option<HttpReply> {
    if !asked.has_header("authorization", &format!("Bearer {BEARER}")) {
        return Some(HttpReply::new(401, ""));
    }
    let gcs = CloudEmulators::shared().address("gcs");
    forward(asked, &format!("{}{}", gcs.origin, asked.target), &["authorization"])
}

#[test]
fn the_service_account_of_a_machine_reaches_google() {
    let snowflake = start("service-account");
    let (metadata, storage) = (
        SmallServer::start(google_metadata),
        SmallServer::start(google_with_bearer),
    );
    let settings = with(&[
        integrated(&snowflake, "gcs", "service-account"),
        json!({ "external_stage_endpoint_url": storage.url(""), "retry_base_milliseconds": 1 }),
    ]);
    load(&snowflake, "google", &settings, |program| {
        program.environment("GCE_METADATA_HOST", metadata.host())
    });
    assert_eq!(
        CloudEmulators::shared().objects("gcs", "service-account/"),
        Vec::<Value>::new()
    );
}

/// `s3_acl` and `s3_region_name` are in what is sent, the latter in what is signed.
#[test]
fn acl_and_region_go_with_every_object() {
    let snowflake = start("acl");
    let storage = SmallServer::start(|asked| {
        let s3 = CloudEmulators::shared().address("s3");
        let signature = asked.headers.iter().find(|(name, _)| name == "authorization");
        let is_signed = signature
            .is_some_and(|(_, value)| value.contains("/eu-west-3/s3/aws4_request") && value.contains("x-amz-acl"));
        let has_acl = asked.has_header("x-amz-acl", "bucket-owner-full-control");
        if !(is_signed && has_acl) {
            return Some(HttpReply::new(403, ""));
        }
        forward(asked, &format!("{}{}", s3.origin, asked.target), &[])
    });
    let s3 = CloudEmulators::shared().address("s3");
    let settings = json!({ "stage": "public.bucket", "s3_endpoint_url": storage.url(""), "retry_base_milliseconds": 1,
        "s3_acl": "bucket-owner-full-control", "s3_region_name": "eu-west-3", "aws_access_key_id": s3.name,
        "aws_secret_access_key": s3.secret });
    load(&snowflake, "acl", &settings, |program| program);
}
