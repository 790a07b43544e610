"""Snowflake's column types: reading them, showing them, how DuckDB stores them, and result column descriptions.

Storage: NUMBER is DECIMAL(38, s); DECFLOAT is its canonical text (decimal_float.py); TIME is BIGINT nanoseconds; TIMESTAMP_NTZ and _LTZ are HUGEINT nanoseconds since 1970
(wall clock, or UTC); TIMESTAMP_TZ is HUGEINT `utc nanoseconds * 4096 + offset minutes + 1440`; VARIANT, OBJECT and ARRAY
are canonical JSON text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from .errors import SnowflakeError, compilation
from .result import ColumnMeta
from .tokens import TokenCursor

MAXIMUM_TEXT = 134217728
DEFAULT_TEXT = 16777216
DEFAULT_BINARY = 8388608
MAXIMUM_BINARY = 67108864


@dataclass(frozen=True)
class SnowType:
    """A type. `kind` is the wire name ('fixed', 'text', …) or 'null' for an untyped NULL."""

    kind: str
    precision: int = 0
    scale: int = 0
    length: int = 0

    @property
    def is_timestamp(self) -> bool:
        """One of the three TIMESTAMP types."""
        return self.kind.startswith("timestamp_")

    @property
    def is_semi_structured(self) -> bool:
        """VARIANT, OBJECT or ARRAY."""
        return self.kind in ("variant", "object", "array")


def fixed(precision: int = 38, scale: int = 0) -> SnowType:
    """NUMBER(precision, scale)."""
    return SnowType("fixed", min(precision, 38), scale)


def text(length: int = DEFAULT_TEXT) -> SnowType:
    """VARCHAR(length)."""
    return SnowType("text", length=length)


REAL = SnowType("real")
DECFLOAT = SnowType("decfloat", precision=38)
TEXT = text()
BOOLEAN = SnowType("boolean")
DATE = SnowType("date")
TIME = SnowType("time", scale=9)
NTZ = SnowType("timestamp_ntz", scale=9)
LTZ = SnowType("timestamp_ltz", scale=9)
TZ = SnowType("timestamp_tz", scale=9)
VARIANT = SnowType("variant")
OBJECT = SnowType("object")
ARRAY = SnowType("array")
BINARY = SnowType("binary", length=DEFAULT_BINARY)
NULL = SnowType("null")
INTEGER = fixed(38, 0)

_FIXED_WORDS = {"INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT", "BYTEINT"}
_DECIMAL_WORDS = {"NUMBER", "DECIMAL", "NUMERIC", "DEC"}
_REAL_WORDS = {"FLOAT", "FLOAT4", "FLOAT8", "REAL", "DOUBLE"}
_TEXT_WORDS = {"VARCHAR", "STRING", "TEXT", "NVARCHAR", "NVARCHAR2"}
_CHAR_WORDS = {"CHAR", "CHARACTER", "NCHAR"}
_TIMESTAMP_WORDS = {
    "TIMESTAMP_NTZ": NTZ, "TIMESTAMPNTZ": NTZ, "DATETIME": NTZ,
    "TIMESTAMP_LTZ": LTZ, "TIMESTAMPLTZ": LTZ,
    "TIMESTAMP_TZ": TZ, "TIMESTAMPTZ": TZ,
}
_PLAIN_WORDS = {"BOOLEAN": BOOLEAN, "DATE": DATE, "VARIANT": VARIANT, "OBJECT": OBJECT, "ARRAY": ARRAY}


def unsupported_type(name: str) -> SnowflakeError:
    """002040: a type name that does not exist here."""
    return compilation("002040", "42601", f"Unsupported data type '{name}'.")


def read_type(cursor: TokenCursor, timestamp_mapping: str = "TIMESTAMP_NTZ") -> SnowType:
    """The type at this place of a statement, with its parameters checked."""
    token = cursor.take("word")
    word = token.text.upper()
    if word == "DOUBLE":
        cursor.accept("PRECISION")
    if word in ("CHARACTER", "CHAR", "NCHAR") and cursor.accept("VARYING"):
        word = "VARCHAR"
    if word == "TIMESTAMP":
        word = _timestamp_word(cursor, timestamp_mapping)
    parameters = _read_parameters(cursor)
    return make_type(word, parameters)


def _timestamp_word(cursor: TokenCursor, mapping: str) -> str:
    for phrase, word in (
        (("WITHOUT", "TIME", "ZONE"), "TIMESTAMP_NTZ"),
        (("WITH", "LOCAL", "TIME", "ZONE"), "TIMESTAMP_LTZ"),
        (("WITH", "TIME", "ZONE"), "TIMESTAMP_TZ"),
    ):
        if cursor.accept(*phrase):
            return word
    return mapping


def _read_parameters(cursor: TokenCursor) -> list[int]:
    parameters: list[int] = []
    if cursor.accept("("):
        parameters.append(cursor.integer())
        while cursor.accept(","):
            parameters.append(cursor.integer())
        cursor.expect(")")
    return parameters


def make_type(word: str, parameters: list[int]) -> SnowType:
    """The type of an upper-cased type word and its numbers."""
    if word in _FIXED_WORDS and not parameters:
        return INTEGER
    if word in _DECIMAL_WORDS and len(parameters) <= 2:
        return _checked_fixed(*parameters)
    if word in _REAL_WORDS and not parameters:
        return REAL
    if word == "DECFLOAT" and not parameters:
        return DECFLOAT
    if word in _TEXT_WORDS | _CHAR_WORDS and len(parameters) <= 1:
        return _checked_length("text", parameters, 1 if word in _CHAR_WORDS else DEFAULT_TEXT, MAXIMUM_TEXT)
    if word in ("BINARY", "VARBINARY") and len(parameters) <= 1:
        return _checked_length("binary", parameters, DEFAULT_BINARY, MAXIMUM_BINARY)
    if word in _PLAIN_WORDS and not parameters:
        return _PLAIN_WORDS[word]
    if word in _TIMESTAMP_WORDS or word == "TIME":
        base = _TIMESTAMP_WORDS.get(word, TIME)
        scale = parameters[0] if parameters else 9
        if len(parameters) > 1 or not 0 <= scale <= 9:
            raise compilation("002256", "42601", f"Invalid precision {parameters} for {word}")
        return replace(base, scale=scale)
    raise unsupported_type(word)


def _checked_fixed(precision: int = 38, scale: int = 0) -> SnowType:
    if not 1 <= precision <= 38 or not 0 <= scale <= min(precision, 37):
        raise compilation("002256", "42601", f"Invalid precision or scale: NUMBER({precision},{scale})")
    return fixed(precision, scale)


def _checked_length(kind: str, parameters: list[int], default: int, maximum: int) -> SnowType:
    length = parameters[0] if parameters else default
    if not 1 <= length <= maximum:
        raise compilation("002257", "42601", f"Invalid data type length: {length}; maximum {maximum}")
    return SnowType(kind, length=length)


def storage(kind: SnowType) -> str:
    """The DuckDB type that holds values of this type."""
    if kind.kind == "fixed":
        return f"DECIMAL(38,{kind.scale})"
    if kind.is_timestamp:
        return "HUGEINT"
    if kind.is_semi_structured:
        return "VARCHAR"
    return {"real": "DOUBLE", "decfloat": "VARCHAR", "text": "VARCHAR", "boolean": "BOOLEAN", "date": "DATE", "time": "BIGINT",
            "binary": "BLOB", "null": "VARCHAR"}[kind.kind]


def show(kind: SnowType) -> str:
    """As DESCRIBE TABLE writes it: NUMBER(38,0), VARCHAR(16777216), TIMESTAMP_NTZ(9)."""
    if kind.kind == "fixed":
        return f"NUMBER({kind.precision},{kind.scale})"
    if kind.kind in ("text", "null"):
        return f"VARCHAR({kind.length or DEFAULT_TEXT})"
    if kind.kind == "binary":
        return f"BINARY({kind.length})"
    if kind.kind == "real":
        return "FLOAT"
    if kind.kind == "time" or kind.is_timestamp:
        return f"{kind.kind.upper()}({kind.scale})"
    return kind.kind.upper()


def family(kind: SnowType) -> str:
    """As information_schema writes DATA_TYPE: NUMBER, TEXT, FLOAT, TIMESTAMP_NTZ."""
    return {"fixed": "NUMBER", "real": "FLOAT", "text": "TEXT", "null": "TEXT"}.get(kind.kind, kind.kind.upper())


def byte_length(kind: SnowType) -> int | None:
    """The most bytes a value takes: four per character, within the limit of a cell."""
    if kind.kind in ("text", "null"):
        length = kind.length or DEFAULT_TEXT
        return max(length, min(4 * length, DEFAULT_TEXT))
    return kind.length if kind.kind == "binary" else None


def column_meta(name: str, kind: SnowType, nullable: bool = True) -> ColumnMeta:
    """The `rowtype` entry of a column of this type."""
    if kind.kind == "fixed":
        return ColumnMeta(name, "fixed", kind.precision, kind.scale, nullable=nullable)
    if kind.kind in ("text", "null"):
        return ColumnMeta(name, "text", length=kind.length or DEFAULT_TEXT, byte_length=byte_length(kind), nullable=nullable)
    if kind.kind == "binary":
        return ColumnMeta(name, "binary", length=kind.length, byte_length=kind.length, nullable=nullable)
    if kind.kind == "time" or kind.is_timestamp:
        return ColumnMeta(name, kind.kind, 0, kind.scale, nullable=nullable)
    return ColumnMeta(name, kind.kind, nullable=nullable)


def data_type_json(kind: SnowType, nullable: bool) -> str:
    """The `data_type` cell of SHOW COLUMNS."""
    body: dict[str, object] = {"type": {"null": "TEXT"}.get(kind.kind, kind.kind.upper())}
    if kind.kind == "fixed" or kind.kind == "time" or kind.is_timestamp:
        body["precision"] = kind.precision
        body["scale"] = kind.scale
    if kind.kind in ("text", "binary"):
        body["length"] = kind.length
        body["byteLength"] = byte_length(kind)
    body["nullable"] = nullable
    if kind.kind in ("text", "binary"):
        body["fixed"] = False
    return json.dumps(body, separators=(",", ":"))
