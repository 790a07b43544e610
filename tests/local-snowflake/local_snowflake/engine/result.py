"""What a statement gives back: columns, cells already in Snowflake's JSON form, counters. Not the HTTP envelope."""

from __future__ import annotations

from dataclasses import dataclass, field

STATEMENT_SELECT = 0x1000
STATEMENT_DML = 0x3000
STATEMENT_INSERT = 0x3100
STATEMENT_UPDATE = 0x3200
STATEMENT_DELETE = 0x3300
STATEMENT_MERGE = 0x3400
STATEMENT_MULTI_INSERT = 0x3500
STATEMENT_COPY = 0x3600
STATEMENT_SHOW = 0x4400
STATEMENT_DESCRIBE = 0x4500
STATEMENT_USE = 0x4300
STATEMENT_SESSION = 0x4000
STATEMENT_TRANSACTION = 0x5000
STATEMENT_DDL = 0x6000


@dataclass
class ColumnMeta:
    """One column of a result; the fields of a `rowtype` entry."""

    name: str
    type_name: str
    precision: int | None = None
    scale: int | None = None
    length: int | None = None
    byte_length: int | None = None
    nullable: bool = True


@dataclass
class Result:
    """A finished statement. `rows` hold cells as text or None; `statistics` the `stats` counters of DML."""

    columns: list[ColumnMeta]
    rows: list[list[str | None]]
    statement_type_id: int = STATEMENT_SELECT
    statistics: dict[str, int] = field(default_factory=dict)
    query_id: str | None = None


def text_column(name: str) -> ColumnMeta:
    """A VARCHAR column of a status or SHOW result."""
    return ColumnMeta(name, "text", length=16777216, byte_length=16777216)


def number_column(name: str, precision: int = 38, scale: int = 0) -> ColumnMeta:
    """A NUMBER column of a status or SHOW result."""
    return ColumnMeta(name, "fixed", precision=precision, scale=scale)


def boolean_column(name: str) -> ColumnMeta:
    """A BOOLEAN column of a SHOW result."""
    return ColumnMeta(name, "boolean")


def timestamp_column(name: str) -> ColumnMeta:
    """A TIMESTAMP_LTZ(3) column of a SHOW result."""
    return ColumnMeta(name, "timestamp_ltz", precision=0, scale=3)


def status(message: str, statement_type_id: int = STATEMENT_DDL) -> Result:
    """The one-cell result of DDL and of session statements."""
    return Result([text_column("status")], [[message]], statement_type_id)
