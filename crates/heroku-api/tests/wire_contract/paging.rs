//! Lists that come in pages: nothing missing, nothing twice, whatever the pages are.

use heroku_api::{AppScope, Call, ErrorKind};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::script::{Answer, Script};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// The answers for these pages, each with a lost connection, a 503 or a cut body before it when `faults` says so.
fn answers(pages: &[usize], faults: &[u8]) -> Vec<Answer> {
    let mut answers = Vec::new();
    let mut next = 0;
    for (index, &size) in pages.iter().enumerate() {
        let items: Vec<usize> = (next..next + size).collect();
        next += size;
        let body = serde_json::to_string(&items).unwrap();
        match faults.get(index) {
            Some(1) => answers.push(Answer::json(503, "{}").header("Retry-After", "0")),
            Some(2) => answers.push(Answer::json(206, "[1,").header("Next-Range", "never").cut()),
            _ => {}
        }
        let last = index + 1 == pages.len();
        answers.push(if last {
            Answer::json(200, &body)
        } else {
            Answer::json(206, &body).header("Next-Range", next_range(index))
        });
    }
    answers
}

/// Something only the server understands.
fn next_range(index: usize) -> String {
    format!("id ]{index}-opaque..; order=asc, max=7;x")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn every_item_comes_once_and_in_order(
        pages in prop::collection::vec(0_usize..5, 1..6),
        faults in prop::collection::vec(0_u8..3, 0..2),
    ) {
        let (items, ranges) = runtime().block_on(async {
            let script = Script::start(answers(&pages, &faults)).await;
            let items = script.client().pages(Call::apps(AppScope::All)).collect().await.unwrap();
            let ranges: Vec<String> = script.seen().iter().map(|seen| seen.header("range").unwrap().to_owned()).collect();
            (items, ranges)
        });
        let expected: Vec<Value> = (0..pages.iter().sum()).map(|item: usize| json!(item)).collect();
        prop_assert_eq!(items, expected);
        let mut asked = ranges;
        asked.dedup();
        let expected: Vec<String> = std::iter::once("id ..; max=1000".to_owned())
            .chain((0..pages.len() - 1).map(next_range))
            .collect();
        prop_assert_eq!(asked, expected);
    }
}

#[tokio::test]
async fn a_failed_page_can_be_asked_for_again() {
    let first = Answer::json(206, "[1]").header("Next-Range", "id ]1..");
    let script = Script::start(vec![first, Answer::json(404, "{}"), Answer::json(200, "[2]")]).await;
    let client = script.client();
    let mut pages = client.pages(Call::apps(AppScope::All));
    assert_eq!(pages.next_page().await.unwrap(), Some(vec![json!(1)]));
    assert_eq!(pages.next_page().await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(pages.next_page().await.unwrap(), Some(vec![json!(2)]));
    assert_eq!(pages.next_page().await.unwrap(), None);
}

#[tokio::test]
async fn a_list_that_would_be_incomplete_is_refused() {
    let looping = Answer::json(206, "[1]").header("Next-Range", "id ]1..");
    for answers in [
        vec![Answer::json(206, "[1]")],
        vec![looping.clone(), looping],
        vec![Answer::json(200, r#"{"data":[]}"#)],
        vec![Answer::json(200, "<html>")],
    ] {
        let script = Script::start(answers.clone()).await;
        let problem = script
            .client()
            .pages(Call::apps(AppScope::All))
            .collect()
            .await
            .unwrap_err();
        assert_eq!(problem.kind(), ErrorKind::Protocol, "{answers:?}");
        assert!(problem.to_string().starts_with("GET /apps: "), "{problem}");
    }
}
