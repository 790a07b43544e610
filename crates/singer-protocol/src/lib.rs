//! Singer messages, catalog, selection and state: lines to types and back. No I/O beyond `BufRead` and `Write`,
//! no async, no HTTP, and no opinion about what a program does with a message.

mod catalog;
mod error;
mod json_scanner;
mod known_keys;
mod line_front;
mod message;
mod metadata;
mod parse;
mod plain_text;
mod reader;
mod record_text;
mod schema_tree;
mod selection;
mod state;
mod writer;

pub use catalog::{Catalog, CatalogEntry, CatalogProblem};
pub use error::ReadError;
pub use json_scanner::{Member, Place, Shape};
pub use known_keys::KeySet;
pub use message::{
    ActivateVersionMessage, BatchEncoding, BatchMessage, Message, RecordMessage, SchemaMessage, StateMessage,
};
pub use metadata::{Inclusion, MetadataEntry};
pub use parse::parse_line;
pub use plain_text::PlainNumber;
pub use reader::{Line, MessageReader};
pub use record_text::{RecordScanner, RecordText};
pub use state::{State, StateProblem};
pub use writer::MessageWriter;
