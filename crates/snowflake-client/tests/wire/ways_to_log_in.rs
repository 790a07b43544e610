//! What each way to log in sends beside password and key pair: passcodes, tokens, OAuth clients, browsers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use snowflake_client::{
    BrowserOpener, ClientConfig, Credentials, Error, ErrorKind, OAuthClient, Passcode, PrivateKeySource, Secret,
    Session, TokenSource,
};

use crate::scripted_server::{Answer, LOG_IN, ScriptedServer, logged_in};

const TOKEN_REQUEST: &str = "/oauth/token-request";
const BROWSER: &str = "/session/authenticator-request";

fn with(server: &ScriptedServer, credentials: Credentials) -> ClientConfig {
    let mut config = server.config();
    config.credentials = credentials;
    config
}

/// The members of a log-in that differ between the ways.
fn proof(server: &ScriptedServer) -> Vec<Value> {
    let usual = [
        "ACCOUNT_NAME",
        "CLIENT_CAPABILITIES",
        "SESSION_PARAMETERS",
        "CLIENT_ENVIRONMENT",
    ];
    let requests = server.requests_to(LOG_IN);
    let bodies = requests.iter().map(|request| {
        let mut data = request.json()["data"].as_object().unwrap().clone();
        usual.iter().for_each(|name| drop(data.remove(*name)));
        Value::Object(data)
    });
    bodies.collect()
}

