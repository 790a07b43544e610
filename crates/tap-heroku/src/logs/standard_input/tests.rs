//! Tests of reading a pipe: promptness, the end, and what a signal leaves.

use serde_json::json;
use singer_protocol::State;

use super::*;
use crate::logs::emitter::LOG_LINES;
use crate::logs::settings::LogSettings;
use crate::logs::testing::{column, configuration, run};

const LINE: &str = "2026-01-02T03:04:05.000001+00:00 app[web.1]: ";

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn a_quiet_pipe_has_everything_out_and_a_late_continuation_replaces_it() {
    let configuration = configuration(&json!({"log_files": ["-"], "logs": {"app": "shop"}}));
    let (mut run, buffer) = run(&configuration, State::default());
    let mut emitter = Emitter::new(&LogSettings::default(), &run.output);
    let (sender, chunks) = mpsc::channel(CHUNKS_WAITING);
    let reading = async {
        read_chunks(&mut run, &mut emitter, &Shutdown::never(), chunks)
            .await
            .unwrap()
    };
    let writing = async {
        sender
            .send(Ok(format!("{LINE}first\n{LINE}Boom\n{LINE}hal").into_bytes()))
            .await
            .unwrap();
        tokio::time::sleep(QUIET * 2).await;
        let messages = buffer.take();
        assert_eq!(column(&messages, LOG_LINES, "message"), ["first", "Boom"]);
        assert_eq!(column(&messages, LOG_LINES, "app_name"), ["shop", "shop"]);
        sender.send(Ok(b"f\n".to_vec())).await.unwrap();
        tokio::time::sleep(QUIET * 2).await;
        let half = buffer.take();
        assert_eq!(column(&half, LOG_LINES, "message"), ["half"]);
        sender.send(Ok(b"  at a\n".to_vec())).await.unwrap();
        drop(sender);
        half
    };
    let (half, ()) = tokio::join!(writing, reading);
    let messages = buffer.take();
    assert_eq!(column(&messages, LOG_LINES, "message"), ["half\n  at a"]);
    for property in ["id", "sequence"] {
        assert_eq!(
            column(&messages, LOG_LINES, property),
            column(&half, LOG_LINES, property)
        );
    }
    let state = messages.iter().rfind(|message| message["type"] == "STATE").unwrap();
    let partition = &state["value"]["bookmarks"]["log_lines"]["partitions"][0];
    assert_eq!(partition["replication_key_value"], "2026-01-02T03:04:05.000001Z");
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn the_last_line_counts_without_newline_and_a_broken_pipe_keeps_what_came() {
    for (end, is_well) in [
        (None, true),
        (Some(Err(io::Error::from(io::ErrorKind::ConnectionReset))), false),
    ] {
        let configuration = configuration(&json!({"log_files": ["-"]}));
        let (mut run, buffer) = run(&configuration, State::default());
        let mut emitter = Emitter::new(&LogSettings::default(), &run.output);
        let (sender, chunks) = mpsc::channel(CHUNKS_WAITING);
        sender.send(Ok(format!("{LINE}a\n{LINE}b").into_bytes())).await.unwrap();
        if let Some(end) = end {
            sender.send(end).await.unwrap();
        }
        drop(sender);
        let outcome = read_chunks(&mut run, &mut emitter, &Shutdown::never(), chunks).await;
        assert_eq!(outcome.is_ok(), is_well);
        assert_eq!(column(&buffer.take(), LOG_LINES, "message"), ["a", "b"]);
    }
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn state_comes_while_lines_come() {
    let configuration = configuration(&json!({"log_files": ["-"]}));
    let (mut run, buffer) = run(&configuration, State::default());
    let mut emitter = Emitter::new(&LogSettings::default(), &run.output);
    let (sender, chunks) = mpsc::channel(CHUNKS_WAITING);
    let shutdown = Shutdown::never();
    let reading = read_chunks(&mut run, &mut emitter, &shutdown, chunks);
    let writing = async {
        for number in 0..30 {
            sender
                .send(Ok(format!("2026-01-02T03:04:{number:02}Z app[web.1]: x\n").into_bytes()))
                .await
                .unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        drop(sender);
    };
    let (outcome, ()) = tokio::join!(reading, writing);
    outcome.unwrap();
    let states = buffer
        .take()
        .iter()
        .filter(|message| message["type"] == "STATE")
        .count();
    assert!((3..=4).contains(&states), "{states}");
}
