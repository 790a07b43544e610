//! The settings that say which records are refused and what becomes of them. What follows is `invalid_records.rs`.

use connector_process::Settings;

use crate::invalid_records::{InvalidPolicy, InvalidRecordSettings};

/// What becomes of records that cannot be loaded.
pub(super) fn invalid_records(settings: &mut Settings) -> InvalidRecordSettings {
    let detects = settings.boolean("invalid_records_detect");
    let threshold = settings
        .integer_within("invalid_records_threshold", 0..=i64::MAX)
        .and_then(|number| u64::try_from(number).ok())
        .filter(|_| detects);
    let chosen = settings
        .text("on_invalid_record")
        .and_then(|name| InvalidPolicy::from_name(&name));
    // Whoever says how many are too many wants the others not to end the run.
    let tolerates = !detects || threshold.is_some_and(|threshold| threshold > 0);
    let usual = if tolerates {
        InvalidPolicy::Reject
    } else {
        InvalidPolicy::Fail
    };
    let on_invalid = chosen.unwrap_or(usual);
    let on_too_large = settings
        .text("value_too_large")
        .and_then(|name| InvalidPolicy::from_name(&name));
    InvalidRecordSettings {
        validates: settings.boolean("validate_records"),
        on_invalid,
        on_too_large: on_too_large.unwrap_or(on_invalid),
        threshold,
    }
}
