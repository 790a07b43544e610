//! The Heroku simulator as a program of its own, for `scripts/demo` and the test with the real CLI.
//! Prints `listening on http://127.0.0.1:PORT` when ready and serves until it is stopped.

use clap::Parser;
use serde::de::DeserializeOwned;
use std::io::Write;
use std::path::{Path, PathBuf};
use test_support::heroku_simulator::{FaultRule, HerokuSimulator, Scenario};

/// A server that behaves like Heroku's Platform API and log sessions for one made-up account.
#[derive(Parser)]
#[command(name = "heroku-simulator", disable_version_flag = true)]
struct Arguments {
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// JSON file with the account; without it, a default account of six apps.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// JSON file with a list of fault rules.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Replaces the scenario's seed.
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> std::process::ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(problem) => {
            let _last_words = writeln!(std::io::stderr(), "heroku-simulator: {problem}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let mut scenario: Scenario = arguments
        .scenario
        .as_deref()
        .map(read_json)
        .transpose()?
        .unwrap_or_default();
    if let Some(seed) = arguments.seed {
        scenario.seed = seed;
    }
    if let Some(faults) = &arguments.faults {
        scenario.faults.extend(read_json::<Vec<FaultRule>>(faults)?);
    }
    let simulator = HerokuSimulator::start_on_port(scenario, arguments.port)?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "listening on {}", simulator.url())
        .and_then(|()| stdout.flush())
        .map_err(|problem| problem.to_string())?;
    loop {
        std::thread::park();
    }
}

fn read_json<Content: DeserializeOwned>(path: &Path) -> Result<Content, String> {
    let text = std::fs::read_to_string(path).map_err(|problem| format!("{}: {problem}", path.display()))?;
    serde_json::from_str(&text).map_err(|problem| format!("{}: {problem}", path.display()))
}
