//! What goes over the wire to S3, and what broken answers lead to. A server that follows a script stands in for it.
#![expect(
    clippy::expect_used,
    reason = "a test stops at the first surprise, also in its helpers"
)]

mod faults;
mod requests;
mod script;
