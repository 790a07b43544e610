//! Whether a record is what its SCHEMA says (setting `validate_records`): JSON Schema Draft 7 without formats, straight from
//! the record's text where that can be done. Not for what a column can hold: `record_row` refuses that by itself.

mod compile;
mod number;
mod record;
mod references;
mod shapes;
mod tree;
mod value;
mod violation;

pub use record::RecordCheck;
pub(crate) use references::without_references;
pub use violation::{Fault, Violation};
