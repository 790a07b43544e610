//! How a file was packed before it came here. The packing itself is the caller's.

/// Compression of a staged file, as PUT and COPY name it. COPY has to be told the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Compression {
    /// RFC 1952.
    #[default]
    Gzip,
    /// RFC 8878.
    Zstd,
    /// Of the bzip2 program.
    Bzip2,
    /// RFC 7932.
    Brotli,
    /// RFC 1950: deflate between zlib's header and checksum.
    Deflate,
    /// RFC 1951: nothing around it.
    RawDeflate,
    /// Not packed.
    None,
}

impl Compression {
    /// The word of `SOURCE_COMPRESSION` of PUT and of `COMPRESSION` of a file format.
    pub fn sql_name(self) -> &'static str {
        match self {
            Compression::Gzip => "GZIP",
            Compression::Zstd => "ZSTD",
            Compression::Bzip2 => "BZ2",
            Compression::Brotli => "BROTLI",
            Compression::Deflate => "DEFLATE",
            Compression::RawDeflate => "RAW_DEFLATE",
            Compression::None => "NONE",
        }
    }

    /// What the drivers append to the names of such files, with the dot; empty for files that are not packed.
    pub fn suffix(self) -> &'static str {
        match self {
            Compression::Gzip => ".gz",
            Compression::Zstd => ".zst",
            Compression::Bzip2 => ".bz2",
            Compression::Brotli => ".br",
            Compression::Deflate => ".deflate",
            Compression::RawDeflate => ".raw_deflate",
            Compression::None => "",
        }
    }
}
