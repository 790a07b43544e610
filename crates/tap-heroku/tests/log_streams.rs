//! The log streams of the program as a process: sessions against the Heroku simulator, and a live pipe.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use test_support::heroku_simulator::{AppScenario, FaultAction, FaultRule, Generation, HerokuSimulator, Scenario};
use test_support::program::Program;
use test_support::program_output::ProgramOutput;

const LOG_STREAMS: [&str; 4] = ["log_lines", "router_requests", "dyno_metrics", "log_gaps"];

fn tap(settings: &Value, state: Option<&Value>, streams: &[&str]) -> Program {
    let entries: Vec<Value> = streams.iter().map(|stream| json!({"tap_stream_id": stream})).collect();
    let program = Program::new(env!("CARGO_BIN_EXE_tap-heroku"))
        .config(settings)
        .catalog(&json!({"streams": entries}));
    match state {
        Some(state) => program.state(state),
        None => program,
    }
}

fn account(heroku: &HerokuSimulator) -> Value {
    json!({"api_url": heroku.url(), "api_token": heroku.api_token()})
}

fn read(heroku: &HerokuSimulator, state: Option<&Value>) -> ProgramOutput {
    tap(&account(heroku), state, &LOG_STREAMS).run().expect_code(0)
}

fn text<'a>(record: &'a Value, property: &str) -> &'a str {
    record.get(property).and_then(Value::as_str).unwrap_or_default()
}

/// The messages of an app in the order of the records.
fn messages_of(output: &ProgramOutput, app: &str) -> Vec<String> {
    let records = output.records("log_lines");
    records
        .iter()
        .filter(|record| text(record, "app_name") == app)
        .map(|record| text(record, "message").to_owned())
        .collect()
}

/// What stands behind `SOURCE[PROCESS]: ` in the lines that the simulator keeps.
fn kept_messages(heroku: &HerokuSimulator, app: &str) -> Vec<String> {
    let message = |line: String| {
        line.split_once("]:")
            .map(|(_, message)| message.trim_start_matches(' ').to_owned())
    };
    heroku.kept_lines(app).into_iter().filter_map(message).collect()
}

fn trimmed(messages: Vec<String>) -> Vec<String> {
    messages
        .into_iter()
        .map(|message| message.trim_start_matches(' ').trim_end().to_owned())
        .collect()
}

/// App and reason of the gaps that the program found, without those that lines report: the simulated life has some.
fn found_gaps(output: &ProgramOutput) -> Vec<String> {
    let gaps = output.records("log_gaps");
    let found = gaps.iter().filter(|gap| text(gap, "reason") != "reported");
    found
        .map(|gap| format!("{} {}", text(gap, "app_name"), text(gap, "reason")))
        .collect()
}

fn cedar(name: &str, log_lines: u64) -> AppScenario {
    AppScenario {
        log_lines,
        web_dynos: 2,
        worker_dynos: 1,
        ..AppScenario::named(name)
    }
}

#[test]
fn every_kept_line_comes_once_and_later_only_what_is_new() {
    let fir = AppScenario {
        generation: Generation::Fir,
        ..AppScenario::named("new-world")
    };
    let heroku = HerokuSimulator::start(Scenario::with_apps(vec![cedar("shop", 700), cedar("full", 4000), fir]));
    let first = read(&heroku, None);
    for app in ["shop", "full"] {
        assert_eq!(
            trimmed(messages_of(&first, app)),
            trimmed(kept_messages(&heroku, app)),
            "{app}"
        );
    }
    let lines = first.records("log_lines");
    assert!(
        lines.iter().all(|line| line["is_parsed"] == true),
        "the simulator writes no foreign lines"
    );
    let ids: BTreeSet<&str> = lines.iter().map(|line| text(line, "id")).collect();
    assert_eq!(ids.len(), lines.len());
    for (stream, process) in [("router_requests", "router"), ("dyno_metrics", "")] {
        let typed = first.records(stream);
        assert!(typed.len() > 20, "{stream}: {}", typed.len());
        assert!(typed.iter().all(|record| ids.contains(text(record, "id"))));
        let of_router = lines.iter().filter(|line| text(line, "process") == process).count();
        assert!(process.is_empty() || typed.len() == of_router);
    }
    assert_eq!(found_gaps(&first), ["new-world fir_no_history"]);
    heroku.generate_lines("shop", 40);
    let second = read(&heroku, first.last_state().as_ref());
    let kept = trimmed(kept_messages(&heroku, "shop"));
    assert_eq!(trimmed(messages_of(&second, "shop")), kept[kept.len() - 40..]);
    assert!(messages_of(&second, "full").is_empty());
    assert!(heroku.violations().is_empty(), "{:?}", heroku.violations());
}

