"""Casts as DuckDB SQL: from any Snowflake type to any other, strict, with the right error; and the type two values share.

Plain text forms are cast by DuckDB itself for speed, all others by casts.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from .errors import SnowflakeError, compilation
from .types import DATE, DECFLOAT, LTZ, NTZ, REAL, TEXT, TIME, TZ, VARIANT, SnowType, fixed, show, storage, text

_COLUMN = re.compile(r'\w+\.\w+\Z|\w+\Z')
_ISO_SECONDS = r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}%s[0-9]{2}:[0-9]{2}:[0-9]{2}"
_ISO_ZONE = r"[+-](0[0-9]|1[0-4]):[0-5][0-9]"
_ISO_PATTERN = re.compile(r'YYYY-MM-DD("T"| )HH24:MI:SS(\.FF9?)?(TZH:TZM)?\Z')
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_ISO_TIMES = {
    "AUTO": _CLOCK + r"(\.[0-9]{1,9})?", "HH24:MI:SS": _CLOCK, "HH24:MI:SS.FF": _CLOCK + r"\.[0-9]{1,9}", "HH24:MI:SS.FF9": _CLOCK + r"\.[0-9]{1,9}",
}
_NANOSECONDS_PER_DAY = 86_400_000_000_000


class CastSettings(Protocol):
    """What casts need from the session."""

    def parameter(self, name: str) -> str:
        """A session parameter's value as text."""


@dataclass
class Expression:
    """A bound expression: DuckDB SQL, its Snowflake type, and what is known about it."""

    sql: str
    type: SnowType
    nullable: bool = True
    literal: str | None = None
    name: str | None = None

    def with_type(self, kind: SnowType) -> "Expression":
        """The same SQL seen as another type of the same storage."""
        return Expression(self.sql, kind, self.nullable)


def _iso_shape(pattern: str) -> tuple[str, str] | None:
    """For a format that plain ISO texts fit: their regular expression, and whether an offset is absent, optional or required."""
    if pattern.upper() == "AUTO":
        return _ISO_SECONDS % "[T ]" + r"(\.[0-9]{1,9})?", "optional"
    match = _ISO_PATTERN.match(pattern)
    if match is None:
        return None
    separator, fraction, zone = match.groups()
    return _ISO_SECONDS % separator.strip('"') + (r"\.[0-9]{1,9}" if fraction else ""), "required" if zone else "absent"


def literal(value: str) -> str:
    """A text as a DuckDB literal; NUL cannot stand in SQL text."""
    if "\0" in value:
        return "(" + " || chr(0) || ".join(literal(part) for part in value.split("\0")) + ")"
    return "'" + value.replace("'", "''") + "'"


def failure(code: str, state: str, message_sql: str) -> str:
    """SQL that raises an error when it is evaluated."""
    return f"sf_raise('{code}', '{state}', {message_sql})"


def invalid_cast(source: SnowType, target: SnowType) -> SnowflakeError:
    """001007: there is no such cast."""
    return compilation("001007", "22023", f"error line 1 at position 0\ninvalid type [CAST({show(source)} AS {show(target)})] for parameter")


