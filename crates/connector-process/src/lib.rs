//! What both programs share as processes: arguments, settings from files and environment, logging, metrics, exit codes,
//! hints, secrets, signals. Nothing here knows what a program does.

mod about;
mod arguments;
mod coerce;
mod environment;
mod environment_file;
mod failure;
pub mod live_lines;
mod logging;
mod metrics;
mod panics;
mod program;
mod secret;
mod settings;
mod shutdown;

pub use about::{about_json, about_text, other_settings_markdown, settings_json_schema, settings_markdown};
pub use arguments::{AboutFormat, CommonArguments, Parsed, answer_questions, parse_arguments};
pub use environment::Environment;
pub use failure::{ExitCode, Failure, finish};
pub use logging::start as start_logging;
pub use metrics::{Metric, MetricValue};
pub use panics::end_on_panic;
pub use program::{OtherSetting, Program, Setting, SettingKind};
pub use secret::Secret;
pub use settings::{Settings, load_settings};
pub use shutdown::{Shutdown, listen as listen_for_shutdown};
