"""DuckDB's errors in Snowflake's form. Those raised by our own functions come back exactly as they were raised."""

from __future__ import annotations

import re

import duckdb

from .errors import SnowflakeError, compilation, missing_object
from .functions_in_python import failure_behind


def translate(error: duckdb.Error) -> SnowflakeError:
    """The SnowflakeError for an error out of DuckDB."""
    text = str(error)
    ours = failure_behind(text)
    if ours is not None:
        return ours
    first = text.splitlines()[0] if text else type(error).__name__
    if isinstance(error, duckdb.InterruptException):
        return SnowflakeError("000604", "57014", "SQL execution canceled")
    if "must appear in the GROUP BY clause" in text or "GROUP BY clause cannot contain" in text:
        return compilation("000979", "42601", "error line 1 at position 0\n[expression] is not a valid group by expression")
    if "cannot contain aggregates" in text or "cannot contain window functions" in text or "aggregate function calls cannot" in text:
        return compilation("002035" if "window" in text else "002036", "42601", f"Unsupported subquery or misplaced aggregate or window function: {_without_names(first)}")
    if "More than one row returned by a subquery" in text:
        return SnowflakeError("090150", "22000", "Single-row subquery returns more than one row.")
    if isinstance(error, (duckdb.OutOfRangeException, duckdb.ConversionException)):
        return SnowflakeError("100132", "22003", f"Number out of representable range: {_without_names(first)}")
    if isinstance(error, duckdb.CatalogException) and "Table with name" in text:
        return missing_object("Object", "of this statement, dropped by another session,")
    if isinstance(error, duckdb.OutOfMemoryException):
        return SnowflakeError("300005", "XX000", "Internal error: out of memory")
    return SnowflakeError("000603", "XX000", f"SQL execution internal error: {_without_names(first)}")


def _without_names(text: str) -> str:
    return re.sub(r"\s+", " ", text)[:500]
