//! The type of a column that exists already, as `SHOW COLUMNS` describes it. How it goes together with what a schema asks
//! for is `compatibility.rs`.

use serde_json::Value;

use super::settings::TimestampType;

/// The type of a column in an existing table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExistingType {
    /// `NUMBER(precision, scale)`.
    Number {
        /// Digits in all.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// `FLOAT` and its synonyms.
    Float,
    /// `DECFLOAT`.
    DecimalFloat,
    /// `BOOLEAN`.
    Boolean,
    /// `VARCHAR(length)`.
    Text {
        /// Characters that fit; `None` when Snowflake did not say.
        length: Option<u64>,
    },
    /// `BINARY`.
    Binary,
    /// `DATE`.
    Date,
    /// `TIME(digits)`.
    Time {
        /// Digits of a second's fraction.
        digits: u8,
    },
    /// A timestamp type.
    Timestamp {
        /// Which one.
        zone: TimestampType,
        /// Digits of a second's fraction.
        digits: u8,
    },
    /// `VARIANT`.
    Variant,
    /// `OBJECT`, `ARRAY` or `MAP`, whose values a VARIANT takes.
    Structured,
    /// Anything else: GEOGRAPHY, VECTOR, … which this target does not write.
    Other,
}

impl ExistingType {
    /// Reads the `data_type` cell of `SHOW COLUMNS`: `{"type":"FIXED","precision":38,"scale":0,"nullable":true}`.
    pub fn from_show_columns(data_type: &str) -> Option<Self> {
        let description: Value = serde_json::from_str(data_type).ok()?;
        let number = |key: &str| description.get(key).and_then(Value::as_u64);
        let digits = |key: &str| number(key).and_then(|value| u8::try_from(value).ok());
        let timestamp = |zone| Self::Timestamp {
            zone,
            digits: digits("scale").unwrap_or(9),
        };
        Some(match description.get("type")?.as_str()?.to_ascii_uppercase().as_str() {
            "FIXED" => Self::Number {
                precision: digits("precision").unwrap_or(38),
                scale: digits("scale").unwrap_or(0),
            },
            "REAL" => Self::Float,
            "DECFLOAT" => Self::DecimalFloat,
            "BOOLEAN" => Self::Boolean,
            "TEXT" => Self::Text {
                length: number("length"),
            },
            "BINARY" => Self::Binary,
            "DATE" => Self::Date,
            "TIME" => Self::Time {
                digits: digits("scale").unwrap_or(9),
            },
            "TIMESTAMP_NTZ" => timestamp(TimestampType::Ntz),
            "TIMESTAMP_TZ" => timestamp(TimestampType::Tz),
            "TIMESTAMP_LTZ" => timestamp(TimestampType::Ltz),
            "VARIANT" => Self::Variant,
            "OBJECT" | "ARRAY" | "MAP" => Self::Structured,
            _ => Self::Other,
        })
    }

    /// Whether values are dates, times or both.
    pub fn is_temporal(&self) -> bool {
        matches!(self, Self::Date | Self::Time { .. } | Self::Timestamp { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn show_columns_cells_are_read() {
        let read = |text: &str| ExistingType::from_show_columns(text);
        assert_eq!(
            read(r#"{"type":"FIXED","precision":10,"scale":2,"nullable":true}"#),
            Some(ExistingType::Number {
                precision: 10,
                scale: 2
            })
        );
        assert_eq!(
            read(r#"{"type":"TEXT","length":16777216,"byteLength":16777216,"nullable":false,"fixed":false}"#),
            Some(ExistingType::Text {
                length: Some(16_777_216)
            })
        );
        assert_eq!(
            read(r#"{"type":"TIMESTAMP_TZ","precision":0,"scale":3,"nullable":true}"#),
            Some(ExistingType::Timestamp {
                zone: TimestampType::Tz,
                digits: 3
            })
        );
        assert_eq!(read(r#"{"type":"GEOGRAPHY"}"#), Some(ExistingType::Other));
        assert_eq!(read("not JSON"), None);
    }
}
