//! The calls this crate knows, as data: path, range, conditional tag and API variant.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::range::{Order, Range};

/// Everything but the characters that RFC 3986 never needs escaped.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Whose apps are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppScope<'a> {
    /// Every app the token's user owns or is a collaborator of (`GET /apps`).
    All,
    /// Every app of one team, by name or id (`GET /teams/{team}/apps`); declares no ranges.
    Team(&'a str),
}

/// One GET, before it is sent.
#[derive(Debug, Clone)]
pub struct Call {
    pub(crate) path: String,
    pub(crate) range: Option<String>,
    pub(crate) if_none_match: Option<String>,
    pub(crate) variant: &'static str,
}

impl Call {
    /// A GET of a path below `api_url`, like `/account`. Segments from outside must go through [`Call::below`].
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            range: None,
            if_none_match: None,
            variant: "3",
        }
    }

    /// A GET of `/<collection>/<identity>/<rest>`, with the identity escaped.
    pub fn below(collection: &str, identity: &str, rest: &str) -> Self {
        Self::get(format!("/{collection}/{}/{rest}", escape(identity)))
    }

    /// The apps of a scope, ordered by id unless a range says otherwise.
    pub fn apps(scope: AppScope<'_>) -> Self {
        match scope {
            AppScope::All => Self::get("/apps").range(&Range::by("id")),
            AppScope::Team(team) => Self::below("teams", team, "apps").range(&Range::by("id")),
        }
    }

    /// The releases of an app, oldest first, those behind `after_version` only when it is given.
    /// The `version` range is not in Heroku's schema; Heroku's own CLI uses it.
    pub fn releases(app_id: &str, after_version: Option<u64>) -> Self {
        let range = Range::by("version").order(Order::Ascending);
        let range = match after_version {
            Some(version) => range.after(version),
            None => range,
        };
        Self::below("apps", app_id, "releases").range(&range)
    }

    /// Sends this `Range` with the first page.
    pub fn range(mut self, range: &Range) -> Self {
        self.range = Some(range.to_string());
        self
    }

    /// Sends `If-None-Match`; the answer may then be [`crate::Reply::NotModified`]. A tag belongs to one path, range and variant.
    pub fn if_none_match(mut self, etag: &str) -> Self {
        self.if_none_match = Some(etag.to_owned());
        self
    }

    /// Asks for a variant of the API, like `3.sdk`; the default is `3`.
    pub fn variant(mut self, variant: &'static str) -> Self {
        self.variant = variant;
        self
    }
}

/// Escapes one path segment, so that a name from outside cannot become another path.
/// `.` and `..` are legal characters but would be resolved away by a URL parser.
pub(crate) fn escape(segment: &str) -> String {
    match segment {
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => utf8_percent_encode(segment, SEGMENT).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_stay_one_segment() {
        assert_eq!(
            Call::releases("my app/../x?y#z", None).path,
            "/apps/my%20app%2F..%2Fx%3Fy%23z/releases"
        );
        assert_eq!(Call::apps(AppScope::Team("a&b")).path, "/teams/a%26b/apps");
    }
}
