//! One JSON value to one CSV field, by the column's kind. A value that its column cannot hold exactly is refused, never
//! changed. Not for finding values in a record.

use std::borrow::Cow;

use singer_protocol::{Place, PlainNumber, Shape};

use super::number::{
    Precision, is_exact_plain, is_rounded, is_short_plain, write_canonical, write_decimal_digits, write_exact,
    write_float,
};
use super::text::{string_content, write_json, write_plain, write_string};
use super::variant_number::keep_numbers;
use crate::columns::{ColumnKind, DatetimeTreatment, TimestampType, ValueRules};
use crate::date_time::{
    Date, Moment, Time, copy_usual_date, copy_usual_timestamp, parse_date, parse_time, parse_timestamp, write_date,
    write_time, write_timestamp, write_timestamp_with_offset,
};

/// A JSON value's text and what it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'a> {
    pub(crate) text: &'a [u8],
    /// The text and what follows it in its record.
    following: &'a [u8],
    pub(crate) shape: Shape,
}

impl<'a> Value<'a> {
    /// A value that stands alone.
    pub(crate) fn alone(text: &'a [u8], shape: Shape) -> Self {
        Self {
            text,
            following: text,
            shape,
        }
    }

    /// A value in a record's text.
    #[inline(always)]
    pub(crate) fn of_record(record: &'a [u8], place: &Place) -> Self {
        let following = record.get(place.range.start..).unwrap_or_default();
        Self {
            text: following.get(..place.range.len()).unwrap_or_default(),
            following,
            shape: place.shape,
        }
    }

    /// Appends the text as it stands. Most are short, and copying as many bytes each time and giving some back is faster
    /// than copying a number of bytes that nobody knows beforehand.
    #[inline(always)]
    fn copy_to(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.text.len();
        if !self.copies_block::<32>(out) && !self.copies_block::<64>(out) {
            out.extend_from_slice(self.text);
        }
        out.truncate(end);
    }

    #[inline(always)]
    fn copies_block<const BLOCK: usize>(&self, out: &mut Vec<u8>) -> bool {
        let block = self.following.first_chunk::<BLOCK>();
        let block = block.filter(|_| self.text.len() <= BLOCK);
        block.is_some_and(|bytes| {
            out.extend_from_slice(bytes);
            true
        })
    }

    /// A string's content, or the value's text.
    fn content(&self) -> Cow<'a, [u8]> {
        match self.shape {
            Shape::String { has_escape } => string_content(self.text, has_escape),
            _ => Cow::Borrowed(self.text),
        }
    }

    /// What a look at the text says of a number; `None` when it takes more than one.
    #[inline(always)]
    fn plain_number(&self) -> Option<PlainNumber> {
        let number = PlainNumber::find(self.following);
        number.filter(|number| self.shape == Shape::Number && number.length() == self.text.len())
    }

    /// Whether a column of doubles would hold another number.
    pub(crate) fn is_rounded(&self) -> bool {
        match self.shape {
            Shape::Number => is_rounded(self.text),
            Shape::String { .. } => is_rounded(self.content().trim_ascii()),
            _ => false,
        }
    }

    fn is_string(&self) -> bool {
        matches!(self.shape, Shape::String { .. })
    }
}

/// Appends the field; nothing for null. Text is in quotes; numbers, dates and the like need none, since nothing in them can be
/// taken for a delimiter. `None`, with `out` perhaps begun, when the value does not fit.
#[inline(always)]
pub(crate) fn write_value(
    kind: ColumnKind,
    value: Value<'_>,
    rules: ValueRules,
    out: &mut Vec<u8>,
) -> Option<Precision> {
    match (kind, value.shape) {
        (_, Shape::Null) => {}
        // Without a backslash in it, it holds no other quote and no control character: a CSV field already.
        (ColumnKind::Text, Shape::String { has_escape: false }) | (ColumnKind::Boolean, Shape::Boolean) => {
            value.copy_to(out);
        }
        _ => return write_changed_value(kind, value, rules, out),
    }
    Some(Precision::Kept)
}

/// The same for a value that is not always a field as it stands.
#[inline(never)]
fn write_changed_value(kind: ColumnKind, value: Value<'_>, rules: ValueRules, out: &mut Vec<u8>) -> Option<Precision> {
    match kind {
        ColumnKind::Text => match value.shape {
            Shape::String { has_escape: true } => write_string(value.text, out),
            Shape::Container { .. } => write_json(value.text, out),
            _ => write_plain(value.text, out),
        },
        ColumnKind::Variant => match value.shape {
            Shape::Number
            | Shape::Container {
                has_unusual_number: true,
            } => {
                let (json, precision) = keep_numbers(value.text, rules.variant_numbers)?;
                write_json(&json, out);
                return Some(precision);
            }
            _ => write_json(value.text, out),
        },
        ColumnKind::Integer => write_number(value, 38, 0, out)?,
        ColumnKind::Decimal { precision, scale } => write_number(value, precision, scale, out)?,
        ColumnKind::Float => return write_double(value, out),
        ColumnKind::DecimalFloat => write_decimal_float(value, out)?,
        ColumnKind::Boolean => write_plain(boolean(&value)?, out),
        ColumnKind::Binary => {
            let content = value.content();
            let is_hexadecimal =
                value.is_string() && content.len().is_multiple_of(2) && content.iter().all(u8::is_ascii_hexdigit);
            is_hexadecimal.then(|| write_plain(&content, out))?;
        }
        ColumnKind::Date | ColumnKind::Time { .. } | ColumnKind::Timestamp { .. } => {
            write_datetime(kind, value, rules.datetime_treatment, out)?;
        }
    }
    Some(Precision::Kept)
}

