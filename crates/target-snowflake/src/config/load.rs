//! The settings of what happens in the database: load methods, keys, deletions, type changes, tables, grants, the user's
//! own SQL. What follows from them is `load/`.

use std::collections::BTreeMap;

use connector_process::Settings;
use serde_json::Value;

use crate::columns::IdentifierCase;
use crate::load::{IcebergOptions, WarehouseOptions};
use crate::routing::schema_from_setting;
use crate::sql_text::split_statements;
use crate::stream_rules::StreamRules;

/// -1 and 0 are PipelineWise's words for "one for each processor" and "as many as make sense".
const PARALLELISM: std::ops::RangeInclusive<i64> = -1..=32;
const PARALLELISM_MAXIMUM: std::ops::RangeInclusive<i64> = 1..=1_000;
/// As many sessions as keep a small warehouse busy.
const USUAL_PARALLELISM: usize = 4;

/// The most days that any edition keeps a table's history (Snowflake's documentation of Time Travel).
const RETENTION_DAYS: std::ops::RangeInclusive<i64> = 0..=90;

/// What happens in the database.
#[derive(Debug, Clone)]
pub(crate) struct LoadSettings {
    /// The method where no rule says another.
    pub(crate) method: LoadMethod,
    pub(crate) methods: StreamRules<LoadMethod>,
    /// Database as the user wrote it; the session knows its real name.
    pub(crate) database: String,
    pub(crate) parallelism: usize,
    pub(crate) process_activate_version: bool,
    /// Rows without a version count as older than any.
    pub(crate) unversioned_rows_are_old: bool,
    pub(crate) hard_delete: bool,
    pub(crate) null_keys: NullKeys,
    pub(crate) primary_key_required: bool,
    pub(crate) type_changes: TypeChanges,
    /// The property that says how new a row of a stream is, where older rows must not replace newer ones.
    pub(crate) newest_row_by: StreamRules<String>,
    pub(crate) tables: TableOptions,
    pub(crate) grants: Grants,
    /// The tag of every statement, with `{{…}}` tokens.
    pub(crate) query_tag: Option<String>,
    pub(crate) clean_up_batch_files: bool,
    pub(crate) warehouse: WarehouseOptions,
    /// Run once, before the first rows are loaded.
    pub(crate) before_run: Vec<String>,
    /// Run once, after the last rows are loaded.
    pub(crate) after_run: Vec<String>,
}

impl LoadSettings {
    /// How a stream is loaded.
    pub(crate) fn method_of(&self, stream: &str) -> LoadMethod {
        self.methods.find(stream).copied().unwrap_or(self.method)
    }
}

/// What happens to a row whose key is in the table already, and to the rows that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoadMethod {
    /// It is replaced.
    Upsert,
    /// The new row is added beside it.
    AppendOnly,
    /// All rows of the table are replaced when the run ended well.
    Overwrite,
}

impl LoadMethod {
    fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().replace('_', "-").as_str() {
            "upsert" => Some(Self::Upsert),
            "append-only" => Some(Self::AppendOnly),
            "overwrite" => Some(Self::Overwrite),
            _ => None,
        }
    }
}

/// What happens to a record whose key is null or missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NullKeys {
    /// It is invalid.
    Fail,
    /// It is added, for no row can be the same.
    Append,
    /// Null is a value like others: it replaces the row with the same nulls.
    Match,
}

/// What happens to a column whose type cannot take the stream's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeChanges {
    /// Widened in place, or the run fails.
    Widen,
    /// Widened, or else changed to a type that keeps both the old values and the new.
    Cast,
    /// Widened, or else renamed, with a new column in its place.
    Version,
    /// Widened, or else kept, with a second column for values of the other type.
    Split,
    /// The run fails.
    Fail,
}

/// How tables are made.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableOptions {
    pub(crate) transient: bool,
    pub(crate) retention_days: Option<u64>,
    /// Properties of each stream whose table has a clustering key.
    pub(crate) cluster_by: StreamRules<Vec<String>>,
    pub(crate) comments: bool,
    /// Tables are made as tables of Apache Iceberg.
    pub(crate) iceberg: Option<IcebergOptions>,
}

/// Roles that may read what is made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grants {
    default: Vec<String>,
    by_schema: BTreeMap<String, Vec<String>>,
}

impl Grants {
    /// The roles for a schema, by its name in the database.
    pub(crate) fn of_schema(&self, schema: &str) -> &[String] {
        self.by_schema.get(schema).unwrap_or(&self.default)
    }
}

/// Reads them all.
pub(super) fn load_settings(settings: &mut Settings, case: IdentifierCase) -> LoadSettings {
    let parallelism = parallelism(settings);
    let option = |name: &str| settings.text(name).unwrap_or_default();
    let type_changes = match option("type_changes").as_str() {
        "widen" => TypeChanges::Widen,
        "version" => TypeChanges::Version,
        "split" => TypeChanges::Split,
        "fail" => TypeChanges::Fail,
        _ => TypeChanges::Cast,
    };
    let null_keys = match option("null_keys").as_str() {
        "append" => NullKeys::Append,
        "match" => NullKeys::Match,
        _ => NullKeys::Fail,
    };
    LoadSettings {
        method: LoadMethod::from_name(&option("load_method")).unwrap_or(LoadMethod::Upsert),
        methods: methods(settings),
        database: settings.text("database").unwrap_or_default(),
        parallelism,
        process_activate_version: settings.boolean("process_activate_version_messages"),
        unversioned_rows_are_old: settings.boolean("unversioned_rows_are_old"),
        hard_delete: settings.boolean("hard_delete"),
        null_keys,
        primary_key_required: settings.boolean("primary_key_required"),
        type_changes,
        newest_row_by: newest_row_by(settings),
        tables: table_options(settings),
        grants: grants(settings, case),
        query_tag: settings.text("query_tag"),
        clean_up_batch_files: settings.boolean("clean_up_batch_files"),
        warehouse: super::warehouse::warehouse(settings),
        before_run: statements(settings, "before_run_sql", "before_run_sql_file"),
        after_run: statements(settings, "after_run_sql", "after_run_sql_file"),
    }
}

