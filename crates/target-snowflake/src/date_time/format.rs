//! Writes dates and times in the form that the casts of `columns::ColumnKind::cast` name. Not for zones by name.

use super::moment::{Date, Moment, Time};

/// Appends `YYYY-MM-DD`.
pub(crate) fn write_date(date: Date, out: &mut Vec<u8>) {
    let [year_high, year_low] = [date.year / 100, date.year % 100].map(|part| two_digits(u32::from(part)));
    let [month, day] = [date.month, date.day].map(|part| two_digits(u32::from(part)));
    out.extend_from_slice(&[
        year_high[0],
        year_high[1],
        year_low[0],
        year_low[1],
        b'-',
        month[0],
        month[1],
        b'-',
        day[0],
        day[1],
    ]);
}

/// Appends `HH:MM:SS.fffffffff`.
pub(crate) fn write_time(time: Time, out: &mut Vec<u8>) {
    let [hour, minute, second] = [time.hour, time.minute, time.second].map(|part| two_digits(u32::from(part)));
    let mut text = [
        hour[0], hour[1], b':', minute[0], minute[1], b':', second[0], second[1], b'.', 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    let mut rest = time.nanosecond;
    for digit in text.iter_mut().rev().take(9) {
        *digit = decimal_digit(rest % 10);
        rest /= 10;
    }
    out.extend_from_slice(&text);
}

/// Appends `YYYY-MM-DDTHH:MM:SS.fffffffff`, as the moment's own clock shows it.
pub(crate) fn write_timestamp(moment: Moment, out: &mut Vec<u8>) {
    write_date(moment.date, out);
    out.push(b'T');
    write_time(moment.time, out);
}

/// Appends [`write_timestamp`]'s form and the offset as `+HH:MM`.
pub(crate) fn write_timestamp_with_offset(moment: Moment, out: &mut Vec<u8>) {
    write_timestamp(moment, out);
    let minutes = u32::from(moment.offset_minutes.unsigned_abs());
    let [hour, minute] = [minutes / 60, minutes % 60].map(two_digits);
    let sign = if moment.offset_minutes < 0 { b'-' } else { b'+' };
    out.extend_from_slice(&[sign, hour[0], hour[1], b':', minute[0], minute[1]]);
}

fn two_digits(number: u32) -> [u8; 2] {
    [decimal_digit(number / 10 % 10), decimal_digit(number % 10)]
}

fn decimal_digit(number: u32) -> u8 {
    // Below ten, so the conversion keeps it.
    b'0' + (number % 10) as u8
}
