//! The form that nearly every tap writes times in, `YYYY-MM-DDTHH:MM:SS[.fraction]` of UTC: it is the batch files' own form,
//! so it is checked and copied. Any other is `parse`'s, which reads this one, too.

use super::moment::{Date, Time};

/// The fraction of a second in a batch file, when there is none.
const NO_FRACTION: &[u8] = b"000000000";

/// Appends `YYYY-MM-DDTHH:MM:SS.fffffffff` if the text is such a time and `digits` of the fraction are enough for it.
/// `None`, and nothing written, if not.
pub(crate) fn copy_usual_timestamp(text: &[u8], digits: u8, out: &mut Vec<u8>) -> Option<()> {
    let (clock, rest) = text.split_first_chunk::<19>()?;
    check_clock(clock)?;
    let fraction = match rest {
        [b'.', fraction @ .., b'Z'] if !fraction.is_empty() => fraction,
        [b'.', fraction @ .., b'+', b'0', b'0', b':', b'0', b'0'] if !fraction.is_empty() => fraction,
        b"" | b"Z" | b"+00:00" => &[],
        _ => return None,
    };
    let zeros = NO_FRACTION.get(fraction.len()..)?;
    let needed = fraction.get(..usize::from(digits)).unwrap_or(fraction).len();
    let is_kept = fraction.iter().skip(needed).all(|byte| *byte == b'0');
    (is_kept && fraction.iter().all(u8::is_ascii_digit)).then_some(())?;
    out.extend_from_slice(clock);
    out.push(b'.');
    out.extend_from_slice(fraction);
    out.extend_from_slice(zeros);
    Some(())
}

/// Whether it is a day of the calendar and a time that a clock shows.
fn check_clock(clock: &[u8; 19]) -> Option<()> {
    let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T',
        h1,
        h2,
        b':',
        i1,
        i2,
        b':',
        s1,
        s2,
    ] = *clock
    else {
        return None;
    };
    let year = u16::from(number(y1, y2)?) * 100 + u16::from(number(y3, y4)?);
    Date::new(year, number(m1, m2)?, number(d1, d2)?)?;
    Time::new(number(h1, h2)?, number(i1, i2)?, number(s1, s2)?, 0)?;
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
    use crate::date_time::{parse_timestamp, write_timestamp};

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
