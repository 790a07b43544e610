"""Dates, times and timestamps as integers: reading text (AUTO and format strings), writing text, time zones, calendar.

A timestamp is nanoseconds since 1970 (wall clock or UTC). Reading gives wall-clock nanoseconds and the offset in minutes,
None when the text has none. Years 1 to 9999.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from .errors import SnowflakeError

DAY = 86_400_000_000_000
SECOND = 1_000_000_000
EPOCH_ORDINAL = 719_163
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_FULL_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                "November", "December"]
_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_MINIMUM, _MAXIMUM = date.min.toordinal() - EPOCH_ORDINAL, date.max.toordinal() - EPOCH_ORDINAL


def days_of(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01; ValueError when there is no such day."""
    return date(year, month, day).toordinal() - EPOCH_ORDINAL


def civil(days: int) -> date:
    """The day of a count of days since 1970-01-01; 100037-like error outside years 1 to 9999."""
    if not _MINIMUM <= days <= _MAXIMUM:
        raise SnowflakeError("100040", "22007", "Date out of range: years 1 to 9999")
    return date.fromordinal(days + EPOCH_ORDINAL)


def time_nanoseconds(hour: int, minute: int, second: int, nanosecond: int = 0) -> int:
    """Nanoseconds since midnight; ValueError when there is no such time."""
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        raise ValueError("no such time")
    return (hour * 3600 + minute * 60 + second) * SECOND + nanosecond


@lru_cache(maxsize=None)
def zone(name: str) -> ZoneInfo | timezone:
    """The time zone of a TIMEZONE parameter; 001008-like refusal of an unknown name."""
    if name.upper() in ("UTC", "ETC/UTC", "GMT", "Z"):
        return timezone.utc
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SnowflakeError("001008", "22023", f"SQL compilation error:\ninvalid value [{name}] for parameter 'TIMEZONE'") from None


