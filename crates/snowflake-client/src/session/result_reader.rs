//! From the reply of a finished statement to its rows, the parts that are stored elsewhere included.

use crate::call;
use crate::error::Error;
use crate::result_set::{ColumnDescription, ResultSet, Statistics};
use crate::session::connection::Connection;
use crate::session::executor::Finished;
use crate::wire::{QueryData, RowType};

impl Connection {
    /// Reads the whole result.
    pub(crate) async fn read_result(&self, finished: &Finished) -> Result<ResultSet, Error> {
        let doing = finished.kind.as_str();
        let data: QueryData = match &finished.data {
            Some(data) => call::parsed(doing, Some(data))?,
            None => QueryData::default(),
        };
        if let Some(format) = data.query_result_format.as_deref().filter(|format| *format != "json") {
            let problem = format!("the result comes as {} and not as JSON", printable(format));
            return Err(Error::protocol(doing, &problem)
                .with_hint("this client reads JSON results only; no session parameter may ask for another format"));
        }
        let mut rows = data.rowset.unwrap_or_default();
        let headers = call::chunk_headers(data.chunk_headers.as_ref(), data.qrmk.as_deref());
        for chunk in data.chunks.unwrap_or_default() {
            let more = call::fetch_chunk(&self.endpoint, doing, &chunk.url, &headers).await?;
            if u64::try_from(more.len()) != Ok(chunk.row_count) {
                return Err(Error::protocol(
                    doing,
                    "a result chunk has not as many rows as announced",
                ));
            }
            rows.extend(more);
        }
        let stats = data.stats.unwrap_or_default();
        Ok(ResultSet {
            query_id: data.query_id.unwrap_or_default(),
            columns: data.rowtype.unwrap_or_default().into_iter().map(description).collect(),
            rows,
            statistics: Statistics {
                rows_inserted: stats.num_rows_inserted.unwrap_or_default(),
                rows_updated: stats.num_rows_updated.unwrap_or_default(),
                rows_deleted: stats.num_rows_deleted.unwrap_or_default(),
                rows_duplicate: stats.num_dml_duplicates.unwrap_or_default(),
            },
        })
    }
}

fn description(column: RowType) -> ColumnDescription {
    ColumnDescription {
        name: column.name,
        type_name: column.type_name.to_ascii_lowercase(),
        length: column.length,
        precision: column.precision,
        scale: column.scale,
        nullable: column.nullable.unwrap_or(true),
    }
}

/// A word of the server in a message: a few plain characters.
fn printable(word: &str) -> String {
    word.chars()
        .filter(|character| character.is_ascii_alphanumeric())
        .take(20)
        .collect()
}