#[inline(always)]
fn write_number(value: Value<'_>, precision: u8, scale: u8, out: &mut Vec<u8>) -> Option<()> {
    if let Some(number) = value.plain_number()
        && is_exact_plain(number, value.text, precision, scale)
    {
        value.copy_to(out);
        return Some(());
    }
    match value.shape {
        Shape::Number => write_exact(value.text, precision, scale, out),
        Shape::String { .. } => write_exact(value.content().trim_ascii(), precision, scale, out),
        _ => None,
    }
}

fn write_decimal_float(value: Value<'_>, out: &mut Vec<u8>) -> Option<()> {
    match value.shape {
        Shape::Number => write_decimal_digits(value.text, out),
        Shape::String { .. } => write_decimal_digits(value.content().trim_ascii(), out),
        _ => None,
    }
}

/// A key in a VARCHAR column: equal numbers have one text, whichever form they came in, and it is that of numbers which a
/// column had before it became VARCHAR.
pub(crate) fn write_number_key(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    write_canonical(text, out)
}

fn write_double(value: Value<'_>, out: &mut Vec<u8>) -> Option<Precision> {
    if value.plain_number().is_some_and(is_short_plain) {
        value.copy_to(out);
        return Some(Precision::Kept);
    }
    Some(match value.shape {
        Shape::Number => write_float(value.text, out)?,
        Shape::String { .. } => {
            let content = value.content();
            let content = content.trim_ascii();
            match special_double(content) {
                Some(word) => {
                    out.extend_from_slice(word);
                    Precision::Kept
                }
                None => write_float(content, out)?,
            }
        }
        _ => return None,
    })
}

/// The numbers that JSON has no form for, in Snowflake's words.
fn special_double(text: &[u8]) -> Option<&'static [u8]> {
    Some(match text.to_ascii_lowercase().as_slice() {
        b"nan" => b"NaN",
        b"inf" | b"+inf" | b"infinity" | b"+infinity" => b"inf",
        b"-inf" | b"-infinity" => b"-inf",
        _ => return None,
    })
}

/// `true`, `false`, and what stands for them in sources without booleans: 1 and 0, and all four as strings.
fn boolean(value: &Value<'_>) -> Option<&'static [u8]> {
    if matches!(value.shape, Shape::Container { .. }) {
        return None;
    }
    match value.content().trim_ascii().to_ascii_lowercase().as_slice() {
        b"true" | b"1" => Some(b"true"),
        b"false" | b"0" => Some(b"false"),
        _ => None,
    }
}

fn write_datetime(kind: ColumnKind, value: Value<'_>, treatment: DatetimeTreatment, out: &mut Vec<u8>) -> Option<()> {
    let content = value.is_string().then(|| value.content());
    if content
        .and_then(|content| write_readable_datetime(kind, &content, out))
        .is_some()
    {
        return Some(());
    }
    match treatment {
        DatetimeTreatment::Error | DatetimeTreatment::Reject => None,
        DatetimeTreatment::Null => Some(()),
        DatetimeTreatment::Max => write_greatest(kind, out),
    }
}

/// Writes nothing unless the text can be read.
fn write_readable_datetime(kind: ColumnKind, text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match kind {
        ColumnKind::Date => {
            if copy_usual_date(text, out).is_none() {
                write_date(parse_date(text)?, out);
            }
        }
        ColumnKind::Time { digits } => write_time(parse_time(text)?.within(digits)?, out),
        ColumnKind::Timestamp { zone, digits } => {
            if copy_usual_timestamp(text, digits, out).is_some() {
                if zone != TimestampType::Ntz {
                    out.extend_from_slice(b"+00:00");
                }
                return Some(());
            }
            let moment = parse_timestamp(text)?;
            moment.time.within(digits)?;
            // An instant outside the years has no UTC form, which Snowflake keeps beside an offset too.
            let utc = moment.to_utc()?;
            match zone {
                TimestampType::Ntz => write_timestamp(utc, out),
                TimestampType::Ltz => write_timestamp_with_offset(utc, out),
                TimestampType::Tz => write_timestamp_with_offset(moment, out),
            }
        }
        _ => return None,
    }
    Some(())
}

/// The value that pipelinewise's target made of dates it could not read, so that filters written for it still work.
fn write_greatest(kind: ColumnKind, out: &mut Vec<u8>) -> Option<()> {
    let moment = Moment {
        date: Date::new(9999, 12, 31)?,
        time: Time::new(23, 59, 59, 999_999_000)?,
        offset_minutes: 0,
    };
    let cut = |digits| Moment {
        time: moment.time.cut_to(digits),
        ..moment
    };
    match kind {
        ColumnKind::Time { digits } => write_time(cut(digits).time, out),
        ColumnKind::Timestamp {
            zone: TimestampType::Ntz,
            digits,
        } => write_timestamp(cut(digits), out),
        ColumnKind::Timestamp { digits, .. } => write_timestamp_with_offset(cut(digits), out),
        _ => write_date(moment.date, out),
    }
    Some(())
}
