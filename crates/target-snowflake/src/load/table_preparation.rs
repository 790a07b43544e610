//! Makes a stream's table fit: looks, then creates or changes. Metadata statements only, but where a column's values must
//! be converted. What changes is decided in `table_changes.rs`.

use std::collections::HashMap;

use jiff::Timestamp;
use snowflake_client::{Error, Identifier, ResultSet};
use tokio::sync::Mutex;

use super::attempt::{Attempt, execute, run};
use super::problem::LoadProblem;
use super::table_changes::{ChangeRules, Step, TableChanges, definitions, table_changes};
use super::table_name::Table;
use super::table_statements::{self, TableProperties};
use super::type_change::Conversion;
use super::work_session::WorkSession;
use crate::columns::{IdentifierCase, StreamColumns, TablePlace, column_name};
use crate::config::{LoadSettings, NullKeys};

/// Schemas that are known to exist, by the name that was looked for, so that each is looked for once in a run.
#[derive(Debug, Default)]
pub(crate) struct KnownSchemas(Mutex<HashMap<String, String>>);

/// A table that was found, or made.
#[derive(Debug)]
pub(crate) struct Found {
    /// Where it is: the names as they are spelled in the database.
    pub(crate) place: TablePlace,
    pub(crate) is_transient: bool,
    pub(crate) comment: String,
    /// It was made just now, so it is as the stream wants it.
    pub(crate) is_new: bool,
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
    pub(crate) schemas: &'a KnownSchemas,
    pub(crate) settings: &'a LoadSettings,
    pub(crate) database: &'a str,
}

