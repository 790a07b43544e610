//! The command line: which of the program's few jobs is asked for. Each job itself is elsewhere.

use std::ffi::OsString;
use std::io::Write;

use clap::{Parser, ValueEnum};
use connector_process::{
    CommonArguments, Environment, ExitCode, Failure, Parsed, Shutdown, answer_questions, listen_for_shutdown,
    parse_arguments, start_logging,
};
use singer_protocol::State;

use crate::config::Configuration;
use crate::discover::{discover, select};
use crate::output::Extent;
use crate::program::PROGRAM;
use crate::sync::{Plan, sync};

/// Reads a Heroku account and its logs, and writes them as Singer messages.
#[derive(Debug, Parser)]
#[command(name = "tap-heroku", disable_version_flag = true)]
struct Arguments {
    #[command(flatten)]
    common: CommonArguments,
    /// Print the catalog of streams and end.
    #[arg(short, long)]
    discover: bool,
    /// Catalog file that says which streams and properties to read; without it all are.
    #[arg(long, value_name = "FILE")]
    catalog: Option<String>,
    /// Older name of --catalog.
    #[arg(short, long, value_name = "FILE", conflicts_with = "catalog")]
    properties: Option<String>,
    /// State file: the last STATE value of the run before.
    #[arg(short, long, value_name = "FILE")]
    state: Option<String>,
    /// Try the settings: write the SCHEMA and one RECORD of each stream (all), or the SCHEMA messages only (schema).
    #[arg(long, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    test: Option<TestExtent>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TestExtent {
    All,
    Schema,
}

/// Runs the program.
///
/// # Errors
/// The failure to print and to end with.
pub(crate) fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: &Environment,
    stdout: &mut (impl Write + Send),
) -> Result<(), Failure> {
    start_logging(&PROGRAM, environment);
    let arguments: Arguments = match parse_arguments(arguments)? {
        Parsed::Run(arguments) => arguments,
        Parsed::Help(text) => return print(stdout, &text),
    };
    if answer_questions(&PROGRAM, &arguments.common, stdout)? {
        return Ok(());
    }
    if arguments.discover {
        let catalog = discover().to_json();
        let catalog = catalog.map_err(|problem| Failure::new(ExitCode::Failed, format!("the catalog: {problem}")))?;
        return print(stdout, &catalog);
    }
    let plan = plan(&arguments, environment)?;
    log::info!("{} v{}", PROGRAM.name, PROGRAM.version);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|problem| Failure::new(ExitCode::Failed, format!("cannot start: {problem}")))?;
    let outcome = runtime.block_on(async {
        // In a try-out no state is written, so the default reaction to a signal is right.
        let shutdown = if arguments.test.is_some() {
            Ok(Shutdown::never())
        } else {
            listen_for_shutdown()
        };
        let shutdown = shutdown.map_err(|problem| Failure::new(ExitCode::Failed, format!("no signals: {problem}")))?;
        Box::pin(sync(plan, stdout, &shutdown)).await
    });
    // A thread may be waiting for standard input, perhaps forever.
    runtime.shutdown_background();
    outcome
}

fn plan(arguments: &Arguments, environment: &Environment) -> Result<Plan, Failure> {
    let configuration = Configuration::load(&arguments.common.config, environment)?;
    let catalog_path = arguments.catalog.as_deref().or(arguments.properties.as_deref());
    let catalog = catalog_path.map(|path| read("catalog", path)).transpose()?;
    let state = arguments.state.as_deref().map(|path| read("state", path)).transpose()?;
    let state = State::from_json(state.as_deref().unwrap_or_default()).map_err(|problem| {
        Failure::new(ExitCode::Usage, problem.to_string())
            .with_hint("give --state the last line of the target's output, or no --state to read everything again")
    })?;
    let extent = match arguments.test {
        None => Extent::Everything,
        Some(TestExtent::All) => Extent::OneRecordEach,
        Some(TestExtent::Schema) => Extent::SchemasOnly,
    };
    Ok(Plan {
        configuration,
        selected: select(catalog.as_deref())?,
        state,
        extent,
    })
}

fn read(what: &str, path: &str) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|problem| {
        Failure::new(
            ExitCode::Usage,
            format!("cannot read the {what} file {path}: {problem}"),
        )
    })
}

fn print(stdout: &mut impl Write, text: &str) -> Result<(), Failure> {
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|problem| Failure::new(ExitCode::Failed, format!("cannot write to stdout: {}", problem.kind())))
}
