//! How a person is shown the page to log in at. The default writes the address to stderr and asks the system to open it.

use std::fmt;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Shows an address to a person.
#[derive(Clone)]
pub struct BrowserOpener {
    open: Arc<dyn Fn(&str) + Send + Sync>,
    /// How long the person may take; two minutes by default.
    pub patience: Duration,
}

impl BrowserOpener {
    /// Writes the address to stderr, and opens it in the browser of the system if there is one.
    #[must_use]
    pub fn of_system() -> Self {
        Self::new(show)
    }

    /// Hands the address to a function, which must not wait for the person.
    pub fn new(open: impl Fn(&str) + Send + Sync + 'static) -> Self {
        BrowserOpener {
            open: Arc::new(open),
            patience: Duration::from_secs(120),
        }
    }

    pub(crate) fn open(&self, address: &str) {
        (self.open)(address);
    }
}

impl fmt::Debug for BrowserOpener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BrowserOpener")
    }
}

fn show(address: &str) {
    // To the person at the terminal and not to the log, which others may read and keep.
    let line = format!("log in to Snowflake in a browser on this machine: {address}\n");
    let is_written = std::io::stderr().write_all(line.as_bytes()).is_ok();
    let (program, arguments): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("rundll32", &["url.dll,FileProtocolHandler"]),
        _ => ("xdg-open", &[]),
    };
    // The address is one argument: no shell looks into it.
    let started = Command::new(program)
        .args(arguments)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match started {
        Ok(mut browser) => {
            // Somebody has to ask how it ended, or it stays as a zombie.
            std::thread::spawn(move || browser.wait().is_ok());
        }
        Err(_) if is_written => {}
        Err(problem) => log::warn!("no browser can be opened ({:?})", problem.kind()),
    }
}
