//! The body is the file, exactly, and a file that changed meanwhile never looks complete.

use std::io::Write;

use futures_util::TryStreamExt;

use super::*;

pub(in crate::upload) fn file_of(bytes: &[u8], announced_bytes: u64) -> (tempfile::NamedTempFile, UploadFile) {
    let mut local = tempfile::NamedTempFile::new().unwrap();
    local.write_all(bytes).unwrap();
    let file = UploadFile {
        path: local.path().to_owned(),
        name: "a.gz".to_owned(),
        size_bytes: announced_bytes,
        sha256: [0; 32],
        compression: crate::upload::Compression::Gzip,
    };
    (local, file)
}

async fn read(file: &UploadFile) -> io::Result<Vec<u8>> {
    let (body, _) = file_body(file, Part::whole(file.size_bytes), None);
    Ok(body.try_collect::<Vec<Bytes>>().await?.concat())
}

#[tokio::test]
async fn files_around_the_size_of_a_piece_come_out_whole() {
    for length in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES] {
        let bytes: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
        let (_local, file) = file_of(&bytes, length as u64);
        assert!(check_file(&file).await.is_ok());
        assert_eq!(read(&file).await.unwrap(), bytes);
    }
}

#[tokio::test]
async fn a_file_of_another_length_ends_in_a_failure() {
    for (length, announced) in [(10, 11), (10, 9), (0, 1), (PIECE_BYTES + 1, PIECE_BYTES as u64)] {
        let (_local, file) = file_of(&vec![1; length], announced);
        assert_eq!(check_file(&file).await.unwrap_err().kind(), ErrorKind::LocalFile);
        assert!(read(&file).await.is_err(), "{length} bytes announced as {announced}");
    }
}

#[tokio::test]
async fn an_encrypted_body_has_the_announced_length() {
    let key = [1u8; 16];
    for length in [0usize, 15, 16, PIECE_BYTES] {
        let (_local, file) = file_of(&vec![1; length], length as u64);
        let cipher = FileCipher::new(&aws_lc_rs::cipher::AES_128, &key, [2; 16]).unwrap();
        let (body, announced) = file_body(&file, Part::whole(file.size_bytes), Some(cipher));
        let sent = body.try_collect::<Vec<Bytes>>().await.unwrap().concat();
        assert_eq!(sent.len() as u64, announced);
    }
}
