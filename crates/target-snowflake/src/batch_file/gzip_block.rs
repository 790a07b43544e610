//! The pieces of one gzip member whose blocks are compressed apart from each other, as pigz does. Built on gzp's block
//! encoder; what it leaves to the caller is done here. Not for threads or files.

use std::io;

use gzp::check::Check;
use gzp::deflate::Gzip;
use gzp::{Compression, FormatSpec};

/// Rows are compressed in pieces of about this size: pigz's and gzp's own choice. Twice the size gains 1 % of the output.
pub(crate) const BLOCK_SIZE_BYTES: usize = gzp::BUFSIZE;

/// An empty last deflate block (fixed codes, end of block). Blocks before it end byte-aligned.
const LAST_BLOCK: [u8; 2] = [0x03, 0x00];

/// The fastest level used. At level 1 zlib-rs 0.6.8 panics in `deflate_quick` when a block grows (text outside ASCII that
/// does not compress) and gzp's output room, a tenth more than the input, is full.
const LOWEST_LEVEL: u32 = 2;

/// The most that one stored deflate block holds: its length is 16 bits.
const STORED_BLOCK_LIMIT_BYTES: usize = 65_535;

/// The checksum of a gzip member; those of consecutive blocks combine.
pub(crate) type Checksum = <Gzip as FormatSpec>::C;

/// One compressed block and the checksum of what it was made from.
pub(crate) struct CompressedBlock {
    pub(crate) bytes: Vec<u8>,
    pub(crate) checksum: Checksum,
}

/// Compresses blocks at one level, reusing its tables.
pub(crate) struct BlockCompressor {
    level: Compression,
    state: <Gzip as FormatSpec>::Compressor,
}

impl BlockCompressor {
    pub(crate) fn new(level: u32) -> io::Result<Self> {
        let level = usable(level);
        let state = Gzip::new().create_compressor(level).map_err(io::Error::other)?;
        Ok(Self { level, state })
    }

    /// Whether blocks come out at this level.
    pub(crate) fn is_of_level(&self, level: u32) -> bool {
        self.level == usable(level)
    }

    /// One block, byte-aligned at its end and never the last.
    pub(crate) fn compress(&mut self, rows: &[u8]) -> io::Result<CompressedBlock> {
        // gzp's buffer has room for more than the input. Freed here, where the next one is made, it is reused; freed by the
        // thread that writes the file, each block would cost fresh pages from the system.
        let compressed = Gzip::new()
            .encode(rows, &mut self.state, self.level, None, false)
            .map_err(io::Error::other)?;
        // gzp stops without saying so when that room is full. Stored blocks always fit.
        let is_whole = compressed.len() < compressed.capacity();
        let bytes = if is_whole {
            compressed.as_slice().to_vec()
        } else {
            stored_blocks(rows)
        };
        let mut checksum = Gzip::create_check();
        checksum.update(rows);
        Ok(CompressedBlock { bytes, checksum })
    }
}

/// The first bytes of a gzip file.
pub(crate) fn header(level: u32) -> Vec<u8> {
    Gzip::new().header(usable(level))
}

/// The last bytes of a gzip file: the end of the deflate data, checksum and length.
pub(crate) fn footer(checksum: &Checksum) -> Vec<u8> {
    let mut bytes = LAST_BLOCK.to_vec();
    bytes.extend(Gzip::new().footer(checksum));
    bytes
}

fn usable(level: u32) -> Compression {
    Compression::new(level.clamp(LOWEST_LEVEL, 9))
}

fn stored_blocks(rows: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(rows.len() + (rows.len() / STORED_BLOCK_LIMIT_BYTES + 1) * 5);
    for piece in rows.chunks(STORED_BLOCK_LIMIT_BYTES) {
        let length = u16::try_from(piece.len()).unwrap_or(u16::MAX);
        bytes.push(0);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&(!length).to_le_bytes());
        bytes.extend_from_slice(piece);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn round_trip(level: u32, blocks: &[Vec<u8>]) -> Vec<u8> {
        let mut compressor = BlockCompressor::new(level).expect("a compressor");
        let mut checksum = Gzip::create_check();
        let mut file = header(level);
        for block in blocks {
            let compressed = compressor.compress(block).expect("a block");
            checksum.combine(&compressed.checksum);
            file.extend(compressed.bytes);
        }
        file.extend(footer(&checksum));
        let mut read = Vec::new();
        // A reader for one member only: more than one would be lost data where a reader stops after the first.
        flate2::read::GzDecoder::new(file.as_slice())
            .read_to_end(&mut read)
            .expect("valid gzip");
        read
    }

    #[test]
    fn blocks_make_one_member() {
        let blocks: Vec<Vec<u8>> = (0..5_u8)
            .map(|number| vec![number; 1000 * usize::from(number)])
            .collect();
        for level in [1, 3, 6, 9] {
            assert_eq!(round_trip(level, &blocks), blocks.concat());
        }
        assert_eq!(round_trip(3, &[]), Vec::<u8>::new());
    }

    #[test]
    fn noise_is_kept_at_every_level() {
        let mut number = 1_u32;
        let mut noise = |mask: u8| -> Vec<u8> {
            (0..BLOCK_SIZE_BYTES + 77)
                .map(|_| {
                    number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    mask | (number >> 24) as u8
                })
                .collect()
        };
        let blocks = [
            noise(0),
            noise(0x90),
            noise(0x80),
            vec![0xFF; 70_000],
            noise(0xC0),
            vec![0xE1],
        ];
        for level in 0..=9 {
            assert_eq!(round_trip(level, &blocks), blocks.concat(), "level {level}");
        }
    }

    #[test]
    fn stored_blocks_are_deflate() {
        let rows: Vec<u8> = (0..200_000_u32).map(|number| (number % 253) as u8).collect();
        let mut checksum = Gzip::create_check();
        checksum.update(&rows);
        let file = [header(3), stored_blocks(&rows), footer(&checksum)].concat();
        let mut read = Vec::new();
        flate2::read::GzDecoder::new(file.as_slice())
            .read_to_end(&mut read)
            .expect("valid gzip");
        assert_eq!(read, rows);
    }
}
