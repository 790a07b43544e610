//! What a person at a terminal sees: lines that stay in their place while log lines pass above them. The terminal is a
//! pseudo-terminal that Python opens; what it would show is worked out here.

use std::time::Duration;

use serde_json::{Value, json};
use test_support::local_snowflake::LocalSnowflake;
use test_support::messages::{record_line, schema_line, state_line};
use test_support::program::Program;

use crate::programs::snowflake;

/// Runs the rest of the arguments with stderr on a terminal, and copies what comes there.
const ON_TERMINAL: &str = "
import os, pty, subprocess, sys
terminal, side = pty.openpty()
child = subprocess.Popen(sys.argv[1:], stderr=side)
os.close(side)
while True:
    try:
        text = os.read(terminal, 65536)
    except OSError:
        break
    if not text:
        break
    os.write(2, text)
sys.exit(child.wait())
";

fn target_on_terminal(snowflake: &LocalSnowflake, settings: &Value, variables: &[(&str, &str)]) -> Program {
    let program = Program::new("python3")
        .argument("-c")
        .argument(ON_TERMINAL)
        .argument(env!("CARGO_BIN_EXE_target-snowflake-under-test"))
        .config(&snowflake.target_settings())
        .config(settings);
    let set = |program: Program, (name, value): &(&str, &str)| program.environment(name, value);
    variables.iter().fold(program, set)
}

/// The lines that stand there at the end. Only what the program uses is understood: lines up, erase below, wrapping.
fn screen(bytes: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let text = bytes
        .replace("\x1b[?7l", "")
        .replace("\x1b[?7h", "")
        .replace("\r\n", "\n");
    let mut parts = text.split("\x1b[");
    let write = |lines: &mut Vec<String>, text: &str| lines.extend(text.lines().map(str::to_owned));
    write(&mut lines, parts.next().unwrap_or_default());
    while let Some(part) = parts.next() {
        let (up, rest) = part.split_once('A').expect("only cursor up comes first");
        assert_eq!(rest, "\r", "then erase");
        let up: usize = up.parse().expect("a number of lines");
        lines.truncate(lines.len().checked_sub(up).expect("never above the top"));
        let erased = parts
            .next()
            .and_then(|part| part.strip_prefix('J'))
            .expect("erase below");
        write(&mut lines, erased);
    }
    lines
}

fn order(id: u32) -> String {
    record_line("orders", &json!({ "id": id }))
}

#[test]
fn lines_stay_below_the_log() {
    let snowflake = snowflake();
    let settings = json!({ "batch_size_rows": 2 });
    let mut running = target_on_terminal(&snowflake, &settings, &[("TERM", "xterm")]).start();
    let first = schema_line("orders", &json!({ "id": { "type": "integer" } }), &["id"])
        + &order(1)
        + &order(2)
        + &state_line(&json!({ "seen": 2 }));
    assert!(running.write(first.as_bytes()));
    assert!(running.next_line(Duration::from_secs(60)).is_some());
    // Several times the pause between two drawings.
    std::thread::sleep(Duration::from_millis(700));
    assert!(running.write((order(3) + &order(4) + &order(5)).as_bytes()));
    let output = running.wait(Duration::from_secs(60)).expect_code(0);
    assert!(output.stderr.contains("\x1b[1A"), "drawn anew: {:?}", output.stderr);
    let screen = screen(&output.stderr);
    let live = "orders              5 rows        0.0 MB";
    assert_eq!(
        screen.iter().filter(|line| line.starts_with("orders ")).count(),
        1,
        "{screen:#?}"
    );
    assert!(
        screen
            .last()
            .is_some_and(|line| line.starts_with(live) && line.ends_with("5 loaded")),
        "{screen:#?}"
    );
    let is_whole = |line: &String| line.starts_with("orders ") || line.contains(" | INFO     | ");
    assert!(screen.iter().all(is_whole), "{screen:#?}");
    assert_eq!(
        screen
            .iter()
            .filter(|line| line.ends_with(" s") && line.contains("loaded"))
            .count(),
        3,
        "{screen:#?}"
    );
    assert!(!output.stderr.contains("METRIC"), "nobody here reads them");
}

#[test]
fn nothing_moves_where_it_must_not() {
    let snowflake = snowflake();
    let messages = schema_line("orders", &json!({ "id": { "type": "integer" } }), &["id"]) + &order(1);
    for (progress, variables) in [
        (true, vec![("TERM", "dumb")]),
        (true, vec![("TERM", "xterm"), ("CI", "true")]),
        (false, vec![("TERM", "xterm")]),
    ] {
        let program = target_on_terminal(&snowflake, &json!({ "progress": progress }), &variables);
        let output = program.stdin(messages.clone()).run().expect_code(0);
        assert!(!output.stderr.contains('\x1b'), "{variables:?}: {:?}", output.stderr);
        assert!(output.stderr.contains("METRIC"), "{variables:?}: {}", output.stderr);
    }
}
