//! An HTTP server that behaves like Heroku's Platform API and its log sessions for one made-up account.
//! Deterministic: the same scenario and the same calls give the same bytes, except for signatures and expiry times.

mod account;
mod admin;
mod api;
mod app;
mod app_lines;
mod checks;
mod faults;
mod guard;
mod line_generator;
mod log_buffer;
mod log_sessions;
mod log_stream;
mod range;
mod rate_limit;
mod releases;
mod replies;
mod router_lines;
mod scenario;
mod seeded;
mod server;
mod wire;
mod world;

pub use faults::{FaultAction, FaultRule};
pub use scenario::{API_TOKEN, AppScenario, Generation, Scenario};
pub use server::HerokuSimulator;
pub use world::RequestEntry;
