//! The calls as a server sees them, against a listener of our own, and the flows through what networks and servers do.
//! What a real server makes of them is tested elsewhere, against the local Snowflake server.
#![cfg(test)]

mod cancel;
mod failures;
mod hints;
mod log_in;
mod logging;
mod lost_session;
mod results;
mod scripted_server;
mod session;
mod statements;
mod storage;
mod upload;
mod upload_in_parts;
mod upload_to_azure;
mod upload_to_gcs;
mod ways_to_log_in;
mod workload_identity;
