//! One record's raw JSON text to one row of a batch file, in one pass and without a `Value`.
//! Not for what columns there are (`columns`) and not for files (`batch_file`).

mod encoder;
mod problem;

pub use encoder::{RowEncoder, RowNote};
pub use problem::{RecordProblem, RecordProblemKind};
