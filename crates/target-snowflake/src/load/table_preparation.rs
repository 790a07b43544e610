//! Finds a stream's table, or makes it. Looking is `table_look.rs`, how a table that exists is changed is `table_fit.rs`.

use snowflake_client::Identifier;

use super::attempt::{Attempt, run};
use super::known_tables::KnownSchema;
use super::new_objects::NewObjects;
use super::problem::LoadProblem;
use super::shown_table::{Looked, ShownTable};
use super::table_changes::definitions;
use super::table_fit::TableTraits;
use super::table_look::existed;
use super::table_name::Table;
use super::table_statements::{self, TableProperties};
use super::work_session::WorkSession;
use crate::columns::{StreamColumns, TablePlace};
use crate::config::LoadSettings;

/// A table that was found, or made.
#[derive(Debug)]
pub(crate) struct Found {
    /// Where it is: the names as they are spelled in the database.
    pub(crate) place: TablePlace,
    pub(crate) is_transient: bool,
    pub(crate) is_iceberg: bool,
    pub(crate) comment: String,
    /// The table as it was seen; `None` for one that was made just now, so that it is as the stream wants it.
    pub(crate) seen: Option<ShownTable>,
}

impl Found {
    fn seen(place: TablePlace, table: ShownTable) -> Self {
        Self {
            place,
            is_transient: table.is_transient,
            is_iceberg: table.is_iceberg,
            comment: table.comment.clone(),
            seen: Some(table),
        }
    }

    /// What `fit` must know of it.
    pub(crate) fn traits(&self) -> TableTraits {
        TableTraits {
            is_new_copy: false,
            is_iceberg: self.is_iceberg,
        }
    }
}

/// Makes tables fit on one session.
#[derive(Debug)]
pub(crate) struct Preparation<'a> {
    pub(crate) session: &'a WorkSession,
    pub(crate) settings: &'a LoadSettings,
    pub(crate) new_objects: &'a NewObjects,
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
        let table = Table::new(&wanted.stream, self.database, &looked.place)?;
        let found = match looked.table {
            Some(seen) => Found::seen(looked.place, seen),
            None => self.create(wanted, &table, looked.place).await?,
        };
        let right = (found.place.schema.as_str(), "read");
        self.grant_new(&wanted.stream, &table.name, right, table_statements::grant_select)
            .await?;
        Ok(found)
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

    /// Makes the table; one that somebody else made first is looked at.
    async fn create(&self, wanted: &StreamColumns, table: &Table, place: TablePlace) -> Result<Found, Attempt> {
        let stream = wanted.stream.as_str();
        let options = &self.settings.tables;
        let iceberg = options.iceberg.as_ref();
        let properties = TableProperties {
            is_transient: options.transient,
            cluster_by: clustering_key(wanted, options.cluster_by.find(stream))?,
            retention_days: options.retention_days,
            comment: options.comments.then(|| format!("Singer stream {stream}")),
            iceberg: iceberg.map(|iceberg| iceberg.of_table(table, stream)),
        };
        let create = table_statements::create_table(&table.name, &definitions(wanted, options.comments)?, &properties);
        let doing = format!("cannot create table {}", table.name);
        self.new_objects.note(&table.name);
        let created = run(self.session, stream, &doing, &create).await?;
        if existed(&created) {
            let looked = self.look_alone(wanted, place).await?;
            return Ok(Found::seen(looked.place, looked.table.unwrap_or_default()));
        }
        log::info!("stream {stream:?}: created table {}", table.name);
        Ok(Found {
            place,
            is_transient: options.transient,
            is_iceberg: iceberg.is_some(),
            comment: properties.comment.unwrap_or_default(),
            seen: None,
        })
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

fn clustering_key(columns: &StreamColumns, properties: Option<&Vec<String>>) -> Result<Vec<Identifier>, LoadProblem> {
    let mut key = Vec::new();
    for property in properties.into_iter().flatten() {
        let column = columns
            .of_property(property)
            .and_then(|position| columns.columns.get(position));
        let column = column.ok_or_else(|| {
            let text = format!("`cluster_by` names {property:?}, which is not in the schema");
            LoadProblem::of_stream(&columns.stream, text)
        })?;
        let name = Identifier::new(column.name.as_str());
        key.push(name.map_err(|problem| LoadProblem::from_name(&columns.stream, "column", problem))?);
    }
    Ok(key)
}
