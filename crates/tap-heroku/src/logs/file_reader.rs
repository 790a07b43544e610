//! Opens a log file, plain or gzip, looks at it and reads its text from an offset. Knows no bookmarks and no lines.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::logs::file_bookmark::{FileFace, HEAD_BYTES};
use crate::logs::identity::ContentHash;

/// Read at a time.
pub(crate) const CHUNK_BYTES: usize = 256 * 1024;
/// How a gzip file starts, whatever its name.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Hash of a file's first bytes, as bookmarks keep it.
pub(crate) fn hash_of(bytes: &[u8]) -> String {
    let mut hash = ContentHash::new();
    hash.update(bytes);
    hash.finish()
}

/// Looks at a file: what it is recognised by. A packed file is read through once for its hash.
///
/// # Errors
/// Those of opening and reading; a packed file that cannot be unpacked has the start it can show.
pub(crate) fn look(path: &Path) -> io::Result<FileFace> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    let head = read_start(&mut file)?;
    let mut face = FileFace {
        inode: inode(&metadata),
        head,
        size_bytes: Some(metadata.len()),
        packed_hash: None,
    };
    if face.head.starts_with(&GZIP_MAGIC) {
        file.seek(SeekFrom::Start(0))?;
        face.packed_hash = Some(hash_file(&mut file)?);
        file.seek(SeekFrom::Start(0))?;
        face.head = read_start(&mut MultiGzDecoder::new(file)).unwrap_or_default();
        face.size_bytes = None;
    }
    Ok(face)
}

/// Opens the text of a file at an offset of the text.
///
/// # Errors
/// Those of opening and reading, and of unpacking.
pub(crate) fn open_at(path: &Path, is_packed: bool, offset: u64) -> io::Result<Box<dyn Read + Send>> {
    let mut file = File::open(path)?;
    if !is_packed {
        file.seek(SeekFrom::Start(offset))?;
        return Ok(Box::new(file));
    }
    let mut text = MultiGzDecoder::new(io::BufReader::with_capacity(CHUNK_BYTES, file));
    io::copy(&mut text.by_ref().take(offset), &mut io::sink())?;
    Ok(Box::new(text))
}

/// At most [`HEAD_BYTES`], whatever the reader gives at once.
fn read_start(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(HEAD_BYTES);
    reader.take(HEAD_BYTES as u64).read_to_end(&mut start)?;
    Ok(start)
}

fn hash_file(file: &mut File) -> io::Result<String> {
    let mut hash = ContentHash::new();
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let length = file.read(&mut buffer)?;
        match buffer.get(..length) {
            None | Some([]) => return Ok(hash.finish()),
            Some(bytes) => hash.update(bytes),
        }
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> Option<(u64, u64)> {
    None
}
