//! Files that the arrow crates themselves write, read back as JSON text.
#![expect(
    clippy::expect_used,
    reason = "a test stops at the first surprise, also in its helpers"
)]

mod damage;
mod every_type;
mod files;
