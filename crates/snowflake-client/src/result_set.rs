//! The rows of a finished statement, as text cells in Snowflake's JSON encoding. For small results: all in memory.

/// A finished statement's rows.
#[derive(Debug, Clone, Default)]
pub struct ResultSet {
    /// Snowflake's id of the statement, for its query history.
    pub query_id: String,
    /// One per column, in order.
    pub columns: Vec<ColumnDescription>,
    /// Cells as Snowflake encodes them in JSON (`NUMBER` in decimal digits, `BOOLEAN` as `0`/`1`, `DATE` as days since
    /// 1970, timestamps as seconds with a fraction, `VARIANT` as JSON text); SQL NULL is `None`.
    pub rows: Vec<Vec<Option<String>>>,
    /// Row counts of a changing statement.
    pub statistics: Statistics,
}

/// What a column is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnDescription {
    /// Name without quotes.
    pub name: String,
    /// Snowflake's word on the wire: `fixed`, `real`, `text`, `boolean`, `date`, `time`, `timestamp_ntz`, `variant`, …
    pub type_name: String,
    /// Characters of a text column.
    pub length: Option<u64>,
    /// Digits of a number.
    pub precision: Option<u32>,
    /// Digits after the point of a number, fractional digits of a time.
    pub scale: Option<u32>,
    /// NULL is possible.
    pub nullable: bool,
}

/// Row counts of a changing statement; zero when the server gave none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Rows inserted.
    pub rows_inserted: u64,
    /// Rows updated.
    pub rows_updated: u64,
    /// Rows deleted.
    pub rows_deleted: u64,
    /// Rows that several source rows wanted to change.
    pub rows_duplicate: u64,
}

impl ResultSet {
    /// Position of a column. The exact name wins, else one that differs only in ASCII case (`SHOW` and COPY answer in
    /// lower case, `information_schema` in upper case).
    pub fn column_index(&self, name: &str) -> Option<usize> {
        let position = |same: &dyn Fn(&str) -> bool| self.columns.iter().position(|column| same(&column.name));
        position(&|candidate| candidate == name).or_else(|| position(&|candidate| candidate.eq_ignore_ascii_case(name)))
    }

    /// The rows with look-up by column name.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|cells| Row {
            result_set: self,
            cells,
        })
    }

    /// The cell of the first row in the first column: of `SELECT COUNT(*)` and its like.
    pub fn single(&self) -> Option<&str> {
        self.rows.first()?.first()?.as_deref()
    }
}

/// One row of a [`ResultSet`].
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    result_set: &'a ResultSet,
    cells: &'a [Option<String>],
}

impl<'a> Row<'a> {
    /// The cell of a column by [`ResultSet::column_index`]; `None` for SQL NULL and for a column that does not exist.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.cells.get(self.result_set.column_index(name)?)?.as_deref()
    }

    /// All cells in order.
    pub fn cells(&self) -> &'a [Option<String>] {
        self.cells
    }
}
