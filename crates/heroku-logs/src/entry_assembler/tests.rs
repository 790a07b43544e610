//! Tests of joining lines to entries, of going on later, and of the bound on memory.

use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::LineSplitter;

#[derive(Debug, Clone, PartialEq)]
struct Owned {
    offset: u64,
    end_offset: u64,
    piece: u32,
    is_extended: bool,
    head: String,
    message: String,
    problem: Option<ParseProblem>,
}

fn owned(entry: LogEntry<'_>) -> Owned {
    Owned {
        offset: entry.offset,
        end_offset: entry.end_offset,
        piece: entry.piece,
        is_extended: entry.is_extended,
        head: String::from_utf8_lossy(entry.head).into_owned(),
        message: entry.message_text().into_owned(),
        problem: entry.problem,
    }
}

/// Reads `text` from `offset` on, without its unterminated last line, and flushes.
fn read(assembler: &mut EntryAssembler, text: &[u8], offset: u64) -> Vec<Owned> {
    let mut entries = Vec::new();
    let mut sink = |line: RawLine<'_>| {
        entries.extend(assembler.push(line).map(owned));
        Ok::<(), Infallible>(())
    };
    LineSplitter::new(offset)
        .push(&text[offset as usize..], &mut sink)
        .unwrap();
    entries.extend(assembler.flush().map(owned));
    entries
}

fn messages(text: &str) -> Vec<String> {
    read(&mut EntryAssembler::new(), text.as_bytes(), 0)
        .into_iter()
        .map(|entry| entry.message)
        .collect()
}

#[test]
fn fields_come_apart() {
    let mut assembler = EntryAssembler::new();
    let bytes = b"2024-11-08T20:46:09.5Z heroku[router]: caf\xff";
    assert_eq!(
        assembler.push(RawLine {
            bytes,
            offset: 0,
            end_offset: 44,
            is_continued: false
        }),
        None
    );
    let entry = assembler.flush().unwrap();
    assert_eq!(entry.time.unwrap().to_string(), "2024-11-08T20:46:09.500000Z");
    assert_eq!(
        (entry.source, entry.process, entry.problem),
        (Some("heroku"), Some("router"), None)
    );
    assert_eq!(entry.message, b"caf\xff");
    assert_eq!(entry.message_text(), "caf\u{fffd}");
    assert_eq!(entry.head, bytes);
}

#[test]
fn lines_without_prefix_join_the_message_before_them() {
    let text = "2024-11-08T20:46:09Z app[web.1]: Boom\n  at a\n\n  at b\n2024-11-08T20:46:09Z app[web.1]: next\n";
    assert_eq!(messages(text), ["Boom\n  at a\n\n  at b", "next"]);
}

#[test]
fn a_transcript_of_a_terminal_does_not_spoil_messages() {
    let line = "2024-11-08T20:46:09Z app[web.1]: a\n";
    let text = format!("$ heroku logs --source app\n{line}\n\n$ heroku logs -p web\n{line}\n\n \n{line}\n");
    assert_eq!(
        messages(&text),
        [
            "$ heroku logs --source app",
            "a",
            "$ heroku logs -p web",
            "a\n\n\n ",
            "a"
        ]
    );
}

#[test]
fn a_byte_order_mark_hides_no_prefix() {
    let line = "2024-11-08T20:46:09Z app[web.1]: a\n";
    let entries = read(
        &mut EntryAssembler::new(),
        format!("\u{feff}{line}\u{feff}x\n").as_bytes(),
        0,
    );
    assert_eq!(
        (entries[0].head.as_str(), entries[0].message.as_str()),
        (line.trim_end(), "a\n\u{feff}x")
    );
}

#[test]
fn text_that_is_no_log_stays_line_by_line() {
    let entries = read(
        &mut EntryAssembler::new(),
        b"\nfoo\n\nbar\n2024-99-08T20:46:09Z app[web.1]: x\n y\n",
        0,
    );
    let found: Vec<_> = entries
        .iter()
        .map(|entry| (entry.message.as_str(), entry.problem))
        .collect();
    let (no_prefix, invalid) = (Some(ParseProblem::NoPrefix), Some(ParseProblem::InvalidTimestamp));
    assert_eq!(
        found,
        [
            ("foo", no_prefix),
            ("bar", no_prefix),
            ("2024-99-08T20:46:09Z app[web.1]: x\n y", invalid)
        ]
    );
}

