//! Rules for numbers, on their JSON text: whole or not, bounds, multiples. Multiples are exact for any number of digits,
//! bounds for whole numbers of up to 38 digits and by double precision beyond. Not for parsing into columns.

use serde_json::{Map, Number, Value};

/// Bounds and a multiple.
#[derive(Debug, Clone, Default)]
pub(crate) struct NumberRules {
    /// The keyword, the bound, and whether the bound itself is allowed.
    minimum: Option<(&'static str, Bound, bool)>,
    maximum: Option<(&'static str, Bound, bool)>,
    step: Option<Step>,
}

/// `multipleOf`: `digits` times ten to the power of `-scale`. 0.25 is 25 and 2, 100 is 1 and -2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    /// Without zeros at the end, and not zero.
    digits: u64,
    scale: i64,
}

#[derive(Debug, Clone, Copy)]
enum Bound {
    Whole(i128),
    Double(f64),
}

impl Bound {
    fn of_text(text: &str) -> Option<Self> {
        if let Ok(whole) = text.parse() {
            return Some(Self::Whole(whole));
        }
        text.parse().ok().map(Self::Double)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "two numbers that are not both whole are compared as doubles"
    )]
    fn as_double(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Double(double) => double,
        }
    }

    fn is_less_than(self, other: Self) -> bool {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => one < other,
            _ => self.as_double() < other.as_double(),
        }
    }
}

impl NumberRules {
    /// Reads the rules of a schema; `None` when it has none.
    pub(crate) fn of_schema(schema: &Map<String, Value>) -> Option<Self> {
        let bound = |keyword: &str| bound(schema.get(keyword)?.as_number()?);
        // Draft 4 has a boolean beside the bound.
        let is_exclusive = |keyword: &str| schema.get(keyword).and_then(Value::as_bool).unwrap_or(false);
        let minimum = bound("exclusiveMinimum")
            .map(|found| ("exclusiveMinimum", found, false))
            .or_else(|| Some(("minimum", bound("minimum")?, !is_exclusive("exclusiveMinimum"))));
        let maximum = bound("exclusiveMaximum")
            .map(|found| ("exclusiveMaximum", found, false))
            .or_else(|| Some(("maximum", bound("maximum")?, !is_exclusive("exclusiveMaximum"))));
        let multiple = schema.get("multipleOf").and_then(Value::as_number);
        let step = multiple.and_then(|multiple| Step::of_text(&multiple.to_string()));
        let rules = Self { minimum, maximum, step };
        let has_rules = rules.minimum.is_some() || rules.maximum.is_some() || rules.step.is_some();
        has_rules.then_some(rules)
    }

    /// The rules but for a multiple that a decimal column of this scale demands anyway; `None` when nothing is left.
    pub(crate) fn beside_scale(&self, scale: u8) -> Option<Self> {
        let of_scale = Step {
            digits: 1,
            scale: i64::from(scale),
        };
        let rules = Self {
            step: self.step.filter(|step| *step != of_scale),
            ..self.clone()
        };
        let has_rules = rules.minimum.is_some() || rules.maximum.is_some() || rules.step.is_some();
        has_rules.then_some(rules)
    }

    /// The keyword that the number breaks.
    pub(crate) fn broken_by(&self, text: &[u8]) -> Option<&'static str> {
        let text = std::str::from_utf8(text).unwrap_or_default();
        if self.step.is_some_and(|step| !step.divides(text)) {
            return Some("multipleOf");
        }
        if self.minimum.is_none() && self.maximum.is_none() {
            return None;
        }
        let number = Bound::of_text(text)?;
        if let Some((keyword, minimum, is_allowed)) = self.minimum
            && (number.is_less_than(minimum) || (!is_allowed && !minimum.is_less_than(number)))
        {
            return Some(keyword);
        }
        let (keyword, maximum, is_allowed) = self.maximum?;
        let is_above = maximum.is_less_than(number) || (!is_allowed && !number.is_less_than(maximum));
        is_above.then_some(keyword)
    }
}

fn bound(number: &Number) -> Option<Bound> {
    Bound::of_text(&number.to_string())
}

impl Step {
    /// `None` for what is no step: zero and what is below it, which no schema may say.
    fn of_text(text: &str) -> Option<Self> {
        let scale = digits_after_point(text.as_bytes())?;
        let digits = significant_digits(text).collect::<String>();
        let digits: u64 = digits.trim_end_matches('0').parse().ok()?;
        (!text.starts_with('-')).then_some(Self { digits, scale })
    }

    fn divides(self, text: &str) -> bool {
        let Some(scale) = digits_after_point(text.as_bytes()) else {
            return true;
        };
        // What needs more digits behind the point than the step has is no multiple of it.
        let Ok(zeros) = u64::try_from(self.scale.saturating_sub(scale)) else {
            return false;
        };
        let modulus = u128::from(self.digits);
        let add = |rest: u128, digit: char| (rest * 10 + u128::from(digit.to_digit(10).unwrap_or(0))) % modulus;
        let digits = significant_digits(text).collect::<String>();
        let rest = digits.trim_end_matches('0').chars().fold(0, add);
        (rest * power_of_ten(zeros, modulus)).is_multiple_of(modulus)
    }
}

