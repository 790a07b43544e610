//! What each call sends and how it takes each answer, against a scripted listener on a free port.
#![expect(clippy::unwrap_used, reason = "the helpers of a test may stop at the first surprise")]

mod calls;
mod log_sessions;
mod paging;
mod refusals;
mod script;
