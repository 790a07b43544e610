//! The simulator as a program: its files, its ready line, its live logs.

use serde_json::json;
use std::time::{Duration, Instant};
use test_support::heroku_simulator::{AppScenario, HerokuSimulator, Scenario};
use test_support::http_exchange::exchange;
use test_support::program::Program;

const TIMEOUT: Duration = Duration::from_secs(20);

fn simulator() -> Program {
    Program::new(env!("CARGO_BIN_EXE_heroku-simulator"))
}

#[test]
fn it_serves_the_account_and_the_faults_of_its_files() {
    let program = simulator();
    let scenario = program.file(
        "scenario.json",
        r#"{"api_token": "t", "apps": [{"name": "kiosk", "generation": "fir"}]}"#,
    );
    let faults = program.file(
        "faults.json",
        r#"[{"path": "/account", "action": {"respond": {"status": 503}}}]"#,
    );
    let program = program
        .argument("--scenario")
        .argument(scenario)
        .argument("--faults")
        .argument(faults);
    let mut running = program.start();
    let ready = running.next_line(TIMEOUT).unwrap();
    let url = ready.strip_prefix("listening on ").unwrap();
    let headers = [
        ("Authorization", "Bearer t"),
        ("Accept", "application/vnd.heroku+json; version=3"),
    ];
    let apps = exchange("GET", &format!("{url}/apps"), &headers, b"").unwrap().json();
    assert_eq!(
        (&apps[0]["name"], &apps[0]["generation"]["name"]),
        (&json!("kiosk"), &json!("fir"))
    );
    let statuses = [(); 2].map(|()| {
        exchange("GET", &format!("{url}/account"), &headers, b"")
            .unwrap()
            .status
    });
    assert_eq!(statuses, [503, 200]);
}

#[test]
fn a_wrong_file_is_named() {
    let program = simulator();
    let scenario = program.file("scenario.json", r#"{"app": []}"#);
    let output = program.argument("--scenario").argument(scenario).run().expect_code(1);
    output.assert_last_words("heroku-simulator", "unknown field `app`");
    assert!(output.stderr.contains("scenario.json"));
}

#[test]
fn a_live_log_goes_on_by_itself() {
    let apps = vec![AppScenario {
        log_lines: 0,
        ..AppScenario::named("kiosk")
    }];
    let simulator = HerokuSimulator::start(Scenario {
        live_lines_per_second: 200.0,
        ..Scenario::with_apps(apps)
    });
    let deadline = Instant::now() + TIMEOUT;
    while simulator.kept_lines("kiosk").len() < 5 {
        assert!(Instant::now() < deadline, "no live lines came");
        std::thread::sleep(Duration::from_millis(10));
    }
}
