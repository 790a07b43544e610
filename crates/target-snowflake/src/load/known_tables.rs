//! What a run knows of the tables in each schema, so that many streams cost few statements: the first table is looked at
//! alone, the second look lists the whole schema for all that follow. Asking is `table_look.rs`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use snowflake_client::ResultSet;

use super::shown_table::{Looked, RowsByTable, found_name, key_columns, shown_table};
use crate::columns::{IdentifierCase, StreamColumns, TablePlace};

/// A list that is older is made anew: what others change in the meantime is then seen.
const LIST_AGE_LIMIT: Duration = Duration::from_secs(600);

/// All schemas, by the name that was looked for.
#[derive(Debug, Default)]
pub(crate) struct KnownTables(Mutex<HashMap<String, Arc<KnownSchema>>>);

impl KnownTables {
    /// One schema.
    pub(crate) fn schema(&self, name: &str) -> Arc<KnownSchema> {
        let mut schemas = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(schemas.entry(name.to_owned()).or_default())
    }
}

/// One schema. Nothing is known of it at first.
#[derive(Debug, Default)]
pub(crate) struct KnownSchema {
    /// Held by the lane that looks: the others wait for what it finds instead of asking too, without a session.
    pub(crate) turn: tokio::sync::Mutex<()>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The schema's name as it is spelled in the database, once it is there.
    name: Option<String>,
    /// The table that was looked at alone.
    first: Option<String>,
    list: Option<TableList>,
    /// The schema has more tables than are worth a list.
    is_too_large: bool,
    /// What was found for a stream and not fetched yet.
    found: Option<Looked>,
}

/// The tables of a schema. Each is told of once: after that the run may have changed it.
#[derive(Debug)]
pub(crate) struct TableList {
    made: Instant,
    tables: ResultSet,
    told: Vec<String>,
    details: Option<TableDetails>,
}

/// The columns and primary keys of all tables of a schema.
#[derive(Debug)]
pub(crate) struct TableDetails {
    pub(crate) columns: RowsByTable,
    pub(crate) primary_keys: RowsByTable,
}

/// What has to be asked about a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// Nothing: the answer is there.
    Nothing,
    /// About this table alone.
    Table,
    /// About its columns: that it is there is known.
    Columns,
    /// Which tables the schema has.
    List,
    /// About the columns of all tables.
    Details,
}

impl KnownSchema {
    /// The schema's name as it is spelled in the database, if it is known to be there.
    pub(crate) fn name(&self) -> Option<String> {
        self.lock().name.clone()
    }

    /// The schema is there.
    pub(crate) fn set_name(&self, name: &str) {
        self.lock().name = Some(name.to_owned());
    }

    /// What must be asked to know about the stream's table.
    pub(crate) fn question(&self, wanted: &StreamColumns) -> Question {
        let mut known = self.lock();
        if known.found.is_some() {
            return Question::Nothing;
        }
        let table = wanted.place.table.as_str();
        if known
            .list
            .as_ref()
            .is_some_and(|list| list.made.elapsed() > LIST_AGE_LIMIT)
        {
            known.list = None;
        }
        let Some(list) = &known.list else {
            let is_alone = known.first.as_deref().is_none_or(|first| first == table);
            return if known.is_too_large || is_alone {
                Question::Table
            } else {
                Question::List
            };
        };
        match found_name(&list.tables, table, minds_case(wanted)) {
            // It is not there, unless this run made it after the list.
            None if list.told.iter().any(|told| told == table) => Question::Table,
            None => Question::Nothing,
            Some(name) if list.told.contains(&name) => Question::Table,
            Some(_) => match &list.details {
                Some(_) => Question::Nothing,
                None if known.is_too_large => Question::Columns,
                None => Question::Details,
            },
        }
    }

    /// Notes the first table that was looked at alone.
    pub(crate) fn looked_at(&self, looked: Looked, wanted: &StreamColumns) {
        let mut known = self.lock();
        known.first.get_or_insert_with(|| wanted.place.table.clone());
        known.found = Some(looked);
    }

    /// Notes the list of tables; `None` when there are too many.
    pub(crate) fn listed(&self, tables: Option<ResultSet>) {
        let mut known = self.lock();
        known.is_too_large |= tables.is_none();
        known.list = tables.map(|tables| TableList {
            made: Instant::now(),
            tables,
            told: Vec::new(),
            details: None,
        });
    }

    /// Notes the columns and keys of the listed tables; `None` when there are too many.
    pub(crate) fn detailed(&self, details: Option<TableDetails>) {
        let mut known = self.lock();
        known.is_too_large |= details.is_none();
        if let Some(list) = &mut known.list {
            list.details = details;
        }
    }

    /// What is known of a listed table but for its columns.
    pub(crate) fn listed_table(&self, wanted: &StreamColumns) -> Option<Looked> {
        let mut known = self.lock();
        let schema = known.name.clone()?;
        known.list.as_mut()?.tell(schema, wanted)
    }

    /// What was found for the stream. To be asked when there is no question left.
    pub(crate) fn take(&self, wanted: &StreamColumns) -> Option<Looked> {
        if let Some(found) = self.lock().found.take() {
            return Some(found);
        }
        let mut looked = self.listed_table(wanted)?;
        if let Some(table) = &mut looked.table {
            let mut known = self.lock();
            let details = known.list.as_mut()?.details.as_mut()?;
            table.columns = details.columns.take(&looked.place.table);
            table.primary_key = key_columns(&details.primary_keys.take(&looked.place.table));
        }
        Some(looked)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Every change of it is one assignment.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TableList {
    fn tell(&mut self, schema: String, wanted: &StreamColumns) -> Option<Looked> {
        let name = found_name(&self.tables, &wanted.place.table, minds_case(wanted));
        let told = name.as_ref().unwrap_or(&wanted.place.table).clone();
        if self.told.contains(&told) {
            return None;
        }
        self.told.push(told.clone());
        let place = TablePlace { schema, table: told };
        Some(Looked {
            table: name.map(|name| shown_table(&self.tables, &name)),
            place,
        })
    }
}

/// Whether names in another case are other names.
pub(crate) fn minds_case(wanted: &StreamColumns) -> bool {
    wanted.settings.identifier_case == IdentifierCase::Preserve
}
