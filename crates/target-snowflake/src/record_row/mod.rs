//! One record's raw JSON text to one row of a batch file, in one pass and without a `Value`.
//! Not for what columns there are (`columns`) and not for files (`batch_file`).

mod encoder;
mod json_scan;
mod key_index;
mod metadata_fields;
mod number;
mod problem;
mod size;
mod text;
mod value;
mod variant_number;

pub use encoder::RowEncoder;
pub(crate) use json_scan::Members;
pub use key_index::RowNote;
pub use problem::{RecordProblem, RecordProblemKind};
pub(crate) use text::{string_content, unescaped, whole_unicode_escape};
