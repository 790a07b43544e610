//! Everything that happens in Snowflake: lanes of jobs, sessions, tables, and the load of a batch. Nothing here reads
//! the input or prints STATE.

mod attempt;
mod batch_load;
mod batch_loader;
mod batch_statements;
mod column_policies;
mod commit_fate;
mod compared_columns;
mod copy_result;
mod existing_columns;
mod given_up;
mod iceberg;
mod known_tables;
mod lanes;
mod loader;
mod new_objects;
mod overwrite;
mod problem;
mod second_columns;
mod session_pool;
mod shown_table;
mod staging;
mod table_changes;
mod table_fit;
mod table_look;
mod table_name;
mod table_preparation;
mod table_statements;
mod type_cast;
mod type_change;
mod user_sql;
mod version_statements;
mod warehouse;
mod work;
mod work_session;

pub(crate) use batch_loader::BatchLoader;
#[cfg(test)]
pub(crate) use batch_loader::Committed;
pub(crate) use iceberg::IcebergOptions;
pub(crate) use lanes::{Done, Job, JobReport, Lanes};
pub(crate) use loader::SnowflakeLoader;
pub(crate) use problem::LoadProblem;
pub(crate) use warehouse::{NewWarehouse, WarehouseOptions};
