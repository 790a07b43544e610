//! Where the files of one PUT go, made from the server's answer. Asked again when its credentials expire.

use std::path::PathBuf;

use crate::call;
use crate::config::is_loopback;
use crate::error::{Error, ErrorKind};
use crate::session::Connection;
use crate::sql::StageLocation;
use crate::statement_options::StatementOptions;
use crate::upload::encryption::StageKey;
use crate::upload::s3::S3Target;
use crate::wire::{PutData, StageInfo};

const DOING: &str = "PUT";

/// A place for files, good until its credentials expire.
pub(crate) struct StageTarget {
    pub(crate) location: Location,
    /// Absent when the storage encrypts by itself.
    pub(crate) key: Option<StageKey>,
}

/// The kinds of storage behind a stage that this version can write to.
pub(crate) enum Location {
    S3(S3Target),
    /// A directory of this machine, offered by a server on this machine only.
    LocalDirectory(PathBuf),
}

/// Runs PUT and reads where to upload. One answer serves all files of the stage's path.
pub(crate) async fn ask_for_target(connection: &Connection, stage: &StageLocation) -> Result<StageTarget, Error> {
    // The server only parses this name. The true ones go into the keys of the objects.
    let statement =
        format!("PUT 'file:///batch/files.csv.gz' {stage} AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=GZIP OVERWRITE=TRUE");
    let finished = connection.run(&statement, &StatementOptions::default()).await?;
    let data: PutData = call::parsed(DOING, finished.data.as_deref())?;
    let location = location(&data.stage_info, is_loopback(&connection.endpoint.base_url))?;
    let key = StageKey::from_wire(data.encryption_material, data.stage_info.is_client_side_encrypted)?;
    Ok(StageTarget { location, key })
}

fn location(stage: &StageInfo, server_is_loopback: bool) -> Result<Location, Error> {
    match stage.location_type.to_ascii_uppercase().as_str() {
        "S3" => S3Target::from_wire(stage).map(Location::S3),
        "LOCAL_FS" if server_is_loopback => Ok(Location::LocalDirectory(PathBuf::from(&stage.location))),
        "LOCAL_FS" => Err(Error::protocol(
            DOING,
            "a server elsewhere offers a directory of this machine",
        )),
        "AZURE" => Err(not_yet("Azure")),
        "GCS" => Err(not_yet("Google Cloud Storage")),
        _ => Err(not_yet("a storage of unknown kind")),
    }
}

fn not_yet(storage: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("PUT: the stage lies in {storage}, which is not supported yet"),
    )
    .with_hint("only accounts whose stages lie in S3 can be loaded so far")
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
    fn a_directory_is_for_servers_on_this_machine_and_other_clouds_are_told() {
        assert_eq!(kind_of("LOCAL_FS", true), Ok(()));
        assert_eq!(kind_of("LOCAL_FS", false), Err(ErrorKind::Protocol));
        for other in ["AZURE", "GCS", "TAPE"] {
            assert_eq!(kind_of(other, true), Err(ErrorKind::Unsupported));
        }
    }
}
