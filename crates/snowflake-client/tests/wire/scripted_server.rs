//! A server that records what it is asked and answers by a script: a function of the request and of how often its
//! path was asked before.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response};
use serde_json::{Value, json};
use snowflake_client::{ClientConfig, Credentials, Error, Protocol, Secret, Session, StatementOptions};
use tokio::sync::Barrier;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Recorded {
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn sql(&self) -> String {
        self.json()["sqlText"].as_str().unwrap().to_owned()
    }
}

/// What to answer.
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    is_cut: bool,
    delay: Duration,
    together: Option<Arc<Barrier>>,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Answer {
            status,
            headers: Vec::new(),
            body: body.into(),
            is_cut: false,
            delay: Duration::ZERO,
            together: None,
        }
    }

    pub(crate) fn done(data: Value) -> Self {
        Self::new(
            200,
            json!({"data": data, "code": null, "message": null, "success": true}).to_string(),
        )
    }

    pub(crate) fn refused(code: &str, message: &str) -> Self {
        let data = json!({"errorCode": code, "sqlState": "42000", "queryId": "01-query"});
        Self::new(
            200,
            json!({"data": data, "code": code, "message": message, "success": false}).to_string(),
        )
    }

    pub(crate) fn running(url: &str) -> Self {
        let data = json!({"getResultUrl": url, "queryId": "01-query"});
        Self::new(
            200,
            json!({"data": data, "code": "333333", "message": null, "success": true}).to_string(),
        )
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The connection breaks before the last byte.
    pub(crate) fn cut(mut self) -> Self {
        self.is_cut = true;
        self
    }

    /// Only when as many requests wait for such an answer as the barrier says.
    pub(crate) fn together(mut self, barrier: &Arc<Barrier>) -> Self {
        self.together = Some(Arc::clone(barrier));
        self
    }

    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

type Script = dyn Fn(&Recorded, usize) -> Answer + Send + Sync;

struct Inner {
    script: Box<Script>,
    requests: Mutex<Vec<Recorded>>,
}

pub(crate) struct ScriptedServer {
    pub(crate) port: u16,
    inner: Arc<Inner>,
}

impl ScriptedServer {
    /// Starts on a free port. Log-in and log-out are answered as a matter of course unless the script does.
    pub(crate) async fn start(script: impl Fn(&Recorded, usize) -> Answer + Send + Sync + 'static) -> Self {
        let inner = Arc::new(Inner {
            script: Box::new(script),
            requests: Mutex::new(Vec::new()),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        ScriptedServer { port, inner }
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.inner.requests.lock().unwrap().clone()
    }

    pub(crate) fn requests_to(&self, path: &str) -> Vec<Recorded> {
        self.requests()
            .into_iter()
            .filter(|request| request.path == path)
            .collect()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new("local", "loader", Credentials::Password(Secret::new("hunter2")));
        config.host = Some("127.0.0.1".to_owned());
        config.port = Some(self.port);
        config.protocol = Protocol::Http;
        config.time_limits.backoff = (Duration::from_millis(1), Duration::from_millis(5));
        config
    }

    pub(crate) async fn log_in(&self) -> Session {
        Session::log_in(&self.config()).await.unwrap()
    }

    /// Logs in and runs one statement.
    pub(crate) async fn execute(&self, sql: &str) -> Result<snowflake_client::ResultSet, Error> {
        self.log_in().await.execute(sql, &StatementOptions::default()).await
    }
}

/// The reply to a log-in with tokens that tests look for in places where they must not be.
pub(crate) fn logged_in() -> Answer {
    Answer::done(json!({
        "token": "session-token-1", "masterToken": "master-token-1", "sessionId": 4711, "serverVersion": "9.1",
        "sessionInfo": {"databaseName": "DB", "schemaName": null, "warehouseName": "WH", "roleName": "LOADER"},
    }))
}

pub(crate) const LOG_IN: &str = "/session/v1/login-request";
pub(crate) const QUERY: &str = "/queries/v1/query-request";
pub(crate) const RENEW: &str = "/session/token-request";
pub(crate) const ABORT: &str = "/queries/v1/abort-request";

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let query = parts.uri.query().unwrap_or_default();
    let recorded = Recorded {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: parts.headers,
        body,
    };
    let asked_before = {
        let mut requests = inner.requests.lock().unwrap();
        requests.push(recorded.clone());
        requests.iter().filter(|request| request.path == recorded.path).count() - 1
    };
    let answer = (inner.script)(&recorded, asked_before);
    tokio::time::sleep(answer.delay).await;
    if let Some(barrier) = &answer.together {
        barrier.wait().await;
    }
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    if answer.is_cut {
        // The announced length is never reached, so the server ends the connection in the middle.
        let response = response.header("content-length", answer.body.len() + 100);
        let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from(answer.body))]);
        return response.body(Body::from_stream(pieces)).unwrap();
    }
    response.body(Body::from(answer.body)).unwrap()
}
