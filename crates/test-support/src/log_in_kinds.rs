//! Every way to log in as a user would set it up for `target-snowflake`, and the local Snowflake server that takes all of
//! them: one table for the tests that go through the ways.
#![expect(clippy::panic, reason = "a test that cannot set its log-ins up is over")]

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http_exchange::exchange;
use crate::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions};
use crate::metadata_services::{IDENTITY_HEADER, POD_TOKEN, TENANT, metadata_services};
use crate::small_server::SmallServer;
use crate::test_identities::{SNOWFLAKE_AUDIENCE, SUBJECT, TOTP_SECRET, identity_token, one_time_code, test_key};

/// Of `careful`, `coder` and `other`.
pub const PASSWORD: &str = "correct-horse-battery-staple";
/// Of `demo`.
pub const ACCESS_TOKEN: &str = "programmatic-access-token-of-demo";
/// Of the OAuth client `client`.
pub const CLIENT_SECRET: &str = "secret-of-the-oauth-client";
/// Of the key `AKIATEST`.
pub const AWS_SECRET: &str = "secret-key-of-the-aws-user";
/// Of the test keys.
const PASSPHRASE: &str = "test-passphrase";

/// One way.
#[derive(Debug, Clone)]
pub struct LogInKind {
    /// Its name in messages.
    pub name: &'static str,
    /// The settings that choose it.
    pub settings: Value,
    /// Environment variables that it looks at.
    pub environment: Vec<(String, String)>,
    /// What must be in no log, beside what goes over the wire.
    pub secrets: Vec<String>,
}

/// The server, and what the ways need beside it. Lives as long as they are used.
#[derive(Debug)]
pub struct LogInHouse {
    /// Takes all ways.
    pub snowflake: LocalSnowflake,
    /// Give workloads their identity.
    pub metadata: SmallServer,
    directory: TempDir,
}