/// The digits in front of an exponent.
fn significant_digits(text: &str) -> impl Iterator<Item = char> {
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    mantissa.chars().filter(char::is_ascii_digit)
}

/// Ten to the power of `exponent`, modulo a modulus below 2^64.
fn power_of_ten(mut exponent: u64, modulus: u128) -> u128 {
    let (mut power, mut square) = (1 % modulus, 10 % modulus);
    while exponent > 0 {
        if !exponent.is_multiple_of(2) {
            power = power * square % modulus;
        }
        square = square * square % modulus;
        exponent /= 2;
    }
    power
}

/// True for 1, 1.0 and 10e-1.
pub(crate) fn is_whole(text: &[u8]) -> bool {
    let is_plain = !text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    is_plain || digits_after_point(text).is_none_or(|digits| digits <= 0)
}

/// How many digits after the point the number needs; negative for trailing zeros before it; `None` for zero, which is a
/// multiple of anything.
fn digits_after_point(text: &[u8]) -> Option<i64> {
    let (mut fraction, mut trailing_zeros, mut is_behind_point, mut is_zero) = (0_i64, 0_i64, false, true);
    let mut bytes = text.iter();
    for byte in bytes.by_ref() {
        match byte {
            b'.' => is_behind_point = true,
            b'0'..=b'9' => {
                fraction += i64::from(is_behind_point);
                is_zero &= *byte == b'0';
                trailing_zeros = if *byte == b'0' { trailing_zeros + 1 } else { 0 };
            }
            b'e' | b'E' => break,
            _ => {}
        }
    }
    let exponent: String = bytes.map(|byte| char::from(*byte)).collect();
    let exponent: i64 = match exponent.trim_start_matches('+') {
        "" => 0,
        digits => digits.parse().unwrap_or(if digits.starts_with('-') {
            i64::from(i32::MIN)
        } else {
            i64::from(i32::MAX)
        }),
    };
    (!is_zero).then(|| fraction.saturating_sub(exponent).saturating_sub(trailing_zeros))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_numbers_are_told_by_value() {
        for text in [
            "0",
            "-17",
            "1.0",
            "10e-1",
            "1.50e1",
            "0.0",
            "1E5",
            "1e999999999999999999999",
        ] {
            assert!(is_whole(text.as_bytes()), "{text}");
        }
        for text in ["0.5", "1e-1", "1.05e1", "-0.001"] {
            assert!(!is_whole(text.as_bytes()), "{text}");
        }
    }

    fn broken(schema: Value, text: &str) -> Option<&'static str> {
        let rules = NumberRules::of_schema(schema.as_object().expect("an object"));
        rules.expect("rules").broken_by(text.as_bytes())
    }

    #[test]
    fn bounds_hold_exactly() {
        let schema = json!({"minimum": -9_223_372_036_854_775_808_i64, "maximum": 9_223_372_036_854_775_807_i64});
        assert_eq!(broken(schema.clone(), "9223372036854775807"), None);
        assert_eq!(broken(schema.clone(), "9223372036854775808"), Some("maximum"));
        assert_eq!(broken(schema, "-9223372036854775809"), Some("minimum"));
        assert_eq!(broken(json!({"exclusiveMinimum": 0}), "0.0"), Some("exclusiveMinimum"));
        assert_eq!(
            broken(json!({"minimum": 0, "exclusiveMinimum": true}), "0"),
            Some("minimum")
        );
        assert_eq!(broken(json!({"maximum": 1.5}), "1.5"), None);
        assert_eq!(broken(json!({"maximum": 1.5}), "1.6"), Some("maximum"));
    }

    #[test]
    fn multiples_of_powers_of_ten_count_digits() {
        assert_eq!(broken(json!({"multipleOf": 0.01}), "12345678901234567890123.45"), None);
        assert_eq!(broken(json!({"multipleOf": 0.01}), "0.125"), Some("multipleOf"));
        assert_eq!(broken(json!({"multipleOf": 1e-8}), "-1e-8"), None);
        assert_eq!(broken(json!({"multipleOf": 10}), "120"), None);
        assert_eq!(broken(json!({"multipleOf": 10}), "12"), Some("multipleOf"));
    }

    #[test]
    fn multiples_of_anything_are_exact() {
        let long = "1234567890123456789012345678901234567890";
        for (step, multiple, none) in [
            (json!(0.05), format!("{long}.15"), format!("{long}.16")),
            (json!(0.25), "0.75".to_owned(), "0.7".to_owned()),
            (json!(7), "7e12".to_owned(), "8e12".to_owned()),
            (json!(2.5e-4), "1e-2".to_owned(), "1e-4".to_owned()),
            (json!(0.3), "-0.90".to_owned(), "0.8".to_owned()),
            (json!(1500), "3e999999999999".to_owned(), "1000.0".to_owned()),
            (json!(2), "0e5".to_owned(), "1e-999999999999999999999".to_owned()),
        ] {
            assert_eq!(
                broken(json!({"multipleOf": step}), &multiple),
                None,
                "{step} {multiple}"
            );
            assert_eq!(
                broken(json!({"multipleOf": step}), &none),
                Some("multipleOf"),
                "{step} {none}"
            );
        }
        for none in [json!(0), json!(-2), json!("2")] {
            assert!(NumberRules::of_schema(json!({"multipleOf": none}).as_object().expect("an object")).is_none());
        }
    }
}