fn parallelism(settings: &mut Settings) -> usize {
    let maximum = settings.integer_within("parallelism_max", PARALLELISM_MAXIMUM);
    let number = match settings.integer_within("parallelism", PARALLELISM) {
        Some(-1) => std::thread::available_parallelism().map_or(USUAL_PARALLELISM, std::num::NonZero::get),
        Some(number) if number > 0 => usize::try_from(number).unwrap_or(USUAL_PARALLELISM),
        _ => USUAL_PARALLELISM,
    };
    let greatest = usize::try_from(*PARALLELISM.end()).unwrap_or(number);
    let maximum = maximum.and_then(|maximum| usize::try_from(maximum).ok());
    number.min(maximum.unwrap_or(greatest)).min(greatest)
}

fn methods(settings: &mut Settings) -> StreamRules<LoadMethod> {
    let given = settings.object("load_method_by_stream").cloned().unwrap_or_default();
    let mut rules = Vec::with_capacity(given.len());
    for (pattern, value) in given {
        match value.as_str().and_then(LoadMethod::from_name) {
            Some(method) => rules.push((pattern, method)),
            None => settings.problem(
                "load_method_by_stream",
                format!("{pattern:?} should be upsert, append-only or overwrite"),
            ),
        }
    }
    StreamRules::new(rules)
}

fn table_options(settings: &mut Settings) -> TableOptions {
    let retention_days = settings
        .integer_within("data_retention_time_in_days", RETENTION_DAYS)
        .and_then(|days| u64::try_from(days).ok());
    let transient = settings.boolean("transient");
    if transient && retention_days.is_some_and(|days| days > 1) {
        settings.problem("data_retention_time_in_days", "0 or 1 for `transient` tables");
    }
    let given = settings.object("cluster_by").cloned().unwrap_or_default();
    let mut rules = Vec::with_capacity(given.len());
    for (pattern, value) in given {
        match texts(&value) {
            Some(properties) => rules.push((pattern, properties)),
            None => settings.problem("cluster_by", format!("{pattern:?} should be a list of properties")),
        }
    }
    TableOptions {
        transient,
        retention_days,
        cluster_by: StreamRules::new(rules),
        comments: settings.boolean("comments"),
        iceberg: iceberg_options(settings, transient),
    }
}

fn iceberg_options(settings: &mut Settings, transient: bool) -> Option<IcebergOptions> {
    if !settings.boolean("iceberg_create") {
        return None;
    }
    if transient {
        settings.problem("iceberg_create", "not together with `transient`");
    }
    if settings
        .text("timestamp_type")
        .is_some_and(|name| name.eq_ignore_ascii_case("TIMESTAMP_TZ"))
    {
        settings.problem(
            "iceberg_create",
            "not together with `timestamp_type` TIMESTAMP_TZ, which Iceberg does not have",
        );
    }
    if settings.text("number_type").as_deref() == Some("decfloat") {
        settings.problem(
            "iceberg_create",
            "not together with `number_type` decfloat, which Iceberg does not have",
        );
    }
    if LoadMethod::from_name(&settings.text("load_method").unwrap_or_default()) == Some(LoadMethod::Overwrite) {
        settings.problem("iceberg_create", "not together with `load_method` overwrite");
    }
    Some(IcebergOptions {
        external_volume: settings.text("iceberg_external_volume"),
        catalog: settings.text("iceberg_catalog"),
        base_location: settings.text("iceberg_base_location"),
    })
}

fn newest_row_by(settings: &mut Settings) -> StreamRules<String> {
    let given = settings.object("newest_row_by").cloned().unwrap_or_default();
    let mut rules = Vec::with_capacity(given.len());
    for (pattern, value) in given {
        match value.as_str() {
            Some(property) => rules.push((pattern, property.to_owned())),
            None => settings.problem("newest_row_by", format!("{pattern:?} should be a property's name")),
        }
    }
    StreamRules::new(rules)
}

fn grants(settings: &mut Settings, case: IdentifierCase) -> Grants {
    let mut by_schema = BTreeMap::new();
    for target in settings.object("schema_mapping").cloned().unwrap_or_default().values() {
        let schema = target.get("target_schema").and_then(Value::as_str);
        let roles = ["target_schema_select_permissions", "target_schema_select_permission"];
        let roles = roles.iter().find_map(|key| target.get(*key));
        let (Some(schema), Some(roles)) = (schema, roles) else {
            continue;
        };
        match texts(roles) {
            Some(roles) => drop(by_schema.insert(schema_from_setting(schema, case), roles)),
            None => settings.problem(
                "schema_mapping",
                "target_schema_select_permissions should be a list of roles",
            ),
        }
    }
    Grants {
        default: settings.list("default_target_schema_select_permissions"),
        by_schema,
    }
}

/// A list of texts, or one text in its place.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// The statements of a setting, then those of the file that another setting names.
fn statements(settings: &mut Settings, name: &str, file_name: &str) -> Vec<String> {
    let mut statements = settings
        .text(name)
        .map(|text| split_statements(&text))
        .unwrap_or_default();
    if let Some(path) = settings.text(file_name) {
        match std::fs::read_to_string(&path) {
            Ok(text) => statements.extend(split_statements(&text)),
            Err(error) => settings.problem(file_name, format!("cannot be read: {error}")),
        }
    }
    statements
}
