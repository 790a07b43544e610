"""Calendar arithmetic on wall-clock nanoseconds: the parts, DATE_TRUNC, DATEADD, DATEDIFF, LAST_DAY."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from .errors import SnowflakeError, compilation
from .temporal import DAY, EPOCH_ORDINAL, SECOND, civil

_NAMES = {
    "year": "year y yy yyy yyyy yr years yrs", "month": "month mm mon mons months", "day": "day d dd days dayofmonth",
    "week": "week w wk weekofyear woy wy weeks", "quarter": "quarter q qtr qtrs quarters",
    "hour": "hour h hh hr hours hrs", "minute": "minute m mi min minutes mins", "second": "second s sec seconds secs",
    "millisecond": "millisecond ms msec milliseconds", "microsecond": "microsecond us usec microseconds",
    "nanosecond": "nanosecond ns nsec nanosec nsecond nanoseconds nanosecs nseconds",
    "dayofweek": "dayofweek weekday dow dw", "dayofweekiso": "dayofweekiso weekday_iso dow_iso dw_iso",
    "dayofyear": "dayofyear yearday doy dy", "weekiso": "weekiso week_iso weekofyeariso weekofyear_iso",
    "yearofweek": "yearofweek", "yearofweekiso": "yearofweekiso", "epoch_second": "epoch_second epoch epoch_seconds",
    "epoch_millisecond": "epoch_millisecond epoch_milliseconds", "epoch_microsecond": "epoch_microsecond epoch_microseconds",
    "epoch_nanosecond": "epoch_nanosecond epoch_nanoseconds", "timezone_hour": "timezone_hour tzh",
    "timezone_minute": "timezone_minute tzm",
}
PARTS = {alias: name for name, aliases in _NAMES.items() for alias in aliases.split()}
UNITS = {"nanosecond": 1, "microsecond": 1000, "millisecond": 1_000_000, "second": SECOND, "minute": 60 * SECOND,
         "hour": 3600 * SECOND, "day": DAY}


def part_name(written: str, function: str) -> str:
    """The full name of a date part or abbreviation; 001008-like refusal otherwise."""
    name = PARTS.get(written.lower())
    if name is None:
        raise compilation("001008", "22023", f"error line 1 at position 0\n'{written}' is not a valid date/time component for function {function}.")
    return name


def _day_of(nanoseconds: int) -> date:
    return civil(nanoseconds // DAY)


def _start_of_week(day: date, week_start: int) -> date:
    back = (day.isoweekday() - (week_start or 1)) % 7
    return date.fromordinal(max(1, day.toordinal() - back))


def _nanoseconds(day: date) -> int:
    return (day.toordinal() - EPOCH_ORDINAL) * DAY


def part(name: str, nanoseconds: int, week_start: int = 0) -> int:
    """DATE_PART of a wall-clock timestamp."""
    if name.startswith("epoch_"):
        return nanoseconds // UNITS[name[6:]]
    clock = nanoseconds % DAY
    if name in ("hour", "minute", "second"):
        return clock // UNITS[name] % {"hour": 24, "minute": 60, "second": 60}[name]
    if name in ("nanosecond", "microsecond", "millisecond"):
        return clock % SECOND // UNITS[name]
    day = _day_of(nanoseconds)
    iso = day.isocalendar()
    if name == "dayofweek":
        return day.isoweekday() % 7 if week_start == 0 else (day.isoweekday() - week_start) % 7 + 1
    return {
        "year": day.year, "month": day.month, "day": day.day, "quarter": (day.month + 2) // 3,
        "dayofweekiso": iso[2], "dayofyear": day.timetuple().tm_yday, "week": iso[1], "weekiso": iso[1],
        "yearofweek": iso[0], "yearofweekiso": iso[0],
    }[name]


def truncate(name: str, nanoseconds: int, week_start: int = 0) -> int:
    """DATE_TRUNC of a wall-clock timestamp."""
    if name in UNITS:
        return nanoseconds - nanoseconds % UNITS[name]
    day = _day_of(nanoseconds)
    if name == "week":
        return _nanoseconds(_start_of_week(day, week_start))
    if name == "weekiso":
        return _nanoseconds(_start_of_week(day, 1))
    if name == "month":
        return _nanoseconds(day.replace(day=1))
    if name == "quarter":
        return _nanoseconds(day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1))
    if name == "year":
        return _nanoseconds(day.replace(month=1, day=1))
    raise SnowflakeError("001008", "22023", f"'{name}' is not a valid component for DATE_TRUNC")


def add(name: str, count: int, nanoseconds: int) -> int:
    """DATEADD on a wall-clock timestamp; days past the end of a month become its last day."""
    if name in UNITS:
        result = nanoseconds + count * UNITS[name]
    elif name == "week":
        result = nanoseconds + count * 7 * DAY
    elif name in ("month", "quarter", "year"):
        day = _day_of(nanoseconds)
        index = day.year * 12 + day.month - 1 + count * {"month": 1, "quarter": 3, "year": 12}[name]
        year, month = index // 12, index % 12 + 1
        if not 1 <= year <= 9999:
            raise SnowflakeError("100040", "22007", "Date out of range: years 1 to 9999")
        moved = date(year, month, min(day.day, monthrange(year, month)[1]))
        result = _nanoseconds(moved) + nanoseconds % DAY
    else:
        raise SnowflakeError("001008", "22023", f"'{name}' is not a valid component for DATEADD")
    civil(result // DAY)
    return result


def difference(name: str, start: int, end: int, week_start: int = 0) -> int:
    """DATEDIFF: boundaries of the part crossed between two wall-clock timestamps."""
    if name in UNITS:
        return end // UNITS[name] - start // UNITS[name]
    first, last = _day_of(start), _day_of(end)
    if name in ("week", "weekiso"):
        begin = 1 if name == "weekiso" else week_start
        return (_start_of_week(last, begin).toordinal() - _start_of_week(first, begin).toordinal()) // 7
    months = (last.year * 12 + last.month) - (first.year * 12 + first.month)
    if name == "month":
        return months
    if name == "quarter":
        return (last.year * 4 + (last.month - 1) // 3) - (first.year * 4 + (first.month - 1) // 3)
    if name == "year":
        return last.year - first.year
    raise SnowflakeError("001008", "22023", f"'{name}' is not a valid component for DATEDIFF")


def last_day(name: str, nanoseconds: int) -> int:
    """LAST_DAY in days since 1970."""
    day = _day_of(nanoseconds)
    if name == "week":
        return _start_of_week(day, 1).toordinal() + 6 - EPOCH_ORDINAL
    month = {"month": day.month, "quarter": (day.month + 2) // 3 * 3, "year": 12}.get(name)
    if month is None:
        raise SnowflakeError("001008", "22023", f"'{name}' is not a valid component for LAST_DAY")
    return date(day.year, month, monthrange(day.year, month)[1]).toordinal() - EPOCH_ORDINAL


def months_between(left: int, right: int) -> float:
    """MONTHS_BETWEEN: whole months when both are the same day or both month ends, else with days over 31."""
    first, second = _day_of(left), _day_of(right)
    whole = (first.year - second.year) * 12 + first.month - second.month
    ends = all(d.day == monthrange(d.year, d.month)[1] for d in (first, second))
    return float(whole) if first.day == second.day or ends else whole + (first.day - second.day) / 31
