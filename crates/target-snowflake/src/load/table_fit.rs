//! Runs what makes a table that exists fit a stream: looks, changes, looks again when somebody else was faster. Metadata
//! statements only, but where a column's values must be converted. What changes is decided in `table_changes.rs`.

use jiff::Timestamp;
use snowflake_client::{Error, Identifier};

use super::attempt::{Attempt, execute, run};
use super::problem::LoadProblem;
use super::shown_table::ShownTable;
use super::table_changes::{ChangeRules, Step, TableChanges, table_changes};
use super::table_name::Table;
use super::table_preparation::Preparation;
use super::table_statements;
use super::type_change::{Conversion, Otherwise};
use crate::columns::{ColumnKind, StreamColumns, TablePlace};
use crate::config::{LoadSettings, NullKeys};

/// "Column already exists": so often the table is looked at before that is believed.
const LOOKS_LIMIT: u32 = 3;
const COLUMN_EXISTS: &str = "001430";

/// What is known of a table before its columns are looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TableTraits {
    /// It was made for this run and has no rows.
    pub(crate) is_new_copy: bool,
    /// It is one of Apache Iceberg.
    pub(crate) is_iceberg: bool,
}

/// Why a table does not fit yet.
#[derive(Debug)]
enum Unfit {
    /// It is not as it was when it was looked at.
    Overtaken(Attempt),
    Failed(Attempt),
}

impl Unfit {
    fn of(attempt: Attempt, error: &Error) -> Self {
        if error.code() == Some(COLUMN_EXISTS) {
            Self::Overtaken(attempt)
        } else {
            Self::Failed(attempt)
        }
    }
}

impl From<Attempt> for Unfit {
    fn from(attempt: Attempt) -> Self {
        Self::Failed(attempt)
    }
}

impl From<LoadProblem> for Unfit {
    fn from(problem: LoadProblem) -> Self {
        Self::Failed(problem.into())
    }
}

