//! Reads `text/event-stream` in chunks of any size into events. Bytes, not text: a log line may be no UTF-8.
//! Knows nothing of logs or HTTP; a reader joins `data` of the events with newlines to get log lines.

/// Data of one event beyond this is handed out in parts.
pub const MAXIMUM_EVENT_BYTES: usize = 1024 * 1024;

/// One event that has data. Events without data (heartbeat comments, `id:` alone) are not handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// The newest `id:` seen so far; of one connection only, on Fir.
    pub id: Option<&'a [u8]>,
    /// The `event:` name of this event; `None` for plain messages.
    pub name: Option<&'a [u8]>,
    /// All `data:` lines joined by `\n`.
    pub data: &'a [u8],
    /// True when the data is not complete: it goes on in the next event, or the stream was cut here.
    pub is_partial: bool,
}

/// The state between two chunks. Lines end in `\n` or `\r\n`; a lone `\r` is content here (the standard would end a line
/// there), because programs write progress bars with it and the rest of such a log line would be lost.
#[derive(Debug, Default)]
pub struct EventStreamParser {
    line: Vec<u8>,
    id: Option<Vec<u8>>,
    name: Option<Vec<u8>>,
    data: Vec<u8>,
    has_data: bool,
    has_seen_line: bool,
    /// The current line is a `data` line of which a part was handed out already.
    is_inside_data: bool,
}

impl EventStreamParser {
    /// A parser for a new connection.
    pub fn new() -> EventStreamParser {
        EventStreamParser::default()
    }

    /// Hands every event that ends in `chunk` to `sink`, in order.
    ///
    /// # Errors
    /// The first one `sink` returns; the parser must not be used after it.
    pub fn push<E>(&mut self, chunk: &[u8], sink: &mut impl FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let mut rest = chunk;
        while let Some(position) = memchr::memchr(b'\n', rest) {
            let (line, behind) = (
                rest.get(..position).unwrap_or_default(),
                rest.get(position + 1..).unwrap_or_default(),
            );
            rest = behind;
            self.line.extend_from_slice(line);
            let mut whole = std::mem::take(&mut self.line);
            let result = self.end_line(whole.strip_suffix(b"\r").unwrap_or(&whole), sink);
            whole.clear();
            self.line = whole;
            result?;
        }
        self.line.extend_from_slice(rest);
        if self.line.len() > MAXIMUM_EVENT_BYTES {
            self.hand_out_long_line(sink)?;
        }
        Ok(())
    }

    /// What was collected when the stream ended without the empty line that ends an event: a cut connection, or a server
    /// that does not end its last event. The caller decides whether it counts.
    ///
    /// # Errors
    /// What `sink` returns.
    pub fn finish<E>(&mut self, sink: &mut impl FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let line = std::mem::take(&mut self.line);
        if self.is_inside_data || data_value(&line).is_some() {
            self.end_line(&line, sink)?;
        }
        self.dispatch(true, sink)
    }

    fn end_line<E>(&mut self, line: &[u8], sink: &mut impl FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let is_first = !std::mem::replace(&mut self.has_seen_line, true);
        let line = if is_first {
            line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
        } else {
            line
        };
        if std::mem::take(&mut self.is_inside_data) {
            self.data.extend_from_slice(line);
        } else if line.is_empty() {
            return self.dispatch(false, sink);
        } else if let Some(value) = data_value(line) {
            self.start_data_line();
            self.data.extend_from_slice(value);
        } else if let Some(value) = field_value(line, b"id") {
            self.id = (!value.is_empty()).then(|| value.to_vec());
        } else if let Some(value) = field_value(line, b"event") {
            self.name = Some(value.to_vec());
        }
        if self.data.len() > MAXIMUM_EVENT_BYTES {
            return self.hand_out_part(sink);
        }
        Ok(())
    }

    fn start_data_line(&mut self) {
        if self.has_data {
            self.data.push(b'\n');
        }
        self.has_data = true;
    }