#[test]
fn an_entry_that_grew_after_a_flush_comes_again() {
    let text = b"2024-11-08T20:46:09Z app[web.1]: a\n";
    let mut assembler = EntryAssembler::new();
    let first = read(&mut assembler, text, 0);
    assert_eq!((first[0].message.as_str(), first[0].is_extended), ("a", false));
    assert_eq!(assembler.flush(), None);
    assert_eq!(assembler.position(), (0, 35));
    let more = RawLine {
        bytes: b" b",
        offset: 35,
        end_offset: 38,
        is_continued: false,
    };
    assert_eq!(assembler.push(more), None);
    let again = owned(assembler.flush().unwrap());
    assert_eq!(
        (again.message.as_str(), again.is_extended, again.head.as_str()),
        ("a\n b", true, first[0].head.as_str())
    );
}

#[test]
fn a_long_entry_comes_in_pieces_that_join_to_the_whole() {
    let line = format!(" {}\n", "x".repeat(MAXIMUM_LINE_BYTES / 2));
    let text = format!(
        "2024-11-08T20:46:09Z app[web.1]: head\n{}2024-11-08T20:46:09Z app[web.1]: next\n",
        line.repeat(9)
    );
    let entries = read(&mut EntryAssembler::new(), text.as_bytes(), 0);
    let pieces: Vec<u32> = entries.iter().map(|entry| entry.piece).collect();
    assert_eq!(pieces, [0, 1, 2, 0]);
    assert!(entries.iter().all(|entry| entry.message.len() <= MAXIMUM_ENTRY_BYTES));
    assert!(
        entries
            .iter()
            .all(|entry| entry.head.starts_with("2024-11-08T20:46:09Z app[web.1]: "))
    );
    let joined: String = entries[..3].iter().map(|entry| entry.message.as_str()).collect();
    assert_eq!(joined, format!("head\n{}", line.repeat(9).trim_end()));
    let mut long = "2024-11-08T20:46:09Z app[web.1]: ".to_owned() + &"y".repeat(3 * MAXIMUM_LINE_BYTES);
    long.push('\n');
    let joined: String = messages(&long).concat();
    assert_eq!(joined.len(), 3 * MAXIMUM_LINE_BYTES);
}

/// A log of lines with prefix, continuation lines and foreign lines.
fn any_log() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        3 => "[a-c]{0,3}".prop_map(|text| format!("2024-11-08T20:46:09Z app[web.1]: {text}\n")),
        2 => " [a-c]{0,3}".prop_map(|text| text + "\n"),
        1 => Just("\n".to_owned()),
        1 => Just("2024-11-08T20:46:99Z app[web.1]: x\r\n".to_owned()),
    ];
    proptest::collection::vec(line, 0..25).prop_map(|lines| lines.concat())
}

proptest! {
    /// Whatever the cuts between runs: each entry comes out, extended ones replace what came before, none twice.
    #[test]
    fn going_on_later_gives_the_same_entries(text in any_log(), cuts in proptest::collection::vec(0usize..900, 0..5)) {
        let whole = read(&mut EntryAssembler::new(), text.as_bytes(), 0);
        let mut ends: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        ends.push(text.len());
        ends.sort_unstable();
        let mut position = (0, 0);
        let mut entries: Vec<Owned> = Vec::new();
        for end in ends {
            let mut assembler = EntryAssembler::resume(position.0, position.1);
            for entry in read(&mut assembler, &text.as_bytes()[..end], position.0) {
                if entry.is_extended {
                    let before = entries.pop().unwrap();
                    prop_assert_eq!((&before.head, before.offset), (&entry.head, entry.offset));
                    prop_assert!(entry.message.starts_with(&before.message));
                }
                entries.push(Owned { is_extended: false, ..entry });
            }
            prop_assert!(assembler.position().0 >= position.0 && assembler.position().1 >= position.1);
            position = assembler.position();
        }
        prop_assert_eq!(entries, whole);
    }

    #[test]
    fn any_bytes_are_kept(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut text = bytes.clone();
        text.push(b'\n');
        let mut assembler = EntryAssembler::new();
        let mut count = 0;
        let mut sink = |line: RawLine<'_>| {
            count += assembler.push(line).map_or(0, |entry| entry.message.len());
            Ok::<(), Infallible>(())
        };
        LineSplitter::new(0).push(&text, &mut sink).unwrap();
        count += assembler.flush().map_or(0, |entry| entry.message.len());
        let terminators = text.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
        prop_assert!(count + terminators >= text.len());
    }
}
