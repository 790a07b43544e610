//! The threads that compress blocks for every open file of every stream. gzp's own writer starts two threads or more per
//! file and holds up to a megabyte for each; fifty streams would cost a hundred threads. Not for files.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::packing::Packing;
use super::pieces::{Piece, PieceCompressor};
use super::whole_stream::WholeStream;

/// Rows are compressed in pieces of about this size: pigz's and gzp's own choice. Twice the size gains 1 % of the output.
pub(crate) const PIECE_SIZE_BYTES: usize = gzp::BUFSIZE;

/// More threads than this cannot be fed by the one thread that reads records.
const MAXIMUM_DEFAULT_THREADS: usize = 4;

/// Room beyond a piece's size, so that the row that ends a piece seldom makes its buffer grow.
const ROW_ROOM_BYTES: usize = 16 * 1024;

/// How a piece of rows is to be compressed.
pub(crate) enum Way {
    /// By itself.
    Piece(Packing),
    /// By the file's own compressor, which comes back with the answer.
    Stream(WholeStream),
}

/// What became of a piece of rows.
pub(crate) enum Compressed {
    Piece(Piece),
    Stream(Vec<u8>, WholeStream),
}

/// A piece on its way to a compressor.
struct Job {
    rows: Vec<u8>,
    way: Way,
    reply: SyncSender<io::Result<Compressed>>,
}

/// A handle to the compressor threads, shared by all files of all streams. They end with the last handle.
#[derive(Debug, Clone)]
pub struct CompressionPool {
    jobs: SyncSender<Job>,
    spare: Arc<SpareBuffers>,
    threads: usize,
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
        let (jobs, queue) = sync_channel(threads);
        let queue = Arc::new(Mutex::new(queue));
        let spare = Arc::new(SpareBuffers {
            buffers: Mutex::new(Vec::new()),
            limit: threads * 2 + 1,
        });
        for number in 0..threads {
            let (queue, spare) = (Arc::clone(&queue), Arc::clone(&spare));
            thread::Builder::new()
                .name(format!("compress-{number}"))
                .spawn(move || work(&queue, &spare))?;
        }
        Ok(Self { jobs, spare, threads })
    }

    /// How many pieces one file may have under way: enough to keep every thread busy.
    pub(crate) fn pieces_in_flight(&self) -> usize {
        self.threads * 2
    }

    /// An empty buffer for a piece.
    pub(crate) fn buffer(&self) -> Vec<u8> {
        self.spare.take()
    }

    /// Queues a piece; blocks the caller while the queue is full. The answer comes through the receiver, which is cut off
    /// only if a compressor thread has died.
    pub(crate) fn compress(&self, rows: Vec<u8>, way: Way) -> Receiver<io::Result<Compressed>> {
        let (reply, answer) = sync_channel(1);
        // With no thread left the job, and its reply channel with it, is dropped: the receiver then says so.
        let _ = self.jobs.send(Job { rows, way, reply });
        answer
    }
}

fn work(queue: &Mutex<Receiver<Job>>, spare: &SpareBuffers) {
    let mut compressor: Option<PieceCompressor> = None;
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { rows, way, reply }) = next else { return };
        let answer = match way {
            Way::Piece(packing) => match compressor.take().filter(|compressor| compressor.is_for(packing)) {
                Some(compressor) => Ok(compressor),
                None => PieceCompressor::new(packing),
            }
            .and_then(|ready| compressor.insert(ready).compress(&rows))
            .map(Compressed::Piece),
            Way::Stream(mut stream) => stream.compress(&rows).map(|bytes| Compressed::Stream(bytes, stream)),
        };
        spare.give_back(rows);
        // The file may be gone: its stream failed meanwhile.
        let _ = reply.send(answer);
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
