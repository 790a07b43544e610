"""Shapes of the results of stage statements."""

from __future__ import annotations

import re

from ..engine import ColumnMeta, Result

DDL_STATEMENT, LIST_STATEMENT, COPY_STATEMENT = 0x6000, 0x4700, 0x3600


def status(message: str) -> Result:
    """One cell named `status`."""
    return table(["status"], [[message]], DDL_STATEMENT)


def table(
    names: list[str],
    rows: list[list[str | None]],
    statement_type_id: int = LIST_STATEMENT,
    numbers: tuple[str, ...] = (),
) -> Result:
    """Text columns, except those listed in `numbers`."""
    columns = [
        ColumnMeta(name, "fixed", precision=38, scale=0)
        if name in numbers
        else ColumnMeta(name, "text", length=16777216, byte_length=16777216)
        for name in names
    ]
    return Result(columns, rows, statement_type_id)


def like(pattern: str, name: str) -> bool:
    """SHOW's LIKE: case-insensitive, `%` and `_`."""
    expression = "".join({"%": ".*", "_": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, name, re.I | re.S) is not None


def text_of(value: object) -> str:
    """A property as DESCRIBE shows it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(str, value)) + "]"
    return "NONE" if value is None else str(value)
