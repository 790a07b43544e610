//! Uploads, reads, copies and removals against emulators of the three clouds, and what is said when something is wrong.
#![expect(
    clippy::expect_used,
    reason = "a test stops at the first surprise, also in its helpers"
)]

use std::io::Read;
use std::time::Duration;

use cloud_storage::{AwsKeys, Error, ErrorKind, Location, NewObject, Storage, StorageAccess, StorageEnvironment};
use futures_util::TryStreamExt;
use test_support::cloud_emulators::{CloudEmulators, USER_FILES};

/// A part and some more, so that an object of this size goes in two parts.
const TWO_PARTS_BYTES: u64 = 8 * 1024 * 1024 + 11;

fn access(cloud: &str) -> StorageAccess {
    let address = CloudEmulators::shared().address(cloud);
    let mut access = StorageAccess::found_by(StorageEnvironment::default());
    access.shortest_pause = Duration::from_millis(10);
    match cloud {
        "s3" => {
            access.endpoint_url = Some(address.origin.clone());
            access.amazon.keys = Some(AwsKeys {
                key_id: address.name.clone(),
                secret_key: address.secret.clone(),
                session_token: None,
            });
        }
        "azure" => {
            access.endpoint_url = Some(format!("{}/{}", address.origin, address.name));
            access.azure.account_key = Some(address.secret.clone());
        }
        _ => access.environment = StorageEnvironment::from_pairs([("STORAGE_EMULATOR_HOST", address.origin.as_str())]),
    }
    access
}

fn location(cloud: &str) -> Location {
    let url = match cloud {
        "s3" => format!("s3://{USER_FILES}/crate/"),
        "azure" => format!(
            "azure://{}.blob.core.windows.net/{USER_FILES}/crate/",
            CloudEmulators::shared().address("azure").name
        ),
        _ => format!("gcs://{USER_FILES}/crate/"),
    };
    Location::parse(&url).expect("a location")
}

/// Bytes that differ from place to place.
fn content(size_bytes: u64) -> Vec<u8> {
    (0..size_bytes)
        .map(|index| (index % 251) as u8 ^ (index >> 13) as u8)
        .collect()
}

fn object(bytes: &[u8]) -> NewObject {
    NewObject {
        size_bytes: bytes.len() as u64,
        content: Box::new(std::io::Cursor::new(bytes.to_vec())),
        metadata: vec![
            ("archived-by".to_owned(), "größe".to_owned()),
            ("tap".to_owned(), "t".to_owned()),
        ],
    }
}

async fn read(storage: &Storage, key: &str) -> Result<Vec<u8>, Error> {
    let found = storage.read(key).await?;
    let append = |mut all: Vec<u8>, piece: bytes::Bytes| async move {
        all.extend_from_slice(&piece);
        Ok(all)
    };
    let all = found.pieces.try_fold(Vec::new(), append).await?;
    assert_eq!(all.len() as u64, found.size_bytes);
    Ok(all)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_uploaded_is_there_whole_can_be_copied_and_goes() {
    for cloud in ["s3", "azure", "gcs"] {
        let location = location(cloud);
        let storage = Storage::open(&location, &access(cloud)).await.unwrap();
        let (key, copy) = (location.key("a b#1.gz"), location.key("kept/a b#1.gz"));
        for size_bytes in [0, 1, TWO_PARTS_BYTES] {
            let bytes = content(size_bytes);
            storage.upload(&key, object(&bytes)).await.unwrap();
            assert_eq!(
                read(&storage, &key).await.unwrap(),
                bytes,
                "{cloud}, {size_bytes} bytes"
            );
        }
        storage.copy(&key, &copy).await.unwrap();
        storage.delete(&key).await.unwrap();
        assert_eq!(read(&storage, &copy).await.unwrap(), content(TWO_PARTS_BYTES));
        let gone = read(&storage, &key).await.unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::NotFound, "{cloud}: {gone}");
        assert_eq!(storage.copy(&key, &copy).await.unwrap_err().kind(), ErrorKind::NotFound);
        storage.delete(&key).await.unwrap();
        storage.delete(&copy).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_and_missing_containers_are_said_in_one_line() {
    let wrong_key = |cloud: &str| {
        let mut access = access(cloud);
        if let Some(keys) = &mut access.amazon.keys {
            keys.secret_key = "very-secret-and-wrong".to_owned();
        }
        if access.azure.account_key.is_some() {
            access.azure.account_key = Some("d3Jvbmc=".to_owned());
        }
        access
    };
    // azurite has one word for all it refuses; Azure says AuthenticationFailed, which is of the credentials, too.
    for (cloud, kind) in [("s3", ErrorKind::Credentials), ("azure", ErrorKind::Denied)] {
        let location = location(cloud);
        let storage = Storage::open(&location, &wrong_key(cloud)).await.unwrap();
        for size_bytes in [5, TWO_PARTS_BYTES] {
            let problem = storage.upload("x", object(&content(size_bytes))).await.unwrap_err();
            assert_eq!(problem.kind(), kind, "{problem}");
            let line = problem.to_string();
            assert!(line.starts_with("upload of ") && line.contains("status 403"), "{line}");
            assert!(!line.contains("secret") && !line.contains("ignature="), "{line}");
        }
    }
    for cloud in ["s3", "azure", "gcs"] {
        let missing = location(cloud).with_container("missing").unwrap();
        let storage = Storage::open(&missing, &access(cloud)).await.unwrap();
        for size_bytes in [5, TWO_PARTS_BYTES] {
            let problem = storage.upload("x", object(&content(size_bytes))).await.unwrap_err();
            assert_eq!(problem.kind(), ErrorKind::Configuration, "{problem}");
            assert!(problem.to_string().contains("missing"), "{problem}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers() {
    let mut access = access("s3");
    access.shortest_pause = Duration::from_millis(1);
    // Port 9 (discard) is closed on any machine that runs tests.
    access.endpoint_url = Some("http://127.0.0.1:9".to_owned());
    let storage = Storage::open(&location("s3"), &access).await.unwrap();
    let problem = storage.upload("x", object(b"12345")).await.unwrap_err();
    assert_eq!(problem.kind(), ErrorKind::Network);
    assert_eq!(
        problem.to_string(),
        format!("upload of s3://{USER_FILES}/x: cannot connect to the storage (http://127.0.0.1:9)")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_ends_early_leaves_nothing() {
    let location = location("s3");
    let storage = Storage::open(&location, &access("s3")).await.unwrap();
    let key = location.key("cut.gz");
    for size_bytes in [10, TWO_PARTS_BYTES] {
        let mut cut = object(&[]);
        cut.size_bytes = size_bytes;
        cut.content = Box::new(std::io::repeat(7).take(size_bytes - 1));
        let problem = storage.upload(&key, cut).await.unwrap_err();
        assert_eq!(problem.kind(), ErrorKind::LocalFile, "{problem}");
        assert_eq!(read(&storage, &key).await.unwrap_err().kind(), ErrorKind::NotFound);
    }
}
