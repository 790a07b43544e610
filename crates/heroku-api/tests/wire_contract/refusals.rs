//! Error answers: the kind, one line, no token; retries; redirects.

use heroku_api::{Call, ErrorKind};

use crate::script::{Answer, Script, TOKEN};

#[tokio::test]
async fn each_status_has_its_kind_and_one_line() {
    for (status, id, kind) in [
        (400, "bad_request", ErrorKind::Protocol),
        (401, "unauthorized", ErrorKind::Unauthorized),
        (402, "delinquent", ErrorKind::Delinquent),
        (403, "forbidden", ErrorKind::Forbidden),
        (403, "suspended", ErrorKind::Suspended),
        (403, "two_factor", ErrorKind::TwoFactor),
        (404, "not_found", ErrorKind::NotFound),
        (406, "not_acceptable", ErrorKind::Protocol),
        (410, "gone", ErrorKind::Gone),
        (416, "requested_range_not_satisfiable", ErrorKind::RangeNotSatisfiable),
        (422, "invalid_params", ErrorKind::Unprocessable),
    ] {
        let body = format!(r#"{{"id":"{id}","message":"First line.\nSecond line.","url":"x"}}"#);
        let script = Script::start(vec![Answer::json(status, &body)]).await;
        let problem = script.client().get(&Call::get("/account")).await.unwrap_err();
        assert_eq!((problem.kind(), problem.status()), (kind, Some(status)));
        let expected = format!("GET /account: {status} {id}: First line. Second line. (request id req-1)");
        assert_eq!(problem.to_string(), expected);
        assert_eq!(script.seen().len(), 1, "{status} is not tried again");
    }
}

#[tokio::test]
async fn a_page_of_a_proxy_is_not_repeated() {
    let script = Script::start(vec![Answer::json(403, "<html><b>Blocked: user bob</b></html>")]).await;
    let problem = script.client().get(&Call::get("/account")).await.unwrap_err();
    assert_eq!(problem.kind(), ErrorKind::Forbidden);
    assert!(!problem.to_string().contains("bob"), "{problem}");
}

#[tokio::test]
async fn a_full_pool_and_a_moment_of_maintenance_are_waited_for() {
    let script = Script::start(vec![
        Answer::json(429, r#"{"id":"rate_limit","message":"wait"}"#).header("Retry-After", "0"),
        Answer::json(503, ""),
        Answer::json(200, "[]"),
    ])
    .await;
    script.client().get(&Call::get("/account")).await.unwrap();
    assert_eq!(script.seen().len(), 3);
}

#[tokio::test]
async fn the_token_does_not_follow_a_redirect() {
    let other = Script::start(vec![Answer::json(200, "[]")]).await;
    let moved = Answer::json(302, "").header("Location", format!("{}/elsewhere", other.url));
    let script = Script::start(vec![moved]).await;
    let problem = script.client().get(&Call::get("/account")).await.unwrap_err();
    assert_eq!(problem.kind(), ErrorKind::Protocol);
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn no_path_leads_the_token_to_another_host() {
    let script = Script::start(vec![]).await;
    let problem = script
        .client()
        .get(&Call::get("@example.com/account"))
        .await
        .unwrap_err();
    assert!(
        matches!(problem.kind(), ErrorKind::Protocol | ErrorKind::Configuration),
        "{problem}"
    );
    assert!(script.seen().is_empty());
    assert!(!format!("{problem} {problem:?}").contains(TOKEN));
}
