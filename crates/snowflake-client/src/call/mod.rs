//! One file per HTTP call to Snowflake. Each says what is sent and what comes back; the order of calls is elsewhere.

mod abort;
mod browser_page;
mod chunk;
mod close;
mod endpoint;
mod heartbeat;
mod login;
mod poll;
mod renew;
mod server_reply;
mod submit;

pub(crate) use abort::abort;
pub(crate) use browser_page::ask_for_browser;
pub(crate) use chunk::{chunk_headers, fetch_chunk};
pub(crate) use close::close;
pub(crate) use endpoint::Endpoint;
pub(crate) use heartbeat::heartbeat;
pub(crate) use login::log_in;
pub(crate) use poll::{poll, result_url};
pub(crate) use renew::renew;
pub(crate) use server_reply::{ServerReply, parsed};
pub(crate) use submit::{Submission, submit};
