"""Text to values, one value at a time, with Snowflake's error numbers. COPY, casts and TO_… functions all end here.

Values are in storage form: Decimal for NUMBER, days for DATE, nanoseconds for TIME and TIMESTAMPs (types.py).
"""

from __future__ import annotations

import base64
import binascii
import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from . import json_text, temporal
from .errors import SnowflakeError
from .types import SnowType

_CONTEXT = Context(prec=200, rounding=ROUND_HALF_UP)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")
_TRUE = {"true", "t", "yes", "y", "on", "1"}
_FALSE = {"false", "f", "no", "n", "off", "0"}
_SPECIAL = {"nan": float("nan"), "inf": float("inf"), "infinity": float("inf"), "-inf": float("-inf"),
            "-infinity": float("-inf"), "+inf": float("inf")}


def not_numeric(source: str) -> SnowflakeError:
    """100038: this text is not a number."""
    return SnowflakeError("100038", "22018", f"Numeric value '{source}' is not recognized")


def numeric_out_of_range(source: object) -> SnowflakeError:
    """100039: a number that does not fit the precision."""
    return SnowflakeError("100039", "22003", f"Numeric value '{source}' is out of range")


def to_fixed(source: str, precision: int, scale: int) -> Decimal:
    """Text to NUMBER(precision, scale); extra decimals round half away from zero."""
    trimmed = source.strip()
    if not NUMBER.match(trimmed):
        raise not_numeric(source)
    try:
        value = Decimal(trimmed)
        if value and not -400 < value.adjusted() < 100:
            if value.adjusted() > 0:
                raise numeric_out_of_range(source)
            value = Decimal(0)
        value = value.quantize(Decimal(1).scaleb(-scale), context=_CONTEXT)
    except InvalidOperation:
        raise numeric_out_of_range(source) from None
    if value and value.adjusted() >= precision - scale:
        raise numeric_out_of_range(source)
    return value


def to_real(source: str) -> float:
    """Text to FLOAT, with NaN and the infinities."""
    trimmed = source.strip()
    if trimmed.lower() in _SPECIAL:
        return _SPECIAL[trimmed.lower()]
    if not NUMBER.match(trimmed):
        raise not_numeric(source)
    return float(trimmed)


def to_boolean(source: str) -> bool:
    """Text to BOOLEAN."""
    word = source.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise SnowflakeError("100037", "22018", f"Boolean value '{source}' is not recognized")


def _not_recognised(kind: str, code: str, source: str, pattern: str) -> SnowflakeError:
    if pattern.upper() == "AUTO":
        return SnowflakeError(code, "22007", f"{kind} '{source}' is not recognized")
    return SnowflakeError("100096", "22007", f"Can't parse '{source}' as {kind.lower()} with format '{pattern}'")


def to_date(source: str, pattern: str = "AUTO") -> int:
    """Text to DATE, in days since 1970."""
    try:
        return temporal.read_date(source, pattern)
    except ValueError:
        raise _not_recognised("Date", "100040", source, pattern) from None


def _cut(nanoseconds: int, scale: int) -> int:
    return nanoseconds if scale == 9 else nanoseconds - nanoseconds % 10 ** (9 - scale)


def to_time(source: str, pattern: str = "AUTO", scale: int = 9) -> int:
    """Text to TIME, in nanoseconds."""
    try:
        return _cut(temporal.read_time(source, pattern), scale)
    except ValueError:
        raise _not_recognised("Time", "100108", source, pattern) from None


def to_timestamp(source: str, kind: str, pattern: str, zone: str, scale: int = 9) -> int:
    """Text to a TIMESTAMP in storage form. NTZ drops an offset; LTZ and TZ take the session's zone when there is none."""
    try:
        wall, offset = temporal.read_timestamp(source, pattern)
    except ValueError:
        raise _not_recognised("Timestamp", "100035", source, pattern) from None
    wall = _cut(wall, scale)
    if kind == "timestamp_ntz":
        return wall
    if offset is None:
        offset = temporal.offset_at_wall(wall, zone)
    utc = wall - offset * 60 * temporal.SECOND
    return utc if kind == "timestamp_ltz" else pack_tz(utc, offset)


