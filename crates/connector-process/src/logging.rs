//! Log lines on stderr: readable by default, JSON lines when Meltano asks for its structured form, bare messages when
//! it asks for those. stdout belongs to Singer. The level comes from the environment.

use std::sync::OnceLock;

use jiff::Timestamp;
use log::{Level, LevelFilter, Log, Metadata, Record};
use serde_json::{Value, json};

use crate::environment::Environment;
use crate::live_lines;
use crate::program::Program;

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `time | LEVEL | logger | message`, as singer-sdk prints it.
    Readable,
    /// The message alone: what Meltano's dictConfig asks for when it adds time and level itself.
    Bare,
    /// One JSON object per line with the keys that Meltano's parser requires.
    Structured,
}

#[derive(Debug)]
struct StderrLogger {
    program: &'static str,
    style: Style,
    level: LevelFilter,
}

static LOGGER: OnceLock<StderrLogger> = OnceLock::new();

/// Starts logging for the process; a second call changes nothing. Level: `<PROGRAM>_LOGLEVEL`, then `LOGLEVEL`, then
/// `root.level` of the file that `SINGER_SDK_LOG_CONFIG` names, then INFO.
pub fn start(program: &'static Program, environment: &Environment) {
    let file = environment
        .get("SINGER_SDK_LOG_CONFIG")
        .and_then(|path| std::fs::read_to_string(path).ok());
    let chosen = environment
        .get(&program.environment_variable("LOGLEVEL"))
        .or_else(|| environment.get("LOGLEVEL"));
    let (style, file_level) = file.as_deref().map_or((Style::Readable, None), read_log_config);
    let level = chosen
        .and_then(level_from_python)
        .or(file_level)
        .unwrap_or(LevelFilter::Info);
    let logger = LOGGER.get_or_init(|| StderrLogger {
        program: program.name,
        style,
        level,
    });
    if log::set_logger(logger).is_ok() {
        log::set_max_level(logger.level);
    }
}

/// Style and level of a Python `dictConfig`. It is JSON from Meltano and may be YAML from a person, of which only the
/// formatter's name matters, and that is found as text.
fn read_log_config(text: &str) -> (Style, Option<LevelFilter>) {
    let style = if text.contains("StructuredFormatter") {
        Style::Structured
    } else {
        Style::Bare
    };
    let level = serde_json::from_str::<Value>(text).ok().and_then(|config| {
        let name = config.get("root")?.get("level")?;
        level_from_python(name.as_str()?)
    });
    (style, level)
}

fn level_from_python(name: &str) -> Option<LevelFilter> {
    match name.to_ascii_uppercase().as_str() {
        "TRACE" => Some(LevelFilter::Trace),
        "DEBUG" => Some(LevelFilter::Debug),
        "INFO" => Some(LevelFilter::Info),
        "WARNING" | "WARN" => Some(LevelFilter::Warn),
        "ERROR" | "CRITICAL" | "FATAL" => Some(LevelFilter::Error),
        "OFF" => Some(LevelFilter::Off),
        _ => None,
    }
}

fn python_name(level: Level) -> &'static str {
    match level {
        Level::Error => "ERROR",
        Level::Warn => "WARNING",
        Level::Info => "INFO",
        Level::Debug | Level::Trace => "DEBUG",
    }
}

impl Log for StderrLogger {
    /// Libraries below us are heard from WARN up: their INFO lines are not meant for our users and may hold anything.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        const OURS: [&str; 9] = [
            "cloud_storage",
            "connector_process",
            "heroku_api",
            "heroku_logs",
            "http_retry",
            "singer_protocol",
            "snowflake_client",
            "tap_heroku",
            "target_snowflake",
        ];
        let crate_name = metadata.target().split("::").next().unwrap_or_default();
        let limit = if OURS.contains(&crate_name) {
            self.level
        } else {
            self.level.min(LevelFilter::Warn)
        };
        metadata.level() <= limit
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let name = record.target().replace("::", ".");
            self.write(record.level(), &name, &record.args().to_string(), None);
        }
    }

    fn flush(&self) {}
}

impl StderrLogger {
    fn write(&self, level: Level, logger: &str, message: &str, metric: Option<&Value>) {
        let message = message.replace(['\n', '\r'], " ");
        let line = match self.style {
            Style::Bare => message,
            Style::Readable => self.readable(level, logger, &message),
            Style::Structured => self.structured(level, logger, &message, metric),
        };
        live_lines::write_above(&line);
    }

    fn readable(&self, level: Level, logger: &str, message: &str) -> String {
        let now = Timestamp::now().strftime("%Y-%m-%d %H:%M:%S,%3f");
        format!("{now} | {:8} | {logger:30} | {message}", python_name(level))
    }

    fn structured(&self, level: Level, logger: &str, message: &str, metric: Option<&Value>) -> String {
        let stream = metric.and_then(|metric| metric.get("tags")?.get("stream"));
        let mut line = json!({
            "level": python_name(level).to_lowercase(),
            "pid": std::process::id(),
            "logger_name": logger,
            "ts": Timestamp::now().as_microsecond() as f64 / 1e6,
            "thread_name": std::thread::current().name().unwrap_or("worker"),
            "app_name": self.program,
            "stream_name": stream,
            "message": if metric.is_some() { "METRIC" } else { message },
            "extra": {},
        });
        if let (Some(metric), Some(fields)) = (metric, line.as_object_mut()) {
            fields.insert("metric_info".to_owned(), metric.clone());
        }
        line.to_string()
    }
}

/// The last line of a failed program: `program: what`, whatever the log level.
pub(crate) fn print_final_line(program: &str, text: &str) {
    match LOGGER.get() {
        Some(logger) if logger.style == Style::Structured => logger.write(Level::Error, program, text, None),
        _ => live_lines::write_above(&format!("{program}: {text}")),
    }
}

/// A METRIC line, when INFO lines are wanted and a program may read them.
pub(crate) fn print_metric(payload: &Value) {
    if live_lines::is_used() {
        return;
    }
    if let Some(logger) = LOGGER.get().filter(|logger| logger.level >= LevelFilter::Info) {
        let name = format!("{}.metrics", logger.program.replace('-', "_"));
        logger.write(Level::Info, &name, &format!("METRIC: {payload}"), Some(payload));
    }
}

#[cfg(test)]
mod tests;
