//! Records of Parquet and Arrow files as JSON text, one by one, with every value exact: decimals with all their digits,
//! times with their unit, binary data as hexadecimal text. Knows neither Singer nor Snowflake.

mod arrow_batches;
mod arrow_buffers;
mod arrow_message;
mod batch_text;
mod contained;
mod format;
mod problem;
mod record_file;
mod value_text;

pub use contained::is_decoding;
pub use format::Format;
pub use problem::Problem;
pub use record_file::RecordFile;
