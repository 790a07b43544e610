//! Every form of key that users have: read, or refused with the command that turns it into one that is read.

use super::*;

const PLAIN: &str = include_str!("../../../tests/data/rsa_plain.p8");
const AES256: &str = include_str!("../../../tests/data/rsa_aes256.p8");
const DES3: &str = include_str!("../../../tests/data/rsa_des3.p8");
const PBES1: &str = include_str!("../../../tests/data/rsa_pbes1.p8");
const PKCS1: &str = include_str!("../../../tests/data/rsa_pkcs1.pem");
const PKCS1_ENCRYPTED: &str = include_str!("../../../tests/data/rsa_pkcs1_encrypted.pem");
const ELLIPTIC: &str = include_str!("../../../tests/data/elliptic.p8");
const PUBLIC: &str = include_str!("../../../tests/data/rsa_public.pem");
const FINGERPRINT: &str = include_str!("../../../tests/data/rsa_public.fingerprint");

fn read(pem: &str, passphrase: Option<&str>) -> Result<PrivateKey, Error> {
    PrivateKey::read(
        &PrivateKeySource::Pem(Secret::new(pem)),
        passphrase.map(Secret::new).as_ref(),
    )
}

#[test]
fn keys_in_supported_forms_have_the_fingerprint_that_openssl_computes() {
    let passphrase = Some("test-passphrase");
    let one_line = PLAIN.replace('\n', "\\n");
    let windows = PLAIN.replace('\n', "\r\n");
    let lost_breaks = PLAIN.replace('\n', "");
    let blanks = AES256.replace('\n', " ");
    let der = |pem| BASE64_STANDARD.encode(pem_body(pem));
    let (der_plain, der_encrypted, der_pkcs1) = (der(PLAIN), der(AES256), der(PKCS1));
    let der_in_lines = PLAIN
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect::<Vec<_>>()
        .join("\n");
    let forms = [
        (PLAIN, None),
        (PLAIN, passphrase),
        (AES256, passphrase),
        (DES3, passphrase),
        (PKCS1, None),
        (one_line.as_str(), None),
        (windows.as_str(), None),
        (lost_breaks.as_str(), None),
        (blanks.as_str(), passphrase),
        (der_plain.as_str(), None),
        (der_plain.trim_end_matches('='), None),
        (der_encrypted.as_str(), passphrase),
        (der_pkcs1.as_str(), None),
        (der_in_lines.as_str(), None),
    ];
    for (pem, passphrase) in forms {
        let key = read(pem, passphrase).unwrap();
        assert_eq!(key.fingerprint(), format!("SHA256:{}", FINGERPRINT.trim()));
    }
}

#[test]
fn a_file_may_hold_the_der_form_itself() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rsa_key.der");
    for (pem, passphrase) in [(PLAIN, None), (AES256, Some(Secret::new("test-passphrase")))] {
        std::fs::write(&path, pem_body(pem)).unwrap();
        let key = PrivateKey::read(&PrivateKeySource::Path(path.clone()), passphrase.as_ref()).unwrap();
        assert_eq!(key.fingerprint(), format!("SHA256:{}", FINGERPRINT.trim()));
    }
}

#[test]
fn other_forms_are_refused_in_one_line_without_a_word_of_the_key() {
    let cases = [
        ("no passphrase", AES256, None),
        ("wrong passphrase", AES256, Some("wrong")),
        ("old encryption", PBES1, Some("test-passphrase")),
        ("encrypted PKCS#1", PKCS1_ENCRYPTED, Some("test-passphrase")),
        ("not RSA", ELLIPTIC, None),
        ("public half", PUBLIC, None),
        (
            "OpenSSH",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n-----END OPENSSH PRIVATE KEY-----",
            None,
        ),
        (
            "old EC",
            "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----",
            None,
        ),
        ("cut", &PLAIN[..400], None),
        ("not PEM", "MIIEvQIBADANBgkqhkiG9w0BAQ", None),
        ("empty", "", None),
        ("a path", "/etc/keys/rsa-key.p8", None),
        ("a path at home", "~/rsa_key", None),
    ];
    let lines: Vec<String> = cases
        .iter()
        .map(|(name, pem, passphrase)| {
            let failure = read(pem, *passphrase).err().unwrap();
            assert_eq!(failure.kind(), ErrorKind::Configuration);
            format!("{name}: {failure} | {}", failure.hint().unwrap_or_default())
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_missing_file_is_named() {
    let failure = PrivateKey::read(&PrivateKeySource::Path("/nowhere/rsa_key.p8".into()), None)
        .err()
        .unwrap();
    assert_eq!(
        failure.to_string(),
        "the private key file /nowhere/rsa_key.p8 cannot be read: entity not found"
    );
}

#[test]
fn a_token_is_signed_by_the_key_and_says_who_and_how_long() {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    let signer = crate::key_pair::TokenSigner::new(read(PLAIN, None).unwrap(), "MyOrg-Acct", "loader");
    let token = signer.sign().unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let public = pem_body(PUBLIC);
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public)
        .verify(signed.as_bytes(), &BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap())
        .unwrap();

    let (header, claims) = signed.split_once('.').unwrap();
    assert_eq!(
        BASE64_URL_SAFE_NO_PAD.decode(header).unwrap(),
        br#"{"alg":"RS256","typ":"JWT"}"#
    );
    let claims: serde_json::Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["sub"], "MYORG-ACCT.LOADER");
    assert_eq!(
        claims["iss"],
        format!("MYORG-ACCT.LOADER.SHA256:{}", FINGERPRINT.trim())
    );
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 120);
}

fn pem_body(pem: &str) -> Vec<u8> {
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    BASE64_STANDARD.decode(base64).unwrap()
}
