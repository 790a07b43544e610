"""`--null`: COPY counts the records of its files and loads nothing, MERGE and INSERT … SELECT do nothing.

For measuring a client: the counts a client checks are right, the tables stay empty. Counting costs more than some
clients take for the whole load, so a file that says its count (`…_1000.csv.gz`: 1,000 records) is believed.
"""

from __future__ import annotations

import re

from ..engine import EngineSession, Result, SnowflakeError
from ..staging.parquet_format import ParquetFormat
from ..staging.results import table
from .copy import Copy
from .copy_statement import parse_copy
from .file_content import count_records, read_bytes
from .parquet_files import count_rows
from .reports import FileReport, result_of


class NullLoads:
    """The handlers."""

    def __init__(self, copy: Copy) -> None:
        self._copy = copy

    def copy(self, session: EngineSession, sql_text: str) -> Result:
        """Reads, counts and removes the files; those of an external stage stay, they are the user's."""
        statement = parse_copy(sql_text)
        table_info, location, csv = self._copy.resolve(session, statement)
        session.require_warehouse()
        files, _ = self._copy.choose_files(session, statement, table_info, location)
        reports = []
        for stored in files:
            name = location.listed_name(stored.key)
            said = re.search(r"_(\d+)\.csv\.gz$", stored.key)
            if said:
                count = int(said[1])
            elif isinstance(csv, ParquetFormat):
                count = count_rows(location.read(stored))
            else:
                data = read_bytes(location, stored, csv.compression)
                count = count_records(data, csv.field_optionally_enclosed_by)
            reports.append(FileReport(name, "LOADED", count, count))
            if not location.is_external:
                location.remove([stored])
        return result_of(statement, reports)

    def merge(self, session: EngineSession, sql_text: str) -> Result:
        """Nothing inserted, nothing updated."""
        names = ["number of rows inserted", "number of rows updated"]
        return table(names, [["0", "0"]], 0x3400, numbers=tuple(names))

    def insert(self, session: EngineSession, sql_text: str) -> Result:
        """Nothing inserted."""
        if not sql_text:
            raise SnowflakeError("000900", "42601", "SQL compilation error: Empty SQL statement.")
        return table(["number of rows inserted"], [["0"]], 0x3100, numbers=("number of rows inserted",))
