//! The closed set of column kinds: their SQL type, and the cast from a batch table's VARCHAR column.

use std::fmt::Display;

use super::settings::TimestampType;

/// What a column holds; decides the SQL type, the accepted JSON values and the text written into the batch file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// Whole numbers of up to 38 digits: `NUMBER(38, 0)`.
    Integer,
    /// Exact decimals: `NUMBER(precision, scale)`. A value that does not fit exactly is refused, never rounded.
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits after the point, 0 to `precision` (37 at most).
        scale: u8,
    },
    /// Double precision: `FLOAT`.
    Float,
    /// `BOOLEAN`.
    Boolean,
    /// `VARCHAR` without a length: `maxLength` of the schema is not enforced.
    Text,
    /// `BINARY`; values arrive and are written as hexadecimal text.
    Binary,
    /// `DATE`.
    Date,
    /// `TIME(9)`.
    Time,
    /// One of the timestamp types, with nine fractional digits.
    Timestamp(TimestampType),
    /// `VARIANT`: objects, arrays and anything else, as JSON text. Snowflake keeps numbers of up to 38 digits exactly in it
    /// and would make doubles of others (setting `variant_numbers`).
    Variant,
}

impl ColumnKind {
    /// The type as written in CREATE TABLE and ALTER TABLE, for example `NUMBER(38, 0)` or `TIMESTAMP_NTZ(9)`.
    pub fn sql_type(&self) -> String {
        match self {
            Self::Integer => "NUMBER(38, 0)".to_owned(),
            Self::Decimal { precision, scale } => format!("NUMBER({precision}, {scale})"),
            Self::Float => "FLOAT".to_owned(),
            Self::Boolean => "BOOLEAN".to_owned(),
            Self::Text => "VARCHAR".to_owned(),
            Self::Binary => "BINARY".to_owned(),
            Self::Date => "DATE".to_owned(),
            Self::Time => "TIME(9)".to_owned(),
            Self::Timestamp(timestamp_type) => format!("{}(9)", timestamp_type.name()),
            Self::Variant => "VARIANT".to_owned(),
        }
    }

    /// The SQL expression that turns the batch table's VARCHAR column into this kind.
    ///
    /// `column` is the column as it stands in SQL, so a quoted identifier (with or without a table alias). Formats are
    /// always given: without one, Snowflake reads dates by the session's `…_INPUT_FORMAT` parameters.
    pub fn cast(&self, column: &impl Display) -> String {
        match self {
            Self::Integer | Self::Decimal { .. } | Self::Float | Self::Boolean => {
                format!("CAST({column} AS {})", self.sql_type())
            }
            Self::Text => column.to_string(),
            Self::Binary => format!("TO_BINARY({column}, 'HEX')"),
            Self::Date => format!("TO_DATE({column}, 'YYYY-MM-DD')"),
            Self::Time => format!("TO_TIME({column}, 'HH24:MI:SS.FF9')"),
            Self::Timestamp(TimestampType::Ntz) => {
                format!("TO_TIMESTAMP_NTZ({column}, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF9')")
            }
            Self::Timestamp(timestamp_type) => {
                format!(
                    "TO_{}({column}, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF9TZH:TZM')",
                    timestamp_type.name()
                )
            }
            // 'd' keeps the last of duplicate keys, as JSON readers do; without it a duplicate key is a load error.
            Self::Variant => format!("PARSE_JSON({column}, 'd')"),
        }
    }

    /// What a value of this kind must be, for messages: `an integer of at most 38 digits`.
    pub fn expectation(&self) -> String {
        match self {
            Self::Integer => "an integer of at most 38 digits".to_owned(),
            Self::Decimal { precision, scale } => {
                format!("a number of at most {precision} digits, {scale} of them after the point")
            }
            Self::Float => "a number".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Text => "text".to_owned(),
            Self::Binary => "hexadecimal text".to_owned(),
            Self::Date => "a date (YYYY-MM-DD) in the years 0001 to 9999".to_owned(),
            Self::Time => "a time (HH:MM:SS)".to_owned(),
            Self::Timestamp(_) => "a date-time (RFC 3339) in the years 0001 to 9999".to_owned(),
            Self::Variant => "JSON whose numbers VARIANT holds exactly".to_owned(),
        }
    }
}
