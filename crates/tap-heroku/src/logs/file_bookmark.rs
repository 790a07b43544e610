//! How far a file was read, and by what it is recognised when it has grown, was renamed, replaced or packed.
//! Pure: comparing what was kept with what a file shows now.

use serde_json::{Map, Value};

/// The start of a file by which it is recognised.
pub(crate) const HEAD_BYTES: usize = 1024;
/// A shorter start is not enough to recognise a file under another name.
const TELLING_HEAD_BYTES: u64 = 64;

/// What can be seen of a file without reading it whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FileFace {
    /// Device and number of the file where there are such.
    pub(crate) inode: Option<(u64, u64)>,
    /// The first bytes of its text (unpacked), at most [`HEAD_BYTES`].
    pub(crate) head: Vec<u8>,
    /// Size of its text; `None` when it is packed and was not unpacked to the end.
    pub(crate) size_bytes: Option<u64>,
    /// Hash of the packed bytes, for packed files.
    pub(crate) packed_hash: Option<String>,
}

/// What an earlier run kept of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FileBookmark {
    pub(crate) inode: Option<(u64, u64)>,
    pub(crate) head_bytes: u64,
    pub(crate) head_hash: String,
    /// Everything before this offset was handed out.
    pub(crate) offset: u64,
    /// Where the newest entry starts, which may have grown.
    pub(crate) resume_offset: u64,
    /// Hash of the packed file when it was read to its end.
    pub(crate) packed_hash: Option<String>,
}

/// How a file relates to a bookmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// The same packed file, read to its end.
    Done,
    /// The same file, as long as before or longer.
    Grown,
    /// The same file, but shorter than what was read of it.
    Truncated,
    /// Another file.
    Other,
}

impl FileBookmark {
    /// Compares. `hash` hashes bytes as the bookmark's `head_hash` was.
    pub(crate) fn relation(&self, face: &FileFace, hash: impl Fn(&[u8]) -> String) -> Relation {
        if self.packed_hash.is_some() && self.packed_hash == face.packed_hash {
            return Relation::Done;
        }
        let head = usize::try_from(self.head_bytes)
            .ok()
            .and_then(|length| face.head.get(..length));
        if head.is_none_or(|head| hash(head) != self.head_hash) {
            // A file that was cut and written anew keeps its number; so does one that was cut to nothing.
            let is_same_inode = self.inode.is_some() && self.inode == face.inode;
            return if is_same_inode && self.head_bytes > 0 {
                Relation::Truncated
            } else {
                Relation::Other
            };
        }
        match face.size_bytes {
            Some(size_bytes) if size_bytes < self.offset => Relation::Truncated,
            _ => Relation::Grown,
        }
    }

    /// True when the start is long enough to know the file under another name.
    pub(crate) fn is_telling(&self) -> bool {
        self.head_bytes >= TELLING_HEAD_BYTES
    }

    pub(crate) fn write_to(&self, bookmark: &mut Map<String, Value>) {
        let mut set = |key: &str, value: Value| bookmark.insert(key.to_owned(), value);
        if let Some((device, inode)) = self.inode {
            set("device", Value::from(device));
            set("inode", Value::from(inode));
        }
        set("head_bytes", Value::from(self.head_bytes));
        set("head_hash", Value::from(self.head_hash.as_str()));
        set("offset", Value::from(self.offset));
        set("resume_offset", Value::from(self.resume_offset));
        match &self.packed_hash {
            Some(hash) => set("packed_hash", Value::from(hash.as_str())),
            None => bookmark.shift_remove("packed_hash"),
        };
    }

    /// `None` when this is no bookmark of a file (standard input has none of these keys) or it is damaged: then the file
    /// is read from its start, which changes nothing in tables with keys.
    pub(crate) fn read_from(bookmark: &Map<String, Value>) -> Option<FileBookmark> {
        let number = |key: &str| bookmark.get(key).and_then(Value::as_u64);
        let text = |key: &str| bookmark.get(key).and_then(Value::as_str).map(str::to_owned);
        let offset = number("offset")?;
        Some(FileBookmark {
            inode: number("device").zip(number("inode")),
            head_bytes: number("head_bytes")?,
            head_hash: text("head_hash")?,
            offset,
            resume_offset: number("resume_offset").unwrap_or(offset).min(offset),
            packed_hash: text("packed_hash"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    fn face(inode: u64, head: &str, size_bytes: u64) -> FileFace {
        FileFace {
            inode: Some((1, inode)),
            head: head.as_bytes().to_vec(),
            size_bytes: Some(size_bytes),
            packed_hash: None,
        }
    }

    #[test]
    fn files_are_recognised() {
        let kept = FileBookmark {
            inode: Some((1, 7)),
            head_bytes: 3,
            head_hash: "abc".to_owned(),
            offset: 100,
            resume_offset: 90,
            packed_hash: None,
        };
        for (face, relation) in [
            (face(7, "abc", 100), Relation::Grown),
            (face(7, "abcdef", 500), Relation::Grown),
            (face(9, "abcdef", 500), Relation::Grown),
            (face(7, "abc", 99), Relation::Truncated),
            (face(7, "xyz", 500), Relation::Truncated),
            (face(7, "", 0), Relation::Truncated),
            (face(9, "xyz", 500), Relation::Other),
            (face(9, "ab", 2), Relation::Other),
        ] {
            assert_eq!(kept.relation(&face, hash), relation, "{face:?}");
        }
        let packed = FileBookmark {
            packed_hash: Some("p".to_owned()),
            ..kept
        };
        let packed_face = FileFace {
            packed_hash: Some("p".to_owned()),
            ..face(9, "xyz", 5)
        };
        assert_eq!(packed.relation(&packed_face, hash), Relation::Done);
    }

    #[test]
    fn through_the_state_and_back() {
        let kept = FileBookmark {
            inode: Some((1, u64::MAX)),
            head_bytes: 3,
            head_hash: "abc".to_owned(),
            offset: 100,
            resume_offset: 90,
            packed_hash: Some("p".to_owned()),
        };
        let mut bookmark = Map::new();
        kept.write_to(&mut bookmark);
        assert_eq!(FileBookmark::read_from(&bookmark), Some(kept));
        assert_eq!(FileBookmark::read_from(&Map::new()), None);
    }
}
