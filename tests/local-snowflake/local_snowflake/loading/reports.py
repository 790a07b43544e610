"""What COPY says: a row per file, and problems with their place in Snowflake's words and numbers."""

from __future__ import annotations

from dataclasses import dataclass

from ..engine import Result, SnowflakeError
from ..staging.file_format import CsvFormat
from ..staging.results import COPY_STATEMENT, table
from .copy_statement import CONTINUE, CopyStatement
from .csv_reader import CsvProblem, line_of_row
from .file_content import WrongEncoding

ADVICE = (
    "\n  If you would like to continue loading when an error is encountered, use other values such as 'SKIP_FILE' or "
    "'CONTINUE' for the ON_ERROR option. For more information on loading options, please run 'info loading_data' in a "
    "SQL client."
)


@dataclass
class FileReport:
    """One row of COPY's result."""

    file: str
    status: str
    rows_parsed: int = 0
    rows_loaded: int = 0
    errors_seen: int = 0
    first_error: str | None = None
    line: int | None = None
    character: int | None = None
    column: str | None = None


@dataclass
class LoadProblem(Exception):
    """A problem in a file, with its place as Snowflake words it."""

    code: str
    sql_state: str
    message: str
    line: int
    character: int
    row: int
    column: str

    def text(self, file: str, table_name: str) -> str:
        """The whole message."""
        place = f"\n  File '{file}', line {self.line}, character {self.character}"
        return f"{self.message}{place}\n  Row {self.row}, column {self.column or chr(34) + table_name + chr(34)}"


def result_of(statement: CopyStatement, reports: list[FileReport]) -> Result:
    """COPY's result: a row per file, or one cell when there was none."""
    if statement.return_failed_only:
        reports = [report for report in reports if report.status not in ("LOADED", "LOAD_SKIPPED")]
    if not reports:
        return table(["status"], [["Copy executed with 0 files processed."]], COPY_STATEMENT)
    names = [
        "file",
        "status",
        "rows_parsed",
        "rows_loaded",
        "error_limit",
        "errors_seen",
        "first_error",
        "first_error_line",
        "first_error_character",
        "first_error_column_name",
    ]
    rows = []
    for report in reports:
        limit = report.rows_parsed if statement.on_error == CONTINUE else 1
        numbers = [report.rows_parsed, report.rows_loaded, limit, report.errors_seen]
        place = [None if value is None else str(value) for value in (report.line, report.character)]
        rows.append([report.file, report.status, *map(str, numbers), report.first_error, *place, report.column])
    numbers = ("rows_parsed", "rows_loaded", "error_limit", "errors_seen", "first_error_line", "first_error_character")
    result = table(names, rows, COPY_STATEMENT, numbers)
    result.statistics = {"numRowsInserted": sum(report.rows_loaded for report in reports)}
    return result


def expected_width(table_info, statement: CopyStatement) -> int:
    """How many fields a row must have."""
    return len(statement.columns) if statement.columns else len(table_info.columns)


def column_label(table_info, statement: CopyStatement, number: int) -> str:
    """A column as messages show it."""
    names = statement.columns or [column.name for column in table_info.columns]
    name = names[number - 1] if number <= len(names) else f"${number}"
    return f'"{table_info.name}"["{name}":{number}]'


def syntax_problem(problem: CsvProblem, table_info, statement: CopyStatement) -> LoadProblem:
    """A place that is not CSV."""
    label = column_label(table_info, statement, problem.column)
    return LoadProblem(problem.code, "22000", problem.message, problem.line, problem.character, problem.row, label)


def encoding_problem(wrong: WrongEncoding) -> LoadProblem:
    """Bytes that are not UTF-8."""
    return LoadProblem(
        "100144",
        "22000",
        f"Invalid UTF8 detected in string '{wrong.found}'",
        wrong.line,
        wrong.character,
        wrong.line,
        "",
    )


def width_problem(found: int, width: int, line: int, row: int) -> LoadProblem:
    """A row that is too wide or too narrow."""
    message = (
        f"Number of columns in file ({found}) does not match that of the corresponding table ({width}), "
        "use file format option error_on_column_count_mismatch=false to ignore this error"
    )
    return LoadProblem("100080", "22000", message, line, 1, row, "")


def cast_problem(error: SnowflakeError, text: str | None, csv: CsvFormat, table_info, row_index: int) -> LoadProblem:
    """A value that a column does not take, with its line found where the file has lines."""
    names = [column.name for column in table_info.columns]
    name = getattr(error, "column_name", None)
    label = f'"{table_info.name}"["{name}":{names.index(name) + 1}]' if name in names else ""
    line = row_index + 1 if text is None else line_of_row(text, csv, row_index)
    return LoadProblem(error.code, error.sql_state, error.message, line, 1, row_index + 1, label)


def failed(name: str, problem: LoadProblem, errors: int) -> FileReport:
    """The report of a file that was not loaded."""
    return FileReport(
        name, "LOAD_FAILED", 1, 0, errors, problem.message, problem.line, problem.character, problem.column or None
    )


def missing_file(name: str) -> SnowflakeError:
    """A name of FILES that is not in the stage."""
    return SnowflakeError(
        "091016",
        "22000",
        f"Remote file '{name}' was not found. There are several potential causes. The file might not exist. The required "
        "credentials may be missing or invalid. If you are running a copy command, please make sure files are not deleted "
        "when they are being loaded or files are not being loaded into two different tables concurrently with auto purge option.",
    )
