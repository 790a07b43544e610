"""Random schemas of one property: which column it makes, and values of it with what the column must hold for each.

The table of types is written here a second time, from the README and the notes on peers, so as not to share the target's
mistakes.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

import json_texts
from json_texts import Json

# What a column holds: its type as DESC TABLE says it.
INTEGER, FLOAT, BOOLEAN, BINARY, DATE, TIME = "NUMBER(38,0)", "FLOAT", "BOOLEAN", "BINARY(8388608)", "DATE", "TIME(9)"
TEXT, VARIANT = "VARCHAR(16777216)", "VARIANT"
NULL = Json(None, "null")
UTC = dt.timezone.utc


@dataclass
class Property:
    """One property of a stream. `make` gives a value and what the column must hold."""

    schema: object
    column: str
    make: Callable[[Random], tuple[Json, object]]
    definitions: dict[str, object] = field(default_factory=dict)


def random_property(rng: Random, timestamp: str) -> Property:
    """`timestamp`: the column type of date-times in this run."""
    kinds = [
        _integer, _float, _multiple, _decimal_string, _boolean, _text, _text, _temporal, _temporal, _binary, _json, _json,
        _any_of, _any_of, _type_list, _untyped, _null_only, _constant,
    ]  # fmt: skip
    made = rng.choice(kinds)(rng, timestamp)
    return _wrapped(rng, made)


def _wrapped(rng: Random, made: Property) -> Property:
    """The same behind a `$ref`, an `allOf`, or beside null."""
    way = rng.random()
    if way < 0.1:
        place, name = rng.choice(["definitions", "$defs"]), f"{rng.getrandbits(64)}"
        made.definitions = {place: {f"~{name}/": made.schema, name: {"$ref": f"#/{place}/~0{name}~1"}}}
        made.schema = {"$ref": f"#/{place}/{name}"}
    elif way < 0.2:
        made.schema = {"allOf": [{"title": "nothing said"}, made.schema]}
    if rng.random() < 0.5 or made.schema == {"type": "null"}:
        return made
    if isinstance(made.schema, dict) and isinstance(made.schema.get("type"), str) and "enum" not in made.schema:
        made.schema = {**made.schema, "type": rng.choice([["null", made.schema["type"]], [made.schema["type"], "null"]])}
    else:
        made.schema = {rng.choice(["anyOf", "oneOf"]): [{"type": "null"}, made.schema]}
        if made.schema.get("oneOf") and made.column in (TEXT, VARIANT):
            # What says nothing about types takes null, too, and then two of them match.
            made.schema = {"anyOf": made.schema["oneOf"]}
    make = made.make
    made.make = lambda rng: (NULL, None) if rng.random() < 0.2 else make(rng)
    return made


def _integer(rng: Random, _timestamp: str) -> Property:
    schema: dict[str, object] = {"type": "integer"}
    digits = 38
    if rng.random() < 0.3:
        digits = rng.choice([4, 9, 18])
        schema |= {"minimum": 1 - 10**digits, "maximum": 10**digits - 1}
    return Property(schema, INTEGER, lambda rng: _exact(json_texts.number(rng, Decimal(json_texts.integer(rng, digits)))))


def _exact(number: Json) -> tuple[Json, object]:
    return number, number.value


def _float(rng: Random, _timestamp: str) -> Property:
    return Property({"type": "number"}, FLOAT, _make_float)


def _make_float(rng: Random) -> tuple[Json, object]:
    way = rng.random()
    if way < 0.4:
        value = rng.choice([0.0, -0.0, 0.1, 1e-5, 5e-324, 1.7976931348623157e308, -1e22, 123456789.125])
    elif way < 0.7:
        value = rng.uniform(-1e6, 1e6)
    else:
        value = rng.uniform(-1, 1) * 10.0 ** rng.randint(-300, 300)
    return Json(value, repr(value)), value


def _multiple(rng: Random, _timestamp: str) -> Property:
    step = rng.choice(["0.01", "0.1", "0.001", "1e-07", "0.05", "0.25", "0.000001", "1e-18", "1", "5", "100", "1e3", "0.3", "2.5e-4"])
    unit = Decimal(step)
    scale = max(0, -unit.normalize().as_tuple().exponent)
    schema = {"type": "number", "multipleOf": _Raw(step)}
    whole = 38 - scale - 3

    def make(rng: Random) -> tuple[Json, object]:
        # Two digits less, because a step may have more than one.
        value = _times(json_texts.integer(rng, rng.choice([2, 9, whole + scale])), unit)
        return _exact(json_texts.number(rng, value))

    return Property(schema, f"NUMBER(38,{scale})", make)


def _times(count: int, unit: Decimal) -> Decimal:
    """Exact, whatever the precision of Python's decimals is."""
    sign, digits, exponent = unit.as_tuple()
    assert not sign
    return Decimal(count * int("".join(map(str, digits)))).scaleb(int(exponent))


