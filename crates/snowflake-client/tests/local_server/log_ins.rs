//! Every way to log in, against the local Snowflake server, which verifies each and which the official drivers log in
//! to in the same ways.

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use snowflake_client::{
    BrowserOpener, ClientConfig, Credentials, Error, IdentityEnvironment, IdentityProvider, OAuthClient, Passcode,
    PrivateKeySource, Secret, Session, StatementOptions, TokenSource,
};
use test_support::http_exchange::exchange;
use test_support::local_snowflake::LocalSnowflake;
use test_support::metadata_services::metadata_services;
use test_support::test_identities::{SNOWFLAKE_AUDIENCE, TOTP_SECRET, identity_token, one_time_code};

use crate::{DATA, server};

fn config(server: &LocalSnowflake, user: &str, credentials: Credentials) -> ClientConfig {
    let mut config = crate::config(server.port(), user, credentials);
    config.warehouse = Some("DEMO_WH".to_owned());
    config.role = Some("SYSADMIN".to_owned());
    config
}

/// Logs in and asks who it is.
async fn user(config: &ClientConfig) -> Result<String, Error> {
    let session = Session::log_in(config).await?;
    let rows = session
        .execute("SELECT CURRENT_USER()", &StatementOptions::default())
        .await?;
    session.close().await;
    Ok(rows.single().unwrap().to_owned())
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

#[tokio::test]
async fn passcodes_serve_several_sessions_and_wrong_ones_are_told() {
    let server = server(&["--totp", &format!("coder={TOTP_SECRET}")]);
    let with = |passcode| {
        let password = secret("secret");
        config(
            &server,
            "coder",
            Credentials::PasswordWithPasscode { password, passcode },
        )
    };
    let refused = user(&with(Passcode::Separate(secret("000000")))).await.unwrap_err();
    assert_eq!(refused.code(), Some("394507"), "{refused}");
    let missing = user(&config(&server, "coder", Credentials::Password(secret("secret"))))
        .await
        .unwrap_err();
    assert_eq!(missing.code(), Some("394508"));
    assert!(missing.hint().unwrap().contains("passcode"), "{missing}");

    let right = with(Passcode::Separate(secret(&one_time_code())));
    // The code works once; what the server gave for it serves the second session.
    for _ in 0..2 {
        assert_eq!(user(&right).await.unwrap(), "CODER");
    }
}

#[tokio::test]
async fn a_passcode_may_be_the_end_of_the_password() {
    let server = server(&["--totp", &format!("coder={TOTP_SECRET}")]);
    let password = secret(&format!("secret{}", one_time_code()));
    let passcode = Passcode::InPassword;
    let config = config(
        &server,
        "coder",
        Credentials::PasswordWithPasscode { password, passcode },
    );
    assert!(config.next_log_in_needs_a_person());
    // The second log-in goes with a token and the password alone.
    for _ in 0..2 {
        assert_eq!(user(&config).await.unwrap(), "CODER");
        assert!(!config.next_log_in_needs_a_person());
    }
}

#[tokio::test]
async fn keys_in_every_form_sign() {
    let server = server(&[]);
    let read = |file: &str| std::fs::read_to_string(Path::new(DATA).join(file)).unwrap();
    let body = |pem: String| pem.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let forms = [
        read("rsa_plain.p8").replace('\n', ""),
        read("rsa_aes256.p8").replace('\n', "\\n"),
        read("rsa_pkcs1.pem"),
        body(read("rsa_plain.p8")),
        body(read("rsa_aes256.p8")),
        body(read("rsa_pkcs1.pem")),
    ];
    for text in forms {
        let key = PrivateKeySource::Pem(secret(&text));
        let passphrase = Some(secret("test-passphrase"));
        let config = config(&server, "demo", Credentials::KeyPair { key, passphrase });
        assert_eq!(user(&config).await.unwrap(), "DEMO");
    }
}

#[tokio::test]
async fn tokens_log_in_without_a_user_name() {
    let server = server(&[
        "--access-token",
        "demo=the-token",
        "--oauth-client",
        "demo=client:client-secret",
        "--oauth-seconds",
        "120",
    ]);
    let token = |text: &str| TokenSource::Text(secret(text));
    let pat = config(&server, "", Credentials::ProgrammaticAccessToken(token("the-token")));
    assert_eq!(user(&pat).await.unwrap(), "DEMO");
    let wrong = config(&server, "", Credentials::ProgrammaticAccessToken(token("another")));
    assert_eq!(user(&wrong).await.unwrap_err().code(), Some("394400"));
    let wrong = config(&server, "", Credentials::OAuthAccessToken(token("another")));
    assert_eq!(user(&wrong).await.unwrap_err().code(), Some("390303"));

    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, format!("{content}\n")).unwrap();
        TokenSource::Path(path)
    };
    let basic = format!("Basic {}", BASE64_STANDARD.encode("client:client-secret"));
    let url = format!("http://127.0.0.1:{}/oauth/token-request", server.port());
    let reply = exchange(
        "POST",
        &url,
        &[("Authorization", &basic)],
        b"grant_type=client_credentials",
    );
    let got = reply.unwrap().json()["access_token"].as_str().unwrap().to_owned();
    for credentials in [
        Credentials::OAuthAccessToken(token(&got)),
        Credentials::OAuthAccessToken(file("oauth", &got)),
        Credentials::ProgrammaticAccessToken(file("access", "the-token")),
    ] {
        assert_eq!(user(&config(&server, "", credentials)).await.unwrap(), "DEMO");
    }

    let client = |password: &str| OAuthClient {
        id: "client".to_owned(),
        secret: secret(password),
        token_url: None,
        scope: None,
    };
    let oauth = config(
        &server,
        "",
        Credentials::OAuthClientCredentials(client("client-secret")),
    );
    for _ in 0..2 {
        assert_eq!(user(&oauth).await.unwrap(), "DEMO");
    }
    let wrong = config(&server, "", Credentials::OAuthClientCredentials(client("another")));
    let failure = user(&wrong).await.unwrap_err().to_string();
    assert_eq!(failure, "OAuth token request refused with status 401 (invalid_client)");
}

