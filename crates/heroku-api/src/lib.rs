//! Heroku's Platform API: calls, Range paging, rate budget, log sessions. Knows no Singer.
//! The bearer token goes to the host of `api_url` and to no other; see `client`.

mod call;
mod client;
mod config;
mod error;
mod error_body;
mod log_session;
mod log_stream;
mod pages;
mod range;
mod rate_budget;
mod reply;
mod retry;

pub use call::{AppScope, Call};
pub use client::HerokuClient;
pub use config::{ApiToken, ClientConfig};
pub use error::{Error, ErrorKind};
pub use log_session::LogSessionRequest;
pub use log_stream::{LogContentType, LogStream};
pub use pages::Pages;
pub use range::{Order, Range};
pub use rate_budget::{POOL_SIZE, REFILL_PER_MINUTE};
pub use reply::Reply;