class _Raw:
    """A number in a schema, as it is to be written."""

    def __init__(self, text: str):
        self.text = text


def _decimal_string(rng: Random, _timestamp: str) -> Property:
    name = rng.choice(["x-singer.decimal", "singer.decimal"])
    if rng.random() < 0.2:
        # No digits are promised: only text keeps them all.
        return Property({"type": "string", "format": name}, TEXT, _make_decimal_text)
    precision = rng.randint(1, 38)
    scale = rng.randint(0, min(precision, 37))
    in_name = rng.random() < 0.3
    schema: dict[str, object] = {"type": "string", "format": f"{name}({precision},{scale})" if in_name else name}
    if not in_name:
        schema |= {"precision": precision, "scale": scale}

    def make(rng: Random) -> tuple[Json, object]:
        value = json_texts.decimal(rng, precision - scale, scale)
        return json_texts.string(rng, json_texts.number(rng, value).text, may_break=False), value

    return Property(schema, f"NUMBER({precision},{scale})", make)


def _make_decimal_text(rng: Random) -> tuple[Json, object]:
    text = json_texts.number(rng, json_texts.decimal(rng, 60, 60)).text
    return Json(text, f'"{text}"'), text


def _boolean(rng: Random, _timestamp: str) -> Property:
    return Property({"type": "boolean"}, BOOLEAN, lambda rng: _exact(rng.choice([Json(True, "true"), Json(False, "false")])))


def _text(rng: Random, _timestamp: str) -> Property:
    schema: dict[str, object] = {"type": "string"}
    if rng.random() < 0.4:
        schema["format"] = rng.choice(["email", "uri", "uuid", "hostname", "ipv4", "ipv6", "duration", "regex", "no such format"])
    if rng.random() < 0.2:
        schema |= {"minLength": 0, "maxLength": 60_000}
    return Property(schema, TEXT, _make_text)


def _make_text(rng: Random) -> tuple[Json, object]:
    return _exact(json_texts.string(rng))


def _binary(rng: Random, _timestamp: str) -> Property:
    def make(rng: Random) -> tuple[Json, object]:
        content = rng.randbytes(rng.choice([0, 1, 7, 300]))
        text = content.hex() if rng.random() < 0.5 else content.hex().upper()
        return Json(text, f'"{text}"'), content

    return Property({"type": "string", "format": "binary"}, BINARY, make)


def _temporal(rng: Random, timestamp: str) -> Property:
    name = rng.choice(["date", "time", "date-time", "date-time"])
    column = {"date": DATE, "time": TIME, "date-time": f"{timestamp}(9)"}[name]
    return Property({"type": "string", "format": name}, column, lambda rng: _make_temporal(rng, column))


@dataclass(frozen=True)
class Moment:
    """A time in whole seconds and what is left, and the offset as it was written, in minutes."""

    at: dt.datetime
    nanoseconds: int
    offset_minutes: int


def _make_temporal(rng: Random, column: str) -> tuple[Json, object]:
    day = dt.date.fromordinal(rng.randint(3, dt.date.max.toordinal() - 2))
    day = rng.choice([day, day, dt.date(1582, 10, 10), dt.date(1900, 2, 28), dt.date(2000, 2, 29), dt.date(1969, 12, 31)])
    if column == DATE:
        text = day.isoformat() + rng.choice(["", "", "T00:00:00Z", " 00:00:00"])
        return Json(text, f'"{text}"'), day
    clock = dt.time(rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59))
    digits = rng.choice([0, 3, 6, 9, rng.randint(1, 9)])
    fraction = "".join(str(rng.randint(0, 9)) for _ in range(digits))
    nanoseconds = int(fraction.ljust(9, "0"))
    written = clock.isoformat() + (f".{fraction}" if digits else "")
    if column == TIME:
        return Json(written, f'"{written}"'), (clock, nanoseconds)
    minutes = rng.choice([0, 0, 0, 330, -210, 60, 14 * 60, -12 * 60, rng.randint(-839, 839)])
    sign, size = ("-" if minutes < 0 else "+"), abs(minutes)
    zones = [f"{sign}{size // 60:02}:{size % 60:02}", f"{sign}{size // 60:02}{size % 60:02}"]
    zone = rng.choice(zones + (["Z", "", " UTC"] if minutes == 0 else []))
    text = f"{day.isoformat()}{rng.choice('TTT t')}{written}{zone}"
    at = dt.datetime.combine(day, clock) - dt.timedelta(minutes=minutes)
    return Json(text, f'"{text}"'), Moment(at, nanoseconds, minutes)


def _json(rng: Random, _timestamp: str) -> Property:
    kind = rng.choice(["object", "array"])
    schema: dict[str, object] = {"type": kind}
    if kind == "array":
        if rng.random() < 0.4:
            schema["items"] = {"type": ["string", "number", "boolean", "null", "array", "object"]}
        return Property(schema, VARIANT, lambda rng: _exact(json_texts.array(rng)))
    if rng.random() < 0.4:
        schema |= {"properties": {"never there by chance": {"type": "integer"}}, "additionalProperties": True}
    return Property(schema, VARIANT, lambda rng: _exact(json_texts.obj(rng)))


