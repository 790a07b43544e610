//! SQL text of loading a batch: the temporary table, COPY, MERGE, INSERT. Pure; when each runs is `loader.rs`.

use std::fmt::Display;

use snowflake_client::{Compression, Identifier, IdentifierProblem, Literal, QualifiedName};

use crate::columns::{ColumnKind, ROW_NUMBER_COLUMN, StreamColumns, TextLength};
use crate::config::NullKeys;

/// Bytes of all names together above which the temporary table has short ones: a MERGE has each name six times, and
/// Snowflake takes a statement of 1 MB.
const LONG_NAMES_BYTES: usize = 60_000;

/// One batch's tables and columns, ready for SQL.
#[derive(Debug)]
pub(crate) struct BatchStatements<'a> {
    target: &'a QualifiedName,
    batch: &'a QualifiedName,
    row_number: Identifier,
    columns: Vec<BatchColumn<'a>>,
    /// Columns of the table alone: NULL in every row that is merged.
    cleared: Vec<Identifier>,
    /// Positions in `columns`.
    keys: &'a [usize],
    /// The position in `columns` of what says how new a row is, if a row must never be replaced by an older one.
    newest_by: Option<usize>,
    text_length: TextLength,
}

/// A column of the user's table.
#[derive(Debug)]
struct BatchColumn<'a> {
    name: Identifier,
    /// What it is called in the temporary table: the same, as long as the statements stay short enough for it.
    staged: Identifier,
    kind: ColumnKind,
    /// What all rows of the batch have; such a column is not in the files.
    value: Option<Literal<'a>>,
}

impl<'a> BatchStatements<'a> {
    /// `target` is the user's table, `batch` the temporary one. `values` are those that all rows have, by column.
    pub(crate) fn new(
        target: &'a QualifiedName,
        batch: &'a QualifiedName,
        columns: &'a StreamColumns,
        values: &'a [(usize, String)],
    ) -> Result<Self, IdentifierProblem> {
        let names_bytes: usize = columns.columns.iter().map(|column| column.name.as_str().len()).sum();
        let named = columns.columns.iter().enumerate().map(|(position, column)| {
            let value = values.iter().find(|(of, _)| *of == position);
            let name = Identifier::new(column.name.as_str())?;
            Ok(BatchColumn {
                staged: match names_bytes > LONG_NAMES_BYTES {
                    true => Identifier::new(format!("C{position}"))?,
                    false => name.clone(),
                },
                name,
                kind: column.kind,
                value: value.map(|(_, text)| Literal::new(text)),
            })
        });
        Ok(Self {
            target,
            batch,
            row_number: Identifier::new(ROW_NUMBER_COLUMN)?,
            columns: named.collect::<Result<_, _>>()?,
            cleared: columns
                .cleared_columns
                .iter()
                .map(|name| Identifier::new(name.as_str()))
                .collect::<Result<_, _>>()?,
            keys: &columns.key_columns,
            newest_by: columns.newest_row_by,
            text_length: columns.settings.batch_text_length(),
        })
    }

    /// The temporary table: text as it stands in the files, so that COPY itself converts nothing.
    pub(crate) fn create_batch_table(&self) -> String {
        let holds = |kind: ColumnKind| match kind {
            ColumnKind::Text | ColumnKind::Variant => self.text_length.sql_type(),
            _ => TextLength::Usual.sql_type(),
        };
        let columns = joined(
            self.staged()
                .map(|BatchColumn { staged, kind, .. }| format!("{staged} {}", holds(*kind))),
        );
        format!(
            "CREATE TEMPORARY TABLE {} ({} NUMBER(38, 0), {columns})",
            self.batch, self.row_number
        )
    }

    /// The temporary table has done its work.
    pub(crate) fn drop_batch_table(&self) -> String {
        format!("DROP TABLE IF EXISTS {}", self.batch)
    }

    /// Every option is explicit: what is left out would come from somebody's stage or account. Why each is as it is:
    /// every text is quoted and NULL is nothing, so no text means NULL, no backslash escapes, no space is trimmed.
    pub(crate) fn copy(&self, source: &impl Display, files: &[&str], compression: Compression) -> String {
        let columns = joined(std::iter::once(&self.row_number).chain(self.staged().map(|column| &column.staged)));
        let files = joined(files.iter().map(|file| Literal::new(file)));
        format!(
            "COPY INTO {} ({columns}) FROM {source} FILES = ({files}) FILE_FORMAT = (TYPE = CSV COMPRESSION = {} \
             FIELD_DELIMITER = ',' RECORD_DELIMITER = '\\n' SKIP_HEADER = 0 PARSE_HEADER = FALSE \
             FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE = NONE ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () \
             EMPTY_FIELD_AS_NULL = TRUE TRIM_SPACE = FALSE SKIP_BLANK_LINES = FALSE MULTI_LINE = TRUE \
             ENCODING = 'UTF8' REPLACE_INVALID_CHARACTERS = FALSE SKIP_BYTE_ORDER_MARK = FALSE \
             ERROR_ON_COLUMN_COUNT_MISMATCH = TRUE) \
             ON_ERROR = ABORT_STATEMENT PURGE = FALSE FORCE = FALSE",
            self.batch,
            compression.sql_name()
        )
    }

