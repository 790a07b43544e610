//! Which bookmark belongs to which file: by path, and for renamed and packed files by their start. Pure.

use std::path::{Path, PathBuf};

use crate::logs::file_bookmark::{FileBookmark, FileFace, Relation};
use crate::logs::file_reader::hash_of;
use crate::logs::gaps::GapReason;
use crate::logs::ledger::Ledger;

/// A file and where to go on in it.
#[derive(Debug)]
pub(crate) struct KnownFile {
    pub(crate) path: PathBuf,
    pub(crate) face: FileFace,
    /// The bookmark that this file continues, and the path it was kept under.
    pub(crate) continued: Option<(String, FileBookmark)>,
    /// The numbering to go on with; from the same bookmark.
    pub(crate) ledger: Ledger,
    pub(crate) is_done: bool,
    /// What the bookmark of this path, which the file does not continue, says about lost lines.
    pub(crate) broken: Option<(GapReason, FileBookmark)>,
}

impl KnownFile {
    pub(crate) fn is_packed(&self) -> bool {
        self.face.packed_hash.is_some()
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
            ledger: Ledger::default(),
            is_done: false,
            broken: None,
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
            }
            Relation::Truncated => {
                file.broken = kept.get(index).map(|(_, own)| (GapReason::FileTruncated, own.clone()))
            }
            Relation::Other => file.broken = kept.get(index).map(|(_, own)| (GapReason::FileReplaced, own.clone())),
        }
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
        if file.broken.as_ref().is_some_and(|(_, own)| is_continued(own)) {
            file.broken = None;
        }
    }
    files
}

#[cfg(test)]
mod tests;
