//! The threads that compress blocks for every open file of every stream; the one that reads records helps when they are
//! behind. gzp's own writer starts two threads or more per file and holds up to a megabyte for each; fifty streams would
//! cost a hundred threads. Not for files.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::job_queue::{JobReceiver, JobSender, job_queue};
use super::packing::Packing;
use super::pieces::PieceCompressor;
use super::shared_file::{Part, SharedFile};

/// Rows are compressed in pieces of about this size: pigz's and gzp's own choice. Twice the size gains 1 % of the output.
pub(crate) const PIECE_SIZE_BYTES: usize = gzp::BUFSIZE;

/// More threads than this cannot be fed by the one thread that reads records.
const MAXIMUM_DEFAULT_THREADS: usize = 4;

/// Room beyond a piece's size, so that the row that ends a piece seldom makes its buffer grow.
const ROW_ROOM_BYTES: usize = 16 * 1024;

/// Pieces that wait for each thread: so many that none is without work while the reading thread compresses one itself.
const WAITING_PIECES: usize = 3;

/// A piece on its way to a compressor and from there into its file.
pub(super) struct Job {
    pub(super) file: Arc<SharedFile>,
    /// The piece's place in the file, from 0.
    pub(super) number: u64,
    pub(super) rows: Vec<u8>,
    pub(super) packing: Packing,
}

/// Whatever becomes of a job, its file hears of it: a file that waits for a thread that has died would wait for ever.
impl Drop for Job {
    fn drop(&mut self) {
        if !self.rows.is_empty() {
            let gone = io::Error::other("a compressor thread has ended");
            self.file.put(self.number, Err(gone));
        }
    }
}

/// A handle to the compressor threads, shared by all files of all streams. They end with the last handle.
#[derive(Debug, Clone)]
pub struct CompressionPool {
    jobs: JobSender<Job>,
    spare: Arc<SpareBuffers>,
    helper: Arc<Mutex<Compressor>>,
}

impl CompressionPool {
    /// Starts so many threads (at least one); `None`: one for each processor but the one of the thread that reads records,
    /// at most four.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn start(threads: Option<usize>) -> io::Result<Self> {
        let threads = threads.unwrap_or_else(default_threads).max(1);
        let (jobs, queue) = job_queue(threads * WAITING_PIECES);
        let spare = Arc::new(SpareBuffers {
            buffers: Mutex::new(Vec::new()),
            limit: threads * (WAITING_PIECES + 1) + 2,
        });
        for number in 0..threads {
            let (queue, spare) = (queue.clone(), Arc::clone(&spare));
            thread::Builder::new()
                .name(format!("compress-{number}"))
                .spawn(move || work(&queue, &spare))?;
        }
        Ok(Self {
            jobs,
            spare,
            helper: Arc::default(),
        })
    }

    /// An empty buffer for a piece.
    pub(crate) fn buffer(&self) -> Vec<u8> {
        self.spare.take()
    }

    /// Queues a piece that is not empty. While there is no room, the caller compresses what waits longest: so what is under way
    /// is bounded, and no processor is idle.
    pub(super) fn compress(&self, job: Job) {
        // With no thread left the job is dropped, and says so.
        let mut left = Some(job);
        while let Some(job) = left {
            left = self.jobs.send(job);
            if left.is_some() {
                self.help();
            }
        }
    }

    /// Compresses the piece that waits longest; `false` if none waits.
    pub(super) fn help(&self) -> bool {
        let Some(job) = self.jobs.take() else {
            return false;
        };
        let mut helper = self.helper.lock().unwrap_or_else(PoisonError::into_inner);
        helper.work(job, &self.spare);
        true
    }
}

/// As many threads as processors made a run 8 % longer: the reading thread was often in a processor's line behind a compressor,
/// while another processor was idle because nothing was read.
fn default_threads() -> usize {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    processors.saturating_sub(1).min(MAXIMUM_DEFAULT_THREADS)
}

fn work(queue: &JobReceiver<Job>, spare: &SpareBuffers) {
    let mut compressor = Compressor::default();
    while let Some(job) = queue.receive() {
        compressor.work(job, spare);
    }
}

/// What a thread that compresses keeps from one piece to the next.
#[derive(Default)]
struct Compressor(Option<PieceCompressor>);

impl Compressor {
    fn work(&mut self, mut job: Job, spare: &SpareBuffers) {
        if job.packing.is_one_stream() {
            let rows = std::mem::take(&mut job.rows);
            job.file.put(job.number, Ok(Part::Rows(rows)));
            return;
        }
        let ready = match self.0.take().filter(|compressor| compressor.is_for(job.packing)) {
            Some(compressor) => Ok(compressor),
            None => PieceCompressor::new(job.packing),
        };
        let piece = ready.and_then(|ready| self.0.insert(ready).compress(&job.rows));
        spare.give_back(std::mem::take(&mut job.rows));
        job.file.put(job.number, piece.map(Part::Piece));
    }
}

impl fmt::Debug for Compressor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Compressor").finish_non_exhaustive()
    }
}

/// Buffers between two uses, a few for all files, so that an idle file keeps none.
#[derive(Debug)]
struct SpareBuffers {
    buffers: Mutex<Vec<Vec<u8>>>,
    limit: usize,
}

impl SpareBuffers {
    fn take(&self) -> Vec<u8> {
        let spare = self.buffers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(|| Vec::with_capacity(PIECE_SIZE_BYTES + ROW_ROOM_BYTES))
    }

    /// Keeps the buffer unless there are enough, or one large row has blown it up.
    fn give_back(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() > 2 * PIECE_SIZE_BYTES {
            return;
        }
        buffer.clear();
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.len() < self.limit {
            buffers.push(buffer);
        }
    }
}
