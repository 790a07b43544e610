//! The settings that decide column kinds and how values become text. Not for where batches are written.

use super::identifier_case::IdentifierCase;
use super::kind::ColumnKind;

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

/// What happens to a date, time or timestamp that cannot be read, lies outside the years 0001 to 9999 or is finer than its
/// column, which is a nanosecond unless somebody else made the column (setting `datetime_error_treatment`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DatetimeTreatment {
    /// The record is invalid: nothing is changed silently.
    #[default]
    Error,
    /// The record goes into the table of rejected records, whatever becomes of other invalid ones.
    Reject,
    /// The greatest value is written: `9999-12-31 23:59:59.999999`, `9999-12-31` or `23:59:59.999999`.
    Max,
    /// NULL is written.
    Null,
}

impl DatetimeTreatment {
    /// Reads the setting's value: `error`, `reject`, `max` or `null`, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "error" => Some(Self::Error),
            "reject" => Some(Self::Reject),
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

/// The column type of numbers that are neither integers nor decimals by their schema (setting `number_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NumberType {
    /// `FLOAT`, as other targets have it: 15 digits are exact.
    #[default]
    Float,
    /// `NUMBER(38, scale)`: digits behind that are refused.
    Number {
        /// Digits after the point, 0 to 37.
        scale: u8,
    },
    /// `DECFLOAT`: 38 digits, wherever the point is.
    DecimalFloat,
}

/// How long a VARCHAR column is made. Snowflake's own default stays 16 MiB, although it takes eight times as much since 2025
/// (behaviour change 1942); old columns and tables made by others have the default too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TextLength {
    /// The account's default.
    #[default]
    Usual,
    /// The most there is.
    Largest,
}

impl TextLength {
    /// For texts of up to so many bytes.
    pub fn for_bytes(bytes: usize) -> Self {
        if bytes > USUAL_MAXIMUM_BYTES {
            Self::Largest
        } else {
            Self::Usual
        }
    }

    /// The type as written in SQL.
    pub fn sql_type(self) -> &'static str {
        match self {
            Self::Usual => "VARCHAR",
            Self::Largest => "VARCHAR(134217728)",
        }
    }

    /// Characters that a column has at least.
    pub fn characters(self) -> u64 {
        match self {
            Self::Usual => 16_777_216,
            Self::Largest => 134_217_728,
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
    /// The type of numbers of which the schema says no more.
    pub number_type: NumberType,
    /// A property that is a date-time or any text gets a VARCHAR column.
    pub mixed_datetimes_are_text: bool,
    /// Columns are types of Apache Iceberg: no VARIANT, no more than microseconds.
    pub is_iceberg: bool,
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
            number_type: NumberType::default(),
            mixed_datetimes_are_text: false,
            is_iceberg: false,
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
    /// How long VARCHAR columns are.
    pub fn text_length(&self) -> TextLength {
        TextLength::for_bytes(self.maximum_text_bytes)
    }

    /// How long the batch table's columns are, which hold JSON as well.
    pub fn batch_text_length(&self) -> TextLength {
        TextLength::for_bytes(self.maximum_text_bytes.max(self.maximum_variant_bytes))
    }

    /// The kind of a column for date-times.
    pub fn timestamp_kind(&self) -> ColumnKind {
        let kind = ColumnKind::Timestamp {
            zone: self.timestamp_type,
            digits: 9,
        };
        if self.is_iceberg { kind.in_iceberg() } else { kind }
    }

    /// The part that single values follow.
    pub fn value_rules(&self) -> ValueRules {
        ValueRules {
            datetime_treatment: self.datetime_treatment,
            variant_numbers: self.variant_numbers,
        }
    }
}
