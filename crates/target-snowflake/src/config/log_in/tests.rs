//! Which way the settings choose, and one line for everything that is wrong with them.

use connector_process::Environment;
use snowflake_client::{Credentials, IdentityProvider, Passcode, PrivateKeySource, TokenSource};

use crate::config::{Config, setting_of};

fn load(pairs: &[(&str, &str)]) -> Result<Config, connector_process::Failure> {
    let usual = [("ACCOUNT", "acct"), ("DATABASE", "db")];
    let named: Vec<(String, &str)> = usual
        .iter()
        .chain(pairs)
        .map(|(name, value)| (format!("TARGET_SNOWFLAKE_{name}"), *value))
        .collect();
    let pairs = named.iter().map(|(name, value)| (name.as_str(), *value));
    Config::load(&[], &Environment::from_pairs(pairs))
}

fn credentials(pairs: &[(&str, &str)]) -> Credentials {
    load(pairs).unwrap().client.credentials
}

#[test]
fn each_way_is_chosen_by_its_own_settings() {
    let cases: [(&[(&str, &str)], &str); 11] = [
        (&[("USER", "u"), ("PASSWORD", "p")], "password"),
        (&[("USER", "u"), ("PASSWORD", "p"), ("PASSCODE", "123456")], "passcode"),
        (
            &[("USER", "u"), ("PASSWORD", "p"), ("PASSCODE_IN_PASSWORD", "true")],
            "password",
        ),
        (
            &[
                ("USER", "u"),
                ("PRIVATE_KEY", "-----BEGIN"),
                ("PRIVATE_KEY_PASSPHRASE", "x"),
            ],
            "private_key",
        ),
        (&[("USER", "u"), ("PRIVATE_KEY_PATH", "/k")], "private_key_path"),
        (&[("OAUTH_ACCESS_TOKEN", "t")], "oauth_access_token"),
        (
            &[("PROGRAMMATIC_ACCESS_TOKEN_PATH", "/t")],
            "programmatic_access_token_path",
        ),
        (
            &[("OAUTH_CLIENT_ID", "i"), ("OAUTH_CLIENT_SECRET", "s")],
            "oauth_client_id",
        ),
        (&[("WORKLOAD_IDENTITY_PROVIDER", "aws")], "workload_identity_provider"),
        (
            &[
                ("WORKLOAD_IDENTITY_PROVIDER", "OIDC"),
                ("WORKLOAD_IDENTITY_TOKEN_PATH", "/t"),
            ],
            "workload_identity_provider",
        ),
        (
            &[("USER", "u"), ("USE_BROWSER_AUTHENTICATION", "true")],
            "use_browser_authentication",
        ),
    ];
    for (pairs, setting) in cases {
        assert_eq!(setting_of(&credentials(pairs)), setting);
    }
    let oidc = credentials(&[
        ("WORKLOAD_IDENTITY_PROVIDER", "OIDC"),
        ("WORKLOAD_IDENTITY_TOKEN_PATH", "/t"),
    ]);
    assert!(matches!(
        oidc,
        Credentials::WorkloadIdentity {
            provider: IdentityProvider::Oidc(TokenSource::Path(_)),
            ..
        }
    ));
    let with_code = credentials(&[("USER", "u"), ("PASSWORD", "p1"), ("PASSCODE_IN_PASSWORD", "yes")]);
    assert!(matches!(
        with_code,
        Credentials::PasswordWithPasscode {
            passcode: Passcode::InPassword,
            ..
        }
    ));
}

#[test]
fn authenticator_decides_between_several() {
    let several = [
        ("USER", "u"),
        ("PASSWORD", "p"),
        ("PRIVATE_KEY_PATH", "/k"),
        ("OAUTH_ACCESS_TOKEN", "t"),
    ];
    for (word, setting) in [
        ("snowflake", "password"),
        ("SNOWFLAKE_JWT", "private_key_path"),
        ("oauth", "oauth_access_token"),
        ("externalbrowser", "use_browser_authentication"),
    ] {
        let pairs: Vec<_> = several.into_iter().chain([("AUTHENTICATOR", word)]).collect();
        assert_eq!(setting_of(&credentials(&pairs)), setting);
    }
}