def offset_at_utc(nanoseconds: int, zone_name: str) -> int:
    """Minutes east of UTC in a zone at an instant."""
    place = zone(zone_name)
    if place is timezone.utc:
        return 0
    seconds = nanoseconds // SECOND
    try:
        moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
        offset = moment.astimezone(place).utcoffset()
    except OverflowError:
        offset = datetime(2000, 1, 1, tzinfo=place).utcoffset()
    return int((offset or timedelta()).total_seconds() // 60)


def offset_at_wall(nanoseconds: int, zone_name: str) -> int:
    """Minutes east of UTC in a zone when its clocks show this."""
    place = zone(zone_name)
    if place is timezone.utc:
        return 0
    try:
        wall = datetime(1970, 1, 1) + timedelta(seconds=nanoseconds // SECOND)
        offset = wall.replace(tzinfo=place).utcoffset()
    except OverflowError:
        offset = datetime(2000, 1, 1, tzinfo=place).utcoffset()
    return int((offset or timedelta()).total_seconds() // 60)


_DATE_PART = r"(?P<y>\d{4})-(?P<mo>\d{1,2})-(?P<d>\d{1,2})"
_TIME_PART = r"(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:\.(?P<f>\d{0,9}))?)?"
_ZONE_PART = r"(?P<z>Z|[+-]\d{2}(?::?\d{2})?)"
_AUTO = [
    re.compile(rf"{_DATE_PART}(?:[T ]{_TIME_PART}(?: ?{_ZONE_PART})?)?\Z"),
    re.compile(rf"(?P<mo>\d{{1,2}})/(?P<d>\d{{1,2}})/(?P<y>\d{{4}})(?: {_TIME_PART})?\Z"),
    re.compile(rf"(?:[A-Za-z]{{3}}, )?(?P<d>\d{{1,2}}) (?P<mon>[A-Za-z]{{3}}) (?P<y>\d{{4}}) {_TIME_PART}(?: {_ZONE_PART})?\Z"),
    re.compile(rf"[A-Za-z]{{3}} (?P<mon>[A-Za-z]{{3}}) +(?P<d>\d{{1,2}}) {_TIME_PART} {_ZONE_PART} (?P<y>\d{{4}})\Z"),
    re.compile(r"(?P<d>\d{1,2})-(?P<mon>[A-Za-z]{3})-(?P<y>\d{4})\Z"),
]
_TIME_ONLY = re.compile(rf"{_TIME_PART}\Z")
_EPOCH = re.compile(r"-?\d{1,20}\Z")


def _from_groups(groups: dict[str, str | None]) -> tuple[int, int | None]:
    month = int(groups["mo"] or 0) if groups.get("mo") else _MONTHS.index((groups.get("mon") or "").upper()) + 1
    days = days_of(int(groups["y"] or 0), month, int(groups["d"] or 0))
    nanoseconds = days * DAY
    if groups.get("h"):
        nanoseconds += _clock(groups)
    return nanoseconds, _offset(groups.get("z"))


def _clock(groups: dict[str, str | None]) -> int:
    fraction = int((groups.get("f") or "").ljust(9, "0") or 0)
    return time_nanoseconds(int(groups["h"] or 0), int(groups["mi"] or 0), int(groups.get("s") or 0), fraction)


def _offset(written: str | None) -> int | None:
    if not written:
        return None
    if written == "Z":
        return 0
    digits = written[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    if minutes > 14 * 60 + 59:
        raise ValueError("no such offset")
    return -minutes if written[0] == "-" else minutes


def epoch_nanoseconds(value: int) -> int:
    """A whole number in a text as seconds, milliseconds, microseconds or nanoseconds, by its size."""
    size = abs(value)
    for limit, factor in ((31_536_000_000, SECOND), (31_536_000_000_000, 1_000_000), (31_536_000_000_000_000, 1000)):
        if size < limit:
            return value * factor
    return value


def read_timestamp(source: str, pattern: str = "AUTO") -> tuple[int, int | None]:
    """Wall-clock nanoseconds and offset of a timestamp text. ValueError when it does not fit."""
    if pattern.upper() != "AUTO":
        return read_with_format(source, pattern)
    source = source.strip()
    for expression in _AUTO:
        match = expression.match(source)
        if match:
            return _from_groups(match.groupdict())
    if _EPOCH.match(source):
        nanoseconds = epoch_nanoseconds(int(source))
        civil(nanoseconds // DAY)
        return nanoseconds, None
    raise ValueError("not a timestamp")


def read_date(source: str, pattern: str = "AUTO") -> int:
    """Days since 1970 of a date text. A time of day is allowed by AUTO only."""
    return read_timestamp(source, pattern)[0] // DAY


def read_time(source: str, pattern: str = "AUTO") -> int:
    """Nanoseconds since midnight of a time text."""
    if pattern.upper() != "AUTO":
        return read_with_format(source, pattern)[0] % DAY
    source = source.strip()
    match = _TIME_ONLY.match(source)
    if match:
        return _clock(match.groupdict())
    if _EPOCH.match(source):
        return epoch_nanoseconds(int(source)) % DAY
    raise ValueError("not a time")


_ELEMENTS = re.compile(
    r'"[^"]*"|YYYY|YY|MMMM|MON|MM|DD|DY|HH24|HH12|HH|MI|SS|FF[0-9]?|AM|PM|TZH:TZM|TZHTZM|TZH|TZM|TZD|.', re.IGNORECASE | re.DOTALL
)
_READERS = {
    "YYYY": r"(?P<y>\d{4})", "YY": r"(?P<yy>\d{2})", "MM": r"(?P<mo>\d{1,2})", "MON": r"(?P<mon>[A-Za-z]{3})",
    "MMMM": r"(?P<month>[A-Za-z]+)", "DD": r"(?P<d>\d{1,2})", "DY": r"[A-Za-z]{3}", "HH24": r"(?P<h>\d{1,2})",
    "HH12": r"(?P<h>\d{1,2})", "HH": r"(?P<h>\d{1,2})", "MI": r"(?P<mi>\d{1,2})", "SS": r"(?P<s>\d{1,2})",
    "AM": r"(?P<half>[AaPp][Mm])", "PM": r"(?P<half>[AaPp][Mm])", "TZH:TZM": r"(?P<z>[+-]\d{2}:\d{2})",
    "TZHTZM": r"(?P<z>[+-]\d{4})", "TZH": r"(?P<z>[+-]\d{2})", "TZM": r"(?P<zm>\d{2})",
}


@lru_cache(maxsize=256)
def elements(pattern: str) -> tuple[str, ...]:
    """The elements of a format string, upper-cased; literals keep their quotes or are single characters."""
    found = []
    for part in _ELEMENTS.findall(pattern):
        upper = part.upper()
        is_element = upper in _READERS or (upper.startswith("FF") and len(upper) <= 3 and len(upper) > 1)
        found.append(upper if is_element else part)
    return tuple(found)


@lru_cache(maxsize=256)
def _reader(pattern: str) -> re.Pattern[str]:
    out = []
    for part in elements(pattern):
        if part in _READERS:
            out.append(_READERS[part])
        elif part.startswith("FF"):
            out.append(r"(?P<f>\d{1,9})" if part != "FF0" else r"(?P<f>\d{0,9})")
        else:
            out.append(re.escape(part[1:-1] if len(part) > 1 and part[0] == '"' else part))
    try:
        return re.compile("".join(out) + r"\Z")
    except re.error:
        raise SnowflakeError("100096", "22007", f"Can't parse with format '{pattern}': an element appears twice") from None


def read_with_format(source: str, pattern: str) -> tuple[int, int | None]:
    """As `read_timestamp`, by an explicit format string."""
    match = _reader(pattern).match(source.strip())
    if match is None:
        raise ValueError("does not fit the format")
    groups = match.groupdict()
    if groups.get("yy"):
        short = int(groups["yy"])
        groups["y"] = str(1900 + short if short >= 70 else 2000 + short)
    if groups.get("month"):
        groups["mon"] = groups["month"][:3]
    groups.setdefault("mo", None)
    if not groups.get("mo") and not groups.get("mon"):
        groups["mo"] = "1"
    groups["y"], groups["d"] = groups.get("y") or "1970", groups.get("d") or "1"
    if groups.get("half"):
        hour = int(groups.get("h") or 12)
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        groups["h"] = str(hour % 12 + (12 if groups["half"].upper() == "PM" else 0))
    if groups.get("mi") or groups.get("s") or groups.get("f"):
        groups["h"], groups["mi"] = groups.get("h") or "0", groups.get("mi") or "0"
    if groups.get("h"):
        groups["mi"] = groups.get("mi") or "0"
    if groups.get("zm") and groups.get("z"):
        groups["z"] = groups["z"] + groups["zm"]
    return _from_groups(groups)


def write(nanoseconds: int, offset: int, pattern: str) -> str:
    """A wall-clock timestamp with its offset in a format string."""
    days, clock = divmod(nanoseconds, DAY)
    day = civil(days)
    seconds, fraction = divmod(clock, SECOND)
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    sign, zone_minutes = "-" if offset < 0 else "+", abs(offset)
    values = {
        "YYYY": f"{day.year:04d}", "YY": f"{day.year % 100:02d}", "MM": f"{day.month:02d}",
        "MON": _MONTHS[day.month - 1].title(), "MMMM": _FULL_MONTHS[day.month - 1], "DD": f"{day.day:02d}",
        "DY": _DAYS[day.weekday()], "HH24": f"{hour:02d}", "HH12": f"{(hour + 11) % 12 + 1:02d}",
        "HH": f"{hour:02d}", "MI": f"{minute:02d}", "SS": f"{second:02d}", "AM": "AM" if hour < 12 else "PM",
        "PM": "AM" if hour < 12 else "PM", "TZH:TZM": f"{sign}{zone_minutes // 60:02d}:{zone_minutes % 60:02d}",
        "TZHTZM": f"{sign}{zone_minutes // 60:02d}{zone_minutes % 60:02d}", "TZH": f"{sign}{zone_minutes // 60:02d}",
        "TZM": f"{zone_minutes % 60:02d}",
    }
    out = []
    for part in elements(pattern):
        if part in values:
            out.append(values[part])
        elif part.upper().startswith("FF") and len(part) > 1:
            digits = int(part[2]) if len(part) == 3 else 9
            out.append(f"{fraction:09d}"[:digits])
        else:
            out.append(part[1:-1] if len(part) > 1 and part[0] == '"' else part)
    return "".join(out)
