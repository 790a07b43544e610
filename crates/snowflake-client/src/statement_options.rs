//! What may be said about one statement beside its text.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

/// Options of one statement; [`StatementOptions::default`] sets none.
#[derive(Debug, Clone, Default)]
pub struct StatementOptions {
    /// Session parameters for this statement only, such as `QUERY_TAG`.
    pub parameters: BTreeMap<String, Value>,
    /// When this much time has passed the statement is cancelled and ends as [`crate::ErrorKind::Cancelled`].
    pub time_limit: Option<Duration>,
}
