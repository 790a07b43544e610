//! Which bookmark belongs to which file: by path, and for renamed and packed files by their start. Pure.

use std::path::{Path, PathBuf};

use crate::logs::file_bookmark::{FileBookmark, FileFace, Relation};
use crate::logs::file_reader::hash_of;
use crate::logs::gaps::GapReason;

/// A file and where to go on in it.
#[derive(Debug)]
pub(crate) struct KnownFile {
    pub(crate) path: PathBuf,
    pub(crate) face: FileFace,
    /// The bookmark that this file continues, and the path it was kept under.
    pub(crate) continued: Option<(String, FileBookmark)>,
    pub(crate) is_done: bool,
    /// The bookmark of this path when it was of another file, or of text that is no longer there.
    pub(crate) replaced: Option<FileBookmark>,
    /// Set when lines behind the replaced bookmark may be lost.
    pub(crate) gap: Option<GapReason>,
}

impl KnownFile {
    pub(crate) fn is_packed(&self) -> bool {
        self.face.packed_hash.is_some()
    }

    /// Where reading starts, and up to where it was handed out before.
    pub(crate) fn start(&self) -> (u64, u64) {
        self.continued
            .as_ref()
            .map_or((0, 0), |(_, bookmark)| (bookmark.resume_offset, bookmark.offset))
    }

    /// True when there is nothing new in it.
    pub(crate) fn is_unchanged(&self) -> bool {
        self.is_done || self.face.size_bytes == Some(self.start().1)
    }
}

/// Pairs files with bookmarks: first by path, then, for files that are new under their path, by their start. Each
/// bookmark is continued by one file.
pub(crate) fn recognise(faces: Vec<(PathBuf, FileFace)>, mut kept: Vec<(String, FileBookmark)>) -> Vec<KnownFile> {
    let mut files: Vec<KnownFile> = Vec::new();
    for (path, face) in faces {
        files.push(KnownFile {
            path,
            face,
            continued: None,
            is_done: false,
            replaced: None,
            gap: None,
        });
    }
    for file in &mut files {
        let Some(index) = kept.iter().position(|(path, _)| Path::new(path) == file.path) else {
            continue;
        };
        let relation = kept
            .get(index)
            .map_or(Relation::Other, |(_, bookmark)| bookmark.relation(&file.face, hash_of));
        match relation {
            Relation::Done | Relation::Grown => {
                file.is_done = relation == Relation::Done;
                file.continued = Some(kept.swap_remove(index));
                continue;
            }
            Relation::Truncated => file.gap = Some(GapReason::FileTruncated),
            Relation::Other => file.gap = Some(GapReason::FileReplaced),
        }
        file.replaced = kept.get(index).map(|(_, own)| own.clone());
    }
    for file in files.iter_mut().filter(|file| file.continued.is_none()) {
        let fits = |bookmark: &FileBookmark| {
            let relation = bookmark.relation(&file.face, hash_of);
            bookmark.is_telling() && matches!(relation, Relation::Done | Relation::Grown)
        };
        if let Some(index) = kept.iter().position(|(_, bookmark)| fits(bookmark)) {
            let (path, bookmark) = kept.swap_remove(index);
            file.is_done = bookmark.relation(&file.face, hash_of) == Relation::Done;
            file.continued = Some((path, bookmark));
        }
    }
    // A bookmark that another file went on from lost nothing.
    for file in &mut files {
        let is_continued = |own: &FileBookmark| !kept.iter().any(|(_, bookmark)| bookmark == own);
        if file.replaced.as_ref().is_some_and(is_continued) {
            file.gap = None;
        }
    }
    files
}

#[cfg(test)]
mod tests;