impl Preparation<'_> {
    /// Looks before it creates: a role without the right to create is enough when everything exists.
    pub(crate) async fn find_or_create(&self, wanted: &StreamColumns) -> Result<Found, Attempt> {
        let stream = wanted.stream.as_str();
        let mut place = wanted.place.clone();
        let minds_case = wanted.settings.identifier_case == IdentifierCase::Preserve;
        place.schema = self.schema(stream, &place, minds_case).await?;
        let table = Table::new(stream, self.database, &place)?;
        let doing = |what: &str| format!("cannot {what} table {}", table.name);
        let look = table_statements::show_tables(&table.schema_name(), table.name.name());
        let shown = run(self.session, stream, &doing("look for"), &look).await?;
        if let Some(name) = found_name(&shown, &place.table, minds_case) {
            let is_it = |row: &snowflake_client::Row<'_>| row.get("name") == Some(name.as_str());
            let cell = |column: &str| {
                let row = shown.rows().find(is_it);
                row.and_then(|row| row.get(column).map(str::to_owned))
                    .unwrap_or_default()
            };
            let (is_transient, comment) = (cell("kind") == "TRANSIENT", cell("comment"));
            place.table = name;
            return Ok(Found {
                place,
                is_transient,
                comment,
                is_new: false,
            });
        }
        let options = &self.settings.tables;
        let properties = TableProperties {
            is_transient: options.transient,
            cluster_by: clustering_key(wanted, options.cluster_by.find(stream))?,
            retention_days: options.retention_days,
            comment: options.comments.then(|| format!("Singer stream {stream}")),
        };
        let create = table_statements::create_table(&table.name, &definitions(wanted, options.comments)?, &properties);
        run(self.session, stream, &doing("create"), &create).await?;
        log::info!("stream {stream:?}: created table {}", table.name);
        for role in self.roles(stream, &place.schema)? {
            let grant = table_statements::grant_select(&table.name, &role);
            run(self.session, stream, &doing(&format!("let role {role} read")), &grant).await?;
        }
        Ok(Found {
            place,
            comment: properties.comment.unwrap_or_default(),
            is_transient: options.transient,
            is_new: true,
        })
    }

    /// Adds and changes columns of a table that exists until it can take `wanted`. Looks again when somebody else added
    /// a column in between: another run, or what the server still does for a program that was killed.
    pub(crate) async fn fit(
        &self,
        table: &Table,
        wanted: StreamColumns,
        is_new_copy: bool,
    ) -> Result<StreamColumns, Attempt> {
        let mut looks = 0;
        loop {
            looks += 1;
            match self.fit_once(table, wanted.clone(), is_new_copy).await {
                Err(Unfit::Overtaken(_)) if looks < LOOKS_LIMIT => {
                    log::info!("stream {:?}: a column came in between, looking again", wanted.stream);
                }
                Err(Unfit::Overtaken(attempt) | Unfit::Failed(attempt)) => return Err(attempt),
                Ok(columns) => return Ok(columns),
            }
        }
    }

    async fn fit_once(&self, table: &Table, wanted: StreamColumns, is_new_copy: bool) -> Result<StreamColumns, Unfit> {
        let stream = wanted.stream.clone();
        let doing = |what: &str| format!("cannot {what} table {}", table.name);
        let look = table_statements::show_columns(&table.name);
        let shown = run(self.session, &stream, &doing("read the columns of"), &look).await?;
        let look = table_statements::show_primary_keys(&table.name);
        let keys = run(self.session, &stream, &doing("read the primary key of"), &look).await?;
        let keys: Vec<String> = keys
            .rows()
            .filter_map(|row| row.get("column_name").map(str::to_owned))
            .collect();
        let rules = ChangeRules {
            policy: self.settings.type_changes,
            comments: self.settings.tables.comments,
            frees_keys: self.settings.null_keys != NullKeys::Fail,
            is_new_copy,
            now: Timestamp::now(),
        };
        let TableChanges {
            steps,
            mut columns,
            primary_key,
        } = table_changes(&table.name, wanted, &shown, &keys, rules)?;
        for step in steps {
            match step {
                Step::Run(statement) => {
                    execute(self.session, &statement)
                        .await
                        .map_err(|error| Unfit::of(Attempt::failed(&stream, &doing("change"), &error), &error))?;
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

    async fn schema(&self, stream: &str, place: &TablePlace, minds_case: bool) -> Result<String, Attempt> {
        // Held over the statements: lanes of the same schema wait for the first of them instead of all looking.
        let mut known = self.schemas.0.lock().await;
        if let Some(name) = known.get(&place.schema) {
            return Ok(name.clone());
        }
        let table = Table::new(stream, self.database, place)?;
        let look = table_statements::show_schemas(&table.database, &table.schema);
        let shown = run(self.session, stream, "cannot list schemas", &look).await?;
        let found = found_name(&shown, &place.schema, minds_case);
        if found.is_none() {
            let doing = format!("schema {} does not exist and cannot be created", table.schema);
            let create = table_statements::create_schema(&table.schema_name());
            run(self.session, stream, &doing, &create).await?;
            for role in self.roles(stream, &place.schema)? {
                let doing = format!("cannot let role {role} use schema {}", table.schema);
                let grant = table_statements::grant_usage(&table.schema_name(), &role);
                run(self.session, stream, &doing, &grant).await?;
            }
        }
        let name = found.unwrap_or_else(|| place.schema.clone());
        known.insert(place.schema.clone(), name.clone());
        Ok(name)
    }

    /// Roles as people write them: in any case, or quoted and exact.
    fn roles(&self, stream: &str, schema: &str) -> Result<Vec<Identifier>, LoadProblem> {
        let role = |written: &String| {
            let quoted = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let name = quoted.map_or_else(|| written.to_uppercase(), |name| name.replace("\"\"", "\""));
            Identifier::new(name).map_err(|problem| LoadProblem::from_name(stream, "role", problem))
        };
        self.settings.grants.of_schema(schema).iter().map(role).collect()
    }
}

/// The object of this name; of another case too, if there is only one and cases are not the user's own.
fn found_name(shown: &ResultSet, name: &str, minds_case: bool) -> Option<String> {
    let names = || shown.rows().filter_map(|row| row.get("name").map(str::to_owned));
    if let Some(exact) = names().find(|found| found == name) {
        return Some(exact);
    }
    let upper = name.to_uppercase();
    let mut alike = names().filter(|found| found.to_uppercase() == upper);
    let first = alike.next().filter(|_| !minds_case)?;
    alike.next().is_none().then_some(first)
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
