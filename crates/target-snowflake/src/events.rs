//! The one queue that the run waits on: chunks of input, finished jobs, signals. And the thread that reads the input.
//! What an event means is `run.rs`.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use crate::batch_messages::CopyFault;
use crate::load::JobReport;

/// Bytes asked for in one read. Four times what a Linux pipe holds by default.
const CHUNK_BYTES: usize = 256 * 1024;
/// Chunks between the reading thread and the run; the bound on input that is read ahead.
const CHUNK_COUNT: usize = 4;

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// Bytes of the input.
    Input(Chunk),
    /// The input ended, well or not.
    InputEnded(io::Result<()>),
    /// A lane finished a job.
    Job(JobReport),
    /// The process was asked to stop; the number counts the requests.
    Stop(u32),
    /// More of a file is copied to this machine.
    CopyGrew,
    /// All of it is, or it cannot be.
    Copied(Result<File, CopyFault>),
    /// It is time to show a person how far the run is.
    Draw,
}

/// A buffer that a read filled in part. It keeps its length from read to read: growing it again would write zeros first,
/// three times as many as a pipe gives bytes.
#[derive(Default)]
pub(crate) struct Chunk {
    bytes: Vec<u8>,
    filled: usize,
}

impl Chunk {
    /// What was read.
    fn filled(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the bytes: they are the user's data.
        formatter
            .debug_struct("Chunk")
            .field("filled", &self.filled)
            .finish_non_exhaustive()
    }
}

/// The queue as both the run and its input hold it; all on one thread.
#[derive(Debug, Clone)]
pub(crate) struct Events(Rc<RefCell<Queue>>);

#[derive(Debug)]
struct Queue {
    events: Receiver<Event>,
    emptied: Sender<Chunk>,
    /// Input that came and was not asked for yet.
    ahead: VecDeque<Event>,
    /// Other events, in order of arrival, that the run has not seen.
    others: VecDeque<Event>,
    /// When the input should pause at the latest.
    deadline: Option<Instant>,
}

/// The input as a `BufRead` that pauses (`WouldBlock`, `TimedOut`) when there is something else to do, so that one
/// thread can read, load and keep time without locks.
#[derive(Debug)]
pub(crate) struct EventInput {
    events: Events,
    chunk: Chunk,
    consumed: usize,
    ended: bool,
}

/// Starts reading `input` on its own thread. The thread is not joined: it may hang in a read when the process ends.
pub(crate) fn start_reading(input: impl Read + Send + 'static) -> io::Result<(EventInput, Events, Sender<Event>)> {
    let (sender, events) = channel();
    let (emptied, empty) = channel();
    for _ in 0..CHUNK_COUNT {
        // The receiver is right here, so this cannot fail.
        let _sent = emptied.send(Chunk::default());
    }
    let to_run = sender.clone();
    std::thread::Builder::new()
        .name("input".to_owned())
        .spawn(move || read_all(input, &empty, &to_run))?;
    let queue = Queue {
        events,
        emptied,
        ahead: VecDeque::new(),
        others: VecDeque::new(),
        deadline: None,
    };
    let events = Events(Rc::new(RefCell::new(queue)));
    let input = EventInput {
        events: events.clone(),
        chunk: Chunk::default(),
        consumed: 0,
        ended: false,
    };
    Ok((input, events, sender))
}

/// Ends with the input, or when the run is gone and nobody takes or returns chunks.
fn read_all(mut input: impl Read, empty: &Receiver<Chunk>, to_run: &Sender<Event>) {
    while let Ok(mut chunk) = empty.recv() {
        chunk.bytes.resize(CHUNK_BYTES, 0);
        let event = match read_some(&mut input, &mut chunk.bytes) {
            Ok(0) => Event::InputEnded(Ok(())),
            Ok(length) => {
                chunk.filled = length;
                Event::Input(chunk)
            }
            Err(error) => Event::InputEnded(Err(error)),
        };
        let is_last = matches!(event, Event::InputEnded(_));
        if to_run.send(event).is_err() || is_last {
            return;
        }
    }
}

/// One read that ends with data, the end, or a failure that is none of the pauses which the run gives a meaning to.
fn read_some(input: &mut impl Read, chunk: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Somebody made stdin non-blocking; it has no way to wait, so look again soon.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(Duration::from_millis(5)),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Err(io::Error::other(error)),
            outcome => return outcome,
        }
    }
}

impl Events {
    /// Makes the input pause at this time at the latest, `None` for never.
    pub(crate) fn set_deadline(&self, deadline: Option<Instant>) {
        self.0.borrow_mut().deadline = deadline;
    }

    /// The next event that is not input, without waiting.
    pub(crate) fn next(&self) -> Option<Event> {
        let mut queue = self.0.borrow_mut();
        queue.sort_in_all();
        queue.others.pop_front()
    }

    /// Waits for the next event that is not input; input that comes meanwhile is kept (its amount is bounded).
    /// `None` when every sender is gone, which a run that waits for a job cannot see.
    pub(crate) fn wait(&self) -> Option<Event> {
        let mut queue = self.0.borrow_mut();
        while queue.others.is_empty() {
            let event = queue.events.recv().ok()?;
            queue.sort_in(event);
        }
        queue.others.pop_front()
    }
}

impl Queue {
    fn sort_in(&mut self, event: Event) {
        match event {
            Event::Input(_) | Event::InputEnded(_) => self.ahead.push_back(event),
            Event::Job(_) | Event::Stop(_) | Event::CopyGrew | Event::Draw | Event::Copied(_) => {
                self.others.push_back(event)
            }
        }
    }

    fn sort_in_all(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            self.sort_in(event);
        }
    }

    /// The next chunk of input, `None` at its end. Other events go first, so that they never wait behind much input.
    fn next_chunk(&mut self) -> io::Result<Option<Chunk>> {
        loop {
            self.sort_in_all();
            if !self.others.is_empty() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let time_left = self
                .deadline
                .map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if time_left.is_some_and(|time| time.is_zero()) {
                return Err(io::ErrorKind::TimedOut.into());
            }
            match self.ahead.pop_front() {
                Some(Event::Input(chunk)) => return Ok(Some(chunk)),
                Some(Event::InputEnded(outcome)) => return outcome.map(|()| None),
                Some(Event::Job(_) | Event::Stop(_) | Event::CopyGrew | Event::Draw | Event::Copied(_)) | None => {}
            }
            let event = match time_left {
                Some(time) => self.events.recv_timeout(time),
                None => self.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match event {
                Ok(event) => self.sort_in(event),
                Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::TimedOut.into()),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other("the thread that reads the input is gone"));
                }
            }
        }
    }
}

impl Read for EventInput {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let length = available.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for EventInput {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.consumed >= self.chunk.filled && !self.ended {
            let mut queue = self.events.0.borrow_mut();
            match queue.next_chunk()? {
                Some(chunk) => {
                    self.consumed = 0;
                    // Fails when the reading thread ended, and then nobody needs the buffer.
                    let _returned = queue.emptied.send(std::mem::replace(&mut self.chunk, chunk));
                }
                None => self.ended = true,
            }
        }
        Ok(self.chunk.filled().get(self.consumed..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.consumed = self.chunk.filled.min(self.consumed + amount);
    }
}

#[cfg(test)]
mod tests;
