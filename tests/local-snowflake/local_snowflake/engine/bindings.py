"""Bind variables: `?` and `:1` in a statement become literals, so that the rest of the engine sees plain SQL."""

from __future__ import annotations

from typing import Any

from . import temporal
from .errors import SnowflakeError, unsupported
from .tokens import tokenize


def quoted(value: str) -> str:
    """A text as a Snowflake literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''").replace("\0", "\\0") + "'"


def _literal(binding: dict[str, Any]) -> str:
    kind, value = str(binding.get("type", "TEXT")).upper(), binding.get("value")
    if value is None:
        return "NULL"
    if isinstance(value, list):
        raise unsupported("array binding in this statement")
    text = str(value)
    if kind == "FIXED":
        return f"({text})" if text.lstrip("-").replace(".", "", 1).isdigit() else f"TO_NUMBER({quoted(text)}, 38, 12)"
    if kind == "REAL":
        return f"TO_DOUBLE({quoted(text)})"
    if kind == "BOOLEAN":
        return "TRUE" if text.lower() in ("true", "1") else "FALSE"
    if kind == "TEXT":
        return quoted(text)
    if kind == "BINARY":
        return f"TO_BINARY({quoted(text)}, 'HEX')"
    if kind == "DATE":
        days = int(text) // 86_400_000 if text.lstrip("-").isdigit() else None
        return quoted(text if days is None else temporal.civil(days).isoformat()) + "::DATE"
    if kind == "TIME":
        shown = temporal.write(int(text), 0, "HH24:MI:SS.FF9") if text.isdigit() else text
        return quoted(shown) + "::TIME"
    if kind in ("TIMESTAMP_NTZ", "TIMESTAMP_LTZ"):
        nanoseconds = int(text)
        shown = temporal.write(nanoseconds, 0, "YYYY-MM-DD HH24:MI:SS.FF9" + (" TZH:TZM" if kind.endswith("LTZ") else ""))
        return f"{quoted(shown)}::{kind}"
    if kind == "TIMESTAMP_TZ":
        utc, offset = text.split(" ")
        minutes = int(offset) - 1440
        shown = temporal.write(int(utc) + minutes * 60 * temporal.SECOND, minutes, "YYYY-MM-DD HH24:MI:SS.FF9 TZH:TZM")
        return f"{quoted(shown)}::TIMESTAMP_TZ"
    raise SnowflakeError("100037", "22018", f"Bind variable type {kind} is not supported")


def replace_bindings(sql: str, bindings: dict[str, dict[str, Any]] | None) -> str:
    """The statement with its variables filled in; 002049 when one has no value."""
    if not bindings:
        return sql
    out, last, number = [], 0, 0
    tokens = tokenize(sql)
    for index, token in enumerate(tokens):
        key, end = None, token.end
        if token.kind == "symbol" and token.text == "?":
            number += 1
            key = str(number)
        elif token.kind == "symbol" and token.text == ":" and index + 1 < len(tokens):
            following = tokens[index + 1]
            before = tokens[index - 1] if index else None
            glued = before is not None and before.end == token.start and before.kind in ("word", "quoted", "variable")
            if following.kind == "number" and following.start == token.end and not glued:
                key, end = following.text, following.end
        if key is None:
            continue
        if key not in bindings:
            raise SnowflakeError("002049", "42601", f"SQL compilation error: error line 1 at position 0\nBind variable :{key} not set.")
        out += [sql[last : token.start], _literal(bindings[key])]
        last = end
    return "".join(out) + sql[last:]
