//! A file while it is made by several threads: pieces are compressed in any order and appended in theirs, by whichever
//! compressor has the next one. Not for what a piece is, and not for the threads.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::file::OpenFile;
use super::pieces::Piece;
use super::problem::BatchFileProblem;
use super::whole_stream::WholeStream;

/// Parts that may wait for one before them. More would be without bound while the thread that has that one is not run.
const EARLY_PARTS_LIMIT: u64 = 16;

/// A piece on its way into the file.
pub(super) enum Part {
    /// Compressed by itself.
    Piece(Piece),
    /// Rows that the file's own compressor takes when it is their turn.
    Rows(Vec<u8>),
}

/// An open file that is shared with the compressors.
pub(super) struct SharedFile {
    state: Mutex<State>,
    changed: Condvar,
    /// Compressed bytes so far; to be read without waiting for who appends.
    size_bytes: AtomicU64,
    has_problem: AtomicBool,
}

struct State {
    /// Taken away while a thread appends, and when the file is finished.
    content: Option<Content>,
    /// A thread has the content and appends what has its turn.
    is_appending: bool,
    /// Parts that came before their turn, at most [`EARLY_PARTS_LIMIT`].
    early: BTreeMap<u64, Part>,
    /// The number of the part that is appended next.
    next: u64,
    problem: Option<BatchFileProblem>,
    /// A problem was noted; it may have been taken since.
    is_broken: bool,
    /// Nobody wants the file any more.
    is_given_up: bool,
    /// Threads that wait for a change.
    waiting_count: usize,
}

/// The file and what compresses all of it, for formats that want that.
struct Content {
    file: OpenFile,
    stream: Option<WholeStream>,
}

impl SharedFile {
    /// `stream` compresses the whole file, for formats that want that.
    pub(super) fn new(file: OpenFile, stream: Option<WholeStream>) -> Self {
        Self {
            size_bytes: AtomicU64::new(file.size_bytes()),
            state: Mutex::new(State {
                content: Some(Content { file, stream }),
                is_appending: false,
                early: BTreeMap::new(),
                next: 0,
                problem: None,
                is_broken: false,
                is_given_up: false,
                waiting_count: 0,
            }),
            changed: Condvar::new(),
            has_problem: AtomicBool::new(false),
        }
    }

    /// Compressed bytes so far; up to some pieces behind the rows.
    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes.load(Ordering::Relaxed)
    }

    /// Appends a part when its turn is, with those that waited for it. Parts are numbered from 0. While another thread appends,
    /// the part is left to that one. Blocks while the part is too early: jobs are taken in order, so one of the other threads
    /// has the part that is waited for.
    pub(super) fn put(&self, number: u64, part: io::Result<Part>) {
        let mut state = self.lock();
        while number > state.next + EARLY_PARTS_LIMIT && !state.is_broken {
            state = self.wait(state);
        }
        match part {
            Ok(part) => {
                state.early.insert(number, part);
            }
            Err(source) => self.note(&mut state, BatchFileProblem::Compress { source }),
        }
        if !state.is_appending {
            state = self.append_all(state);
        }
        let is_awaited = state.waiting_count > 0;
        drop(state);
        if is_awaited {
            self.changed.notify_all();
        }
    }

    /// Appends parts as long as the next one is there; the lock is free while it does.
    fn append_all<'s>(&'s self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        while let Some(part) = state.remove_next() {
            if let Some(content) = state.content.take() {
                state.is_appending = true;
                drop(state);
                let mut appending = Appending {
                    to: self,
                    content: Some(content),
                };
                let appended = appending.append(part);
                state = appending.end(appended);
            }
            state.next += 1;
        }
        state
    }

    /// The first thing that went wrong, once.
    pub(super) fn take_problem(&self) -> Option<BatchFileProblem> {
        if !self.has_problem.load(Ordering::Acquire) {
            return None;
        }
        self.lock().problem.take()
    }

    /// Whether so many parts are appended, or never will be.
    pub(super) fn has_all(&self, part_count: u64) -> bool {
        let state = self.lock();
        state.next >= part_count || state.is_broken
    }

    /// Waits until so many parts are appended and gives the file, with what its own compressor still had.
    pub(super) fn finish(&self, part_count: u64) -> Result<OpenFile, BatchFileProblem> {
        let mut state = self.lock();
        while state.is_appending || (state.next < part_count && !state.is_broken) {
            state = self.wait(state);
        }
        if let Some(problem) = state.problem.take() {
            return Err(problem);
        }
        if state.is_broken {
            state.content = None;
        }
        let gone = || BatchFileProblem::Compress {
            source: io::Error::other("the file was given up"),
        };
        let Content { mut file, stream } = state.content.take().ok_or_else(gone)?;
        if let Some(stream) = stream {
            let rest = stream
                .finish()
                .map_err(|source| BatchFileProblem::Compress { source })?;
            file.write(&rest)?;
        }
        Ok(file)
    }

    /// Removes the file; parts that are still on their way go nowhere.
    pub(super) fn give_up(&self) {
        let mut state = self.lock();
        state.is_given_up = true;
        while state.is_appending {
            state = self.wait(state);
        }
        state.content = None;
    }

    fn note(&self, state: &mut State, problem: BatchFileProblem) {
        state.is_broken = true;
        state.problem.get_or_insert(problem);
        self.has_problem.store(true, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that died in the middle has noted its problem or left the part out, which the count shows.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&'s self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        state.waiting_count += 1;
        let mut state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        state.waiting_count -= 1;
        state
    }
}

