"""The table of Python functions given to DuckDB (functions_in_python.py): casts, JSON, calendar, exact division."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal

from . import calendar, casts, decimal_float, json_text, temporal
from .errors import SnowflakeError
from .functions_in_python import Function

_DIVISION = Context(prec=120, rounding=ROUND_HALF_UP)
_WIDE = "DECIMAL(38,0)"


def _fixed(source: str, precision: int, scale: int) -> str:
    return format(casts.to_fixed(source, precision, scale), "f")


def _timestamp(source: str, kind: str, pattern: str, zone: str, scale: int) -> Decimal:
    return Decimal(casts.to_timestamp(source, kind, pattern, zone, scale))


def _parse_json(source: str, option: str) -> str | None:
    canonical = json_text.parse_json(source, option)
    if canonical is not None and not canonical.isascii():
        canonical = canonical.encode("utf-8", "replace").decode("utf-8")
    return canonical


def _get(value: str, path: str, ignore_case: bool) -> str | None:
    return json_text.get(value, json.loads(path), ignore_case)


def _get_path(value: str, path: str) -> str | None:
    return json_text.get(value, json_text.read_path(path))


def _get_index(value: str, index: Decimal) -> str | None:
    return json_text.get(value, [int(index)])


def _format(nanoseconds: Decimal, offset: int, pattern: str) -> str:
    return temporal.write(int(nanoseconds), offset, pattern)


def _divide(left: str, right: str, scale: int) -> str:
    result = _DIVISION.divide(Decimal(left), Decimal(right)).quantize(Decimal(1).scaleb(-scale), context=_DIVISION)
    if result and result.adjusted() >= 38 - scale:
        raise SnowflakeError("100132", "22003", f"Number out of representable range: type FIXED[SB16](38,{scale}), value {result}")
    return format(result, "f")


def _multiply(left: str, right: str, scale: int) -> str:
    result = _DIVISION.multiply(Decimal(left), Decimal(right)).quantize(Decimal(1).scaleb(-scale), context=_DIVISION)
    if result and result.adjusted() >= 38 - scale:
        raise SnowflakeError("100132", "22003", f"Number out of representable range: type FIXED[SB16](38,{scale}), value {result}")
    return format(result, "f")


def _object(pairs: list[str | None], keep_null: bool) -> str:
    result: dict[str, object] = {}
    for key, value in zip(pairs[::2], pairs[1::2]):
        if key is None or (value is None and not keep_null):
            continue
        if key in result:
            raise SnowflakeError("100062", "22000", f"Duplicate field key '{key}'")
        result[key] = None if value is None else json_text.load(value)
    return json_text.dump(result)


def _object_keys(value: str) -> str | None:
    loaded = json_text.load(value)
    return json_text.dump(sorted(loaded)) if isinstance(loaded, dict) else None


def _array_size(value: str) -> int | None:
    loaded = json_text.load(value) if value[0] == "[" else None
    return len(loaded) if isinstance(loaded, list) else None


def _array_contains(value: str, array: str) -> bool | None:
    loaded = json_text.load(array) if array[0] == "[" else None
    return any(json_text.dump(item) == value for item in loaded) if isinstance(loaded, list) else None


def _array_join(array: str, separator: str) -> str | None:
    loaded = json_text.load(array) if array[0] == "[" else None
    if not isinstance(loaded, list):
        return None
    return separator.join(json_text.to_text(json_text.dump(item)) or "" for item in loaded)


def _array_concat(left: str, right: str) -> str:
    return json_text.dump([*json_text.load(left), *json_text.load(right)])  # type: ignore[misc]


def _array_slice(array: str, start: Decimal, end: Decimal) -> str | None:
    loaded = json_text.load(array)
    return json_text.dump(loaded[int(start) : int(end)]) if isinstance(loaded, list) else None


def _split(source: str, separator: str) -> str:
    return json_text.dump(source.split(separator) if separator else [source])


def _flatten(value: str, path: str, outer: bool, recursive: bool, mode: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    start = json_text.get(value, json_text.read_path(path)) if path else value
    if start is not None:
        _flatten_into(rows, json_text.load(start), path, recursive, mode)
    if not rows and outer:
        rows.append({"key": None, "path": path or None, "index": None, "value": None, "this": start})
    return rows


def _flatten_into(rows: list[dict[str, object]], value: object, path: str, recursive: bool, mode: str) -> None:
    this = json_text.dump(value)
    items: list[tuple[str | None, int | None, object]] = []
    if isinstance(value, dict) and mode in ("OBJECT", "BOTH"):
        items = [(key, None, value[key]) for key in sorted(value)]
    elif isinstance(value, list) and mode in ("ARRAY", "BOTH"):
        items = [(None, index, item) for index, item in enumerate(value)]
    for key, index, item in items:
        if key is None:
            where = f"{path}[{index}]"
        elif key.isidentifier():
            where = f"{path}.{key}" if path else key
        else:
            where = f"{path}['{key}']"
        rows.append({"key": key, "path": where, "index": index, "value": json_text.dump(item), "this": this})
        if recursive:
            _flatten_into(rows, item, where, recursive, mode)


def _sha2(source: str, bits: int) -> str:
    names = {0: "sha256", 224: "sha224", 256: "sha256", 384: "sha384", 512: "sha512"}
    if bits not in names:
        raise SnowflakeError("001018", "22023", f"Invalid digest size {bits} for function SHA2")
    return hashlib.new(names[bits], source.encode("utf-8")).hexdigest()


def _decode_text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise SnowflakeError("100144", "22000", "Invalid UTF8 detected in string") from None


def _initcap(source: str, delimiters: str) -> str:
    out, start = [], True
    for character in source:
        out.append(character.upper() if start else character.lower())
        start = character in delimiters
    return "".join(out)


def _raise_too_long(source: str) -> str:
    raise casts.too_long(source)


def _raise(code: str, state: str, message: str) -> str:
    raise SnowflakeError(code, state, message)


def _date_from_parts(year: Decimal, month: Decimal, day: Decimal) -> int:
    index = int(year) * 12 + int(month) - 1
    return date(index // 12, index % 12 + 1, 1).toordinal() - temporal.EPOCH_ORDINAL + int(day) - 1


LIBRARY = [
    Function("to_fixed", _fixed, ["VARCHAR", "INTEGER", "INTEGER"], "VARCHAR", tried=True),
    Function("to_real", casts.to_real, ["VARCHAR"], "DOUBLE", tried=True),
    Function("to_decfloat", decimal_float.canonical, ["VARCHAR"], "VARCHAR", tried=True),
    Function("decfloat_of_real", decimal_float.of_double, ["DOUBLE"], "VARCHAR"),
    Function("to_boolean", casts.to_boolean, ["VARCHAR"], "BOOLEAN", tried=True),
    Function("to_date", casts.to_date, ["VARCHAR", "VARCHAR"], "INTEGER", tried=True),
    Function("to_time", casts.to_time, ["VARCHAR", "VARCHAR", "INTEGER"], "BIGINT", tried=True),
    Function("to_timestamp", _timestamp, ["VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR", "INTEGER"], _WIDE, tried=True),
    Function("to_binary", casts.to_binary, ["VARCHAR", "VARCHAR"], "BLOB", tried=True),
    Function("decode_text", _decode_text, ["BLOB"], "VARCHAR", tried=True),
    Function("parse_json", _parse_json, ["VARCHAR", "VARCHAR"], "VARCHAR", tried=True),
    Function("check_shape", casts.check_shape, ["VARCHAR", "VARCHAR"], "VARCHAR", tried=True),
    Function("cast_variant", casts.cast_variant, ["VARCHAR", "VARCHAR"], "VARCHAR", tried=True),
    Function("real_text", casts.real_text, ["DOUBLE"], "VARCHAR"),
    Function("double_text", json_text.double_text, ["DOUBLE"], "VARCHAR"),
    Function("quote_json", json_text.dump, ["VARCHAR"], "VARCHAR"),
    Function("get", _get, ["VARCHAR", "VARCHAR", "BOOLEAN"], "VARCHAR"),
    Function("get_path", _get_path, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    Function("get_index", _get_index, ["VARCHAR", _WIDE], "VARCHAR"),
    Function("type_of", json_text.type_of, ["VARCHAR"], "VARCHAR"),
    Function("object", _object, ["VARCHAR[]", "BOOLEAN"], "VARCHAR"),
    Function("object_keys", _object_keys, ["VARCHAR"], "VARCHAR"),
    Function("array_size", _array_size, ["VARCHAR"], "BIGINT"),
    Function("array_contains", _array_contains, ["VARCHAR", "VARCHAR"], "BOOLEAN"),
    Function("array_join", _array_join, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    Function("array_concat", _array_concat, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    Function("array_slice", _array_slice, ["VARCHAR", _WIDE, _WIDE], "VARCHAR"),
    Function("split", _split, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    Function("flatten", _flatten, ["VARCHAR", "VARCHAR", "BOOLEAN", "BOOLEAN", "VARCHAR"], "FLATTEN"),
    Function("format_timestamp", _format, [_WIDE, "INTEGER", "VARCHAR"], "VARCHAR"),
    Function("offset_at_utc", lambda n, z: temporal.offset_at_utc(int(n), z), [_WIDE, "VARCHAR"], "INTEGER"),
    Function("offset_at_wall", lambda n, z: temporal.offset_at_wall(int(n), z), [_WIDE, "VARCHAR"], "INTEGER"),
    Function("date_part", lambda p, n, w: calendar.part(p, int(n), int(w)), ["VARCHAR", _WIDE, "INTEGER"], "BIGINT"),
    Function("date_trunc", lambda p, n, w: Decimal(calendar.truncate(p, int(n), int(w))), ["VARCHAR", _WIDE, "INTEGER"], _WIDE),
    Function("date_add", lambda p, c, n: Decimal(calendar.add(p, int(c), int(n))), ["VARCHAR", _WIDE, _WIDE], _WIDE),
    Function("date_diff", lambda p, a, b, w: calendar.difference(p, int(a), int(b), int(w)), ["VARCHAR", _WIDE, _WIDE, "INTEGER"], "BIGINT"),
    Function("last_day", lambda p, n: calendar.last_day(p, int(n)), ["VARCHAR", _WIDE], "INTEGER"),
    Function("months_between", lambda a, b: calendar.months_between(int(a), int(b)), [_WIDE, _WIDE], "DOUBLE"),
    Function("date_from_parts", _date_from_parts, [_WIDE, _WIDE, _WIDE], "INTEGER"),
    Function("divide", _divide, ["VARCHAR", "VARCHAR", "INTEGER"], "VARCHAR"),
    Function("multiply", _multiply, ["VARCHAR", "VARCHAR", "INTEGER"], "VARCHAR"),
    Function("sha2", _sha2, ["VARCHAR", "INTEGER"], "VARCHAR"),
    Function("initcap", _initcap, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    Function("too_long", _raise_too_long, ["VARCHAR"], "VARCHAR"),
    Function("raise", _raise, ["VARCHAR", "VARCHAR", "VARCHAR"], "VARCHAR"),
]
