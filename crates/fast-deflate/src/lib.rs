//! A deflate encoder (RFC 1951) for text in rows, such as CSV: one fast way to compress, no levels. Pure: bytes in, bytes
//! out. Not a general library: it has no decoder, no checksums and no container; flate2 and gzp have those.
//!
//! It is here because nothing else is fast and small enough at once: the measurements are in
//! `crates/target-snowflake/benches/README.md`.

mod bit_writer;
mod block_encoder;
mod block_header;
mod huffman;
mod matches;
mod symbols;

pub use block_encoder::{BlockEncoder, LAST_BLOCK};
