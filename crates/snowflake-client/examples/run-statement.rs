//! Logs in, uploads files if any are named, runs statements, prints rows. For trying things out by hand:
//! `SNOWFLAKE_ACCOUNT=… SNOWFLAKE_USER=… SNOWFLAKE_PASSWORD=… run-statement 'SELECT 1' '+path/prefix=file.csv.gz'`
//! (`SNOWFLAKE_PRIVATE_KEY_PATH`, `_PASSPHRASE`, `_LOCAL_PORT`, `_DATABASE`, `_SCHEMA`, `_WAREHOUSE`, `_ROLE` as needed).
#![expect(clippy::print_stdout, reason = "its purpose is to print rows")]

use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use aws_lc_rs::digest::{Context, SHA256};
use snowflake_client::{
    ClientConfig, Compression, Credentials, PrivateKeySource, Protocol, Secret, Session, StageLocation,
    StatementOptions, UploadFile,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let session = Session::log_in(&config()?).await.map_err(explained)?;
    println!("{:?}", session.session_info());
    for argument in env::args().skip(1) {
        match argument.strip_prefix('+').and_then(|upload| upload.split_once('=')) {
            Some((prefix, path)) => upload(&session, prefix, path.into()).await?,
            None => run(&session, &argument).await?,
        }
    }
    session.close().await;
    Ok(())
}

fn config() -> Result<ClientConfig, Box<dyn Error>> {
    let setting = |name: &str| env::var(format!("SNOWFLAKE_{name}")).ok();
    let credentials = match setting("PRIVATE_KEY_PATH") {
        Some(path) => Credentials::KeyPair {
            key: PrivateKeySource::Path(path.into()),
            passphrase: setting("PASSPHRASE").map(Secret::new),
        },
        None => Credentials::Password(Secret::new(setting("PASSWORD").unwrap_or_default())),
    };
    let account = setting("ACCOUNT").ok_or("SNOWFLAKE_ACCOUNT is not set")?;
    let user = setting("USER").ok_or("SNOWFLAKE_USER is not set")?;
    let mut config = ClientConfig::new(account, user, credentials);
    if let Some(port) = setting("LOCAL_PORT") {
        config.host = Some("127.0.0.1".to_owned());
        config.port = Some(port.parse()?);
        config.protocol = Protocol::Http;
    }
    config.database = setting("DATABASE");
    config.schema = setting("SCHEMA");
    config.warehouse = setting("WAREHOUSE");
    config.role = setting("ROLE");
    Ok(config)
}

async fn upload(session: &Session, prefix: &str, path: PathBuf) -> Result<(), Box<dyn Error>> {
    let mut hash = Context::new(&SHA256);
    let mut reader = BufReader::with_capacity(1 << 18, File::open(&path)?);
    let mut size_bytes = 0;
    loop {
        let piece = reader.fill_buf()?;
        if piece.is_empty() {
            break;
        }
        hash.update(piece);
        let piece_bytes = piece.len();
        size_bytes += u64::try_from(piece_bytes)?;
        reader.consume(piece_bytes);
    }
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or("the path has no file name")?
        .to_owned();
    let file = UploadFile {
        path,
        name,
        size_bytes,
        sha256: hash.finish().as_ref().try_into()?,
        compression: Compression::Gzip,
    };
    let uploaded = session
        .upload(&StageLocation::user(prefix), &[file])
        .await
        .map_err(explained)?;
    println!("{uploaded:?}");
    Ok(())
}

async fn run(session: &Session, sql: &str) -> Result<(), Box<dyn Error>> {
    let result = session
        .execute(sql, &StatementOptions::default())
        .await
        .map_err(explained)?;
    println!("-- {} {:?}", result.query_id, result.statistics);
    println!(
        "{:?}",
        result
            .columns
            .iter()
            .map(|column| (&column.name, &column.type_name))
            .collect::<Vec<_>>()
    );
    for row in &result.rows {
        println!("{row:?}");
    }
    Ok(())
}

fn explained(failure: snowflake_client::Error) -> Box<dyn Error> {
    format!("{failure} [hint: {}]", failure.hint().unwrap_or("none")).into()
}
