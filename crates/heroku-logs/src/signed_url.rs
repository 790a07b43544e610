//! Takes the secrets out of signed addresses in messages: Heroku's own `app[api]` lines print such addresses of its
//! storage, and whoever reads them can use them. Knows the parameters of S3 (both kinds of signature) and Google.

use std::borrow::Cow;

use memchr::memmem;

/// What stands in place of a secret.
const REDACTED: &[u8] = b"***";

/// Parameters whose names nothing else has.
const TELLING_NAMES: [&[u8]; 5] = [
    b"X-Amz-Signature",
    b"X-Amz-Credential",
    b"X-Amz-Security-Token",
    b"X-Goog-Signature",
    b"X-Goog-Credential",
];
/// The older signature of S3 has a name that others use too: it counts when this one is there.
const OLD_KEY_NAME: &[u8] = b"AWSAccessKeyId";
const OLD_NAMES: [&[u8]; 2] = [OLD_KEY_NAME, b"Signature"];

/// What stands between name and value; escaped in an address within an address.
const SIGNS: [&[u8]; 3] = [b"=", b"%3D", b"%3d"];

/// The message with `***` for the values of these parameters; borrowed when there are none.
pub fn without_signatures(message: &[u8]) -> Cow<'_, [u8]> {
    let has_telling = memmem::find(message, b"X-Amz-").is_some() || memmem::find(message, b"X-Goog-").is_some();
    let has_old = memmem::find(message, OLD_KEY_NAME).is_some();
    if !has_telling && !has_old {
        return Cow::Borrowed(message);
    }
    let mut names = TELLING_NAMES.to_vec();
    if has_old {
        names.extend(OLD_NAMES);
    }
    let names = TELLING_NAMES.iter().chain(OLD_NAMES.iter().filter(|_| has_old));
    let mut clean = Vec::with_capacity(message.len());
    let mut copied = 0;
    for sign in memchr::memchr2_iter(b'=', b'%', message) {
        let (Some(before), Some(from_sign)) = (message.get(copied..sign), message.get(sign..)) else {
            continue;
        };
        let Some(behind) = SIGNS.iter().find_map(|sign| from_sign.strip_prefix(*sign)) else {
            continue;
        };
        if !names.clone().any(|name| before.ends_with(name)) {
            continue;
        }
        let length = behind.iter().take_while(|byte| is_of_value(**byte)).count();
        if length > 0 {
            let value = message.len() - behind.len();
            clean.extend_from_slice(message.get(copied..value).unwrap_or_default());
            clean.extend_from_slice(REDACTED);
            copied = value + length;
        }
    }
    clean.extend_from_slice(message.get(copied..).unwrap_or_default());
    Cow::Owned(clean)
}

/// Letters, digits and what addresses hold besides, less the `&` between parameters.
fn is_of_value(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"%-._~+/=:".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clean(message: &str) -> String {
        String::from_utf8(without_signatures(message.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn the_secrets_of_signed_addresses_go_and_the_rest_stays() {
        for (message, expected) in [
            (
                "`curl 'https://s.example/log?X-Amz-Algorithm=A&X-Amz-Credential=AK%2Fus&X-Amz-Signature=0aF9' -o x`",
                "`curl 'https://s.example/log?X-Amz-Algorithm=A&X-Amz-Credential=***&X-Amz-Signature=***' -o x`",
            ),
            (
                "get https://s.example/slug?AWSAccessKeyId=AK1&Signature=a%2Bb%3D&Expires=17",
                "get https://s.example/slug?AWSAccessKeyId=***&Signature=***&Expires=17",
            ),
            (
                "next=https%3A%2F%2Fs%3FX-Amz-Signature%3Dabc def",
                "next=https%3A%2F%2Fs%3FX-Amz-Signature%3D*** def",
            ),
            ("X-Goog-Signature=", "X-Goog-Signature="),
            ("Signature=kept X-Amz-Date=kept", "Signature=kept X-Amz-Date=kept"),
            (
                "X-Amz-Signature is a name; X-Amz-Signature=é",
                "X-Amz-Signature is a name; X-Amz-Signature=é",
            ),
        ] {
            assert_eq!(clean(message), expected);
        }
        assert!(matches!(without_signatures(b"plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn many_addresses_cost_no_square_of_time() {
        let message = "X-Amz-Signature=a&Signature=".repeat(100_000) + &"=".repeat(1_000_000);
        assert_eq!(clean(&message).matches("***").count(), 100_000);
    }

    proptest! {
        #[test]
        fn no_value_is_left(parts in proptest::collection::vec("(X-Amz-Signature|AWSAccessKeyId|=|%3D|&|[a-z]|é| ){0,4}", 0..10)) {
            let message = format!("{}X-Amz-Signature=5ec4e7 {}", parts.concat(), parts.concat());
            prop_assert!(!clean(&message).contains("5ec4e7"));
        }
    }
}
