"""Random rows through the built target into the local Snowflake and back through the official connector: equal, or it ends
with 1 and says the stream's schema, the record and both values.

Every round has its own seed, which is printed when it fails; `--seed N --seconds 0` is that round again.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random

import json_texts
import snowflake.connector
from json_texts import Json
from properties import DATE, TIME, VARIANT, Moment, Property, random_property, schema_text

STREAMS = 12
ROWS = 60
NAMES = [
    "v", "order", "SELECT", "a b", "x:y", "dotted.name", 'quo"te', "größe", "列", "__under", "1st", "$dollar", "semi;--", "nul\0", "%s",
    "back\\slash", "{{table}}", "a'b", "\U0001f3ee", "tab\t", "table", "_sdc_like", "constraint", "dash-ed", "?", "e\u0301", "İ",
]  # fmt: skip
SETTINGS: list[dict[str, object]] = [
    {}, {"add_record_metadata": False}, {"timestamp_type": "TIMESTAMP_TZ"}, {"timestamp_type": "TIMESTAMP_LTZ"},
    {"validate_records": False}, {"batch_size_rows": 25}, {"load_method": "overwrite"}, {"parallelism": 1},
]  # fmt: skip


@dataclass
class Stream:
    name: str
    properties: dict[str, Property]
    # By id: the record as it was sent last, and what every column must hold.
    sent: dict[int, tuple[str, dict[str, object]]]
    messages: list[str]


def random_stream(rng: Random, name: str, timestamp: str) -> Stream:
    names = rng.sample(NAMES, rng.randint(3, 8))
    properties = {name: random_property(rng, timestamp) for name in names}
    schema: dict[str, object] = {"type": "object", "properties": {"id": {"type": "integer"}}}
    schema["properties"] |= {name: made.schema for name, made in properties.items()}  # type: ignore[operator]
    for made in properties.values():
        for place, definitions in made.definitions.items():
            schema.setdefault(place, {}).update(definitions)  # type: ignore[attr-defined]
    message = f'{{"type":"SCHEMA","stream":"{name}","schema":{schema_text(schema)},"key_properties":["id"]}}'
    stream = Stream(name, properties, {}, [message])
    for row in range(ROWS):
        # Some rows come again under their id: the last one counts.
        row_id = rng.randint(0, row) if rng.random() < 0.1 else row
        add_record(rng, stream, row_id)
    return stream


def add_record(rng: Random, stream: Stream, row_id: int) -> None:
    members = [(Json("id", '"id"'), Json(row_id, str(row_id)))]
    expected: dict[str, object] = {}
    for name, made in stream.properties.items():
        if rng.random() < 0.05:
            expected[name] = None
            continue
        value, expected[name] = made.make(rng)
        members.append((json_texts.string(rng, name, may_break=False), value))
    if rng.random() < 0.2:
        rng.shuffle(members)
    record = json_texts.obj(rng, 0, members).text
    stream.sent[row_id] = (record, expected)
    stream.messages.append(f'{{"type":"RECORD","stream":"{stream.name}","record":{record}}}')


def column_name(property_name: str) -> str:
    return property_name.replace("\0", "_").upper()


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def expression(column: str, kind: str) -> str:
    """What is selected: nanoseconds and offsets do not fit Python's own types."""
    if kind == TIME:
        return f"TO_CHAR({column}, 'HH24:MI:SS.FF9')"
    if kind.startswith("TIMESTAMP_NTZ"):
        return f"TO_CHAR({column}, 'YYYY-MM-DD HH24:MI:SS.FF9')"
    if kind.startswith("TIMESTAMP"):
        return f"TO_CHAR({column}, 'YYYY-MM-DD HH24:MI:SS.FF9 TZH:TZM')"
    return column


def wanted(kind: str, value: object) -> object:
    """What `expression` must give for a value."""
    if isinstance(value, tuple):
        clock, nanoseconds = value
        return f"{clock.isoformat()}.{nanoseconds:09}"
    if isinstance(value, Moment):
        # NTZ and LTZ are looked at in UTC, TZ keeps its own clock.
        offset = value.offset_minutes if kind.startswith("TIMESTAMP_TZ") else 0
        clock = (value.at + dt.timedelta(minutes=offset)).isoformat(" ")
        text = f"{clock}.{value.nanoseconds:09}"
        sign, size = ("-" if offset < 0 else "+"), abs(offset)
        return text if kind.startswith("TIMESTAMP_NTZ") else f"{text} {sign}{size // 60:02}:{size % 60:02}"
    return value


def is_equal(kind: str, expected: object, found: object) -> bool:
    if expected is None or found is None:
        return expected is None and found is None
    if kind == VARIANT:
        return is_same_json(expected, json.loads(found, parse_float=Decimal, parse_int=Decimal))
    expected = wanted(kind, expected)
    if isinstance(expected, bytes):
        return isinstance(found, (bytes, bytearray)) and expected == bytes(found)
    if kind == DATE:
        return type(found) is dt.date and expected == found
    if isinstance(expected, (str, bool, float)):
        return type(found) is type(expected) and expected == found
    return isinstance(found, (int, Decimal)) and not isinstance(found, bool) and expected == found