impl LogInHouse {
    /// Starts the server, with further arguments.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(arguments: &[&str]) -> Self {
        let public = test_key("rsa_public.pem");
        let identity = |provider: &str| format!("demo={provider}:{SUBJECT}:{}", public.display());
        let (oidc, gcp, azure) = (identity("OIDC"), identity("GCP"), identity("AZURE"));
        let (coder, other) = (format!("coder={TOTP_SECRET}"), format!("other={TOTP_SECRET}"));
        let (token, client) = (format!("demo={ACCESS_TOKEN}"), format!("demo=client:{CLIENT_SECRET}"));
        let aws = format!("demo=AKIATEST:{AWS_SECRET}");
        let own = [
            ["--totp", &coder],
            ["--totp", &other],
            ["--access-token", &token],
            ["--oauth-client", &client],
            ["--identity", &oidc],
            ["--identity", &gcp],
            ["--identity", &azure],
            ["--aws-identity", &aws],
        ];
        let user = |name: &str| (name.to_owned(), PASSWORD.to_owned());
        let options = LocalSnowflakeOptions {
            users: vec![user("careful"), user("coder"), user("other")],
            public_keys: vec![("demo".to_owned(), public)],
            arguments: own
                .as_flattened()
                .iter()
                .chain(arguments)
                .map(|argument| (*argument).to_owned())
                .collect(),
            ..LocalSnowflakeOptions::default()
        };
        Self {
            snowflake: LocalSnowflake::start(&options),
            metadata: metadata_services(),
            directory: tempfile::tempdir().unwrap_or_else(|problem| panic!("no temporary directory: {problem}")),
        }
    }

    /// Settings of the target for this server, without user and password.
    #[must_use]
    pub fn settings(&self) -> Value {
        let mut settings = self.snowflake.target_settings();
        if let Some(settings) = settings.as_object_mut() {
            settings.remove("user");
            settings.remove("password");
        }
        settings
    }

    /// All ways. Passcodes work once, so each call makes new ones, and within half a minute they are the same.
    #[must_use]
    pub fn kinds(&self) -> Vec<LogInKind> {
        let mut kinds = self.of_passwords();
        kinds.extend(self.of_keys());
        kinds.extend(self.of_tokens());
        kinds.extend(self.of_workloads());
        kinds.push(self.of_browser());
        kinds
    }

    fn of_passwords(&self) -> Vec<LogInKind> {
        let code = one_time_code();
        let with_code = format!("{PASSWORD}{code}");
        vec![
            kind(
                "password",
                json!({ "user": "careful", "password": PASSWORD }),
                &[PASSWORD],
            ),
            kind(
                "password and passcode",
                json!({ "user": "coder", "password": PASSWORD, "passcode": code }),
                &[PASSWORD],
            ),
            kind(
                "passcode in password",
                json!({ "user": "other", "password": with_code, "passcode_in_password": true }),
                &[PASSWORD, &with_code],
            ),
        ]
    }

    fn of_keys(&self) -> Vec<LogInKind> {
        let read = |name: &str| {
            let path = test_key(name);
            std::fs::read_to_string(&path).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()))
        };
        let (encrypted, plain) = (read("rsa_aes256.p8"), read("rsa_plain.p8"));
        let lines = |pem: &str| -> Vec<String> {
            let body = pem.lines().filter(|line| !line.starts_with("--"));
            body.map(str::to_owned).collect()
        };
        let path = test_key("rsa_plain.p8").display().to_string();
        let mut text = kind(
            "key pair",
            json!({ "user": "demo", "private_key": encrypted, "private_key_passphrase": PASSPHRASE }),
            &[PASSPHRASE],
        );
        text.secrets.extend(lines(&encrypted));
        text.secrets.extend(lines(&plain));
        let mut file = kind(
            "key pair file",
            json!({ "user": "demo", "private_key_path": path }),
            &[],
        );
        file.secrets.extend(lines(&plain));
        vec![text, file]
    }

    fn of_tokens(&self) -> Vec<LogInKind> {
        let oauth = self.oauth_token();
        let (oauth_file, token_file) = (self.file("oauth", &oauth), self.file("access", ACCESS_TOKEN));
        vec![
            kind("OAuth access token", json!({ "oauth_access_token": oauth }), &[&oauth]),
            kind(
                "OAuth access token file",
                json!({ "oauth_access_token_path": oauth_file }),
                &[&oauth],
            ),
            kind(
                "OAuth client credentials",
                json!({ "oauth_client_id": "client", "oauth_client_secret": CLIENT_SECRET }),
                &[CLIENT_SECRET],
            ),
            kind(
                "programmatic access token",
                json!({ "programmatic_access_token": ACCESS_TOKEN }),
                &[ACCESS_TOKEN],
            ),
            kind(
                "programmatic access token file",
                json!({ "programmatic_access_token_path": token_file }),
                &[ACCESS_TOKEN],
            ),
        ]
    }

    fn of_workloads(&self) -> Vec<LogInKind> {
        let token = identity_token(SNOWFLAKE_AUDIENCE);
        let (oidc_file, pod_file) = (self.file("oidc", &token), self.file("pod", POD_TOKEN));
        let workload = |name, provider: &str, environment: &[(&str, &str)], secrets: &[&str]| {
            let mut kind = kind(name, json!({ "workload_identity_provider": provider }), secrets);
            let owned = environment
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            kind.environment = owned.collect();
            kind
        };
        let (endpoint, authority) = (self.metadata.url("/msi/token"), self.metadata.url("/"));
        let aws = [
            ("AWS_ACCESS_KEY_ID", "AKIATEST"),
            ("AWS_SECRET_ACCESS_KEY", AWS_SECRET),
            ("AWS_SESSION_TOKEN", "session/token+="),
            ("AWS_REGION", "eu-central-1"),
        ];
        let function = [
            ("IDENTITY_ENDPOINT", endpoint.as_str()),
            ("IDENTITY_HEADER", IDENTITY_HEADER),
        ];
        let pod_path = pod_file.display().to_string();
        let pod = [
            ("AZURE_FEDERATED_TOKEN_FILE", pod_path.as_str()),
            ("AZURE_CLIENT_ID", "client-1"),
            ("AZURE_TENANT_ID", TENANT),
            ("AZURE_AUTHORITY_HOST", authority.as_str()),
        ];
        let oidc = json!({ "workload_identity_provider": "OIDC", "workload_identity_token": token });
        let oidc_path = json!({ "workload_identity_provider": "OIDC", "workload_identity_token_path": oidc_file });
        vec![
            workload("workload identity AWS", "AWS", &aws, &[AWS_SECRET, "session/token+="]),
            workload("workload identity Azure", "AZURE", &function, &[IDENTITY_HEADER]),
            workload("workload identity Azure Kubernetes", "AZURE", &pod, &[POD_TOKEN]),
            workload(
                "workload identity Google",
                "GCP",
                &[("GCE_METADATA_HOST", &self.metadata.host())],
                &[],
            ),
            kind("workload identity OIDC", oidc, &[&token]),
            kind("workload identity OIDC file", oidc_path, &[&token]),
        ]
    }

    /// A browser that logs in by itself, found where the system's is looked for.
    fn of_browser(&self) -> LogInKind {
        let script = "#!/usr/bin/env python3\n\
                      import sys, urllib.parse, urllib.request\n\
                      form = urllib.parse.urlencode({'user': 'demo', 'password': 'demo'}).encode()\n\
                      urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], form).read()\n";
        let path = self.file("xdg-open", script);
        make_executable(&path);
        let mut browser = kind(
            "browser",
            json!({ "user": "demo", "use_browser_authentication": true }),
            &[],
        );
        let others = std::env::var("PATH").unwrap_or_default();
        let first = self.directory.path().display();
        browser.environment = vec![("PATH".to_owned(), format!("{first}:{others}"))];
        browser
    }

    /// An access token of `demo` that was got elsewhere.
    ///
    /// # Panics
    /// When the server gives none.
    #[must_use]
    pub fn oauth_token(&self) -> String {
        use base64::Engine;
        let basic = base64::prelude::BASE64_STANDARD.encode(format!("client:{CLIENT_SECRET}"));
        let url = format!("http://127.0.0.1:{}/oauth/token-request", self.snowflake.port());
        let authorization = format!("Basic {basic}");
        let reply = exchange(
            "POST",
            &url,
            &[("Authorization", &authorization)],
            b"grant_type=client_credentials",
        );
        let reply = reply
            .unwrap_or_else(|problem| panic!("no OAuth token: {problem}"))
            .json();
        let token = reply.get("access_token").and_then(Value::as_str);
        token.unwrap_or_else(|| panic!("no OAuth token in {reply}")).to_owned()
    }

    /// Writes a file that lives as long as this.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()));
        path
    }
}

fn kind(name: &'static str, settings: Value, secrets: &[&str]) -> LogInKind {
    LogInKind {
        name,
        settings,
        environment: Vec::new(),
        secrets: secrets.iter().map(|&secret| secret.to_owned()).collect(),
    }
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let permissions = std::fs::Permissions::from_mode(0o755);
    let made = std::fs::set_permissions(path, permissions);
    made.unwrap_or_else(|problem| panic!("{}: {problem}", path.display()));
}
