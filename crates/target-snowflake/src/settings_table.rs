//! The one table of the target's settings: `--about`, the README table, `schemas/config/target-snowflake.json` and the
//! typing of values come from it. What a setting does is `config.rs`.

use connector_process::{Program, Setting};

use crate::other_settings::OTHER_SETTINGS;

/// What the program is and which settings it has.
pub static PROGRAM: Program = Program {
    name: "target-snowflake",
    version: env!("CARGO_PKG_VERSION"),
    description: "Loads Singer streams into Snowflake tables: staged, merged by key, with STATE only for what is committed.",
    capabilities: &[
        "about",
        "activate-version",
        "batch",
        "hard-delete",
        "schema-flattening",
        "soft-delete",
        "stream-maps",
        "structured-logging",
        "target-schema",
        "validate-records",
    ],
    settings: SETTINGS,
    other_settings: OTHER_SETTINGS,
};

const SETTINGS: &[Setting] = &[
    Setting::text("account", "Account identifier: ORGANISATION-ACCOUNT, LOCATOR.REGION.CLOUD, or the account's host name.")
        .aliases(&["snowflake_account"])
        .required(),
    Setting::text("user", "Log-in name; a token, an OAuth client and a workload say it themselves.").aliases(&["snowflake_username"]),
    Setting::text("authenticator", "Which way to log in counts when the settings of several are there.")
        .aliases(&["snowflake_authenticator"])
        .options(&[
            "snowflake",
            "username_password_mfa",
            "snowflake_jwt",
            "oauth",
            "programmatic_access_token",
            "oauth_client_credentials",
            "workload_identity",
            "externalbrowser",
        ])
        .open(),
    Setting::text("password", "Password, or a programmatic access token in its place.")
        .aliases(&["snowflake_password"])
        .secret(),
    Setting::text("passcode", "The digits that an authenticator app shows, beside the password. They serve one log-in: one session does everything unless the account has ALLOW_CLIENT_MFA_CACHING.").secret(),
    Setting::boolean("passcode_in_password", "The digits of the authenticator app are the end of the password.").default("false"),
    Setting::text("private_key", "Private key for key pair authentication: PEM (PKCS#8, plain or encrypted, or PKCS#1; line breaks may be lost), base64 of DER, or the path of a file.").secret(),
    Setting::text("private_key_path", "File with the private key, in place of private_key."),
    Setting::text("private_key_passphrase", "Passphrase of an encrypted private key.").secret(),
    Setting::text("oauth_access_token", "OAuth access token that was got elsewhere.").secret(),
    Setting::text("oauth_access_token_path", "File with the OAuth access token, read anew for each session."),
    Setting::text("programmatic_access_token", "Programmatic access token of the user.").secret(),
    Setting::text("programmatic_access_token_path", "File with the programmatic access token, read anew for each session."),
    Setting::text("oauth_client_id", "Client that gets OAuth access tokens by its own credentials, whenever one is needed."),
    Setting::text("oauth_client_secret", "Secret of that client.").secret(),
    Setting::text("oauth_token_request_url", "Where that client gets tokens; Snowflake's own provider when not given."),
    Setting::text("oauth_scope", "Scope that the client asks for; session:role:ROLE when not given and role is."),
    Setting::text("workload_identity_provider", "Log in as the machine that the program runs on: who vouches for it.")
        .options(&["AWS", "AZURE", "GCP", "OIDC"]),
    Setting::text("workload_identity_token", "Token of the OIDC provider.").secret(),
    Setting::text("workload_identity_token_path", "File with the token of the OIDC provider, read anew for each session."),
    Setting::text("workload_identity_entra_resource", "Resource that Azure's token is for; Snowflake's own when not given."),
    Setting::boolean("use_browser_authentication", "A person logs in with a browser on this machine: once, and one session does everything unless the account has ALLOW_ID_TOKEN.").default("false"),
    Setting::text("database", "Database that is loaded into.").aliases(&["dbname", "snowflake_database"]).required(),
    Setting::text("warehouse", "Warehouse that loads; the user's default when not given.").aliases(&["snowflake_warehouse"]),
    Setting::boolean("warehouse_create", "Makes the warehouse when it does not exist; it starts with the first rows.").default("false"),
    Setting::text("warehouse_size", "Size of a warehouse that is made.")
        .options(&["XSMALL", "SMALL", "MEDIUM", "LARGE", "XLARGE", "XXLARGE", "XXXLARGE", "X4LARGE", "X5LARGE", "X6LARGE"])
        .default("\"XSMALL\""),
    Setting::integer("warehouse_auto_suspend_seconds", "A warehouse that is made is suspended after so long without work.").default("60"),
    Setting::boolean("warehouse_resume", "Resumes a suspended warehouse that does not do so by itself (AUTO_RESUME), once rows came; needs the privilege OPERATE.").default("false"),
    Setting::text("role", "Role of the session; the user's default when not given.").aliases(&["snowflake_role"]),
    Setting::text("default_target_schema", "Schema of every table, whatever the stream is called."),
    Setting::text("schema", "Schema of tables whose stream name carries none, when default_target_schema is not set.")
        .aliases(&["snowflake_schema"])
        .default("\"PUBLIC\""),
    Setting::object("schema_mapping", "Schema for each schema that stream names carry: {\"public\": {\"target_schema\": \"raw\"}}; default_target_schema goes before it."),
    Setting::text("stream_name_format", "Which part of a stream's name is the table: what follows the last `-` (last_part), the rest after schema or catalog and schema (pipelinewise), or the whole.")
        .options(&["last_part", "pipelinewise", "whole"])
        .default("\"last_part\""),
    Setting::boolean("use_raw_stream_names", "The same as stream_name_format whole.").default("false"),
    Setting::text("table_prefix", "Put in front of every table's name."),
    Setting::text("table_suffix", "Put behind every table's name."),
    Setting::text("identifier_case", "How names of tables and columns are spelled: snake separates words (CLIENT_NAME); names in lower or preserved case must be quoted in queries.")
        .options(&["upper", "lower", "preserve", "snake"])
        .default("\"upper\""),
    Setting::boolean("normalise_casing", "The same as identifier_case snake.").default("false"),
    Setting::text("host", "Host to connect to in place of the account's own (private link, a local server)."),
    Setting::integer("port", "Port to connect to in place of 443."),
    Setting::text("protocol", "Plain http is only accepted for this machine.")
        .options(&["https", "http"])
        .default("\"https\""),
    Setting::text("ca_bundle_path", "PEM file with certificates to trust beside the system's, for a proxy that opens TLS."),
    Setting::text("load_method", "What happens to a row whose key is in the table already: replaced, or added beside it; overwrite replaces all rows of the table when the run ended well, and keeps them until then. A stream without keys is added to, unless overwritten.")
        .options(&["upsert", "append-only", "overwrite"])
        .default("\"upsert\""),
    Setting::object("load_method_by_stream", "Another load_method for streams by name or pattern: {\"logs-*\": \"append-only\"}."),
    Setting::boolean("primary_key_required", "Refuses streams without keys.").default("false"),
    Setting::text("null_keys", "What becomes of a record whose key is null or missing: it is invalid, or added, or matched with the row that has the same nulls.")
        .options(&["fail", "append", "match"])
        .default("\"fail\""),
    Setting::text("type_changes", "What happens to a column that cannot take a stream's values. Whatever is chosen but fail widens in place what Snowflake can. cast changes the rest to another type, at last VARCHAR or VARIANT, with every value kept; version renames the column to NAME_YYYYMMDD_HHMM and adds a new one; split adds a second column such as NAME__S; widen and fail end the run.")
        .options(&["cast", "widen", "version", "split", "fail"])
        .default("\"cast\""),
    Setting::object("newest_row_by", "Property by stream name or pattern that says how new a row is: {\"orders\": \"updated_at\", \"*\": \"_sdc_extracted_at\"}. upsert never replaces a row by one whose value there is less or null. Without it the last that arrives wins."),
    Setting::boolean("transient", "Makes new tables TRANSIENT: no fail-safe.").default("false"),
    Setting::integer("data_retention_time_in_days", "Days of Time Travel of new tables; the account's or schema's when not given."),
    Setting::object("cluster_by", "Clustering keys of new tables, properties by stream name or pattern: {\"orders\": [\"created_at\"]}."),
    Setting::boolean("comments", "Gives new tables the stream's name as comment, and columns without a comment, new or old, the property's description.").default("true"),
    Setting::boolean("iceberg_create", "Makes new tables as Apache Iceberg tables with Snowflake as catalog: objects and arrays are JSON text, times have microseconds.").default("false"),
    Setting::text("iceberg_external_volume", "EXTERNAL_VOLUME of new Iceberg tables; the schema's, database's or account's default when not given."),
    Setting::text("iceberg_catalog", "CATALOG of new Iceberg tables, SNOWFLAKE or the default when not given."),
    Setting::text("iceberg_base_location", "BASE_LOCATION of new Iceberg tables, with {{database}}, {{schema}}, {{table}} and {{stream}}; Snowflake's choice when not given."),
    Setting::list("default_target_schema_select_permissions", "Roles that may read what is made: USAGE of new schemas, SELECT of new tables. schema_mapping can say others with target_schema_select_permissions.")
        .aliases(&["default_target_schema_select_permission"]),
    Setting::boolean("add_record_metadata", "Adds the seven _SDC_ columns to every table.")
        .aliases(&["add_metadata_columns"])
        .default("true"),
    Setting::text("timestamp_type", "Column type of date-time strings. TIMESTAMP_NTZ holds the time in UTC.")
        .options(&["TIMESTAMP_NTZ", "TIMESTAMP_TZ", "TIMESTAMP_LTZ"])
        .default("\"TIMESTAMP_NTZ\""),
    Setting::text("datetime_or_text", "Column type of properties whose schema allows date-times first and any other text next (anyOf): timestamp, where datetime_error_treatment decides about other text, or text.")
        .options(&["timestamp", "text"])
        .default("\"timestamp\""),
    Setting::text("number_type", "Column type of numbers without multipleOf or a decimal format: FLOAT, where digits after the fifteenth may be lost with a warning; NUMBER(38, number_scale) or DECFLOAT (38 digits wherever the point is), which refuse what they cannot hold.")
        .options(&["float", "number", "decfloat"])
        .default("\"float\""),
    Setting::integer("number_scale", "Digits after the point with number_type number.").default("9"),
    Setting::text("datetime_error_treatment", "What happens to a date or time that is none, lies outside the years 0001 to 9999 or is finer than a nanosecond: the record is invalid, it goes into the table of rejected records whatever on_invalid_record says, the greatest value is stored, or NULL.")
        .options(&["error", "reject", "max", "null"])
        .default("\"error\""),
    Setting::text("variant_numbers", "What becomes of a number inside an object or array that VARIANT would round (more than 38 digits, or an exponent with more digits than a double keeps): a string in its place, the double, or the record is refused.")
        .options(&["string", "round", "refuse"])
        .default("\"string\""),
    Setting::boolean("validate_records", "Compares every record with its stream's schema (JSON Schema Draft 7, without formats).")
        .default("true"),
    Setting::text("on_invalid_record", "What becomes of a record that is not what its schema says or does not fit its columns: it ends the run, goes into the table _SDC_REJECTED of its schema, or is left out. `fail` when not given, but `reject` with an invalid_records_threshold.")
        .options(&["fail", "reject", "skip"]),
    Setting::integer("invalid_records_threshold", "More invalid records of one stream than this end the run; no limit when not given."),
    Setting::boolean("invalid_records_detect", "datamill's setting: false rejects invalid records without a limit, unless on_invalid_record says otherwise.")
        .default("true"),
    Setting::text("value_too_large", "What becomes of a record with a value that is larger than its column can be; truncate cuts texts, and treats the rest as on_invalid_record says. As on_invalid_record when not given.")
        .options(&["fail", "reject", "skip", "truncate"]),
    Setting::integer("maximum_text_bytes", "The largest text that is loaded, in bytes, at most 134217728. Above 16777216 columns are made, and existing ones widened, as VARCHAR(134217728).").default("16777216"),
    Setting::integer("maximum_variant_bytes", "The largest object or array that is loaded, in bytes of JSON.").default("16777216"),
    Setting::object("stream_maps", "Renames, copies and drops streams and properties, in the shape of Meltano's SDK: __alias__, __source__, __else__, __key_properties__, null, constants, property names, md5(…) and sha256(…). Expressions and filters need Meltano's mapper plugin."),
    Setting::object("stream_map_config", "Constants that stream_maps name: {\"origin\": \"hr\"} is config[\"origin\"] there."),
    Setting::boolean("flattening_enabled", "Makes columns of nested objects' properties, named as Meltano's SDK does.").default("false"),
    Setting::integer("flattening_max_depth", "How many levels are flattened; needed with flattening_enabled."),
    Setting::text("flattening_separator", "What joins the keys of a flattened name.").default("\"__\""),
    Setting::integer("flattening_max_key_length", "Flattened names of so many characters have their first keys shortened.").default("255"),
    Setting::integer("data_flattening_max_level", "PipelineWise's name for flattening with this depth; 0 flattens nothing.").default("0"),
    Setting::list("load_as_variant", "Streams (names or patterns, `*` or `true` for all) that are loaded whole into the VARIANT column RECORD, beside their keys; their schema may be empty.").switch(),
    Setting::text("uuid_format", "How texts of the format uuid are loaded: as they are, or without dashes as MeltanoLabs' target loads them.")
        .options(&["string", "native"])
        .default("\"string\""),
    Setting::boolean("process_activate_version_messages", "Whether rows of older versions are deleted when a tap says so.")
        .default("true"),
    Setting::boolean("unversioned_rows_are_old", "Whether ACTIVATE_VERSION takes rows without a version for old ones.").default("false"),
    Setting::boolean("hard_delete", "Removes rows that have _SDC_DELETED_AT after each load, and rows of older versions, instead of marking them. Adds the _SDC_ columns.").default("false"),
    Setting::integer("batch_size_rows", "A stream is loaded when it has so many rows waiting.")
        .aliases(&["max_batch_rows"])
        .default("100000"),
    Setting::integer("batch_size_bytes", "A stream is loaded when its waiting rows take so many bytes, compressed.")
        .aliases(&["max_batch_size"])
        .default("134217728"),
    Setting::boolean("flush_all_streams", "A batch that is full loads the rows of all streams, so that the next STATE comes out.").default("false"),
    Setting::integer("batch_wait_limit_seconds", "Everything is loaded when the oldest waiting row is so old, also while the tap is silent.")
        .default("300"),
    Setting::integer("parallelism", "How many tables are loaded at the same time, each with its own session; 0 leaves it to the program, -1 takes one for each processor.").default("4"),
    Setting::integer("parallelism_max", "parallelism is never more than this.").aliases(&["max_parallelism"]),
    Setting::integer("request_timeout_seconds", "How long one attempt of a request may take, at least 60: Snowflake answers within 45 seconds, also while a statement runs on.")
        .default("120"),
    Setting::integer("retry_base_milliseconds", "Shortest pause before a request that failed is sent again; later pauses grow.")
        .default("250"),
    Setting::integer("statement_timeout_seconds", "Snowflake ends a statement that runs longer; the account's own limit when not given."),
    Setting::text("query_tag", "QUERY_TAG of every statement; {{database}}, {{schema}}, {{table}}, {{stream}} and {{run}} are filled in."),
    Setting::text("before_run_sql", "SQL statements, separated by `;`, that are run once before the first rows are loaded; not in a run without rows."),
    Setting::text("before_run_sql_file", "File with more of them."),
    Setting::text("after_run_sql", "SQL statements that are run once after the last rows were loaded; not in a run without rows, or one that failed or was asked to stop before its end."),
    Setting::text("after_run_sql_file", "File with more of them."),
    Setting::boolean("clean_up_batch_files", "Deletes the files of BATCH messages when their rows are committed.").default("true"),
    Setting::text("compression", "How staged files are compressed. `gzip` is the fastest but for `zstd`, which is smaller too; files of the others are compressed by one thread each.").default("\"gzip\"").options(&["gzip", "zstd", "bzip2", "brotli", "deflate", "raw_deflate", "none"]),
    Setting::integer("compression_level", "From fast to small: 1 to 9 for gzip, raw_deflate and bzip2, 2 to 9 for deflate, 1 to 19 for zstd, 0 to 11 for brotli. Each format's fast end when not given; a slow line to Snowflake may be worth 6."),
    Setting::text("stage", "Named stage that files are put on, SCHEMA.STAGE or DATABASE.SCHEMA.STAGE: an internal one, or an external one, into whose storage the program uploads by itself. The user's own stage when not given."),
    Setting::text("s3_bucket", "Bucket that files are uploaded to, below what the external `stage` reads; `storage_integration` can stand in for the stage."),
    Setting::text("s3_key_prefix", "Path in that bucket."),
    Setting::text("external_stage_url", "The same for any cloud: s3://bucket/path/, azure://account.blob.core.windows.net/container/path/ or gcs://bucket/path/."),
    Setting::text("storage_integration", "Storage integration that lets COPY read there when no stage does."),
    Setting::text("external_stage_endpoint_url", "Address of the storage in place of the cloud's own: S3-compatible storages, buckets named in the path. Plain http is only accepted for this machine.")
        .aliases(&["s3_endpoint_url"]),
    Setting::text("s3_region_name", "Region of the bucket; asked of S3 when nothing says it."),
    Setting::text("s3_acl", "Canned ACL of uploaded files."),
    Setting::text("aws_access_key_id", "Access key for the bucket. Without one: AWS_ACCESS_KEY_ID, web identity, AWS_PROFILE or the default profile of the shared files, container and instance roles.").secret(),
    Setting::text("aws_secret_access_key", "Its secret.").secret(),
    Setting::text("aws_session_token", "Its session token, when it is temporary.").secret(),
    Setting::text("aws_profile", "Profile of the shared files; goes before variables."),
    Setting::text("azure_storage_account_key", "Account key for the container. Without one: azure_storage_sas_token, AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN, AZURE_CLIENT_ID with secret or token file, the Azure CLI, managed identity.").secret(),
    Setting::text("azure_storage_sas_token", "Shared access signature for the container.").secret(),
    Setting::text("google_credentials_path", "File with the credentials of a service account or user. Without one: GOOGLE_APPLICATION_CREDENTIALS, what gcloud logged in to, the machine's service account."),
    Setting::text("client_side_encryption_master_key", "Key, in base64, that files are encrypted with before they go to S3; the stage must have the same MASTER_KEY.").secret(),
    Setting::boolean("archive_load_files", "Keeps loaded files: <archive_load_files_s3_prefix>/<tap_id>/<table>/<file>, with tap, schema, table and the range of the bookmark as metadata.").default("false"),
    Setting::text("archive_load_files_s3_prefix", "First part of their path.").default("\"archive\""),
    Setting::text("archive_load_files_s3_bucket", "Bucket or container that they are kept in; that of the stage when not given."),
    Setting::text("tap_id", "The tap's part of their path."),
    Setting::text("file_format", "PipelineWise's named file format; not used, because COPY names every option itself. Files are CSV, also where it names a Parquet format: as text every number and date gets to Snowflake as the tap wrote it."),
    Setting::object("target_s3", "datamill's form of s3_bucket, s3_key_prefix and the access key: {\"bucket\": …, \"key_prefix\": …, \"aws_access_key_id\": …, \"aws_secret_access_key\": …}. Without a stage or an integration COPY carries the key, as datamill's does.").secret(),
    Setting::boolean("progress", "Shows a line for each stream on a terminal: rows, megabytes, rows a second, batches on the way. Never where stderr is a pipe or file, in a CI, or with TERM=dumb.").default("true"),
    Setting::text("temp_dir", "Directory for batch files until they are loaded; the system's when not given."),
];
