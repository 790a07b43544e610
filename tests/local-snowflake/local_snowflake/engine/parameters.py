"""Session parameters: the names that exist, their defaults and types. An unknown name is refused."""

from __future__ import annotations

from .errors import SnowflakeError, compilation
from .temporal import zone

DEFAULTS: dict[str, tuple[str, str]] = {
    "ABORT_DETACHED_QUERY": ("BOOLEAN", "false"),
    "AUTOCOMMIT": ("BOOLEAN", "true"),
    "BINARY_INPUT_FORMAT": ("STRING", "HEX"),
    "BINARY_OUTPUT_FORMAT": ("STRING", "HEX"),
    "CLIENT_APP_ID": ("STRING", ""),
    "CLIENT_MEMORY_LIMIT": ("NUMBER", "1536"),
    "CLIENT_METADATA_REQUEST_USE_CONNECTION_CTX": ("BOOLEAN", "false"),
    "CLIENT_PREFETCH_THREADS": ("NUMBER", "4"),
    "CLIENT_RESULT_CHUNK_SIZE": ("NUMBER", "160"),
    "CLIENT_RESULT_COLUMN_CASE_INSENSITIVE": ("BOOLEAN", "false"),
    "CLIENT_SESSION_KEEP_ALIVE": ("BOOLEAN", "false"),
    "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY": ("NUMBER", "3600"),
    "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD": ("NUMBER", "65280"),
    "CLIENT_TELEMETRY_ENABLED": ("BOOLEAN", "true"),
    "CLIENT_TIMESTAMP_TYPE_MAPPING": ("STRING", "TIMESTAMP_LTZ"),
    "C_API_QUERY_RESULT_FORMAT": ("STRING", "JSON"),
    "DATE_INPUT_FORMAT": ("STRING", "AUTO"),
    "DATE_OUTPUT_FORMAT": ("STRING", "YYYY-MM-DD"),
    "ERROR_ON_NONDETERMINISTIC_MERGE": ("BOOLEAN", "true"),
    "ERROR_ON_NONDETERMINISTIC_UPDATE": ("BOOLEAN", "false"),
    "GO_QUERY_RESULT_FORMAT": ("STRING", "JSON"),
    "JDBC_QUERY_RESULT_FORMAT": ("STRING", "JSON"),
    "JSON_INDENT": ("NUMBER", "2"),
    "LOCK_TIMEOUT": ("NUMBER", "43200"),
    "MULTI_STATEMENT_COUNT": ("NUMBER", "1"),
    "ODBC_QUERY_RESULT_FORMAT": ("STRING", "JSON"),
    "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT": ("STRING", "JSON"),
    "QUERY_RESULT_FORMAT": ("STRING", "JSON"),
    "QUERY_TAG": ("STRING", ""),
    "QUOTED_IDENTIFIERS_IGNORE_CASE": ("BOOLEAN", "false"),
    "ROWS_PER_RESULTSET": ("NUMBER", "0"),
    "SERVICE_NAME": ("STRING", ""),
    "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS": ("NUMBER", "0"),
    "STATEMENT_TIMEOUT_IN_SECONDS": ("NUMBER", "172800"),
    "STRICT_JSON_OUTPUT": ("BOOLEAN", "false"),
    "TIMESTAMP_DAY_IS_ALWAYS_24H": ("BOOLEAN", "false"),
    "TIMESTAMP_INPUT_FORMAT": ("STRING", "AUTO"),
    "TIMESTAMP_LTZ_OUTPUT_FORMAT": ("STRING", ""),
    "TIMESTAMP_NTZ_OUTPUT_FORMAT": ("STRING", "YYYY-MM-DD HH24:MI:SS.FF3"),
    "TIMESTAMP_OUTPUT_FORMAT": ("STRING", "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM"),
    "TIMESTAMP_TYPE_MAPPING": ("STRING", "TIMESTAMP_NTZ"),
    "TIMESTAMP_TZ_OUTPUT_FORMAT": ("STRING", ""),
    "TIMEZONE": ("STRING", "America/Los_Angeles"),
    "TIME_INPUT_FORMAT": ("STRING", "AUTO"),
    "TIME_OUTPUT_FORMAT": ("STRING", "HH24:MI:SS"),
    "TRANSACTION_ABORT_ON_ERROR": ("BOOLEAN", "false"),
    "TWO_DIGIT_CENTURY_START": ("NUMBER", "1970"),
    "UNSUPPORTED_DDL_ACTION": ("STRING", "ignore"),
    "USE_CACHED_RESULT": ("BOOLEAN", "true"),
    "WEEK_OF_YEAR_POLICY": ("NUMBER", "0"),
    "WEEK_START": ("NUMBER", "0"),
}


def checked(name: str, value: object) -> str:
    """The value of a parameter as text; refuses unknown names and values of the wrong type."""
    name = name.upper()
    if name not in DEFAULTS:
        raise compilation("001420", "22023", f"invalid property '{name}' for 'SESSION'")
    kind = DEFAULTS[name][0]
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    refusal = SnowflakeError("001008", "22023", f"SQL compilation error:\ninvalid value [{shown}] for parameter '{name}'")
    if kind == "BOOLEAN":
        if shown.lower() not in ("true", "false"):
            raise refusal
        return shown.lower()
    if kind == "NUMBER" and not shown.lstrip("-").isdigit():
        raise refusal
    if name == "TIMEZONE":
        zone(shown)
    if name == "TIMESTAMP_TYPE_MAPPING":
        shown = shown.upper()
        if shown not in ("TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ"):
            raise refusal
    return shown
