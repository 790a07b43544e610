//! Every way to log in × every cloud × every encryption: logs in, stores a file, and what lies there can be opened again.
//! Faults at each of these are swept elsewhere (`stage_clouds.rs`, and the built program's fault sweep).

use std::time::Duration;

use aws_lc_rs::digest;
use serde_json::{Value, json};
use snowflake_client::{
    BrowserOpener, ClientConfig, Compression, Credentials, IdentityEnvironment, IdentityProvider, OAuthClient,
    Passcode, PrivateKeySource, Secret, Session, StageLocation, TokenSource, UploadFile,
};
use test_support::http_exchange::exchange;
use test_support::log_in_kinds::{ACCESS_TOKEN, AWS_SECRET, CLIENT_SECRET, LogInHouse, PASSWORD};
use test_support::metadata_services::{IDENTITY_HEADER, POD_TOKEN, TENANT};
use test_support::test_identities::{SNOWFLAKE_AUDIENCE, identity_token, one_time_code, test_key};
use test_support::tested_cells::TestedCells;

use crate::config;

const CLOUDS: [&str; 4] = ["s3", "azure", "gcs", "gcs-presigned"];
const ENCRYPTIONS: [&str; 3] = ["128", "256", "none"];

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

fn workload(provider: IdentityProvider, variables: &[(&str, &str)]) -> Credentials {
    let environment = IdentityEnvironment::from_pairs(variables.iter().copied());
    Credentials::WorkloadIdentity { provider, environment }
}

/// Name, user and credentials.
fn ways(house: &LogInHouse) -> Vec<(&'static str, &'static str, Credentials)> {
    let mut ways = of_persons();
    ways.extend(of_tokens(house));
    ways.extend(of_workloads(house));
    ways
}

fn of_persons() -> Vec<(&'static str, &'static str, Credentials)> {
    let code = one_time_code();
    let with_passcode = |password: &str, passcode| Credentials::PasswordWithPasscode {
        password: secret(password),
        passcode,
    };
    let key = |key| Credentials::KeyPair {
        key,
        passphrase: Some(secret("test-passphrase")),
    };
    let encrypted = std::fs::read_to_string(test_key("rsa_aes256.p8")).unwrap();
    let opener = BrowserOpener::new(|address| {
        let address = address.to_owned();
        tokio::spawn(async move {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let form = [("user", "demo"), ("password", "demo")];
            client.post(address).form(&form).send().await.unwrap();
        });
    });
    vec![
        ("password", "careful", Credentials::Password(secret(PASSWORD))),
        (
            "passcode",
            "coder",
            with_passcode(PASSWORD, Passcode::Separate(secret(&code))),
        ),
        (
            "in password",
            "other",
            with_passcode(&format!("{PASSWORD}{code}"), Passcode::InPassword),
        ),
        ("key pair", "demo", key(PrivateKeySource::Pem(secret(&encrypted)))),
        (
            "key pair file",
            "demo",
            key(PrivateKeySource::Path(test_key("rsa_plain.p8"))),
        ),
        ("browser", "demo", Credentials::ExternalBrowser(opener)),
    ]
}

fn of_tokens(house: &LogInHouse) -> Vec<(&'static str, &'static str, Credentials)> {
    let text = |text: &str| TokenSource::Text(secret(text));
    let oauth = house.oauth_token();
    let client = OAuthClient {
        id: "client".to_owned(),
        secret: secret(CLIENT_SECRET),
        token_url: None,
        scope: None,
    };
    let file = |name: &str, content: &str| TokenSource::Path(house.file(name, content));
    vec![
        ("OAuth", "", Credentials::OAuthAccessToken(text(&oauth))),
        ("OAuth file", "", Credentials::OAuthAccessToken(file("oauth", &oauth))),
        ("OAuth client", "", Credentials::OAuthClientCredentials(client)),
        (
            "access token",
            "",
            Credentials::ProgrammaticAccessToken(text(ACCESS_TOKEN)),
        ),
        (
            "access token file",
            "",
            Credentials::ProgrammaticAccessToken(file("access", ACCESS_TOKEN)),
        ),
        (
            "access token as password",
            "demo",
            Credentials::Password(secret(ACCESS_TOKEN)),
        ),
    ]
}

fn of_workloads(house: &LogInHouse) -> Vec<(&'static str, &'static str, Credentials)> {
    let token = identity_token(SNOWFLAKE_AUDIENCE);
    let oidc = |source| workload(IdentityProvider::Oidc(source), &[]);
    let azure = || IdentityProvider::Azure { resource: None };
    let aws = [
        ("AWS_ACCESS_KEY_ID", "AKIATEST"),
        ("AWS_SECRET_ACCESS_KEY", AWS_SECRET),
        ("AWS_REGION", "eu-central-1"),
    ];
    let (endpoint, authority, host) = (
        house.metadata.url("/msi/token"),
        house.metadata.url(""),
        house.metadata.host(),
    );
    let pod_file = house.file("pod", POD_TOKEN);
    let pod = [
        ("AZURE_FEDERATED_TOKEN_FILE", pod_file.to_str().unwrap()),
        ("AZURE_CLIENT_ID", "client-1"),
        ("AZURE_TENANT_ID", TENANT),
        ("AZURE_AUTHORITY_HOST", &authority),
    ];
    let function = [
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", IDENTITY_HEADER),
    ];
    vec![
        ("AWS", "", workload(IdentityProvider::Aws, &aws)),
        ("Azure", "", workload(azure(), &function)),
        ("Azure Kubernetes", "", workload(azure(), &pod)),
        (
            "Google",
            "",
            workload(IdentityProvider::Gcp, &[("GCE_METADATA_HOST", &host)]),
        ),
        ("OIDC", "", oidc(TokenSource::Text(secret(&token)))),
        ("OIDC file", "", oidc(TokenSource::Path(house.file("oidc", &token)))),
    ]
}