def pack_tz(utc: int, offset: int) -> int:
    """TIMESTAMP_TZ in storage form."""
    return utc * 4096 + offset + 1440


def unpack_tz(value: int) -> tuple[int, int]:
    """UTC nanoseconds and offset minutes of a stored TIMESTAMP_TZ."""
    return value >> 12, (value & 4095) - 1440


def to_binary(source: str, form: str = "HEX") -> bytes:
    """Text to BINARY."""
    form = form.upper().replace("-", "")
    try:
        if form == "HEX":
            return bytes.fromhex(source) if not re.search(r"\s", source) else _bad_hex(source)
        if form == "BASE64":
            return base64.b64decode(source.replace("\n", ""), validate=True)
        if form == "UTF8":
            return source.encode("utf-8")
    except (ValueError, binascii.Error):
        if form == "BASE64":
            raise SnowflakeError("100116", "22000", f"The following string is not a legal base64-encoded value: '{source}'") from None
        return _bad_hex(source)
    raise SnowflakeError("100117", "22023", f"Invalid binary format '{form}'")


def _bad_hex(source: str) -> bytes:
    raise SnowflakeError("100115", "22000", f"The following string is not a legal hex-encoded value: '{source}'")


def too_long(source: str) -> SnowflakeError:
    """100078: a text longer than its column."""
    shown = source if len(source) <= 1000 else source[:1000] + "..."
    return SnowflakeError("100078", "22000", f"String '{shown}' is too long and would be truncated")


def cast_text(source: str, kind: SnowType, formats: dict[str, str], zone: str) -> object:
    """The implicit cast of a text to a column type, as COPY does it. Formats: DATE_FORMAT, TIME_FORMAT, …"""
    if kind.kind == "text":
        if len(source) > kind.length:
            raise too_long(source)
        return source
    if kind.kind == "fixed":
        return to_fixed(source, kind.precision, kind.scale)
    if kind.kind == "real":
        return to_real(source)
    if kind.kind == "boolean":
        return to_boolean(source)
    if kind.kind == "date":
        return to_date(source, formats.get("DATE_FORMAT", "AUTO"))
    if kind.kind == "time":
        return to_time(source, formats.get("TIME_FORMAT", "AUTO"), kind.scale)
    if kind.is_timestamp:
        return to_timestamp(source, kind.kind, formats.get("TIMESTAMP_FORMAT", "AUTO"), zone, kind.scale)
    if kind.kind == "binary":
        value = to_binary(source, formats.get("BINARY_FORMAT", "HEX"))
        if len(value) > kind.length:
            raise too_long(source)
        return value
    if kind.is_semi_structured:
        return check_shape(json_text.parse_json(source), kind.kind)
    raise AssertionError(kind.kind)


def check_shape(canonical: str | None, kind: str) -> str | None:
    """A VARIANT for an OBJECT or ARRAY column must be one."""
    if canonical is None or kind == "variant":
        return canonical
    if canonical == "null":
        return None
    if (kind == "object") != (canonical[0] == "{") or (kind == "array" and canonical[0] != "["):
        raise SnowflakeError("100071", "22000", f"Failed to cast variant value {canonical[:200]} to {kind.upper()}")
    return canonical


def cast_variant(canonical: str, kind: str) -> str | None:
    """The text of a VARIANT about to be cast to a scalar type; 100071 for objects and arrays."""
    if canonical[:1] in "[{" and kind != "text":
        raise variant_failure(canonical, kind)
    if canonical in ("true", "false") and kind == "fixed":
        return "1" if canonical == "true" else "0"
    return json_text.to_text(canonical)


def variant_failure(canonical: str, kind: str) -> SnowflakeError:
    """100071: a VARIANT whose value does not fit the type."""
    return SnowflakeError("100071", "22000", f"Failed to cast variant value {canonical[:200]} to {kind.upper()}")


def real_text(value: float) -> str:
    """FLOAT to VARCHAR: shortest digits, no `.0`, NaN and inf as words."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    if value == int(value) and abs(value) < 1e15:
        return str(int(value)) if value or str(value)[0] != "-" else "-0"
    return repr(value)
