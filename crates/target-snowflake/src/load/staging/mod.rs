//! Where a run's files lie until they are loaded: the user's own stage, a named internal one, or storage of the user's that
//! COPY reads through an external stage or a URL. The rest of the loader knows places and files only.

mod archive;
mod copy_source;
mod own_storage;
mod resolve;
mod run_stage;
mod stage;

pub(crate) use run_stage::{RunStage, StagePlace};
