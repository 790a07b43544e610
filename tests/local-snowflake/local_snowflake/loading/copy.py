"""COPY INTO <table>: chooses files, reads them, loads rows through the engine, reports per file, remembers loads."""

from __future__ import annotations

from dataclasses import dataclass

from ..engine import EngineSession, Result, SnowflakeError
from ..protocol.executions import stop_if_cancelled
from ..service import Service
from ..staging.external import external_location
from ..staging.file_format import CsvFormat, build_format
from ..staging.file_formats import find_file_format
from ..staging.listing import compile_pattern
from ..staging.locations import resolve_location
from ..staging.parquet_format import ParquetFormat
from ..staging.stage_location import TABLE_STAGE, StageLocation
from ..storage.object_store import StoredObject
from .copy_statement import ABORT, CONTINUE, CopyStatement, parse_copy
from .csv_reader import CsvProblem, good_rows, line_of_row, parse
from .file_content import WrongEncoding, decode, read_bytes
from .load_history import LoadHistory
from .parquet_files import prepared, rows_of
from .reports import (
    ADVICE,
    FileReport,
    LoadProblem,
    cast_problem,
    encoding_problem,
    expected_width,
    failed,
    missing_file,
    result_of,
    syntax_problem,
    width_problem,
)


@dataclass
class _Content:
    """A file made ready for the engine: columns of text, all of the same length. `text` is that of a CSV file."""

    name: str
    text: str | None
    columns: list[list[str | None]]
    row_count: int


