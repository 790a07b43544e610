"""Tables of Apache Iceberg with Snowflake as the catalogue: what CREATE takes beside a table's own options, and the types.

From Snowflake's documentation of CREATE ICEBERG TABLE and of Iceberg's data types (format version 2). Nothing is written
as Parquet anywhere; external volumes are not looked for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .errors import compilation
from .tokens import TokenCursor
from .types import DEFAULT_TEXT, MAXIMUM_TEXT, SnowType, show

if TYPE_CHECKING:
    from .catalog import Table

_TEXT_OPTIONS = ("EXTERNAL_VOLUME", "CATALOG", "BASE_LOCATION", "CATALOG_SYNC")
_WORD_OPTIONS = {"STORAGE_SERIALIZATION_POLICY": ("COMPATIBLE", "OPTIMIZED"), "ENABLE_DATA_COMPACTION": ("TRUE", "FALSE")}
_FILE_SIZES = ("AUTO", "16MB", "32MB", "64MB", "128MB")
_MICROSECONDS = 6


def accept_option(cursor: TokenCursor, table: "Table") -> bool:
    """Steps over one option that only such tables have."""
    if table.iceberg is None:
        return False
    name = cursor.accept_any(*_TEXT_OPTIONS, *_WORD_OPTIONS, "TARGET_FILE_SIZE")
    if name is None:
        return False
    cursor.expect("=")
    if name in _WORD_OPTIONS:
        value = cursor.accept_any(*_WORD_OPTIONS[name])
        if value is None:
            raise cursor.refuse()
    else:
        value = cursor.string()
    if name == "TARGET_FILE_SIZE" and value not in _FILE_SIZES or name == "CATALOG" and value.upper() != "SNOWFLAKE":
        raise compilation("001008", "22023", f"invalid value ['{value}'] for parameter '{name}'")
    table.iceberg[name] = value
    return True


def column_type(kind: SnowType, is_explicit: bool) -> SnowType:
    """The type of a column as such a table has it; refused when Iceberg has nothing like it. `is_explicit`: with numbers."""
    refusal = compilation("093698", "0A000", f"Data type {show(kind)} is not supported for Iceberg tables.")
    if kind.kind in ("variant", "object", "array", "timestamp_tz", "decfloat"):
        raise refusal
    if kind.kind == "text" and is_explicit and kind.length not in (DEFAULT_TEXT, MAXIMUM_TEXT):
        raise refusal
    if kind.kind == "time" or kind.is_timestamp:
        if is_explicit and kind.scale != _MICROSECONDS:
            raise refusal
        return replace(kind, scale=_MICROSECONDS)
    return kind


def check_change(old: SnowType) -> None:
    """Iceberg's int and long are shown as NUMBER(10, 0) and NUMBER(19, 0), and become no decimal."""
    if old.kind == "fixed" and old.scale == 0 and old.precision in (10, 19):
        raise compilation("002108", "22023", f"cannot change an Iceberg column from type {show(old)}")
