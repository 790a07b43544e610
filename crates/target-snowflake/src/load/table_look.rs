//! Asks Snowflake what there is of a stream's schema and table. SHOW statements only; what they say is kept in
//! `known_tables.rs`, what follows from it is `table_preparation.rs`.

use snowflake_client::ResultSet;

use super::attempt::{Attempt, run};
use super::known_tables::{KnownSchema, Question, TableDetails, minds_case};
use super::shown_table::{Looked, ShownTable, by_table, found_name, key_columns, shown_table};
use super::table_name::Table;
use super::table_preparation::Preparation;
use super::table_statements::{self, TABLE_LIST_LIMIT};
use crate::columns::{StreamColumns, TablePlace};

impl Preparation<'_> {
    /// Asks until [`KnownSchema::take`] can say what there is for the stream. Makes the schema when it is missing.
    pub(crate) async fn look(&self, known: &KnownSchema, wanted: &StreamColumns) -> Result<(), Attempt> {
        if known.name().is_none() {
            let (name, is_new) = self.find_or_create_schema(wanted).await?;
            known.set_name(&name);
            if is_new {
                known.listed(Some(ResultSet::default()));
            }
        }
        let place = TablePlace {
            schema: known.name().unwrap_or_default(),
            table: wanted.place.table.clone(),
        };
        loop {
            match known.question(wanted) {
                Question::Nothing => return Ok(()),
                Question::Table => known.looked_at(self.look_alone(wanted, place.clone()).await?, wanted),
                Question::List => known.listed(self.list(wanted, &place).await?),
                Question::Details => known.detailed(self.list_details(wanted, &place).await?),
                Question::Columns => {
                    let Some(mut looked) = known.listed_table(wanted) else {
                        continue;
                    };
                    if let Some(shown) = looked.table.take() {
                        looked.table = Some(self.with_columns(wanted, &looked.place, shown).await?);
                    }
                    known.looked_at(looked, wanted);
                }
            }
        }
    }

    /// Looks for one table. Looking before creating, because then a role without the right to create is enough when
    /// everything is there.
    pub(crate) async fn look_alone(&self, wanted: &StreamColumns, mut place: TablePlace) -> Result<Looked, Attempt> {
        let table = Table::new(&wanted.stream, self.database, &place)?;
        let doing = format!("cannot look for table {}", table.name);
        let look = table_statements::show_tables(&table.schema_name(), table.name.name());
        let shown = run(self.session, &wanted.stream, &doing, &look).await?;
        let Some(name) = found_name(&shown, &place.table, minds_case(wanted)) else {
            return Ok(Looked { place, table: None });
        };
        let found = shown_table(&shown, &name);
        place.table = name;
        let found = self.with_columns(wanted, &place, found).await?;
        Ok(Looked {
            place,
            table: Some(found),
        })
    }

    /// The same of a table that is known to be there, with its columns and key as they are now.
    pub(crate) async fn with_columns(
        &self,
        wanted: &StreamColumns,
        place: &TablePlace,
        shown: ShownTable,
    ) -> Result<ShownTable, Attempt> {
        let table = Table::new(&wanted.stream, self.database, place)?;
        let doing = |what: &str| format!("cannot read the {what} of table {}", table.name);
        let look = table_statements::show_columns(&table.name);
        let columns = run(self.session, &wanted.stream, &doing("columns"), &look).await?;
        let look = table_statements::show_primary_keys(&table.name);
        let keys = run(self.session, &wanted.stream, &doing("primary key"), &look).await?;
        Ok(ShownTable {
            columns,
            primary_key: key_columns(&keys),
            ..shown
        })
    }

    /// All tables of the schema; `None` when there are too many to be worth it.
    async fn list(&self, wanted: &StreamColumns, place: &TablePlace) -> Result<Option<ResultSet>, Attempt> {
        let schema = Table::new(&wanted.stream, self.database, place)?.schema_name();
        let doing = format!("cannot list the tables of schema {schema}");
        let look = table_statements::list_tables(&schema);
        let shown = run(self.session, &wanted.stream, &doing, &look).await?;
        Ok((shown.rows.len() < TABLE_LIST_LIMIT).then_some(shown))
    }

    /// The columns and keys of all tables of the schema; `None` when they may not be all.
    async fn list_details(&self, wanted: &StreamColumns, place: &TablePlace) -> Result<Option<TableDetails>, Attempt> {
        let schema = Table::new(&wanted.stream, self.database, place)?.schema_name();
        let doing = format!("cannot list the columns of schema {schema}");
        let columns = run(
            self.session,
            &wanted.stream,
            &doing,
            &table_statements::list_columns(&schema),
        )
        .await?;
        let look = table_statements::list_primary_keys(&schema);
        let keys = run(self.session, &wanted.stream, &doing, &look).await?;
        let details = by_table(columns).zip(by_table(keys));
        Ok(details.map(|(columns, primary_keys)| TableDetails { columns, primary_keys }))
    }

    /// The schema's name as it is spelled in the database, and whether it was made just now.
    async fn find_or_create_schema(&self, wanted: &StreamColumns) -> Result<(String, bool), Attempt> {
        let (stream, place) = (wanted.stream.as_str(), &wanted.place);
        let table = Table::new(stream, self.database, place)?;
        let look = table_statements::show_schemas(&table.database, &table.schema);
        let shown = run(self.session, stream, "cannot list schemas", &look).await?;
        let found = found_name(&shown, &place.schema, minds_case(wanted));
        let schema = table.schema_name();
        let mut is_new = false;
        if found.is_none() {
            let doing = format!("schema {} does not exist and cannot be created", table.schema);
            self.new_objects.note(&schema);
            let create = table_statements::create_schema(&schema);
            is_new = !existed(&run(self.session, stream, &doing, &create).await?);
        }
        let right = (place.schema.as_str(), "use");
        self.grant_new(stream, &schema, right, table_statements::grant_usage)
            .await?;
        Ok((found.unwrap_or_else(|| place.schema.clone()), is_new))
    }
}

/// `CREATE … IF NOT EXISTS` found that somebody else was faster.
pub(crate) fn existed(created: &ResultSet) -> bool {
    created.single().is_some_and(|status| status.contains("already exists"))
}
