"""From a staged object to text: decompression (every gzip member, bzip2 stream, zstd frame), decoding."""

from __future__ import annotations

import bz2
import gzip
import zlib

import pyarrow

from ..engine import SnowflakeError
from ..staging.file_format import ENCODINGS, CsvFormat
from ..staging.stage_location import StageLocation
from ..storage.object_store import StoredObject

_SUFFIXES = {".gz": "GZIP", ".bz2": "BZ2", ".zst": "ZSTD", ".deflate": "DEFLATE", ".raw_deflate": "RAW_DEFLATE"}
"""What AUTO goes by. Brotli is not among them: Snowflake documents that it is not detected."""


class WrongEncoding(Exception):
    """Bytes that are not text of the format's encoding; line from 1, and the bytes in hex."""

    def __init__(self, line: int, character: int, found: str) -> None:
        super().__init__(found)
        self.line, self.character, self.found = line, character, found


def read_bytes(location: StageLocation, stored: StoredObject, compression: str) -> bytes:
    """The decompressed bytes of a staged file."""
    data = location.read(stored)
    used = compression if compression != "AUTO" else _detect(stored.key, data)
    try:
        return _decompress(data, used)
    except (OSError, EOFError, zlib.error, ValueError) as problem:
        raise SnowflakeError(
            "100192",
            "22000",
            f"Invalid data encountered during decompression for file: '{location.listed_name(stored.key)}', "
            f"compression type used: '{used}', cause: '{problem}'",
        ) from None


def _detect(key: str, data: bytes) -> str:
    for suffix, compression in _SUFFIXES.items():
        if key.lower().endswith(suffix):
            return compression
    if data[:2] == b"\x1f\x8b":
        return "GZIP"
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return "ZSTD"
    return "BZ2" if data[:3] == b"BZh" else "NONE"


def _decompress(data: bytes, compression: str) -> bytes:
    if compression == "GZIP":
        return gzip.decompress(data)
    if compression == "BZ2":
        return bz2.decompress(data)
    if compression in ("ZSTD", "BROTLI"):
        return pyarrow.CompressedInputStream(pyarrow.BufferReader(data), compression.lower()).read()
    if compression in ("DEFLATE", "RAW_DEFLATE"):
        inflater = zlib.decompressobj(zlib.MAX_WBITS if compression == "DEFLATE" else -zlib.MAX_WBITS)
        plain = inflater.decompress(data)
        if not inflater.eof or inflater.unused_data:
            raise ValueError("the stream does not end with the file")
        return plain
    return data


def decode(data: bytes, csv: CsvFormat) -> str:
    """Text of the bytes; a byte order mark goes only when the format says so."""
    codec = ENCODINGS[csv.encoding]
    try:
        text = data.decode(codec, "replace" if csv.replace_invalid_characters else "strict")
    except UnicodeDecodeError as problem:
        before = data[: problem.start]
        line_start = before.rfind(b"\n") + 1
        found = "".join(f"0x{byte:02X}" for byte in data[problem.start : problem.start + 4])
        raise WrongEncoding(before.count(b"\n") + 1, problem.start - line_start + 1, found) from None
    if csv.skip_byte_order_mark and text.startswith("\ufeff"):
        text = text[1:]
    return text


_NEITHER_QUOTE_NOR_LINE_END = {quote: bytes(set(range(256)) - {quote, 0x0A}) for quote in b"\"'"}


def count_records(data: bytes, enclosure: str | None) -> int:
    """How many records a usual CSV file has, without reading its fields: line ends outside enclosures."""
    if enclosure is None:
        count = data.count(b"\n")
    else:
        # Only parity matters, so quotes go in pairs first: what is left to cut up is little.
        quote = enclosure.encode()
        marks = data.translate(None, _NEITHER_QUOTE_NOR_LINE_END[ord(quote)]).replace(quote * 2, b"")
        count = sum(part.count(b"\n") for part in marks.split(quote)[::2])
    return count if not data or data.endswith(b"\n") else count + 1
