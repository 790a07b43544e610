//! The beginning of the RECORD line before, up to its record. Lines of a stream mostly begin alike, so one comparison says what
//! the line is and whose. Not for what follows the record.

use std::ops::Range;

/// Longer ones are read anew each time.
const LIMIT_BYTES: usize = 512;

/// The beginning of a line, up to and with the brace of its record.
#[derive(Debug, Default)]
pub(crate) struct LineFront {
    text: String,
    places: FrontPlaces,
}

/// Where in a RECORD line's text its type and stream are, strings without an escape.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FrontPlaces {
    pub(crate) kind: Range<usize>,
    pub(crate) stream: Range<usize>,
    /// Where the record's brace is.
    pub(crate) end: usize,
}

impl LineFront {
    /// The places, if the line begins like the one before.
    #[inline]
    pub(crate) fn of(&self, line: &str) -> Option<FrontPlaces> {
        let is_same = !self.text.is_empty() && line.starts_with(&self.text);
        is_same.then(|| self.places.clone())
    }

    /// Another front came, in which nothing but the type, RECORD, and the stream says something.
    pub(crate) fn learn(&mut self, line: &str, places: FrontPlaces) {
        self.text.clear();
        if places.end <= LIMIT_BYTES {
            self.text.push_str(line.get(..=places.end).unwrap_or_default());
            self.places = places;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Message, RecordScanner, parse_line};

    /// The same reader over all lines, and one for each, say the same.
    #[test]
    fn a_line_says_the_same_whatever_came_before() {
        let long = "x".repeat(600);
        let lines = [
            r#"{"type":"RECORD","stream":"a","record":{"x":1}}"#,
            r#"{"type":"RECORD","stream":"a","record":{"x":2},"version":3}"#,
            r#"{"type":"RECORD","stream":"a","record":{"x":2},"stream":"c"}"#,
            r#"{"type":"RECORD","stream":"a","record":{"x":2},"type":"STATE","value":1}"#,
            r#"{"type":"RECORD","stream":"a","record":{"x":2},"record":{"y":2}}"#,
            r#"{"type":"RECORD","stream":"a","record":[]}"#,
            r#"{"type":"RECORD","stream":"a","record":"#,
            r#"{"type":"RECORD","stream":"a","record":{"x":1}"#,
            r#" {"type" : "RECORD" ,"stream":"b" , "record" :  {"x":1} , "time_extracted":"t"}  "#,
            r#" {"type" : "RECORD" ,"stream":"b" , "record" :  {"x":2} , "time_extracted":"u"}  "#,
            r#"{"version":1,"type":"RECORD","stream":"a","record":{"x":1}}"#,
            r#"{"version":2,"type":"RECORD","stream":"a","record":{"x":1}}"#,
            r#"{"record":{"x":1},"stream":"a","type":"RECORD"}"#,
            r#"{"record":{"x":2},"stream":"b","type":"RECORD"}"#,
            r#"{"stream":"a","record":{"x":1},"type":"RECORD"}"#,
            r#"{"stream":"a","record":{"x":3},"type":"ACTIVATE_VERSION","version":1}"#,
            &format!(r#"{{"type":"RECORD","stream":"{long}","record":{{"x":1}}}}"#),
            r#"{"type":"RECORD","stream":"a","record":{"x":1}}"#,
        ];
        let mut shared = RecordScanner::default();
        // Each after each.
        for line in lines
            .iter()
            .flat_map(|first| lines.iter().flat_map(move |second| [first, second]))
        {
            let mut own = RecordScanner::default();
            let told = [&mut shared, &mut own].map(|scanner| match parse_line(line.as_bytes(), 1, scanner) {
                Ok(Message::Record(record)) => {
                    let members: Vec<_> = record.record.members().to_vec();
                    let text = record.record.text();
                    format!(
                        "{} {text} {members:?} {:?} {:?}",
                        record.stream, record.version, record.time_extracted
                    )
                }
                other => format!("{other:?}"),
            });
            assert_eq!(told[0], told[1], "{line}");
        }
    }
}