fn administer(house: &LogInHouse, method: &str, what: &str, body: &str) -> Value {
    let url = format!("http://127.0.0.1:{}/__local/{what}", house.snowflake.port());
    let headers = [("Content-Type", "application/json")];
    let reply = exchange(method, &url, &headers, body.as_bytes()).unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

fn choose(house: &LogInHouse, cloud: &str, encryption: &str) {
    let mut settings = json!({"cloud": cloud, "client_encryption": encryption != "none"});
    if let Ok(bits) = encryption.parse::<u16>() {
        settings["key_bits"] = json!(bits);
    }
    administer(house, "POST", "stages", &settings.to_string());
}

#[tokio::test]
async fn each_way_to_log_in_stores_in_each_cloud_with_each_encryption() {
    let house = LogInHouse::start(&[]);
    let configs: Vec<(&str, ClientConfig)> = ways(&house)
        .into_iter()
        .map(|(name, user, credentials)| (name, config(house.snowflake.port(), user, credentials)))
        .collect();
    let bytes = b"1,\"a\"\n2,\"b\"\n";
    let file = UploadFile {
        path: house.file("rows", std::str::from_utf8(bytes).unwrap()),
        name: "rows.csv".to_owned(),
        size_bytes: bytes.len() as u64,
        sha256: digest::digest(&digest::SHA256, bytes).as_ref().try_into().unwrap(),
        compression: Compression::None,
    };
    let mut tested = TestedCells::new("log-ins and clouds", &CLOUDS);
    for cloud in CLOUDS {
        for encryption in ENCRYPTIONS {
            choose(&house, cloud, encryption);
            for (number, (name, config)) in configs.iter().enumerate() {
                let what = format!("{name} × {cloud} × {encryption}");
                let session = Session::log_in(config).await;
                let session = session.unwrap_or_else(|failure| panic!("{what}: {failure}"));
                let stage = StageLocation::user(&format!("way-{number}"));
                let uploaded = session.upload(&stage, std::slice::from_ref(&file)).await;
                assert!(uploaded.is_ok(), "{what}: {uploaded:?}");
                session.close().await;
                tested.ran(name, cloud, encryption);
            }
            let objects = administer(&house, "GET", "objects?canonical=1", "");
            let objects = objects["objects"].as_array().unwrap();
            assert_eq!(objects.len(), configs.len(), "{cloud} × {encryption}");
            for object in objects {
                assert_eq!(object["problem"], Value::Null, "{cloud} × {encryption}: {object}");
                assert_eq!(object["plain_size_bytes"], bytes.len());
                let is_encrypted = object["size_bytes"] != object["plain_size_bytes"];
                assert_eq!(is_encrypted, encryption != "none", "{cloud} × {encryption}: {object}");
            }
        }
    }
    tested.check();
}

/// What may happen to a request of a log-in.
fn faults() -> [(&'static str, Value); 8] {
    [
        ("reset", json!({"reset": true})),
        ("reset after the work", json!({"reset": true, "execute": true})),
        ("cut body", json!({"cut_after_bytes": 15})),
        ("503", json!({"status": 503})),
        ("503 after the work", json!({"status": 503, "execute": true})),
        ("429", json!({"status": 429, "headers": {"retry-after": "0"}})),
        // Longer than an attempt may take.
        ("late work", json!({"delay_seconds": 0.8})),
        ("late answer", json!({"hold_seconds": 0.8})),
    ]
}

/// A code, and a person's log-in, work once: when the answer is lost, they are used up. So these log in before, and what
/// is swept is the log-in with the token that the first one left.
fn works_once(credentials: &Credentials) -> bool {
    matches!(
        credentials,
        Credentials::PasswordWithPasscode { .. } | Credentials::ExternalBrowser(_)
    )
}

#[tokio::test]
async fn a_log_in_of_any_way_may_fail_once_in_any_way() {
    let house = LogInHouse::start(&[]);
    let mut tested = TestedCells::new("log-ins and faults", &faults().map(|(fault, _)| fault));
    for (name, user, credentials) in ways(&house) {
        let requests: &[&str] = match &credentials {
            Credentials::OAuthClientCredentials(_) => &["oauth/token-request", "v1/login-request"],
            _ => &["v1/login-request"],
        };
        let fresh = || {
            let mut config = config(house.snowflake.port(), user, credentials.clone());
            config.time_limits.attempt = Duration::from_millis(500);
            config
        };
        let kept = fresh();
        if works_once(&credentials) {
            Session::log_in(&kept).await.unwrap().close().await;
        }
        for path in requests {
            for (fault, mut rule) in faults() {
                rule["path"] = json!(path);
                administer(&house, "DELETE", "faults", "");
                administer(&house, "POST", "faults", &rule.to_string());
                let config = if works_once(&credentials) {
                    kept.clone()
                } else {
                    fresh()
                };
                let session = Session::log_in(&config).await;
                let session = session.unwrap_or_else(|failure| panic!("{name} × {rule}: {failure}"));
                let counted = administer(&house, "GET", "faults", "");
                assert_eq!(
                    counted["rules"][0]["acted"], 1,
                    "{name} × {rule}: the fault never acted"
                );
                session.close().await;
                let what = match (path.contains("oauth"), works_once(&credentials)) {
                    (true, _) => "token",
                    (_, true) => "second log-in",
                    _ => "log-in",
                };
                tested.ran(name, fault, what);
            }
        }
    }
    tested.check();
}