#[test]
fn an_outrun_window_is_a_row_and_a_warning() {
    let heroku = HerokuSimulator::start(Scenario::with_apps(vec![cedar("busy", 1500)]));
    let first = read(&heroku, None);
    heroku.generate_lines("busy", 1400);
    let second = read(&heroku, first.last_state().as_ref());
    assert_eq!(second.records("log_lines").len(), 1400);
    assert!(found_gaps(&second).is_empty());
    assert!(second.stderr.contains("1400 of at most 1500"), "{}", second.stderr);
    heroku.generate_lines("busy", 2000);
    let third = read(&heroku, second.last_state().as_ref());
    assert_eq!(third.records("log_lines").len(), 1500);
    assert_eq!(found_gaps(&third), ["busy window_outrun"]);
    assert!(
        third.stderr.contains("log of busy: lines may be missing"),
        "{}",
        third.stderr
    );
}

#[test]
fn a_run_that_was_lost_is_repeated_with_the_same_ids() {
    let heroku = HerokuSimulator::start(Scenario::with_apps(vec![cedar("shop", 900)]));
    let state = read(&heroku, None).last_state();
    heroku.generate_lines("shop", 50);
    let lost = read(&heroku, state.as_ref());
    heroku.generate_lines("shop", 10);
    let again = read(&heroku, state.as_ref());
    let ids = |output: &ProgramOutput| {
        output
            .records("log_lines")
            .iter()
            .map(|line| text(line, "id").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&again).len(), 60);
    assert_eq!(ids(&again)[..50], ids(&lost));
}

#[test]
fn a_stream_that_breaks_off_is_asked_for_again() {
    let heroku = HerokuSimulator::start(Scenario::with_apps(vec![cedar("shop", 300), cedar("zoo", 300)]));
    heroku.add_fault(FaultRule::once(
        "GET",
        "/stream",
        FaultAction::CutBody { after_bytes: 5000 },
    ));
    let output = read(&heroku, None);
    assert_eq!(
        messages_of(&output, "shop").len() + messages_of(&output, "zoo").len(),
        600
    );
    // For good: nothing of it is taken, and the run says which app it could not read.
    let heroku = HerokuSimulator::start(Scenario::with_apps(vec![cedar("shop", 300)]));
    heroku.add_fault(FaultRule::once("GET", "/stream", FaultAction::CutBody { after_bytes: 5000 }).times(Some(3)));
    let output = tap(&account(&heroku), None, &LOG_STREAMS).run().expect_code(1);
    assert!(output.records("log_lines").is_empty() && found_gaps(&output).is_empty());
    let rest = read(&heroku, output.last_state().as_ref());
    assert_eq!(rest.records("log_lines").len(), 300);
}

#[test]
fn apps_are_read_at_the_same_time_in_their_order_and_a_broken_one_stops_no_other() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let heroku = HerokuSimulator::start(Scenario::with_apps(names.map(|name| cedar(name, 20)).to_vec()));
    let mut order: Vec<(String, &str)> = names
        .map(|name| (text(&heroku.app(name), "id").to_owned(), name))
        .to_vec();
    order.sort();
    let slow = format!("/apps/{}/log-sessions", order[0].0);
    heroku.add_fault(FaultRule::once("POST", &slow, FaultAction::Delay { milliseconds: 300 }));
    for (method, stream) in [("POST", "log-sessions"), ("GET", "releases")] {
        let broken = format!("/apps/{}/{stream}", order[1].0);
        let refusal = FaultAction::Respond {
            status: 400,
            body: None,
            headers: BTreeMap::new(),
        };
        heroku.add_fault(FaultRule::once(method, &broken, refusal).times(None));
    }
    let streams = ["log_lines", "releases"];
    let output = tap(&account(&heroku), None, &streams).run().expect_code(1);
    for stream in streams {
        let mut apps: Vec<String> = output
            .records(stream)
            .iter()
            .map(|record| text(record, "app_name").to_owned())
            .collect();
        apps.dedup();
        let expected: Vec<&str> = order
            .iter()
            .map(|(_, name)| *name)
            .filter(|name| *name != order[1].1)
            .collect();
        assert_eq!(apps, expected, "{stream}");
    }
}

