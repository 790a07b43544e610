//! A request of a load in a form in which the same request of another load is found again: ids and schema names, which
//! differ from load to load, become patterns, and requests that then look the same are counted.

use std::collections::HashMap;

use serde_json::{Value, json};

/// Shortest run of hexadecimal digits that is taken for an id.
const ID_DIGITS: usize = 32;
/// Shortest run of decimal digits that is taken for a number of a load.
const NUMBER_DIGITS: usize = 5;
/// What follows is one random word.
const CHUNKS: &str = "/local-results/";
/// What precedes `/result` is a statement's id.
const STATEMENTS: &str = "/queries/";

/// One request.
#[derive(Debug)]
pub(super) struct RequestShape {
    method: String,
    path: String,
    sql: Option<String>,
    /// The how manieth of its look, from 1.
    nth: usize,
    kind: String,
}

impl RequestShape {
    /// The requests of a request log, in order.
    pub(super) fn all(log: &[Value]) -> Vec<Self> {
        let mut seen = HashMap::new();
        let text = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
        let shape = |entry: &Value| {
            let (method, path) = (text(entry, "method")?, text(entry, "path")?);
            let sql = text(entry, "sql");
            let kind = kind(&path, sql.as_deref());
            let (path, sql) = (path_pattern(&path), sql.as_deref().map(pattern));
            let nth = seen.entry((method.clone(), path.clone(), sql.clone())).or_insert(0);
            *nth += 1;
            Some(Self {
                method,
                path,
                sql,
                nth: *nth,
                kind,
            })
        };
        log.iter().filter_map(shape).collect()
    }

    /// What kind of request it is: the statement's first word, or what the path is for.
    pub(super) fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether rules for one count the other.
    pub(super) fn looks_like(&self, other: &Self) -> bool {
        (&self.method, &self.path, &self.sql) == (&other.method, &other.path, &other.sql)
    }

    /// Whether it is a statement.
    pub(super) fn is_statement(&self) -> bool {
        self.sql.is_some()
    }

    /// Whether it is one of those between BEGIN and COMMIT, or the COMMIT.
    pub(super) fn is_in_transaction(&self) -> bool {
        matches!(self.kind(), "BEGIN" | "COPY" | "MERGE" | "INSERT" | "COMMIT")
    }

    /// Whether it exchanges two tables.
    pub(super) fn is_exchange(&self) -> bool {
        self.sql.as_ref().is_some_and(|sql| sql.contains("SWAP"))
    }

    /// Whether it is a statement after which something is another way than before.
    pub(super) fn is_change(&self) -> bool {
        self.is_statement() && !matches!(self.kind(), "SHOW" | "PUT" | "SELECT" | "REMOVE")
    }

    /// For messages.
    pub(super) fn label(&self) -> String {
        let sql: String = self
            .sql
            .iter()
            .flat_map(|sql| sql.chars())
            .filter(|c| *c != '\\')
            .take(90)
            .collect();
        format!("{} no. {} ({} {} {sql})", self.kind, self.nth, self.method, self.path)
    }

    /// A rule under which this happens to the request when so many more that look the same come before it.
    pub(super) fn rule(&self, more_before: usize, fault: &Value) -> Value {
        let mut rule = json!({ "method": self.method, "path": self.path, "nth": self.nth + more_before });
        if let (Some(rule), Some(fault)) = (rule.as_object_mut(), fault.as_object()) {
            rule.extend(self.sql.iter().map(|sql| ("sql".to_owned(), json!(sql))));
            rule.extend(fault.clone());
        }
        rule
    }
}

fn kind(path: &str, sql: Option<&str>) -> String {
    let of_path = match path {
        "/session/v1/login-request" => "log-in",
        "/session/token-request" => "renewal",
        "/oauth/token-request" => "token",
        "/session" => "close",
        _ if path.ends_with("/result") => "result",
        _ if path.starts_with(CHUNKS) => "chunk",
        // Of every kind of storage.
        _ if path.contains("stages/") => "upload",
        _ => "other",
    };
    let word = sql.and_then(|sql| sql.split_whitespace().next());
    word.unwrap_or(of_path).to_owned()
}

fn path_pattern(path: &str) -> String {
    if path.starts_with(CHUNKS) {
        return format!("^{CHUNKS}");
    }
    if path.starts_with(STATEMENTS) && path.ends_with("/result") {
        return format!("^{STATEMENTS}.*/result$");
    }
    pattern(path)
}

/// The length of a time at the front of the text, as `2026-11-25T19:55:01.123`.
fn time_length(text: &str) -> Option<usize> {
    let is_of_time = |c: char| c.is_ascii_digit() || "-T:.".contains(c);
    let length = text.find(|c| !is_of_time(c)).unwrap_or(text.len());
    let marks: String = text.chars().take(length).filter(|c| !c.is_ascii_digit()).collect();
    marks.starts_with("--T::").then_some(length)
}

/// A regular expression for the text with other ids and times in it.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("^");
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let time = time_length(rest);
        let (word, after) = rest.split_at(time.unwrap_or(length.max(first.len_utf8())));
        if time.is_some() {
            pattern.push_str("[0-9T:.-]+");
        } else if word.len() >= ID_DIGITS && word.chars().all(|c| c.is_ascii_hexdigit()) {
            pattern.push_str("[0-9A-Fa-f]+");
        } else if word.len() >= NUMBER_DIGITS && word.chars().all(|c| c.is_ascii_digit()) {
            pattern.push_str("[0-9]+");
        } else {
            if !first.is_alphanumeric() && first != '_' {
                pattern.push('\\');
            }
            pattern.push_str(word);
        }
        rest = after;
    }
    pattern.push('$');
    pattern
}

#[test]
fn ids_become_patterns_and_all_else_stays() {
    let id = "01a202a7f3c87342bf6a58cc6c365776";
    assert_eq!(
        pattern(&format!(
            "PUT 'x.gz' @~/t/{id}/a_12 \"SWEEP_00012\" (38) '2026-11-25T19:55:01.123' 5-T"
        )),
        "^PUT\\ \\'x\\.gz\\'\\ \\@\\~\\/t\\/[0-9A-Fa-f]+\\/a_12\\ \\\"SWEEP_[0-9]+\\\"\\ \\(38\\)\\ \\'[0-9T:.-]+\\'\\ 5\\-T$"
    );
}
