"""Every scalar function by name. Most are one line: argument kinds, result type, DuckDB template."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Callable

from sqlglot import exp

from ..cast_sql import Expression, literal
from ..errors import compilation, unknown_function, wrong_argument_count
from ..types import BINARY, BOOLEAN, DATE, INTEGER, MAXIMUM_TEXT, REAL, TEXT, VARIANT, SnowType, fixed, text
from . import windows

if TYPE_CHECKING:
    from .expressions import ExpressionBinder

Handler = Callable[["ExpressionBinder", str, list[exp.Expression]], Expression]
HANDLERS: dict[str, Handler] = {}
_KINDS: dict[str, SnowType] = {"t": text(MAXIMUM_TEXT), "i": INTEGER, "r": REAL, "b": BOOLEAN, "v": VARIANT, "y": BINARY, "d": DATE}
_SMALL = fixed(18, 0)
_COUNT = "CAST({} AS DECIMAL(38,0))"


def handles(*names: str) -> Callable[[Handler], Handler]:
    """Registers a handler under function names."""

    def register(handler: Handler) -> Handler:
        for name in names:
            HANDLERS[name] = handler
        return handler

    return register


# name: (argument kinds, result type, template). `{0i}`-style arguments are cast to BIGINT by the kind "n".
SIMPLE: dict[str, list[tuple[str, SnowType, str]]] = {
    "UPPER": [("t", TEXT, "upper({0})")],
    "LOWER": [("t", TEXT, "lower({0})")],
    "LENGTH": [("t", _SMALL, _COUNT.format("length({0})"))],
    "LEN": [("t", _SMALL, _COUNT.format("length({0})"))],
    "OCTET_LENGTH": [("t", _SMALL, _COUNT.format("strlen({0})"))],
    "TRIM": [("t", TEXT, "trim({0}, ' ')"), ("tt", TEXT, "trim({0}, {1})")],
    "LTRIM": [("t", TEXT, "ltrim({0}, ' ')"), ("tt", TEXT, "ltrim({0}, {1})")],
    "RTRIM": [("t", TEXT, "rtrim({0}, ' ')"), ("tt", TEXT, "rtrim({0}, {1})")],
    "REPLACE": [("ttt", TEXT, "replace({0}, {1}, {2})"), ("tt", TEXT, "replace({0}, {1}, '')")],
    "INSERT": [("tnnt", TEXT, "(left({0}, {1} - 1) || {3} || substr({0}, {1} + {2}))")],
    "REVERSE": [("t", TEXT, "reverse({0})")],
    "REPEAT": [("tn", TEXT, "repeat({0}, {1})")],
    "LPAD": [("tnt", TEXT, "lpad({0}, {1}::INTEGER, {2})"), ("tn", TEXT, "lpad({0}, {1}::INTEGER, ' ')")],
    "RPAD": [("tnt", TEXT, "rpad({0}, {1}::INTEGER, {2})"), ("tn", TEXT, "rpad({0}, {1}::INTEGER, ' ')")],
    "LEFT": [("tn", TEXT, "left({0}, greatest({1}, 0))")],
    "RIGHT": [("tn", TEXT, "right({0}, greatest({1}, 0))")],
    "CONTAINS": [("tt", BOOLEAN, "contains({0}, {1})")],
    "STARTSWITH": [("tt", BOOLEAN, "starts_with({0}, {1})")],
    "ENDSWITH": [("tt", BOOLEAN, "ends_with({0}, {1})")],
    "CHR": [("n", TEXT, "chr({0}::INTEGER)")],
    "CHAR": [("n", TEXT, "chr({0}::INTEGER)")],
    "ASCII": [("t", fixed(3, 0), _COUNT.format("ascii({0})"))],
    "UNICODE": [("t", _SMALL, _COUNT.format("CASE WHEN {0} = '' THEN 0 ELSE unicode({0}) END"))],
    "MD5": [("t", TEXT, "md5({0})")],
    "MD5_HEX": [("t", TEXT, "md5({0})")],
    "SHA1": [("t", TEXT, "sha1({0})")],
    "SHA2": [("t", TEXT, "sf_sha2({0}, 256)"), ("tn", TEXT, "sf_sha2({0}, {1}::INTEGER)")],
    "SHA2_HEX": [("t", TEXT, "sf_sha2({0}, 256)"), ("tn", TEXT, "sf_sha2({0}, {1}::INTEGER)")],
    "INITCAP": [("t", TEXT, "sf_initcap({0}, ' \t\n!?@\"^#$&~_,.:;+-*%/|\\[](){{}}<>')"), ("tt", TEXT, "sf_initcap({0}, {1})")],
    "TRANSLATE": [("ttt", TEXT, "translate({0}, {1}, {2})")],
    "EDITDISTANCE": [("tt", _SMALL, _COUNT.format("levenshtein({0}, {1})"))],
    "SPLIT": [("tt", SnowType("array"), "sf_split({0}, {1})")],
    "STRTOK": [("ttn", TEXT, "nullif(list_filter(string_split_regex({0}, '[' || regexp_escape({1}) || ']'), lambda x: x <> '')[{2}], '')")],
    "HEX_DECODE_BINARY": [("t", BINARY, "sf_to_binary({0}, 'HEX')")],
    "HEX_DECODE_STRING": [("t", TEXT, "sf_decode_text(sf_to_binary({0}, 'HEX'))")],
    "BASE64_DECODE_BINARY": [("t", BINARY, "sf_to_binary({0}, 'BASE64')")],
    "BASE64_DECODE_STRING": [("t", TEXT, "sf_decode_text(sf_to_binary({0}, 'BASE64'))")],
    "SQRT": [("r", REAL, "sqrt({0})")], "CBRT": [("r", REAL, "cbrt({0})")], "EXP": [("r", REAL, "exp({0})")],
    "LN": [("r", REAL, "ln({0})")], "LOG": [("rr", REAL, "(ln({1}) / ln({0}))")],
    "POWER": [("rr", REAL, "pow({0}, {1})")], "POW": [("rr", REAL, "pow({0}, {1})")],
    "SIN": [("r", REAL, "sin({0})")], "COS": [("r", REAL, "cos({0})")], "TAN": [("r", REAL, "tan({0})")],
    "ASIN": [("r", REAL, "asin({0})")], "ACOS": [("r", REAL, "acos({0})")], "ATAN": [("r", REAL, "atan({0})")],
    "ATAN2": [("rr", REAL, "atan2({0}, {1})")], "PI": [("", REAL, "pi()")], "RADIANS": [("r", REAL, "radians({0})")],
    "DEGREES": [("r", REAL, "degrees({0})")],
    "UUID_STRING": [("", TEXT, "CAST(uuid() AS VARCHAR)")],
    "BITAND": [("nn", INTEGER, _COUNT.format("({0} & {1})"))], "BITOR": [("nn", INTEGER, _COUNT.format("({0} | {1})"))],
    "BITXOR": [("nn", INTEGER, _COUNT.format("xor({0}, {1})"))],
    "REGEXP_COUNT": [("tt", _SMALL, _COUNT.format("len(regexp_extract_all({0}, {1}))"))],
    "ARRAY_SIZE": [("v", _SMALL, _COUNT.format("sf_array_size({0})"))],
    "ARRAY_CONTAINS": [("vv", BOOLEAN, "sf_array_contains({0}, {1})")],
    "ARRAY_TO_STRING": [("vt", TEXT, "sf_array_join({0}, {1})")],
    "ARRAY_CAT": [("vv", SnowType("array"), "sf_array_concat({0}, {1})")],
    "ARRAY_APPEND": [("vv", SnowType("array"), "sf_array_concat({0}, '[' || {1} || ']')")],
    "ARRAY_SLICE": [("vii", SnowType("array"), "sf_array_slice({0}, {1}, {2})")],
    "OBJECT_KEYS": [("v", SnowType("array"), "sf_object_keys({0})")],
    "TYPEOF": [("v", TEXT, "sf_type_of({0})")],
    "TO_JSON": [("v", TEXT, "{0}")],
    "PARSE_JSON": [("t", VARIANT, "sf_parse_json({0}, '')"), ("tt", VARIANT, "sf_parse_json({0}, {1})")],
    "TRY_PARSE_JSON": [("t", VARIANT, "sf_try_parse_json({0}, '')"), ("tt", VARIANT, "sf_try_parse_json({0}, {1})")],
    "TO_VARIANT": [("v", VARIANT, "{0}")],
    "GET_PATH": [("vt", VARIANT, "sf_get_path({0}, {1})")],
    "JSON_EXTRACT_PATH_TEXT": [("tt", TEXT, "sf_cast_variant(sf_get_path(sf_parse_json({0}, ''), {1}), 'text')")],
    "IS_NULL_VALUE": [("v", BOOLEAN, "({0} = 'null')")],
    "IS_OBJECT": [("v", BOOLEAN, "starts_with({0}, '{{')")],
    "IS_ARRAY": [("v", BOOLEAN, "starts_with({0}, '[')")],
    "IS_VARCHAR": [("v", BOOLEAN, "starts_with({0}, '\"')")], "IS_CHAR": [("v", BOOLEAN, "starts_with({0}, '\"')")],
    "IS_BOOLEAN": [("v", BOOLEAN, "({0} IN ('true', 'false'))")],
    "IS_INTEGER": [("v", BOOLEAN, "(sf_type_of({0}) = 'INTEGER')")],
    "IS_DECIMAL": [("v", BOOLEAN, "(sf_type_of({0}) IN ('INTEGER', 'DECIMAL'))")],
    "IS_DOUBLE": [("v", BOOLEAN, "(sf_type_of({0}) IN ('INTEGER', 'DECIMAL', 'DOUBLE'))")],
    "STRIP_NULL_VALUE": [("v", VARIANT, "nullif({0}, 'null')")],
}


def call(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    """A function call by name; 002140 when there is no such function."""
    if name in SIMPLE:
        return _simple(binder, name, arguments)
    if windows.is_aggregate(name):
        return windows.bind_aggregate(binder, name, arguments)
    handler = HANDLERS.get(name)
    if handler is None:
        raise unknown_function(name)
    return handler(binder, name, arguments)


def _simple(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    for kinds, result, template in SIMPLE[name]:
        if len(kinds) == len(arguments):
            break
    else:
        expected = " or ".join(str(len(kinds)) for kinds, _, _ in SIMPLE[name])
        raise wrong_argument_count(name, expected, len(arguments))
    shown, nullable = [], False
    for kind, argument in zip(kinds, arguments):
        value = binder.bind(argument)
        nullable = nullable or value.nullable
        if kind == "n":
            shown.append(f"CAST({binder.caster.cast(value, INTEGER).sql} AS BIGINT)")
        else:
            shown.append(binder.caster.cast(value, _KINDS[kind]).sql)
    always = not shown or not name.startswith(("TRY_", "PARSE_JSON", "GET", "JSON_", "ARRAY", "OBJECT", "STRIP", "STRTOK"))
    return Expression(template.format(*shown), result, nullable or not always)


def need(name: str, arguments: list[exp.Expression], low: int, high: int | None = None) -> None:
    """Refuses another number of arguments."""
    if not low <= len(arguments) <= (low if high is None else high):
        raise wrong_argument_count(name, f"{low} to {high}" if high else str(low), len(arguments))


def get_steps(binder: "ExpressionBinder", value: Expression, steps: list[object], ignore_case: bool = False) -> Expression:
    """`value:a.b[0]`."""
    if value.type.kind == "text":
        raise compilation("001044", "42P13", "error line 1 at position 0\nInvalid argument types for function 'GET': (VARCHAR, VARCHAR)")
    variant = binder.caster.cast(value, VARIANT).sql
    path = literal(json.dumps(steps, ensure_ascii=False))
    return Expression(f"sf_get({variant}, {path}, {'true' if ignore_case else 'false'})", VARIANT)


def get_dynamic(binder: "ExpressionBinder", value: Expression, index: Expression) -> Expression:
    """`value[expression]`."""
    if index.type.kind == "fixed":
        return Expression(f"sf_get_index({value.sql}, {binder.caster.cast(index, INTEGER).sql})", VARIANT)
    key = f"'[\"' || replace({binder.caster.cast(index, TEXT).sql}, '\"', '\\\"') || '\"]'"
    return Expression(f"sf_get({value.sql}, {key}, false)", VARIANT)


def date_add(binder: "ExpressionBinder", part: str, count: Expression, value: Expression) -> Expression:
    """DATEADD; kept in functions_of_dates.py."""
    from .functions_of_dates import add_part

    return add_part(binder, part, count, value)
