//! The threads that compress blocks for every open file of every stream. gzp's own writer starts two threads or more per
//! file and holds up to a megabyte for each; fifty streams would cost a hundred threads. Not for files.

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

/// Pieces that wait for each thread: so many that the reading thread is not woken for every one.
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
}

impl CompressionPool {
    /// Starts so many threads (at least one); `None`: one per processor, at most four.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn start(threads: Option<usize>) -> io::Result<Self> {
        let processors = || {
            thread::available_parallelism()
                .map_or(1, usize::from)
                .min(MAXIMUM_DEFAULT_THREADS)
        };
        let threads = threads.unwrap_or_else(processors).max(1);
        let (jobs, queue) = job_queue(threads * WAITING_PIECES);
        let spare = Arc::new(SpareBuffers {
            buffers: Mutex::new(Vec::new()),
            limit: threads * (WAITING_PIECES + 1) + 1,
        });
        for number in 0..threads {
            let (queue, spare) = (queue.clone(), Arc::clone(&spare));
            thread::Builder::new()
                .name(format!("compress-{number}"))
                .spawn(move || work(&queue, &spare))?;
        }
        Ok(Self { jobs, spare })
    }

    /// An empty buffer for a piece.
    pub(crate) fn buffer(&self) -> Vec<u8> {
        self.spare.take()
    }

    /// Queues a piece that is not empty; blocks the caller while the queue is full, which bounds what is under way.
    pub(super) fn compress(&self, job: Job) {
        // With no thread left the job is dropped, and says so.
        self.jobs.send(job);
    }
}

fn work(queue: &JobReceiver<Job>, spare: &SpareBuffers) {
    let mut compressor: Option<PieceCompressor> = None;
    while let Some(mut job) = queue.receive() {
        if job.packing.is_one_stream() {
            let rows = std::mem::take(&mut job.rows);
            job.file.put(job.number, Ok(Part::Rows(rows)));
            continue;
        }
        let ready = match compressor.take().filter(|compressor| compressor.is_for(job.packing)) {
            Some(compressor) => Ok(compressor),
            None => PieceCompressor::new(job.packing),
        };
        let piece = ready.and_then(|ready| compressor.insert(ready).compress(&job.rows));
        spare.give_back(std::mem::take(&mut job.rows));
        job.file.put(job.number, piece.map(Part::Piece));
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
