//! The settings that decide column kinds and how values become text. Not for where batches are written.

use super::identifier_case::IdentifierCase;

/// Which of Snowflake's timestamp types a `date-time` string is stored as (setting `timestamp_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TimestampType {
    /// `TIMESTAMP_NTZ`: the value converted to UTC, without a zone.
    #[default]
    Ntz,
    /// `TIMESTAMP_TZ`: the value with the offset it came with.
    Tz,
    /// `TIMESTAMP_LTZ`: an instant, shown in each session's own time zone.
    Ltz,
}

impl TimestampType {
    /// The setting's value as users write it, which is also the SQL type name: `TIMESTAMP_NTZ` and so on.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ntz => "TIMESTAMP_NTZ",
            Self::Tz => "TIMESTAMP_TZ",
            Self::Ltz => "TIMESTAMP_LTZ",
        }
    }

    /// Reads the setting's value; upper and lower case are the same.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Ntz, Self::Tz, Self::Ltz]
            .into_iter()
            .find(|candidate| candidate.name().eq_ignore_ascii_case(name))
    }
}

/// What happens to a date, time or timestamp that cannot be read or lies outside the years 0001 to 9999
/// (setting `datetime_error_treatment`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DatetimeTreatment {
    /// The record is refused: nothing is changed silently.
    #[default]
    Error,
    /// The greatest value is written: `9999-12-31 23:59:59.999999`, `9999-12-31` or `23:59:59.999999`.
    Max,
    /// NULL is written.
    Null,
}

impl DatetimeTreatment {
    /// Reads the setting's value: `error`, `max` or `null`, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "error" => Some(Self::Error),
            "max" => Some(Self::Max),
            "null" => Some(Self::Null),
            _ => None,
        }
    }
}

/// What becomes of a number inside JSON that VARIANT would round: one of more than 38 digits, or with an exponent, whose
/// digits no double keeps (setting `variant_numbers`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum VariantNumbers {
    /// A string with the number's text takes its place: nothing is lost, and casts read it like the number.
    #[default]
    String,
    /// Snowflake makes a double of it. One larger than any double is refused.
    Round,
    /// The record is refused.
    Refuse,
}

impl VariantNumbers {
    /// Reads the setting's value: `string`, `round` or `refuse`, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "string" => Some(Self::String),
            "round" => Some(Self::Round),
            "refuse" => Some(Self::Refuse),
            _ => None,
        }
    }
}

/// What is done with values that their column does not take as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ValueRules {
    /// Dates that are none.
    pub datetime_treatment: DatetimeTreatment,
    /// Numbers that VARIANT would round.
    pub variant_numbers: VariantNumbers,
}

/// What the user chose about columns and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnSettings {
    /// Adds the seven `_SDC_…` columns (setting `add_record_metadata`).
    pub add_record_metadata: bool,
    /// The type of `date-time` strings and of the metadata timestamps.
    pub timestamp_type: TimestampType,
    /// What to do with dates that are none.
    pub datetime_treatment: DatetimeTreatment,
    /// What to do with numbers that VARIANT would round.
    pub variant_numbers: VariantNumbers,
    /// Takes records whose key is null or missing.
    pub allows_null_keys: bool,
    /// How column names are spelled.
    pub identifier_case: IdentifierCase,
    /// The most bytes that a VARCHAR column takes.
    pub maximum_text_bytes: usize,
    /// The most bytes of JSON text that a VARIANT column takes.
    pub maximum_variant_bytes: usize,
    /// Cuts longer texts to that instead of refusing them.
    pub truncates_text: bool,
}

/// What a VARCHAR or VARIANT column without a length takes (Snowflake's documentation of data types).
const USUAL_MAXIMUM_BYTES: usize = 16 * 1024 * 1024;

impl Default for ColumnSettings {
    fn default() -> Self {
        Self {
            add_record_metadata: true,
            timestamp_type: TimestampType::default(),
            datetime_treatment: DatetimeTreatment::default(),
            variant_numbers: VariantNumbers::default(),
            allows_null_keys: false,
            identifier_case: IdentifierCase::default(),
            maximum_text_bytes: USUAL_MAXIMUM_BYTES,
            maximum_variant_bytes: USUAL_MAXIMUM_BYTES,
            truncates_text: false,
        }
    }
}

impl ColumnSettings {
    /// The part that single values follow.
    pub fn value_rules(&self) -> ValueRules {
        ValueRules {
            datetime_treatment: self.datetime_treatment,
            variant_numbers: self.variant_numbers,
        }
    }
}
