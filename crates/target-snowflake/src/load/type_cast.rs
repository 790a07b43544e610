//! Which types take the old values of a column and the new ones, best first, and the SQL of getting there. Pure; the
//! statements around it are `type_change.rs`.

use snowflake_client::Identifier;

use crate::columns::{ColumnKind, ExistingType, TextLength, TimestampType};

/// A kind that takes the old values and the new, and the way to it.
#[derive(Debug, Clone)]
pub(crate) struct Cast {
    pub(crate) kind: ColumnKind,
    /// The new value, made of the old column.
    pub(crate) expression: String,
    /// True for old values that the kind cannot hold exactly; without it, it holds all.
    pub(crate) misfit: Option<String>,
    /// The old value again, made of `{new}`, for casts that only show afterwards whether they kept everything.
    pub(crate) back: Option<fn(&Identifier) -> String>,
}

/// Digits that always survive the way through a double (IEEE 754's decimal digits of a double).
const DOUBLE_DIGITS: u8 = 15;

/// From here on not every whole number is a double.
const FIRST_LOST_INTEGER: &str = "9007199254740993";

/// The ways to a kind for values of `wanted`, best first; the last takes everything unless it has a `misfit`. None: there is
/// no way.
///
/// A key's text must be what the same keys are written as from now on: see `record_row`'s canonical numbers.
pub(crate) fn casts(existing: ExistingType, wanted: ColumnKind, column: &Identifier, is_key: bool) -> Vec<Cast> {
    match (existing, wanted) {
        (ExistingType::Text { .. } | ExistingType::Variant | ExistingType::Other, _) => Vec::new(),
        (ExistingType::Structured, _) => vec![to_variant(column)],
        (ExistingType::Number { precision, scale }, _) => from_number((precision, scale), wanted, column, is_key),
        (ExistingType::Float, _) => from_float(wanted, column, is_key),
        // DECFLOAT cannot be in a VARIANT.
        (ExistingType::DecimalFloat, _) => vec![exact(ColumnKind::Text, format!("TO_VARCHAR({column})"))],
        // As text, which is what values of the tap are in a VARIANT: a time of its own type shows milliseconds when it is
        // written as JSON.
        (ExistingType::Date | ExistingType::Time { .. } | ExistingType::Timestamp { .. }, ColumnKind::Variant) => {
            let text = from_time(existing, ColumnKind::Text, column).expression;
            vec![exact(ColumnKind::Variant, format!("TO_VARIANT({text})"))]
        }
        (ExistingType::Binary, ColumnKind::Variant) => {
            vec![exact(
                ColumnKind::Variant,
                format!("TO_VARIANT(TO_VARCHAR({column}, 'HEX'))"),
            )]
        }
        (_, ColumnKind::Variant) => vec![to_variant(column)],
        (ExistingType::Boolean, _) if is_key && wanted.is_numeric() => {
            vec![cast_exactly(&format!("IFF({column}, 1, 0)"), wanted)]
        }
        (ExistingType::Boolean, _) => vec![exact(ColumnKind::Text, format!("TO_VARCHAR({column})"))],
        (ExistingType::Binary, _) => vec![exact(ColumnKind::Text, format!("TO_VARCHAR({column}, 'HEX')"))],
        (ExistingType::Date | ExistingType::Time { .. } | ExistingType::Timestamp { .. }, _) => {
            vec![from_time(existing, wanted, column)]
        }
    }
}

fn from_number((precision, scale): (u8, u8), wanted: ColumnKind, column: &Identifier, is_key: bool) -> Vec<Cast> {
    let text = || exact(ColumnKind::Text, plain_digits(column, scale));
    match wanted {
        // Its whole digits have no room beside the fraction that is there.
        ColumnKind::Decimal {
            scale: wanted_scale, ..
        } if wanted_scale < scale => vec![text()],
        ColumnKind::Decimal {
            precision: wanted_precision,
            scale: wanted_scale,
        } => {
            let whole = precision
                .saturating_sub(scale)
                .max(wanted_precision.saturating_sub(wanted_scale));
            let needed = whole.saturating_add(wanted_scale).min(38);
            let kind = ColumnKind::Decimal {
                precision: needed,
                scale: wanted_scale,
            };
            if needed.saturating_sub(wanted_scale) >= precision.saturating_sub(scale) {
                return vec![cast_exactly(&column.to_string(), kind)];
            }
            let limit = power_of_ten(i16::from(needed) - i16::from(wanted_scale));
            vec![cast_unless(format!("ABS({column}) >= {limit}"), column, kind), text()]
        }
        ColumnKind::Float if precision <= DOUBLE_DIGITS => vec![cast_exactly(&column.to_string(), wanted)],
        ColumnKind::Float => {
            let limit = power_of_ten(i16::from(DOUBLE_DIGITS) - i16::from(scale));
            vec![cast_unless(format!("ABS({column}) >= {limit}"), column, wanted), text()]
        }
        ColumnKind::DecimalFloat => vec![cast_exactly(&column.to_string(), wanted)],
        ColumnKind::Boolean if is_key => vec![zero_or_one(column)],
        ColumnKind::Variant => vec![to_variant(column)],
        _ => vec![text()],
    }
}