impl Preparation<'_> {
    /// Adds and changes columns of a table that exists until it can take `wanted`. Looks again when the table is not as it
    /// was seen, and when somebody else added a column in between: another run, or what the server still does for a
    /// program that was killed.
    pub(crate) async fn fit(
        &self,
        place: &TablePlace,
        wanted: StreamColumns,
        seen: Option<ShownTable>,
        traits: TableTraits,
    ) -> Result<StreamColumns, Attempt> {
        let table = Table::new(&wanted.stream, self.database, place)?;
        if let Some(seen) = seen {
            match self.fit_once(&table, wanted.clone(), &seen, traits).await {
                Ok(columns) => return Ok(columns),
                // It may have been seen minutes ago, before others changed it.
                Err(Unfit::Overtaken(_) | Unfit::Failed(Attempt::Refused(_))) => {}
                Err(Unfit::Failed(attempt)) => return Err(attempt),
            }
        }
        let mut looks = 0;
        loop {
            looks += 1;
            let seen = self.with_columns(&wanted, place, ShownTable::default()).await?;
            match self.fit_once(&table, wanted.clone(), &seen, traits).await {
                Err(Unfit::Overtaken(_)) if looks < LOOKS_LIMIT => {
                    log::info!("stream {:?}: a column came in between, looking again", wanted.stream);
                }
                Err(Unfit::Overtaken(attempt) | Unfit::Failed(attempt)) => return Err(attempt),
                Ok(columns) => return Ok(columns),
            }
        }
    }

    async fn fit_once(
        &self,
        table: &Table,
        wanted: StreamColumns,
        seen: &ShownTable,
        traits: TableTraits,
    ) -> Result<StreamColumns, Unfit> {
        let stream = wanted.stream.clone();
        let changes = changes(self.settings, table, wanted, seen, traits)?;
        let TableChanges {
            steps,
            mut columns,
            primary_key,
        } = changes;
        for step in steps {
            match step {
                Step::Run(statement) => {
                    let doing = format!("cannot change table {}", table.name);
                    execute(self.session, &statement)
                        .await
                        .map_err(|error| Unfit::of(Attempt::failed(&stream, &doing, &error), &error))?;
                    log::info!("stream {stream:?}: {statement}");
                }
                Step::Convert(position, conversion) => {
                    let kind = self.convert(&stream, table, *conversion).await?;
                    if let Some(column) = columns.columns.get_mut(position) {
                        column.adopt(kind);
                    }
                }
                Step::Wish(statement) => self.wish(&stream, &statement).await,
            }
        }
        self.set_primary_key(&stream, table, &primary_key).await;
        Ok(columns)
    }

    /// Converts a column, in another way when one would have lost something. Gives the kind that the column is then.
    async fn convert(&self, stream: &str, table: &Table, conversion: Conversion) -> Result<ColumnKind, Attempt> {
        let doing = format!("cannot change a column's type in table {}", table.name);
        let mut conversion = conversion;
        loop {
            if self
                .counts_none(stream, &doing, conversion.count_misfits.as_ref())
                .await?
            {
                self.run_all(stream, &doing, &conversion.fill).await?;
                if self
                    .counts_none(stream, &doing, conversion.count_losses.as_ref())
                    .await?
                {
                    self.run_all(stream, &doing, &conversion.finish).await?;
                    return Ok(conversion.kind);
                }
                run(self.session, stream, &doing, &conversion.undo).await?;
            }
            conversion = match conversion.otherwise {
                Otherwise::Convert(next) => *next,
                Otherwise::Keep(kind) => return Ok(kind),
                Otherwise::Refuse(problem) => return Err(problem.into()),
            };
        }
    }

    async fn run_all(&self, stream: &str, doing: &str, statements: &[String]) -> Result<(), Attempt> {
        for statement in statements {
            run(self.session, stream, doing, statement).await?;
            log::info!("stream {stream:?}: {statement}");
        }
        Ok(())
    }

    /// Whether the counting statement, if there is one, finds no row.
    async fn counts_none(&self, stream: &str, doing: &str, count: Option<&String>) -> Result<bool, Attempt> {
        let Some(count) = count else { return Ok(true) };
        let counted = run(self.session, stream, doing, count).await?;
        let lost = counted.rows().next().and_then(|row| row.get("LOST").map(str::to_owned));
        Ok(lost.as_deref() == Some("0"))
    }

    /// The constraint is for people who look at the table: nothing depends on it, so nothing fails by it.
    async fn set_primary_key(&self, stream: &str, table: &Table, key: &[Identifier]) {
        if key.is_empty() {
            return;
        }
        self.wish(stream, &table_statements::add_primary_key(&table.name, key))
            .await;
        for name in key {
            self.wish(stream, &table_statements::drop_not_null(&table.name, name))
                .await;
        }
    }

    /// Runs a statement without which rows are loaded all the same.
    async fn wish(&self, stream: &str, statement: &str) {
        match execute(self.session, statement).await {
            Ok(_) => log::info!("stream {stream:?}: {statement}"),
            Err(error) => {
                let code = error.code().unwrap_or("no code");
                log::warn!("stream {stream:?}: refused with {code}, and not needed: {statement}");
            }
        }
    }
}

/// What a table that was seen lacks for the stream.
pub(crate) fn changes(
    settings: &LoadSettings,
    table: &Table,
    wanted: StreamColumns,
    seen: &ShownTable,
    traits: TableTraits,
) -> Result<TableChanges, LoadProblem> {
    let rules = ChangeRules {
        policy: settings.type_changes,
        comments: settings.tables.comments,
        frees_keys: settings.null_keys != NullKeys::Fail,
        is_new_copy: traits.is_new_copy,
        is_iceberg: traits.is_iceberg,
        now: Timestamp::now(),
    };
    table_changes(&table.name, wanted, &seen.columns, &seen.primary_key, rules)
}
