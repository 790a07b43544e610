//! The program runner, tried on ordinary Unix programs.

use std::time::Duration;
use test_support::program::Program;

const SHELL: &str = "/bin/sh";

fn shell(script: &str) -> Program {
    Program::new(SHELL).argument("-c").argument(script)
}

#[test]
fn output_exit_code_and_stdin_are_what_the_program_made_and_got() {
    let output = shell("cat; echo broken >&2; exit 4")
        .stdin("{\"type\":\"STATE\",\"value\":{\"a\":1}}\n")
        .run();
    let output = output.expect_code(4);
    assert_eq!(output.last_state(), Some(serde_json::json!({"a": 1})));
    assert_eq!(output.stderr, "broken\n");
}

#[test]
fn more_input_than_a_pipe_holds_and_output_as_large_do_not_block() {
    let output = shell("cat").stdin(vec![b'\n'; 1 << 20]).run().expect_code(0);
    assert_eq!(output.stdout.len(), 1 << 20);
    assert_eq!(shell("exit 0").stdin(vec![b'\n'; 1 << 20]).run().code, Some(0));
}

#[test]
fn signals_reach_a_program_that_is_watched() {
    let mut running = shell("trap 'echo caught; exit 7' TERM; echo ready; while :; do sleep 0.05; done").start();
    assert_eq!(running.next_line(Duration::from_secs(10)).as_deref(), Some("ready"));
    running.signal("TERM");
    let output = running.wait(Duration::from_secs(10)).expect_code(7);
    assert_eq!(output.stdout_lines(), ["ready", "caught"]);
    let mut running = shell("echo ready; exec sleep 60").start();
    running.next_line(Duration::from_secs(10));
    running.kill();
    assert_eq!(running.wait(Duration::from_secs(10)).signal, Some(9));
}

#[test]
fn the_environment_is_the_tests_own() {
    let output = shell("env").environment("TAP_HEROKU_API_URL", "http://x").run();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("TAP_HEROKU_API_URL=http://x") && !text.contains("CARGO_MANIFEST_DIR"));
}

#[test]
#[should_panic(expected = "secret 0 is on stderr")]
fn a_secret_in_the_output_is_found() {
    shell("echo token is hunter2 >&2").run().assert_hides(&["hunter2"]);
}
