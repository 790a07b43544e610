"""Parquet for COPY: each row becomes one JSON object, `$1`; columns are taken out of it by a SELECT list or by name."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite

import pyarrow
import pyarrow.parquet

from ..engine import SnowflakeError
from ..staging.parquet_format import ParquetFormat
from .copy_statement import CopyStatement
from .reports import LoadProblem

CASE_SENSITIVE, CASE_INSENSITIVE = "CASE_SENSITIVE", "CASE_INSENSITIVE"
_MAGIC = b"PAR1"


def prepared(statement: CopyStatement, table_info) -> CopyStatement:
    """The statement with the SELECT list that MATCH_BY_COLUMN_NAME, or a table of one column, means."""
    if statement.match_by_column_name != "NONE":
        if statement.select_list is not None or statement.columns:
            raise SnowflakeError("000002", "0A000", "Unsupported feature 'MATCH_BY_COLUMN_NAME with a list of columns'.")
        names = [column.name for column in table_info.columns]
        shown = ", ".join(f"$1:{_quoted(name)}" for name in names)
        return replace(statement, columns=names, select_list=shown)
    if statement.select_list is not None:
        return statement
    wanted = [column for column in table_info.columns if statement.columns is None or column.name in statement.columns]
    if len(wanted) != 1 or not wanted[0].type.is_semi_structured:
        raise SnowflakeError(
            "002019",
            "0A000",
            "SQL compilation error:\nPARQUET file format can produce one and only one column of type variant, object, or array. "
            "Load data into separate columns using the MATCH_BY_COLUMN_NAME copy option or copy with transformation.",
        )
    return replace(statement, select_list="$1")


def rows_of(data: bytes, parquet: ParquetFormat, statement: CopyStatement, table_info) -> list[str]:
    """The rows as JSON texts; members that are NULL are left out."""
    if data[:4] != _MAGIC or data[-4:] != _MAGIC:
        raise _problem("the file is not Parquet")
    try:
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(data))
    except (pyarrow.ArrowException, OSError) as problem:
        raise _problem(f"the file cannot be read: {type(problem).__name__}") from None
    names = _member_names(table.column_names, statement, table_info)
    columns = [_texts(table.column(index), parquet) for index in range(table.num_columns)]
    heads = [json.dumps(name, ensure_ascii=False) + ":" for name in names]
    return [
        "{" + ",".join(head + text for head, text in zip(heads, row) if text is not None) + "}"
        for row in (zip(*columns) if columns else [()] * table.num_rows)
    ]


def _member_names(found: list[str], statement: CopyStatement, table_info) -> list[str]:
    """The names in the file, or those of the table's columns that they mean when case does not matter."""
    if statement.match_by_column_name != CASE_INSENSITIVE:
        return found
    by_upper = {column.name.upper(): column.name for column in table_info.columns}
    return [by_upper.get(name.upper(), name) for name in found]


def _texts(column: pyarrow.ChunkedArray, parquet: ParquetFormat) -> list[str | None]:
    """Each value of a column as JSON, None for NULL."""
    if pyarrow.types.is_timestamp(column.type) and not parquet.use_logical_type:
        raise SnowflakeError("000002", "0A000", "Unsupported feature 'Parquet timestamps without USE_LOGICAL_TYPE = TRUE'.")
    nulls = {None, *parquet.null_if}
    return [None if (value is None or isinstance(value, str)) and value in nulls else _json(value, parquet) for value in column.to_pylist()]


def count_rows(data: bytes) -> int:
    """How many rows a file has, without reading them."""
    return pyarrow.parquet.ParquetFile(pyarrow.BufferReader(data)).metadata.num_rows


def _json(value: object, parquet: ParquetFormat) -> str:
    if isinstance(value, float) and not isfinite(value):
        raise _problem(f"{value} is not a JSON number")
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return json.dumps(_text_of(value) if parquet.binary_as_text else value.hex().upper(), ensure_ascii=False)
    if isinstance(value, (date, datetime, time)):
        return json.dumps(value.isoformat(" ") if isinstance(value, datetime) else value.isoformat())
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(name))}:{_nested(inner, parquet)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_nested(inner, parquet) for inner in value) + "]"
    if isinstance(value, str) and parquet.trim_space:
        value = value.strip()
    return json.dumps(value, ensure_ascii=False)


def _nested(value: object, parquet: ParquetFormat) -> str:
    return "null" if value is None else _json(value, parquet)


def _text_of(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise _problem("a binary value is not UTF-8: BINARY_AS_TEXT = FALSE reads it") from None


def _problem(message: str) -> LoadProblem:
    return LoadProblem("100069", "22000", f"Error parsing Parquet: {message}", 1, 1, 1, "")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
