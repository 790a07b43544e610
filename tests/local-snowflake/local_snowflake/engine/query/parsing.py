"""Snowflake SQL to sqlglot's tree, strictly: no function is known to the parser, so none is rewritten behind our back.

String literals travel as numbered placeholders, because Snowflake's escapes are resolved by our own tokenizer.
"""

from __future__ import annotations

import logging

from sqlglot import exp
from sqlglot.dialects import Snowflake
from sqlglot.errors import ParseError, SqlglotError

from ..errors import SnowflakeError, compilation, syntax_error
from ..tokens import Token, position_of, tokenize

_PLACEHOLDER = "\ue000"
_KEPT_PARSERS = ("CAST", "TRY_CAST", "EXTRACT", "POSITION")

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)


_TYPE_NAMES = {
    "INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT", "BYTEINT", "NUMBER", "DECIMAL", "NUMERIC", "DEC", "FLOAT", "FLOAT4", "FLOAT8", "REAL",
    "DOUBLE", "DOUBLE PRECISION", "VARCHAR", "STRING", "TEXT", "NVARCHAR", "NVARCHAR2", "CHAR", "CHARACTER", "NCHAR", "CHAR VARYING",
    "CHARACTER VARYING", "BINARY", "VARBINARY", "BOOLEAN", "DATE", "TIME", "DATETIME", "TIMESTAMP", "TIMESTAMP_NTZ", "TIMESTAMPNTZ",
    "TIMESTAMP_LTZ", "TIMESTAMPLTZ", "TIMESTAMP_TZ", "TIMESTAMPTZ", "VARIANT", "OBJECT", "ARRAY", "NCHAR VARYING", "DECFLOAT",
}

_OTHER_MEANINGS = {"NULL", "UNION", "INTERVAL", "RANGE"}


class _Strict(Snowflake):
    class Tokenizer(Snowflake.Tokenizer):
        KEYWORDS = {
            word: token for word, token in Snowflake.Tokenizer.KEYWORDS.items()
            if token not in Snowflake.Parser.TYPE_TOKENS or word in _TYPE_NAMES | _OTHER_MEANINGS
        }

    class Parser(Snowflake.Parser):
        FUNCTIONS: dict = {}
        FUNCTION_PARSERS = {name: Snowflake.Parser.FUNCTION_PARSERS[name] for name in _KEPT_PARSERS}


_DIALECT = _Strict()


class ParsedStatement:
    """A parsed statement and the strings its placeholders stand for."""

    def __init__(self, tree: exp.Expression, strings: list[str], sql: str) -> None:
        self.tree = tree
        self.strings = strings
        self.sql = sql


def _plain(value: str) -> bool:
    return value.isascii() and all(c.isalnum() or c in " _.:/+-%" for c in value) and len(value) < 64


def _render(tokens: list[Token], strings: list[str], sql: str) -> str:
    """The statement again, literals replaced, every token at its own line and column where possible."""
    out: list[str] = []
    last = 0
    for token in tokens:
        gap = sql[last : token.start]
        out.append(gap if gap.isspace() else ("" if not gap else "\n" if "\n" in gap else " "))
        last = token.end
        if token.kind == "string":
            if _plain(token.text):
                out.append("'" + token.text + "'")
            else:
                out.append(f"'{_PLACEHOLDER}{len(strings)}'")
                strings.append(token.text)
        elif token.kind == "quoted":
            out.append('"' + token.text.replace('"', '""') + '"')
        else:
            out.append(token.text)
    return "".join(out)


def parse(sql: str) -> ParsedStatement:
    """The tree of one query or DML statement; 001003 when it is not one."""
    strings: list[str] = []
    tokens = tokenize(sql)
    while tokens and tokens[-1].upper == ";":
        tokens.pop()
    rendered = _render(tokens, strings, sql)
    try:
        trees = _DIALECT.parse(rendered)
    except ParseError as error:
        detail = error.errors[0] if error.errors else {}
        line, column = detail.get("line") or 1, detail.get("col") or 0
        raise syntax_error(str(detail.get("highlight") or "<EOF>"), line, column) from None
    except SqlglotError as error:
        raise compilation("001003", "42000", f"syntax error: {str(error).splitlines()[0]}") from None
    if len(trees) != 1 or trees[0] is None:
        raise multiple_statements(len(trees))
    if isinstance(trees[0], exp.Command):
        line, column = position_of(sql, tokens[0].start)
        raise syntax_error(tokens[0].text, line, column)
    return ParsedStatement(trees[0], strings, sql)


def multiple_statements(count: int) -> SnowflakeError:
    """000008: more than one statement in a request for one."""
    return SnowflakeError("000008", "0A000", f"Actual statement count {count} did not match the desired statement count 1.")


def parse_expression(sql: str) -> tuple[exp.Expression, list[str]]:
    """The tree of one expression, such as a column default."""
    parsed = parse(f"SELECT {sql}")
    if not isinstance(parsed.tree, exp.Select) or len(parsed.tree.expressions) != 1:
        raise syntax_error(sql.split()[0] if sql.split() else "<EOF>")
    return parsed.tree.expressions[0], parsed.strings


def string_value(node: exp.Expression, strings: list[str]) -> str:
    """The text of a string literal."""
    value = str(node.this)
    return strings[int(value[1:])] if value.startswith(_PLACEHOLDER) else value


def readable(shown: str, strings: list[str]) -> str:
    """Text made from a tree, with the string literals back in their places."""
    for index in range(len(strings) - 1, -1, -1):
        shown = shown.replace(f"{_PLACEHOLDER}{index}'", strings[index] + "'")
    return shown


def leftover(node: exp.Expression, *allowed: str) -> None:
    """Refuses a tree node that carries a clause nobody handles."""
    for key, value in node.args.items():
        if key not in allowed and value not in (None, False, [], ""):
            shown = value.sql() if isinstance(value, exp.Expression) else key
            raise compilation("001003", "42000", f"syntax error: unexpected or unsupported clause '{key.rstrip('_').upper()}' near '{shown[:80]}'")


_LIST_ENDS = {"FROM", "WHERE", "GROUP", "HAVING", "QUALIFY", "ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT", "MINUS", ";", "OFFSET", "FETCH"}


def select_item_texts(sql: str) -> list[str]:
    """The source text of every item of the outermost SELECT list, upper-cased: the names of columns without alias."""
    tokens = tokenize(sql)
    depth, items, start = 0, [], None
    for index, token in enumerate(tokens):
        word = token.upper
        if word in ("(", "[", "{"):
            depth += 1
        elif word in (")", "]", "}"):
            depth -= 1
        if start is None:
            if depth == 0 and word == "SELECT":
                start = index + 1
                if index + 1 < len(tokens) and tokens[index + 1].upper in ("DISTINCT", "ALL"):
                    start += 1
                elif index + 2 < len(tokens) and tokens[index + 1].upper == "TOP":
                    start += 2
            continue
        within = word == "GROUP" and tokens[index - 1].upper == "WITHIN"
        if depth == 0 and not within and (word == "," or word in _LIST_ENDS) and index >= start:
            items.append((start, index))
            start = index + 1
            if word != ",":
                return [_item_text(sql, tokens[a:b]) for a, b in items]
    if start is not None:
        items.append((start, len(tokens)))
    return [_item_text(sql, tokens[a:b]) for a, b in items]


def _item_text(sql: str, tokens: list[Token]) -> str:
    return sql[tokens[0].start : tokens[-1].end].upper() if tokens else ""
