//! From settings, and what Snowflake says of a named stage, to the place that files go to.

use cloud_storage::{Location, Storage};
use snowflake_client::{Identifier, Literal, QualifiedName, Row};

use super::archive::Archive;
use super::own_storage::{OwnStorage, Reading};
use super::stage::{Stage, StageKind};
use crate::config::{StagingSettings, UrlPermit};
use crate::load::attempt::{Attempt, run};
use crate::load::problem::LoadProblem;
use crate::load::work_session::WorkSession;

/// Finds out where files go. Uses metadata statements only, and none without a named stage.
pub(super) async fn resolve(
    settings: &StagingSettings,
    session: &WorkSession,
    database: &Identifier,
    stream: &str,
) -> Result<Stage, Attempt> {
    let kind = match (&settings.stage, &settings.location) {
        (None, None) => StageKind::User,
        (None, Some(location)) => by_url(settings, location).await?,
        (Some(stage), _) => {
            let look = format!(
                "SHOW STAGES LIKE {} IN SCHEMA {}",
                Literal::new(stage.name().as_str()),
                stage.schema_in(database)
            );
            let shown = run(session, stream, "cannot look for the stage", &look).await?;
            let is_it = |row: &Row<'_>| row.get("name") == Some(stage.name().as_str());
            let row = shown.rows().find(is_it);
            let row = row.ok_or_else(|| missing(&stage.in_database(database)))?;
            of_row(settings, &stage.in_database(database), &row).await?
        }
    };
    let archive = match &settings.archive {
        Some(archive) => Some(Archive::open(archive, settings, &kind).await?),
        None => None,
    };
    Ok(Stage { kind, archive })
}

async fn by_url(settings: &StagingSettings, location: &Location) -> Result<StageKind, LoadProblem> {
    let reading = match (&settings.permit, &settings.access.amazon.keys) {
        (Some(UrlPermit::Integration(name)), _) => Reading::Integration(name.clone()),
        (Some(UrlPermit::Keys), Some(keys)) => Reading::Keys(keys.clone()),
        // Settings are checked before anything runs.
        _ => return Err(LoadProblem::of_setting("storage_integration", "is missing")),
    };
    own(settings, location, reading).await
}

async fn of_row(settings: &StagingSettings, name: &QualifiedName, row: &Row<'_>) -> Result<StageKind, LoadProblem> {
    let cell = |column: &str| row.get(column).unwrap_or_default();
    if !cell("type").to_ascii_uppercase().starts_with("EXTERNAL") {
        if let Some(location) = &settings.location {
            let text = format!("{name} is an internal stage: it does not read {location}");
            return Err(LoadProblem::of_setting("stage", text));
        }
        if settings.master_key.is_some() {
            let text = format!("{name} is an internal stage, whose files are encrypted with a key of Snowflake's");
            return Err(LoadProblem::of_setting("client_side_encryption_master_key", text));
        }
        return Ok(StageKind::Named(name.clone()));
    }
    let reads = Location::parse(cell("url")).map_err(|problem| {
        LoadProblem::of_setting(
            "stage",
            format!("{name} reads a place that is not known: its URL {problem}"),
        )
    })?;
    if settings.master_key.is_some() && cell("has_encryption_key").eq_ignore_ascii_case("N") {
        let text = format!("{name} was made without MASTER_KEY and could not read encrypted files");
        return Err(LoadProblem::of_setting("client_side_encryption_master_key", text));
    }
    let location = settings.location.as_ref().unwrap_or(&reads);
    let Some(path) = location.path_below(&reads) else {
        let text = format!("{name} reads {reads}, and {location} is not inside");
        return Err(LoadProblem::of_setting("stage", text));
    };
    own(settings, location, Reading::Stage(name.clone(), path.to_owned())).await
}

async fn own(settings: &StagingSettings, location: &Location, reading: Reading) -> Result<StageKind, LoadProblem> {
    let opened = Storage::open(location, &settings.access).await;
    let storage = opened.map_err(|error| LoadProblem::of_storage(&format!("cannot use {location}"), &error))?;
    Ok(StageKind::Own(Box::new(OwnStorage {
        storage,
        location: location.clone(),
        reading,
        master_key: settings.master_key.clone(),
    })))
}

fn missing(name: &QualifiedName) -> LoadProblem {
    LoadProblem::of_setting("stage", format!("{name} does not exist, or the role may not use it"))
}
