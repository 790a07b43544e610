//! The settings that decide column types and how values are written. What follows is `columns/` and `record_row/`.

use connector_process::Settings;

use super::routing;
use crate::columns::{ColumnSettings, DatetimeTreatment, NumberType, TimestampType, VariantNumbers};

/// Below a kilobyte a limit is a mistake; Snowflake's greatest column has 128 MiB.
const COLUMN_BYTES: std::ops::RangeInclusive<i64> = 1_000..=134_217_728;

/// Snowflake's greatest scale is 37.
const SCALE: std::ops::RangeInclusive<i64> = 0..=37;

/// Reads them all.
pub(super) fn column_settings(settings: &mut Settings) -> ColumnSettings {
    let number_type = number_type(settings);
    let option = |name: &str| settings.text(name).unwrap_or_default();
    let mut columns = ColumnSettings {
        // Without the columns there is nothing to tell deleted rows by.
        add_record_metadata: settings.boolean("add_record_metadata") || settings.boolean("hard_delete"),
        allows_null_keys: settings.text("null_keys").is_some_and(|name| name != "fail"),
        timestamp_type: TimestampType::from_name(&option("timestamp_type")).unwrap_or_default(),
        datetime_treatment: DatetimeTreatment::from_name(&option("datetime_error_treatment")).unwrap_or_default(),
        number_type,
        mixed_datetimes_are_text: option("datetime_or_text") == "text",
        is_iceberg: settings.boolean("iceberg_create"),
        variant_numbers: VariantNumbers::from_name(&option("variant_numbers")).unwrap_or_default(),
        identifier_case: routing::identifier_case(settings),
        ..ColumnSettings::default()
    };
    column_sizes(settings, &mut columns);
    columns
}

fn number_type(settings: &mut Settings) -> NumberType {
    let scale = settings
        .integer_within("number_scale", SCALE)
        .and_then(|scale| u8::try_from(scale).ok());
    match settings.text("number_type").as_deref() {
        Some("number") => NumberType::Number {
            scale: scale.unwrap_or_default(),
        },
        Some("decfloat") => NumberType::DecimalFloat,
        _ => NumberType::Float,
    }
}

/// How large values may be.
fn column_sizes(settings: &mut Settings, columns: &mut ColumnSettings) {
    columns.truncates_text = settings.text("value_too_large").as_deref() == Some("truncate");
    let mut bytes = |name: &str| {
        let number = settings.integer_within(name, COLUMN_BYTES)?;
        usize::try_from(number).ok()
    };
    if let Some(limit) = bytes("maximum_text_bytes") {
        columns.maximum_text_bytes = limit;
    }
    if let Some(limit) = bytes("maximum_variant_bytes") {
        columns.maximum_variant_bytes = limit;
    }
}
