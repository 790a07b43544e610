//! Numbers as decimal text: exact for NUMBER columns, passed through for FLOAT columns. No arithmetic on values, so
//! nothing is rounded here.

use std::io::Write;

use singer_protocol::PlainNumber;

/// A decimal number taken apart: the digits before and after the point, and the power of ten behind an `e`.
struct Decimal<'a> {
    is_negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

/// What became of a number's digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Precision {
    /// The column holds the same number, or a double that this text is the usual form of.
    Kept,
    /// Kept in a string, because the column has no number with so many digits.
    Quoted,
    /// The text has more digits than a double keeps.
    Lost,
}

/// Appends a count in digits. Every row has one: the standard formatting is three times as slow.
pub(crate) fn write_count(mut count: u64, out: &mut Vec<u8>) {
    // Twenty digits are enough for any 64-bit number.
    let mut digits = [b'0'; 20];
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (count % 10) as u8;
        count /= 10;
        used += 1;
        if count == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

/// Appends the number in plain digits if it has at most `precision - scale` digits before the point and `scale` behind it,
/// leading and trailing zeros not counted. `None`, and nothing written, if it does not fit or is no number.
pub(crate) fn write_exact(text: &[u8], precision: u8, scale: u8, out: &mut Vec<u8>) -> Option<()> {
    if is_exact(text, precision, scale) {
        out.extend_from_slice(text);
        return Some(());
    }
    let number = Decimal::parse(text)?;
    let Some(digits) = number.significant() else {
        out.push(b'0');
        return Some(());
    };
    if digits.whole_count() > i64::from(precision.saturating_sub(scale)) || digits.fraction_count() > i64::from(scale) {
        return None;
    }
    write_digits(&number, &digits, out);
    Some(())
}

/// Appends the number in plain digits if some `NUMBER` holds it: 38 digits in all, 37 behind the point. `None`, and nothing
/// written, if none does or it is no number.
pub(crate) fn write_plain_number(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let number = Decimal::parse(text)?;
    let Some(digits) = number.significant() else {
        out.push(b'0');
        return Some(());
    };
    let fraction_digits = digits.fraction_count();
    (fraction_digits <= 37 && digits.whole_count().saturating_add(fraction_digits) <= 38).then_some(())?;
    write_digits(&number, &digits, out);
    Some(())
}

/// Appends a number as DECFLOAT takes it. `None`, and nothing written, if it has more than 38 digits, an exponent outside
/// DECFLOAT's range (-16383 to 16384 by Snowflake's documentation; the last is left out to be safe), or is no number.
pub(crate) fn write_decimal_digits(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let number = Decimal::parse(text)?;
    if let Some(digits) = number.significant() {
        (digits.count <= 38 && (-16_383..=16_383).contains(&(digits.point - 1))).then_some(())?;
    }
    write_canonical(text, out)
}

/// Appends the one text that all equal numbers have: plain digits without zeros at the end of a fraction, or digits and an
/// exponent where plain digits would be a page. `None`, and nothing written, if it is no number.
pub(crate) fn write_canonical(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    const PAGE: i64 = 1000;
    let number = Decimal::parse(text)?;
    let Some(digits) = number.significant() else {
        out.push(b'0');
        return Some(());
    };
    if digits.whole_count().saturating_add(digits.fraction_count()) <= PAGE {
        write_digits(&number, &digits, out);
        return Some(());
    }
    if number.is_negative {
        out.push(b'-');
    }
    for (position, digit) in digits.iter().enumerate() {
        if position == 1 {
            out.push(b'.');
        }
        out.push(digit);
    }
    out.push(b'e');
    out.extend_from_slice(digits.point.saturating_sub(1).to_string().as_bytes());
    Some(())
}

/// The caller has seen that both counts of digits are small: zeros are filled in.
fn write_digits(number: &Decimal<'_>, digits: &Significant<'_>, out: &mut Vec<u8>) {
    if number.is_negative {
        out.push(b'-');
    }
    let whole_digits = digits.whole_count();
    if whole_digits == 0 {
        out.push(b'0');
    }
    for position in 0..whole_digits {
        out.push(digits.digit(position));
    }
    let fraction_digits = digits.fraction_count();
    if fraction_digits > 0 {
        out.push(b'.');
        let first = digits.point;
        for position in first..first + fraction_digits {
            out.push(digits.digit(position));
        }
    }
}

/// Appends the number as it stands if a double can hold its size. `None`, and nothing written, if it is no number or
/// larger than any double.
pub(crate) fn write_float(text: &[u8], out: &mut Vec<u8>) -> Option<Precision> {
    // Fifteen digits always survive the way through a double.
    if is_short_decimal(text) {
        out.extend_from_slice(text);
        return Some(Precision::Kept);
    }
    let number = Decimal::parse(text)?;
    let double: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    if !double.is_finite() {
        return None;
    }
    out.extend_from_slice(text);
    let mut shortest = Vec::with_capacity(32);
    write!(shortest, "{double:e}").ok()?;
    let kept = Decimal::parse(&shortest)?;
    let same = match (number.significant(), kept.significant()) {
        (Some(ours), Some(theirs)) => ours.point == theirs.point && ours.iter().eq(theirs.iter()),
        (ours, theirs) => ours.is_none() && theirs.is_none(),
    };
    Some(if same { Precision::Kept } else { Precision::Lost })
}

/// Whether the text is what [`write_exact`] would write.
#[inline]
pub(crate) fn is_exact(text: &[u8], precision: u8, scale: u8) -> bool {
    is_short_integer(text, precision.saturating_sub(scale)) || is_canonical_fraction(text, precision, scale)
}

/// The same for a number that was looked at already.
#[inline(always)]
pub(crate) fn is_exact_plain(number: PlainNumber, text: &[u8], precision: u8, scale: u8) -> bool {
    let first = text.get(usize::from(number.is_negative)).copied();
    let whole_digits = if first == Some(b'0') { 0 } else { number.whole_digits };
    let has_no_spare_digit = match number.fraction_digits {
        // `-0` takes the long way.
        0 => whole_digits > 0 || !number.is_negative,
        _ => text.last() != Some(&b'0'),
    };
    has_no_spare_digit
        && whole_digits <= u32::from(precision.saturating_sub(scale))
        && number.fraction_digits <= u32::from(scale)
}

/// Whether every double says it exactly as it stands: fifteen digits always survive the way through a double.
#[inline(always)]
pub(crate) fn is_short_plain(number: PlainNumber) -> bool {
    number.whole_digits + number.fraction_digits <= 15
}

/// Whether a double is another number than the text says: a whole number must be equal to it, a fraction may be its usual
/// form. False for what is no number.
pub(crate) fn is_rounded(text: &[u8]) -> bool {
    if is_short_decimal(text) {
        return false;
    }
    let Some(number) = Decimal::parse(text) else {
        return false;
    };
    let Some(digits) = number.significant().filter(|digits| digits.fraction_count() == 0) else {
        return write_float(text, &mut Vec::new()) == Some(Precision::Lost);
    };
    let double = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
    let Some(double) = double.filter(|double| double.is_finite()) else {
        return true;
    };
    // All its digits: a double of whole numbers has no others.
    let exact = format!("{double:.0}");
    let exact = exact.trim_start_matches('-').bytes();
    !exact.eq((0..digits.whole_count()).map(|position| digits.digit(position)))
}

/// `-0` and numbers with a leading zero take the long way.
fn is_short_integer(text: &[u8], limit: u8) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    matches!(digits.first(), Some(b'1'..=b'9')) && digits.len() <= usize::from(limit) && all_digits(digits)
        || (text == b"0" && limit > 0)
}

