"""What a driver does around executing many rows: describe a statement without running it, and send arrays of binds."""

from __future__ import annotations

import re

from ..engine import Result, SnowflakeError
from ..staging.results import table

_READS = re.compile(r"[\s(]*(?:SELECT|WITH|SHOW|DESC|DESCRIBE|LIST|LS|VALUES)\b", re.I)
_CHANGES = {
    "INSERT": (0x3100, ["number of rows inserted"]),
    "UPDATE": (0x3200, ["number of rows updated", "number of multi-joined rows updated"]),
    "DELETE": (0x3300, ["number of rows deleted"]),
    "MERGE": (0x3400, ["number of rows inserted", "number of rows updated"]),
}
_INSERT_ROW = re.compile(r"(\s*INSERT\s+INTO\b.*?\bVALUES\s*)(\(.*\))\s*;?\s*$", re.I | re.S)
_LITERAL = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/", re.S)


def is_query(sql_text: str) -> bool:
    """Can the statement be run to learn its columns, because it changes nothing?"""
    return _READS.match(sql_text) is not None


def described_change(sql_text: str) -> Result:
    """The columns that INSERT, UPDATE, DELETE or MERGE will answer with; the statement itself is not looked at."""
    word = re.match(r"\s*(\w*)", sql_text)[1].upper()
    if word not in _CHANGES:
        raise SnowflakeError("000002", "0A000", f"Unsupported feature 'describeOnly of {word or 'this statement'}'.")
    statement_type_id, names = _CHANGES[word]
    return table(names, [], statement_type_id, numbers=tuple(names))


def count_binds(sql_text: str) -> int:
    """How many `?` stand in a statement."""
    return _LITERAL.sub("", sql_text).count("?")


def takes_arrays(sql_text: str) -> bool:
    """Can every bind be an array? Only in INSERT … VALUES with one row of binds."""
    match = _INSERT_ROW.match(sql_text)
    return match is not None and count_binds(match[1]) == 0 and count_binds(match[2]) > 0


def expand_arrays(sql_text: str, bindings: dict | None) -> tuple[str, dict | None]:
    """Statement and binds with the row of VALUES repeated for each element of the arrays."""
    lists = [bind.get("value") for bind in (bindings or {}).values()]
    if not any(isinstance(value, list) for value in lists):
        return sql_text, bindings
    match = _INSERT_ROW.match(sql_text)
    lengths = {len(value) if isinstance(value, list) else -1 for value in lists}
    if not takes_arrays(sql_text) or len(lengths) != 1 or -1 in lengths or count_binds(match[2]) != len(lists):
        raise SnowflakeError("000002", "0A000", "Unsupported feature 'array binding in this statement'.")
    row_count, expanded = lengths.pop(), {}
    for row in range(row_count):
        for number in range(1, len(lists) + 1):
            bind = bindings[str(number)]
            expanded[str(row * len(lists) + number)] = {**bind, "value": bind["value"][row]}
    return match[1] + ", ".join([match[2]] * row_count), expanded