#[test]
fn streams_are_selected_one_by_one_and_filters_work_on_what_was_read() {
    let heroku = HerokuSimulator::start(Scenario::with_apps(vec![cedar("shop", 500)]));
    let whole = read(&heroku, None);
    let requests = tap(&account(&heroku), None, &["router_requests"]).run().expect_code(0);
    assert_eq!(requests.records("router_requests"), whole.records("router_requests"));
    assert!(requests.records("log_lines").is_empty());
    let none = tap(&account(&heroku), requests.last_state().as_ref(), &["router_requests"])
        .run()
        .expect_code(0);
    assert!(none.records("router_requests").is_empty());
    let mut settings = account(&heroku);
    settings
        .as_object_mut()
        .unwrap()
        .insert("logs".to_owned(), json!({"sources": ["app"], "processes": ["!web.*"]}));
    let filtered = tap(&settings, None, &LOG_STREAMS).run().expect_code(0);
    let expected: Vec<Value> = whole
        .records("log_lines")
        .into_iter()
        .filter(|line| text(line, "source") == "app" && !text(line, "process").starts_with("web."))
        .collect();
    assert!(!expected.is_empty() && filtered.records("log_lines") == expected);
    heroku.clear_requests();
    let apps_only = tap(&account(&heroku), None, &["apps"]).run().expect_code(0);
    assert!(apps_only.records("log_lines").is_empty());
    assert!(
        heroku.requests().iter().all(|request| !request.path.contains("log")),
        "no session without a log stream"
    );
}

#[test]
fn an_app_whose_log_is_refused_does_not_hide_the_others() {
    let heroku = HerokuSimulator::start(Scenario::with_apps(vec![cedar("shop", 300), cedar("zoo", 300)]));
    let refusal = FaultAction::Respond {
        status: 403,
        body: None,
        headers: BTreeMap::new(),
    };
    heroku.add_fault(FaultRule::once("POST", "/apps/*/log-sessions", refusal));
    let output = tap(&account(&heroku), None, &LOG_STREAMS).run().expect_code(1);
    assert_eq!(output.records("log_lines").len(), 300);
}

#[test]
fn a_live_pipe_comes_through_at_once_and_a_signal_leaves_a_state() {
    for signal in ["TERM", "INT"] {
        let mut running = tap(&json!({"log_files": ["-"]}), None, &LOG_STREAMS).start();
        assert!(running.write(
            b"2026-01-02T03:04:05.000001+00:00 app[web.1]: one\n2026-01-02T03:04:05.000002+00:00 app[web.1]: two\n"
        ));
        let mut messages = Vec::new();
        while messages.len() < 2 {
            let line: Value = serde_json::from_str(&running.next_line(Duration::from_secs(10)).unwrap()).unwrap();
            messages.extend(
                line.pointer("/record/message")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            );
        }
        assert_eq!(messages, ["one", "two"]);
        assert!(running.write(b"2026-01-02T03:04:06Z app[web.1]: three\n"));
        running.signal(signal);
        // The pipe stays open: the program ends all the same, with what was on its way.
        while running.next_line(Duration::from_secs(10)).is_some() {}
        let output = running.wait(Duration::from_secs(10)).expect_code(0);
        assert_eq!(output.records("log_lines").len(), 3);
        let state = output.last_state().unwrap();
        let bookmark = state.pointer("/bookmarks/log_lines/partitions/0/replication_key_value");
        assert_eq!(bookmark, Some(&json!("2026-01-02T03:04:06.000000Z")));
    }
}

#[test]
fn the_apps_of_teams_are_read_and_a_misspelt_team_is_said() {
    let of_team = |name: &str, team: &str| AppScenario {
        team: Some(team.to_owned()),
        ..cedar(name, 20)
    };
    let heroku = HerokuSimulator::start(Scenario::with_apps(vec![
        cedar("own", 20),
        of_team("blue", "sea"),
        of_team("red", "fire"),
        of_team("green", "sea"),
    ]));
    let mut settings = account(&heroku);
    settings["teams"] = json!(["sea"]);
    let output = tap(&settings, None, &["apps", "log_lines"]).run().expect_code(0);
    let names = |stream: &str, property: &str| -> BTreeSet<String> {
        let records = output.records(stream);
        records.iter().map(|record| text(record, property).to_owned()).collect()
    };
    let expected = BTreeSet::from(["blue".to_owned(), "green".to_owned()]);
    assert_eq!(names("apps", "name"), expected);
    assert_eq!(names("log_lines", "app_name"), expected);
    settings["teams"] = json!(["see"]);
    let refused = tap(&settings, None, &["apps"]).run().expect_code(1);
    refused.assert_last_words("tap-heroku", "GET /teams/see/apps: 404");
    assert!(refused.stderr.contains("the setting teams"));
}
