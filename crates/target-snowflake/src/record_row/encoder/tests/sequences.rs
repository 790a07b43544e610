//! Records one after the other through one reader and one encoder: what these remember of one must not show in the next.

use super::*;

/// Whether it is of the other stream, and its members: a key by number, blanks around the colon, the kind of value.
type SimilarRecord = (bool, Vec<(usize, bool, u8)>);

/// Members of records that resemble each other: keys that come again, change places, are doubled, escaped, long or unknown.
fn similar_records() -> impl Strategy<Value = Vec<SimilarRecord>> {
    let member = (0..7_usize, any::<bool>(), 0..3_u8);
    let record = (any::<bool>(), proptest::collection::vec(member, 0..5));
    // Most records are those before, once more or with other values.
    let again = proptest::collection::vec((record, 1..4_usize), 1..8);
    again.prop_map(|runs| {
        runs.into_iter()
            .flat_map(|(record, count)| vec![record; count])
            .collect()
    })
}

proptest! {
    /// What was read and written before changes nothing, whichever of two streams it was of.
    #[test]
    fn records_before_change_nothing(
        records in similar_records(),
        values in proptest::collection::vec(0..100_u8, 40),
        length in 25..60_usize,
        cut: prop::sample::Index,
    ) {
        let long = "k".repeat(length);
        let keys = ["a", "b", "\\u0061", "other", &long, "c", "_sdc_deleted_at"];
        let schema = json!({"a": {"type": "integer"}, "b": {"type": "integer"}, "c": {}, (long.clone()): {}});
        let other = json!({"b": {"type": "integer"}, "other": {}});
        let make = |is_other: bool| encoder(if is_other { other.clone() } else { schema.clone() });
        let mut scanner = RecordScanner::default();
        let mut encoders = [make(false), make(true)];
        let mut values = values.iter().cycle();
        for (is_other, members) in records {
            let texts = members.iter().map(|(key, is_wide, kind)| {
                let value = match kind {
                    0 => "null".to_owned(),
                    _ => values.next().map(u8::to_string).unwrap_or_default(),
                };
                let (key, blank) = (keys[*key], if *is_wide { " " } else { "" });
                format!("\"{key}\"{blank}:{blank}{value}")
            });
            let text = format!("{{{}}}", texts.collect::<Vec<_>>().join(","));
            let mut row = Vec::new();
            // The record comes once before, cut off: its keys are known by then, but no record had them.
            let _broken = scanner.scan(&text[..cut.index(text.len())]);
            let record = scanner.scan(&text).expect("a record");
            let outcome = encoders[usize::from(is_other)].encode(record, &RowMetadata::default(), 7, &mut row);
            prop_assert!(outcome.is_ok());
            prop_assert_eq!(fields(&row), encode(&mut make(is_other), &text).expect("a row"), "{}", text);
        }
    }
}
