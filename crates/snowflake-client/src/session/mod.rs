//! A session: logged in, kept alive, usable from several tasks.

mod client_session;
mod session_info;

pub use client_session::Session;
pub use session_info::SessionInfo;
