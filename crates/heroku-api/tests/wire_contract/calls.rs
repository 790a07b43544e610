//! What a GET sends, and what it makes of good answers.

use std::time::Instant;

use heroku_api::{ApiToken, AppScope, Call, ClientConfig, ErrorKind, HerokuClient, Reply};
use serde_json::json;

use crate::script::{Answer, Script, TOKEN};

#[tokio::test]
async fn every_request_carries_version_token_and_user_agent() {
    let script = Script::start(vec![
        Answer::json(200, "[]"),
        Answer::json(200, "[]"),
        Answer::json(200, "{}"),
    ])
    .await;
    let client = script.client();
    client.pages(Call::apps(AppScope::All)).collect().await.unwrap();
    client.pages(Call::releases("app 1", Some(41))).collect().await.unwrap();
    client.get(&Call::get("/account").variant("3.sdk")).await.unwrap();
    let seen = script.seen();
    assert_eq!(seen[0].line, "GET /apps");
    assert_eq!(seen[0].header("range"), Some("id ..; max=1000"));
    assert_eq!(seen[0].header("accept"), Some("application/vnd.heroku+json; version=3"));
    assert_eq!(
        seen[0].header("authorization"),
        Some(format!("Bearer {TOKEN}").as_str())
    );
    assert_eq!(seen[0].header("user-agent"), Some("wire-test/1"));
    assert_eq!(seen[1].line, "GET /apps/app%201/releases");
    assert_eq!(seen[1].header("range"), Some("version ]41..; order=asc,max=1000"));
    assert_eq!(
        seen[2].header("accept"),
        Some("application/vnd.heroku+json; version=3.sdk")
    );
    assert_eq!(seen[2].header("range"), None);
}

#[tokio::test]
async fn a_tag_is_given_out_and_sent_back() {
    let tagged = Answer::json(200, r#"{"a":1}"#).header("ETag", "\"abc\"");
    let script = Script::start(vec![tagged, Answer::json(304, "")]).await;
    let client = script.client();
    let first = client.get(&Call::get("/account")).await.unwrap();
    let expected = Reply::Content {
        body: json!({"a": 1}),
        next_range: None,
        etag: Some("\"abc\"".to_owned()),
    };
    assert_eq!(first, expected);
    let second = client
        .get(&Call::get("/account").if_none_match("\"abc\""))
        .await
        .unwrap();
    assert_eq!(second, Reply::NotModified);
    assert_eq!(script.seen()[1].header("if-none-match"), Some("\"abc\""));
}

#[tokio::test]
async fn below_the_reserve_the_next_request_waits_for_the_refill() {
    let low = Answer::json(200, "{}").header("RateLimit-Remaining", "499");
    let script = Script::start(vec![low.clone(), low]).await;
    let client = script.client();
    client.get(&Call::get("/account")).await.unwrap();
    let started = Instant::now();
    client.get(&Call::get("/account")).await.unwrap();
    let waited = started.elapsed().as_secs_f64();
    assert!(waited > 0.7, "one token comes back in 0.8 s, waited {waited}");
}

#[test]
fn settings_that_cannot_work_are_said_before_anything_is_sent() {
    for (url, token, agent, named) in [
        ("https://api.heroku.com", " ", "agent", "token"),
        ("https://api.heroku.com", "two\nlines", "agent", "token"),
        ("https://api.heroku.com", "good", "bad\nagent", "user_agent"),
        ("http://api.heroku.com", "good", "agent", "api_url"),
    ] {
        let config = ClientConfig::new(url.parse().unwrap(), ApiToken::new(token), agent);
        let problem = HerokuClient::new(config).unwrap_err();
        assert_eq!(problem.kind(), ErrorKind::Configuration);
        assert!(problem.to_string().contains(named), "{problem}");
        assert!(!problem.to_string().contains("two"), "{problem}");
    }
}
