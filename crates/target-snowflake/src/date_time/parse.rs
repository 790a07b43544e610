//! Reads dates, times and date-times: RFC 3339 and the forms taps are known to write instead. Not for fixing values.

use super::moment::{Date, Moment, Time};

/// Reads `YYYY-MM-DD`, or a date-time at midnight: a time of day would be lost.
pub(crate) fn parse_date(text: &[u8]) -> Option<Date> {
    let moment = parse_timestamp(text)?;
    moment.time.is_midnight().then_some(moment.date)
}

/// Reads `HH:MM[:SS[.fraction]]` with or without a zone, as a UTC time of day.
pub(crate) fn parse_time(text: &[u8]) -> Option<Time> {
    let mut cursor = Cursor(text.trim_ascii());
    let time = cursor.time()?;
    time.to_utc(cursor.zone_to_end()?)
}

/// Reads `YYYY-MM-DD`, then nothing (midnight) or a `T` or a space and a time, then nothing (UTC) or a zone: `Z`, `UTC`,
/// `+HH`, `+HHMM` or `+HH:MM`. Up to nine fractional digits; more are accepted only if they are zeros.
pub(crate) fn parse_timestamp(text: &[u8]) -> Option<Moment> {
    let mut cursor = Cursor(text.trim_ascii());
    let year = u16::from(cursor.two_digits()?) * 100 + u16::from(cursor.two_digits()?);
    cursor.skip(b'-')?;
    let month = cursor.two_digits()?;
    cursor.skip(b'-')?;
    let date = Date::new(year, month, cursor.two_digits()?)?;
    if cursor.0.is_empty() {
        return Some(Moment {
            date,
            time: Time::new(0, 0, 0, 0)?,
            offset_minutes: 0,
        });
    }
    cursor.skip_any(b"Tt ")?;
    let time = cursor.time()?;
    Some(Moment {
        date,
        time,
        offset_minutes: cursor.zone_to_end()?,
    })
}

/// What is left to read.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn skip(&mut self, byte: u8) -> Option<()> {
        self.skip_any(&[byte])
    }

    fn skip_any(&mut self, bytes: &[u8]) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        bytes.contains(first).then(|| self.0 = rest)
    }

    fn two_digits(&mut self) -> Option<u8> {
        let ([tens, units], rest) = self.0.split_first_chunk::<2>()?;
        let (tens, units) = (tens.wrapping_sub(b'0'), units.wrapping_sub(b'0'));
        (tens < 10 && units < 10).then(|| {
            self.0 = rest;
            tens * 10 + units
        })
    }

    fn time(&mut self) -> Option<Time> {
        let hour = self.two_digits()?;
        self.skip(b':')?;
        let minute = self.two_digits()?;
        if self.skip(b':').is_none() {
            return Time::new(hour, minute, 0, 0);
        }
        let second = self.two_digits()?;
        let nanosecond = if self.skip_any(b".,").is_some() {
            self.fraction()?
        } else {
            0
        };
        Time::new(hour, minute, second, nanosecond)
    }

    fn fraction(&mut self) -> Option<u32> {
        let mut nanosecond = 0;
        let mut unit = 100_000_000;
        let mut count = 0;
        while let Some((first, rest)) = self.0.split_first()
            && first.is_ascii_digit()
        {
            let digit = u32::from(first - b'0');
            if unit == 0 && digit != 0 {
                return None;
            }
            nanosecond += digit * unit;
            unit /= 10;
            count += 1;
            self.0 = rest;
        }
        (count > 0).then_some(nanosecond)
    }

    /// The zone, which must be all that is left, in minutes ahead of UTC.
    fn zone_to_end(&mut self) -> Option<i16> {
        match self.0.trim_ascii_start() {
            [] | [b'Z' | b'z'] | b"UTC" | b"GMT" => Some(0),
            zone => {
                let mut cursor = Cursor(zone);
                let offset = cursor.offset()?;
                // One well-known tap writes the zone twice.
                (cursor.0.is_empty() || zone == [offset_text(zone, cursor.0), offset_text(zone, cursor.0)].concat())
                    .then_some(offset)
            }
        }
    }

    fn offset(&mut self) -> Option<i16> {
        let sign = if self.skip(b'+').is_some() {
            1
        } else {
            self.skip(b'-').map(|()| -1)?
        };
        let hours = self.two_digits()?;
        let minutes = match self.0 {
            [] => 0,
            [b':', ..] => {
                self.skip(b':')?;
                self.two_digits()?
            }
            _ => self.two_digits()?,
        };
        (hours < 24 && minutes < 60).then(|| sign * (i16::from(hours) * 60 + i16::from(minutes)))
    }
}

/// The part of `zone` that was read before `rest`.
fn offset_text<'a>(zone: &'a [u8], rest: &[u8]) -> &'a [u8] {
    zone.strip_suffix(rest).unwrap_or(zone)
}

#[cfg(test)]
mod tests;
