//! `login-request`: what is sent for each way to log in, and what refusals become.

use serde_json::json;
use snowflake_client::{Credentials, ErrorKind, PrivateKeySource, Secret, Session};

use crate::scripted_server::{Answer, LOG_IN, ScriptedServer, logged_in};

#[tokio::test]
async fn a_password_log_in_on_the_wire() {
    let server = ScriptedServer::start(|_, _| logged_in()).await;
    let mut config = server.config();
    config.database = Some("DB & CO".to_owned());
    config.role = Some("LOADER".to_owned());
    config.application = "target_snowflake".to_owned();
    config.application_version = "1.2.3".to_owned();
    config.session_parameters.insert("QUERY_TAG".to_owned(), json!("tag"));
    let session = Session::log_in(&config).await.unwrap();

    let requests = server.requests();
    let request = &requests[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", LOG_IN));
    assert_eq!(request.query("databaseName"), Some("DB & CO"));
    assert_eq!(request.query("roleName"), Some("LOADER"));
    assert_eq!(request.query("schemaName"), None);
    assert!(request.query("requestId").is_some() && request.query("request_guid").is_some());
    assert_eq!(request.query("retryCount"), None);
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("accept"), "application/json");
    assert_eq!(request.header("authorization"), "");
    assert!(request.header("user-agent").starts_with("target_snowflake/1.2.3 ("));
    let expected = json!({"data": {
        "ACCOUNT_NAME": "LOCAL",
        "LOGIN_NAME": "loader",
        "PASSWORD": "hunter2",
        "SESSION_PARAMETERS": {
            "CLIENT_SESSION_KEEP_ALIVE": true, "CLIENT_VALIDATE_DEFAULT_PARAMETERS": true, "QUERY_TAG": "tag",
        },
        "CLIENT_CAPABILITIES": {"SMK_ID_AS_STRING": true},
        "CLIENT_ENVIRONMENT": {"APPLICATION": "target_snowflake", "OS": std::env::consts::OS},
    }});
    assert_eq!(request.json(), expected);

    let information = session.session_info();
    assert_eq!(information.session_id, "4711");
    assert_eq!(information.role.as_deref(), Some("LOADER"));
    assert_eq!(information.schema, None);
}

#[tokio::test]
async fn a_key_pair_signs_anew_for_each_attempt() {
    let server = ScriptedServer::start(|_, asked_before| match asked_before {
        // Long enough for the second token to be issued in another second.
        0 => Answer::new(503, "").header("retry-after", "1"),
        _ => logged_in(),
    })
    .await;
    let mut config = server.config();
    config.credentials = Credentials::KeyPair {
        key: PrivateKeySource::Path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/rsa_aes256.p8").into()),
        passphrase: Some(Secret::new("test-passphrase")),
    };
    Session::log_in(&config).await.unwrap();

    let requests = server.requests_to(LOG_IN);
    let bodies: Vec<_> = requests.iter().map(|request| request.json()).collect();
    assert_eq!(bodies[0]["data"]["AUTHENTICATOR"], "SNOWFLAKE_JWT");
    assert_eq!(bodies[0]["data"].get("PASSWORD"), None);
    assert_ne!(bodies[0]["data"]["TOKEN"], bodies[1]["data"]["TOKEN"]);
    assert_eq!(requests[0].query("requestId"), requests[1].query("requestId"));
}

#[tokio::test]
async fn refusals_say_what_to_change() {
    let cases = [
        (
            "390100",
            "Incorrect username or password was specified.",
            ErrorKind::Credentials,
        ),
        (
            "390189",
            "Role 'NOBODY' specified in the connect string does not exist.",
            ErrorKind::Configuration,
        ),
        (
            "390201",
            "The requested database does not exist or not authorized.",
            ErrorKind::Configuration,
        ),
        (
            "390422",
            "Incoming request with IP 192.0.2.1 is not allowed to access Snowflake.",
            ErrorKind::Credentials,
        ),
    ];
    let mut lines = Vec::new();
    for (code, message, kind) in cases {
        let server = ScriptedServer::start(move |_, _| Answer::refused(code, message)).await;
        let mut config = server.config();
        config.database = Some("SALES".to_owned());
        config.warehouse = Some("LOAD_WH".to_owned());
        config.role = Some("NOBODY".to_owned());
        let failure = Session::log_in(&config).await.unwrap_err();
        assert_eq!((failure.kind(), failure.code()), (kind, Some(code)));
        assert_eq!(server.requests().len(), 1, "a refusal is not tried again");
        lines.push(format!("{failure} | {}", failure.hint().unwrap_or_default()));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn a_name_that_the_server_left_empty_is_named_and_the_session_ended() {
    let server = ScriptedServer::start(|_, _| logged_in()).await;
    let mut config = server.config();
    config.schema = Some("MISSING".to_owned());
    let failure = Session::log_in(&config).await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.to_string().as_str()),
        (
            ErrorKind::Configuration,
            "log-in: the schema \"MISSING\" does not exist or the role may not use it"
        )
    );
    assert_eq!(server.requests_to("/session").len(), 1);
}

#[tokio::test]
async fn a_refused_key_is_told_with_fingerprint_and_clock() {
    let server = ScriptedServer::start(|_, _| Answer::refused("390144", "JWT token is invalid. [0a1b]")).await;
    let mut config = server.config();
    let key = include_str!("../data/rsa_plain.p8");
    config.credentials = Credentials::KeyPair {
        key: PrivateKeySource::Pem(Secret::new(key)),
        passphrase: None,
    };
    let failure = Session::log_in(&config).await.unwrap_err();
    let line = failure.to_string();
    assert_eq!(failure.kind(), ErrorKind::Credentials);
    let fingerprint = include_str!("../data/rsa_public.fingerprint").trim();
    assert!(
        line.contains(&format!(
            "the token was for LOCAL.LOADER with key SHA256:{fingerprint} at 20"
        )),
        "{line}"
    );
    assert!(failure.hint().unwrap().contains("clock"));
}

#[tokio::test]
async fn settings_that_cannot_be_right_are_refused_before_anything_is_sent() {
    let server = ScriptedServer::start(|_, _| logged_in()).await;
    let mut without_user = server.config();
    without_user.user = " ".to_owned();
    let mut without_password = server.config();
    without_password.credentials = Credentials::Password(Secret::new(""));
    let mut odd_application = server.config();
    odd_application.application = "a b\n".to_owned();
    for config in [without_user, without_password, odd_application] {
        assert_eq!(
            Session::log_in(&config).await.unwrap_err().kind(),
            ErrorKind::Configuration
        );
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_reply_without_tokens_and_one_that_is_not_snowflakes_are_failures() {
    let server = ScriptedServer::start(|_, _| Answer::done(json!({"nextAction": "PWD_CHANGE"}))).await;
    let failure = Session::log_in(&server.config()).await.unwrap_err();
    assert_eq!(failure.kind(), ErrorKind::Credentials);

    let server = ScriptedServer::start(|_, _| Answer::new(403, "<html>Forbidden</html>")).await;
    let failure = Session::log_in(&server.config()).await.unwrap_err();
    assert_eq!(failure.to_string(), "log-in: status 403 without a Snowflake reply");
    assert_eq!(failure.kind(), ErrorKind::Configuration);
    assert!(failure.hint().unwrap().contains("account"));
}
