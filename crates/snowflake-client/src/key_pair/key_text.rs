//! From what people have as "the private key" to the bytes of a key: PEM, PEM whose line breaks were lost or became
//! the two characters `\n`, base64 of DER, DER itself. What kind of key it is, `private_key` finds out.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// A key taken out of its wrapping.
pub(crate) struct KeyDocument {
    /// What PEM says it is, such as `RSA PRIVATE KEY`; `None` for DER, which does not say.
    pub(crate) label: Option<String>,
    /// Empty when the label alone shows that it is of no use.
    pub(crate) der: Vec<u8>,
    /// A PEM text with headers: OpenSSL's old encryption.
    pub(crate) has_headers: bool,
}

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

/// Padding may have been lost with the line breaks.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// True when it begins as PEM does, so that only the rest can be at fault.
pub(crate) fn begins_as_pem(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.contains(BEGIN))
}

/// True for what nobody would take for base64: a dot is in most file names and in no key.
pub(crate) fn looks_like_a_path(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| {
        let text = text.trim();
        let is_short = !text.is_empty() && text.len() < 1000 && !text.contains('\n');
        is_short && (text.contains(['.', '~', '\\']) || text.starts_with('/'))
    })
}

/// `None` when it is nothing that could be a key.
pub(crate) fn key_document(bytes: &[u8]) -> Option<KeyDocument> {
    let der = |der: Vec<u8>| {
        Some(KeyDocument {
            label: None,
            der,
            has_headers: false,
        })
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        return is_der(bytes).then(|| der(bytes.to_vec()))?;
    };
    // An environment variable or a one-line setting often holds line breaks as two characters.
    let text = text.replace("\\r", "").replace("\\n", "\n");
    let Some((_, rest)) = text.split_once(BEGIN) else {
        return decoded(&text).filter(|bytes| is_der(bytes)).and_then(der);
    };
    let (label, rest) = rest.split_once(DASHES)?;
    let (body, _) = rest.split_once("-----END ").or_else(|| rest.split_once(DASHES))?;
    let has_headers = body.contains(':');
    let der = if has_headers { Vec::new() } else { decoded(body)? };
    Some(KeyDocument {
        label: Some(label.to_owned()),
        der,
        has_headers,
    })
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    LENIENT.decode(compact).ok().filter(|bytes| !bytes.is_empty())
}

/// Every key in DER form is a sequence.
fn is_der(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x30) && bytes.len() > 100
}