    /// Rows into the table by key. Of rows with the same key the last that arrived wins, or the newest by the column that
    /// says it; then a row of the table stays when it is newer. NULL equals nothing in a join, so rows with a NULL key are
    /// added, all of them for `Append`; `Match` lets NULL equal NULL.
    pub(crate) fn merge(&self, null_keys: NullKeys) -> String {
        let keys = || self.keys.iter().filter_map(|&position| self.columns.get(position));
        let partition = joined(keys().map(cast));
        let guard = self.newest_by.and_then(|position| self.columns.get(position));
        let newer = guard.map_or_else(String::new, |guard| format!("{} DESC NULLS LAST, ", cast(guard)));
        let mut newest = format!(
            "ROW_NUMBER() OVER (PARTITION BY {partition} ORDER BY {newer}b.{} DESC) = 1",
            self.row_number
        );
        if null_keys == NullKeys::Append {
            for BatchColumn { staged, .. } in keys() {
                newest.push_str(&format!(" OR b.{staged} IS NULL"));
            }
        }
        let matched = keys()
            .map(|BatchColumn { name, staged, .. }| match null_keys {
                NullKeys::Match => format!("EQUAL_NULL(t.{name}, s.{staged})"),
                NullKeys::Fail | NullKeys::Append => format!("t.{name} = s.{staged}"),
            })
            .collect::<Vec<_>>()
            .join(" AND ");
        let is_key = |position: &usize| self.keys.contains(position);
        let updates = self
            .columns
            .iter()
            .enumerate()
            .filter(|(position, _)| !is_key(position));
        let updates = updates.map(|(_, BatchColumn { name, staged, .. })| format!("{name} = s.{staged}"));
        let cleared = self.cleared.iter().map(|name| format!("{name} = NULL"));
        let updates = joined(updates.chain(cleared));
        let unless_older = guard.map_or_else(String::new, |BatchColumn { name, staged, .. }| {
            format!(" AND (t.{name} IS NULL OR s.{staged} >= t.{name})")
        });
        let update = if updates.is_empty() {
            updates
        } else {
            format!(" WHEN MATCHED{unless_older} THEN UPDATE SET {updates}")
        };
        format!(
            "MERGE INTO {} AS t USING (SELECT {} FROM {} AS b QUALIFY {newest}) AS s ON {matched}{update} \
             WHEN NOT MATCHED THEN INSERT ({}) VALUES ({})",
            self.target,
            self.select_list(),
            self.batch,
            joined(self.names()),
            joined(self.columns.iter().map(|column| format!("s.{}", column.staged))),
        )
    }

    /// Rows into the table, all of them, in order of arrival.
    pub(crate) fn insert(&self) -> String {
        format!(
            "INSERT INTO {} ({}) SELECT {} FROM {} AS b ORDER BY b.{}",
            self.target,
            joined(self.names()),
            self.select_list(),
            self.batch,
            self.row_number
        )
    }

    fn names(&self) -> impl Iterator<Item = &Identifier> {
        self.columns.iter().map(|column| &column.name)
    }

    /// The columns that the files have.
    fn staged(&self) -> impl Iterator<Item = &BatchColumn<'a>> {
        self.columns.iter().filter(|column| column.value.is_none())
    }

    fn select_list(&self) -> String {
        joined(
            self.columns
                .iter()
                .map(|column| format!("{} AS {}", cast(column), column.staged)),
        )
    }
}

/// A batch column, or the value of all rows, as the kind it gets. Casts are repeated rather than named: in SQL a name could mean either column.
fn cast(
    BatchColumn {
        staged, kind, value, ..
    }: &BatchColumn<'_>,
) -> String {
    match value {
        Some(value) => kind.cast(value),
        None => kind.cast(&format_args!("b.{staged}")),
    }
}

fn joined<T: Display>(parts: impl Iterator<Item = T>) -> String {
    parts.map(|part| part.to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
