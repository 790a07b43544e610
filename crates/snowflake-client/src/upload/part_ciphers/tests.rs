//! Parts put together are the file as it would be encrypted at once, wherever it is cut.

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use proptest::prelude::*;

use super::*;
use crate::upload::encryption::StageKey;
use crate::upload::encryption::tests::{decrypted, material};
use crate::upload::file_body::tests::file_of;
use crate::upload::file_body::{PIECE_BYTES, file_body};
use crate::upload::parts::cut;

/// What the storage gets, part by part.
async fn sent(file: &UploadFile, parts: Vec<Part>, sealed: Option<&Arc<SealedFile>>) -> io::Result<Vec<Vec<u8>>> {
    let ciphers = PartCiphers::new(file, parts, sealed).unwrap();
    let parts: Vec<PartToSend> = stream::try_unfold(ciphers, PartCiphers::next).try_collect().await?;
    let mut bodies = Vec::new();
    for to_send in parts {
        let cipher = to_send
            .vector
            .map(|vector| sealed.unwrap().cipher_from(vector).unwrap());
        let (body, length) = file_body(file, to_send.part, cipher);
        let body = body.try_collect::<Vec<Bytes>>().await?.concat();
        assert_eq!(body.len() as u64, length);
        bodies.push(body);
    }
    Ok(bodies)
}

fn check(size_bytes: usize, part_size_bytes: usize, stage_key: Option<&[u8]>) {
    let plain: Vec<u8> = (0..size_bytes).map(|index| (index * 31 % 251) as u8).collect();
    let (_local, file) = file_of(&plain, size_bytes as u64);
    let sealed = stage_key.map(|key| {
        let key = StageKey::from_wire(Some(material(key)), None).unwrap().unwrap();
        Arc::new(key.seal().unwrap())
    });
    let parts = cut(size_bytes as u64, part_size_bytes as u64);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let bodies = runtime.block_on(sent(&file, parts, sealed.as_ref())).unwrap();
    let (last, others) = bodies.split_last().unwrap();
    assert!(others.iter().all(|body| body.len() == part_size_bytes));
    assert!(!last.is_empty() || size_bytes == 0);
    let stored = bodies.concat();
    match (stage_key, &sealed) {
        (Some(stage_key), Some(sealed)) => {
            assert_eq!(stored.len() as u64, FileCipher::encrypted_size_bytes(size_bytes as u64));
            assert_eq!(decrypted(stage_key, &sealed.wrapped, &stored), plain);
        }
        _ => assert_eq!(stored, plain),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_size_around_the_edges_of_parts_and_blocks_comes_back_whole(
        part_blocks in 1usize..5,
        whole_parts in 0usize..5,
        beyond in 0usize..40,
        key_size in prop_oneof![Just(0usize), Just(16), Just(32)],
    ) {
        let part_size_bytes = part_blocks * BLOCK_BYTES;
        let size_bytes = (whole_parts * part_size_bytes + beyond).saturating_sub(20);
        let key = vec![5; key_size];
        check(size_bytes, part_size_bytes, (key_size > 0).then_some(&key[..]));
    }
}

#[test]
fn parts_of_several_pieces_come_back_whole() {
    for size_bytes in [2 * PIECE_BYTES, 6 * PIECE_BYTES, 6 * PIECE_BYTES + 1] {
        check(size_bytes, 2 * PIECE_BYTES, Some(&[5; 32]));
    }
}

#[tokio::test]
async fn a_part_that_is_sent_again_has_the_same_bytes_and_a_changed_file_ends_it() {
    let key = StageKey::from_wire(Some(material(&[5; 16])), None).unwrap().unwrap();
    let sealed = Arc::new(key.seal().unwrap());
    let (local, file) = file_of(&[1; 100], 100);
    let first = sent(&file, cut(100, 32), Some(&sealed)).await.unwrap();
    assert_eq!(first, sent(&file, cut(100, 32), Some(&sealed)).await.unwrap());
    for changed_size_bytes in [20, 99, 101] {
        local.as_file().set_len(changed_size_bytes).unwrap();
        assert!(
            sent(&file, cut(100, 32), Some(&sealed)).await.is_err(),
            "{changed_size_bytes}"
        );
    }
}
