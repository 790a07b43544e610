//! Singer messages, catalog, selection and state: lines to types and back. No I/O beyond `BufRead` and `Write`,
//! no async, no HTTP, and no opinion about what a program does with a message.

mod catalog;
mod error;
mod message;
mod metadata;
mod parse;
mod reader;
mod selection;
mod state;
mod writer;

pub use catalog::{Catalog, CatalogEntry, CatalogProblem};
pub use error::ReadError;
pub use message::{
    ActivateVersionMessage, BatchEncoding, BatchMessage, Message, RecordMessage, SchemaMessage, StateMessage,
};
pub use metadata::{Inclusion, MetadataEntry};
pub use parse::parse_line;
pub use reader::{Line, MessageReader};
pub use state::{State, StateProblem};
pub use writer::MessageWriter;