class Caster:
    """Emits casts for one session's parameters."""

    def __init__(self, settings: CastSettings) -> None:
        self.settings = settings

    def cast(self, value: Expression, target: SnowType, tried: bool = False, formats: dict[str, str] | None = None) -> Expression:
        """`CAST(value AS target)`. With `tried`, NULL where a text does not convert."""
        formats = formats or {}
        source = value.type
        if source.kind == "null":
            return Expression(f"CAST(NULL AS {storage(target)})", target)
        if tried and source.kind != "text":
            raise compilation("001065", "22023", f"error line 1 at position 0\nFunction TRY_CAST cannot be used with arguments of types {show(source)} and {show(target)}")
        method = getattr(self, f"_from_{'timestamp' if source.is_timestamp else 'variant' if source.is_semi_structured else source.kind}")
        return Expression(method(value, target, tried, formats), target, value.nullable or tried)

    def zone(self) -> str:
        """The session's time zone as a SQL literal."""
        return literal(self.settings.parameter("TIMEZONE"))

    # --- from text -----------------------------------------------------------------------------------------------
    def _from_text(self, value: Expression, target: SnowType, tried: bool, formats: dict[str, str]) -> str:
        x, prefix = value.sql, "sf_try_" if tried else "sf_"
        simple = _COLUMN.match(x) is not None
        kind = target.kind
        if kind == "text":
            return self._limited_text(value, target, tried)
        if kind == "fixed":
            slow = f"CAST({prefix}to_fixed({x}, {target.precision}, {target.scale}) AS {storage(target)})"
            if not simple:
                return slow
            return f"(CASE {self._plain_number(x, target)} ELSE {slow} END)"
        if kind == "real":
            slow = f"{prefix}to_real({x})"
            if not simple:
                return slow
            return f"(CASE WHEN regexp_full_match({x}, '-?[0-9]+(\\.[0-9]+)?') AND length({x}) <= 40 THEN TRY_CAST({x} AS DOUBLE) ELSE {slow} END)"
        if kind == "decfloat":
            return f"{prefix}to_decfloat({x})"
        if kind == "boolean":
            slow = f"{prefix}to_boolean({x})"
            if not simple:
                return slow
            return f"(CASE {x} WHEN 'true' THEN true WHEN 'false' THEN false ELSE {slow} END)"
        if kind == "date":
            return self._text_to_date(x, prefix, simple, formats.get("DATE_FORMAT") or self.settings.parameter("DATE_INPUT_FORMAT"))
        if kind == "time":
            pattern = formats.get("TIME_FORMAT") or self.settings.parameter("TIME_INPUT_FORMAT")
            return self._text_to_time(x, prefix, simple, target, pattern)
        if target.is_timestamp:
            return self._text_to_timestamp(x, prefix, simple, target, formats)
        if kind == "binary":
            form = formats.get("BINARY_FORMAT") or self.settings.parameter("BINARY_INPUT_FORMAT")
            return f"{prefix}to_binary({x}, {literal(form)})"
        if kind == "variant":
            return f"sf_quote_json({x})"
        raise invalid_cast(value.type, target)

    def _plain_number(self, x: str, target: SnowType) -> str:
        """WHEN branches for digits that fit as they stand. DuckDB reads wide decimals slowly, integers fast."""
        whole, scale, stored = target.precision - target.scale, target.scale, storage(target)
        if scale == 0:
            return f"WHEN regexp_full_match({x}, '-?[0-9]+') AND length({x}) <= {whole} THEN CAST(TRY_CAST({x} AS HUGEINT) AS {stored})"
        # Bounded repeats are slow in RE2, so the lengths are looked at apart.
        form = f"regexp_full_match({x}, '-?[0-9]+(\\.[0-9]+)?') AND length(split_part({x}, '.', 2)) <= {scale}"
        branches = f"WHEN {form} AND length(split_part({x}, '.', 1)) <= {whole} THEN TRY_CAST({x} AS {stored})"
        if scale <= 16:
            small = min(whole, 18 - scale)
            branches = f"WHEN {form} AND length(split_part({x}, '.', 1)) <= {small} THEN CAST(TRY_CAST({x} AS DECIMAL(18,{scale})) AS {stored}) {branches}"
        return branches

    def _limited_text(self, value: Expression, target: SnowType, tried: bool) -> str:
        x = value.sql
        if value.type.kind == "text" and value.type.length and value.type.length <= target.length:
            return x
        if value.literal is not None and len(value.literal) <= target.length:
            return x
        if target.length >= 134_217_728 and not tried:
            return x
        otherwise = "NULL" if tried else f"sf_too_long({x})"
        # From 16 MiB on the limit is one of bytes, which DuckDB knows without counting.
        length = "strlen" if target.length >= 16_777_216 else "length"
        return f"(CASE WHEN {length}({x}) <= {target.length} THEN {x} WHEN {x} IS NULL THEN NULL ELSE {otherwise} END)"

    def _text_to_date(self, x: str, prefix: str, simple: bool, pattern: str) -> str:
        slow = f"(DATE '1970-01-01' + {prefix}to_date({x}, {literal(pattern)}))"
        if not simple or pattern.upper() not in ("AUTO", "YYYY-MM-DD"):
            return slow
        fast = f"TRY_CAST({x} AS DATE)"
        return f"(CASE WHEN regexp_full_match({x}, '[1-9][0-9]{{3}}-[0-9][0-9]-[0-9][0-9]') AND {fast} IS NOT NULL THEN {fast} ELSE {slow} END)"

    def _text_to_timestamp(self, x: str, prefix: str, simple: bool, target: SnowType, formats: dict[str, str]) -> str:
        pattern = formats.get("TIMESTAMP_FORMAT") or self.settings.parameter("TIMESTAMP_INPUT_FORMAT")
        slow = f"CAST({prefix}to_timestamp({x}, '{target.kind}', {literal(pattern)}, {self.zone()}, {target.scale}) AS HUGEINT)"
        shape = _iso_shape(pattern)
        if not simple or shape is None or target.scale != 9:
            return slow
        plain, zone = shape
        seconds = f"TRY_CAST(left({x}, 19) AS TIMESTAMP)"
        valid = f"substr({x}, 12, 2) < '24' AND {seconds} IS NOT NULL"
        whole = f"CAST(epoch_us({seconds}) AS HUGEINT) * 1000"
        branches = []
        if zone != "required" and (target.kind == "timestamp_ntz" or self.zone() == "'UTC'"):
            wall = f"({whole} + CAST(rpad(substr({x}, 21), 9, '0') AS HUGEINT))"
            stored = wall if target.kind != "timestamp_tz" else f"({wall} * 4096 + 1440)"
            branches.append(f"WHEN regexp_full_match({x}, '{plain}') AND {valid} THEN {stored}")
        if zone != "absent":
            minutes = f"(CAST(substr({x}, -5, 2) AS HUGEINT) * 60 + CAST(right({x}, 2) AS HUGEINT))"
            offset = f"(CASE WHEN substr({x}, -6, 1) = '-' THEN - {minutes} ELSE {minutes} END)"
            wall = f"({whole} + CAST(rpad(substr(left({x}, length({x}) - 6), 21), 9, '0') AS HUGEINT))"
            utc = f"({wall} - {offset} * 60000000000)"
            stored = {"timestamp_ntz": wall, "timestamp_ltz": utc}.get(target.kind, f"({utc} * 4096 + {offset} + 1440)")
            branches.append(f"WHEN regexp_full_match({x}, '{plain}{_ISO_ZONE}') AND {valid} THEN {stored}")
        return f"(CASE {' '.join(branches)} ELSE {slow} END)" if branches else slow

    def _text_to_time(self, x: str, prefix: str, simple: bool, target: SnowType, pattern: str) -> str:
        slow = f"{prefix}to_time({x}, {literal(pattern)}, {target.scale})"
        form = _ISO_TIMES.get(pattern.upper())
        if not simple or form is None or target.scale != 9:
            return slow
        clock = f"CAST(left({x}, 2) AS BIGINT) * 3600 + CAST(substr({x}, 4, 2) AS BIGINT) * 60 + CAST(substr({x}, 7, 2) AS BIGINT)"
        fast = f"({clock}) * 1000000000 + CAST(rpad(substr({x}, 10), 9, '0') AS BIGINT)"
        return f"(CASE WHEN regexp_full_match({x}, '{form}') THEN {fast} ELSE {slow} END)"

    # --- from numbers --------------------------------------------------------------------------------------------
    def _from_fixed(self, value: Expression, target: SnowType, tried: bool, formats: dict[str, str]) -> str:
        x, source = value.sql, value.type
        if target.kind == "fixed":
            return fixed_to_fixed(x, source, target)
        if target.kind == "real":
            return f"CAST({x} AS DOUBLE)"
        if target.kind == "decfloat":
            return f"sf_to_decfloat(CAST({x} AS VARCHAR))"
        if target.kind == "text":
            return self._limited_text(Expression(f"CAST({x} AS VARCHAR)", text(0)), target, tried)
        if target.kind == "boolean":
            return f"({x} <> 0)"
        if target.kind == "variant":
            shown = f"CAST({x} AS VARCHAR)"
            return shown if source.scale == 0 else f"regexp_replace(rtrim({shown}, '0'), '\\.$', '')"
        if target.is_timestamp:
            return self._epoch_to_timestamp(f"CAST({x} * 1000000000 AS HUGEINT)", target)
        raise invalid_cast(source, target)

    def _epoch_to_timestamp(self, utc: str, target: SnowType) -> str:
        if target.kind == "timestamp_tz":
            return self._from_timestamp(Expression(utc, LTZ), target, False, {})
        return utc

    def _from_real(self, value: Expression, target: SnowType, tried: bool, formats: dict[str, str]) -> str:
        x = value.sql
        if target.kind == "real":
            return x
        if target.kind == "decfloat":
            return f"sf_decfloat_of_real({x})"
        if target.kind == "fixed":
            moved = f"TRY_CAST({x} AS {storage(target)})"
            limit = "" if target.precision >= 38 else f" AND abs({moved}) < {10 ** (target.precision - target.scale)}"
            error = failure("100132", "22003", f"'Number out of representable range: value ' || sf_real_text({x})")
            return f"(CASE WHEN {x} IS NULL THEN NULL WHEN {moved} IS NOT NULL{limit} THEN {moved} ELSE CAST({error} AS {storage(target)}) END)"
        if target.kind == "text":
            return self._limited_text(Expression(f"sf_real_text({x})", text(0)), target, tried)
        if target.kind == "boolean":
            return f"({x} <> 0)"
        if target.kind == "variant":
            return f"sf_double_text({x})"
        raise invalid_cast(value.type, target)

    def _from_decfloat(self, value: Expression, target: SnowType, tried: bool, formats: dict[str, str]) -> str:
        x = value.sql
        if target.kind == "decfloat":
            return x
        if target.kind in ("text", "fixed", "real"):
            return self._from_text(Expression(x, text(0)), target, tried, formats)
        # A VARIANT cannot hold it.
        raise invalid_cast(value.type, target)

    def _from_boolean(self, value: Expression, target: SnowType, tried: bool, formats: dict[str, str]) -> str:
        x = value.sql
        if target.kind == "boolean":
            return x
        if target.kind in ("text", "variant"):
            return self._limited_text(Expression(f"CAST({x} AS VARCHAR)", text(5)), target if target.kind == "text" else TEXT, tried)
        if target.kind == "fixed":
            return f"CAST(CAST({x} AS INTEGER) AS {storage(target)})"
        if target.kind == "real":
            return f"CAST(CAST({x} AS INTEGER) AS DOUBLE)"
        raise invalid_cast(value.type, target)

    # --- from dates and times ------------------------------------------------------------------------------------
    def format_timestamp(self, wall: str, offset: str, pattern: str) -> str:
        """A wall-clock HUGEINT and an offset as text, by a SQL literal pattern."""
        return f"sf_format_timestamp(CAST({wall} AS DECIMAL(38,0)), CAST({offset} AS INTEGER), {pattern})"

    def _from_date(self, value: Expression, target: SnowType, tried: bool, formats: dict[str, str]) -> str:
        x = value.sql
        if target.kind == "date":
            return x
        midnight = f"(CAST({x} - DATE '1970-01-01' AS HUGEINT) * {_NANOSECONDS_PER_DAY})"
        if target.kind in ("text", "variant"):
            pattern = formats.get("format") or literal(self.settings.parameter("DATE_OUTPUT_FORMAT"))
            return self._shown(self.format_timestamp(midnight, "0", pattern), target, tried)
        if target.is_timestamp:
            return self._from_timestamp(Expression(midnight, NTZ), target, tried, formats)
        raise invalid_cast(value.type, target)

    def _shown(self, shown: str, target: SnowType, tried: bool) -> str:
        if target.kind == "variant":
            return f"sf_quote_json({shown})"
        return self._limited_text(Expression(shown, text(0)), target, tried)

    def _from_time(self, value: Expression, target: SnowType, tried: bool, formats: dict[str, str]) -> str:
        if target.kind == "time":
            return cut(value.sql, value.type.scale, target.scale)
        if target.kind in ("text", "variant"):
            pattern = formats.get("format") or literal(self.settings.parameter("TIME_OUTPUT_FORMAT"))
            return self._shown(self.format_timestamp(value.sql, "0", pattern), target, tried)
        raise invalid_cast(value.type, target)

    def wall_clock(self, value: Expression) -> tuple[str, str]:
        """SQL of the wall-clock nanoseconds and the offset minutes of a date or timestamp."""
        x, kind = value.sql, value.type.kind
        if kind == "date":
            return f"(CAST({x} - DATE '1970-01-01' AS HUGEINT) * {_NANOSECONDS_PER_DAY})", "0"
        if kind == "timestamp_tz":
            offset = f"(({x} & 4095) - 1440)"
            return f"({utc_of(value)} + {offset} * 60000000000)", offset
        if kind == "timestamp_ltz":
            offset = f"sf_offset_at_utc(CAST({x} AS DECIMAL(38,0)), {self.zone()})"
            return (x, "0") if self.zone() == "'UTC'" else (f"({x} + CAST({offset} AS HUGEINT) * 60000000000)", offset)
        return x, "0"

    def from_wall_clock(self, wall: str, offset: str | None, target: SnowType) -> str:
        """The inverse of `wall_clock` for a target type; offset None means the session's zone."""
        if target.kind == "date":
            return f"(DATE '1970-01-01' + CAST({floor_divide(wall, _NANOSECONDS_PER_DAY)} AS INTEGER))"
        if target.kind == "timestamp_ntz":
            return wall
        minutes = offset or f"sf_offset_at_wall(CAST({wall} AS DECIMAL(38,0)), {self.zone()})"
        utc = f"({wall} - CAST({minutes} AS HUGEINT) * 60000000000)"
        return utc if target.kind == "timestamp_ltz" else f"({utc} * 4096 + {minutes} + 1440)"

    def _from_timestamp(self, value: Expression, target: SnowType, tried: bool, formats: dict[str, str]) -> str:
        source = value.type
        if target.kind == source.kind and target.scale >= source.scale:
            return value.sql
        wall, offset = self.wall_clock(value)
        if target.kind in ("text", "variant"):
            named = self.settings.parameter(f"{source.kind.upper()}_OUTPUT_FORMAT") or self.settings.parameter("TIMESTAMP_OUTPUT_FORMAT")
            return self._shown(self.format_timestamp(wall, offset, formats.get("format") or literal(named)), target, tried)
        if target.kind == "time":
            return cut(f"CAST({wall} - {floor_divide(wall, _NANOSECONDS_PER_DAY)} * {_NANOSECONDS_PER_DAY} AS BIGINT)", source.scale, target.scale)
        if target.kind == "date":
            return self.from_wall_clock(wall, None, target)
        if not target.is_timestamp:
            raise invalid_cast(source, target)
        if source.kind == "timestamp_tz" and target.kind == "timestamp_ltz":
            return cut(utc_of(value), source.scale, target.scale)
        known = offset if source.kind in ("timestamp_tz", "timestamp_ltz") else None
        return self.from_wall_clock(cut(wall, source.scale, target.scale), known, target)

    # --- from the rest -------------------------------------------------------------------------------------------
    def _from_binary(self, value: Expression, target: SnowType, tried: bool, formats: dict[str, str]) -> str:
        x = value.sql
        if target.kind == "binary":
            if value.type.length <= target.length or target.length >= 8_388_608:
                return x
            return f"(CASE WHEN {x} IS NULL OR octet_length({x}) <= {target.length} THEN {x} ELSE CAST(sf_too_long(hex({x})) AS BLOB) END)"
        if target.kind in ("text", "variant"):
            return self._shown(f"hex({x})", target, tried)
        raise invalid_cast(value.type, target)

    def _from_variant(self, value: Expression, target: SnowType, tried: bool, formats: dict[str, str]) -> str:
        x, source = value.sql, value.type
        if target.kind == "variant" or target.kind == source.kind:
            return x
        if target.is_semi_structured:
            return f"sf_check_shape({x}, '{target.kind}')"
        shown = f"sf_cast_variant({x}, '{target.kind}')"
        inner = Expression(shown, text(0))
        if target.kind == "text" or tried:
            return self._from_text(inner, target, tried, formats)
        found = self._from_text(inner, target, True, {**formats, "BINARY_FORMAT": "HEX"})
        error = failure("100071", "22000", f"'Failed to cast variant value ' || left({x}, 200) || ' to {target.kind.upper()}'")
        return f"(CASE WHEN {shown} IS NULL THEN NULL WHEN {found} IS NOT NULL THEN {found} ELSE CAST({error} AS {storage(target)}) END)"

    # --- the type that two values share --------------------------------------------------------------------------
    def compared_type(self, left: SnowType, right: SnowType) -> SnowType:
        """The type in which two values are compared: a VARIANT is taken as what it meets."""
        for variant, other in ((left, right), (right, left)):
            if variant.is_semi_structured and not other.is_semi_structured and other.kind != "null":
                return REAL if other.kind == "fixed" and other.precision <= 15 else other
        return self.common_type(left, right)

    def common_type(self, left: SnowType, right: SnowType) -> SnowType:
        """The type of `CASE … THEN left ELSE right`, and of the columns of a UNION."""
        if left == right or right.kind == "null":
            return left
        if left.kind == "null":
            return right
        if left.kind == right.kind:
            if left.kind == "fixed":
                scale = max(left.scale, right.scale)
                whole = max(left.precision - left.scale, right.precision - right.scale)
                return fixed(min(38, whole + scale), scale)
            return left if max(left.length, left.scale) >= max(right.length, right.scale) else right
        pair = {left.kind, right.kind}
        if (left.is_semi_structured or right.is_semi_structured) and "decfloat" not in pair:
            return VARIANT
        if "decfloat" in pair and pair <= {"decfloat", "fixed", "text"}:
            return DECFLOAT
        if pair == {"fixed", "real"}:
            return REAL
        for chosen in (TZ, LTZ, NTZ, DATE, TIME):
            if chosen.kind in pair and all(k in ("text", "date", *(t.kind for t in (TZ, LTZ, NTZ)), "time") for k in pair):
                return left if left.kind == chosen.kind else right
        if "text" in pair:
            other = left if right.kind == "text" else right
            return fixed(38, max(other.scale, 5)) if other.kind == "fixed" else other
        if pair == {"boolean", "fixed"}:
            return left if left.kind == "boolean" else right
        raise compilation("001038", "22023", f"error line 1 at position 0\nCan not convert parameter of type [{show(left)}] into expected type [{show(right)}]")


