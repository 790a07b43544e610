"""LIST and REMOVE of staged files."""

from __future__ import annotations

import re
from email.utils import formatdate

from ..engine import EngineSession, Result, SnowflakeError
from ..service import Service
from ..storage.object_store import StoredObject
from .locations import resolve_location, take_location
from .results import table
from .stage_location import StageLocation
from .tokens import Tokens


class Listing:
    """The handlers."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def list(self, session: EngineSession, sql_text: str) -> Result:
        """`LIST @location [PATTERN = '…']`."""
        location, files = self._matching(session, sql_text)
        rows = [
            [
                location.listed_name(stored.key),
                str(stored.size_bytes),
                stored.etag,
                formatdate(stored.modified, usegmt=True),
            ]
            for stored in files
        ]
        return table(["name", "size", "md5", "last_modified"], rows, numbers=("size",))

    def remove(self, session: EngineSession, sql_text: str) -> Result:
        """`REMOVE @location [PATTERN = '…']`; no file at all is not an error."""
        location, files = self._matching(session, sql_text)
        location.remove(files)
        return table(["name", "result"], [[location.listed_name(stored.key), "removed"] for stored in files])

    def _matching(self, session: EngineSession, sql_text: str) -> tuple[StageLocation, list[StoredObject]]:
        tokens = Tokens(sql_text)
        tokens.take()
        text = take_location(tokens)
        pattern = None
        if tokens.accept("PATTERN"):
            tokens.expect_mark("=")
            pattern = compile_pattern(tokens.string())
        tokens.expect_end()
        location = resolve_location(self._service, session, text)
        return location, [
            stored for stored in location.objects() if pattern is None or pattern.fullmatch(location.listed_name(stored.key))
        ]


def compile_pattern(text: str) -> re.Pattern:
    """A PATTERN clause; the whole name must match."""
    try:
        return re.compile(text, re.S)
    except re.error as problem:
        raise SnowflakeError("100048", "2201B", f"Invalid regular expression: '{text}', {problem}") from None
