//! Where the files of one PUT go, made from the server's answer. Asked again when its credentials expire.

use std::path::PathBuf;

use http_retry::Reply;

use crate::call;
use crate::config::is_loopback;
use crate::error::{Error, ErrorKind};
use crate::session::Connection;
use crate::sql::{Literal, StageLocation};
use crate::statement_options::StatementOptions;
use crate::upload::Compression;
use crate::upload::azure::{self, AzureTarget};
use crate::upload::encryption::StageKey;
use crate::upload::gcs::{self, GcsTarget};
use crate::upload::judgement::{Judgement, usual_judgement};
use crate::upload::place::DOING;
use crate::upload::s3::{self, S3Target};
use crate::wire::{PutData, StageInfo};

/// A place for files, good until its credentials expire.
pub(crate) struct StageTarget {
    pub(crate) location: Location,
    /// Absent when the storage encrypts by itself.
    pub(crate) key: Option<StageKey>,
    /// Size above which the server wants files in parts.
    pub(crate) threshold_bytes: Option<u64>,
    /// How many requests at a time it wants.
    pub(crate) parallel: usize,
}

/// What PUT means when it does not say.
const USUAL_PARALLEL: usize = 4;

/// The kinds of storage behind a stage.
pub(crate) enum Location {
    S3(S3Target),
    Azure(AzureTarget),
    Gcs(GcsTarget),
    /// A directory of this machine, offered by a server on this machine only.
    LocalDirectory(PathBuf),
}

impl StageTarget {
    /// Whether the answer is for the file that PUT named and for no other.
    pub(crate) fn is_for_one_file(&self) -> bool {
        matches!(self.location, Location::Gcs(GcsTarget::Presigned(_)))
    }

    /// What a reply of the storage means.
    pub(crate) fn judge(&self, reply: &Reply) -> Judgement {
        match &self.location {
            Location::S3(_) => s3::judge(reply),
            Location::Azure(_) => azure::judge(reply),
            Location::Gcs(target) => gcs::judge(target, reply),
            Location::LocalDirectory(_) => usual_judgement(reply),
        }
    }
}

/// What the PUT statement says.
pub(crate) struct PutStatement<'a> {
    pub(crate) stage: &'a StageLocation,
    /// The server only parses this name, unless it answers with a presigned URL. The true ones go into the keys of
    /// the objects.
    pub(crate) file_name: String,
    /// Absent when the files differ in it.
    pub(crate) compression: Option<Compression>,
}

impl PutStatement<'_> {
    fn text(&self) -> String {
        format!(
            "PUT {} {} AUTO_COMPRESS=FALSE SOURCE_COMPRESSION={} OVERWRITE=TRUE",
            Literal::new(&format!("file:///batch/{}", self.file_name)),
            self.stage,
            self.compression.map_or("AUTO_DETECT", Compression::sql_name)
        )
    }
}

/// Runs PUT and reads where to upload.
pub(crate) async fn ask_for_target(connection: &Connection, put: &PutStatement<'_>) -> Result<StageTarget, Error> {
    let finished = connection.run(&put.text(), &StatementOptions::default()).await?;
    let data: PutData = call::parsed(DOING, finished.data.as_deref())?;
    let location = location(&data.stage_info, is_loopback(&connection.endpoint.base_url))?;
    let key = StageKey::from_wire(data.encryption_material, data.stage_info.is_client_side_encrypted)?;
    Ok(StageTarget {
        location,
        key,
        threshold_bytes: data.threshold,
        parallel: data.parallel.unwrap_or(USUAL_PARALLEL).max(1),
    })
}

fn location(stage: &StageInfo, server_is_loopback: bool) -> Result<Location, Error> {
    match stage.location_type.to_ascii_uppercase().as_str() {
        "S3" => S3Target::from_wire(stage).map(Location::S3),
        "AZURE" => AzureTarget::from_wire(stage).map(Location::Azure),
        "GCS" => GcsTarget::from_wire(stage).map(Location::Gcs),
        "LOCAL_FS" if server_is_loopback => Ok(Location::LocalDirectory(PathBuf::from(&stage.location))),
        "LOCAL_FS" => Err(Error::protocol(
            DOING,
            "a server elsewhere offers a directory of this machine",
        )),
        _ => Err(Error::new(
            ErrorKind::Unsupported,
            "PUT: the stage lies in a storage of unknown kind",
        )
        .with_hint("stages may lie in S3, Azure Blob Storage or Google Cloud Storage")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(location_type: &str, server_is_loopback: bool) -> Result<(), ErrorKind> {
        let stage = format!(r#"{{"locationType":"{location_type}","location":"/tmp/x"}}"#);
        let stage: StageInfo = serde_json::from_str(&stage).unwrap();
        location(&stage, server_is_loopback)
            .map(|_| ())
            .map_err(|failure| failure.kind())
    }

    #[test]
    fn a_directory_is_for_servers_on_this_machine_and_unknown_storages_are_told() {
        assert_eq!(kind_of("LOCAL_FS", true), Ok(()));
        assert_eq!(kind_of("LOCAL_FS", false), Err(ErrorKind::Protocol));
        assert_eq!(kind_of("TAPE", true), Err(ErrorKind::Unsupported));
    }

    #[test]
    fn the_statement_names_the_compression_the_files_share() {
        let put = |compression| {
            let stage = StageLocation::user("run");
            let file_name = "a.csv.zst".to_owned();
            PutStatement {
                stage: &stage,
                file_name,
                compression,
            }
            .text()
        };
        assert_eq!(
            put(Some(Compression::Zstd)),
            "PUT 'file:///batch/a.csv.zst' @~/run/ AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=ZSTD OVERWRITE=TRUE"
        );
        assert!(put(Some(Compression::Bzip2)).contains("=BZ2 "));
        assert!(put(Some(Compression::RawDeflate)).contains("=RAW_DEFLATE "));
        assert!(put(None).contains("=AUTO_DETECT "));
    }
}
