//! One run over the log session of one app: what is new in the window becomes records, what may be missing becomes a
//! gap, and the bookmark moves. Nothing is awaited between the first record and the bookmark.

use std::io::Write;

use connector_process::Failure;
use heroku_logs::LogTime;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use singer_protocol::State;

use crate::logs::bookmark;
use crate::logs::emitter::{Emitter, Origin};
use crate::logs::gaps::{Gap, GapReason};
use crate::logs::ledger::Ledger;
use crate::logs::overlap::{self, Overlap};
use crate::logs::recent_lines::RecentLines;
use crate::logs::session_window::{FULL_WINDOW_LINES, SessionWindow, WINDOW_LINES};
use crate::output::Output;

/// Heroku drops the buffer of an app that wrote nothing for a week.
const HISTORY_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// With more new lines than this in a window, the next run may come too late.
const CROWDED_WINDOW_LINES: usize = 1000;

/// The app whose log is read.
#[derive(Debug, Clone)]
pub(crate) struct LogApp {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) is_fir: bool,
}

impl LogApp {
    fn origin<'a>(&'a self, scope: &'a str) -> Origin<'a> {
        Origin {
            kind: "session",
            app_id: Some(&self.id),
            app_name: Some(&self.name),
            file_path: None,
            scope,
        }
    }
}

/// How a window goes on from what was read before.
#[derive(Debug)]
struct Continuation {
    ledger: Ledger,
    /// The newest line read before, as the mark of a gap behind it.
    mark: String,
    /// Entries at the start of the window that are not new.
    known_entries: usize,
    new_entries: usize,
    gap: Option<GapReason>,
}

/// Writes what is new in `window` and moves the app's bookmark in `state`.
///
/// # Errors
/// When stdout is closed or full; the bookmark has not moved then.
pub(crate) fn take_window<W: Write>(
    output: &mut Output<W>,
    state: &mut State,
    emitter: &mut Emitter,
    app: &LogApp,
    window: &SessionWindow,
    read_at: Timestamp,
) -> Result<(), Failure> {
    let context = bookmark::app_context(&app.id);
    let before = bookmark::read(state, &context);
    // An app that was renamed keeps the scope of its first name, or the lines read before would look new.
    let scope = before
        .get("id_scope")
        .and_then(Value::as_str)
        .unwrap_or(&app.name)
        .to_owned();
    let origin = app.origin(&scope);
    let last_read_at = time_of(&before, "read_at");
    let continuation = go_on(
        &before,
        window,
        &scope,
        last_read_at.map(|last| read_at.duration_since(last)),
    );
    let Continuation {
        mut ledger,
        mark,
        known_entries,
        new_entries,
        gap,
    } = continuation;
    let from = ledger.latest_time;
    let mut to = None;
    let mut index = 0;
    window.each_entry(|entry| {
        index += 1;
        if index <= known_entries {
            return Ok(());
        }
        to = to.or(entry.time);
        let place = ledger.place(&scope, &entry);
        emitter.emit(output, &origin, &entry, place)
    })?;
    if let Some(reason) = gap {
        emitter.gap(
            output,
            &Gap {
                from,
                to,
                ..Gap::found(reason, &origin, mark)
            },
        )?;
    }
    advise(app, new_entries, last_read_at, read_at);
    let entry = bookmark::entry(state, &context);
    ledger.write_to(entry);
    entry.insert("app_name".to_owned(), Value::from(app.name.as_str()));
    entry.insert("id_scope".to_owned(), Value::from(scope));
    entry.insert("read_at".to_owned(), Value::from(read_at.to_string()));
    Ok(())
}

fn go_on(
    before: &Map<String, Value>,
    window: &SessionWindow,
    scope: &str,
    interval: Option<SignedDuration>,
) -> Continuation {
    let mut ledger = Ledger::read_from(before);
    let (headless, fingerprints) = window.fingerprints(scope);
    let total = headless + fingerprints.len();
    let mark = ledger
        .recent
        .kept()
        .last()
        .map_or_else(String::new, |newest| format!("{newest:012x}"));
    let is_first = mark.is_empty();
    let is_full = total >= FULL_WINDOW_LINES;
    let is_expired = interval.is_some_and(|interval| interval > HISTORY_KEPT);
    let overlap = overlap::find(&ledger.recent, &fingerprints);
    if overlap == Overlap::None && total > 0 {
        // Nothing of the memory is in the window: equal lines are counted anew, so that reading this window from
        // whatever state gives the same ids.
        ledger.recent = RecentLines::default();
    }
    let (known_entries, gap) = match overlap {
        Overlap::Known { lines, is_certain } => {
            ledger.recent = ledger.recent.after(fingerprints.get(..lines).unwrap_or_default());
            (
                headless + lines,
                (!is_certain && is_full).then_some(GapReason::OverlapUncertain),
            )
        }
        Overlap::Behind => (total, None),
        Overlap::None if is_first => (0, None),
        Overlap::None if is_full => (0, Some(GapReason::WindowOutrun)),
        Overlap::None if is_expired => (0, Some(GapReason::HistoryExpired)),
        // An empty buffer within the week: everything that was in it is known, and nothing came since.
        Overlap::None if total == 0 => (0, None),
        Overlap::None => (0, Some(GapReason::HistoryDiscarded)),
    };
    let gap = gap.or((window.is_discarded && !is_first).then_some(GapReason::HistoryDiscarded));
    Continuation {
        ledger,
        mark,
        known_entries,
        new_entries: total - known_entries,
        gap,
    }
}

/// Writes the gap of a Fir app, whose lines are not read, and moves its bookmark.
///
/// # Errors
/// When stdout is closed or full.
pub(crate) fn take_fir<W: Write>(
    output: &mut Output<W>,
    state: &mut State,
    emitter: &mut Emitter,
    app: &LogApp,
    read_at: Timestamp,
) -> Result<(), Failure> {
    let context = bookmark::app_context(&app.id);
    let last_read_at = time_of(&bookmark::read(state, &context), "read_at");
    let as_log_time = |time: Timestamp| LogTime::parse(&time.to_string());
    let mark = last_read_at.map(|time| time.to_string()).unwrap_or_default();
    let gap = Gap {
        from: last_read_at.and_then(as_log_time),
        to: as_log_time(read_at),
        ..Gap::found(GapReason::FirNoHistory, &app.origin(&app.name), mark)
    };
    emitter.gap(output, &gap)?;
    let entry = bookmark::entry(state, &context);
    entry.insert("app_name".to_owned(), Value::from(app.name.as_str()));
    entry.insert("read_at".to_owned(), Value::from(read_at.to_string()));
    Ok(())
}

/// Says when an app writes so much that lines will be missed.
fn advise(app: &LogApp, new_entries: usize, last_read_at: Option<Timestamp>, read_at: Timestamp) {
    let Some(last_read_at) = last_read_at.filter(|_| new_entries > CROWDED_WINDOW_LINES) else {
        return;
    };
    let minutes = read_at.duration_since(last_read_at).as_secs_f64() / 60.0;
    let enough_minutes = minutes * CROWDED_WINDOW_LINES as f64 / new_entries as f64 / 2.0;
    log::warn!(
        "log of {}: {new_entries} of at most {WINDOW_LINES} kept lines are new after {minutes:.1} minutes; \
         run every {enough_minutes:.1} minutes, or pipe `heroku logs --tail` into log_files",
        app.name
    );
}

fn time_of(bookmark: &Map<String, Value>, key: &str) -> Option<Timestamp> {
    bookmark.get(key)?.as_str()?.parse().ok()
}

#[cfg(test)]
#[path = "session/tests.rs"]
mod tests;
