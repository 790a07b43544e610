//! The storage that the account's stages lie in, whichever cloud that is.

use std::path::Path;

use snowflake_client::{Compression, Identifier, QualifiedName, Session, StageLocation, UploadFile};

use crate::account::Account;

fn stage(account: &Account, session: &Session, encryption: &str) -> StageLocation {
    let create = format!("CREATE TEMPORARY STAGE {encryption} ENCRYPTION = (TYPE = '{encryption}')");
    account.rows(session, &create);
    let name = |text: &str| Identifier::new(text).expect("a name");
    let stage = QualifiedName::in_schema(name(account.schema()), name(encryption));
    StageLocation::named(stage, "run")
}

fn file(path: &Path, name: &str, bytes: &[u8]) -> UploadFile {
    std::fs::write(path, bytes).expect("a file");
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    UploadFile {
        path: path.to_owned(),
        name: name.to_owned(),
        size_bytes: bytes.len() as u64,
        sha256: digest.as_ref().try_into().expect("32 bytes"),
        compression: Compression::None,
    }
}

/// COPY opens what the client encrypted, and takes what it left to the storage.
pub(crate) fn both_encryptions(account: &Account) {
    let session = account.session_in_schema();
    let directory = tempfile::tempdir().expect("a temporary directory");
    for encryption in ["SNOWFLAKE_FULL", "SNOWFLAKE_SSE"] {
        let stage = stage(account, &session, encryption);
        let file = file(&directory.path().join("rows"), "rows.csv", b"1\n2\n3\n");
        let uploaded = account.block_on(session.upload(&stage, std::slice::from_ref(&file)));
        uploaded.unwrap_or_else(|failure| panic!("{encryption}: {failure}"));
        account.rows(&session, "CREATE OR REPLACE TEMPORARY TABLE COPIED (N NUMBER)");
        account.rows(
            &session,
            &format!("COPY INTO COPIED FROM {stage} FILE_FORMAT = (TYPE = CSV)"),
        );
        assert_eq!(
            account.value(&session, "SELECT SUM(N) FROM COPIED"),
            "6",
            "{encryption}"
        );
    }
}

/// Above 64 MiB; COPY reads it whole.
pub(crate) fn a_file_in_parts(account: &Account) {
    let session = account.session_in_schema();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let line = "1,abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxy\n";
    let lines = 66 * 1024 * 1024 / line.len() + 1;
    let file = file(
        &directory.path().join("large"),
        "large.csv",
        line.repeat(lines).as_bytes(),
    );
    let stage = StageLocation::user(&format!("{}/large", account.schema()));
    let uploaded = account.block_on(session.upload(&stage, std::slice::from_ref(&file)));
    uploaded.unwrap_or_else(|failure| panic!("{failure}"));
    if account.is_local() {
        // Millions of rows take minutes here; that the parts are one encrypted file is tested beside the client.
        assert_eq!(account.rows(&session, &format!("LIST {stage}")).len(), 1);
    } else {
        account.rows(
            &session,
            "CREATE OR REPLACE TEMPORARY TABLE LARGE (N NUMBER, T VARCHAR)",
        );
        account.rows(
            &session,
            &format!("COPY INTO LARGE FROM {stage} FILE_FORMAT = (TYPE = CSV)"),
        );
        assert_eq!(account.value(&session, "SELECT SUM(N) FROM LARGE"), lines.to_string());
    }
    account.rows(&session, &format!("REMOVE {stage}"));
}
