//! From a stream's JSON Schema to the columns of its table: names, kinds, SQL types and casts, and how a column that
//! exists already compares. Not for SQL statements and not for values: `record_row` writes those.

mod existing_type;
mod kind;
mod names;
mod problem;
mod schema_kind;
mod settings;
mod stream_columns;

pub use existing_type::{Compatibility, ExistingType};
pub use kind::ColumnKind;
pub use names::{column_name, schema_name, table_name};
pub use problem::SchemaProblem;
pub use settings::{ColumnSettings, DatetimeTreatment, TimestampType};
pub use stream_columns::{Column, ColumnSource, ROW_NUMBER_COLUMN, StreamColumns};
