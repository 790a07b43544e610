"""Snowflake's identifier rules: folding, quoting, and names of one to three parts."""

from __future__ import annotations

import re

from .errors import compilation
from .tokens import TokenCursor

_PLAIN = re.compile(r"[A-Z_][A-Z0-9_$]*\Z")


def fold(name: str) -> str:
    """An unquoted identifier as it is stored."""
    return name.upper()


def quote_if_needed(name: str) -> str:
    """The name as Snowflake shows it in messages and SHOW: bare when it would fold to itself."""
    return name if _PLAIN.match(name) else '"' + name.replace('"', '""') + '"'


def qualified(*parts: str) -> str:
    """Parts joined with dots, each quoted when needed."""
    return ".".join(quote_if_needed(part) for part in parts)


def read_name(cursor: TokenCursor, ignore_case: bool = False) -> str:
    """One identifier, quoted or folded. `IDENTIFIER('…')` is not read here."""
    token = cursor.current
    if token is None or token.kind not in ("word", "quoted"):
        raise cursor.refuse()
    if not 1 <= len(token.text) <= 255:
        raise compilation("002019", "42601", f"Identifier of {len(token.text)} characters; 1 to 255 are possible.")
    cursor.index += 1
    if token.kind == "quoted":
        return fold(token.text) if ignore_case else token.text
    return fold(token.text)


def read_parts(cursor: TokenCursor, ignore_case: bool = False) -> list[str]:
    """A name of one to three parts; `IDENTIFIER('a.b')` is resolved, `db..t` means schema PUBLIC."""
    if cursor.accept("IDENTIFIER", "("):
        inner = TokenCursor(cursor.string())
        cursor.expect(")")
        parts = read_parts(inner, ignore_case)
        inner.finish()
        return parts
    parts = [read_name(cursor, ignore_case)]
    while cursor.peek("."):
        cursor.expect(".")
        if cursor.peek(".") and len(parts) == 1:
            parts.append("PUBLIC")
            continue
        parts.append(read_name(cursor, ignore_case))
    if len(parts) > 3:
        cursor.index -= 1
        raise cursor.refuse()
    return parts


def like_pattern(pattern: str) -> re.Pattern[str]:
    """SHOW … LIKE: case-insensitive, `%` and `_`, backslash escapes."""
    out, index = [], 0
    while index < len(pattern):
        character = pattern[index]
        if character == "\\" and index + 1 < len(pattern):
            index += 1
            out.append(re.escape(pattern[index]))
        else:
            out.append({"%": ".*", "_": "."}.get(character, re.escape(character)))
        index += 1
    return re.compile("".join(out) + r"\Z", re.IGNORECASE | re.DOTALL)