    /// A line that has not ended and is too long: data goes out in part, anything else is cut (no field but `data` is
    /// ever long, and none other holds log text).
    fn hand_out_long_line<E>(&mut self, sink: &mut impl FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let line = std::mem::take(&mut self.line);
        if self.is_inside_data {
            self.data.extend_from_slice(&line);
        } else if let Some(value) = data_value(&line) {
            self.start_data_line();
            self.data.extend_from_slice(value);
            self.is_inside_data = true;
        } else {
            self.line.extend_from_slice(b":");
            return Ok(());
        }
        self.hand_out_part(sink)
    }

    fn hand_out_part<E>(&mut self, sink: &mut impl FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let event = Event {
            id: self.id.as_deref(),
            name: self.name.as_deref(),
            data: &self.data,
            is_partial: true,
        };
        let result = sink(event);
        self.data.clear();
        result
    }

    fn dispatch<E>(&mut self, is_partial: bool, sink: &mut impl FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let has_data = std::mem::take(&mut self.has_data);
        let name = self.name.take();
        if !has_data {
            return Ok(());
        }
        let event = Event {
            id: self.id.as_deref(),
            name: name.as_deref(),
            data: &self.data,
            is_partial,
        };
        let result = sink(event);
        self.data.clear();
        result
    }
}

fn data_value(line: &[u8]) -> Option<&[u8]> {
    field_value(line, b"data")
}

/// The value of `line` when it is the field `name`, less one space behind the colon.
fn field_value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(name)?;
    match rest {
        [] => Some(rest),
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn events(chunks: &[&[u8]]) -> Vec<(Option<String>, Option<String>, String, bool)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut found = Vec::new();
        let mut sink = |event: Event<'_>| {
            found.push((
                event.id.map(text),
                event.name.map(text),
                text(event.data),
                event.is_partial,
            ));
            Ok::<(), Infallible>(())
        };
        let mut parser = EventStreamParser::new();
        for chunk in chunks {
            parser.push(chunk, &mut sink).unwrap();
        }
        parser.finish(&mut sink).unwrap();
        found
    }

    #[test]
    fn events_are_read_as_the_format_says() {
        let text = b"\xef\xbb\xbf: heartbeat\nid: 1\ndata: first\n\nid:2\r\nevent: note\r\ndata:a\r\ndata:  b\r\ndata\r\n\r\n:\n\nid\ndata: x\ry\n\ndata: cut";
        let expected = [
            (Some("1"), None, "first", false),
            (Some("2"), Some("note"), "a\n b\n", false),
            (None, None, "x\ry", false),
            (None, None, "cut", true),
        ];
        let expected: Vec<_> = expected
            .iter()
            .map(|(id, name, data, partial)| {
                (
                    id.map(str::to_owned),
                    name.map(str::to_owned),
                    (*data).to_owned(),
                    *partial,
                )
            })
            .collect();
        assert_eq!(events(&[text]), expected);
    }

    #[test]
    fn a_long_event_comes_in_parts_and_nothing_is_lost() {
        let text = [
            b"data: ".to_vec(),
            vec![b'x'; 3 * MAXIMUM_EVENT_BYTES],
            b"\ndata: end\n\ndata: next\n\n".to_vec(),
        ]
        .concat();
        let chunks: Vec<&[u8]> = text.chunks(100_000).collect();
        let found = events(&chunks);
        let joined: String = found.iter().map(|event| event.2.as_str()).collect();
        assert_eq!(joined.len(), 3 * MAXIMUM_EVENT_BYTES + "\nend".len() + "next".len());
        assert!(found.len() > 3);
        assert_eq!(
            found.last().map(|event| (event.2.as_str(), event.3)),
            Some(("next", false))
        );
        assert!(found.iter().rev().skip(2).all(|event| event.3));
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_events(text in "(data|id|event|:|: | |\r|\n|[a-zé]){0,60}", cut in 0usize..200) {
            let bytes = text.as_bytes();
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(events(&[first, second]), events(&[bytes]));
        }

        #[test]
        fn lines_survive(lines in proptest::collection::vec("[^\n]{0,30}", 1..10)) {
            prop_assume!(lines.iter().all(|line| !line.ends_with('\r')));
            let text: String = lines.iter().map(|line| format!("id: 7\ndata: {line}\n\n")).collect();
            let found: Vec<String> = events(&[text.as_bytes()]).into_iter().map(|event| event.2).collect();
            prop_assert_eq!(found, lines);
        }
    }
}
