//! A column that exists already, as `SHOW COLUMNS` describes it, compared with the kind a schema asks for.
//! Not for the ALTER statement itself.

use serde_json::Value;

use super::kind::ColumnKind;
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
    /// `TIME`.
    Time,
    /// A timestamp type.
    Timestamp(TimestampType),
    /// `VARIANT`.
    Variant,
    /// Anything else: OBJECT, ARRAY, GEOGRAPHY, VECTOR, … which this target does not write.
    Other,
}

/// How an existing column and a wanted kind go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compatibility {
    /// The column is what the kind asks for.
    Same,
    /// The column is kept as it is and takes every value when it is loaded as this kind; put it into the stream's columns.
    Adopt(ColumnKind),
    /// `ALTER TABLE … ALTER COLUMN … SET DATA TYPE` with this SQL type widens the column in place.
    Widen(String),
    /// Values of the kind would be lost or refused in this column.
    Incompatible,
}

impl ExistingType {
    /// Reads the `data_type` cell of `SHOW COLUMNS`: `{"type":"FIXED","precision":38,"scale":0,"nullable":true}`.
    pub fn from_show_columns(data_type: &str) -> Option<Self> {
        let description: Value = serde_json::from_str(data_type).ok()?;
        let number = |key: &str| description.get(key).and_then(Value::as_u64);
        let digits = |key: &str| number(key).and_then(|value| u8::try_from(value).ok());
        Some(match description.get("type")?.as_str()?.to_ascii_uppercase().as_str() {
            "FIXED" => Self::Number {
                precision: digits("precision").unwrap_or(38),
                scale: digits("scale").unwrap_or(0),
            },
            "REAL" => Self::Float,
            "BOOLEAN" => Self::Boolean,
            "TEXT" => Self::Text {
                length: number("length"),
            },
            "BINARY" => Self::Binary,
            "DATE" => Self::Date,
            "TIME" => Self::Time,
            "TIMESTAMP_NTZ" => Self::Timestamp(TimestampType::Ntz),
            "TIMESTAMP_TZ" => Self::Timestamp(TimestampType::Tz),
            "TIMESTAMP_LTZ" => Self::Timestamp(TimestampType::Ltz),
            "VARIANT" => Self::Variant,
            _ => Self::Other,
        })
    }

    /// Compares this column with the kind that the stream's schema asks for.
    ///
    /// VARCHAR and VARIANT columns take anything. A NUMBER is widened by precision only: Snowflake cannot change a scale.
    pub fn compatibility(&self, wanted: &ColumnKind) -> Compatibility {
        match (*self, *wanted) {
            (Self::Text { length: Some(length) }, _) if length < LEGACY_MAXIMUM_TEXT_LENGTH => {
                Compatibility::Widen(format!("VARCHAR({LEGACY_MAXIMUM_TEXT_LENGTH})"))
            }
            (Self::Text { .. }, ColumnKind::Text)
            | (Self::Float, ColumnKind::Float)
            | (Self::Boolean, ColumnKind::Boolean)
            | (Self::Binary, ColumnKind::Binary)
            | (Self::Date, ColumnKind::Date)
            | (Self::Time, ColumnKind::Time)
            | (Self::Variant, ColumnKind::Variant) => Compatibility::Same,
            (Self::Text { .. }, _) => Compatibility::Adopt(ColumnKind::Text),
            (Self::Variant, _) => Compatibility::Adopt(ColumnKind::Variant),
            (Self::Number { precision, scale }, ColumnKind::Integer) => of_numbers(precision, scale, 38, 0),
            (
                Self::Number { precision, scale },
                ColumnKind::Decimal {
                    precision: wanted,
                    scale: wanted_scale,
                },
            ) => of_numbers(precision, scale, wanted, wanted_scale),
            // Made by a target without exact decimals: continued as it is.
            (Self::Float, ColumnKind::Integer | ColumnKind::Decimal { .. }) => Compatibility::Adopt(ColumnKind::Float),
            (Self::Timestamp(existing), ColumnKind::Timestamp(wanted)) if existing == wanted => Compatibility::Same,
            (Self::Timestamp(existing), ColumnKind::Timestamp(_) | ColumnKind::Date) => {
                Compatibility::Adopt(ColumnKind::Timestamp(existing))
            }
            _ => Compatibility::Incompatible,
        }
    }
}

