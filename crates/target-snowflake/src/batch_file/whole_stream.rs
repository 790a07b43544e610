//! Formats that compress a file from its beginning to its end: zstd, bzip2, brotli, and deflate as zlib writes it. Whether
//! Snowflake reads on behind the first of several streams in one file is not documented, so there is one. Not for threads.

use std::io::{self, Write};

use brotli::CompressorWriter;
use brotli::enc::BrotliEncoderParams;
use bzip2::write::BzEncoder;
use flate2::write::ZlibEncoder;
use snowflake_client::Compression;
use zstd::zstd_safe::CParameter;

use super::packing::Packing;

/// How far back zstd and brotli look, as a power of two: 1 MiB. It bounds what an open file keeps in memory to some 4 MiB.
const WINDOW_BITS: u32 = 20;
/// Input that brotli collects before it compresses.
const BROTLI_INPUT_BYTES: usize = 64 * 1024;

/// The compressor of one file.
pub(crate) enum WholeStream {
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
    Bzip2(BzEncoder<Vec<u8>>),
    Brotli(Box<CompressorWriter<Vec<u8>>>),
    Zlib(ZlibEncoder<Vec<u8>>),
}

impl WholeStream {
    /// A compressor at the beginning of a file.
    pub(crate) fn begin(packing: Packing) -> io::Result<Self> {
        let Packing { compression, level } = packing;
        Ok(match compression {
            Compression::Gzip | Compression::RawDeflate | Compression::None => {
                return Err(io::Error::other("this format is made of pieces"));
            }
            Compression::Zstd => {
                let level = i32::try_from(level).unwrap_or_default();
                let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), level)?;
                encoder.set_parameter(CParameter::WindowLog(WINDOW_BITS))?;
                encoder.include_checksum(true)?;
                Self::Zstd(encoder)
            }
            Compression::Bzip2 => Self::Bzip2(BzEncoder::new(Vec::new(), bzip2::Compression::new(level))),
            Compression::Brotli => {
                let parameters = BrotliEncoderParams {
                    quality: i32::try_from(level).unwrap_or_default(),
                    lgwin: i32::try_from(WINDOW_BITS).unwrap_or_default(),
                    ..BrotliEncoderParams::default()
                };
                Self::Brotli(Box::new(CompressorWriter::with_params(
                    Vec::new(),
                    BROTLI_INPUT_BYTES,
                    &parameters,
                )))
            }
            Compression::Deflate => Self::Zlib(ZlibEncoder::new(Vec::new(), flate2::Compression::new(level))),
        })
    }

    /// Takes rows; gives the bytes that are ready, which may be none.
    pub(crate) fn compress(&mut self, rows: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Zstd(encoder) => encoder.write_all(rows)?,
            Self::Bzip2(encoder) => encoder.write_all(rows)?,
            Self::Brotli(encoder) => encoder.write_all(rows)?,
            Self::Zlib(encoder) => encoder.write_all(rows)?,
        }
        Ok(std::mem::take(match self {
            Self::Zstd(encoder) => encoder.get_mut(),
            Self::Bzip2(encoder) => encoder.get_mut(),
            Self::Brotli(encoder) => encoder.get_mut(),
            Self::Zlib(encoder) => encoder.get_mut(),
        }))
    }

    /// The bytes that are left at the end of the file.
    pub(crate) fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Zstd(encoder) => encoder.finish(),
            Self::Bzip2(encoder) => encoder.finish(),
            Self::Brotli(encoder) => Ok(encoder.into_inner()),
            Self::Zlib(encoder) => encoder.finish(),
        }
    }
}
