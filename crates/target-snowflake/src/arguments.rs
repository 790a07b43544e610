//! The command line.

use std::path::PathBuf;

use connector_process::CommonArguments;

/// Loads Singer messages from stdin into Snowflake and prints each STATE when everything before it is committed.
#[derive(Debug, clap::Parser)]
#[command(name = "target-snowflake", disable_version_flag = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: CommonArguments,
    /// Read messages from this file in place of stdin.
    #[arg(long, value_name = "FILE", alias = "file-input")]
    pub(crate) input: Option<PathBuf>,
}
