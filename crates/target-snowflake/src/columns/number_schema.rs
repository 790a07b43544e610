//! What a schema says about the digits of numbers: `multipleOf`, bounds, and the decimal formats. What it says decides
//! between NUMBER, which keeps 38 digits, and VARCHAR, which keeps all. Not for other types: `schema_kind.rs`.

use serde_json::{Map, Value};

use super::kind::ColumnKind;
use super::settings::NumberType;

/// Snowflake's greatest precision.
pub(super) const MAXIMUM_PRECISION: u8 = 38;

/// The kind for `"type": "integer"`: VARCHAR when its bounds allow more than 38 digits.
pub(super) fn kind_of_integer(schema: &Map<String, Value>) -> ColumnKind {
    let (step_digits, _) = multiple_of(schema).map_or((0, 0), |(whole, scale)| (whole, scale));
    if whole_digits(schema).max(step_digits) > i64::from(MAXIMUM_PRECISION) {
        ColumnKind::Text
    } else {
        ColumnKind::Integer
    }
}

/// The kind for `"type": "number"`: exact when a format or `multipleOf` says where digits end, else as the user wants.
pub(super) fn kind_of_number(schema: &Map<String, Value>, number_type: NumberType) -> ColumnKind {
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    if let Some(kind) = kind_of_format(format, schema) {
        return kind;
    }
    match multiple_of(schema) {
        // `multipleOf: 0.01` says two digits after the point: every value fits `NUMBER(38, 2)` exactly, unless the bounds
        // allow more digits before it.
        Some((step_digits, scale)) => {
            let needed = whole_digits(schema).max(step_digits).saturating_add(scale);
            match u8::try_from(scale) {
                Ok(scale) if needed <= i64::from(MAXIMUM_PRECISION) && scale < MAXIMUM_PRECISION => {
                    ColumnKind::Decimal {
                        precision: MAXIMUM_PRECISION,
                        scale,
                    }
                }
                _ => ColumnKind::Text,
            }
        }
        None => match number_type {
            NumberType::Float => ColumnKind::Float,
            NumberType::Number { scale } => ColumnKind::Decimal {
                precision: MAXIMUM_PRECISION,
                scale,
            },
            NumberType::DecimalFloat => ColumnKind::DecimalFloat,
        },
    }
}

/// The formats `x-singer.decimal`, `singer.decimal` and `decimal`, with digits in the keywords `precision` and `scale` or
/// behind the name: `singer.decimal(18,4)`. Without either, or with more digits than NUMBER has, only VARCHAR can keep
/// every digit. `None` for other formats.
pub(super) fn kind_of_format(format: &str, schema: &Map<String, Value>) -> Option<ColumnKind> {
    let (name, arguments) = format.split_once('(').unwrap_or((format, ")"));
    if !["x-singer.decimal", "singer.decimal", "decimal"].contains(&name.trim()) {
        return None;
    }
    Some(decimal(arguments, schema).unwrap_or(ColumnKind::Text))
}

fn decimal(arguments: &str, schema: &Map<String, Value>) -> Option<ColumnKind> {
    let mut digits = arguments
        .strip_suffix(')')?
        .split(',')
        .map(|part| part.trim().parse::<u8>().ok());
    let keyword = |name: &str| {
        let value = schema.get(name).and_then(Value::as_u64);
        value.and_then(|value| u8::try_from(value).ok())
    };
    let precision = digits.next().flatten().or_else(|| keyword("precision"))?;
    let scale = digits.next().flatten().or_else(|| keyword("scale")).unwrap_or(0);
    ((1..=MAXIMUM_PRECISION).contains(&precision) && scale <= precision && scale < MAXIMUM_PRECISION)
        .then_some(ColumnKind::Decimal { precision, scale })
}

/// The digits before the point that the bounds allow; 0 without bounds. A bound that is a power of ten is taken for the
/// first number that is too large, as taps of databases write it.
fn whole_digits(schema: &Map<String, Value>) -> i64 {
    let bounds = ["maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"];
    let digits = bounds.iter().filter_map(|bound| {
        let (digits, exponent) = parts(schema.get(*bound)?)?;
        let length = i64::try_from(digits.len()).ok()?.saturating_add(exponent);
        Some(if digits == "1" { length - 1 } else { length })
    });
    digits.max().unwrap_or(0)
}

/// Digits before and after the point of the schema's `multipleOf`.
fn multiple_of(schema: &Map<String, Value>) -> Option<(i64, i64)> {
    let (digits, exponent) = parts(schema.get("multipleOf")?)?;
    let whole = i64::try_from(digits.len()).ok()?.saturating_add(exponent).max(0);
    Some((whole, exponent.saturating_neg().max(0)))
}

/// A number other than zero as its significant digits and the power of ten behind them.
fn parts(number: &Value) -> Option<(String, i64)> {
    let text = number.as_number()?.to_string();
    let text = text.trim_start_matches('-');
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let kept = digits.trim_end_matches('0');
    let cut = i64::try_from(digits.len() - kept.len()).ok()?;
    let exponent = exponent
        .saturating_sub(i64::try_from(fraction.len()).ok()?)
        .saturating_add(cut);
    let kept = kept.trim_start_matches('0');
    (!kept.is_empty()).then(|| (kept.to_owned(), exponent))
}
