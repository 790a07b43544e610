//! Dates, times and date-times as taps write them, read exactly and written in the one form the batch files use.
//! Pure arithmetic on the proleptic Gregorian calendar; jiff is the judge in the tests, too slow per value otherwise.

mod format;
mod moment;
mod parse;
mod usual;

pub(crate) use format::{write_date, write_time, write_timestamp, write_timestamp_with_offset};
pub(crate) use moment::{Date, Moment, Time};
pub(crate) use parse::{parse_date, parse_time, parse_timestamp};
pub(crate) use usual::{copy_usual_date, copy_usual_timestamp};