def utc_of(value: Expression) -> str:
    """UTC nanoseconds of a TIMESTAMP_TZ."""
    return f"(({value.sql} - ({value.sql} & 4095)) // 4096)"


def floor_divide(x: str, divisor: int) -> str:
    """Division of a HUGEINT rounding down."""
    return f"(({x} - (({x} % {divisor}) + {divisor}) % {divisor}) // {divisor})"


def cut(x: str, scale: int, wanted: int) -> str:
    """Drops the fractional digits that a TIME or TIMESTAMP of a smaller scale does not keep."""
    if wanted >= scale or wanted == 9:
        return x
    unit = 10 ** (9 - wanted)
    return f"({floor_divide(x, unit)} * {unit})"


def fixed_to_fixed(x: str, source: SnowType, target: SnowType) -> str:
    """NUMBER to NUMBER: rounds half away from zero, 100132 when it does not fit."""
    if source.scale == target.scale and source.precision <= target.precision:
        return x
    fits = source.precision - source.scale <= target.precision - target.scale and source.scale <= target.scale
    if fits:
        return f"CAST({x} AS {storage(target)})"
    moved = f"TRY_CAST({x} AS {storage(target)})"
    limit = "" if target.precision >= 38 else f" AND abs({moved}) < {10 ** (target.precision - target.scale)}"
    message = f"'Number out of representable range: type FIXED({target.precision},{target.scale}), value ' || CAST({x} AS VARCHAR)"
    error = failure("100132", "22003", message)
    return f"(CASE WHEN {x} IS NULL THEN NULL WHEN {moved} IS NOT NULL{limit} THEN {moved} ELSE CAST({error} AS {storage(target)}) END)"
