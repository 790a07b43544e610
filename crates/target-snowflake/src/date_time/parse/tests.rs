//! Forms that are read, forms that are not, and every conversion against jiff.

use jiff::{SignedDuration, Timestamp, civil};
use proptest::prelude::*;

use super::*;
use crate::date_time::{write_date, write_time, write_timestamp, write_timestamp_with_offset};

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).expect("digits")
}

fn utc(text: &str) -> Option<String> {
    let moment = parse_timestamp(text.as_bytes())?.to_utc()?;
    Some(written(|out| write_timestamp(moment, out)))
}

#[test]
fn date_times_in_every_form() {
    for text in [
        "2024-02-29T23:30:00Z",
        "2024-02-29t23:30:00z",
        "2024-02-29 23:30:00",
        "2024-02-29T23:30",
        "2024-02-29T23:30:00.000000000000Z",
        "2024-02-29T23:30:00,0+00:00",
        "2024-02-29T23:30:00+0000",
        "2024-02-29T23:30:00+00",
        "2024-02-29T23:30:00-00:00",
        "2024-02-29 23:30:00 UTC",
        " 2024-03-01T00:30:00+01:00 ",
        "2024-03-01 05:00:00 +0530",
        "2024-02-29T13:30:00-10",
        "2024-02-29T23:30:00+00:00+00:00",
    ] {
        assert_eq!(utc(text).as_deref(), Some("2024-02-29T23:30:00.000000000"), "{text}");
    }
    assert_eq!(utc("2024-02-29").as_deref(), Some("2024-02-29T00:00:00.000000000"));
    assert_eq!(
        utc("0001-01-01T00:00:00.123456789Z").as_deref(),
        Some("0001-01-01T00:00:00.123456789")
    );
    assert_eq!(
        utc("1900-03-01T00:00:00+00:01").as_deref(),
        Some("1900-02-28T23:59:00.000000000")
    );
}

#[test]
fn what_is_no_date_time() {
    for text in [
        "",
        "x",
        "2024",
        "2024-1-1",
        "2024-02-30",
        "2023-02-29",
        "1900-02-29",
        "0000-01-01",
        "20107-05-28T00:00:00Z",
        "-001-01-01",
        "2024-01-01T",
        "2024-01-01T24:00:00",
        "2024-01-01T23:60:00",
        "2024-01-01T23:59:60Z",
        "2024-01-01T00:00:00.",
        "2024-01-01T00:00:00.0000000001Z",
        "2024-01-01T00:00:00ZZ",
        "2024-01-01T00:00:00+24:00",
        "2024-01-01T00:00:00+1",
        "2024-01-01T00:00:00+01:00+02:00",
        "2024-01-01T00:00:00 CET",
        "2024-13-01",
        "1700000000",
        "9999-12-31T23:59:00-00:01",
        "0001-01-01T00:00:00+00:01",
    ] {
        assert_eq!(utc(text), None, "{text}");
    }
}

#[test]
fn times_and_dates() {
    let time = |text: &str| {
        Some(written(|out| {
            write_time(parse_time(text.as_bytes()).expect("a time"), out)
        }))
    };
    assert_eq!(time("07:08:09.5").as_deref(), Some("07:08:09.500000000"));
    assert_eq!(time("00:30+01:00").as_deref(), Some("23:30:00.000000000"));
    assert_eq!(parse_time(b"7:08:09"), None);
    assert_eq!(parse_time(b"24:00:00"), None);
    let date = |text: &str| parse_date(text.as_bytes()).map(|date| written(|out| write_date(date, out)));
    assert_eq!(date("1582-10-10").as_deref(), Some("1582-10-10"));
    assert_eq!(date("2024-05-06T00:00:00+02:00").as_deref(), Some("2024-05-06"));
    assert_eq!(date("2024-05-06T00:00:01"), None);
}

/// Seconds of 0001-01-01 and 9999-12-31T23:59:59.
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

proptest! {
    #[test]
    fn conversion_agrees_with_jiff(seconds in FIRST + 86_400..LAST - 86_400, nanosecond in 0..1_000_000_000_i32, offset in -1439..1440_i16) {
        let instant = Timestamp::new(seconds, nanosecond).expect("in range");
        let utc_clock = civil::DateTime::new(1970, 1, 1, 0, 0, 0, 0).expect("a date")
            .checked_add(SignedDuration::new(seconds, 0)).expect("in range");
        let local = utc_clock.checked_add(SignedDuration::from_secs(i64::from(offset) * 60)).expect("in range");
        let sign = if offset < 0 { '-' } else { '+' };
        let zone = format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60);
        let text = format!("{}.{nanosecond:09}{zone}", local.strftime("%Y-%m-%dT%H:%M:%S"));
        prop_assert_eq!(text.parse::<Timestamp>().expect("jiff reads it"), if seconds < 0 && nanosecond > 0 {
            Timestamp::new(seconds, 0).expect("in range").checked_add(SignedDuration::new(0, nanosecond)).expect("in range")
        } else { instant });
        let moment = parse_timestamp(text.as_bytes()).expect("a date-time");
        prop_assert_eq!(written(|out| write_timestamp_with_offset(moment, out)), text.clone());
        let expected = format!("{}.{nanosecond:09}", utc_clock.strftime("%Y-%m-%dT%H:%M:%S"));
        prop_assert_eq!(written(|out| write_timestamp(moment.to_utc().expect("in range"), out)), expected);
    }

    #[test]
    fn milliseconds_agree_with_jiff(milliseconds in FIRST * 1000..LAST * 1000) {
        let expected = Timestamp::from_millisecond(milliseconds).expect("in range").to_string();
        let moment = Moment::from_milliseconds(milliseconds).expect("in range");
        let ours = written(|out| write_timestamp(moment, out));
        prop_assert_eq!(format!("{ours}Z").parse::<Timestamp>().expect("jiff reads it").to_string(), expected);
    }

    #[test]
    fn no_text_panics(text in proptest::collection::vec(any::<u8>(), 0..40)) {
        let _ = (parse_timestamp(&text), parse_time(&text), parse_date(&text));
    }

    #[test]
    fn no_text_of_digits_panics(text in "[0-9:T Z.,+-]{0,40}") {
        let _ = (parse_timestamp(text.as_bytes()), parse_time(text.as_bytes()), parse_date(text.as_bytes()));
    }
}