def _null_only(_rng: Random, _timestamp: str) -> Property:
    return Property({"type": "null"}, TEXT, lambda _rng: (NULL, None))


def _untyped(rng: Random, _timestamp: str) -> Property:
    schema = rng.choice([{}, {"title": "anything"}, True, {"type": ["string", "number", "boolean", "null"]}])
    only_scalars = isinstance(schema, dict) and "type" in schema

    def make(rng: Random) -> tuple[Json, object]:
        sent = json_texts.anything(rng, 0 if only_scalars else 3)
        while only_scalars and isinstance(sent.value, (list, dict)):
            sent = json_texts.anything(rng, 0)
        return sent, as_text(sent)

    return Property(schema, TEXT, make)


def as_text(sent: Json) -> str | None:
    """What a VARCHAR column holds of any JSON value: a string's characters, or the JSON as it was written."""
    if sent.value is None or isinstance(sent.value, str):
        return sent.value
    return with_whole_surrogates(sent.text)


def with_whole_surrogates(text: str) -> str:
    """JSON text with half surrogate pairs replaced, as Snowflake's PARSE_JSON would refuse them."""
    out, at = [], 0
    while (found := text.find("\\", at)) >= 0:
        out.append(text[at:found])
        if text[found + 1] != "u":
            out.append(text[found : found + 2])
            at = found + 2
            continue
        unit = int(text[found + 2 : found + 6], 16)
        follower = text[found + 6 : found + 12]
        is_pair = 0xD800 <= unit < 0xDC00 and follower.startswith("\\u") and 0xDC00 <= int(follower[2:], 16) < 0xE000
        if is_pair:
            out.append(text[found : found + 12])
        else:
            out.append("\\ufffd" if 0xD800 <= unit < 0xE000 else text[found : found + 6])
        at = found + (12 if is_pair else 6)
    return "".join(out) + text[at:]


def _constant(rng: Random, _timestamp: str) -> Property:
    values = [json_texts.string(rng, may_break=False) for _ in range(rng.randint(1, 4))]
    schema = {"const": _Raw(values[0].text)} if len(values) == 1 else {"enum": [_Raw(value.text) for value in values]}
    return Property(schema, TEXT, lambda rng: _exact(rng.choice(values)))


def _any_of(rng: Random, timestamp: str) -> Property:
    """Two members; the column takes the values of both."""
    members = [rng.choice([_integer, _float, _boolean, _text, _json])(rng, timestamp) for _ in range(2)]
    column = _union([member.column for member in members])
    schema = {"anyOf": [member.schema for member in members]}

    def make(rng: Random) -> tuple[Json, object]:
        sent, exact = rng.choice(members).make(rng)
        return sent, _in(column, sent, exact)

    return Property(schema, column, make)


def _type_list(rng: Random, _timestamp: str) -> Property:
    makers: dict[str, tuple[str, Callable[[Random], tuple[Json, object]]]] = {
        "integer": (INTEGER, lambda rng: _exact(json_texts.number(rng, Decimal(json_texts.integer(rng))))),
        "number": (FLOAT, _make_float),
        "boolean": (BOOLEAN, lambda rng: _exact(rng.choice([Json(True, "true"), Json(False, "false")]))),
        "string": (TEXT, _make_text),
        "array": (VARIANT, lambda rng: _exact(json_texts.array(rng))),
        "object": (VARIANT, lambda rng: _exact(json_texts.obj(rng))),
    }
    names = rng.sample(sorted(makers), rng.randint(1, 4))
    column = _union([makers[name][0] for name in names])

    def make(rng: Random) -> tuple[Json, object]:
        sent, exact = makers[rng.choice(names)][1](rng)
        return sent, _in(column, sent, exact)

    return Property({"type": names}, column, make)


def _union(columns: list[str]) -> str:
    kinds = set(columns)
    if len(kinds) == 1:
        return columns[0]
    if VARIANT in kinds:
        return VARIANT
    return FLOAT if kinds == {INTEGER, FLOAT} else TEXT


def _in(column: str, sent: Json, exact: object) -> object:
    if column == TEXT:
        return as_text(sent)
    if column == FLOAT:
        return float(sent.text)
    return Decimal(repr(exact)) if column == VARIANT and isinstance(exact, float) else exact


def schema_text(schema: object) -> str:
    """A schema's JSON, with numbers and strings of it as they are to be written."""
    if isinstance(schema, _Raw):
        return schema.text
    if isinstance(schema, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{schema_text(value)}" for key, value in schema.items()) + "}"
    if isinstance(schema, list):
        return "[" + ",".join(map(schema_text, schema)) + "]"
    return json.dumps(schema)
