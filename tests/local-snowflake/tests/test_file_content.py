"""Decompression by name and by detection, and broken files."""

from __future__ import annotations

import bz2
import gzip
import zlib

import pyarrow
import pytest
from local_snowflake.loading.file_content import _decompress, _detect

PLAIN = b"1,a\n" * 1000


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


def by_arrow(codec: str, data: bytes) -> bytes:
    sink = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(sink, codec) as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


FILES = {
    "GZIP": (gzip.compress(PLAIN[:400]) + gzip.compress(PLAIN[400:]), "a.gz"),
    "BZ2": (bz2.compress(PLAIN[:400]) + bz2.compress(PLAIN[400:]), "a.bz2"),
    "ZSTD": (by_arrow("zstd", PLAIN[:400]) + by_arrow("zstd", PLAIN[400:]), "a.zst"),
    "BROTLI": (by_arrow("brotli", PLAIN), "a.br"),
    "DEFLATE": (zlib.compress(PLAIN), "a.deflate"),
    "RAW_DEFLATE": (raw_deflate(PLAIN), "a.raw_deflate"),
    "NONE": (PLAIN, "a.csv"),
}


@pytest.mark.parametrize("compression", FILES)
def test_each_compression(compression):
    data, name = FILES[compression]
    assert _detect(name, data) == ("NONE" if compression == "BROTLI" else compression)
    assert _decompress(data, compression) == PLAIN


@pytest.mark.parametrize("compression", [name for name in FILES if name != "NONE"])
def test_broken_files(compression):
    data, _ = FILES[compression]
    for broken in (data[:-3], b"plain text"):
        with pytest.raises((OSError, EOFError, zlib.error, ValueError)):
            _decompress(broken, compression)


@pytest.mark.parametrize("compression", ["DEFLATE", "RAW_DEFLATE"])
def test_nothing_behind_the_stream_is_lost_silently(compression):
    data, _ = FILES[compression]
    with pytest.raises(ValueError):
        _decompress(data + data, compression)
