//! From the process to a run: arguments, questions, settings, logging, runtime, input. Everything that can be wrong
//! before the first message is found here.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use connector_process::{
    Environment, ExitCode, Failure, Parsed, answer_questions, listen_for_shutdown, parse_arguments, start_logging,
};

use crate::arguments::Arguments;
use crate::config::Config;
use crate::load::SnowflakeLoader;
use crate::run::run;
use crate::settings_table::PROGRAM;

/// The whole program but for the exit code.
///
/// # Errors
/// What to tell the user, with the exit code.
pub(crate) fn run_program(arguments: impl IntoIterator<Item = OsString>) -> Result<(), Failure> {
    let environment = Environment::of_process();
    start_logging(&PROGRAM, &environment);
    let mut stdout = std::io::stdout();
    let arguments: Arguments = match parse_arguments(arguments)? {
        Parsed::Run(arguments) => arguments,
        Parsed::Help(text) => return say(&mut stdout, &text),
    };
    if answer_questions(&PROGRAM, &arguments.common, &mut stdout)? {
        return Ok(());
    }
    log::info!("{} v{}", PROGRAM.name, PROGRAM.version);
    let config = Config::load(&arguments.common.config, &environment)?;
    let input = open_input(arguments.input.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("loader")
        .enable_all()
        .build()
        .map_err(|error| Failure::new(ExitCode::Failed, format!("cannot start: {error}")))?;
    let shutdown = {
        let _inside = runtime.enter();
        listen_for_shutdown()
            .map_err(|error| Failure::new(ExitCode::Failed, format!("cannot listen for signals: {error}")))?
    };
    let loader = Arc::new(SnowflakeLoader::new(&config));
    let outcome = run(config, loader, &runtime, input, stdout, shutdown);
    // Lanes may still hang in a call when the user asked twice to stop.
    runtime.shutdown_background();
    outcome
}

fn open_input(path: Option<&Path>) -> Result<Box<dyn Read + Send>, Failure> {
    let Some(path) = path else {
        return Ok(Box::new(std::io::stdin()));
    };
    match File::open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(Failure::new(
            ExitCode::Usage,
            format!("cannot read {}: {error}", path.display()),
        )),
    }
}

fn say(output: &mut impl Write, text: &str) -> Result<(), Failure> {
    let written = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    written.map_err(|error| Failure::new(ExitCode::Failed, format!("cannot write to stdout: {error}")))
}
