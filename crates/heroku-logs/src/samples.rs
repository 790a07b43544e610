//! `sample#name=1.5MB`, `count#name=1` and `measure#name=12ms`: the convention by which dynos and add-ons log numbers.
//! Any name and any unit; which of them belong to a typed record is decided by the caller.

/// What kind of number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleKind {
    /// A value measured now: `sample#`.
    Sample,
    /// A number of occurrences to add up: `count#`.
    Count,
    /// A duration or size of one occurrence: `measure#`.
    Measure,
}

/// One number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample<'a> {
    /// The word before `#`.
    pub kind: SampleKind,
    /// The name as written, such as `memory_total` or `load-avg-1m`.
    pub name: &'a str,
    /// The number.
    pub value: f64,
    /// The unit as written, such as `MB`, `kB`, `pages`; `None` when there is none.
    pub unit: Option<&'a str>,
}

/// The samples of a message, in order; pairs of other form and values that are no number are skipped.
pub fn samples(message: &str) -> impl Iterator<Item = Sample<'_>> {
    message.split_ascii_whitespace().filter_map(|word| {
        let (key, value) = word.split_once('=')?;
        sample(key, value.trim_matches('"'))
    })
}

/// The sample of one pair.
pub(crate) fn sample<'a>(key: &'a str, value: &'a str) -> Option<Sample<'a>> {
    let (kind, name) = key.split_once('#')?;
    let kind = match kind {
        "sample" => SampleKind::Sample,
        "count" => SampleKind::Count,
        "measure" => SampleKind::Measure,
        _ => return None,
    };
    let (value, unit) = number_and_unit(value)?;
    Some(Sample {
        kind,
        name,
        value,
        unit,
    })
}

/// Splits `180.43MB`. `None` when there is no finite number at the start.
fn number_and_unit(text: &str) -> Option<(f64, Option<&str>)> {
    let digits = text
        .bytes()
        .position(|byte| !matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+'))
        .unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(digits)?;
    // `1e-05` is a number; `1e` is one with the unit e.
    let exponent = rest.strip_prefix(['e', 'E']).map(|behind| {
        let sign = usize::from(behind.starts_with(['-', '+']));
        let figures = behind.bytes().skip(sign).take_while(u8::is_ascii_digit).count();
        if figures == 0 { 0 } else { 1 + sign + figures }
    });
    let (number, unit) = text.split_at_checked(number.len() + exponent.unwrap_or_default())?;
    let value: f64 = number.parse().ok()?;
    value.is_finite().then_some((value, (!unit.is_empty()).then_some(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_units_are_parted() {
        let message = "source=DATABASE addon=postgresql-flat-0001 sample#db_size=147391814791bytes sample#load-avg-1m=0.3575 \
                       sample#memory-total=31328356kB count#jobs=3 measure#db.query=12.5ms sample#tiny=1.5e-05 sample#odd=1e \
                       sample#none= sample#text=abc other#x=1 sample#minus=-3pages";
        let found: Vec<_> = samples(message)
            .map(|sample| (sample.kind, sample.name, sample.value, sample.unit))
            .collect();
        use SampleKind::{Count, Measure, Sample};
        assert_eq!(
            found,
            [
                (Sample, "db_size", 147_391_814_791.0, Some("bytes")),
                (Sample, "load-avg-1m", 0.3575, None),
                (Sample, "memory-total", 31_328_356.0, Some("kB")),
                (Count, "jobs", 3.0, None),
                (Measure, "db.query", 12.5, Some("ms")),
                (Sample, "tiny", 1.5e-5, None),
                (Sample, "odd", 1.0, Some("e")),
                (Sample, "minus", -3.0, Some("pages")),
            ]
        );
    }
}
