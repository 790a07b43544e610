"""Date and time functions: now, parts, arithmetic, conversions with formats."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from .. import calendar
from ..cast_sql import Expression
from ..errors import compilation, wrong_arguments
from ..temporal import DAY, SECOND
from ..types import DATE, INTEGER, LTZ, NTZ, REAL, TEXT, TIME, TZ, SnowType, fixed, show
from .function_table import handles, need

if TYPE_CHECKING:
    from .expressions import ExpressionBinder

_WIDE = "CAST({} AS DECIMAL(38,0))"


def temporal_argument(binder: "ExpressionBinder", value: Expression, function: str) -> Expression:
    """A date, time or timestamp argument; texts are read as timestamps (in the zone they carry: NTZ)."""
    if value.type.kind in ("text", "null", "variant"):
        return binder.caster.cast(value, NTZ)
    if value.type.kind in ("date", "time") or value.type.is_timestamp:
        return value
    raise wrong_arguments(function, f"({show(value.type)})")


def _week_start(binder: "ExpressionBinder") -> str:
    return binder.session.parameter("WEEK_START")


def _wall(binder: "ExpressionBinder", value: Expression) -> tuple[str, str]:
    return (value.sql, "0") if value.type.kind == "time" else binder.caster.wall_clock(value)


@handles("CURRENT_TIMESTAMP", "SYSDATE", "GETDATE", "LOCALTIMESTAMP", "SYSTIMESTAMP")
def _now(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 0, 1)
    now = binder.session.statement_time
    scale = 9
    if arguments:
        if not isinstance(arguments[0], exp.Literal) or str(arguments[0].this) not in "0123456789":
            raise wrong_arguments(name, "the precision is a constant from 0 to 9")
        scale = int(str(arguments[0].this))
        now -= now % 10 ** (9 - scale)
    kind = NTZ if name == "SYSDATE" else LTZ
    return Expression(f"CAST({now} AS HUGEINT)", replace(kind, scale=scale), False)


@handles("CURRENT_DATE", "CURRENT_TIME", "LOCALTIME")
def _today(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 0, 1)
    now = Expression(f"CAST({binder.session.statement_time} AS HUGEINT)", LTZ, False)
    return binder.caster.cast(now, DATE if name == "CURRENT_DATE" else TIME)


@handles("DATE_PART")
def _date_part(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 2)
    return extract(binder, binder.text_of(arguments[0], name), binder.bind(arguments[1]))


def extract(binder: "ExpressionBinder", part: str, value: Expression) -> Expression:
    """One part of a date, time or timestamp as a NUMBER."""
    part = calendar.part_name(part, "DATE_PART")
    value = temporal_argument(binder, value, "DATE_PART")
    wall, offset = _wall(binder, value)
    if part.startswith("timezone_"):
        found = f"CAST({offset} AS BIGINT) {'//' if part.endswith('hour') else '%'} 60"
    else:
        moment = f"({wall} - CAST({offset} AS HUGEINT) * 60000000000)" if part.startswith("epoch") and offset != "0" else wall
        found = f"sf_date_part('{part}', {_WIDE.format(moment)}, {_week_start(binder)})"
    return Expression(f"CAST({found} AS DECIMAL(38,0))", fixed(19, 0), value.nullable)


def _part_function(part: str):
    def bind(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
        need(name, arguments, 1)
        return extract(binder, part, binder.bind(arguments[0]))

    return bind


for _name, _part in {
    "YEAR": "year", "MONTH": "month", "DAY": "day", "DAYOFMONTH": "day", "HOUR": "hour", "MINUTE": "minute",
    "SECOND": "second", "QUARTER": "quarter", "WEEK": "week", "WEEKOFYEAR": "week", "WEEKISO": "weekiso",
    "DAYOFWEEK": "dayofweek", "DAYOFWEEKISO": "dayofweekiso", "DAYOFYEAR": "dayofyear", "YEAROFWEEK": "yearofweek",
    "YEAROFWEEKISO": "yearofweekiso",
}.items():
    handles(_name)(_part_function(_part))


@handles("DATE_TRUNC", "TRUNC_DATE")
def _date_trunc(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 2)
    part = calendar.part_name(binder.text_of(arguments[0], name), name)
    value = temporal_argument(binder, binder.bind(arguments[1]), name)
    wall, offset = _wall(binder, value)
    if part in calendar.UNITS:
        unit = calendar.UNITS[part]
        moved = f"({wall} - (({wall} % {unit}) + {unit}) % {unit})"
    else:
        moved = f"CAST(sf_date_trunc('{part}', {_WIDE.format(wall)}, {_week_start(binder)}) AS HUGEINT)"
    if value.type.kind == "time":
        return Expression(f"CAST({moved} AS BIGINT)", value.type, value.nullable)
    known = offset if value.type.kind == "timestamp_tz" else None
    return Expression(binder.caster.from_wall_clock(moved, known, value.type), value.type, value.nullable)


def add_part(binder: "ExpressionBinder", part: str, count: Expression, value: Expression) -> Expression:
    """DATEADD: a DATE stays a DATE for whole days and becomes TIMESTAMP_NTZ for smaller parts."""
    part = calendar.part_name(part, "DATEADD")
    value = temporal_argument(binder, value, "DATEADD")
    wall, offset = _wall(binder, value)
    steps = binder.caster.cast(count, INTEGER).sql
    moved = f"CAST(sf_date_add('{part}', {_WIDE.format(steps)}, {_WIDE.format(wall)}) AS HUGEINT)"
    if value.type.kind == "time":
        return Expression(f"CAST((({moved} % {DAY}) + {DAY}) % {DAY} AS BIGINT)", value.type)
    kind = value.type
    if kind.kind == "date" and part in calendar.UNITS and part != "day":
        kind = NTZ
    known = offset if kind.kind == "timestamp_tz" else None
    return Expression(binder.caster.from_wall_clock(moved, known, kind), kind, value.nullable or count.nullable)


@handles("DATEADD", "TIMEADD", "TIMESTAMPADD", "ADD_MONTHS")
def _date_add(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    if name == "ADD_MONTHS":
        need(name, arguments, 2)
        return add_part(binder, "month", binder.bind(arguments[1]), binder.bind(arguments[0]))
    need(name, arguments, 3)
    return add_part(binder, binder.text_of(arguments[0], name), binder.bind(arguments[1]), binder.bind(arguments[2]))


@handles("DATEDIFF", "TIMEDIFF", "TIMESTAMPDIFF")
def _date_diff(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 3)
    part = calendar.part_name(binder.text_of(arguments[0], name), name)
    start = temporal_argument(binder, binder.bind(arguments[1]), name)
    end = temporal_argument(binder, binder.bind(arguments[2]), name)
    if "timestamp_tz" in (start.type.kind, end.type.kind):
        start, end = binder.caster.cast(start, LTZ), binder.caster.cast(end, LTZ)
        walls = [start.sql, end.sql]
    else:
        walls = [_wall(binder, start)[0], _wall(binder, end)[0]]
    found = f"sf_date_diff('{part}', {_WIDE.format(walls[0])}, {_WIDE.format(walls[1])}, {_week_start(binder)})"
    return Expression(f"CAST({found} AS DECIMAL(38,0))", fixed(18, 0), start.nullable or end.nullable)


@handles("LAST_DAY")
def _last_day(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 1, 2)
    part = calendar.part_name(binder.text_of(arguments[1], name), name) if len(arguments) == 2 else "month"
    wall, _ = _wall(binder, temporal_argument(binder, binder.bind(arguments[0]), name))
    return Expression(f"(DATE '1970-01-01' + sf_last_day('{part}', {_WIDE.format(wall)}))", DATE)


@handles("MONTHS_BETWEEN")
def _months_between(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 2)
    walls = [_WIDE.format(_wall(binder, temporal_argument(binder, binder.bind(a), name))[0]) for a in arguments]
    return Expression(f"sf_months_between({walls[0]}, {walls[1]})", REAL)


@handles("DAYNAME", "MONTHNAME")
def _names(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 1)
    wall, _ = _wall(binder, temporal_argument(binder, binder.bind(arguments[0]), name))
    return Expression(binder.caster.format_timestamp(wall, "0", "'DY'" if name == "DAYNAME" else "'MON'"), TEXT)


@handles("DATE_FROM_PARTS", "DATEFROMPARTS")
def _date_from_parts(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 3)
    parts = ", ".join(binder.bind_as(argument, INTEGER).sql for argument in arguments)
    return Expression(f"(DATE '1970-01-01' + sf_date_from_parts({parts}))", DATE)


@handles("TIMESTAMP_NTZ_FROM_PARTS", "TIMESTAMP_FROM_PARTS", "TIMESTAMPFROMPARTS")
def _timestamp_from_parts(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 6, 7)
    parts = [binder.bind_as(argument, INTEGER).sql for argument in arguments]
    days = f"CAST(sf_date_from_parts({', '.join(parts[:3])}) AS HUGEINT) * {DAY}"
    clock = f"(CAST({parts[3]} AS HUGEINT) * 3600 + CAST({parts[4]} AS HUGEINT) * 60 + CAST({parts[5]} AS HUGEINT)) * {SECOND}"
    fraction = f" + CAST({parts[6]} AS HUGEINT)" if len(parts) == 7 else ""
    return Expression(f"({days} + {clock}{fraction})", NTZ)


@handles("CONVERT_TIMEZONE")
def _convert_timezone(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 2, 3)
    value = temporal_argument(binder, binder.bind(arguments[-1]), name)
    target = binder.bind_as(arguments[-2], TEXT).sql
    if len(arguments) == 3:
        source = binder.bind_as(arguments[0], TEXT).sql
        wall, _ = _wall(binder, value)
        utc = f"({wall} - CAST(sf_offset_at_wall({_WIDE.format(wall)}, {source}) AS HUGEINT) * 60000000000)"
        return Expression(f"({utc} + CAST(sf_offset_at_utc({_WIDE.format(utc)}, {target}) AS HUGEINT) * 60000000000)", NTZ)
    utc = binder.caster.cast(value, LTZ).sql
    return Expression(f"({utc} * 4096 + CAST(sf_offset_at_utc({_WIDE.format(utc)}, {target}) AS HUGEINT) + 1440)", TZ)


_TARGETS = {
    "DATE": DATE, "TO_DATE": DATE, "TIME": TIME, "TO_TIME": TIME, "TO_TIMESTAMP_NTZ": NTZ, "TO_TIMESTAMP_LTZ": LTZ,
    "TO_TIMESTAMP_TZ": TZ,
}


def _target(binder: "ExpressionBinder", name: str) -> SnowType:
    plain = name.removeprefix("TRY_")
    if plain == "TO_TIMESTAMP":
        plain = "TO_" + binder.session.parameter("TIMESTAMP_TYPE_MAPPING")
    return _TARGETS[plain]


@handles(*_TARGETS, "TO_TIMESTAMP", "TRY_TO_DATE", "TRY_TO_TIME", "TRY_TO_TIMESTAMP", "TRY_TO_TIMESTAMP_NTZ",
         "TRY_TO_TIMESTAMP_LTZ", "TRY_TO_TIMESTAMP_TZ")
def _conversion(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 1, 2)
    target, value = _target(binder, name), binder.bind(arguments[0])
    tried = name.startswith("TRY_")
    if value.type.kind == "fixed" and target.is_timestamp:
        return _from_epoch(binder, value, target, arguments)
    formats: dict[str, str] = {}
    if len(arguments) == 2:
        pattern = binder.text_of(arguments[1], name)
        if value.type.kind not in ("text", "variant", "null"):
            raise wrong_arguments(name, f"({show(value.type)}, VARCHAR)")
        formats = {"DATE_FORMAT": pattern, "TIME_FORMAT": pattern, "TIMESTAMP_FORMAT": pattern}
    if value.type.kind in ("real", "boolean", "binary") or (target == DATE and value.type.kind == "fixed"):
        raise wrong_arguments(name, f"({show(value.type)})")
    return binder.caster.cast(value, target, tried and value.type.kind == "text", formats)


def _from_epoch(binder: "ExpressionBinder", value: Expression, target: SnowType, arguments: list[exp.Expression]) -> Expression:
    scale = 0
    if len(arguments) == 2:
        node = arguments[1]
        if not isinstance(node, exp.Literal) or node.is_string or not 0 <= int(str(node.this)) <= 9:
            raise compilation("001015", "22023", "error line 1 at position 0\nscale needs to be a constant from 0 to 9")
        scale = int(str(node.this))
    utc = f"CAST({value.sql} * {10 ** (9 - scale)} AS HUGEINT)"
    if target.kind == "timestamp_ntz":
        return Expression(utc, NTZ, value.nullable)
    return binder.caster.cast(Expression(utc, LTZ, value.nullable), target)
