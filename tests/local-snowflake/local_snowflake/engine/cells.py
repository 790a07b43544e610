"""Query results: how each type leaves DuckDB, and its text in Snowflake's JSON rowset."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Callable

from . import json_text
from .casts import real_text, unpack_tz
from .result import ColumnMeta
from .temporal import SECOND
from .types import SnowType


def fetch_sql(column: str, kind: SnowType) -> str:
    """SQL that hands a column over in a form that Python reads without loss."""
    if kind.kind == "fixed":
        return f"CAST({column} AS VARCHAR)"
    if kind.kind == "date":
        return f"({column} - DATE '1970-01-01')"
    return column


def _seconds(nanoseconds: int, scale: int) -> str:
    sign = "-" if nanoseconds < 0 else ""
    seconds, fraction = divmod(abs(nanoseconds), SECOND)
    return f"{sign}{seconds}.{fraction:09d}" if scale == 9 else (
        f"{sign}{seconds}.{fraction:09d}"[: -(9 - scale)] if scale else f"{sign}{seconds}")


def _tz(value: int, scale: int) -> str:
    utc, offset = unpack_tz(value)
    return f"{_seconds(utc, scale)} {offset + 1440}"


def encoder(kind: SnowType) -> Callable[[Any], str]:
    """The function that turns a fetched value (never None) into a cell."""
    scale = kind.scale
    return {
        "fixed": str, "real": real_text, "decfloat": str, "text": str, "null": str, "date": str,
        "boolean": lambda value: "1" if value else "0",
        "time": lambda value: _seconds(value, scale),
        "timestamp_ntz": lambda value: _seconds(int(value), scale),
        "timestamp_ltz": lambda value: _seconds(int(value), scale),
        "timestamp_tz": lambda value: _tz(int(value), scale),
        "binary": lambda value: value.hex().upper(),
        "variant": json_text.pretty, "object": json_text.pretty, "array": json_text.pretty,
    }[kind.kind]


def encode_rows(rows: list[tuple[Any, ...]], kinds: list[SnowType]) -> list[list[str | None]]:
    """All rows as cells."""
    encoders = [encoder(kind) for kind in kinds]
    return [[None if value is None else encode(value) for value, encode in zip(row, encoders)] for row in rows]


def decode_column(meta: ColumnMeta, cells: list[str | None]) -> list[Any]:
    """Cells of a finished result back to storage values, for RESULT_SCAN."""
    def value(cell: str) -> Any:
        if meta.type_name == "boolean":
            return cell == "1"
        if meta.type_name in ("fixed", "real"):
            return Decimal(cell) if meta.type_name == "fixed" else float(cell)
        if meta.type_name in ("timestamp_ntz", "timestamp_ltz", "time"):
            return int(Decimal(cell) * SECOND)
        return cell

    return [None if cell is None else value(cell) for cell in cells]


def cell_of_timestamp(nanoseconds: int) -> str:
    """A CREATED_ON cell: seconds with three decimals."""
    return _seconds(nanoseconds - nanoseconds % 1_000_000, 3)
