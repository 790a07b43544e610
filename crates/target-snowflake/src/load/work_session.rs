//! A session while it works for one stream: every statement carries the stream's query tag. Not for which session it is.

use std::ops::Deref;

use serde_json::Value;
use snowflake_client::{Session, StatementOptions};

use super::table_name::Table;

/// A session with what its statements have in common.
#[derive(Debug)]
pub(crate) struct WorkSession {
    session: Session,
    options: StatementOptions,
}

impl WorkSession {
    /// Statements with this QUERY_TAG, or with the session's own.
    pub(crate) fn new(session: &Session, tag: Option<String>) -> Self {
        let mut options = StatementOptions::default();
        if let Some(tag) = tag {
            options.parameters.insert("QUERY_TAG".to_owned(), Value::from(tag));
        }
        Self {
            session: session.clone(),
            options,
        }
    }

    /// What goes with every statement.
    pub(crate) fn options(&self) -> &StatementOptions {
        &self.options
    }
}

impl Deref for WorkSession {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

/// Snowflake's limit for a query tag, in characters.
const MAXIMUM_TAG_CHARACTERS: usize = 2000;

/// Fills a tag's tokens in. Names stand as they are in the database, without quotes; a token that is not known stays.
pub(crate) fn query_tag(template: &str, stream: &str, table: &Table, run: &str) -> String {
    let filled = [
        ("{{database}}", table.database.as_str()),
        ("{{schema}}", table.schema.as_str()),
        ("{{table}}", table.name.name().as_str()),
        ("{{stream}}", stream),
        ("{{run}}", run),
    ]
    .iter()
    .fold(template.to_owned(), |tag, (token, value)| tag.replace(token, value));
    filled.chars().take(MAXIMUM_TAG_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::TablePlace;

    #[test]
    fn tokens_are_filled_in() {
        let place = TablePlace {
            schema: "S C".to_owned(),
            table: "T".to_owned(),
        };
        let table = Table::new("s", "DB", &place).unwrap();
        assert_eq!(
            query_tag(
                "{{database}}.{{schema}}.{{table}} {{stream}} {{run}} {{other}}",
                "my-s",
                &table,
                "1"
            ),
            "DB.S C.T my-s 1 {{other}}"
        );
        assert_eq!(query_tag(&"{{table}}".repeat(2500), "s", &table, "1").len(), 2000);
    }
}
