//! Formats whose pieces are compressed apart from each other and make one stream together: gzip (a single member, as pigz
//! writes it), raw deflate, and nothing at all. Level 1 of deflate is `fast-deflate`, the others gzp's block encoder; what
//! that leaves to the caller is done here. Not for threads or files.

use std::io;

use fast_deflate::{BlockEncoder, LAST_BLOCK};
use gzp::check::Check;
use gzp::deflate::Gzip;
use gzp::{Compression as Level, FormatSpec};
use snowflake_client::Compression;

use super::packing::Packing;

/// The checksum of a gzip member; those of consecutive pieces combine.
pub(crate) type Checksum = <Gzip as FormatSpec>::C;

/// One compressed piece and the checksum of what it was made from.
pub(crate) struct Piece {
    pub(crate) bytes: Vec<u8>,
    pub(crate) checksum: Checksum,
}

/// Compresses pieces in one way, reusing its tables.
pub(crate) struct PieceCompressor {
    packing: Packing,
    way: Way,
}

enum Way {
    Fast {
        encoder: Box<BlockEncoder>,
        /// Piece after piece is written here and copied to its size: a buffer given to the thread that writes the file and
        /// freed there would cost fresh pages each time.
        compressed: Vec<u8>,
    },
    Zlib(Level, <Gzip as FormatSpec>::Compressor),
    Nothing,
}

impl PieceCompressor {
    pub(crate) fn new(packing: Packing) -> io::Result<Self> {
        let way = match packing {
            Packing {
                compression: Compression::None,
                ..
            } => Way::Nothing,
            Packing { level: 0..=1, .. } => Way::Fast {
                encoder: Box::default(),
                compressed: Vec::new(),
            },
            Packing { level, .. } => {
                let level = Level::new(level.min(9));
                let state = Gzip::new().create_compressor(level).map_err(io::Error::other)?;
                Way::Zlib(level, state)
            }
        };
        Ok(Self { packing, way })
    }

    /// Whether pieces come out in this way.
    pub(crate) fn is_for(&self, packing: Packing) -> bool {
        self.packing == packing
    }

    /// One piece, byte-aligned at its end and never the last.
    pub(crate) fn compress(&mut self, rows: &[u8]) -> io::Result<Piece> {
        let bytes = match &mut self.way {
            Way::Fast { encoder, compressed } => {
                compressed.clear();
                encoder.encode(rows, compressed);
                compressed.as_slice().to_vec()
            }
            Way::Zlib(level, state) => zlib_blocks(rows, *level, state)?,
            Way::Nothing => rows.to_vec(),
        };
        let mut checksum = Gzip::create_check();
        if self.packing.compression == Compression::Gzip {
            checksum.update(rows);
        }
        Ok(Piece { bytes, checksum })
    }
}

/// What stands in front of the first piece.
pub(crate) fn header(packing: Packing) -> Vec<u8> {
    match packing.compression {
        Compression::Gzip => Gzip::new().header(Level::new(packing.level.min(9))),
        _ => Vec::new(),
    }
}

/// What stands behind the last piece: the end of the deflate data; for gzip, checksum and length.
pub(crate) fn footer(packing: Packing, checksum: &Checksum) -> Vec<u8> {
    match packing.compression {
        Compression::Gzip => [LAST_BLOCK.to_vec(), Gzip::new().footer(checksum)].concat(),
        Compression::RawDeflate => LAST_BLOCK.to_vec(),
        _ => Vec::new(),
    }
}

fn zlib_blocks(rows: &[u8], level: Level, state: &mut <Gzip as FormatSpec>::Compressor) -> io::Result<Vec<u8>> {
    // gzp's buffer has room for a tenth more than the input.
    let compressed = Gzip::new()
        .encode(rows, state, level, None, false)
        .map_err(io::Error::other)?;
    // It stops without saying so when that room is full.
    let is_whole = compressed.len() < compressed.capacity();
    Ok(if is_whole {
        compressed.as_slice().to_vec()
    } else {
        stored_blocks(rows)
    })
}

/// The most that one stored deflate block holds: its length is 16 bits.
const STORED_BLOCK_LIMIT_BYTES: usize = 65_535;

/// The rows as they are: stored blocks always fit.
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
    use crate::batch_file::compression_pool::PIECE_SIZE_BYTES;

    fn round_trip(packing: Packing, pieces: &[Vec<u8>]) -> Vec<u8> {
        let mut compressor = PieceCompressor::new(packing).expect("a compressor");
        let mut checksum = Gzip::create_check();
        let mut file = header(packing);
        for piece in pieces {
            let compressed = compressor.compress(piece).expect("a piece");
            checksum.combine(&compressed.checksum);
            file.extend(compressed.bytes);
        }
        file.extend(footer(packing, &checksum));
        let mut read = Vec::new();
        // Readers for one member only: more than one would be lost data where a reader stops after the first.
        let outcome = match packing.compression {
            Compression::Gzip => flate2::read::GzDecoder::new(file.as_slice()).read_to_end(&mut read),
            _ => flate2::read::DeflateDecoder::new(file.as_slice()).read_to_end(&mut read),
        };
        outcome.expect("valid");
        read
    }

    fn packings() -> impl Iterator<Item = Packing> {
        let levels = |compression| Packing::levels(compression).map(move |level| Packing { compression, level });
        levels(Compression::Gzip).chain(levels(Compression::RawDeflate))
    }

    #[test]
    fn pieces_make_one_stream() {
        let pieces: Vec<Vec<u8>> = (0..5_u8)
            .map(|number| vec![number; 1000 * usize::from(number)])
            .collect();
        for packing in packings() {
            assert_eq!(round_trip(packing, &pieces), pieces.concat());
        }
        assert_eq!(round_trip(Packing::default(), &[]), Vec::<u8>::new());
    }

    #[test]
    fn noise_is_kept_at_every_level() {
        let mut number = 1_u32;
        let mut noise = |mask: u8| -> Vec<u8> {
            (0..PIECE_SIZE_BYTES + 77)
                .map(|_| {
                    number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    mask | (number >> 24) as u8
                })
                .collect()
        };
        let pieces = [
            noise(0),
            noise(0x90),
            noise(0x80),
            vec![0xFF; 70_000],
            noise(0xC0),
            vec![0xE1],
        ];
        for packing in packings() {
            assert_eq!(round_trip(packing, &pieces), pieces.concat(), "{packing:?}");
        }
    }

    #[test]
    fn stored_blocks_are_deflate() {
        let rows: Vec<u8> = (0..200_000_u32).map(|number| (number % 253) as u8).collect();
        let file = [stored_blocks(&rows), LAST_BLOCK.to_vec()].concat();
        let mut read = Vec::new();
        flate2::read::DeflateDecoder::new(file.as_slice())
            .read_to_end(&mut read)
            .expect("valid deflate");
        assert_eq!(read, rows);
    }
}
