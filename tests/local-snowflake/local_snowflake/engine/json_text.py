"""VARIANT values: reading JSON with Snowflake's rules, the canonical text that is stored, paths, pretty printing.

Canonical: keys sorted, no spaces, exact numbers of up to 38 digits without trailing zeros; other numbers are doubles in
exponent form. Not for the text form of plain columns.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal

from .errors import SnowflakeError

_ENCODE = json.encoder.encode_basestring
_INTEGER = re.compile(r"-?\d+\Z")


class Number(str):
    """The canonical text of a number inside a VARIANT."""


def double_text(value: float) -> str:
    """A double as VARIANT shows it: 15 decimals and an exponent (16 when 15 would not read back equal)."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    short = f"{value:.15e}"
    return short if float(short) == value else f"{value:.16e}"


def number_text(source: str) -> str:
    """The canonical text of a number as written in JSON."""
    if _INTEGER.match(source):
        digits = source.lstrip("-").lstrip("0")
        if not digits:
            return "0"
        if len(digits) <= 38:
            return "-" + digits if source[0] == "-" else digits
        return double_text(float(source))
    if "e" in source or "E" in source:
        return double_text(float(source))
    return decimal_text(Decimal(source), source)


def decimal_text(value: Decimal, source: str | None = None) -> str:
    """A decimal without trailing zeros; a double when it has more than 38 digits."""
    plain = format(value, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    if plain in ("-0", ""):
        return "0"
    if len(plain.lstrip("-").replace(".", "").lstrip("0")) > 38 or len(plain.partition(".")[2]) > 37:
        return double_text(float(source or plain))
    return plain


def _number(source: str) -> Number:
    return Number(number_text(source))


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result: dict[str, object] = {}
    for key, value in pairs:
        if key in result:
            raise _DuplicateKey(key)
        result[key] = value
    return result


class _DuplicateKey(ValueError):
    """An object has a key twice."""


def _constant(name: str) -> object:
    if name in ("NaN", "Infinity", "-Infinity"):
        return Number(name)
    raise ValueError(name)


_STRICT = json.JSONDecoder(
    object_pairs_hook=_refuse_duplicates, parse_int=_number, parse_float=_number, parse_constant=_constant, strict=False
)
_LAST_WINS = json.JSONDecoder(parse_int=_number, parse_float=_number, parse_constant=_constant, strict=False)


def load(source: str, allow_duplicates: bool = False) -> object:
    """The value of canonical or user-written JSON. 100069 when it is not JSON or repeats a key."""
    try:
        return (_LAST_WINS if allow_duplicates else _STRICT).decode(source)
    except _DuplicateKey as error:
        raise SnowflakeError("100069", "22P02", f'Error parsing JSON: duplicate object attribute "{error}"') from None
    except json.JSONDecodeError as error:
        shown = "incomplete input" if error.pos >= len(source) else f"unknown keyword or token, pos {error.pos + 1}"
        raise SnowflakeError("100069", "22P02", f"Error parsing JSON: {shown}") from None
    except (RecursionError, ValueError):
        raise SnowflakeError("100069", "22P02", "Error parsing JSON: more than 1000 levels or not a value") from None


class _NeedsExactNumbers(Exception):
    """The text has a number that Python's own types would not keep."""


def _exact(source: str) -> object:
    raise _NeedsExactNumbers


def _same_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NeedsExactNumbers
    return found


_LONG_NUMBER = re.compile(r"\d{39}")
_QUICK = json.JSONDecoder(parse_float=_exact, parse_constant=_exact, strict=False)
_QUICK_STRICT = json.JSONDecoder(object_pairs_hook=_same_keys, parse_float=_exact, parse_constant=_exact, strict=False)
_QUICK_DUMP = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def _quick(source: str, allow_duplicates: bool) -> str | None:
    """The canonical text when only whole numbers occur; None when the careful way is needed."""
    if _LONG_NUMBER.search(source):
        return None
    try:
        return _QUICK_DUMP((_QUICK if allow_duplicates else _QUICK_STRICT).decode(source))
    except (_NeedsExactNumbers, ValueError, RecursionError):
        return None


def parse_json(source: str, option: str = "") -> str | None:
    """PARSE_JSON: canonical text, None for blank input."""
    if not source.strip():
        return None
    if option not in ("", "d", "s"):
        raise SnowflakeError("100069", "22P02", f"Error parsing JSON: unknown option '{option}'")
    return _quick(source, option == "d") or dump(load(source, option == "d"))


def dump(value: object) -> str:
    """The canonical text of a loaded value."""
    if isinstance(value, Number):
        return str(value)
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return _ENCODE(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_ENCODE(key)}:{dump(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    raise TypeError(type(value).__name__)


def pretty(canonical: str) -> str:
    """As a driver receives it: objects and arrays over several lines, two spaces deep."""
    if canonical[:1] not in "[{":
        return canonical
    return _pretty(load(canonical, allow_duplicates=True), "")


def _pretty(value: object, indent: str) -> str:
    inner = indent + "  "
    if isinstance(value, dict) and value:
        body = ",\n".join(f"{inner}{_ENCODE(key)}: {_pretty(item, inner)}" for key, item in value.items())
        return "{\n" + body + "\n" + indent + "}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + _pretty(item, inner) for item in value) + "\n" + indent + "]"
    return dump(value)


def type_of(canonical: str) -> str:
    """TYPEOF: INTEGER, DECIMAL, DOUBLE, VARCHAR, BOOLEAN, OBJECT, ARRAY, NULL_VALUE."""
    first = canonical[:1]
    if first in ('"', "{", "["):
        return {'"': "VARCHAR", "{": "OBJECT", "[": "ARRAY"}[first]
    if canonical == "null":
        return "NULL_VALUE"
    if canonical in ("true", "false"):
        return "BOOLEAN"
    if _INTEGER.match(canonical):
        return "INTEGER"
    return "DOUBLE" if "e" in canonical or "N" in canonical or "I" in canonical else "DECIMAL"


def get(canonical: str, steps: list[object], ignore_case: bool = False) -> str | None:
    """The canonical text at a path of keys (str) and indexes (int); None where nothing is."""
    if canonical[:1] not in "[{":
        return None if steps else canonical
    value = load(canonical, allow_duplicates=True)
    for step in steps:
        if isinstance(value, dict) and isinstance(step, str):
            if ignore_case:
                step = next((key for key in value if key.lower() == step.lower()), step)
            if step not in value:
                return None
            value = value[step]
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return dump(value)


def to_text(canonical: str) -> str | None:
    """VARIANT to VARCHAR: strings lose their quotes, JSON null is NULL, the rest is compact JSON."""
    if canonical == "null":
        return None
    if canonical[:1] == '"':
        return str(load(canonical))
    return canonical


_STEP = re.compile(r"\s*(?:\.?([^\W\d][\w$]*)|\.?\"((?:[^\"]|\"\")*)\"|\[\s*(\d+)\s*\]|\[\s*'((?:[^'\\]|\\.)*)'\s*\])")


def read_path(path: str) -> list[object]:
    """The steps of `a.b[0]['c']` as GET_PATH takes it."""
    steps: list[object] = []
    index = 0
    while index < len(path):
        match = _STEP.match(path, index)
        if match is None or match.end() == index:
            raise SnowflakeError("100097", "22018", f"Invalid extraction path '{path}'")
        word, quoted, number, literal = match.groups()
        if number is not None:
            steps.append(int(number))
        else:
            steps.append(word if word is not None else quoted.replace('""', '"') if quoted is not None else literal)
        index = match.end()
    return steps
