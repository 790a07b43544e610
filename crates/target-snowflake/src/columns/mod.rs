//! From a stream's JSON Schema to the columns of its table: names, kinds, SQL types and casts, and how a column that
//! exists already compares. Not for SQL statements and not for values: `record_row` writes those.

mod compatibility;
mod existing_type;
mod identifier_case;
mod kind;
mod names;
mod number_schema;
mod problem;
mod reference;
mod schema_kind;
mod schema_remarks;
mod settings;
mod stream_columns;
mod table_place;

pub use compatibility::{Compatibility, Fitting};
pub use existing_type::ExistingType;
pub use identifier_case::IdentifierCase;
pub use kind::ColumnKind;
pub use names::{column_name, conformed_name};
pub use problem::SchemaProblem;
pub(crate) use reference::referred;
pub use schema_remarks::SchemaRemarks;
pub use settings::{
    ColumnSettings, DatetimeTreatment, NumberType, TextLength, TimestampType, ValueRules, VariantNumbers,
};
pub use stream_columns::{Column, ColumnSource, ROW_NUMBER_COLUMN, StreamColumns};
pub use table_place::TablePlace;