/// What every account can have: 128 MB columns need a newer default.
const LEGACY_MAXIMUM_TEXT_LENGTH: u64 = 16_777_216;

fn of_numbers(precision: u8, scale: u8, wanted_precision: u8, wanted_scale: u8) -> Compatibility {
    if (precision, scale) == (wanted_precision, wanted_scale) {
        return Compatibility::Same;
    }
    if scale < wanted_scale {
        return Compatibility::Incompatible;
    }
    // Whole digits that must fit beside the existing scale; never more than 38 digits in all.
    let needed = wanted_precision
        .saturating_sub(wanted_scale)
        .saturating_add(scale)
        .min(38);
    if precision >= needed {
        Compatibility::Adopt(if scale == 0 && precision == 38 {
            ColumnKind::Integer
        } else {
            ColumnKind::Decimal { precision, scale }
        })
    } else {
        Compatibility::Widen(format!("NUMBER({needed}, {scale})"))
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
            read(r#"{"type":"TIMESTAMP_TZ","precision":0,"scale":9,"nullable":true}"#),
            Some(ExistingType::Timestamp(TimestampType::Tz))
        );
        assert_eq!(read(r#"{"type":"GEOGRAPHY"}"#), Some(ExistingType::Other));
        assert_eq!(read("not JSON"), None);
    }

    #[test]
    fn numbers_widen_in_precision_and_keep_their_scale() {
        let number = |precision, scale| ExistingType::Number { precision, scale };
        assert_eq!(number(38, 0).compatibility(&ColumnKind::Integer), Compatibility::Same);
        assert_eq!(
            number(10, 0).compatibility(&ColumnKind::Integer),
            Compatibility::Widen("NUMBER(38, 0)".to_owned())
        );
        assert_eq!(
            number(12, 4).compatibility(&ColumnKind::Decimal {
                precision: 18,
                scale: 2
            }),
            Compatibility::Widen("NUMBER(20, 4)".to_owned())
        );
        assert_eq!(
            number(38, 2).compatibility(&ColumnKind::Integer),
            Compatibility::Adopt(ColumnKind::Decimal {
                precision: 38,
                scale: 2
            })
        );
        assert_eq!(
            number(38, 0).compatibility(&ColumnKind::Float),
            Compatibility::Incompatible
        );
        assert_eq!(
            number(38, 2).compatibility(&ColumnKind::Decimal {
                precision: 38,
                scale: 5
            }),
            Compatibility::Incompatible
        );
    }

    #[test]
    fn text_and_variant_columns_take_anything() {
        let text = ExistingType::Text {
            length: Some(16_777_216),
        };
        assert_eq!(text.compatibility(&ColumnKind::Text), Compatibility::Same);
        assert_eq!(
            text.compatibility(&ColumnKind::Integer),
            Compatibility::Adopt(ColumnKind::Text)
        );
        assert_eq!(
            ExistingType::Variant.compatibility(&ColumnKind::Date),
            Compatibility::Adopt(ColumnKind::Variant)
        );
        let short = ExistingType::Text { length: Some(254) };
        assert_eq!(
            short.compatibility(&ColumnKind::Text),
            Compatibility::Widen("VARCHAR(16777216)".to_owned())
        );
    }

    #[test]
    fn a_date_goes_into_a_timestamp_but_not_back() {
        let existing = ExistingType::Timestamp(TimestampType::Tz);
        let kept = Compatibility::Adopt(ColumnKind::Timestamp(TimestampType::Tz));
        assert_eq!(existing.compatibility(&ColumnKind::Date), kept);
        assert_eq!(existing.compatibility(&ColumnKind::Timestamp(TimestampType::Ntz)), kept);
        let wanted = ColumnKind::Timestamp(TimestampType::Ntz);
        assert_eq!(ExistingType::Date.compatibility(&wanted), Compatibility::Incompatible);
        assert_eq!(
            ExistingType::Number {
                precision: 38,
                scale: 0
            }
            .compatibility(&ColumnKind::Text),
            Compatibility::Incompatible
        );
    }
}
