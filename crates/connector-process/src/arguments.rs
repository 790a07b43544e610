//! The arguments that every Singer program has, and their one-line answers. A program adds its own with clap.

use std::ffi::OsString;
use std::io::Write;

use clap::error::ErrorKind;

use crate::about;
use crate::failure::{ExitCode, Failure};
use crate::program::Program;

/// Arguments of both programs; `#[command(flatten)]` them.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct CommonArguments {
    /// Config file in JSON; may be given several times, later files win. The word ENV stands for the environment,
    /// which always counts and beats every file.
    #[arg(short, long, value_name = "FILE|ENV")]
    pub config: Vec<String>,
    /// Say what the program is, what it can do and which settings it has.
    #[arg(long)]
    pub about: bool,
    /// How --about says it.
    #[arg(long, value_enum, requires = "about")]
    pub format: Option<AboutFormat>,
    /// Print the version.
    #[arg(long)]
    pub version: bool,
}

/// Output of `--about`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum AboutFormat {
    /// For reading in a terminal.
    Text,
    /// For tools, as singer-sdk writes it.
    Json,
    /// For a README.
    Markdown,
}

/// What the arguments asked for.
#[derive(Debug)]
pub enum Parsed<A> {
    /// To run with these.
    Run(A),
    /// For help, and this is it.
    Help(String),
}

/// Parses arguments (the first is the program's own path).
///
/// # Errors
/// A [`Failure`] with [`ExitCode::Usage`] in one line, whatever clap would print.
pub fn parse_arguments<A: clap::Parser>(arguments: impl IntoIterator<Item = OsString>) -> Result<Parsed<A>, Failure> {
    A::try_parse_from(arguments)
        .map(Parsed::Run)
        .or_else(|error| match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(Parsed::Help(error.to_string())),
            _ => {
                let full = error.to_string();
                let first = full
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .trim_start_matches("error: ")
                    .to_owned();
                Err(Failure::new(ExitCode::Usage, first).with_hint("--help lists the arguments"))
            }
        })
}

/// Answers `--version` and `--about` on `output`; true when there was such a question and the program is done.
///
/// # Errors
/// When `output` cannot be written.
pub fn answer_questions(
    program: &Program,
    arguments: &CommonArguments,
    output: &mut impl Write,
) -> Result<bool, Failure> {
    let answer = if arguments.version {
        format!("{} v{}\n", program.name, program.version)
    } else if arguments.about {
        match arguments.format.unwrap_or(AboutFormat::Text) {
            AboutFormat::Text => about::about_text(program),
            AboutFormat::Json => format!("{:#}\n", about::about_json(program)),
            AboutFormat::Markdown => about::about_markdown(program),
        }
    } else {
        return Ok(false);
    };
    let written = output.write_all(answer.as_bytes()).and_then(|()| output.flush());
    written.map_err(|error| Failure::new(ExitCode::Failed, format!("cannot write to stdout: {error}")))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, clap::Parser)]
    #[command(name = "tap-test", disable_version_flag = true)]
    struct Arguments {
        #[command(flatten)]
        common: CommonArguments,
    }

    fn parse(arguments: &[&str]) -> Result<Parsed<Arguments>, Failure> {
        parse_arguments(
            std::iter::once("tap-test")
                .chain(arguments.iter().copied())
                .map(OsString::from),
        )
    }

    #[test]
    fn arguments_run_help_or_fail_in_one_line() {
        let Ok(Parsed::Run(arguments)) = parse(&["-c", "a", "--config=ENV", "--about", "--format=json"]) else {
            panic!("these are right")
        };
        assert_eq!(arguments.common.config, ["a", "ENV"]);
        assert_eq!(arguments.common.format, Some(AboutFormat::Json));
        assert!(matches!(parse(&["--help"]), Ok(Parsed::Help(text)) if text.contains("--config")));
        let failure = parse(&["--nonsense"]).unwrap_err();
        assert_eq!(failure.code, ExitCode::Usage);
        assert_eq!(
            failure.to_string(),
            "unexpected argument '--nonsense' found [hint: --help lists the arguments]"
        );
        assert!(
            parse(&["--format", "json"]).is_err(),
            "--format says how --about says it"
        );
    }
}
