//! Numbers that fit, numbers that do not, and exactness against arithmetic on big numbers of digits.

use proptest::prelude::*;

use super::*;

fn exact(text: &str, precision: u8, scale: u8) -> Option<String> {
    let mut out = Vec::new();
    let written = write_exact(text.as_bytes(), precision, scale, &mut out);
    assert!(
        written.is_some() || out.is_empty(),
        "nothing is written for what does not fit"
    );
    written.map(|()| String::from_utf8(out).expect("digits"))
}

fn integer(text: &str) -> Option<String> {
    exact(text, 38, 0)
}

#[test]
fn integers() {
    let greatest = "9".repeat(38);
    for (text, expected) in [
        ("0", "0"),
        ("-0", "0"),
        ("-0.0e9", "0"),
        ("0e999999999999999999999", "0"),
        ("7", "7"),
        ("-12", "-12"),
        ("1.0", "1"),
        ("1e3", "1000"),
        ("1.5E+1", "15"),
        ("1200e-2", "12"),
        ("+007", "7"),
        ("5.", "5"),
        ("1e37", "10000000000000000000000000000000000000"),
        (greatest.as_str(), greatest.as_str()),
    ] {
        assert_eq!(integer(text).as_deref(), Some(expected), "{text}");
    }
    let too_long = format!("1{}", "0".repeat(38));
    for text in [
        too_long.as_str(),
        "1e38",
        "0.5",
        "1e-1",
        "1e999999999999999999999",
        "1e-999999999999999999999",
        "",
        "-",
        ".",
        "e5",
        "1e",
        "1e+",
        "1.2.3",
        "0x10",
        "NaN",
        " 1",
        "1_000",
        "--1",
        "٣",
    ] {
        assert_eq!(integer(text), None, "{text}");
    }
}

#[test]
fn decimals() {
    assert_eq!(exact("12.34", 4, 2).as_deref(), Some("12.34"));
    assert_eq!(exact("12.3400", 4, 2).as_deref(), Some("12.34"));
    assert_eq!(exact("123.4", 4, 2), None);
    assert_eq!(exact("1.234", 4, 2), None);
    assert_eq!(exact("-1e-2", 4, 2).as_deref(), Some("-0.01"));
    assert_eq!(exact(".5", 1, 1).as_deref(), Some("0.5"));
    assert_eq!(exact("1", 1, 1), None);
    assert_eq!(exact("0", 1, 1).as_deref(), Some("0"));
    assert_eq!(exact("1.5e1", 4, 2).as_deref(), Some("15"));
}

fn float(text: &str) -> Option<Precision> {
    let mut out = Vec::new();
    let precision = write_float(text.as_bytes(), &mut out);
    assert_eq!(out, if precision.is_some() { text.as_bytes() } else { b"" });
    precision
}

#[test]
fn floats() {
    for text in [
        "0",
        "-0.0",
        "1.1",
        "123456789012345",
        "1e3",
        "1.7976931348623157e308",
        "0.1e1",
        "5e-324",
        "0e400",
    ] {
        assert_eq!(float(text), Some(Precision::Kept), "{text}");
    }
    for text in ["0.1234567890123456789", "12345678901234567891", "1e-400"] {
        assert_eq!(float(text), Some(Precision::Lost), "{text}");
    }
    for text in ["1e400", "-1e400", "", "x", "1e", "."] {
        assert_eq!(float(text), None, "{text}");
    }
    assert_eq!(float(&"9".repeat(400)), None);
}

#[test]
fn a_whole_number_must_be_the_double_itself() {
    for text in [
        "0",
        "-7",
        "9007199254740992",
        "1152921504606846976",
        "-9223372036854775808",
        "1e22",
        "1.5e3",
        "0.1",
        "0e400",
    ] {
        assert!(!is_rounded(text.as_bytes()), "{text}");
    }
    for text in [
        "9007199254740993",
        "1234567890123456800",
        "1e23",
        "-1152921504606846977",
        "0.12345678901234567890",
        "1e400",
    ] {
        assert!(is_rounded(text.as_bytes()), "{text}");
    }
}

proptest! {
    /// As the processor says it.
    #[test]
    fn whole_numbers_are_doubles_or_not(number in any::<i128>(), shift in 0..128, zeros in 0..3_u32) {
        let number: i128 = (number >> shift) / 10_i128.pow(zeros) * 10_i128.pow(zeros);
        prop_assert_eq!(is_rounded(number.to_string().as_bytes()), number as f64 as i128 != number);
    }

    #[test]
    fn counts_are_written_in_full(count in any::<u64>(), shift in 0..64) {
        for count in [count >> shift, 0, u64::MAX] {
            let mut out = Vec::new();
            write_count(count, &mut out);
            prop_assert_eq!(String::from_utf8(out).expect("digits"), count.to_string());
        }
    }

    #[test]
    fn shifted_integers_are_exact(number in any::<i128>(), shift in 0_u8..30) {
        let digits = number.unsigned_abs().to_string();
        let shifted = format!("{number}{}e-{shift}", "0".repeat(usize::from(shift)));
        let expected = (digits.len() <= 38).then(|| number.to_string());
        prop_assert_eq!(integer(&shifted), expected.clone());
        prop_assert_eq!(integer(&number.to_string()), expected);
    }

    #[test]
    fn fractions_are_exact(whole in 0_u64.., fraction in "[0-9]{1,15}") {
        let text = format!("{whole}.{fraction}");
        let trimmed = fraction.trim_end_matches('0');
        let expected = if trimmed.is_empty() { whole.to_string() } else { format!("{whole}.{trimmed}") };
        prop_assert_eq!(exact(&text, 38, 15), Some(expected));
    }

    /// What is copied is what taking it apart makes of it.
    #[test]
    fn canonical_fractions_are_copied(text in "-?[0-9.]{0,2}[0-9]{0,3}\\.[0-9]{0,4}", precision in 1_u8..8, scale in 0_u8..6) {
        if is_canonical_fraction(text.as_bytes(), precision, scale) {
            let number = Decimal::parse(text.as_bytes()).expect("a number");
            let digits = number.significant().expect("not zero");
            prop_assert!(digits.whole_count() <= i64::from(precision.saturating_sub(scale)));
            prop_assert!(digits.fraction_count() <= i64::from(scale));
            let mut written = Vec::new();
            write_digits(&number, &digits, &mut written);
            prop_assert_eq!(text.as_bytes(), written);
        }
    }

    #[test]
    fn doubles_in_their_usual_form_are_kept(number in any::<f64>().prop_filter("finite", |number| number.is_finite())) {
        prop_assert_eq!(float(&format!("{number}")), Some(Precision::Kept));
        prop_assert_eq!(float(&format!("{number:e}")), Some(Precision::Kept));
    }

    #[test]
    fn no_text_panics(text in "[0-9eE.+-]{0,60}", precision in 0_u8..40, scale in 0_u8..40) {
        let _ = (exact(&text, precision, scale), float(&text));
    }
}
