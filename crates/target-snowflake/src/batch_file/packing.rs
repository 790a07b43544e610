//! How batch files are compressed: the format and how hard it tries. What a level does is the format's file.

use std::ops::RangeInclusive;

use snowflake_client::Compression;

/// The format of batch files and its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packing {
    /// The format, which COPY is told.
    pub compression: Compression,
    /// How hard it tries, by the format's own measure: see [`Packing::levels`].
    pub level: u32,
}

impl Packing {
    /// The format at its default level: the fastest that is still small, because rows come faster than they are compressed.
    pub fn of(compression: Compression) -> Self {
        let level = match compression {
            Compression::Gzip | Compression::RawDeflate | Compression::Zstd => 1,
            Compression::Deflate => 3,
            Compression::Bzip2 => 1,
            Compression::Brotli => 2,
            Compression::None => 0,
        };
        Self { compression, level }
    }

    /// The levels that a format has, fast to small. Level 1 of gzip and raw deflate is `fast-deflate`, which beats zlib's
    /// levels 1 and 2 in both; zlib's own first level is not used for anything: zlib-rs 0.6.8 panics in it when a block
    /// grows and its output is full.
    pub fn levels(compression: Compression) -> RangeInclusive<u32> {
        match compression {
            Compression::Gzip | Compression::RawDeflate | Compression::Bzip2 => 1..=9,
            Compression::Deflate => 2..=9,
            Compression::Zstd => 1..=19,
            Compression::Brotli => 0..=11,
            Compression::None => 0..=0,
        }
    }

    /// Whether a file is compressed from its beginning to its end, by one thread at a time, and not in pieces.
    pub(crate) fn is_one_stream(self) -> bool {
        match self.compression {
            Compression::Gzip | Compression::RawDeflate | Compression::None => false,
            Compression::Zstd | Compression::Bzip2 | Compression::Brotli | Compression::Deflate => true,
        }
    }
}

impl Default for Packing {
    fn default() -> Self {
        Self::of(Compression::default())
    }
}
