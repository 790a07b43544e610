//! Makes a stream's table fit: looks, then creates or changes. Metadata statements only, but where a column's values must
//! be converted. What changes is decided in `table_changes.rs`.

use jiff::Timestamp;
use snowflake_client::{Error, Identifier};

use super::attempt::{Attempt, execute, run};
use super::known_tables::KnownSchema;
use super::problem::LoadProblem;
use super::shown_table::{Looked, ShownTable};
use super::table_changes::{ChangeRules, Step, TableChanges, definitions, table_changes};
use super::table_look::existed;
use super::table_name::Table;
use super::table_statements::{self, TableProperties};
use super::type_change::Conversion;
use super::work_session::WorkSession;
use crate::columns::{StreamColumns, TablePlace, column_name};
use crate::config::{LoadSettings, NullKeys};

/// A table that was found, or made.
#[derive(Debug)]
pub(crate) struct Found {
    /// Where it is: the names as they are spelled in the database.
    pub(crate) place: TablePlace,
    pub(crate) is_transient: bool,
    pub(crate) comment: String,
    /// The table as it was seen; `None` for one that was made just now, so that it is as the stream wants it.
    pub(crate) seen: Option<ShownTable>,
}

impl Found {
    fn seen(place: TablePlace, table: ShownTable) -> Self {
        Self {
            place,
            is_transient: table.is_transient,
            comment: table.comment.clone(),
            seen: Some(table),
        }
    }
}

/// "Column already exists": so often the table is looked at before that is believed.
const LOOKS_LIMIT: u32 = 3;
const COLUMN_EXISTS: &str = "001430";

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

/// Makes tables fit on one session.
#[derive(Debug)]
pub(crate) struct Preparation<'a> {
    pub(crate) session: &'a WorkSession,
    pub(crate) settings: &'a LoadSettings,
    pub(crate) database: &'a str,
}

