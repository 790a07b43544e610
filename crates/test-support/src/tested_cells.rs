//! Tables of the architecture page that say what tests run: a test fills its table in while it runs and compares it at
//! the end, so that no cell is there that was not run. `UPDATE_GENERATED_FILES=1` writes them anew.
#![expect(clippy::panic, reason = "a page that cannot be read is the end of the test")]

use std::fmt::Write;

use crate::local_snowflake::workspace_root;

const PAGE: &str = "crates/README.md";

/// A table in the making.
#[derive(Debug)]
pub struct TestedCells {
    name: &'static str,
    columns: Vec<String>,
    rows: Vec<(String, Vec<Vec<String>>)>,
}

impl TestedCells {
    /// A table without rows, between `<!-- tested: NAME -->` and `<!-- end -->`.
    #[must_use]
    pub fn new(name: &'static str, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        Self {
            name,
            columns,
            rows: Vec::new(),
        }
    }

    /// Notes what was run in a cell.
    ///
    /// # Panics
    /// When there is no such column.
    pub fn ran(&mut self, row: &str, column: &str, what: &str) {
        let Some(column) = self.columns.iter().position(|known| known == column) else {
            panic!("no column {column:?}");
        };
        let place = self.rows.iter().position(|(known, _)| known == row);
        let place = place.unwrap_or_else(|| {
            self.rows.push((row.to_owned(), vec![Vec::new(); self.columns.len()]));
            self.rows.len() - 1
        });
        let cell = self.rows.get_mut(place).and_then(|(_, cells)| cells.get_mut(column));
        if let Some(cell) = cell.filter(|cell| !cell.iter().any(|known| known == what)) {
            cell.push(what.to_owned());
        }
    }

    /// The page has this table.
    ///
    /// # Panics
    /// When it has another, or a cell was not run.
    pub fn check(&self) {
        for (row, cells) in &self.rows {
            for (column, cell) in self.columns.iter().zip(cells) {
                assert!(
                    !cell.is_empty(),
                    "nothing ran for {row} × {column}: why? say it in the cell"
                );
            }
        }
        let path = workspace_root().join(PAGE);
        let page = std::fs::read_to_string(&path).unwrap_or_else(|problem| panic!("{PAGE}: {problem}"));
        let (begin, end) = (format!("<!-- tested: {} -->\n", self.name), "\n<!-- end -->");
        let around = page
            .split_once(&begin)
            .and_then(|(before, rest)| Some((before, rest.split_once(end)?)));
        let Some((before, (found, after))) = around else {
            panic!("{PAGE} has no {}", begin.trim_end());
        };
        let table = self.to_markdown();
        if std::env::var_os("UPDATE_GENERATED_FILES").is_some() {
            let written = std::fs::write(&path, format!("{before}{begin}{table}{end}{after}"));
            written.unwrap_or_else(|problem| panic!("{PAGE}: {problem}"));
            return;
        }
        assert!(
            found == table,
            "{PAGE} does not say what was run; this was (UPDATE_GENERATED_FILES=1 writes it):\n{table}"
        );
    }

    fn to_markdown(&self) -> String {
        let mut text = format!(
            "| | {} |\n|---|{}",
            self.columns.join(" | "),
            "---|".repeat(self.columns.len())
        );
        for (row, cells) in &self.rows {
            let cells: Vec<String> = cells.iter().map(|cell| cell.join(", ")).collect();
            // Writing to a String cannot fail.
            let _always = write!(text, "\n| {row} | {} |", cells.join(" | "));
        }
        text
    }
}
