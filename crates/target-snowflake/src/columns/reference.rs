//! What a `$ref` of a JSON Schema points to. Only pointers into the same document; nothing is fetched.

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// The part of `root` that `reference` (`#/definitions/name`) points to; `None` for nothing, and for other documents.
pub(crate) fn referred<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let fragment = percent_decode_str(reference.strip_prefix('#')?).decode_utf8().ok()?;
    root.pointer(&fragment)
}