impl Preparation<'_> {
    /// The stream's table. `looked` is what was seen before; without it this looks by itself.
    pub(crate) async fn find_or_create(
        &self,
        wanted: &StreamColumns,
        looked: Option<&Looked>,
    ) -> Result<Found, Attempt> {
        let looked = match looked {
            Some(looked) => looked.clone(),
            None => self.look_again(wanted).await?,
        };
        let place = looked.place;
        if let Some(table) = looked.table {
            return Ok(Found::seen(place, table));
        }
        if let Some(found) = self.create(wanted, place.clone()).await? {
            return Ok(found);
        }
        // Somebody was faster.
        let looked = self.look_alone(wanted, place.clone()).await?;
        Ok(Found::seen(looked.place, looked.table.unwrap_or_default()))
    }

    async fn look_again(&self, wanted: &StreamColumns) -> Result<Looked, Attempt> {
        let known = KnownSchema::default();
        self.look(&known, wanted).await?;
        let nothing = || Looked {
            place: wanted.place.clone(),
            table: None,
        };
        Ok(known.take(wanted).unwrap_or_else(nothing))
    }

    /// Makes the table; `None` when it is there already.
    async fn create(&self, wanted: &StreamColumns, place: TablePlace) -> Result<Option<Found>, Attempt> {
        let stream = wanted.stream.as_str();
        let table = Table::new(stream, self.database, &place)?;
        let doing = |what: &str| format!("cannot {what} table {}", table.name);
        let options = &self.settings.tables;
        let properties = TableProperties {
            is_transient: options.transient,
            cluster_by: clustering_key(wanted, options.cluster_by.find(stream))?,
            retention_days: options.retention_days,
            comment: options.comments.then(|| format!("Singer stream {stream}")),
        };
        let create = table_statements::create_table(&table.name, &definitions(wanted, options.comments)?, &properties);
        let created = run(self.session, stream, &doing("create"), &create).await?;
        if existed(&created) {
            return Ok(None);
        }
        log::info!("stream {stream:?}: created table {}", table.name);
        for role in self.roles(stream, &place.schema)? {
            let grant = table_statements::grant_select(&table.name, &role);
            run(self.session, stream, &doing(&format!("let role {role} read")), &grant).await?;
        }
        Ok(Some(Found {
            place,
            is_transient: options.transient,
            comment: properties.comment.unwrap_or_default(),
            seen: None,
        }))
    }

    /// Adds and changes columns of a table that exists until it can take `wanted`. Looks again when the table is not as it
    /// was seen, and when somebody else added a column in between: another run, or what the server still does for a
    /// program that was killed.
    pub(crate) async fn fit(
        &self,
        place: &TablePlace,
        wanted: StreamColumns,
        seen: Option<ShownTable>,
        is_new_copy: bool,
    ) -> Result<StreamColumns, Attempt> {
        let table = Table::new(&wanted.stream, self.database, place)?;
        if let Some(seen) = seen {
            match self.fit_once(&table, wanted.clone(), &seen, is_new_copy).await {
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
            match self.fit_once(&table, wanted.clone(), &seen, is_new_copy).await {
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
        is_new_copy: bool,
    ) -> Result<StreamColumns, Unfit> {
        let stream = wanted.stream.clone();
        let doing = format!("cannot change table {}", table.name);
        let TableChanges {
            steps,
            mut columns,
            primary_key,
        } = changes(self.settings, table, wanted, seen, is_new_copy)?;
        for step in steps {
            match step {
                Step::Run(statement) => {
                    execute(self.session, &statement)
                        .await
                        .map_err(|error| Unfit::of(Attempt::failed(&stream, &doing, &error), &error))?;
                    log::info!("stream {stream:?}: {statement}");
                }
                Step::Convert(position, conversion) => {
                    let kind = self.convert(&stream, table, *conversion).await?.kind;
                    if let Some(column) = columns.columns.get_mut(position) {
                        column.kind = kind;
                    }
                }
            }
        }
        self.set_primary_key(&stream, table, &primary_key).await;
        Ok(columns)
    }

    /// Converts a column, in another way when the first would have lost something. Gives the one that was done.
    async fn convert(&self, stream: &str, table: &Table, conversion: Conversion) -> Result<Conversion, Attempt> {
        let doing = format!("cannot change a column's type in table {}", table.name);
        let mut conversion = conversion;
        loop {
            for statement in &conversion.fill {
                run(self.session, stream, &doing, statement).await?;
                log::info!("stream {stream:?}: {statement}");
            }
            if self.lost(stream, &doing, &conversion).await? {
                run(self.session, stream, &doing, &conversion.undo).await?;
                if let Some(otherwise) = conversion.otherwise {
                    conversion = *otherwise;
                    continue;
                }
            }
            for statement in &conversion.finish {
                run(self.session, stream, &doing, statement).await?;
                log::info!("stream {stream:?}: {statement}");
            }
            return Ok(conversion);
        }
    }

    async fn lost(&self, stream: &str, doing: &str, conversion: &Conversion) -> Result<bool, Attempt> {
        let (Some(count), true) = (&conversion.count_losses, conversion.otherwise.is_some()) else {
            return Ok(false);
        };
        let counted = run(self.session, stream, doing, count).await?;
        Ok(counted
            .rows()
            .next()
            .and_then(|row| row.get("LOST").map(str::to_owned))
            .as_deref()
            != Some("0"))
    }

    /// The constraint is for people who look at the table: nothing depends on it, so nothing fails by it.
    async fn set_primary_key(&self, stream: &str, table: &Table, key: &[Identifier]) {
        if key.is_empty() {
            return;
        }
        let add = table_statements::add_primary_key(&table.name, key);
        let free = key
            .iter()
            .map(|name| table_statements::drop_not_null(&table.name, name));
        for statement in std::iter::once(add).chain(free) {
            if let Err(error) = execute(self.session, &statement).await {
                let code = error.code().unwrap_or("no code");
                log::warn!("stream {stream:?}: refused with {code}, and not needed: {statement}");
                return;
            }
            log::info!("stream {stream:?}: {statement}");
        }
    }

    /// Roles as people write them: in any case, or quoted and exact.
    pub(crate) fn roles(&self, stream: &str, schema: &str) -> Result<Vec<Identifier>, LoadProblem> {
        let role = |written: &String| {
            let quoted = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let name = quoted.map_or_else(|| written.to_uppercase(), |name| name.replace("\"\"", "\""));
            Identifier::new(name).map_err(|problem| LoadProblem::from_name(stream, "role", problem))
        };
        self.settings.grants.of_schema(schema).iter().map(role).collect()
    }
}

/// What a table that was seen lacks for the stream.
pub(crate) fn changes(
    settings: &LoadSettings,
    table: &Table,
    wanted: StreamColumns,
    seen: &ShownTable,
    is_new_copy: bool,
) -> Result<TableChanges, LoadProblem> {
    let rules = ChangeRules {
        policy: settings.type_changes,
        comments: settings.tables.comments,
        frees_keys: settings.null_keys != NullKeys::Fail,
        is_new_copy,
        now: Timestamp::now(),
    };
    table_changes(&table.name, wanted, &seen.columns, &seen.primary_key, rules)
}

fn clustering_key(columns: &StreamColumns, properties: Option<&Vec<String>>) -> Result<Vec<Identifier>, LoadProblem> {
    let mut key = Vec::new();
    for property in properties.into_iter().flatten() {
        let name = column_name(property, columns.settings.identifier_case);
        let column = columns
            .columns
            .iter()
            .find(|column| column.property == *property || column.name == name);
        let column = column.ok_or_else(|| {
            let text = format!("`cluster_by` names {property:?}, which is not in the schema");
            LoadProblem::of_stream(&columns.stream, text)
        })?;
        let name = Identifier::new(column.name.as_str());
        key.push(name.map_err(|problem| LoadProblem::from_name(&columns.stream, "column", problem))?);
    }
    Ok(key)
}
