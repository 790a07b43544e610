//! The closed set of column kinds: their SQL type, and the cast from a batch table's VARCHAR column.

use std::fmt::Display;

use super::settings::{TextLength, TimestampType};

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
    /// Exact decimals of up to 38 digits, wherever the point is: `DECFLOAT`.
    DecimalFloat,
    /// `BOOLEAN`.
    Boolean,
    /// `VARCHAR`: `maxLength` of the schema is not enforced.
    Text,
    /// `BINARY`; values arrive and are written as hexadecimal text.
    Binary,
    /// `DATE`.
    Date,
    /// `TIME`.
    Time {
        /// Digits of a second's fraction, 0 to 9. A value with more is refused, never cut.
        digits: u8,
    },
    /// One of the timestamp types.
    Timestamp {
        /// Which one.
        zone: TimestampType,
        /// Digits of a second's fraction, 0 to 9. A value with more is refused, never cut.
        digits: u8,
    },
    /// `VARIANT`: objects, arrays and anything else, as JSON text. Snowflake keeps numbers of up to 38 digits exactly in it
    /// and would make doubles of others (setting `variant_numbers`).
    Variant,
}

impl ColumnKind {
    /// The type as written in CREATE TABLE and ALTER TABLE, for example `NUMBER(38, 0)` or `TIMESTAMP_NTZ(9)`.
    pub fn sql_type(&self, text_length: TextLength) -> String {
        match self {
            Self::Integer => "NUMBER(38, 0)".to_owned(),
            Self::Decimal { precision, scale } => format!("NUMBER({precision}, {scale})"),
            Self::Float => "FLOAT".to_owned(),
            Self::DecimalFloat => "DECFLOAT".to_owned(),
            Self::Boolean => "BOOLEAN".to_owned(),
            Self::Text => text_length.sql_type().to_owned(),
            Self::Binary => "BINARY".to_owned(),
            Self::Date => "DATE".to_owned(),
            Self::Time { digits } => format!("TIME({digits})"),
            Self::Timestamp { zone, digits } => format!("{}({digits})", zone.name()),
            Self::Variant => "VARIANT".to_owned(),
        }
    }

    /// The SQL expression that turns the batch table's VARCHAR column into this kind.
    ///
    /// `column` is the column as it stands in SQL, so a quoted identifier (with or without a table alias). Formats are
    /// always given: without one, Snowflake reads dates by the session's `…_INPUT_FORMAT` parameters.
    pub fn cast(&self, column: &impl Display) -> String {
        match self {
            Self::Integer | Self::Decimal { .. } | Self::Float | Self::DecimalFloat | Self::Boolean => {
                format!("CAST({column} AS {})", self.sql_type(TextLength::default()))
            }
            Self::Text => column.to_string(),
            Self::Binary => format!("TO_BINARY({column}, 'HEX')"),
            Self::Date => format!("TO_DATE({column}, 'YYYY-MM-DD')"),
            Self::Time { .. } => format!("TO_TIME({column}, 'HH24:MI:SS.FF9')"),
            Self::Timestamp {
                zone: TimestampType::Ntz,
                ..
            } => {
                format!("TO_TIMESTAMP_NTZ({column}, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF9')")
            }
            Self::Timestamp { zone, .. } => {
                format!("TO_{}({column}, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF9TZH:TZM')", zone.name())
            }
            // 'd' keeps the last of duplicate keys, as JSON readers do; without it a duplicate key is a load error.
            Self::Variant => format!("PARSE_JSON({column}, 'd')"),
        }
    }

    /// The kind of a column of an Apache Iceberg table: its second version has no VARIANT, whose JSON text VARCHAR keeps, and
    /// no more than microseconds.
    pub fn in_iceberg(self) -> Self {
        match self {
            Self::Variant => Self::Text,
            Self::Time { .. } => Self::Time { digits: 6 },
            Self::Timestamp { zone, .. } => Self::Timestamp { zone, digits: 6 },
            other => other,
        }
    }

    /// Whether values are numbers.
    pub fn is_numeric(&self) -> bool {
        matches!(
            self,
            Self::Integer | Self::Decimal { .. } | Self::Float | Self::DecimalFloat
        )
    }

    /// Whether values are numbers that keep all their digits.
    pub fn is_exact_number(&self) -> bool {
        self.is_numeric() && *self != Self::Float
    }

    /// Whether values are dates, times or both.
    pub fn is_temporal(&self) -> bool {
        matches!(self, Self::Date | Self::Time { .. } | Self::Timestamp { .. })
    }

    /// What a value of this kind must be, for messages: `an integer of at most 38 digits`.
    pub fn expectation(&self) -> String {
        match self {
            Self::Integer => "an integer of at most 38 digits".to_owned(),
            Self::Decimal { precision, scale } => {
                format!("a number of at most {precision} digits, {scale} of them after the point")
            }
            Self::Float => "a number".to_owned(),
            Self::DecimalFloat => "a number of at most 38 digits".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Text => "text".to_owned(),
            Self::Binary => "hexadecimal text".to_owned(),
            Self::Date => "a date (YYYY-MM-DD) in the years 0001 to 9999".to_owned(),
            Self::Time { digits } => format!("a time (HH:MM:SS) with at most {digits} digits after the second"),
            Self::Timestamp { digits, .. } => format!(
                "a date-time (RFC 3339) in the years 0001 to 9999 with at most {digits} digits after the second"
            ),
            Self::Variant => "JSON whose numbers VARIANT holds exactly".to_owned(),
        }
    }
}
