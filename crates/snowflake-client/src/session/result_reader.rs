//! From the reply of a finished statement to its rows, the parts that are stored elsewhere included.

use serde_json::value::RawValue;

use crate::call::{self, ServerReply};
use crate::error::{Error, ErrorKind};
use crate::result_set::{ColumnDescription, ResultSet, Statistics};
use crate::session::connection::Connection;
use crate::session::executor::Finished;
use crate::wire::{QueryData, RowType};

type Rows = Vec<Vec<Option<String>>>;

impl Connection {
    /// Reads the whole result. The addresses of its parts live for a while only, the result itself for a day: when a part
    /// is refused, the result is asked for once more.
    pub(crate) async fn read_result(&self, finished: &Finished) -> Result<ResultSet, Error> {
        let doing = finished.kind.as_str();
        let mut data = parsed(doing, finished.data.as_deref())?;
        let rows = match self.all_rows(doing, &mut data).await {
            Err(refused) if refused.kind() == ErrorKind::Storage => {
                log::info!("{refused}; asking for the result again");
                data = self.result_again(doing, data.query_id.as_deref(), refused).await?;
                self.all_rows(doing, &mut data).await?
            }
            outcome => outcome?,
        };
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

    /// The rows in the reply, and those of the parts that are stored elsewhere.
    async fn all_rows(&self, doing: &str, data: &mut QueryData) -> Result<Rows, Error> {
        let mut rows = data.rowset.take().unwrap_or_default();
        let headers = call::chunk_headers(data.chunk_headers.as_ref(), data.qrmk.as_deref());
        for chunk in data.chunks.iter().flatten() {
            let more = call::fetch_chunk(&self.endpoint, doing, &chunk.url, &headers).await?;
            if u64::try_from(more.len()) != Ok(chunk.row_count) {
                let problem = "a result chunk has not as many rows as announced";
                return Err(Error::protocol(doing, problem));
            }
            rows.extend(more);
        }
        Ok(rows)
    }

    /// The result of a finished statement by its id. `refused` comes back when there is no id.
    async fn result_again(&self, doing: &str, query_id: Option<&str>, refused: Error) -> Result<QueryData, Error> {
        let is_id = |id: &&str| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let Some(id) = query_id.filter(is_id) else {
            return Err(refused);
        };
        let mut url = self.endpoint.base_url.clone();
        url.set_path(&format!("/queries/{id}/result"));
        let token = self.tokens.session();
        let reply = match call::poll(&self.endpoint, &token, doing, &url).await? {
            ServerReply::TokenExpired => {
                self.tokens.renew(&self.endpoint, &token).await?;
                call::poll(&self.endpoint, &self.tokens.session(), doing, &url).await?
            }
            reply => reply,
        };
        match reply {
            ServerReply::Done(data) => parsed(doing, data.as_deref()),
            ServerReply::Refused(refusal) => Err(refusal.of_statement(doing)),
            ServerReply::Running(_) | ServerReply::TokenExpired => Err(refused),
        }
    }
}

fn parsed(doing: &str, data: Option<&RawValue>) -> Result<QueryData, Error> {
    let Some(data) = data else {
        return Ok(QueryData::default());
    };
    let data: QueryData = call::parsed(doing, Some(data))?;
    if let Some(format) = data.query_result_format.as_deref().filter(|format| *format != "json") {
        let problem = format!("the result comes as {} and not as JSON", printable(format));
        return Err(Error::protocol(doing, &problem)
            .with_hint("this client reads JSON results only; no session parameter may ask for another format"));
    }
    Ok(data)
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
