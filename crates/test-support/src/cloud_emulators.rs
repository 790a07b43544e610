//! Starts `scripts/cloud-emulators` once for a test program: moto for S3, azurite for Azure, an emulator of Google's storage.
#![expect(clippy::panic, reason = "a test that cannot start its emulators is over")]

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::local_snowflake::workspace_root;

/// The bucket, or container, that stands for the user's own; each emulator has it.
pub const USER_FILES: &str = "user-files";

/// Where one emulator listens, and the key of its account.
#[derive(Debug, Clone)]
pub struct CloudAddress {
    /// `s3`, `azure` or `gcs`.
    pub cloud: String,
    /// `http://127.0.0.1:PORT`.
    pub origin: String,
    /// The access key id, or the storage account's name; empty for Google, whose emulator wants no credentials.
    pub name: String,
    /// The secret access key, or the account's key in base64; empty for Google.
    pub secret: String,
    /// The value of the local Snowflake server's option `--external-storage`.
    pub option: String,
}

/// The running emulators. They end when their standard input does: with this value, or with the test program.
#[derive(Debug)]
pub struct CloudEmulators {
    addresses: Vec<CloudAddress>,
    _child: Child,
    _stdin: Option<ChildStdin>,
}

impl CloudEmulators {
    /// The emulators of this test program, started when first asked for.
    ///
    /// # Panics
    /// When they do not start; the message shows what they printed.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<CloudEmulators> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start() -> Self {
        let mut child = Command::new(workspace_root().join("scripts/cloud-emulators"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|problem| panic!("scripts/cloud-emulators: {problem}"));
        let stdin = child.stdin.take();
        let lines: Vec<String> = child
            .stdout
            .take()
            .map(|stdout| {
                BufReader::new(stdout)
                    .lines()
                    .map_while(Result::ok)
                    .take_while(|line| line != "ready")
                    .collect()
            })
            .unwrap_or_default();
        let addresses: Vec<_> = lines.iter().filter_map(|line| address(line)).collect();
        assert!(addresses.len() == 3, "scripts/cloud-emulators printed {lines:?}");
        Self {
            addresses,
            _child: child,
            _stdin: stdin,
        }
    }

    /// Arguments with which the local Snowflake server finds them behind external stages.
    #[must_use]
    pub fn server_arguments(&self) -> Vec<String> {
        self.addresses
            .iter()
            .flat_map(|address| ["--external-storage".to_owned(), address.option.clone()])
            .collect()
    }

    /// Arguments with which the account's own stages can lie in them; `POST /__local/stages` chooses where they do.
    #[must_use]
    pub fn stage_arguments(&self) -> Vec<String> {
        self.addresses
            .iter()
            .filter(|address| address.cloud != "gcs")
            .flat_map(|address| ["--stage-storage".to_owned(), address.option.clone()])
            .collect()
    }

    /// The objects of the user's bucket below a prefix, sorted: `key`, `size`, `metadata` and `content` in base64. Looked at
    /// with the local Snowflake server's own clients.
    ///
    /// # Panics
    /// When the emulator cannot be asked.
    #[must_use]
    pub fn objects(&self, cloud: &str, prefix: &str) -> Vec<Value> {
        let found = self.shown("show_objects.py", cloud, &[USER_FILES, prefix]);
        found.as_array().cloned().unwrap_or_default()
    }

    /// What opens the user's own storage for an hour: temporary keys of S3 (`key_id`, `secret`, `token`), or a shared access
    /// signature of Azure's container (`query`).
    ///
    /// # Panics
    /// When the emulator cannot be asked.
    #[must_use]
    pub fn grant(&self, cloud: &str) -> Value {
        self.shown("show_grant.py", cloud, &[USER_FILES])
    }

    /// What a script of `tests/local-snowflake/emulators` prints.
    fn shown(&self, script: &str, cloud: &str, arguments: &[&str]) -> Value {
        let root = workspace_root();
        let output = Command::new(root.join(".venv-emulators/bin/python"))
            .arg("-B")
            .arg(root.join("tests/local-snowflake/emulators").join(script))
            .arg(&self.address(cloud).option)
            .args(arguments)
            .output()
            .unwrap_or_else(|problem| panic!("{script}: {problem}"));
        let said = String::from_utf8_lossy(&output.stderr);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|problem| panic!("{script}: {problem}; it said:\n{said}"))
    }

    /// The emulator of `s3`, `azure` or `gcs`.
    ///
    /// # Panics
    /// When there is no such cloud.
    #[must_use]
    pub fn address(&self, cloud: &str) -> &CloudAddress {
        self.addresses
            .iter()
            .find(|address| address.cloud == cloud)
            .unwrap_or_else(|| panic!("no emulator of {cloud}"))
    }
}

/// `s3=http://NAME:SECRET@127.0.0.1:PORT`, taken apart.
fn address(line: &str) -> Option<CloudAddress> {
    let (cloud, url) = line.split_once("=http://")?;
    let (account, host) = url.rsplit_once('@').unwrap_or(("", url));
    let (name, secret) = account.split_once(':').unwrap_or_default();
    Some(CloudAddress {
        cloud: cloud.to_owned(),
        origin: format!("http://{host}"),
        name: name.to_owned(),
        secret: secret.to_owned(),
        option: line.to_owned(),
    })
}
