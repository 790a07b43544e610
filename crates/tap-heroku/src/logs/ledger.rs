//! Gives each line of an app's log sessions its id and its number. Pure; what is kept between runs goes through a bookmark.

use heroku_logs::{LogEntry, LogTime};
use serde_json::{Map, Value};

use crate::logs::identity::{LineDigest, LineId};
use crate::logs::recent_lines::RecentLines;

/// What identifies a line in the records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) id: LineId,
    /// Number in the order of arrival, from 1.
    pub(crate) sequence: u64,
}

/// What keeps lines without a time apart: their number, as no file has it.
const ID_PLACE: &str = "session";

/// The memory of one app while its window is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    pub(crate) recent: RecentLines,
    last_sequence: u64,
    /// The latest time seen in a line; lines arrive out of order, so this is not always the last one's.
    pub(crate) latest_time: Option<LogTime>,
}

impl Ledger {
    /// Takes the next line. An entry that was handed out before and grew keeps its place.
    pub(crate) fn place(&mut self, scope: &str, entry: &LogEntry<'_>) -> Place {
        let digest = LineDigest::new(scope, entry);
        let fingerprint = digest.fingerprint();
        let ordinal = if entry.is_extended {
            self.recent.newest_ordinal(fingerprint)
        } else {
            self.last_sequence += 1;
            self.recent.add(fingerprint)
        };
        self.latest_time = self.latest_time.max(entry.time);
        Place {
            id: match entry.time {
                Some(_) => digest.id(ordinal),
                None => digest.id_at(ID_PLACE, self.last_sequence),
            },
            sequence: self.last_sequence,
        }
    }

    /// Writes what the next run needs. `replication_key_value` is for people and tools that look at the state; going on
    /// does not depend on it.
    pub(crate) fn write_to(&self, bookmark: &mut Map<String, Value>) {
        bookmark.insert("replication_key".to_owned(), Value::from("timestamp"));
        if let Some(time) = self.latest_time {
            bookmark.insert("replication_key_value".to_owned(), Value::from(time.to_string()));
        }
        bookmark.insert("last_sequence".to_owned(), Value::from(self.last_sequence));
        self.recent.write_to(bookmark);
    }

    /// Reads what an earlier run wrote.
    pub(crate) fn read_from(bookmark: &Map<String, Value>) -> Ledger {
        let time = bookmark.get("replication_key_value").and_then(Value::as_str);
        Ledger {
            recent: RecentLines::read_from(bookmark),
            last_sequence: bookmark
                .get("last_sequence")
                .and_then(Value::as_u64)
                .unwrap_or_default(),
            latest_time: time.and_then(LogTime::parse),
        }
    }
}
