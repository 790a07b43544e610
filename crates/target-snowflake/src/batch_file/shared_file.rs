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
    /// Taken away when the file is finished or given up.
    file: Option<OpenFile>,
    stream: Option<WholeStream>,
    /// Parts that came before their turn, at most [`EARLY_PARTS_LIMIT`].
    early: BTreeMap<u64, Part>,
    /// The number of the part that is appended next.
    next: u64,
    problem: Option<BatchFileProblem>,
    /// A problem was noted; it may have been taken since.
    is_broken: bool,
}

impl SharedFile {
    /// `stream` compresses the whole file, for formats that want that.
    pub(super) fn new(file: OpenFile, stream: Option<WholeStream>) -> Self {
        Self {
            size_bytes: AtomicU64::new(file.size_bytes()),
            state: Mutex::new(State {
                file: Some(file),
                stream,
                early: BTreeMap::new(),
                next: 0,
                problem: None,
                is_broken: false,
            }),
            changed: Condvar::new(),
            has_problem: AtomicBool::new(false),
        }
    }

    /// Compressed bytes so far; up to some pieces behind the rows.
    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes.load(Ordering::Relaxed)
    }

    /// Appends a part when its turn is, with those that waited for it. Parts are numbered from 0. Blocks while the part is
    /// too early: jobs are taken in order, so one of the other threads has the part that is waited for.
    pub(super) fn put(&self, number: u64, part: io::Result<Part>) {
        let mut state = self.lock();
        while number > state.next + EARLY_PARTS_LIMIT && !state.is_broken {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        match part {
            Ok(part) => {
                state.early.insert(number, part);
            }
            Err(source) => self.note(&mut state, BatchFileProblem::Compress { source }),
        }
        let mut next = state.next;
        while let Some(part) = state.early.remove(&next) {
            if let Err(problem) = state.append(part) {
                self.note(&mut state, problem);
            }
            next += 1;
        }
        state.next = next;
        if let Some(file) = &state.file {
            self.size_bytes.store(file.size_bytes(), Ordering::Relaxed);
        }
        self.changed.notify_all();
    }

    /// The first thing that went wrong, once.
    pub(super) fn take_problem(&self) -> Option<BatchFileProblem> {
        if !self.has_problem.load(Ordering::Acquire) {
            return None;
        }
        self.lock().problem.take()
    }

    /// Waits until so many parts are appended and gives the file, with what its own compressor still had.
    pub(super) fn finish(&self, part_count: u64) -> Result<OpenFile, BatchFileProblem> {
        let mut state = self.lock();
        while state.next < part_count && !state.is_broken {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(problem) = state.problem.take() {
            return Err(problem);
        }
        if state.is_broken {
            state.file = None;
        }
        let gone = || BatchFileProblem::Compress {
            source: io::Error::other("the file was given up"),
        };
        let mut file = state.file.take().ok_or_else(gone)?;
        if let Some(stream) = state.stream.take() {
            let rest = stream
                .finish()
                .map_err(|source| BatchFileProblem::Compress { source })?;
            file.write(&rest)?;
        }
        Ok(file)
    }

    /// Removes the file; parts that are still on their way go nowhere.
    pub(super) fn give_up(&self) {
        self.lock().file = None;
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
}

impl State {
    fn append(&mut self, part: Part) -> Result<(), BatchFileProblem> {
        let Some(file) = &mut self.file else { return Ok(()) };
        match (part, &mut self.stream) {
            (Part::Piece(piece), _) => file.append(piece),
            (Part::Rows(rows), Some(stream)) => {
                let bytes = stream
                    .compress(&rows)
                    .map_err(|source| BatchFileProblem::Compress { source })?;
                file.write(&bytes)
            }
            (Part::Rows(rows), None) => file.write(&rows),
        }
    }
}
