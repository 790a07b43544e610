//! What to call a statement in messages: its first keywords, never its text, which holds names and values.

const WORDS: [&str; 47] = [
    "ALTER",
    "BEGIN",
    "CALL",
    "COMMIT",
    "COPY",
    "CREATE",
    "DATABASE",
    "DELETE",
    "DESC",
    "DESCRIBE",
    "DROP",
    "EXECUTE",
    "FROM",
    "GET",
    "GRANT",
    "INSERT",
    "INTO",
    "LIST",
    "LS",
    "MERGE",
    "OR",
    "PUT",
    "REMOVE",
    "REPLACE",
    "REVOKE",
    "RM",
    "ROLLBACK",
    "SCHEMA",
    "SELECT",
    "SESSION",
    "SET",
    "SHOW",
    "STAGE",
    "START",
    "TABLE",
    "TABLES",
    "COLUMNS",
    "SCHEMAS",
    "TEMPORARY",
    "TRANSACTION",
    "TRANSIENT",
    "TRUNCATE",
    "UNSET",
    "UPDATE",
    "USE",
    "WAREHOUSE",
    "WITH",
];

/// Up to four leading keywords in upper case, such as `CREATE TEMPORARY TABLE`; `statement` when there are none.
pub(crate) fn statement_kind(sql: &str) -> String {
    let keywords: Vec<String> = sql
        .split_whitespace()
        .map(|word| word.trim_end_matches(';').to_ascii_uppercase())
        .take_while(|word| WORDS.contains(&word.as_str()))
        .take(4)
        .collect();
    if keywords.is_empty() {
        "statement".to_owned()
    } else {
        keywords.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_leading_keywords_are_shown() {
        assert_eq!(statement_kind("copy into \"SECRET\" from @~"), "COPY INTO");
        assert_eq!(
            statement_kind("  CREATE OR REPLACE TEMPORARY TABLE set"),
            "CREATE OR REPLACE TEMPORARY"
        );
        assert_eq!(statement_kind("COMMIT;"), "COMMIT");
        assert_eq!(statement_kind("'x'"), "statement");
    }
}
