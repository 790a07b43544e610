//! The timestamp of a log line: RFC 3339 with 0 to 9 fractional digits, `Z` or an offset, exactly kept and written as UTC.
//! Hand-made because it runs once per line; arithmetic on dates beyond that is not its job.

use std::fmt;

const SECONDS_PER_DAY: i64 = 86_400;
/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z in seconds since 1970.
const FIRST_SECOND: i64 = -62_167_219_200;
const LAST_SECOND: i64 = 253_402_300_799;

/// A point in time with nanosecond resolution, years 0000 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogTime {
    unix_seconds: i64,
    nanosecond: u32,
}

impl LogTime {
    /// Reads `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM|±HHMM)`. `None` for anything else, for dates that do not exist
    /// and for years outside 0000 to 9999. A leap second (`:60`) counts as second 59, with its fraction.
    pub fn parse(text: &str) -> Option<LogTime> {
        let bytes = text.as_bytes();
        let (date_and_time, rest) = bytes.split_at_checked(19)?;
        let [
            y0,
            y1,
            y2,
            y3,
            b'-',
            mo0,
            mo1,
            b'-',
            d0,
            d1,
            b'T' | b't',
            h0,
            h1,
            b':',
            mi0,
            mi1,
            b':',
            s0,
            s1,
        ] = date_and_time
        else {
            return None;
        };
        let year = two_digits(*y0, *y1)? * 100 + two_digits(*y2, *y3)?;
        let (month, day) = (two_digits(*mo0, *mo1)?, two_digits(*d0, *d1)?);
        let (hour, minute, second) = (two_digits(*h0, *h1)?, two_digits(*mi0, *mi1)?, two_digits(*s0, *s1)?);
        if !(1..=12).contains(&month)
            || day < 1
            || day > days_in_month(year, month)
            || hour > 23
            || minute > 59
            || second > 60
        {
            return None;
        }
        let (nanosecond, offset) = fraction(rest)?;
        let offset_seconds = offset_seconds(offset)?;
        let unix_seconds =
            days_from_civil(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second.min(59)
                - offset_seconds;
        (FIRST_SECOND..=LAST_SECOND).contains(&unix_seconds).then_some(LogTime {
            unix_seconds,
            nanosecond,
        })
    }

    /// Whole seconds since 1970-01-01T00:00:00Z; negative before.
    pub fn unix_seconds(self) -> i64 {
        self.unix_seconds
    }

    /// Nanoseconds within the second, 0 to 999,999,999.
    pub fn nanosecond(self) -> u32 {
        self.nanosecond
    }
}

/// UTC with six fractional digits, nine when the line had more than microseconds: `2026-01-09T19:29:07.973289Z`.
impl fmt::Display for LogTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.unix_seconds.div_euclid(SECONDS_PER_DAY));
        let second_of_day = self.unix_seconds.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
        let mut text = [0u8; 30];
        let mut writer = DigitWriter {
            free: &mut text,
            written: 0,
        };
        for (value, width, separator) in [
            (year, 4, b'-'),
            (month, 2, b'-'),
            (day, 2, b'T'),
            (hour, 2, b':'),
            (minute, 2, b':'),
            (second, 2, b'.'),
        ] {
            writer.put(value, width, separator);
        }
        match self.nanosecond % 1000 {
            0 => writer.put(i64::from(self.nanosecond / 1000), 6, b'Z'),
            _ => writer.put(i64::from(self.nanosecond), 9, b'Z'),
        }
        let written = writer.written;
        let text = text.get(..written).and_then(|bytes| std::str::from_utf8(bytes).ok());
        formatter.write_str(text.unwrap_or_default())
    }
}

/// Fills a fixed buffer with zero-padded numbers: `write!` with widths costs ten times as much, once per line.
struct DigitWriter<'a> {
    free: &'a mut [u8],
    written: usize,
}

impl DigitWriter<'_> {
    fn put(&mut self, mut value: i64, width: usize, separator: u8) {
        let free = std::mem::take(&mut self.free);
        let Some((digits, rest)) = free.split_at_mut_checked(width) else {
            return;
        };
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(value % 10).unwrap_or_default();
            value /= 10;
        }
        let Some((first, rest)) = rest.split_first_mut() else {
            return;
        };
        *first = separator;
        self.free = rest;
        self.written += width + 1;
    }
}