#[test]
fn a_key_counts_beside_a_password() {
    let both = [("USER", "u"), ("PASSWORD", "p"), ("PRIVATE_KEY_PATH", "/k")];
    assert_eq!(setting_of(&credentials(&both)), "private_key_path");
}

#[test]
fn a_private_key_may_be_the_path_of_a_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let chosen = credentials(&[("USER", "u"), ("PRIVATE_KEY", file.path().to_str().unwrap())]);
    assert!(matches!(
        chosen,
        Credentials::KeyPair {
            key: PrivateKeySource::Path(_),
            ..
        }
    ));
}

/// What is wrong, and the settings that are.
const WRONG: [(&str, &[(&str, &str)]); 18] = [
    ("none", &[]),
    ("none but the user", &[("USER", "u")]),
    (
        "several",
        &[
            ("USER", "u"),
            ("PASSWORD", "hush"),
            ("PRIVATE_KEY", "hush"),
            ("OAUTH_CLIENT_ID", "hush"),
        ],
    ),
    (
        "several, two of them incomplete",
        &[
            ("USER", "u"),
            ("PASSWORD", "hush"),
            ("OAUTH_CLIENT_ID", "hush"),
            ("WORKLOAD_IDENTITY_PROVIDER", "OIDC"),
        ],
    ),
    (
        "a passcode in no password",
        &[("OAUTH_ACCESS_TOKEN", "hush"), ("PASSCODE_IN_PASSWORD", "1")],
    ),
    ("no user", &[("PASSWORD", "hush")]),
    (
        "loose ends",
        &[
            ("USER", "u"),
            ("PASSWORD", "hush"),
            ("PRIVATE_KEY_PASSPHRASE", "hush"),
            ("OAUTH_SCOPE", "s"),
        ],
    ),
    ("only a passcode", &[("USER", "u"), ("PASSCODE", "hush")]),
    (
        "two passcodes",
        &[
            ("USER", "u"),
            ("PASSWORD", "hush"),
            ("PASSCODE", "hush"),
            ("PASSCODE_IN_PASSWORD", "1"),
        ],
    ),
    (
        "no passcode",
        &[
            ("USER", "u"),
            ("PASSWORD", "hush"),
            ("AUTHENTICATOR", "username_password_mfa"),
        ],
    ),
    (
        "two keys",
        &[("USER", "u"), ("PRIVATE_KEY", "hush"), ("PRIVATE_KEY_PATH", "/k")],
    ),
    (
        "two tokens",
        &[("OAUTH_ACCESS_TOKEN", "hush"), ("OAUTH_ACCESS_TOKEN_PATH", "/t")],
    ),
    ("half an OAuth client", &[("OAUTH_CLIENT_SECRET", "hush")]),
    ("OIDC without a token", &[("WORKLOAD_IDENTITY_PROVIDER", "OIDC")]),
    (
        "a token without OIDC",
        &[
            ("WORKLOAD_IDENTITY_PROVIDER", "GCP"),
            ("WORKLOAD_IDENTITY_TOKEN", "hush"),
        ],
    ),
    ("an unknown provider", &[("WORKLOAD_IDENTITY_PROVIDER", "hush")]),
    (
        "the chosen way is not there",
        &[("AUTHENTICATOR", "snowflake_jwt"), ("PASSWORD", "hush")],
    ),
    (
        "an unknown way",
        &[
            ("AUTHENTICATOR", "https://hush.okta.com"),
            ("USER", "u"),
            ("PASSWORD", "p"),
        ],
    ),
];

#[test]
fn what_is_missing_too_much_or_incomplete_is_named_at_once() {
    let lines: Vec<String> = WRONG
        .iter()
        .map(|(name, pairs)| format!("{name}: {}", load(pairs).unwrap_err()))
        .collect();
    let text = lines.join("\n");
    assert!(!text.contains("hush"), "{text}");
    insta::assert_snapshot!(text);
}
