//! What the server says about a session at log-in.

/// The session as the server sees it. `None` means that the name given does not exist or none was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionInfo {
    /// Snowflake's id of the session; of the first one when a lost session was replaced.
    pub session_id: String,
    /// Version of the service.
    pub server_version: String,
    /// Current database.
    pub database: Option<String>,
    /// Current schema.
    pub schema: Option<String>,
    /// Current warehouse.
    pub warehouse: Option<String>,
    /// Current role.
    pub role: Option<String>,
}