impl State {
    fn remove_next(&mut self) -> Option<Part> {
        self.early.remove(&self.next)
    }
}

/// A thread's hold on the content. Whatever becomes of the thread, nobody waits for it for ever.
struct Appending<'s> {
    to: &'s SharedFile,
    content: Option<Content>,
}

impl<'s> Appending<'s> {
    fn append(&mut self, part: Part) -> Result<(), BatchFileProblem> {
        let Some(content) = &mut self.content else {
            return Ok(());
        };
        let appended = content.append(part);
        self.to.size_bytes.store(content.file.size_bytes(), Ordering::Relaxed);
        appended
    }

    /// Gives the content back.
    fn end(mut self, appended: Result<(), BatchFileProblem>) -> MutexGuard<'s, State> {
        let mut state = self.to.lock();
        state.is_appending = false;
        state.content = self.content.take().filter(|_| !state.is_given_up);
        if let Err(problem) = appended {
            self.to.note(&mut state, problem);
        }
        state
    }
}

impl Drop for Appending<'_> {
    fn drop(&mut self) {
        if self.content.is_none() {
            return;
        }
        let mut state = self.to.lock();
        state.is_appending = false;
        let source = io::Error::other("a compressor thread has ended");
        self.to.note(&mut state, BatchFileProblem::Compress { source });
        drop(state);
        self.to.changed.notify_all();
    }
}

impl Content {
    fn append(&mut self, part: Part) -> Result<(), BatchFileProblem> {
        match (part, &mut self.stream) {
            (Part::Piece(piece), _) => self.file.append(piece),
            (Part::Rows(rows), Some(stream)) => {
                let bytes = stream
                    .compress(&rows)
                    .map_err(|source| BatchFileProblem::Compress { source })?;
                self.file.write(&bytes)
            }
            (Part::Rows(rows), None) => self.file.write(&rows),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch_file::BatchFileSettings;

    fn shared() -> SharedFile {
        SharedFile::new(OpenFile::create(&BatchFileSettings::default()).expect("a file"), None)
    }

    /// Whoever waits for the file is told.
    #[test]
    fn a_thread_that_ends_while_it_appends_is_a_problem() {
        let file = shared();
        let content = file.lock().content.take();
        file.lock().is_appending = true;
        drop(Appending { to: &file, content });
        assert!(file.finish(1).is_err());
    }

    #[test]
    fn parts_are_appended_in_their_order_and_a_missing_one_is_a_problem() {
        let file = shared();
        let begin = file.size_bytes();
        file.put(1, Ok(Part::Rows(b"second".to_vec())));
        assert_eq!(file.size_bytes(), begin, "it waits for the first");
        file.put(0, Ok(Part::Rows(b"first".to_vec())));
        assert_eq!(file.size_bytes(), begin + 11);
        file.put(2, Err(io::Error::other("gone")));
        assert!(file.finish(3).is_err());
    }
}
