//! Values that are larger than their column can be: told, or cut when the user wants that. Only looked at when a record's
//! text is long enough to hold one.

use singer_protocol::Shape;

use super::problem::RecordProblemKind;
use super::text::string_content;
use super::value::Value;
use crate::columns::{ColumnKind, ColumnSettings};

/// Snowflake's limit of a BINARY column without a length.
const MAXIMUM_BINARY_BYTES: usize = 8 * 1024 * 1024;

/// The bytes of text from which on a record may hold a value that is too large.
pub(crate) fn least_limit(settings: &ColumnSettings) -> usize {
    settings
        .maximum_text_bytes
        .min(settings.maximum_variant_bytes)
        .min(MAXIMUM_BINARY_BYTES)
}

/// Looks at the CSV field that begins at `begin` and holds `value`. Cuts it if that is allowed: then it says true.
pub(crate) fn fit(
    property: &str,
    kind: ColumnKind,
    value: Value<'_>,
    settings: &ColumnSettings,
    begin: usize,
    row: &mut Vec<u8>,
) -> Result<bool, RecordProblemKind> {
    let field = row.get(begin..).unwrap_or_default();
    let quotes = field.iter().filter(|byte| **byte == b'"').count();
    // Two quotes are around a text, and every quote inside is doubled.
    let around = if quotes > 0 { 2 } else { 0 };
    let bytes = field.len().saturating_sub(around + quotes.saturating_sub(2) / 2);
    let (size_bytes, limit_bytes) = match kind {
        ColumnKind::Text => (bytes, settings.maximum_text_bytes),
        ColumnKind::Variant => (bytes, settings.maximum_variant_bytes),
        ColumnKind::Binary => (bytes / 2, MAXIMUM_BINARY_BYTES),
        _ => return Ok(false),
    };
    if size_bytes <= limit_bytes {
        return Ok(false);
    }
    match (kind, value.shape) {
        (ColumnKind::Text, Shape::String { has_escape }) if settings.truncates_text => {
            row.truncate(begin);
            write_cut(&string_content(value.text, has_escape), limit_bytes, row);
            Ok(true)
        }
        _ => Err(RecordProblemKind::TooLarge {
            key: property.to_owned(),
            size_bytes,
            limit_bytes,
        }),
    }
}

/// The text's first characters, as many as `limit_bytes` hold.
fn write_cut(content: &[u8], limit_bytes: usize, row: &mut Vec<u8>) {
    let is_inside_character = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
    let mut end = limit_bytes;
    while end > 0 && content.get(end).is_some_and(is_inside_character) {
        end -= 1;
    }
    row.push(b'"');
    for byte in content.get(..end).unwrap_or(content) {
        if *byte == b'"' {
            row.push(b'"');
        }
        row.push(*byte);
    }
    row.push(b'"');
}
