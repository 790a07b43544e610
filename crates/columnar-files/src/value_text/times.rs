//! Dates, times, moments and spans as ISO 8601 text. Years beyond 0 to 9999 are written with as many digits as they have:
//! whoever reads them decides what becomes of them.

use std::io::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, DurationMicrosecondType, DurationMillisecondType,
    DurationNanosecondType, DurationSecondType, IntervalDayTimeType, IntervalMonthDayNanoType, IntervalYearMonthType,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, IntervalUnit, TimeUnit};

use super::digits::{write_fraction, write_scaled};
use super::dispatch::WriteValue;
use crate::problem::Problem;

const SECONDS_A_DAY: i64 = 86_400;

pub(super) fn write_of(array: &ArrayRef) -> Result<WriteValue, Problem> {
    match array.data_type() {
        DataType::Date32 => write::<Date32Type>(array, |days, out| write_date(i64::from(days), out)),
        DataType::Date64 => write::<Date64Type>(array, |milliseconds, out| {
            let day = milliseconds.div_euclid(SECONDS_A_DAY * 1_000);
            match milliseconds.rem_euclid(SECONDS_A_DAY * 1_000) {
                0 => write_date(day, out),
                _ => write_moment(milliseconds, TimeUnit::Millisecond, None, out),
            }
        }),
        DataType::Time32(unit) | DataType::Time64(unit) => time(array, *unit),
        DataType::Timestamp(unit, zone) => {
            let offset_seconds = zone.as_deref().map(offset_seconds);
            moment(array, *unit, offset_seconds)
        }
        DataType::Duration(unit) => duration(array, *unit),
        DataType::Interval(unit) => interval(array, *unit),
        _ => Err(Problem::Unsupported("a type of time")),
    }
}

/// Texts in quotes.
fn write<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    text: impl Fn(T::Native, &mut Vec<u8>) + 'static,
) -> Result<WriteValue, Problem> {
    let values = array.as_primitive_opt::<T>().ok_or(Problem::Damaged)?.clone();
    Ok(Box::new(move |row, out| {
        out.push(b'"');
        text(values.value(row), out);
        out.push(b'"');
    }))
}

fn time(array: &ArrayRef, unit: TimeUnit) -> Result<WriteValue, Problem> {
    match unit {
        TimeUnit::Second => write::<Time32SecondType>(array, move |value, out| write_clock(value.into(), unit, out)),
        TimeUnit::Millisecond => {
            write::<Time32MillisecondType>(array, move |value, out| write_clock(value.into(), unit, out))
        }
        TimeUnit::Microsecond => write::<Time64MicrosecondType>(array, move |value, out| write_clock(value, unit, out)),
        TimeUnit::Nanosecond => write::<Time64NanosecondType>(array, move |value, out| write_clock(value, unit, out)),
    }
}

fn moment(array: &ArrayRef, unit: TimeUnit, offset: Option<i64>) -> Result<WriteValue, Problem> {
    let text = move |value: i64, out: &mut Vec<u8>| write_moment(value, unit, offset, out);
    match unit {
        TimeUnit::Second => write::<TimestampSecondType>(array, text),
        TimeUnit::Millisecond => write::<TimestampMillisecondType>(array, text),
        TimeUnit::Microsecond => write::<TimestampMicrosecondType>(array, text),
        TimeUnit::Nanosecond => write::<TimestampNanosecondType>(array, text),
    }
}

fn duration(array: &ArrayRef, unit: TimeUnit) -> Result<WriteValue, Problem> {
    let text = move |value: i64, out: &mut Vec<u8>| {
        out.extend_from_slice(b"PT");
        write_scaled(value, fraction_digits(unit), out);
        out.push(b'S');
    };
    match unit {
        TimeUnit::Second => write::<DurationSecondType>(array, text),
        TimeUnit::Millisecond => write::<DurationMillisecondType>(array, text),
        TimeUnit::Microsecond => write::<DurationMicrosecondType>(array, text),
        TimeUnit::Nanosecond => write::<DurationNanosecondType>(array, text),
    }
}

fn interval(array: &ArrayRef, unit: IntervalUnit) -> Result<WriteValue, Problem> {
    // Writing into memory does not fail.
    match unit {
        IntervalUnit::YearMonth => write::<IntervalYearMonthType>(array, |months, out| {
            let _always_fits = write!(out, "P{months}M");
        }),
        IntervalUnit::DayTime => write::<IntervalDayTimeType>(array, |value, out| {
            let _always_fits = write!(out, "P{}DT", value.days);
            write_scaled(value.milliseconds, 3, out);
            out.push(b'S');
        }),
        IntervalUnit::MonthDayNano => write::<IntervalMonthDayNanoType>(array, |value, out| {
            let _always_fits = write!(out, "P{}M{}DT", value.months, value.days);
            write_scaled(value.nanoseconds, 9, out);
            out.push(b'S');
        }),
    }
}