/// Those that are taken are tried in every cloud (`log_ins_and_clouds.rs`).
#[tokio::test]
async fn workloads_that_cannot_prove_what_they_are_get_no_session() {
    let key = Path::new(DATA).join("rsa_public.pem");
    let of_oidc = format!("demo=OIDC:job:1:{}", key.display());
    let server = server(&["--identity", &of_oidc, "--aws-identity", "demo=AKIA1:aws-secret"]);
    let with = |provider, variables: &[(&str, &str)]| {
        let environment = IdentityEnvironment::from_pairs(variables.iter().copied());
        config(&server, "", Credentials::WorkloadIdentity { provider, environment })
    };
    let oidc = |audience: &str| IdentityProvider::Oidc(TokenSource::Text(secret(&identity_token(audience))));
    assert_eq!(user(&with(oidc(SNOWFLAKE_AUDIENCE), &[])).await.unwrap(), "DEMO");
    assert!(user(&with(oidc("elsewhere"), &[])).await.is_err());
    let aws = |key: &str| {
        let variables = [
            ("AWS_ACCESS_KEY_ID", "AKIA1"),
            ("AWS_SECRET_ACCESS_KEY", key),
            ("AWS_REGION", "eu-central-1"),
        ];
        with(IdentityProvider::Aws, &variables)
    };
    assert_eq!(user(&aws("aws-secret")).await.unwrap(), "DEMO");
    assert!(user(&aws("another")).await.is_err());
    let endpoint = metadata_services().url("/msi/token");
    let function = [("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", "wrong")];
    let azure = IdentityProvider::Azure { resource: None };
    assert!(user(&with(azure, &function)).await.is_err());
}

#[tokio::test]
async fn a_person_logs_in_on_the_servers_page_once() {
    let server = server(&[]);
    let opener = BrowserOpener::new(|address| {
        let address = address.to_owned();
        tokio::spawn(async move {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            // The page sends the browser to this machine's port with the token.
            let form = [("user", "demo"), ("password", "demo")];
            client.post(address).form(&form).send().await.unwrap();
        });
    });
    let config = config(&server, "demo", Credentials::ExternalBrowser(opener));
    for _ in 0..2 {
        assert_eq!(user(&config).await.unwrap(), "DEMO");
    }
}
