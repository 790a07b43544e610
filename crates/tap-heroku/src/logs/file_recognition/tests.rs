//! Tests of pairing files with bookmarks.

use super::*;

fn face(inode: u64, head: &str, size_bytes: u64) -> FileFace {
    FileFace {
        inode: Some((1, inode)),
        head: head.as_bytes().to_vec(),
        size_bytes: Some(size_bytes),
        packed_hash: None,
    }
}

fn kept(path: &str, inode: u64, head: &str, offset: u64) -> (String, FileBookmark) {
    let (head_bytes, head_hash) = (head.len() as u64, hash_of(head.as_bytes()));
    let inode = Some((1, inode));
    (
        path.to_owned(),
        FileBookmark {
            inode,
            head_bytes,
            head_hash,
            offset,
            resume_offset: offset,
            packed_hash: None,
        },
    )
}

/// Per file: the path it continues, whether it is done, and what may be lost.
fn paired(
    files: &[(&str, FileFace)],
    kept: Vec<(String, FileBookmark)>,
) -> Vec<(Option<String>, bool, Option<GapReason>)> {
    let files = files
        .iter()
        .map(|(path, face)| (PathBuf::from(path), face.clone()))
        .collect();
    let summary = |file: KnownFile| (file.continued.map(|(path, _)| path), file.is_done, file.gap);
    recognise(files, kept).into_iter().map(summary).collect()
}

fn head(letter: char) -> String {
    letter.to_string().repeat(100)
}

#[test]
fn a_rotated_file_goes_on_under_its_new_name() {
    let (a, b) = (head('a'), head('b'));
    let files = [("app.log", face(2, &b, 10)), ("app.log.1", face(1, &a, 500))];
    let found = paired(&files, vec![kept("app.log", 1, &a, 400)]);
    assert_eq!(found, [(None, false, None), (Some("app.log".to_owned()), false, None)]);
    // Without the old file what was written to it last is missing.
    let found = paired(&files[..1], vec![kept("app.log", 1, &a, 400)]);
    assert_eq!(found, [(None, false, Some(GapReason::FileReplaced))]);
}

#[test]
fn rotation_by_one_shifts_all() {
    let (a, b, c) = (head('a'), head('b'), head('c'));
    let files = [
        ("l", face(3, &c, 5)),
        ("l.1", face(2, &b, 50)),
        ("l.2", face(1, &a, 60)),
    ];
    let bookmarks = vec![kept("l", 2, &b, 40), kept("l.1", 1, &a, 60)];
    let found = paired(&files, bookmarks);
    assert_eq!(
        found,
        [
            (None, false, None),
            (Some("l".to_owned()), false, None),
            (Some("l.1".to_owned()), false, None)
        ]
    );
}

#[test]
fn a_copy_does_not_take_the_bookmark_of_its_original() {
    let a = head('a');
    let files = [("a-copy", face(2, &a, 500)), ("b-original", face(1, &a, 500))];
    let found = paired(&files, vec![kept("b-original", 1, &a, 400)]);
    assert_eq!(
        found,
        [(None, false, None), (Some("b-original".to_owned()), false, None)]
    );
}

#[test]
fn a_short_start_names_no_file() {
    let found = paired(&[("new", face(2, "x\n", 2))], vec![kept("old", 1, "x\n", 2)]);
    assert_eq!(found, [(None, false, None)]);
}

#[test]
fn a_packed_file_that_was_read_is_done_under_any_name() {
    let packed = |hash: &str| FileFace {
        packed_hash: Some(hash.to_owned()),
        size_bytes: None,
        ..face(1, &head('a'), 0)
    };
    let mut bookmark = kept("l.1.gz", 1, &head('a'), 900);
    bookmark.1.packed_hash = Some("h1".to_owned());
    assert_eq!(
        paired(&[("l.2.gz", packed("h1"))], vec![bookmark.clone()]),
        [(Some("l.1.gz".to_owned()), true, None)]
    );
    assert_eq!(
        paired(&[("l.1.gz", packed("h2"))], vec![bookmark]),
        [(Some("l.1.gz".to_owned()), false, None)]
    );
}
