//! A listener that gives the answers of a script in order and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use heroku_api::{ApiToken, ClientConfig, HerokuClient};

pub(crate) const TOKEN: &str = "HRKU-not-a-real-token";

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    cut: bool,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: vec![("Request-Id", "req-1".to_owned())],
            body: body.to_owned(),
            cut: false,
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Breaks the connection after the body, before the proper end.
    pub(crate) fn cut(mut self) -> Self {
        self.cut = true;
        self
    }

    fn response(self) -> Response {
        let headers = self.headers.iter();
        let response = headers.fold(Response::builder().status(self.status), |response, (name, value)| {
            response.header(*name, value)
        });
        if !self.cut {
            return response.body(Body::from(self.body)).unwrap();
        }
        let pieces = futures_util::stream::unfold(Some(self.body), |body| async {
            match body {
                // The pause lets the first piece leave before the connection breaks.
                Some(body) if !body.is_empty() => Some((Ok(body), Some(String::new()))),
                Some(_) => {
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    Some((Err("cut"), None))
                }
                None => None,
            }
        });
        response.body(Body::from_stream(pieces)).unwrap()
    }
}

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().unwrap())
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    pub(crate) url: String,
}

impl Script {
    /// A listener; an answer may use `{url}` for its own address.
    pub(crate) async fn start(answers: Vec<Answer>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers = answers.into_iter().map(|mut answer| {
            answer.body = answer.body.replace("{url}", &url);
            answer
        });
        let script = Self {
            answers: Arc::new(Mutex::new(answers.collect())),
            seen: Arc::default(),
            url,
        };
        let router = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        script
    }

    pub(crate) fn client(&self) -> HerokuClient {
        HerokuClient::new(ClientConfig::new(
            self.url.parse().unwrap(),
            ApiToken::new(TOKEN),
            "wire-test/1",
        ))
        .unwrap()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn answer(State(script): State<Script>, request: Request) -> Response {
    let line = format!("{} {}", request.method(), request.uri());
    let headers = request.headers().clone();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    script.seen.lock().unwrap().push(Seen { line, headers, body });
    let answer = script.answers.lock().unwrap().pop_front();
    answer
        .unwrap_or_else(|| Answer::json(404, r#"{"id":"script","message":"over"}"#))
        .response()
}
