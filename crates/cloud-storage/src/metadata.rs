//! What is written beside an object, in the form that headers can carry. Not for what it means.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use object_store::{Attribute, Attributes};

use crate::location::Cloud;

/// Names and values as attributes of an object.
pub(crate) fn attributes(cloud: Cloud, metadata: &[(String, String)]) -> Attributes {
    let mut attributes = Attributes::with_capacity(metadata.len());
    for (name, value) in metadata {
        // Azure's names are those of a programming language.
        let name = match cloud {
            Cloud::Azure => name.replace('-', "_"),
            Cloud::Amazon | Cloud::Google => name.clone(),
        };
        attributes.insert(Attribute::Metadata(name.into()), header_value(value).into());
    }
    attributes
}

/// Headers are printable ASCII without spaces around; anything else goes as an encoded word (RFC 2047), which S3 gives
/// back decoded.
fn header_value(text: &str) -> String {
    let is_plain = |character: char| character == ' ' || character.is_ascii_graphic();
    if text.chars().all(is_plain) && text.trim() == text && !text.starts_with("=?") {
        return text.to_owned();
    }
    format!("=?UTF-8?B?{}?=", BASE64_STANDARD.encode(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_headers_cannot_carry_is_encoded() {
        assert_eq!(header_value("orders, \"2026\""), "orders, \"2026\"");
        assert_eq!(header_value("größe"), "=?UTF-8?B?Z3LDtsOfZQ==?=");
        assert_eq!(header_value("a\r\nx-evil: 1"), "=?UTF-8?B?YQ0KeC1ldmlsOiAx?=");
        assert_eq!(header_value("=?x"), "=?UTF-8?B?PT94?=");
    }

    #[test]
    fn azure_has_no_hyphens_in_names() {
        let metadata = [("archived-by".to_owned(), "x".to_owned())];
        for (cloud, name) in [(Cloud::Azure, "archived_by"), (Cloud::Amazon, "archived-by")] {
            let found = attributes(cloud, &metadata);
            assert!(found.get(&Attribute::Metadata(name.into())).is_some(), "{cloud:?}");
        }
    }
}
