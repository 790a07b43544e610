//! The settings of where files are staged and archived. What follows from them is `load/staging/`.

use std::sync::Arc;

use cloud_storage::{Cloud, Location, StorageAccess};
use connector_process::{Secret, Settings};
use serde_json::{Map, Value};
use snowflake_client::{Identifier, MasterKey};

use super::stage_name::{StageName, identifier};
use super::storage_access::storage_access;

/// Where files are staged, as far as settings say it. Nothing set is the user's own stage.
#[derive(Debug, Clone)]
pub(crate) struct StagingSettings {
    /// A named stage. Whether it is internal or external is Snowflake's to say.
    pub(crate) stage: Option<StageName>,
    /// The user's own storage, as the program writes to it.
    pub(crate) location: Option<Location>,
    /// How COPY reads that storage when no stage does.
    pub(crate) permit: Option<UrlPermit>,
    /// How the program reaches the user's storage.
    pub(crate) access: StorageAccess,
    pub(crate) master_key: Option<UserKey>,
    pub(crate) archive: Option<ArchiveSettings>,
}

/// What lets COPY read a URL.
#[derive(Debug, Clone)]
pub(crate) enum UrlPermit {
    Integration(Identifier),
    /// The keys themselves, in the statement: datamill's way.
    Keys,
}

/// The key that files are encrypted with before they leave the machine.
#[derive(Debug, Clone)]
pub(crate) struct UserKey {
    pub(crate) key: Arc<MasterKey>,
    /// For COPY from a URL.
    pub(crate) text: Secret,
}

/// Where loaded files are kept.
#[derive(Debug, Clone)]
pub(crate) struct ArchiveSettings {
    pub(crate) tap: String,
    /// The path of the tap's files: prefix and tap.
    pub(crate) path: String,
    /// Another bucket than that of the stage.
    pub(crate) bucket: Option<String>,
}

/// Reads them all.
pub(super) fn staging(settings: &mut Settings) -> StagingSettings {
    if settings.has("file_format") {
        log::info!(
            "`file_format` is not used: COPY names every option itself, and files are CSV, also where it names a Parquet format"
        );
    }
    let datamill = settings.object("target_s3").cloned();
    let stage = stage(settings);
    let location = location(settings, datamill.as_ref());
    let permit = permit(settings, stage.as_ref(), location.as_ref(), datamill.is_some());
    StagingSettings {
        access: storage_access(settings, datamill.as_ref()),
        master_key: master_key(settings, stage.as_ref(), location.as_ref()),
        archive: archive(settings, stage.as_ref(), location.as_ref()),
        stage,
        location,
        permit,
    }
}

fn stage(settings: &mut Settings) -> Option<StageName> {
    let text = settings.text("stage")?;
    if text.trim() == "~" || text.trim() == "@~" {
        return None;
    }
    match StageName::parse(&text) {
        Ok(name) => Some(name),
        Err(problem) => {
            settings.problem("stage", problem);
            None
        }
    }
}

fn location(settings: &mut Settings, datamill: Option<&Map<String, Value>>) -> Option<Location> {
    let of_datamill = |key: &str| datamill.and_then(|object| object.get(key)?.as_str()).map(str::to_owned);
    let bucket = settings.text("s3_bucket");
    let url = settings.text("external_stage_url");
    let given = [
        ("s3_bucket", bucket.is_some()),
        ("external_stage_url", url.is_some()),
        ("target_s3", datamill.is_some()),
    ];
    let given: Vec<&str> = given
        .iter()
        .filter(|(_, is_given)| *is_given)
        .map(|(name, _)| *name)
        .collect();
    if let [first, second, ..] = given.as_slice() {
        settings.problem(second, format!("says the same as `{first}`: leave one out"));
        return None;
    }
    if settings.has("s3_key_prefix") && bucket.is_none() {
        settings.problem("s3_key_prefix", "needs `s3_bucket`");
    }
    let (name, parsed) = if let Some(url) = url {
        ("external_stage_url", Location::parse(&url))
    } else if let Some(bucket) = bucket {
        let prefix = settings.text("s3_key_prefix").unwrap_or_default();
        ("s3_bucket", Location::of_bucket(&bucket, &prefix))
    } else if datamill.is_some() {
        let prefix = of_datamill("key_prefix").unwrap_or_default();
        (
            "target_s3",
            Location::of_bucket(&of_datamill("bucket").unwrap_or_default(), &prefix),
        )
    } else {
        return None;
    };
    match parsed {
        Ok(location) => Some(location),
        Err(_) if name != "external_stage_url" => {
            settings.problem(name, "should be a bucket's name, and its prefix a path such as a/b/");
            None
        }
        Err(problem) => {
            settings.problem(name, problem.to_string());
            None
        }
    }
}

