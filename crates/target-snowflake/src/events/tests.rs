//! Pauses of the input, and that its amount in memory is bounded.

use std::io::{BufRead, ErrorKind, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use super::{CHUNK_BYTES, Event, start_reading};

#[test]
fn everything_arrives_in_order_and_then_the_end() {
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_le_bytes()[1]).collect();
    let (mut input, _, _) = start_reading(std::io::Cursor::new(bytes.clone())).unwrap();
    let mut read = Vec::new();
    input.read_to_end(&mut read).unwrap();
    assert!(read == bytes);
    assert_eq!(input.fill_buf().unwrap(), b"");
}

/// Waits for the test to end.
struct Silent(mpsc::Receiver<()>);

impl Read for Silent {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        let _ended = self.0.recv();
        Ok(0)
    }
}

#[test]
fn a_silent_input_pauses_at_the_deadline_and_for_other_events() {
    let (_keep, silence) = mpsc::channel();
    let (mut input, events, sender) = start_reading(Silent(silence)).unwrap();
    events.set_deadline(Some(Instant::now() + Duration::from_millis(20)));
    assert_eq!(input.fill_buf().unwrap_err().kind(), ErrorKind::TimedOut);
    sender.send(Event::Stop(1)).unwrap();
    assert_eq!(input.fill_buf().unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(matches!(events.next(), Some(Event::Stop(1))));
    sender.send(Event::Stop(2)).unwrap();
    assert!(matches!(events.wait(), Some(Event::Stop(2))));
    assert!(events.next().is_none());
}

/// Endless, and counts what was taken.
struct Endless(Arc<AtomicUsize>);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        buffer.fill(b'x');
        self.0.fetch_add(buffer.len(), Ordering::SeqCst);
        Ok(buffer.len())
    }
}

#[test]
fn no_more_is_read_ahead_than_some_chunks() {
    let taken = Arc::new(AtomicUsize::new(0));
    let (mut input, _, _) = start_reading(Endless(Arc::clone(&taken))).unwrap();
    input.fill_buf().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert!(taken.load(Ordering::SeqCst) <= 6 * CHUNK_BYTES);
}

#[test]
fn a_broken_input_is_an_error_and_then_the_end() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(ErrorKind::TimedOut.into())
        }
    }
    let (mut input, _, _) = start_reading(Broken).unwrap();
    assert_eq!(
        input.fill_buf().unwrap_err().kind(),
        ErrorKind::Other,
        "a pause would mean something else"
    );
}
