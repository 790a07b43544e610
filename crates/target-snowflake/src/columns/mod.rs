//! From a stream's JSON Schema to the columns of its table: names, kinds, SQL types and casts, and how a column that
//! exists already compares. Not for SQL statements and not for values: `record_row` writes those.

mod existing_type;
mod identifier_case;
mod kind;
mod names;
mod problem;
mod reference;
mod schema_kind;
mod settings;
mod stream_columns;
mod table_place;

pub use existing_type::{Compatibility, ExistingType};
pub use identifier_case::IdentifierCase;
pub use kind::ColumnKind;
pub use names::{column_name, conformed_name};
pub use problem::SchemaProblem;
pub(crate) use reference::referred;
pub use settings::{ColumnSettings, DatetimeTreatment, TimestampType, ValueRules, VariantNumbers};
pub use stream_columns::{Column, ColumnSource, ROW_NUMBER_COLUMN, StreamColumns};
pub use table_place::TablePlace;
