//! Workload identity: what the metadata services of clouds are asked, and what Snowflake is shown.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use snowflake_client::{
    ClientConfig, Credentials, Error, ErrorKind, IdentityEnvironment, IdentityProvider, Secret, Session, TokenSource,
};

use crate::scripted_server::{Answer, LOG_IN, Recorded, ScriptedServer, logged_in};

/// Environment variables of a machine.
type Variables<'a> = &'a [(&'a str, &'a str)];

/// A cloud and Snowflake in one server.
async fn cloud() -> ScriptedServer {
    ScriptedServer::start(|request, _| answer(request)).await
}

fn answer(request: &Recorded) -> Answer {
    let has_token = request.header("x-aws-ec2-metadata-token") == "imds-token";
    let credentials = json!({"AccessKeyId": "AKIASERVED", "SecretAccessKey": "served-secret", "Token": "served-token"});
    match request.path.as_str() {
        LOG_IN => logged_in(),
        "/latest/api/token" if request.method == "PUT" => Answer::new(200, "imds-token"),
        "/latest/meta-data/placement/region" if has_token => Answer::new(200, "eu-west-1"),
        "/latest/meta-data/iam/security-credentials/" if has_token => Answer::new(200, "the-role\n"),
        "/latest/meta-data/iam/security-credentials/the-role" if has_token => Answer::new(200, credentials.to_string()),
        "/v2/credentials/1" if request.header("authorization") == "container-token" => {
            Answer::new(200, credentials.to_string())
        }
        "/sts/" if String::from_utf8_lossy(&request.body).contains("WebIdentityToken=web-token") => Answer::new(
            200,
            "<R><Credentials><AccessKeyId>ASIAWEB</AccessKeyId><SecretAccessKey>web-secret</SecretAccessKey>\
             <SessionToken>web/session+token=</SessionToken></Credentials></R>",
        ),
        "/sts/" => Answer::new(
            403,
            "<E><Error><Code>AccessDenied</Code><Message>web-token</Message></Error></E>",
        ),
        "/metadata/identity/oauth2/token" if request.header("metadata") == "true" => {
            Answer::new(200, r#"{"access_token": "azure-token"}"#)
        }
        "/function/token" if request.header("x-identity-header") == "function-header" => {
            Answer::new(200, r#"{"access_token": "function-token"}"#)
        }
        "/tenant-1/oauth2/v2.0/token"
            if String::from_utf8_lossy(&request.body).contains("client_assertion=web-token&") =>
        {
            Answer::new(200, r#"{"access_token": "pod-token"}"#)
        }
        "/tenant-1/oauth2/v2.0/token" => {
            Answer::new(401, r#"{"error": "invalid_client", "error_description": "web-token"}"#)
        }
        "/computeMetadata/v1/instance/service-accounts/default/identity"
            if request.header("metadata-flavor") == "Google"
                && request.query("audience") == Some("snowflakecomputing.com") =>
        {
            Answer::new(200, "google-token\n")
        }
        _ => Answer::new(404, ""),
    }
}

fn config(server: &ScriptedServer, provider: IdentityProvider, variables: Variables<'_>) -> ClientConfig {
    let mut environment = IdentityEnvironment::from_pairs(variables.iter().copied());
    environment.instance_metadata_url = server.url("");
    environment.container_credentials_url = server.url("");
    environment.google_metadata_url = server.url("");
    environment.aws_token_service_url = Some(server.url("/sts/"));
    let mut config = server.config();
    config.credentials = Credentials::WorkloadIdentity { provider, environment };
    config.user = String::new();
    config
}

/// What Snowflake is shown.
async fn shown(server: &ScriptedServer, config: &ClientConfig) -> Result<Value, Error> {
    Session::log_in(config).await?;
    let data = server.requests_to(LOG_IN).last().unwrap().json()["data"].clone();
    assert_eq!(
        (&data["AUTHENTICATOR"], data.get("LOGIN_NAME")),
        (&json!("WORKLOAD_IDENTITY"), None)
    );
    Ok(json!([data["PROVIDER"], data["TOKEN"]]))
}

/// The request that Snowflake is to send to AWS.
async fn shown_request(server: &ScriptedServer, variables: Variables<'_>) -> Value {
    let shown = shown(server, &config(server, IdentityProvider::Aws, variables))
        .await
        .unwrap();
    assert_eq!(shown[0], "AWS");
    serde_json::from_slice(&BASE64_STANDARD.decode(shown[1].as_str().unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn aws_is_a_signed_question_who_signed() {
    let server = cloud().await;
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AKIAVARIABLE"),
        ("AWS_SECRET_ACCESS_KEY", "variable-secret"),
        ("AWS_REGION", "cn-north-1"),
    ];
    let request = shown_request(&server, &variables).await;
    let host = "sts.cn-north-1.amazonaws.com.cn";
    assert_eq!(
        request["url"],
        format!("https://{host}/?Action=GetCallerIdentity&Version=2011-06-15")
    );
    assert_eq!(request["method"], "POST");
    let headers = &request["headers"];
    assert_eq!(
        (&headers["host"], &headers["x-snowflake-audience"]),
        (&json!(host), &json!("snowflakecomputing.com"))
    );
    let day = &headers["x-amz-date"].as_str().unwrap()[..8];
    let authorization = headers["authorization"].as_str().unwrap();
    assert!(authorization.starts_with(&format!("AWS4-HMAC-SHA256 Credential=AKIAVARIABLE/{day}/cn-north-1/sts/aws4_request, SignedHeaders=host;x-amz-date;x-snowflake-audience, Signature=")), "{authorization}");
    assert_eq!(server.requests().len(), 1, "nobody but Snowflake is asked");
}

#[tokio::test]
async fn aws_credentials_come_from_wherever_the_program_runs() {
    let server = cloud().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, "web-token\n").unwrap();
    let file = file.to_str().unwrap();
    let web = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/r"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
    ];
    let container = [
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-token"),
        ("AWS_REGION", "eu-west-1"),
    ];
    let full = server.url("/v2/credentials/1");
    let pod = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", full.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-token"),
        ("AWS_REGION", "eu-west-1"),
    ];
    let cases: [(Variables<'_>, &str, &str); 4] = [
        (&web, "ASIAWEB", "web/session+token="),
        (&container, "AKIASERVED", "served-token"),
        (&pod, "AKIASERVED", "served-token"),
        // A virtual machine knows its region, too.
        (&[], "AKIASERVED", "served-token"),
    ];
    for (variables, key_id, session_token) in cases {
        let request = shown_request(&server, variables).await;
        let headers = &request["headers"];
        let authorization = headers["authorization"].as_str().unwrap();
        assert!(
            authorization.contains(&format!("Credential={key_id}/")),
            "{authorization}"
        );
        assert!(authorization.contains("/eu-west-1/sts/"), "{authorization}");
        assert!(authorization.contains("host;x-amz-date;x-amz-security-token;x-snowflake-audience"));
        assert_eq!(headers["x-amz-security-token"], session_token);
    }
}

#[tokio::test]
async fn azure_and_google_give_tokens_for_snowflake() {
    let server = cloud().await;
    let endpoint = server.url("/function/token");
    let function = [
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", "function-header"),
        ("MANAGED_IDENTITY_CLIENT_ID", "client 1"),
    ];
    let azure = || IdentityProvider::Azure { resource: None };
    let cases: [(IdentityProvider, Variables<'_>, Value); 4] = [
        (azure(), &[], json!(["AZURE", "azure-token"])),
        (azure(), &function, json!(["AZURE", "function-token"])),
        (IdentityProvider::Gcp, &[], json!(["GCP", "google-token"])),
        (
            IdentityProvider::Oidc(TokenSource::Text(Secret::new("oidc-token"))),
            &[],
            json!(["OIDC", "oidc-token"]),
        ),
    ];
    for (provider, variables, expected) in cases {
        assert_eq!(
            shown(&server, &config(&server, provider, variables)).await.unwrap(),
            expected
        );
    }
    let asked = server.requests_to("/metadata/identity/oauth2/token");
    assert_eq!(
        asked[0].query("resource"),
        Some("api://fd3f753b-eed3-462c-b6a7-a4b5bb650aad")
    );
    assert_eq!(asked[0].query("api-version"), Some("2018-02-01"));
    let asked = server.requests_to("/function/token");
    assert_eq!(
        (asked[0].query("api-version"), asked[0].query("client_id")),
        (Some("2019-08-01"), Some("client 1"))
    );
}

#[tokio::test]
async fn a_pod_trades_its_own_token() {
    let server = cloud().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, "web-token\n").unwrap();
    let authority = server.url("/");
    let pod = [
        ("AZURE_FEDERATED_TOKEN_FILE", file.to_str().unwrap()),
        ("AZURE_CLIENT_ID", "client-1"),
        ("AZURE_TENANT_ID", "tenant-1"),
        ("AZURE_AUTHORITY_HOST", authority.as_str()),
    ];
    let azure = || IdentityProvider::Azure { resource: None };
    let config = config(&server, azure(), &pod);
    assert_eq!(shown(&server, &config).await.unwrap(), json!(["AZURE", "pod-token"]));
    let asked = server.requests_to("/tenant-1/oauth2/v2.0/token");
    assert_eq!(
        asked[0].body,
        "grant_type=client_credentials&client_id=client-1\
         &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
         &client_assertion=web-token&scope=api%3A%2F%2Ffd3f753b-eed3-462c-b6a7-a4b5bb650aad%2F.default"
    );
    // Read anew for each session, and refused in one line without a word of it.
    std::fs::write(&file, "another-token").unwrap();
    let failure = shown(&server, &config).await.unwrap_err();
    assert_eq!(failure.kind(), ErrorKind::Credentials);
    assert_eq!(
        failure.to_string(),
        "Entra token exchange refused with status 401 (invalid_client)"
    );
    // A pod's variables without its file are those of a virtual machine.
    std::fs::remove_file(&file).unwrap();
    assert_eq!(shown(&server, &config).await.unwrap(), json!(["AZURE", "azure-token"]));
}

#[tokio::test]
async fn variables_move_the_metadata_services_as_their_own_tools_know_them() {
    let server = cloud().await;
    let host = format!("127.0.0.1:{}", server.port);
    let url = server.url("/");
    let variables = [
        ("GCE_METADATA_HOST", host.as_str()),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str()),
    ];
    for (provider, name) in [(IdentityProvider::Gcp, "GCP"), (IdentityProvider::Aws, "AWS")] {
        let environment = IdentityEnvironment::from_pairs(variables);
        let mut config = server.config();
        config.user = String::new();
        config.credentials = Credentials::WorkloadIdentity { provider, environment };
        assert_eq!(shown(&server, &config).await.unwrap()[0], name);
    }
}

#[tokio::test]
async fn a_machine_without_an_identity_is_told_in_one_line() {
    let nothing = ScriptedServer::start(|request, _| match request.path.as_str() {
        "/sts/" => answer(request),
        _ => Answer::new(404, "served-secret"),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, "another-token").unwrap();
    let file = file.to_str().unwrap();
    let cases: [(IdentityProvider, Variables<'_>); 9] = [
        (IdentityProvider::Aws, &[]),
        (
            IdentityProvider::Aws,
            &[("AWS_REGION", "eu-west-1"), ("AWS_EC2_METADATA_DISABLED", "true")],
        ),
        (IdentityProvider::Aws, &[("AWS_REGION", "evil.example.com/")]),
        (
            IdentityProvider::Aws,
            &[
                ("AWS_REGION", "eu-west-1"),
                ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://evil.example.com/"),
            ],
        ),
        (
            IdentityProvider::Aws,
            &[
                ("AWS_REGION", "eu-west-1"),
                ("AWS_WEB_IDENTITY_TOKEN_FILE", file),
                ("AWS_ROLE_ARN", "r"),
            ],
        ),
        (IdentityProvider::Azure { resource: None }, &[]),
        (
            IdentityProvider::Azure { resource: None },
            &[
                ("IDENTITY_ENDPOINT", "http://evil.example.com/"),
                ("IDENTITY_HEADER", "h"),
            ],
        ),
        (IdentityProvider::Gcp, &[]),
        (IdentityProvider::Oidc(TokenSource::Path("/no/such/token".into())), &[]),
    ];
    let mut lines = Vec::new();
    for (provider, variables) in cases {
        let failure = shown(&nothing, &config(&nothing, provider, variables))
            .await
            .unwrap_err();
        let hint = failure.hint().unwrap_or_default();
        lines.push(format!("{:?}: {failure} | {hint}", failure.kind()));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn what_a_pod_is_told_is_looked_at() {
    let server = cloud().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "web-token").unwrap();
    let path = file.path().to_str().unwrap();
    for (tenant, authority, expected) in [
        ("../t", "https://login.example.com", "AZURE_TENANT_ID has characters"),
        ("t", "http://evil.example.com/", "AZURE_AUTHORITY_HOST is not https"),
        ("t", "login.example.com", "AZURE_AUTHORITY_HOST is not a URL"),
    ] {
        let pod = [
            ("AZURE_FEDERATED_TOKEN_FILE", path),
            ("AZURE_CLIENT_ID", "c"),
            ("AZURE_TENANT_ID", tenant),
            ("AZURE_AUTHORITY_HOST", authority),
        ];
        let config = config(&server, IdentityProvider::Azure { resource: None }, &pod);
        let failure = shown(&server, &config).await.unwrap_err();
        assert_eq!(failure.kind(), ErrorKind::Configuration);
        assert!(failure.to_string().contains(expected), "{failure}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn an_identity_is_shown_to_snowflake_only() {
    let server = cloud().await;
    let mut config = config(&server, IdentityProvider::Gcp, &[]);
    config.protocol = snowflake_client::Protocol::Https;
    for host in ["snowflake.example.com", "evilsnowflakecomputing.com", "10.0.0.1"] {
        config.host = Some(host.to_owned());
        assert_eq!(
            Session::log_in(&config).await.unwrap_err().kind(),
            ErrorKind::Configuration
        );
    }
    assert!(server.requests().is_empty());
}
