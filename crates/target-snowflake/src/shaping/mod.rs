//! What becomes of streams and records before they meet their table: stream maps, then flattening or one VARIANT column.
//! From JSON text to JSON text, without a tree; streams that nothing is asked for do not come here.

mod expression;
mod flatten_record;
mod flatten_schema;
mod flattened_key;
mod glob;
mod map_settings;
mod map_stream;
mod object_writer;
mod outputs;
mod problem;
mod record_map;
mod record_rules;
mod record_shaper;
mod settings;

pub(crate) use flatten_schema::FlatteningSettings;
pub(crate) use glob::Glob;
pub(crate) use map_settings::StreamMaps;
pub(crate) use outputs::Output;
pub(crate) use record_shaper::RecordShaper;
pub(crate) use settings::ShapingSettings;
