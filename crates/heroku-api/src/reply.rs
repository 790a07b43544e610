//! One answer to a GET, with the headers that matter.

use serde_json::Value;

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// 304: nothing changed since the tag that was sent.
    NotModified,
    /// 200 or 206 with a JSON body.
    Content {
        /// The body.
        body: Value,
        /// What to send as `Range` for the next page; `None` on the last one (status 200).
        next_range: Option<String>,
        /// The `ETag` of this answer.
        etag: Option<String>,
    },
}
