//! A session: logged in, kept alive, usable from several tasks. The order of calls is here, the calls are in `call`.

mod client_session;
mod connection;
mod executor;
mod heartbeat_task;
mod log_in;
mod result_reader;
mod running_statements;
mod session_info;
mod session_state;
mod statement_kind;
mod tokens;

pub use client_session::Session;
pub use session_info::SessionInfo;

pub(crate) use connection::Connection;
