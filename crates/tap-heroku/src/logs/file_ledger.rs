//! Gives each line of one file or pipe its id and its number. A line is known by its text and the number of equal lines
//! before it, wherever it is read; where that cannot be said, by its place in the file.

use heroku_logs::{LogEntry, LogTime};
use serde_json::{Map, Value};

use crate::logs::identity::LineDigest;
use crate::logs::ledger::Place;
use crate::logs::line_memory::LineMemory;

/// The memory of one file or pipe while it is read.
#[derive(Debug, Clone)]
pub(crate) struct FileLedger {
    memory: LineMemory,
    /// Where the memory starts, as the state says, until it is filled again.
    memory_offset: Option<u64>,
    /// What keeps lines without a time apart from those of other files: the path under which this one was first read.
    id_place: String,
    last_sequence: u64,
    /// The latest time seen in a line; lines come out of order, so this is not always the last one's.
    pub(crate) latest_time: Option<LogTime>,
}

impl FileLedger {
    /// For a file that is read for the first time, or instead of another one.
    pub(crate) fn new(id_place: String) -> FileLedger {
        FileLedger {
            memory: LineMemory::new(None),
            memory_offset: None,
            id_place,
            last_sequence: 0,
            latest_time: None,
        }
    }

    /// For a pipe: the numbers go on, so that lines without a time get other ids than in the run before.
    pub(crate) fn of_next_pipe(bookmark: &Map<String, Value>, id_place: &str) -> FileLedger {
        FileLedger {
            last_sequence: number(bookmark, "last_sequence").unwrap_or_default(),
            ..FileLedger::new(id_place.to_owned())
        }
    }

    /// True before the first line.
    pub(crate) fn is_untouched(&self) -> bool {
        self.last_sequence == 0
    }

    /// Takes the next line. An entry that was handed out before and grew keeps its place.
    pub(crate) fn place(&mut self, scope: &str, entry: &LogEntry<'_>) -> Place {
        let digest = LineDigest::new(scope, entry);
        if !entry.is_extended {
            self.last_sequence += 1;
            self.remember_digest(&digest, entry);
        }
        self.latest_time = self.latest_time.max(entry.time);
        let counted = entry.time.filter(|_| entry.piece == 0);
        let ordinal = counted.and_then(|time| self.memory.ordinal(digest.fingerprint(), time));
        Place {
            id: match ordinal {
                Some(ordinal) => digest.id(ordinal),
                None => digest.id_at(&self.id_place, self.last_sequence),
            },
            sequence: self.last_sequence,
        }
    }

    /// Takes a line that an earlier run handed out, to have the memory of that run.
    pub(crate) fn remember(&mut self, scope: &str, entry: &LogEntry<'_>) {
        self.remember_digest(&LineDigest::new(scope, entry), entry);
    }

    /// Where to read lines again from, for [`remember`](Self::remember); `None` when there is nothing to remember.
    pub(crate) fn memory_offset(&self) -> Option<u64> {
        self.memory_offset
    }

    fn remember_digest(&mut self, digest: &LineDigest, entry: &LogEntry<'_>) {
        // A later piece of a long entry is known by its place, so that the memory starts where an entry starts.
        if let Some(time) = entry.time.filter(|_| entry.piece == 0) {
            self.memory.add(digest.fingerprint(), time, entry.offset);
        }
    }

    /// Writes what the next run over a pipe needs, see [`of_next_pipe`](Self::of_next_pipe).
    pub(crate) fn write_pipe_to(&self, bookmark: &mut Map<String, Value>) {
        bookmark.insert("replication_key".to_owned(), Value::from("timestamp"));
        if let Some(time) = self.latest_time {
            bookmark.insert("replication_key_value".to_owned(), Value::from(time.to_string()));
        }
        bookmark.insert("last_sequence".to_owned(), Value::from(self.last_sequence));
    }

    /// Writes what the next run needs. `replication_key_value` is for people and tools that look at the state; going on
    /// does not depend on it.
    pub(crate) fn write_to(&self, bookmark: &mut Map<String, Value>) {
        let mut set = |key: &str, value: Option<Value>| match value {
            Some(value) => bookmark.insert(key.to_owned(), value),
            None => bookmark.shift_remove(key),
        };
        let text = |time: LogTime| Value::from(time.to_string());
        set("replication_key", Some(Value::from("timestamp")));
        set("replication_key_value", self.latest_time.map(text));
        set("last_sequence", Some(Value::from(self.last_sequence)));
        set("id_place", Some(Value::from(self.id_place.as_str())));
        let memory_offset = self.memory.first_offset().or(self.memory_offset);
        set("memory_offset", memory_offset.map(Value::from));
        set("forgotten_until", self.memory.forgotten_until().map(text));
    }

    /// Reads what an earlier run wrote. `id_place` stands in for what is not there.
    pub(crate) fn read_from(bookmark: &Map<String, Value>, id_place: &str) -> FileLedger {
        let text = |key: &str| bookmark.get(key).and_then(Value::as_str);
        FileLedger {
            memory: LineMemory::new(text("forgotten_until").and_then(LogTime::parse)),
            memory_offset: number(bookmark, "memory_offset"),
            id_place: text("id_place").unwrap_or(id_place).to_owned(),
            last_sequence: number(bookmark, "last_sequence").unwrap_or_default(),
            latest_time: text("replication_key_value").and_then(LogTime::parse),
        }
    }
}

fn number(bookmark: &Map<String, Value>, key: &str) -> Option<u64> {
    bookmark.get(key).and_then(Value::as_u64)
}
