//! What a session holds that a new one would not have: an open transaction, temporary objects, settings and names in
//! use. Read off the statements that were sent, and rather too much than too little: it decides whether a lost session
//! may be replaced without anybody noticing.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(crate) struct SessionState(Mutex<Held>);

#[derive(Default)]
struct Held {
    transaction: bool,
    /// Names of temporary objects as they were written.
    temporary: HashSet<String>,
    /// Anything that cannot be undone by a statement we would recognise.
    other: bool,
}

/// What a statement adds to a session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Added {
    Nothing,
    Transaction,
    Temporary(String),
    Other,
}

impl SessionState {
    /// Nothing would be lost with the session.
    pub(crate) fn is_empty(&self) -> bool {
        let held = self.lock();
        !held.transaction && held.temporary.is_empty() && !held.other
    }

    /// A statement is about to be sent: from now on the session may hold what it makes. Gives what is new.
    pub(crate) fn sent(&self, sql: &str) -> Added {
        let added = makes(sql);
        let mut held = self.lock();
        let is_new = match &added {
            Added::Nothing => false,
            Added::Transaction => !std::mem::replace(&mut held.transaction, true),
            Added::Temporary(name) => held.temporary.insert(name.clone()),
            Added::Other => !std::mem::replace(&mut held.other, true),
        };
        if is_new { added } else { Added::Nothing }
    }

    /// The statement never ran.
    pub(crate) fn withdraw(&self, added: &Added) {
        let mut held = self.lock();
        match added {
            Added::Nothing => {}
            Added::Transaction => held.transaction = false,
            Added::Temporary(name) => drop(held.temporary.remove(name)),
            Added::Other => held.other = false,
        }
    }

