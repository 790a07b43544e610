"""Random JSON values, each with the text in which it is sent. A text is one of many ways to write its value."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, getcontext
from random import Random

# Shifting a point must not round.
getcontext().prec = 1_000

REPLACEMENT = "\ufffd"
SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Texts that loaders are known to take for something else.
NOTORIOUS = [
    "", " ", "\\N", "\\", "\\\\", "NULL", "null", "None", "true", "0", "-0", "1e5", "nan", "a,b", '"', '""', "'", "''", "\r\n",
    "\n", "\ufeff", "\0", "\0\0", "$$", ";--", "/*", "{{table}}", "%s", "\u2028\u2029", "e\u0301", "\U0001f468\u200d\U0001f469",
    "\x1a", "\x7f", "\x85", "trailing ", "\ttab", "\uffff", "\U0010ffff", "{", '{"a":1}', "[1", "2026-01-01", "\\u0041", "\\x41",
]  # fmt: skip
BLOCKS = [
    (0x20, 0x7E), (0x20, 0x7E), (0x30, 0x39), (0x00, 0x1F), (0x7F, 0x24F), (0x300, 0x36F), (0x370, 0x5FF), (0x900, 0x97F),
    (0x2000, 0x206F), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xE000, 0xF8FF), (0xFE00, 0xFFFF), (0x1F300, 0x1FAFF), (0x10000, 0x10FFFF),
]  # fmt: skip


@dataclass(frozen=True)
class Json:
    """`value`: None, bool, Decimal, str, list or dict (of such values, keys str); `text`: its JSON."""

    value: object
    text: str


def random_string(rng: Random, most: int = 40) -> str:
    """Any characters but surrogates; those are made by `string`."""
    if rng.random() < 0.25:
        return rng.choice(NOTORIOUS)
    if rng.random() < 0.01:
        most = 20_000
    first, last = rng.choice(BLOCKS)
    mixed = rng.random() < 0.3
    characters = []
    for _ in range(rng.randint(0, most)):
        if mixed:
            first, last = rng.choice(BLOCKS)
        characters.append(chr(rng.randint(first, last)))
    return "".join(characters)


def string(rng: Random, content: str | None = None, *, may_break: bool = True) -> Json:
    """A JSON string. With `may_break`, half surrogate pairs are written here and there: each stands for U+FFFD."""
    content = random_string(rng) if content is None else content
    escaping = rng.choice([0, 0, 0.1, 1])
    value, text = [], []
    for character in content:
        value.append(character)
        text.append(_written(rng, character, escaping))
        if may_break and rng.random() < 0.002:
            value.append(REPLACEMENT)
            # A half that a whole pair follows stays a half.
            text.append(f"\\u{rng.choice([rng.randint(0xD800, 0xDBFF), rng.randint(0xDC00, 0xDFFF)]):04x}\\u0041")
            value.append("A")
    return Json("".join(value), f'"{"".join(text)}"')


def _written(rng: Random, character: str, escaping: float) -> str:
    must = character < " " or character in '"\\'
    if not must and rng.random() >= escaping:
        return character
    if character in SHORT_ESCAPES and rng.random() < 0.7:
        return SHORT_ESCAPES[character]
    units = character.encode("utf-16-be")
    form = "{:04X}" if rng.random() < 0.5 else "{:04x}"
    return "".join("\\u" + form.format(int.from_bytes(units[at : at + 2])) for at in range(0, len(units), 2))


def integer(rng: Random, digits: int = 38) -> int:
    """Small and large ones alike, up to so many digits."""
    digits = max(digits, 0)
    largest = 10 ** rng.randint(0, digits) - 1
    number = rng.choice([0, 1, largest, largest, rng.randint(0, largest), rng.randint(0, largest)])
    return -min(number, 10**digits - 1) if rng.random() < 0.5 else min(number, 10**digits - 1)


def decimal(rng: Random, whole: int, scale: int) -> Decimal:
    """Up to `whole` digits before the point and `scale` behind it."""
    scale = rng.choice([0, scale, rng.randint(0, scale)])
    return Decimal(integer(rng, whole + scale)).scaleb(-scale) if scale else Decimal(integer(rng, whole))


def number(rng: Random, value: Decimal, *, may_have_exponent: bool = True) -> Json:
    """A number as digits, with zeros behind them, or with an exponent."""
    plain = f"{value:f}"
    if may_have_exponent and rng.random() < 0.15:
        exponent = rng.randint(-5, 5)
        shifted = f"{value.scaleb(-exponent):f}"
        return Json(value, f"{shifted}{rng.choice('eE')}{rng.choice(['', '+']) if exponent >= 0 else ''}{exponent}")
    if rng.random() < 0.15:
        plain += ("" if "." in plain else ".") + "0" * rng.randint(1, 3)
    return Json(value, plain)


def anything(rng: Random, depth: int = 4) -> Json:
    """Any JSON value."""
    if rng.random() < 0.003:
        return _deep(rng)
    kinds = ["null", "boolean", "integer", "decimal", "string"] + (["array", "object"] * 2 if depth > 0 else [])
    kind = rng.choice(kinds)
    if kind == "null":
        return Json(None, "null")
    if kind == "boolean":
        return rng.choice([Json(True, "true"), Json(False, "false")])
    if kind == "integer":
        return number(rng, Decimal(integer(rng)))
    if kind == "decimal":
        return number(rng, decimal(rng, *rng.choice([(19, 18), (19, 18), (40, 30)])))
    if kind == "string":
        return string(rng)
    return array(rng, depth) if kind == "array" else obj(rng, depth)


def array(rng: Random, depth: int = 4) -> Json:
    return array_of([anything(rng, depth - 1) for _ in range(rng.choice([0, 1, 2, 5]))], _space(rng))


def array_of(items: list[Json], space: str = "") -> Json:
    text = f",{space}".join(item.text for item in items)
    return Json([item.value for item in items], f"[{space}{text}]")


def obj(rng: Random, depth: int = 4, members: list[tuple[Json, Json]] | None = None) -> Json:
    """An object; of a key that comes twice the last value counts."""
    if members is None:
        members = [(string(rng, may_break=False), anything(rng, depth - 1)) for _ in range(rng.choice([0, 1, 3, 6]))]
        if members and rng.random() < 0.1:
            members.append((members[0][0], anything(rng, 0)))
    space = _space(rng)
    text = f",{space}".join(f"{key.text}{space}:{space}{item.text}" for key, item in members)
    return Json({key.value: item.value for key, item in members}, f"{{{space}{text}{space}}}")


def _space(rng: Random) -> str:
    return rng.choice(["", "", " ", "\t "])


def _deep(rng: Random) -> Json:
    """Nested 60 deep."""
    json = anything(rng, 0)
    for _ in range(60):
        json = array_of([json]) if rng.random() < 0.5 else obj(rng, 0, [(string(rng, "k", may_break=False), json)])
    return json
