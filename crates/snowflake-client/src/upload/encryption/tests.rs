//! What is stored can be decrypted by someone who has only the stage's key, as COPY does.

use aws_lc_rs::cipher::{AES_128, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use proptest::prelude::*;

use super::*;

pub(in crate::upload) fn material(key: &[u8]) -> EncryptionMaterial {
    EncryptionMaterial {
        query_stage_master_key: Some(BASE64_STANDARD.encode(key)),
        query_id: Some("01b2-3c".to_owned()),
        smk_id: Some("9223372036854775807".to_owned()),
    }
}

/// Unwraps the file's key with the stage's, then decrypts; only with what is stored.
pub(in crate::upload) fn decrypted(stage_key: &[u8], wrapped: &WrappedFileKey, encrypted: &[u8]) -> Vec<u8> {
    let algorithm = if stage_key.len() == 16 { &AES_128 } else { &AES_256 };
    let mut file_key = BASE64_STANDARD.decode(&wrapped.key).unwrap();
    let unwrapping = PaddedBlockDecryptingKey::ecb_pkcs7(UnboundCipherKey::new(algorithm, stage_key).unwrap()).unwrap();
    let file_key = unwrapping
        .decrypt(&mut file_key, DecryptionContext::None)
        .unwrap()
        .to_vec();
    let vector: [u8; 16] = BASE64_STANDARD.decode(&wrapped.vector).unwrap().try_into().unwrap();
    let mut body = encrypted.to_vec();
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, &file_key).unwrap()).unwrap();
    key.decrypt(&mut body, DecryptionContext::Iv128(FixedLength::from(vector)))
        .unwrap()
        .to_vec()
}

proptest! {
    #[test]
    fn pieces_of_any_size_give_the_file_back(
        plain in proptest::collection::vec(any::<u8>(), 0..600),
        piece_bytes in 1usize..90,
        is_long_key in any::<bool>(),
    ) {
        let stage_key = vec![7u8; if is_long_key { 32 } else { 16 }];
        let key = StageKey::from_wire(Some(material(&stage_key)), Some(true)).unwrap().unwrap();
        let sealed = key.seal().unwrap();
        let mut cipher = sealed.cipher().unwrap();
        let mut encrypted = Vec::new();
        for piece in plain.chunks(piece_bytes) {
            cipher.update(piece, &mut encrypted).unwrap();
        }
        cipher.finish(&mut encrypted).unwrap();
        prop_assert_eq!(encrypted.len() as u64, FileCipher::encrypted_size_bytes(plain.len() as u64));
        prop_assert_eq!(decrypted(&stage_key, &sealed.wrapped, &encrypted), plain);
    }
}

#[test]
fn each_file_has_its_own_key_and_vector_and_the_description_is_all_text() {
    for (length, size) in [(16, "128"), (32, "256")] {
        let key = StageKey::from_wire(Some(material(&vec![1; length])), None)
            .unwrap()
            .unwrap();
        let (first, second) = (key.seal().unwrap().wrapped, key.seal().unwrap().wrapped);
        assert_ne!(first.key, second.key);
        assert_ne!(first.vector, second.vector);
        assert_eq!(
            BASE64_STANDARD.decode(&first.key).unwrap().len(),
            length + 16,
            "wrapped key has one block of padding"
        );
        let expected = format!(r#"{{"queryId":"01b2-3c","smkId":"9223372036854775807","keySize":"{size}"}}"#);
        assert_eq!(first.description, expected);
    }
}

#[test]
fn promised_encryption_without_a_usable_key_is_refused() {
    let without = |change: fn(&mut EncryptionMaterial)| {
        let mut material = material(&[1; 16]);
        change(&mut material);
        StageKey::from_wire(Some(material), Some(false))
            .map(|key| key.is_some())
            .map_err(|failure| failure.kind())
    };
    assert_eq!(without(|_| ()), Ok(true), "the key decides, not the flag");
    assert_eq!(without(|material| material.query_id = None), Err(ErrorKind::Protocol));
    assert_eq!(without(|material| material.smk_id = None), Err(ErrorKind::Protocol));
    assert_eq!(
        without(|material| material.query_stage_master_key = None),
        Err(ErrorKind::Protocol)
    );
    assert_eq!(
        without(|material| material.query_stage_master_key = Some("AAAA".to_owned())),
        Err(ErrorKind::Protocol)
    );

    let empty = || Some(EncryptionMaterial::default());
    assert!(matches!(StageKey::from_wire(None, Some(false)), Ok(None)));
    assert!(matches!(StageKey::from_wire(empty(), None), Ok(None)));
    let with_empty_texts = || {
        Some(EncryptionMaterial {
            query_stage_master_key: Some(String::new()),
            query_id: Some(String::new()),
            smk_id: Some("0".to_owned()),
        })
    };
    assert!(matches!(StageKey::from_wire(with_empty_texts(), Some(false)), Ok(None)));
    assert_eq!(
        StageKey::from_wire(with_empty_texts(), Some(true))
            .err()
            .unwrap()
            .kind(),
        ErrorKind::Protocol
    );
    assert_eq!(
        StageKey::from_wire(None, Some(true)).err().unwrap().kind(),
        ErrorKind::Protocol
    );
    assert_eq!(
        StageKey::from_wire(empty(), Some(true)).err().unwrap().kind(),
        ErrorKind::Protocol
    );
}

#[test]
fn the_masters_key_id_is_read_as_number_and_as_text() {
    for id in ["9007199254740993", "\"9007199254740993\""] {
        let material = format!(r#"{{"queryStageMasterKey":"AA==","queryId":"q","smkId":{id}}}"#);
        let material: EncryptionMaterial = serde_json::from_str(&material).unwrap();
        assert_eq!(material.smk_id.as_deref(), Some("9007199254740993"));
    }
}

#[test]
fn the_envelope_has_the_keys_the_drivers_write() {
    let sealed = StageKey::from_wire(Some(material(&[7; 32])), None)
        .unwrap()
        .unwrap()
        .seal()
        .unwrap();
    let envelope: serde_json::Value = serde_json::from_str(&sealed.wrapped.envelope().unwrap()).unwrap();
    let expected = serde_json::json!({
        "EncryptionMode": "FullBlob",
        "WrappedContentKey": {
            "KeyId": "symmKey1", "EncryptedKey": sealed.wrapped.key, "Algorithm": "AES_CBC_256",
        },
        "EncryptionAgent": {"Protocol": "1.0", "EncryptionAlgorithm": "AES_CBC_256"},
        "ContentEncryptionIV": sealed.wrapped.vector,
        "KeyWrappingMetadata": {"EncryptionLibrary": concat!("snowflake-client ", env!("CARGO_PKG_VERSION"))},
    });
    assert_eq!(envelope, expected);
}