fn fraction_digits(unit: TimeUnit) -> i8 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}

/// How far a zone's clock is ahead of UTC, if its name says so. Named zones are shown in UTC: it is the same moment.
fn offset_seconds(zone: &str) -> i64 {
    let parsed = || {
        let (sign, rest) = match zone.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, zone.strip_prefix('+')?),
        };
        let digits = rest.replace(':', "");
        let (hours, minutes) = digits.split_at_checked(2)?;
        let (hours, minutes): (i64, i64) = (
            hours.parse().ok()?,
            if minutes.is_empty() { 0 } else { minutes.parse().ok()? },
        );
        (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60)
    };
    parsed().unwrap_or(0)
}

/// `zone`: seconds ahead of UTC; without one the text has none.
fn write_moment(value: i64, unit: TimeUnit, zone: Option<i64>, out: &mut Vec<u8>) {
    let one_second = one_second(unit);
    // Both are far from the ends of 128 bits, which the values of a file are not of 64.
    let local = i128::from(value) + i128::from(zone.unwrap_or(0)) * i128::from(one_second);
    let a_day = i128::from(SECONDS_A_DAY) * i128::from(one_second);
    let (day, clock) = (local.div_euclid(a_day), local.rem_euclid(a_day));
    write_date(i64::try_from(day).unwrap_or(i64::MAX / 2), out);
    out.push(b'T');
    write_clock(i64::try_from(clock).unwrap_or_default(), unit, out);
    match zone {
        None => {}
        Some(0) => out.push(b'Z'),
        Some(seconds) => {
            let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
            let _always_fits = write!(out, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        }
    }
}

fn one_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

/// A time of day; more hours than a day has are written as they are.
fn write_clock(value: i64, unit: TimeUnit, out: &mut Vec<u8>) {
    let (seconds, fraction) = (value.div_euclid(one_second(unit)), value.rem_euclid(one_second(unit)));
    let (hours, minutes) = (seconds.div_euclid(3_600), seconds.rem_euclid(3_600) / 60);
    let _always_fits = write!(out, "{hours:02}:{minutes:02}:{:02}", seconds.rem_euclid(60));
    let digits = usize::from(fraction_digits(unit).unsigned_abs());
    write_fraction(fraction.unsigned_abs(), digits, out);
}

/// Days since 1970-01-01. (Howard Hinnant's algorithm: years begin in March, so that leap days come last.)
fn write_date(days: i64, out: &mut Vec<u8>) {
    let days = days.saturating_add(719_468);
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let _always_fits = write!(out, "{year:04}-{month:02}-{day:02}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, expected) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (-719_162, "0001-01-01"),
            (2_932_896, "9999-12-31"),
            (2_932_897, "10000-01-01"),
            (-719_528, "0000-01-01"),
            (-719_529, "-001-12-31"),
        ] {
            assert_eq!(text(|out| write_date(days, out)), expected);
        }
        assert!(!text(|out| write_date(i64::MAX, out)).is_empty() && !text(|out| write_date(i64::MIN, out)).is_empty());
    }

    #[test]
    fn moments_keep_their_unit_and_their_zone() {
        let moment =
            |value, unit, zone: Option<&str>| text(|out| write_moment(value, unit, zone.map(offset_seconds), out));
        assert_eq!(moment(0, TimeUnit::Second, None), "1970-01-01T00:00:00");
        assert_eq!(
            moment(-1, TimeUnit::Nanosecond, Some("UTC")),
            "1969-12-31T23:59:59.999999999Z"
        );
        assert_eq!(
            moment(1_500, TimeUnit::Millisecond, Some("+05:30")),
            "1970-01-01T05:30:01.500+05:30"
        );
        assert_eq!(
            moment(0, TimeUnit::Microsecond, Some("-0800")),
            "1969-12-31T16:00:00.000000-08:00"
        );
        assert_eq!(
            moment(0, TimeUnit::Second, Some("Europe/Berlin")),
            "1970-01-01T00:00:00Z"
        );
        assert!(moment(i64::MIN, TimeUnit::Second, Some("-23:59")).ends_with("-23:59"));
        assert!(moment(i64::MAX, TimeUnit::Second, Some("+23:59")).ends_with("+23:59"));
    }
}
