//! A server for statements and storage alike, files to upload, and the way back from what was stored to the file.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use aws_lc_rs::cipher::{AES_128, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::digest;
use aws_lc_rs::iv::FixedLength;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use snowflake_client::{Compression, Error, StageLocation, UploadFile, UploadedFile};

use crate::scripted_server::{Answer, LOG_IN, QUERY, Recorded, ScriptedServer, logged_in};

pub(crate) const STAGE_KEY: [u8; 16] = [9; 16];

/// The answer to the nth PUT of a stage in S3.
pub(crate) fn put_data(number: usize) -> Value {
    json!({
        "command": "UPLOAD", "src_locations": ["/etc/passwd"], "parallel": 4, "threshold": 209_715_200,
        "stageInfo": {
            "locationType": "S3", "location": "bucket/stage id/prefix/", "path": "prefix/", "region": "us-west-2",
            "endPoint": "{origin}", "isClientSideEncrypted": true,
            "creds": {
                "AWS_KEY_ID": format!("KEYID{number}"), "AWS_SECRET_KEY": "storage-secret", "AWS_TOKEN": format!("storage-token-{number}"),
            },
        },
        "encryptionMaterial": material(&STAGE_KEY),
    })
}

pub(crate) fn material(key: &[u8]) -> Value {
    json!({"queryStageMasterKey": BASE64_STANDARD.encode(key), "queryId": "01-put", "smkId": "1234567890123456789"})
}

/// `data(n)` answers the nth PUT statement, `store(request, n)` the nth request to the storage.
pub(crate) async fn server(
    data: impl Fn(usize) -> Value + Send + Sync + 'static,
    store: impl Fn(&Recorded, usize) -> Answer + Send + Sync + 'static,
) -> ScriptedServer {
    let port: Arc<OnceLock<u16>> = Arc::default();
    let known_port = Arc::clone(&port);
    let stored = Mutex::new(0);
    let server = ScriptedServer::start(move |request, asked_before| match request.path.as_str() {
        LOG_IN => logged_in(),
        QUERY => {
            let origin = format!("http://127.0.0.1:{}", known_port.get().unwrap());
            Answer::done(serde_json::from_str(&data(asked_before).to_string().replace("{origin}", &origin)).unwrap())
        }
        _ => {
            let number = {
                let mut stored = stored.lock().unwrap();
                *stored += 1;
                *stored - 1
            };
            store(request, number)
        }
    })
    .await;
    port.set(server.port).unwrap();
    server
}

pub(crate) fn file(directory: &Path, name: &str, bytes: &[u8]) -> UploadFile {
    let path = directory.join(format!("local-{name}"));
    std::fs::write(&path, bytes).unwrap();
    let sha256 = digest::digest(&digest::SHA256, bytes).as_ref().try_into().unwrap();
    UploadFile {
        path,
        name: name.to_owned(),
        size_bytes: bytes.len() as u64,
        sha256,
        compression: Compression::Gzip,
    }
}

pub(crate) async fn upload(server: &ScriptedServer, files: &[UploadFile]) -> Result<Vec<UploadedFile>, Error> {
    server
        .log_in()
        .await
        .upload(&StageLocation::user("run/apps"), files)
        .await
}

/// The requests to the storage, in order of arrival.
pub(crate) fn stored(server: &ScriptedServer) -> Vec<Recorded> {
    server
        .requests()
        .into_iter()
        .filter(|request| !request.path.starts_with("/session") && !request.path.starts_with("/queries"))
        .collect()
}

impl Recorded {
    /// The file in an object of S3.
    pub(crate) fn decrypted(&self) -> Vec<u8> {
        let key = self.header("x-amz-meta-x-amz-key");
        decrypted(&STAGE_KEY, key, self.header("x-amz-meta-x-amz-iv"), &self.body)
    }
}

/// The file that was stored, found with the stage's key and what lies beside the object.
pub(crate) fn decrypted(stage_key: &[u8], wrapped_key: &str, vector: &str, body: &[u8]) -> Vec<u8> {
    let algorithm = if stage_key.len() == 16 { &AES_128 } else { &AES_256 };
    let mut key = BASE64_STANDARD.decode(wrapped_key).unwrap();
    let unwrapping = PaddedBlockDecryptingKey::ecb_pkcs7(UnboundCipherKey::new(algorithm, stage_key).unwrap()).unwrap();
    let key = unwrapping.decrypt(&mut key, DecryptionContext::None).unwrap().to_vec();
    let vector: [u8; 16] = BASE64_STANDARD.decode(vector).unwrap().try_into().unwrap();
    let mut body = body.to_vec();
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, &key).unwrap()).unwrap();
    key.decrypt(&mut body, DecryptionContext::Iv128(FixedLength::from(vector)))
        .unwrap()
        .to_vec()
}

/// As above, from the envelope that Azure and Google Cloud Storage keep.
pub(crate) fn decrypted_by_envelope(stage_key: &[u8], envelope: &str, body: &[u8]) -> Vec<u8> {
    let envelope: Value = serde_json::from_str(envelope).unwrap();
    let key = envelope["WrappedContentKey"]["EncryptedKey"].as_str().unwrap();
    decrypted(stage_key, key, envelope["ContentEncryptionIV"].as_str().unwrap(), body)
}