fn two_digits(tens: u8, ones: u8) -> Option<i64> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

/// Splits `.123+00:00` into nanoseconds and the offset text. Digits after the ninth are refused, not rounded.
fn fraction(rest: &[u8]) -> Option<(u32, &[u8])> {
    let Some(digits_and_offset) = rest.strip_prefix(b".") else {
        return Some((0, rest));
    };
    let count = digits_and_offset
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if count == 0 || count > 9 {
        return None;
    }
    let (digits, offset) = digits_and_offset.split_at_checked(count)?;
    let value = digits
        .iter()
        .fold(0u32, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    let scale = 10u32.pow(u32::try_from(9 - count).ok()?);
    Some((value * scale, offset))
}

fn offset_seconds(offset: &[u8]) -> Option<i64> {
    let (sign, hour, minute) = match offset {
        b"Z" | b"z" => return Some(0),
        [sign, h0, h1, b':', m0, m1] | [sign, h0, h1, m0, m1] => (sign, two_digits(*h0, *h1)?, two_digits(*m0, *m1)?),
        _ => return None,
    };
    let seconds = hour * 3600 + minute * 60;
    match sign {
        _ if hour > 23 || minute > 59 => None,
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar; the year is taken to start in March so that the leap
/// day comes last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`]: year, month, day.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utc(text: &str) -> Option<String> {
        LogTime::parse(text).map(|time| time.to_string())
    }

    #[test]
    fn every_variant_becomes_utc() {
        for (text, expected) in [
            ("2021-07-05T08:09:10+00:00", "2021-07-05T08:09:10.000000Z"),
            ("2021-07-05T08:09:10Z", "2021-07-05T08:09:10.000000Z"),
            ("2021-07-05T08:09:10.5Z", "2021-07-05T08:09:10.500000Z"),
            ("2021-07-05T08:09:10.61556+00:00", "2021-07-05T08:09:10.615560Z"),
            ("2021-07-05T08:09:10.123456789Z", "2021-07-05T08:09:10.123456789Z"),
            ("2020-12-31T21:51:37-07:00", "2021-01-01T04:51:37.000000Z"),
            ("2020-03-01T00:10:00.000001+0530", "2020-02-29T18:40:00.000001Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000000Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z"),
            ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"),
        ] {
            assert_eq!(utc(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in [
            "",
            "2021-07-05",
            "2021-07-05T08:09:10",
            "2021-07-05 08:09:10Z",
            "2021-02-29T00:00:00Z",
            "2021-13-01T00:00:00Z",
            "2021-07-05T24:00:00Z",
            "2021-07-05T08:09:10.Z",
            "2021-07-05T08:09:10.1234567890Z",
            "2021-07-05T08:09:10+00:0",
            "2021-07-05T08:09:10 00:00",
            "0000-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-00:01",
            "2021-07-05T08:09:10Zx",
        ] {
            assert_eq!(utc(text), None, "{text}");
        }
    }

    proptest! {
        /// jiff is the judge: same instant, for every second in range and every offset.
        #[test]
        fn agrees_with_jiff(seconds in -62_135_510_400i64..=253_402_207_200, nanosecond in 0u32..1_000_000_000, minutes in -1439i32..=1439) {
            let instant = jiff::Timestamp::new(seconds, nanosecond as i32).unwrap();
            let zone = jiff::tz::TimeZone::fixed(jiff::tz::Offset::from_seconds(minutes * 60).unwrap());
            let local = instant.to_zoned(zone);
            let sign = if minutes < 0 { '-' } else { '+' };
            let text = format!(
                "{}.{nanosecond:09}{sign}{:02}:{:02}", local.strftime("%Y-%m-%dT%H:%M:%S"), minutes.abs() / 60, minutes.abs() % 60
            );
            let time = LogTime::parse(&text).unwrap();
            prop_assert_eq!(time.to_string().parse::<jiff::Timestamp>().unwrap(), instant);
            prop_assert_eq!((time.unix_seconds(), time.nanosecond()), (seconds, nanosecond));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = LogTime::parse(&text);
        }
    }
}