/// A log-in that gives tokens for later ones.
fn logged_in_with(name: &str, token: &str) -> Answer {
    Answer::done(json!({"token": "session-token-1", "masterToken": "master-token-1", "sessionId": 1, name: token}))
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

#[tokio::test]
async fn a_passcode_goes_along_and_is_asked_for_once() {
    let server = ScriptedServer::start(|_, _| logged_in_with("mfaToken", "mfa-token-1")).await;
    let passcode = Passcode::Separate(secret("123456"));
    let password = secret("hunter2");
    let config = with(&server, Credentials::PasswordWithPasscode { password, passcode });
    Session::log_in(&config).await.unwrap();
    Session::log_in(&config.clone()).await.unwrap();
    let expected = [
        json!({"LOGIN_NAME": "loader", "AUTHENTICATOR": "USERNAME_PASSWORD_MFA", "PASSWORD": "hunter2",
               "EXT_AUTHN_DUO_METHOD": "passcode", "PASSCODE": "123456"}),
        json!({"LOGIN_NAME": "loader", "AUTHENTICATOR": "USERNAME_PASSWORD_MFA", "PASSWORD": "hunter2",
               "TOKEN": "mfa-token-1"}),
    ];
    assert_eq!(proof(&server), expected);
    let request = &server.requests_to(LOG_IN)[0];
    assert_eq!(
        request.json()["data"]["SESSION_PARAMETERS"]["CLIENT_REQUEST_MFA_TOKEN"],
        true
    );
    // Snowflake refuses right passcodes without it.
    assert_eq!(request.query("request_id"), request.query("requestId"));
}

#[tokio::test]
async fn a_kept_token_that_is_refused_gives_way_to_the_passcode() {
    let server = ScriptedServer::start(|_, asked_before| match asked_before {
        0 => logged_in_with("mfaToken", "mfa-token-1"),
        1 => Answer::refused("390100", "Incorrect username or password was specified."),
        _ => logged_in(),
    })
    .await;
    let password = secret("hunter2123456");
    let passcode = Passcode::InPassword;
    let config = with(&server, Credentials::PasswordWithPasscode { password, passcode });
    Session::log_in(&config).await.unwrap();
    Session::log_in(&config).await.unwrap();
    let usual = json!({"LOGIN_NAME": "loader", "AUTHENTICATOR": "USERNAME_PASSWORD_MFA"});
    let with = |more: Value| {
        let mut proof = usual.clone();
        let more = more.as_object().unwrap().clone();
        proof.as_object_mut().unwrap().extend(more);
        proof
    };
    let with_digits = with(json!({"PASSWORD": "hunter2123456", "EXT_AUTHN_DUO_METHOD": "passcode"}));
    // The token stands in for the digits, so the password goes without them.
    let with_token = with(json!({"PASSWORD": "hunter2", "TOKEN": "mfa-token-1"}));
    assert_eq!(proof(&server), [with_digits.clone(), with_token, with_digits]);
}

#[tokio::test]
async fn a_user_name_is_sent_without_white_space_around_it() {
    let server = ScriptedServer::start(|request, _| match request.path.as_str() {
        BROWSER => page(request),
        _ => logged_in(),
    })
    .await;
    let key = PrivateKeySource::Pem(secret(include_str!("../data/rsa_plain.p8")));
    let mut config = with(&server, Credentials::KeyPair { key, passphrase: None });
    config.user = " loader\n".to_owned();
    Session::log_in(&config).await.unwrap();
    let sent = &proof(&server)[0];
    assert_eq!(sent["LOGIN_NAME"], "loader");
    let claims = sent["TOKEN"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["sub"], "LOCAL.LOADER");

    let mut nobody = BrowserOpener::new(|_| {});
    nobody.patience = Duration::from_millis(1);
    config.credentials = Credentials::ExternalBrowser(nobody);
    Session::log_in(&config).await.unwrap_err();
    assert_eq!(server.requests_to(BROWSER)[0].json()["data"]["LOGIN_NAME"], "loader");
}

#[tokio::test]
async fn tokens_are_sent_as_what_they_are_and_read_anew_from_files() {
    let server = ScriptedServer::start(|_, _| logged_in()).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    let text = |text: &str| TokenSource::Text(Secret::new(text));
    Session::log_in(&with(&server, Credentials::OAuthAccessToken(text("oauth-token\n"))))
        .await
        .unwrap();
    let mut of_token = with(
        &server,
        Credentials::ProgrammaticAccessToken(TokenSource::Path(path.clone())),
    );
    of_token.user = String::new();
    for token in ["pat-1", "pat-2"] {
        std::fs::write(&path, format!("{token}\n")).unwrap();
        Session::log_in(&of_token).await.unwrap();
    }
    let expected = [
        json!({"LOGIN_NAME": "loader", "AUTHENTICATOR": "OAUTH", "TOKEN": "oauth-token"}),
        json!({"AUTHENTICATOR": "PROGRAMMATIC_ACCESS_TOKEN", "TOKEN": "pat-1"}),
        json!({"AUTHENTICATOR": "PROGRAMMATIC_ACCESS_TOKEN", "TOKEN": "pat-2"}),
    ];
    assert_eq!(proof(&server), expected);
}

fn oauth_client() -> OAuthClient {
    OAuthClient {
        id: "client id".to_owned(),
        secret: secret("client-secret"),
        token_url: None,
        scope: None,
    }
}

#[tokio::test]
async fn client_credentials_ask_for_a_token_and_use_it_for_further_sessions() {
    let server = ScriptedServer::start(|request, asked_before| match request.path.as_str() {
        TOKEN_REQUEST if asked_before == 0 => Answer::new(503, ""),
        TOKEN_REQUEST => Answer::new(
            200,
            r#"{"access_token": "access-1", "token_type": "Bearer", "expires_in": 600}"#,
        ),
        _ => logged_in(),
    })
    .await;
    let mut config = with(&server, Credentials::OAuthClientCredentials(oauth_client()));
    config.role = Some("LOADER".to_owned());
    config.user = String::new();
    Session::log_in(&config).await.unwrap();
    Session::log_in(&config).await.unwrap();

    let asked = server.requests_to(TOKEN_REQUEST);
    assert_eq!(
        asked.len(),
        2,
        "the first was not answered, the second log-in needed none"
    );
    assert_eq!(
        (asked[1].method.as_str(), asked[1].header("accept")),
        ("POST", "application/json")
    );
    assert_eq!(asked[1].header("content-type"), "application/x-www-form-urlencoded");
    let basic = format!("Basic {}", BASE64_STANDARD.encode("client id:client-secret"));
    assert_eq!(asked[1].header("authorization"), basic);
    assert_eq!(
        asked[1].body,
        "grant_type=client_credentials&scope=session%3Arole%3ALOADER"
    );
    assert_eq!(
        proof(&server)[0],
        json!({"AUTHENTICATOR": "OAUTH", "TOKEN": "access-1"})
    );
    let body = server.requests_to(LOG_IN)[0].json();
    assert_eq!(
        body["data"]["CLIENT_ENVIRONMENT"]["OAUTH_TYPE"],
        "OAUTH_CLIENT_CREDENTIALS"
    );
}

#[tokio::test]
async fn a_refused_access_token_is_replaced_once() {
    for (code, accepted, log_ins) in [("390318", "access-2", 2), ("390303", "none", 2), ("390100", "none", 1)] {
        let server = ScriptedServer::start(move |request, asked_before| match request.path.as_str() {
            "/token" => Answer::new(200, format!(r#"{{"access_token": "access-{}"}}"#, asked_before + 1)),
            _ if request.json()["data"]["TOKEN"] == accepted => logged_in(),
            _ => Answer::refused(code, "OAuth access token expired."),
        })
        .await;
        let mut client = oauth_client();
        client.token_url = Some(server.url("/token"));
        client.scope = Some("all".to_owned());
        let outcome = Session::log_in(&with(&server, Credentials::OAuthClientCredentials(client))).await;
        assert_eq!(outcome.is_ok(), accepted != "none");
        assert_eq!(server.requests_to(LOG_IN).len(), log_ins, "{code}");
        assert_eq!(server.requests_to("/token").len(), log_ins, "{code}");
    }
}

#[tokio::test]
async fn a_provider_that_gives_no_token_is_told_in_one_line() {
    let cases = [
        (
            401,
            r#"{"error": "invalid_client", "error_description": "client-secret is wrong"}"#,
        ),
        (400, r#"{"error": "invalid_scope"}"#),
        (404, "<html>client-secret</html>"),
        (200, r#"{"token": "client-secret"}"#),
        (302, ""),
    ];
    let mut lines = Vec::new();
    let mut line =
        |failure: &Error| lines.push(format!("{:?}: {failure} | {}", failure.kind(), failure.hint().unwrap()));
    for (status, body) in cases {
        let server = ScriptedServer::start(move |_, _| Answer::new(status, body)).await;
        let config = with(&server, Credentials::OAuthClientCredentials(oauth_client()));
        line(&Session::log_in(&config).await.unwrap_err());
    }
    let server = ScriptedServer::start(|_, _| logged_in()).await;
    for url in [
        "http://login.example.com/token",
        "login.example.com",
        "ftp://127.0.0.1/",
    ] {
        let client = OAuthClient {
            token_url: Some(url.to_owned()),
            ..oauth_client()
        };
        let config = with(&server, Credentials::OAuthClientCredentials(client));
        line(&Session::log_in(&config).await.unwrap_err());
    }
    assert!(server.requests().is_empty());
    insta::assert_snapshot!(lines.join("\n"));
}

/// Plays the browser: brings what the page would bring.
async fn browse(request: reqwest::RequestBuilder) -> (u16, String) {
    let reply = request.send().await.unwrap();
    (reply.status().as_u16(), reply.text().await.unwrap())
}

fn page(request: &crate::scripted_server::Recorded) -> Answer {
    let port = request.json()["data"]["BROWSER_MODE_REDIRECT_PORT"]
        .as_str()
        .unwrap()
        .to_owned();
    Answer::done(json!({"ssoUrl": format!("https://login.example.com/sso?port={port}"), "proofKey": "proof-key-1"}))
}

#[tokio::test]
async fn a_person_logs_in_once_for_all_sessions() {
    let server = ScriptedServer::start(|request, _| match request.path.as_str() {
        BROWSER => page(request),
        _ => logged_in_with("idToken", "id-token-1"),
    })
    .await;
    let origin = server.url("");
    let opened = Arc::new(Mutex::new(Vec::new()));
    let opener = BrowserOpener::new({
        let opened = Arc::clone(&opened);
        move |address| {
            let port = address.rsplit('=').next().unwrap().to_owned();
            opened.lock().unwrap().push(address.to_owned());
            let origin = origin.clone();
            tokio::spawn(async move {
                let client = reqwest::Client::builder().no_proxy().build().unwrap();
                let url = format!("http://127.0.0.1:{port}/");
                // What others may send to the port is not taken.
                let (status, _) = browse(client.get(format!("{url}favicon.ico"))).await;
                assert_eq!(status, 404);
                let foreign = client
                    .get(format!("{url}?token=evil"))
                    .header("origin", "https://evil.example.com");
                assert_eq!(browse(foreign).await.0, 403);
                let preflight = client.request(reqwest::Method::OPTIONS, &url).header("origin", &origin);
                assert_eq!(browse(preflight).await.0, 200);
                let (status, text) = browse(client.get(format!("{url}?token=sso%2Btoken%3D"))).await;
                assert_eq!(status, 200);
                assert!(text.contains("logged in"));
            });
        }
    });
    let config = with(&server, Credentials::ExternalBrowser(opener));
    Session::log_in(&config).await.unwrap();
    Session::log_in(&config).await.unwrap();

    let asked = server.requests_to(BROWSER);
    assert_eq!((asked.len(), opened.lock().unwrap().len()), (1, 1));
    let data = &asked[0].json()["data"];
    assert_eq!(
        (&data["AUTHENTICATOR"], &data["LOGIN_NAME"]),
        (&json!("EXTERNALBROWSER"), &json!("loader"))
    );
    let expected = [
        json!({"LOGIN_NAME": "loader", "AUTHENTICATOR": "EXTERNALBROWSER", "TOKEN": "sso+token=", "PROOF_KEY": "proof-key-1"}),
        json!({"LOGIN_NAME": "loader", "AUTHENTICATOR": "ID_TOKEN", "TOKEN": "id-token-1"}),
    ];
    assert_eq!(proof(&server), expected);
    let body = server.requests_to(LOG_IN)[0].json();
    assert_eq!(
        body["data"]["SESSION_PARAMETERS"]["CLIENT_STORE_TEMPORARY_CREDENTIAL"],
        true
    );
}

#[tokio::test]
async fn a_page_may_post_its_token_and_nobody_may_come() {
    let server = ScriptedServer::start(|request, _| match request.path.as_str() {
        BROWSER => page(request),
        _ => logged_in(),
    })
    .await;
    let opener = BrowserOpener::new(|address| {
        let port = address.rsplit('=').next().unwrap().to_owned();
        tokio::spawn(async move {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let post = client
                .post(format!("http://127.0.0.1:{port}/"))
                .json(&json!({"token": "posted"}));
            browse(post).await
        });
    });
    Session::log_in(&with(&server, Credentials::ExternalBrowser(opener)))
        .await
        .unwrap();
    assert_eq!(proof(&server)[0]["TOKEN"], "posted");

    let mut nobody = BrowserOpener::new(|_| {});
    nobody.patience = Duration::from_millis(50);
    let failure = Session::log_in(&with(&server, Credentials::ExternalBrowser(nobody)))
        .await
        .unwrap_err();
    assert_eq!(failure.kind(), ErrorKind::Credentials);
    assert!(failure.to_string().contains("nobody logged in"), "{failure}");
}

#[tokio::test]
async fn only_web_pages_are_opened() {
    for address in ["file:///etc/passwd", "http://login.example.com/", "calc.exe"] {
        let server = ScriptedServer::start(move |_, _| Answer::done(json!({"ssoUrl": address, "proofKey": "k"}))).await;
        let opener = BrowserOpener::new(|address| panic!("{address} was opened"));
        let failure = Session::log_in(&with(&server, Credentials::ExternalBrowser(opener)))
            .await
            .unwrap_err();
        assert_eq!(failure.kind(), ErrorKind::Protocol);
    }
}

#[tokio::test]
async fn what_cannot_be_right_is_refused_before_anything_is_sent() {
    let server = ScriptedServer::start(|_, _| logged_in()).await;
    let empty = || secret(" ");
    let cases = [
        Credentials::PasswordWithPasscode {
            password: secret(""),
            passcode: Passcode::InPassword,
        },
        Credentials::PasswordWithPasscode {
            password: secret("p"),
            passcode: Passcode::Separate(empty()),
        },
        Credentials::OAuthAccessToken(TokenSource::Text(empty())),
        Credentials::OAuthAccessToken(TokenSource::Text(secret("two words"))),
        Credentials::ProgrammaticAccessToken(TokenSource::Path("/no/such/token".into())),
        Credentials::OAuthClientCredentials(OAuthClient {
            secret: secret(""),
            ..oauth_client()
        }),
    ];
    let mut lines = Vec::new();
    for credentials in cases {
        let failure = Session::log_in(&with(&server, credentials)).await.unwrap_err();
        assert_eq!(failure.kind(), ErrorKind::Configuration);
        lines.push(failure.to_string());
    }
    assert!(server.requests().is_empty());
    insta::assert_snapshot!(lines.join("\n"));
}
