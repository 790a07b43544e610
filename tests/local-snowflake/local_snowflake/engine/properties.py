"""`NAME = value …` as CREATE and ALTER of databases, schemas, warehouses and roles have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .tokens import TokenCursor

if TYPE_CHECKING:
    from .session import EngineSession


def ignore_case(session: "EngineSession") -> bool:
    """QUOTED_IDENTIFIERS_IGNORE_CASE of the session."""
    return session.parameter("QUOTED_IDENTIFIERS_IGNORE_CASE") == "true"


def read_properties(cursor: TokenCursor, allowed: dict[str, str]) -> dict[str, str]:
    """`NAME = value …` with optional commas; refuses names that are not allowed."""
    found: dict[str, str] = {}
    cursor.accept("WITH")
    while not cursor.at_end() and not cursor.peek(";"):
        token = cursor.current
        if token is None or token.upper not in allowed:
            raise cursor.refuse()
        cursor.index += 1
        cursor.expect("=")
        value = parameter_value(cursor)
        if allowed[token.upper] == "number" and not value.isdigit() and value.upper() != "NULL":
            cursor.index -= 1
            raise cursor.refuse()
        found[token.upper] = value
        cursor.accept(",")
    cursor.finish()
    return found


def parameter_value(cursor: TokenCursor) -> str:
    """A property value: string, number or word."""
    token = cursor.current
    if token is None or token.kind not in ("string", "number", "word"):
        if cursor.accept("-"):
            return "-" + cursor.take("number").text
        raise cursor.refuse()
    cursor.index += 1
    return token.text
