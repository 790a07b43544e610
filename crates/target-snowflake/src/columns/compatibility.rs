//! Whether a column that exists takes what a schema asks for: as it is, widened in place, or not without another type.
//! What is done about the last is `load/type_change.rs`.

use super::existing_type::ExistingType;
use super::kind::ColumnKind;
use super::settings::TextLength;

/// How an existing column and a wanted kind go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compatibility {
    /// The column is kept as it is and takes values that are loaded as this kind. FLOAT in place of exact numbers refuses
    /// those that it would round.
    Adopt(ColumnKind),
    /// `ALTER TABLE … ALTER COLUMN … SET DATA TYPE` with this SQL type widens the column in place, for values of this kind.
    Widen(ColumnKind, String),
    /// Values of the kind would be lost or refused in this column.
    Incompatible,
}

/// What is to be minded beside the two types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fitting {
    /// Rows are found again by this column.
    pub is_key: bool,
    /// Columns of coarser values than wanted (FLOAT for decimals, TIME(0)) are made finer, not continued as they are.
    pub refines: bool,
    /// An Apache Iceberg table, whose columns of whole numbers may be of a type that cannot be widened.
    pub is_iceberg: bool,
    /// How long VARCHAR columns should be.
    pub text_length: TextLength,
}

impl ExistingType {
    /// Compares this column with the kind that the stream's schema asks for.
    ///
    /// VARCHAR and VARIANT columns take anything. A NUMBER is widened by precision only: Snowflake cannot change a scale.
    /// A key column keeps a type whose old values have no certain form in the new one, so that the same key is the same
    /// row: a timestamp that is only a string from now on goes on being read as a timestamp.
    pub fn compatibility(&self, wanted: &ColumnKind, fitting: Fitting) -> Compatibility {
        let adopt = Compatibility::Adopt;
        match (*self, *wanted) {
            (Self::Text { length }, _) => {
                let is_long_enough = length.is_none_or(|length| length >= fitting.text_length.characters());
                if is_long_enough {
                    adopt(ColumnKind::Text)
                } else {
                    let sql_type = format!("VARCHAR({})", fitting.text_length.characters());
                    Compatibility::Widen(ColumnKind::Text, sql_type)
                }
            }
            (Self::Variant, _) => adopt(ColumnKind::Variant),
            (Self::Number { precision, scale }, ColumnKind::Integer) => {
                of_numbers((precision, scale), (38, 0), fitting)
            }
            (
                Self::Number { precision, scale },
                ColumnKind::Decimal {
                    precision: wanted,
                    scale: wanted_scale,
                },
            ) => of_numbers((precision, scale), (wanted, wanted_scale), fitting),
            (Self::Float, ColumnKind::Float) | (Self::DecimalFloat, _) if wanted.is_numeric() => {
                adopt(self.kind().unwrap_or(*wanted))
            }
            // Made by a target without exact decimals.
            (Self::Float, _) if wanted.is_numeric() && !fitting.refines => adopt(ColumnKind::Float),
            (Self::Boolean, ColumnKind::Boolean)
            | (Self::Binary, ColumnKind::Binary)
            | (Self::Date, ColumnKind::Date) => adopt(*wanted),
            (Self::Time { digits }, ColumnKind::Time { digits: wanted })
            | (Self::Timestamp { digits, .. }, ColumnKind::Timestamp { digits: wanted, .. })
                if digits < wanted && fitting.refines && !fitting.is_iceberg =>
            {
                Compatibility::Incompatible
            }
            (Self::Time { digits }, ColumnKind::Time { .. }) => adopt(ColumnKind::Time { digits }),
            (Self::Timestamp { zone, digits }, ColumnKind::Timestamp { .. } | ColumnKind::Date) => {
                adopt(ColumnKind::Timestamp { zone, digits })
            }
            _ if fitting.is_key => self.as_key(wanted),
            _ => Compatibility::Incompatible,
        }
    }

    /// A key column's old values must be what the same keys are from now on.
    fn as_key(&self, wanted: &ColumnKind) -> Compatibility {
        let is_open = matches!(wanted, ColumnKind::Text | ColumnKind::Binary | ColumnKind::Variant);
        let has_no_certain_form = match self {
            // 1.50 may have been written "1.5" or "1.50".
            Self::Number { scale, .. } => {
                *scale > 0 && (is_open || wanted.is_temporal()) && *wanted != ColumnKind::Variant
            }
            Self::Float | Self::DecimalFloat | Self::Binary => is_open,
            Self::Date | Self::Time { .. } | Self::Timestamp { .. } => is_open,
            _ => false,
        };
        match self.kind().filter(|_| has_no_certain_form) {
            Some(kind) => Compatibility::Adopt(kind),
            None => Compatibility::Incompatible,
        }
    }

    /// The kind whose values the column holds; `None` for types that this target does not write.
    pub fn kind(&self) -> Option<ColumnKind> {
        Some(match *self {
            Self::Number {
                precision: 38,
                scale: 0,
            } => ColumnKind::Integer,
            Self::Number { precision, scale } => ColumnKind::Decimal { precision, scale },
            Self::Float => ColumnKind::Float,
            Self::DecimalFloat => ColumnKind::DecimalFloat,
            Self::Boolean => ColumnKind::Boolean,
            Self::Text { .. } => ColumnKind::Text,
            Self::Binary => ColumnKind::Binary,
            Self::Date => ColumnKind::Date,
            Self::Time { digits } => ColumnKind::Time { digits },
            Self::Timestamp { zone, digits } => ColumnKind::Timestamp { zone, digits },
            Self::Variant => ColumnKind::Variant,
            Self::Structured | Self::Other => return None,
        })
    }
}

fn of_numbers(
    (precision, scale): (u8, u8),
    (wanted_precision, wanted_scale): (u8, u8),
    fitting: Fitting,
) -> Compatibility {
    if scale < wanted_scale {
        return Compatibility::Incompatible;
    }
    // Whole digits that must fit beside the existing scale.
    let needed = wanted_precision.saturating_sub(wanted_scale).saturating_add(scale);
    // A precision below the greatest was said by the schema, which so promises values that do not fit.
    if needed > 38 && wanted_precision < 38 && !fitting.is_key {
        return Compatibility::Incompatible;
    }
    let needed = needed.min(38);
    let number = |precision| ExistingType::Number { precision, scale };
    // Iceberg's int and long are shown as NUMBER(10, 0) and NUMBER(19, 0), and become no decimal.
    let is_fixed = fitting.is_iceberg && scale == 0 && matches!(precision, 10 | 19);
    match number(precision).kind().zip(number(needed).kind()) {
        Some((kind, _)) if precision >= needed || is_fixed => Compatibility::Adopt(kind),
        Some((_, wider)) => Compatibility::Widen(wider, format!("NUMBER({needed}, {scale})")),
        None => Compatibility::Incompatible,
    }
}

#[cfg(test)]
mod tests;
