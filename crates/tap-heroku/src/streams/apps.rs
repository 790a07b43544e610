//! The stream `apps`: every listed app that changed since the bookmark.
//!
//! The list is read whole in any case, because the other streams hang on it, so the bookmark is applied here and the
//! list is not sorted by it; Heroku's range on `updated_at` would not save a request.

use std::io::Write;

use connector_process::Failure;
use jiff::{Span, Timestamp};
use serde_json::Value;

use super::{Source, StreamEntry};
use crate::record::{RecordShape, text};
use crate::run::Run;

pub(crate) const ENTRY: StreamEntry = StreamEntry {
    name: "apps",
    key_properties: &["id"],
    replication_key: Some("updated_at"),
    schema_text: include_str!("../../../../schemas/tap-heroku/apps.json"),
    source: Source::Apps,
};

/// The bookmark stays this far behind the clock: an app that changes while later pages of the list are read would
/// otherwise be behind the bookmark before its change was seen. It is also why an app that carries the bookmark's
/// very second need not be emitted again: that second was long over when the list was read.
const BOOKMARK_LAG_SECONDS: i64 = 60;

/// Emits the apps that changed after the bookmark, then moves the bookmark. Times are compared as instants and
/// kept as Heroku wrote them.
pub(crate) fn sync_apps<W: Write>(run: &mut Run<'_, W>) -> Result<(), Failure> {
    let shape = RecordShape::new(&ENTRY.schema(), &[]);
    let bookmark = run.state.bookmark(ENTRY.name, "updated_at").and_then(Value::as_str);
    let bookmark: Option<Timestamp> = bookmark.and_then(|text| text.parse().ok());
    let start = run.configuration.start.filter(|_| bookmark.is_none());
    let mut newest: Option<(Timestamp, String)> = None;
    for app in run.apps.clone() {
        let updated_at = text(&app.object, "updated_at").map(str::to_owned);
        let instant = updated_at.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        // An app without a readable time is emitted each time rather than never.
        let is_known = instant
            .zip(bookmark)
            .is_some_and(|(instant, bookmark)| instant <= bookmark);
        let is_too_old = instant.zip(start).is_some_and(|(instant, start)| instant < start);
        if is_known || is_too_old {
            continue;
        }
        run.output.record(ENTRY.name, shape.record(app.object))?;
        if let Some(seen) = instant.zip(updated_at) {
            newest = newest.max(Some(seen));
        }
    }
    if let Some(moved) = moved_bookmark(newest, bookmark.or(start), run.listed_at) {
        run.state.set_bookmark(ENTRY.name, "updated_at", Value::String(moved));
    }
    Ok(())
}

/// The new bookmark, when there is one: the newest change seen, but not later than a minute before the list was asked for.
fn moved_bookmark(
    newest: Option<(Timestamp, String)>,
    from: Option<Timestamp>,
    listed_at: Timestamp,
) -> Option<String> {
    let (instant, text) = newest?;
    let limit = listed_at.checked_sub(Span::new().seconds(BOOKMARK_LAG_SECONDS)).ok()?;
    if instant <= limit {
        return Some(text);
    }
    // Never backwards, also when the clock is wrong.
    from.is_none_or(|from| limit > from).then(|| format!("{limit:.0}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bookmark_keeps_heroku_s_text_and_stays_behind_the_list() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let seen = |text: &str| Some((at(text), text.to_owned()));
        let listed_at = at("2026-01-02T10:00:00Z");
        assert_eq!(moved_bookmark(None, None, listed_at), None);
        let old = "2026-01-01T00:00:00.5+01:00";
        assert_eq!(moved_bookmark(seen(old), None, listed_at).as_deref(), Some(old));
        let fresh = seen("2026-01-02T09:59:30Z");
        assert_eq!(
            moved_bookmark(fresh.clone(), None, listed_at).as_deref(),
            Some("2026-01-02T09:59:00Z")
        );
        assert_eq!(moved_bookmark(fresh, Some(at("2026-01-02T09:59:20Z")), listed_at), None);
    }
}