/// Whether it has a point, no digit that could be left out, and no more digits than that: it is written as it stands.
fn is_canonical_fraction(text: &[u8], precision: u8, scale: u8) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let Some(point) = digits.iter().position(|byte| *byte == b'.') else {
        return false;
    };
    let (whole, fraction) = digits.split_at(point);
    let fraction = fraction.get(1..).unwrap_or_default();
    let (whole_count, has_whole) = match whole {
        b"0" => (0, true),
        [b'1'..=b'9', ..] => (whole.len(), true),
        _ => (0, false),
    };
    has_whole
        && matches!(fraction.last(), Some(b'1'..=b'9'))
        && whole_count <= usize::from(precision.saturating_sub(scale))
        && fraction.len() <= usize::from(scale)
        && all_digits(whole)
        && all_digits(fraction)
}

fn is_short_decimal(text: &[u8]) -> bool {
    let number = text.strip_prefix(b"-").unwrap_or(text);
    let (mut digits, mut points) = (0, 0);
    for byte in number {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'.' => points += 1,
            _ => return false,
        }
    }
    let ends_with_digits = number
        .first()
        .zip(number.last())
        .is_some_and(|(first, last)| *first != b'.' && *last != b'.');
    digits <= 15 && points <= 1 && ends_with_digits
}

