//! Makes a stream's table fit: looks, then creates or changes. Metadata statements only. What changes is decided in
//! `table_changes.rs`.

use std::collections::HashSet;

use snowflake_client::{Identifier, ResultSet, Session};
use tokio::sync::Mutex;

use super::attempt::{Attempt, run};
use super::table_changes::{definitions, table_changes};
use super::table_name::Table;
use super::table_statements;
use crate::columns::StreamColumns;

/// Schemas that are known to exist, so that each is looked for once in a run.
#[derive(Debug, Default)]
pub(crate) struct KnownSchemas(Mutex<HashSet<String>>);

/// Looks before it creates: a role without the right to create is enough when everything exists.
pub(crate) async fn prepare_table(
    session: &Session,
    known: &KnownSchemas,
    table: &Table,
    wanted: StreamColumns,
) -> Result<StreamColumns, Attempt> {
    let stream = wanted.stream.clone();
    prepare_schema(session, known, table, &stream).await?;
    let doing = |what: &str| format!("cannot {what} table {}", table.name);
    let look = table_statements::show_tables(&table.schema_name(), table.name.name());
    let shown = run(session, &stream, &doing("look for"), &look).await?;
    if !has_name(&shown, table.name.name()) {
        let create = table_statements::create_table(&table.name, &definitions(&wanted)?);
        run(session, &stream, &doing("create"), &create).await?;
        log::info!("stream {stream:?}: created table {}", table.name);
        return Ok(wanted);
    }
    let look = table_statements::show_columns(&table.name);
    let shown = run(session, &stream, &doing("read the columns of"), &look).await?;
    let changes = table_changes(&table.name, wanted, &shown)?;
    for statement in &changes.statements {
        run(session, &stream, &doing("change"), statement).await?;
        log::info!("stream {stream:?}: {statement}");
    }
    Ok(changes.columns)
}

async fn prepare_schema(session: &Session, known: &KnownSchemas, table: &Table, stream: &str) -> Result<(), Attempt> {
    // Held over the statements: lanes of the same schema wait for the first of them instead of all looking.
    let mut known = known.0.lock().await;
    if known.contains(table.schema.as_str()) {
        return Ok(());
    }
    let look = table_statements::show_schemas(&table.database, &table.schema);
    let shown = run(session, stream, "cannot list schemas", &look).await?;
    if !has_name(&shown, &table.schema) {
        let doing = format!("schema {} does not exist and cannot be created", table.schema);
        run(
            session,
            stream,
            &doing,
            &table_statements::create_schema(&table.schema_name()),
        )
        .await?;
    }
    known.insert(table.schema.as_str().to_owned());
    Ok(())
}

fn has_name(shown: &ResultSet, name: &Identifier) -> bool {
    shown.rows().any(|row| row.get("name") == Some(name.as_str()))
}
