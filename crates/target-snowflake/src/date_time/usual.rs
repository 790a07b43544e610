//! The forms that nearly every tap writes days and times in, `YYYY-MM-DD` and `YYYY-MM-DDTHH:MM:SS[.fraction]` of UTC: they
//! are the batch files' own, so they are checked and copied. Any other is `parse`'s, which reads this one, too.

use super::moment::{Date, Time};

/// Appends `YYYY-MM-DD` if the text is such a day. `None`, and nothing written, if not.
pub(crate) fn copy_usual_date(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let day: &[u8; 10] = text.try_into().ok()?;
    check_day(day)?;
    out.extend_from_slice(day);
    Some(())
}

/// Appends `YYYY-MM-DDTHH:MM:SS.fffffffff` if the text is such a time and `digits` of the fraction are enough for it.
/// `None`, and nothing written, if not.
pub(crate) fn copy_usual_timestamp(text: &[u8], digits: u8, out: &mut Vec<u8>) -> Option<()> {
    let (clock, rest) = text.split_first_chunk::<19>()?;
    let (day, time) = clock.split_first_chunk()?;
    check_day(day)?;
    check_time(time.first_chunk()?)?;
    let fraction = match rest {
        [b'.', fraction @ .., b'Z'] if !fraction.is_empty() => fraction,
        [b'.', fraction @ .., b'+', b'0', b'0', b':', b'0', b'0'] if !fraction.is_empty() => fraction,
        b"" | b"Z" | b"+00:00" => &[],
        _ => return None,
    };
    // Copied as a whole: that is one piece of known size.
    let mut field = *b"YYYY-MM-DDTHH:MM:SS.000000000";
    let (field_clock, field_fraction) = field.split_at_mut_checked(clock.len() + 1)?;
    field_clock.get_mut(..clock.len())?.copy_from_slice(clock);
    field_fraction.get_mut(..fraction.len())?.copy_from_slice(fraction);
    let lost = field_fraction.get(usize::from(digits)..).unwrap_or_default();
    let is_kept = lost.iter().all(|byte| *byte == b'0');
    (is_kept && fraction.iter().all(u8::is_ascii_digit)).then_some(())?;
    out.extend_from_slice(&field);
    Some(())
}

/// Whether it is a day of the calendar.
#[inline(always)]
fn check_day(day: &[u8; 10]) -> Option<()> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *day else {
        return None;
    };
    let year = u16::from(number(y1, y2)?) * 100 + u16::from(number(y3, y4)?);
    Date::new(year, number(m1, m2)?, number(d1, d2)?)?;
    Some(())
}

/// Whether it is a time that a clock shows, behind a `T`.
#[inline(always)]
fn check_time(time: &[u8; 9]) -> Option<()> {
    let [b'T', h1, h2, b':', m1, m2, b':', s1, s2] = *time else {
        return None;
    };
    Time::new(number(h1, h2)?, number(m1, m2)?, number(s1, s2)?, 0)?;
    Some(())
}

fn number(tens: u8, units: u8) -> Option<u8> {
    let (tens, units) = (tens.wrapping_sub(b'0'), units.wrapping_sub(b'0'));
    (tens < 10 && units < 10).then(|| tens * 10 + units)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::date_time::{parse_date, parse_timestamp, write_timestamp};

    fn copied(text: &str, digits: u8) -> Option<String> {
        let mut out = Vec::new();
        let written = copy_usual_timestamp(text.as_bytes(), digits, &mut out);
        assert!(
            written.is_some() || out.is_empty(),
            "nothing is written of what is not copied"
        );
        written.map(|()| String::from_utf8(out).expect("digits"))
    }

    #[test]
    fn the_usual_form_is_copied() {
        let expected = "2024-02-29T23:30:59.120000000";
        for text in ["2024-02-29T23:30:59.12Z", "2024-02-29T23:30:59.120000+00:00"] {
            assert_eq!(copied(text, 3).as_deref(), Some(expected), "{text}");
        }
        for end in ["", "Z", "+00:00", ".0Z"] {
            let text = format!("2024-02-29T23:30:59{end}");
            assert_eq!(
                copied(&text, 0).as_deref(),
                Some("2024-02-29T23:30:59.000000000"),
                "{text}"
            );
        }
    }

    #[test]
    fn no_other_is() {
        for text in [
            "2023-02-29T23:30:59Z",
            "2024-02-29T24:00:00Z",
            "2024-02-29T23:30:60Z",
            "0000-02-29T23:30:59Z",
            "2024-02-29T23:30:59.Z",
            "2024-02-29T23:30:59.1234567890Z",
            "2024-02-29T23:30:59.1x3Z",
            "2024-02-29T23:30:59+01:00",
            "2024-02-29T23:30:59ZZ",
            "2024-02-29 23:30:59Z",
            "2024-02-29T23:30",
            "",
        ] {
            assert_eq!(copied(text, 9), None, "{text}");
        }
        assert_eq!(copied("2024-02-29T23:30:59.123Z", 2), None, "a digit would be lost");
    }

    proptest! {
        /// A day is copied when it can be read, and not otherwise.
        #[test]
        fn days_are_copied_as_they_are_read(text in "([0-2][0-9]{3}|0000)-[01][0-9]-[0-3][0-9]|.{8,12}") {
            let mut out = Vec::new();
            match copy_usual_date(text.as_bytes(), &mut out) {
                Some(()) => prop_assert_eq!(out.as_slice(), text.as_bytes()),
                None => prop_assert!(out.is_empty()),
            }
            let is_day = text.len() == 10 && parse_date(text.as_bytes()).is_some();
            prop_assert_eq!(!out.is_empty(), is_day);
        }

        #[test]
        fn no_text_panics(clock in "[0-9:./A-zß-]{4}-.{2}-.{2}T.{2}:.{2}:.{2}", end in ".{0,12}") {
            let _ = copied(&format!("{clock}{end}"), 9);
        }

        /// What is copied is what reading and writing makes of it.
        #[test]
        fn copying_is_reading_and_writing(
            text in "[0-2][0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,10})?(Z|\\+00:00|x)?",
            digits in 0..10_u8,
        ) {
            if let Some(copied) = copied(&text, digits) {
                let moment = parse_timestamp(text.as_bytes()).expect("a time");
                prop_assert!(moment.time.within(digits).is_some());
                let mut written = Vec::new();
                write_timestamp(moment.to_utc().expect("within the years"), &mut written);
                prop_assert_eq!(copied.as_bytes(), written);
            }
        }
    }
}