    /// A statement ended well.
    pub(crate) fn succeeded(&self, sql: &str) {
        let words = leading_words(sql);
        let mut held = self.lock();
        match words.first().map(String::as_str).unwrap_or_default() {
            "COMMIT" | "ROLLBACK" => held.transaction = false,
            "DROP" => {
                let name = object_name(sql, &words, 2);
                held.temporary.remove(&name);
            }
            _ => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // A wrong answer would only be a more careful one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn makes(sql: &str) -> Added {
    let words = leading_words(sql);
    let word = |index: usize| words.get(index).map(String::as_str).unwrap_or_default();
    match word(0) {
        "BEGIN" | "START" => Added::Transaction,
        "CREATE" => temporary_name(sql, &words).map_or(Added::Nothing, Added::Temporary),
        "USE" | "SET" | "UNSET" | "CALL" | "EXECUTE" | "DECLARE" => Added::Other,
        "ALTER" if word(1) == "SESSION" => Added::Other,
        _ => Added::Nothing,
    }
}

/// True for statements that may run twice without doing anything twice.
pub(crate) fn is_repeatable(sql: &str) -> bool {
    let words = leading_words(sql);
    let word = |index: usize| words.get(index).map(String::as_str).unwrap_or_default();
    let has = |pair: &[&str]| {
        words
            .windows(pair.len())
            .any(|window| window.iter().map(String::as_str).eq(pair.iter().copied()))
    };
    match word(0) {
        "SELECT" | "SHOW" | "DESC" | "DESCRIBE" | "LIST" | "LS" | "PUT" | "REMOVE" | "RM" | "BEGIN" | "START" => true,
        "CREATE" => has(&["IF", "NOT", "EXISTS"]),
        "DROP" => has(&["IF", "EXISTS"]),
        _ => false,
    }
}

/// True for a statement that says by itself that its session holds something.
pub(crate) fn ends_transaction(sql: &str) -> bool {
    leading_words(sql).first().is_some_and(|word| word == "COMMIT")
}

/// The first words in upper case, as far as they are plain ones, without comments before them.
fn leading_words(sql: &str) -> Vec<String> {
    let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    without_comments(sql)
        .split(|c: char| c.is_whitespace() || c == ';')
        .take_while(|text| is_word(text))
        .take(8)
        .map(str::to_ascii_uppercase)
        .collect()
}

fn without_comments(sql: &str) -> &str {
    let mut rest = sql.trim_start();
    loop {
        let after = if rest.starts_with("--") || rest.starts_with("//") {
            rest.split_once('\n').map(|(_, after)| after)
        } else if rest.starts_with("/*") {
            rest.split_once("*/").map(|(_, after)| after)
        } else {
            return rest;
        };
        match after {
            Some(after) => rest = after.trim_start(),
            None => return rest,
        }
    }
}

/// `CREATE [OR REPLACE] [LOCAL|GLOBAL] TEMP|TEMPORARY|VOLATILE kind …`: the name.
fn temporary_name(sql: &str, words: &[String]) -> Option<String> {
    let place = words
        .iter()
        .take(5)
        .position(|word| matches!(word.as_str(), "TEMP" | "TEMPORARY" | "VOLATILE"))?;
    Some(object_name(sql, words, place + 2))
}

/// The name behind so many words and perhaps `IF [NOT] EXISTS`, as it is written.
fn object_name(sql: &str, words: &[String], mut skipped: usize) -> String {
    // `FILE FORMAT` is the only kind of two words.
    if words.get(skipped.saturating_sub(1)).is_some_and(|word| word == "FILE") {
        skipped += 1;
    }
    if words.get(skipped).is_some_and(|word| word == "IF") {
        skipped += if words.get(skipped + 1).is_some_and(|word| word == "NOT") {
            3
        } else {
            2
        };
    }
    let mut rest = without_comments(sql).trim_start();
    for _ in 0..skipped {
        rest = rest
            .split_once(char::is_whitespace)
            .map_or("", |(_, after)| after.trim_start());
    }
    let mut is_quoted = false;
    let end = rest.find(|c: char| {
        is_quoted ^= c == '"';
        !is_quoted && (c.is_whitespace() || "(;".contains(c))
    });
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(statements: &[&str]) -> bool {
        let state = SessionState::default();
        for sql in statements {
            state.sent(sql);
            state.succeeded(sql);
        }
        !state.is_empty()
    }

    #[test]
    fn transactions_and_temporary_objects_are_held_until_they_end() {
        assert!(!holds(&["SELECT 1", "CREATE TABLE t (a NUMBER)", "MERGE INTO t"]));
        assert!(holds(&["BEGIN"]));
        assert!(holds(&["/* tag */ -- more\n begin transaction;"]));
        assert!(!holds(&["BEGIN", "INSERT INTO t VALUES (1)", "COMMIT"]));
        assert!(!holds(&["START TRANSACTION", "rollback;"]));
        let create = "CREATE TEMPORARY TABLE \"D\".\"S\".\"a b\"(n NUMBER)";
        assert!(holds(&[create]));
        assert!(!holds(&[create, "DROP TABLE IF EXISTS \"D\".\"S\".\"a b\""]));
        assert!(holds(&[create, "DROP TABLE \"D\".\"S\".\"a\""]));
        assert!(!holds(&[
            "create or replace temp stage if not exists s",
            "drop stage s;"
        ]));
        assert!(!holds(&[
            "CREATE TEMPORARY FILE FORMAT f TYPE = CSV",
            "DROP FILE FORMAT f"
        ]));
        for other in [
            "ALTER SESSION SET a = 1",
            "USE ROLE r",
            "CALL p()",
            "EXECUTE IMMEDIATE 'x'",
        ] {
            assert!(holds(&[other]), "{other}");
        }
    }

    #[test]
    fn a_failed_end_ends_nothing() {
        assert!(ends_transaction("commit work;") && !ends_transaction("ROLLBACK"));
        let state = SessionState::default();
        state.sent("BEGIN");
        state.sent("COMMIT");
        assert!(!state.is_empty());
    }

    #[test]
    fn what_never_ran_holds_nothing_and_takes_nothing_away() {
        let state = SessionState::default();
        let first = state.sent("BEGIN");
        let second = state.sent("BEGIN");
        state.withdraw(&second);
        assert!(!state.is_empty());
        state.withdraw(&first);
        assert!(state.is_empty());
    }

    #[test]
    fn only_what_does_nothing_twice_is_repeatable() {
        for sql in [
            "select 1",
            "SHOW TABLES",
            "PUT file://a @~",
            "CREATE TABLE IF NOT EXISTS t (a NUMBER)",
            "DROP TABLE IF EXISTS t",
        ] {
            assert!(is_repeatable(sql), "{sql}");
        }
        for sql in [
            "MERGE INTO t",
            "COPY INTO t",
            "CREATE TABLE t (\"IF\" NUMBER)",
            "INSERT INTO t SELECT 1",
            "COMMIT",
            "",
        ] {
            assert!(!is_repeatable(sql), "{sql}");
        }
    }
}
