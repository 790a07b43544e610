"""Writes the same rows as JSON lines, as Parquet and as Arrow, into a folder; prints a JSON object from name to file name.

The lines are what a tap writes of such rows in RECORD messages, the other files what pyarrow makes of the values.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import math
import sys
import uuid
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 700
UTC = dt.timezone.utc


def row(number: int) -> dict[str, object]:
    """A row of values; every fifth has nulls."""
    if number % 5 == 4:
        return dict.fromkeys(TYPES) | {"id": number}
    day = dt.date(1582, 10, 1) + dt.timedelta(days=number * 200)
    moment = dt.datetime(1900, 1, 1, 23, 59, 59, 999_999 - number, UTC) + dt.timedelta(days=number * 100)
    return {
        "id": number,
        "large": 2**63 - 1 - number,
        "price": Decimal(f"{12345678901234567890123456789 * (number + 1)}.{number:08}"[-38:]),
        "text_price": Decimal(f"{number}.{number:03}"),
        "weight": [0.1, float("nan"), float("inf"), -1e300][number % 4],
        "name": f'"{number}", \\N é 🏮 \0\n' if number % 2 else "",
        "kind": ["red", "green", "blue"][number % 3],
        "is_new": number % 2 == 0,
        "day": day,
        "clock": dt.time(number % 24, 59, 0, number),
        "at": moment,
        "local": moment.replace(tzinfo=None),
        "token": bytes([number % 256, 0, 255]) * (number % 4),
        "uuid": uuid.UUID(int=number * 2**64 + 7),
        "list": [{"n": number}, {"n": None}] * (number % 3),
        "doc": {"a": [[1, None], []], "b": {"c": f"{number}", "d": None}, "e": Decimal(number).scaleb(-2)},
        "map": {f"k{number}": number, "": None},
    }


TYPES: dict[str, pa.DataType] = {
    "id": pa.int64(),
    "large": pa.uint64(),
    "price": pa.decimal128(38, 8),
    "text_price": pa.decimal256(50, 3),
    "weight": pa.float64(),
    "name": pa.large_string(),
    "kind": pa.dictionary(pa.int8(), pa.string()),
    "is_new": pa.bool_(),
    "day": pa.date32(),
    "clock": pa.time64("us"),
    "at": pa.timestamp("us", "+05:30"),
    "local": pa.timestamp("us"),
    "token": pa.binary(),
    "uuid": pa.uuid(),
    "list": pa.list_(pa.struct({"n": pa.int16()})),
    "doc": pa.struct({"a": pa.list_(pa.list_(pa.int8())), "b": pa.struct({"c": pa.string(), "d": pa.string()}), "e": pa.decimal128(9, 2)}),
    "map": pa.map_(pa.string(), pa.int32()),
}


def as_json(value: object) -> object:
    """The value of a RECORD message. Decimals are marked text, of which `line` makes numbers."""
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Decimal):
        return f"<{value:f}>"
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, list) else value


def line(values: dict[str, object]) -> str:
    """Keys without a value that JSON has a form for are left out, as taps do; numbers in marks lose them."""
    is_there = {key: value is not None and not (isinstance(value, float) and not math.isfinite(value)) for key, value in values.items()}
    present = {key: value for key, value in values.items() if is_there[key]}
    if "text_price" in present:
        present["text_price"] = f"{present['text_price']:f}"
    return json.dumps(as_json(present)).replace('"<', "").replace('>"', "") + "\n"


def arrow_file(path: Path, table: pa.Table, codec: str | None) -> None:
    with pa.ipc.new_file(path, table.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
        writer.write_table(table, max_chunksize=300)


def main() -> None:
    folder = Path(sys.argv[1])
    rows = [row(number) for number in range(ROWS)]
    plain = [{key: value.bytes if isinstance(value, uuid.UUID) else value for key, value in item.items()} for item in rows]
    table = pa.Table.from_pylist(plain, schema=pa.schema(TYPES))
    (folder / "rows.jsonl").write_text("".join(map(line, rows)))
    with gzip.open(folder / "rows.jsonl.gz", "wt") as packed:
        packed.write("".join(map(line, rows)))
    with pa.output_stream(folder / "rows.jsonl.zst", compression="zstd") as packed:
        packed.write("".join(map(line, rows)).encode())
    for codec in ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]:
        pq.write_table(table, folder / f"{codec}.parquet", compression=codec, row_group_size=250)
    arrow_file(folder / "plain.arrow", table, None)
    arrow_file(folder / "zstd.arrow", table, "zstd")
    arrow_file(folder / "lz4.arrow", table, "lz4")
    with pa.ipc.new_stream(folder / "stream.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=300)
    (folder / "packed.arrow").write_bytes(gzip.compress((folder / "plain.arrow").read_bytes()))
    # What the Singer SDK's own encoder writes: types as pyarrow guesses them of the records.
    guessed = [{"id": 1, "doc": {"a": 1}}, {"id": 2, "doc": {"b": "x"}, "name": "only here"}]
    pq.write_table(pa.Table.from_pylist(guessed, schema=pa.Table.from_pylist(guessed[1:] + guessed).schema), folder / "guessed.parquet")


main()