fn permit(
    settings: &mut Settings,
    stage: Option<&StageName>,
    location: Option<&Location>,
    is_datamill: bool,
) -> Option<UrlPermit> {
    let name = settings.text("storage_integration");
    let has_place = ["s3_bucket", "external_stage_url", "target_s3"]
        .iter()
        .any(|name| settings.has(name));
    if let Some(name) = name {
        if settings.has("stage") {
            settings.problem(
                "storage_integration",
                "is the stage's own business: leave it or `stage` out",
            );
        } else if !has_place {
            settings.problem("storage_integration", "needs `external_stage_url` or `s3_bucket`");
        }
        let Some(name) = identifier(&name) else {
            settings.problem("storage_integration", "should be a name");
            return None;
        };
        return Some(UrlPermit::Integration(name));
    }
    if stage.is_some() || location.is_none() {
        return None;
    }
    if is_datamill {
        return Some(UrlPermit::Keys);
    }
    let place = if settings.has("s3_bucket") {
        "s3_bucket"
    } else {
        "external_stage_url"
    };
    if !settings.has_problem("stage") {
        settings.problem(
            place,
            "needs `stage`, the stage that reads it, or `storage_integration`",
        );
    }
    None
}

fn master_key(settings: &mut Settings, stage: Option<&StageName>, location: Option<&Location>) -> Option<UserKey> {
    const NAME: &str = "client_side_encryption_master_key";
    let text = settings.secret(NAME)?;
    if location.is_some_and(|location| location.cloud() != Cloud::Amazon) {
        settings.problem(NAME, "is for S3");
    } else if stage.is_none() && location.is_none() && !settings.has_problem("stage") {
        settings.problem(
            NAME,
            "needs a `stage` in a bucket of S3: Snowflake's own stages are encrypted anyway",
        );
    }
    let Some(key) = MasterKey::from_base64(text.expose()) else {
        settings.problem(NAME, "should be base64 of 16 or 32 bytes");
        return None;
    };
    Some(UserKey {
        key: Arc::new(key),
        text,
    })
}

fn archive(settings: &mut Settings, stage: Option<&StageName>, location: Option<&Location>) -> Option<ArchiveSettings> {
    if !settings.boolean("archive_load_files") {
        return None;
    }
    let bucket = settings.text("archive_load_files_s3_bucket");
    if bucket.is_none() && stage.is_none() && location.is_none() {
        settings.problem(
            "archive_load_files",
            "needs a place: `archive_load_files_s3_bucket`, or a `stage` in your own storage",
        );
    }
    let Some(tap) = settings.text("tap_id") else {
        settings.problem("tap_id", "missing: `archive_load_files` keeps files under it");
        return None;
    };
    let prefix = settings.text("archive_load_files_s3_prefix").unwrap_or_default();
    let path = format!("{}{tap}", with_slash(&prefix));
    if Location::of_bucket("bucket", &path).is_err() || tap.contains('/') {
        settings.problem(
            "archive_load_files_s3_prefix",
            "and `tap_id` should be parts of a path such as a/b/",
        );
    }
    if bucket
        .as_ref()
        .is_some_and(|bucket| Location::of_bucket(bucket, "").is_err())
    {
        settings.problem("archive_load_files_s3_bucket", "should be a bucket's name");
    }
    Some(ArchiveSettings { tap, path, bucket })
}

fn with_slash(path: &str) -> String {
    if path.is_empty() || path.ends_with('/') {
        path.to_owned()
    } else {
        format!("{path}/")
    }
}
