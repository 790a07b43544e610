//! The bodies on the wire as serde types, and nothing else. None of them leaves the crate.

mod envelope;
mod login;
mod query;
mod session;
mod stage;
mod text_or_number;

pub(crate) use envelope::{Envelope, RefusalData};
pub(crate) use login::{
    BrowserData, BrowserFields, BrowserRequest, Capabilities, ClientEnvironment, CredentialFields, LoginData,
    LoginFields, LoginRequest, SecondFactor, SessionInfo,
};
pub(crate) use query::{QueryData, QueryRequest, ResultUrlData, RowType};
pub(crate) use session::{AbortRequest, RenewalData, RenewalRequest};
pub(crate) use stage::{EncryptionMaterial, PutData, StageInfo};