fn all_digits(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

impl<'a> Decimal<'a> {
    /// Reads JSON's form of a number, and what people write into strings beside it: `+1`, `007`, `.5`, `5.`.
    fn parse(text: &'a [u8]) -> Option<Self> {
        let (is_negative, unsigned) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let (mantissa, exponent) = match unsigned.iter().position(|byte| matches!(byte, b'e' | b'E')) {
            Some(position) => (
                unsigned.get(..position)?,
                parse_exponent(unsigned.get(position + 1..)?)?,
            ),
            None => (unsigned, 0),
        };
        let (whole, fraction) = match mantissa.iter().position(|byte| *byte == b'.') {
            Some(position) => (mantissa.get(..position)?, mantissa.get(position + 1..)?),
            None => (mantissa, [].as_slice()),
        };
        let has_digits = !whole.is_empty() || !fraction.is_empty();
        (has_digits && all_digits(whole) && all_digits(fraction)).then_some(Self {
            is_negative,
            whole,
            fraction,
            exponent,
        })
    }

    /// The digits from the first to the last that is not zero; `None` for zero.
    fn significant(&self) -> Option<Significant<'a>> {
        let length = self.whole.len() + self.fraction.len();
        let digits = Significant {
            whole: self.whole,
            fraction: self.fraction,
            first: 0,
            count: 0,
            point: 0,
        };
        let first = (0..length).find(|position| digits.raw(*position) != b'0')?;
        let last = (0..length).rfind(|position| digits.raw(*position) != b'0')?;
        let point = i64::try_from(self.whole.len())
            .ok()?
            .saturating_add(self.exponent)
            .saturating_sub(i64::try_from(first).ok()?);
        Some(Significant {
            first,
            count: last + 1 - first,
            point,
            ..digits
        })
    }
}

/// Saturates: no number of digits makes up for an exponent of a billion.
fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    (!digits.is_empty() && all_digits(digits)).then_some(())?;
    let value = digits.iter().fold(0_i64, |value, digit| {
        (value * 10 + i64::from(digit - b'0')).min(1_000_000_000_000)
    });
    Some(sign * value)
}

/// The digits of a number other than zero. Positions count from the first significant digit; the point stands before
/// position `point`, which may be far outside the digits.
struct Significant<'a> {
    whole: &'a [u8],
    fraction: &'a [u8],
    first: usize,
    count: usize,
    point: i64,
}

impl Significant<'_> {
    fn raw(&self, position: usize) -> u8 {
        let digit = match position.checked_sub(self.whole.len()) {
            None => self.whole.get(position),
            Some(position) => self.fraction.get(position),
        };
        digit.copied().unwrap_or(b'0')
    }

    /// The digit at a position, zero outside the significant ones.
    fn digit(&self, position: i64) -> u8 {
        match usize::try_from(position) {
            Ok(position) if position < self.count => self.raw(self.first + position),
            _ => b'0',
        }
    }

    fn iter(&self) -> impl Iterator<Item = u8> {
        (self.first..self.first + self.count).map(|position| self.raw(position))
    }

    fn whole_count(&self) -> i64 {
        self.point.max(0)
    }

    fn fraction_count(&self) -> i64 {
        i64::try_from(self.count)
            .unwrap_or(i64::MAX)
            .saturating_sub(self.point)
            .max(0)
    }
}

#[cfg(test)]
mod tests;
