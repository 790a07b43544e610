//! Snowflake's driver protocol: sessions, statements, staged upload. Knows no Singer.
//! Three layers: `wire` (serde only, never leaves the crate), `call` (one HTTP call each), flow (`executor`, `upload`).

mod aws_signature;
mod call;
mod config;
mod error;
mod key_pair;
mod proof;
mod result_set;
mod secret;
mod session;
mod sql;
mod statement_options;
mod upload;
mod wire;

pub use config::{
    BrowserOpener, ClientConfig, Credentials, IdentityEnvironment, IdentityProvider, OAuthClient, Passcode,
    PrivateKeySource, Protocol, TimeLimits, TokenSource,
};
pub use error::{Error, ErrorKind};
pub use result_set::{ColumnDescription, ResultSet, Row, Statistics};
pub use secret::Secret;
pub use session::{Session, SessionInfo};
pub use sql::{Identifier, IdentifierProblem, Literal, QualifiedName, StageLocation};
pub use statement_options::StatementOptions;
pub use upload::{Compression, EncryptedFile, MasterKey, UploadFile, UploadedFile};