class Copy:
    """The handler."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._history = LoadHistory(service.catalog)

    def run(self, session: EngineSession, sql_text: str) -> Result:
        """Executes a COPY INTO <table>."""
        statement = parse_copy(sql_text)
        table_info, location, csv = self.resolve(session, statement)
        if isinstance(csv, ParquetFormat):
            statement = prepared(statement, table_info)
        elif statement.match_by_column_name != "NONE":
            raise SnowflakeError("000002", "0A000", "Unsupported feature 'MATCH_BY_COLUMN_NAME for CSV'.")
        session.require_warehouse()
        files, reports = self.choose_files(session, statement, table_info, location)
        if statement.on_error == ABORT:
            loaded = self._load_all(session, statement, table_info, location, csv, files)
        else:
            loaded = self._load_each(session, statement, table_info, location, csv, files)
        reports.extend(loaded)
        done = {report.file for report in loaded if report.status in ("LOADED", "PARTIALLY_LOADED")}
        finished = [stored for stored in files if location.listed_name(stored.key) in done]
        self._history.remember(session, table_info.identity, {location.history_key(stored): stored.etag for stored in finished})
        if statement.purge:
            location.remove(finished)
        return result_of(statement, reports)

    # -- what to load ---------------------------------------------------------------------------------------------

    def resolve(self, session: EngineSession, statement: CopyStatement):
        """Table, location and file format; checks names and combinations."""
        table_info = session.resolve_table(statement.table)
        if table_info.view_sql is not None:
            raise SnowflakeError("000002", "0A000", "Unsupported feature 'COPY INTO a view'.")
        if statement.external is not None:
            location = external_location(self._service, statement.external, "", {})
        else:
            location = resolve_location(self._service, session, statement.source)
        if statement.select_list is not None and location.kind == TABLE_STAGE:
            raise SnowflakeError("000002", "0A000", "Unsupported feature 'COPY transformation from a table stage'.")
        known = {column.name for column in table_info.columns}
        for name in statement.columns or []:
            if name not in known:
                raise SnowflakeError(
                    "000904", "42000", f"SQL compilation error: error line 1 at position 0\ninvalid identifier '{name}'"
                )
        if statement.columns and len(set(statement.columns)) != len(statement.columns):
            raise SnowflakeError("002025", "42S21", "SQL compilation error:\nduplicate column name in the column list")
        layers = [self._named(session, location.properties.get("file_format", {}))]
        layers.append(self._named(session, statement.format_options))
        return table_info, location, build_format(*layers)

    def _named(self, session: EngineSession, options: dict) -> dict:
        if "FORMAT_NAME" not in options:
            return options
        return {**find_file_format(self._service, session, options["FORMAT_NAME"]), **options}

    def choose_files(
        self, session: EngineSession, statement: CopyStatement, table_info, location: StageLocation
    ) -> tuple[list[StoredObject], list[FileReport]]:
        """The files to load, and the reports of those that are not."""
        reports = []
        if statement.files is not None:
            found = []
            for name in statement.files:
                stored, shown = location.find(name), location.listed_name(location.key_of(name))
                if stored is not None:
                    found.append(stored)
                elif statement.on_error == ABORT:
                    raise missing_file(shown)
                else:
                    reports.append(FileReport(shown, "LOAD_FAILED", 0, 0, 1, missing_file(shown).message))
        else:
            found = location.objects()
        if statement.pattern is not None:
            pattern = compile_pattern(statement.pattern)
            found = [stored for stored in found if pattern.fullmatch(stored.key[len(location.prefix) :].lstrip("/"))]
        if not statement.force:
            known = self._history.known(session, table_info.identity)
            skipped = [stored for stored in found if known.get(location.history_key(stored)) == stored.etag]
            found = [stored for stored in found if stored not in skipped]
            if statement.files is not None:
                reports.extend(
                    FileReport(location.listed_name(stored.key), "LOAD_SKIPPED", 0, 0, 1, "File was loaded before.")
                    for stored in skipped
                )
        return _within_limit(found, statement.size_limit), reports

    # -- loading --------------------------------------------------------------------------------------------------

    def _load_all(
        self, session, statement: CopyStatement, table_info, location, csv: CsvFormat, files
    ) -> list[FileReport]:
        """ON_ERROR = ABORT_STATEMENT: every row of every file or nothing."""
        contents: list[_Content] = []
        for stored in files:
            name = location.listed_name(stored.key)
            try:
                contents.append(self._read(statement, table_info, location, csv, stored))
            except LoadProblem as problem:
                raise SnowflakeError(
                    problem.code, problem.sql_state, problem.text(name, table_info.name) + ADVICE
                ) from None
        if contents:
            self._insert(session, statement, table_info, csv, contents)
        return [FileReport(content.name, "LOADED", content.row_count, content.row_count) for content in contents]

    def _insert(self, session, statement: CopyStatement, table_info, csv: CsvFormat, contents: list[_Content]) -> None:
        stop_if_cancelled()
        filled = [content for content in contents if content.row_count]
        if not filled:
            return
        width = max(len(content.columns) for content in filled)
        merged: list[list[str | None]] = [[] for _ in range(width)]
        for content in filled:
            for index, column in enumerate(merged):
                column.extend(content.columns[index] if index < len(content.columns) else [None] * content.row_count)
        try:
            self._engine_load(session, statement, table_info, csv, merged)
        except SnowflakeError as error:
            raise self._placed(error, table_info, csv, filled) from None

    def _engine_load(self, session, statement: CopyStatement, table_info, csv: CsvFormat, columns) -> int:
        return session.load_text_rows(
            table_info,
            statement.columns,
            columns,
            csv.formats(),
            select_list=statement.select_list,
            alias=statement.alias,
            as_variants=isinstance(csv, ParquetFormat),
        )

    def _placed(self, error: SnowflakeError, table_info, csv: CsvFormat, contents: list[_Content]) -> SnowflakeError:
        """Adds file, line and row to an error of the engine that names a row."""
        row_index = getattr(error, "row_index", None)
        if row_index is None:
            return error
        for content in contents:
            if row_index < content.row_count:
                problem = cast_problem(error, content.text, csv, table_info, row_index)
                placed = SnowflakeError(
                    error.code, error.sql_state, problem.text(content.name, table_info.name) + ADVICE
                )
                placed.problem, placed.row_index = problem, row_index
                return placed
            row_index -= content.row_count
        return error

    def _load_each(
        self, session, statement: CopyStatement, table_info, location, csv: CsvFormat, files
    ) -> list[FileReport]:
        """ON_ERROR = SKIP_FILE or CONTINUE: each file by itself."""
        reports = []
        for stored in files:
            name = location.listed_name(stored.key)
            try:
                content = self._read(statement, table_info, location, csv, stored)
                self._insert(session, statement, table_info, csv, [content])
                reports.append(FileReport(name, "LOADED", content.row_count, content.row_count))
            except LoadProblem as problem:
                reports.append(failed(name, problem, 1))
                if statement.on_error == CONTINUE and not isinstance(csv, ParquetFormat):
                    reports[-1] = self._load_good(session, statement, table_info, location, csv, stored)
            except SnowflakeError as error:
                problem = getattr(error, "problem", None)
                if problem is None or statement.select_list is not None:
                    raise
                reports.append(failed(name, problem, 1))
                if statement.on_error == CONTINUE:
                    reports[-1] = self._load_good(session, statement, table_info, location, csv, stored)
        return reports

    def _load_good(self, session, statement: CopyStatement, table_info, location, csv: CsvFormat, stored) -> FileReport:
        """ON_ERROR = CONTINUE for a file with problems: row by row what can be loaded."""
        name = location.listed_name(stored.key)
        data = read_bytes(location, stored, csv.compression)
        try:
            text = decode(data, csv)
        except WrongEncoding as wrong:
            return failed(name, encoding_problem(wrong), 1)
        rows, syntax, lines = good_rows(text, csv)
        problems = [syntax_problem(syntax, table_info, statement)] if syntax else []
        width, good = expected_width(table_info, statement), []
        for index, row in enumerate(rows):
            if statement.select_list is None and csv.error_on_column_count_mismatch and len(row) != width:
                problems.append(width_problem(len(row), width, lines[index], index + 1))
                continue
            padded = (row + [None] * width)[: max(width, len(row)) if statement.select_list else width]
            try:
                self._engine_load(session, statement, table_info, csv, [[value] for value in padded])
                good.append(row)
            except SnowflakeError as error:
                problems.append(cast_problem(error, text, csv, table_info, index))
        first = min(problems, key=lambda problem: problem.row)
        report = failed(name, first, len(problems))
        report.status = "PARTIALLY_LOADED" if good else "LOAD_FAILED"
        report.rows_parsed, report.rows_loaded = len(rows) + (1 if syntax else 0), len(good)
        return report

    def _read(self, statement: CopyStatement, table_info, location, csv: CsvFormat, stored: StoredObject) -> _Content:
        """A file as columns of text, checked for width."""
        stop_if_cancelled()
        name = location.listed_name(stored.key)
        if isinstance(csv, ParquetFormat):
            rows = rows_of(location.read(stored), csv, statement, table_info)
            return _Content(name, None, [rows], len(rows))
        data = read_bytes(location, stored, csv.compression)
        try:
            text = decode(data, csv)
        except WrongEncoding as wrong:
            raise encoding_problem(wrong) from None
        del data
        try:
            parsed = parse(text, csv)
        except CsvProblem as problem:
            raise syntax_problem(problem, table_info, statement) from None
        width = expected_width(table_info, statement)
        checked = statement.select_list is None and csv.error_on_column_count_mismatch
        if parsed.ragged is not None:
            wrong = next((index for index, row in enumerate(parsed.ragged) if len(row) != width), 0)
            if checked:
                raise width_problem(len(parsed.ragged[wrong]), width, line_of_row(text, csv, wrong), wrong + 1)
            widest = max(map(len, parsed.ragged)) if statement.select_list else width
            columns = [[row[index] if index < len(row) else None for row in parsed.ragged] for index in range(widest)]
            return _Content(name, text, columns, parsed.row_count)
        columns = parsed.columns
        if parsed.row_count and len(columns) != width and statement.select_list is None:
            if checked:
                raise width_problem(len(columns), width, line_of_row(text, csv, 0), 1)
            columns = columns[:width] + [[None] * parsed.row_count for _ in range(width - len(columns))]
        return _Content(name, text, columns, parsed.row_count)


def _within_limit(files: list[StoredObject], limit: int | None) -> list[StoredObject]:
    """SIZE_LIMIT: files until the sum passes the limit, at least one."""
    if limit is None:
        return files
    chosen, total = [], 0
    for stored in files:
        chosen.append(stored)
        total += stored.size_bytes
        if total > limit:
            break
    return chosen
