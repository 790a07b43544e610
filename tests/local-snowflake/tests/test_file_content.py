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


def by_arrow(codec: str) -> bytes:
    sink = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(sink, codec) as stream:
        stream.write(PLAIN)
    return sink.getvalue().to_pybytes()


FILES = {
    "GZIP": (gzip.compress(PLAIN[:400]) + gzip.compress(PLAIN[400:]), "a.gz"),
    "BZ2": (bz2.compress(PLAIN), "a.bz2"),
    "ZSTD": (by_arrow("zstd"), "a.zst"),
    "BROTLI": (by_arrow("brotli"), "a.br"),
    "DEFLATE": (zlib.compress(PLAIN), "a.deflate"),
    "RAW_DEFLATE": (raw_deflate(PLAIN), "a.raw_deflate"),
    "NONE": (PLAIN, "a.csv"),
}


@pytest.mark.parametrize("compression", FILES)
def test_each_compression(compression):
    data, name = FILES[compression]
    assert _detect(name, data) == compression
    assert _decompress(data, compression) == PLAIN


@pytest.mark.parametrize("compression", [name for name in FILES if name != "NONE"])
def test_broken_files(compression):
    data, _ = FILES[compression]
    for broken in (data[: len(data) // 2], b"plain text"):
        with pytest.raises((OSError, EOFError, zlib.error, ValueError)):
            _decompress(broken, compression)
