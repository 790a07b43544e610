//! Settings of other targets for Snowflake that have no effect here, each with the reason: a config that was written for one
//! of them is understood as a whole. Those that have one are in `settings_table.rs`, some as other names.

use connector_process::OtherSetting;

/// All of them.
pub(crate) const OTHER_SETTINGS: &[OtherSetting] = &[
    of_meltano_labs(
        "quoted_identifiers_ignore_case",
        "names are always quoted as they stand in the table, so the session's parameter decides nothing",
    ),
    of_meltano_labs(
        "ingestion_method",
        "rows are staged in files and merged, whatever it says: Snowpipe Streaming has no MERGE",
    ),
    of_meltano_labs(
        "batch_config",
        "every BATCH message says itself how its files are encoded",
    ),
    of_meltano_labs(
        "faker_config",
        "stream maps make no random data here; Meltano's mapper plugin does",
    ),
    of_pipelinewise(
        "disable_table_cache",
        "a table is looked at anew whenever a change of it is refused",
    ),
    of_datamill("disable_collection", "nothing is collected"),
    of_datamill(
        "logging_level",
        "the environment sets the level: TARGET_SNOWFLAKE_LOGLEVEL or LOGLEVEL",
    ),
    of_datamill(
        "persist_empty_tables",
        "a SCHEMA makes its table, with records or without",
    ),
    of_datamill("state_support", "STATE is always printed"),
    of_datamill(
        "batch_detection_threshold",
        "the size of a batch is looked at after every record",
    ),
];

const fn of_meltano_labs(name: &'static str, reason: &'static str) -> OtherSetting {
    let of = "MeltanoLabs";
    OtherSetting { name, of, reason }
}

const fn of_pipelinewise(name: &'static str, reason: &'static str) -> OtherSetting {
    let of = "PipelineWise";
    OtherSetting { name, of, reason }
}

const fn of_datamill(name: &'static str, reason: &'static str) -> OtherSetting {
    let of = "datamill-co";
    OtherSetting { name, of, reason }
}