def is_same_json(expected: object, found: object) -> bool:
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(is_same_json(expected[key], found[key]) for key in expected)
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(is_same_json, expected, found))
    if isinstance(expected, Decimal):
        return is_same_number(expected, found)
    return type(expected) is type(found) and expected == found


def is_same_number(expected: Decimal, found: object) -> bool:
    """VARIANT keeps plain digits, 38 of them, and makes doubles of all else, which it shows with 16 digits. A number that
    a double does not stand for, the target loads as a string."""
    if isinstance(found, str):
        return not fits(expected) and not is_double(expected) and Decimal(found) == expected
    if not isinstance(found, Decimal):
        return False
    if found == expected:
        return True
    return is_double(expected) and math.isclose(float(found), float(expected), rel_tol=5e-16)


def is_double(number: Decimal) -> bool:
    """Whether the number is the usual form of a double."""
    return Decimal(repr(float(number))) == number


def fits(number: Decimal) -> bool:
    """Whether 38 digits, 37 of them after the point, hold the number."""
    exponent = int(number.normalize().as_tuple().exponent)
    return exponent >= -37 and abs(number).scaleb(max(0, -exponent)) < 10**38


def load(arguments: argparse.Namespace, settings: dict[str, object], streams: list[Stream], rng: Random) -> None:
    local = {
        "account": "local", "user": "demo", "password": "demo", "host": "127.0.0.1", "port": arguments.port,
        "protocol": "http", "database": "DEMO", "warehouse": "DEMO_WH", "default_target_schema": "PUBLIC",
    }  # fmt: skip
    waiting = [list(reversed(stream.messages)) for stream in streams]
    lines = []
    while waiting:
        # Streams take turns, each in its own order.
        turn = rng.choice(waiting)
        lines.extend(turn.pop() for _ in range(min(len(turn), rng.randint(1, 20))))
        waiting = [messages for messages in waiting if messages]
    lines.append('{"type":"STATE","value":{"done":true}}')
    with tempfile.TemporaryDirectory() as directory:
        config = Path(directory) / "config.json"
        config.write_text(json.dumps(local | settings))
        done = subprocess.run(
            [arguments.target, "--config", config], input="\n".join(lines).encode(), capture_output=True, timeout=300, check=False
        )
    if done.returncode != 0 or done.stdout != b'{"done":true}\n':
        said = done.stderr.decode(errors="replace").splitlines()
        number = next((part for part in said[-1].replace(":", " ").split() if part.isdigit()), None) if said else None
        line = lines[int(number) - 1][:2000] if number and int(number) <= len(lines) else ""
        raise AssertionError("\n".join([f"the target ended with {done.returncode}", *said[-5:], line]))


def check(connection: snowflake.connector.SnowflakeConnection, stream: Stream) -> None:
    kinds = {row[0]: row[1] for row in connection.cursor().execute(f"DESC TABLE {quoted(stream.name.upper())}")}
    for name, made in stream.properties.items():
        kind = kinds.get(column_name(name))
        assert kind == made.column, f"{schema_text(made.schema)} became {kind}, not {made.column}"
    selected = [expression(quoted(column_name(name)), made.column) for name, made in stream.properties.items()]
    sql = f"SELECT {', '.join(['ID', *selected])} FROM {quoted(stream.name.upper())}"
    rows = {row[0]: row[1:] for row in connection.cursor().execute(sql)}
    assert rows.keys() == stream.sent.keys(), f"ids {sorted(rows.keys() ^ stream.sent.keys())} are on one side only"
    for row_id, (record, expected) in stream.sent.items():
        for (name, made), found in zip(stream.properties.items(), rows[row_id], strict=True):
            if not is_equal(made.column, expected[name], found):
                raise AssertionError(
                    f"property {name!r} {schema_text(made.schema)} in {made.column}\nsent     {expected[name]!r}\n"
                    f"found    {found!r}\nrecord   {record[:2000]}"
                )


def round_of(arguments: argparse.Namespace, connection: snowflake.connector.SnowflakeConnection, seed: int) -> None:
    rng = Random(seed)
    settings = rng.choice(SETTINGS)
    timestamp = str(settings.get("timestamp_type", "TIMESTAMP_NTZ"))
    streams = [random_stream(rng, f"s{seed}_{number}", timestamp) for number in range(STREAMS)]
    try:
        for stream in streams:
            # A run by hand may have failed and left it.
            connection.cursor().execute(f"DROP TABLE IF EXISTS {quoted(stream.name.upper())}")
        load(arguments, settings, streams, rng)
        for stream in streams:
            check(connection, stream)
    except Exception as problem:
        print(f"seed {seed}, settings {json.dumps(settings)}: {problem}", file=sys.stderr)
        raise SystemExit(1) from problem


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    connection = snowflake.connector.connect(
        account="local", user="demo", password="demo", host="127.0.0.1", port=arguments.port, protocol="http",
        database="DEMO", schema="PUBLIC", warehouse="DEMO_WH", session_parameters={"TIMEZONE": "UTC"},
    )  # fmt: skip
    began, seed = time.monotonic(), arguments.seed
    while True:
        round_of(arguments, connection, seed)
        seed += 1
        if time.monotonic() - began >= arguments.seconds:
            break
    connection.close()
    print(f"{seed - arguments.seed} rounds of {STREAMS} streams with up to {ROWS} rows each are equal")


if __name__ == "__main__":
    main()