fn from_float(wanted: ColumnKind, column: &Identifier, is_key: bool) -> Vec<Cast> {
    let mut ways = match wanted {
        ColumnKind::Integer => vec![number_of_double(column, (38, 0))],
        ColumnKind::Decimal { precision, scale } => vec![number_of_double(column, (precision, scale))],
        // Only its own text says which decimal a double was.
        ColumnKind::DecimalFloat if !is_key => vec![Cast {
            misfit: Some(format!("NOT ABS({column}) <= 1.7976931348623157e308")),
            back: Some(|new| format!("CAST({new} AS FLOAT)")),
            ..cast_exactly(&text_of_double(column), wanted)
        }],
        ColumnKind::Boolean if is_key => vec![zero_or_one(column)],
        ColumnKind::Variant => return vec![to_variant(column)],
        _ => Vec::new(),
    };
    // Fractions among integers: text would be exact and of no use, so the column stays FLOAT.
    if wanted == ColumnKind::Integer || (is_key && (wanted.is_numeric() || wanted == ColumnKind::Boolean)) {
        return ways;
    }
    ways.push(Cast {
        back: Some(|new| format!("TRY_TO_DOUBLE({new})")),
        ..exact(ColumnKind::Text, text_of_double(column))
    });
    ways.push(to_variant(column));
    ways
}

/// Ten digits in plain text, more by way of VARIANT: whether all are there is only known afterwards.
fn text_of_double(column: &Identifier) -> String {
    format!(
        "IFF(TRY_TO_DOUBLE(TO_VARCHAR({column})) = {column}, TO_VARCHAR({column}), TO_VARCHAR(TO_VARIANT({column})))"
    )
}

/// A double of at most fifteen digits stands for one decimal of them only, and a whole one up to 2^53 for itself.
fn number_of_double(column: &Identifier, (precision, scale): (u8, u8)) -> Cast {
    let limit = if scale == 0 && precision > DOUBLE_DIGITS {
        FIRST_LOST_INTEGER.to_owned()
    } else {
        power_of_ten(i16::from(precision.min(DOUBLE_DIGITS)) - i16::from(scale))
    };
    let kind = ExistingType::Number { precision, scale }
        .kind()
        .unwrap_or(ColumnKind::Integer);
    cast_unless(
        format!("(NOT ABS({column}) < {limit} OR ROUND({column}, {scale}) <> {column})"),
        column,
        kind,
    )
}

fn from_time(existing: ExistingType, wanted: ColumnKind, column: &Identifier) -> Cast {
    let text = |format: &str| exact(ColumnKind::Text, format!("TO_VARCHAR({column}, '{format}')"));
    match (existing, wanted) {
        (ExistingType::Date, ColumnKind::Timestamp { .. }) | (ExistingType::Time { .. }, ColumnKind::Time { .. }) => {
            cast_exactly(&column.to_string(), wanted)
        }
        (ExistingType::Timestamp { zone, .. }, ColumnKind::Timestamp { digits, .. }) => {
            cast_exactly(&column.to_string(), ColumnKind::Timestamp { zone, digits })
        }
        (ExistingType::Date, _) => text("YYYY-MM-DD"),
        (ExistingType::Time { .. }, _) => text("HH24:MI:SS.FF9"),
        (
            ExistingType::Timestamp {
                zone: TimestampType::Ntz,
                ..
            },
            _,
        ) => text("YYYY-MM-DD\"T\"HH24:MI:SS.FF9"),
        _ => text("YYYY-MM-DD\"T\"HH24:MI:SS.FF9TZH:TZM"),
    }
}

fn exact(kind: ColumnKind, expression: String) -> Cast {
    Cast {
        kind,
        expression,
        misfit: None,
        back: None,
    }
}

fn cast_exactly(expression: &str, kind: ColumnKind) -> Cast {
    exact(
        kind,
        format!("CAST({expression} AS {})", kind.sql_type(TextLength::default())),
    )
}

fn cast_unless(misfit: String, column: &Identifier, kind: ColumnKind) -> Cast {
    Cast {
        misfit: Some(misfit),
        ..cast_exactly(&column.to_string(), kind)
    }
}

fn to_variant(column: &Identifier) -> Cast {
    exact(ColumnKind::Variant, format!("TO_VARIANT({column})"))
}

/// A number that was a boolean all the time.
fn zero_or_one(column: &Identifier) -> Cast {
    Cast {
        misfit: Some(format!("{column} NOT IN (0, 1)")),
        ..exact(ColumnKind::Boolean, format!("{column} = 1"))
    }
}

/// A NUMBER's digits without zeros at the end of its fraction, which are the column's and not the value's.
fn plain_digits(column: &Identifier, scale: u8) -> String {
    if scale == 0 {
        format!("TO_VARCHAR({column})")
    } else {
        format!("RTRIM(RTRIM(TO_VARCHAR({column}), '0'), '.')")
    }
}

/// `1000`, or `0.001` for a negative exponent.
fn power_of_ten(exponent: i16) -> String {
    let zeros = usize::from(exponent.unsigned_abs());
    if exponent >= 0 {
        format!("1{}", "0".repeat(zeros))
    } else {
        format!("0.{}1", "0".repeat(zeros - 1))
    }
}
