"""Snowflake's CSV rules: enclosed and bare fields, escapes, NULLs, record delimiters. Text in, columns of text out.

The usual case goes through one regular expression, block by block; every other format, and the place of every
problem, through a plain reader that goes character by character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..staging.file_format import CsvFormat

BLOCK_CHARACTERS = 4_000_000
_CONTROL = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}
_LINE_END = re.compile(r"\r\n|\n|\r")


class CsvProblem(Exception):
    """A place where the text is not CSV of the format. Lines, characters and rows count from 1, columns from 1."""

    def __init__(self, code: str, message: str, line: int, character: int, row: int, column: int) -> None:
        super().__init__(message)
        self.code, self.message = code, message
        self.line, self.character, self.row, self.column = line, character, row, column


@dataclass
class ParsedFile:
    """A file as rows of text. Either every row is as wide as `columns`, or `ragged` holds the rows one by one."""

    columns: list[list[str | None]] = field(default_factory=list)
    ragged: list[list[str | None]] | None = None
    row_count: int = 0


def parse(text: str, csv: CsvFormat) -> ParsedFile:
    """The rows of a decoded file, header lines skipped; raises CsvProblem at the first wrong place."""
    start, line = _skip_header(text, csv.skip_header)
    if not _is_usual(text, csv):
        return _from_rows([row for row, _ in _plain_rows(text, csv, start, line, 0)])
    columns: list[list[str | None]] = []
    row_count = 0
    for begin, end in _blocks(text, start, csv.field_optionally_enclosed_by):
        block = _fast_block(text[begin:end], csv)
        if block is None or (columns and len(block) != len(columns)):
            line = 1 + len(_LINE_END.findall(text, 0, begin))
            before = [list(row) for row in zip(*columns)]
            after = [row for row, _ in _plain_rows(text, csv, begin, line, row_count)]
            return _from_rows(before + after)
        row_count += len(block[0])
        if not columns:
            columns = block
        else:
            for column, part in zip(columns, block):
                column.extend(part)
    return ParsedFile(columns, None, row_count)


def line_of_row(text: str, csv: CsvFormat, row_index: int) -> int:
    """The line on which a row (from 0) starts."""
    start, line = _skip_header(text, csv.skip_header)
    for index, (_, row_line) in enumerate(_plain_rows(text, csv, start, line, 0)):
        if index == row_index:
            return row_line
    return line


def good_rows(text: str, csv: CsvFormat) -> tuple[list[list[str | None]], CsvProblem | None, list[int]]:
    """Rows up to the first problem, that problem, and the line of each row (for ON_ERROR = CONTINUE)."""
    start, line = _skip_header(text, csv.skip_header)
    rows: list[list[str | None]] = []
    lines: list[int] = []
    try:
        for row, row_line in _plain_rows(text, csv, start, line, 0):
            rows.append(row)
            lines.append(row_line)
    except CsvProblem as problem:
        return rows, problem, lines
    return rows, None, lines


def _from_rows(rows: list[list[str | None]]) -> ParsedFile:
    widths = {len(row) for row in rows}
    if len(widths) <= 1:
        return ParsedFile([list(column) for column in zip(*rows)], None, len(rows))
    return ParsedFile([], rows, len(rows))


def _skip_header(text: str, count: int) -> tuple[int, int]:
    position, line = 0, 1
    for _ in range(count):
        match = _LINE_END.search(text, position)
        if match is None:
            return len(text), line
        position, line = match.end(), line + 1
    return position, line


# -- the usual format ---------------------------------------------------------------------------------------------


def _is_usual(text: str, csv: CsvFormat) -> bool:
    escape = csv.escape_unenclosed_field
    return (
        csv.field_delimiter is not None
        and len(csv.field_delimiter) == 1
        and csv.record_delimiter == "\n"
        and csv.escape is None
        and (escape is None or escape not in text)
        and not csv.trim_space
        and csv.multi_line
        and not csv.skip_blank_lines
    )


def _blocks(text: str, start: int, enclosure: str | None) -> Iterator[tuple[int, int]]:
    """Ranges that end where a record ends, as far as counting enclosures can tell."""
    begin, length = start, len(text)
    while begin < length:
        position, quotes, end = begin, 0, begin
        while True:
            end = text.find("\n", min(position + (BLOCK_CHARACTERS if position == begin else 0), length - 1)) + 1
            if end == 0:
                end = length
            if enclosure is not None:
                quotes += text.count(enclosure, position, end)
            position = end
            if end >= length or quotes % 2 == 0:
                break
        yield begin, end
        begin = end


def _field_pattern(csv: CsvFormat) -> re.Pattern:
    delimiter = re.escape(csv.field_delimiter or "")
    quote = re.escape(csv.field_optionally_enclosed_by) if csv.field_optionally_enclosed_by else None
    bare = rf"([^{delimiter}\n\r]*)"
    if quote is None:
        return re.compile(rf"(){bare}({delimiter}|\r?\n|\r)")
    return re.compile(
        rf"(?:({quote}[^{quote}]*(?:{quote}{quote}[^{quote}]*)*{quote})|([^{quote}{delimiter}\n\r][^{delimiter}\n\r]*)?)({delimiter}|\r?\n|\r)"
    )


def _fast_block(block: str, csv: CsvFormat) -> list[list[str | None]] | None:
    """Columns of a block, or None when the block is not rectangular or not well-formed."""
    if not block.endswith(("\n", "\r")):
        block += "\n"
    fields = _field_pattern(csv).findall(block)
    if not fields:
        return None
    quoted, bare, ends = (list(part) for part in zip(*fields))
    del fields
    if sum(map(len, quoted)) + sum(map(len, bare)) + sum(map(len, ends)) != len(block):
        return None
    width = next(index for index, end in enumerate(ends) if end != csv.field_delimiter) + 1
    row_count, rest = divmod(len(ends), width)
    if (
        rest
        or ends.count(csv.field_delimiter) != row_count * (width - 1)
        or csv.field_delimiter in ends[width - 1 :: width]
    ):
        return None
    quote = csv.field_optionally_enclosed_by or '"'
    double, empty, nulls = quote * 2, None if csv.empty_field_as_null else "", set(csv.null_if)
    values: list[str | None] = [
        (enclosed[1:-1].replace(double, quote) if double in enclosed[1:-1] else enclosed[1:-1])
        if enclosed
        else (plain or empty)
        for enclosed, plain in zip(quoted, bare)
    ]
    if nulls:
        values = [None if value in nulls else value for value in values]
    return [values[column::width] for column in range(width)]


# -- every format -------------------------------------------------------------------------------------------------


def _plain_rows(text: str, csv: CsvFormat, start: int, line: int, row: int) -> Iterator[tuple[list[str | None], int]]:
    """Rows with the line each starts on."""
    reader = _PlainReader(text, csv, start, line, row)
    while reader.position < len(text):
        first_line = reader.line
        values = reader.record()
        if csv.skip_blank_lines and reader.was_blank:
            continue
        yield values, first_line


class _PlainReader:
    """Reads one record at a time."""

    def __init__(self, text: str, csv: CsvFormat, start: int, line: int, row: int) -> None:
        self._text, self._csv = text, csv
        self.position, self.line, self._row = start, line, row
        self._line_start = start
        self.was_blank = False
        self._nulls = set(csv.null_if)
        self._bare_escape = csv.escape or csv.escape_unenclosed_field

    def record(self) -> list[str | None]:
        """The fields up to the next record delimiter."""
        self._row += 1
        values: list[str | None] = []
        begin = self.position
        while True:
            values.append(self._field(len(values) + 1))
            if self._accept_field_delimiter():
                continue
            end = self.position
            self._accept_record_delimiter()
            self.was_blank = end == begin or (self._csv.trim_space and not self._text[begin:end].strip())
            return values

    def _problem(self, code: str, message: str, column: int) -> CsvProblem:
        return CsvProblem(code, message, self.line, self.position - self._line_start + 1, self._row, column)

    def _accept_field_delimiter(self) -> bool:
        delimiter = self._csv.field_delimiter
        if delimiter is not None and self._text.startswith(delimiter, self.position):
            self._advance(len(delimiter))
            return True
        return False

    def _record_delimiter_length(self) -> int:
        delimiter = self._csv.record_delimiter
        if delimiter is None:
            return 0
        if delimiter == "\n":
            match = _LINE_END.match(self._text, self.position)
            return match.end() - self.position if match else 0
        return len(delimiter) if self._text.startswith(delimiter, self.position) else 0

    def _accept_record_delimiter(self) -> bool:
        length = self._record_delimiter_length()
        if length:
            self._advance(length)
        return bool(length)

    def _advance(self, count: int) -> None:
        """Moves on, counting lines."""
        end = self.position + count
        for match in _LINE_END.finditer(self._text, self.position, end):
            if match.group() == "\r" and self._text.startswith("\n", match.end()):
                continue
            self.line += 1
            self._line_start = match.end()
        self.position = end

    def _skip_spaces(self) -> None:
        delimiter = self._csv.field_delimiter
        while self.position < len(self._text) and self._text[self.position] in " \t":
            if delimiter is not None and self._text.startswith(delimiter, self.position):
                return
            self._advance(1)

    def _field(self, column: int) -> str | None:
        if self._csv.trim_space:
            self._skip_spaces()
        enclosure = self._csv.field_optionally_enclosed_by
        if enclosure is not None and self._text.startswith(enclosure, self.position):
            value: str | None = self._enclosed(enclosure, column)
            raw = value
        else:
            raw, value = self._bare()
            if raw == "":
                value = None if self._csv.empty_field_as_null else ""
        return None if value in self._nulls or raw in self._nulls else value

    def _enclosed(self, enclosure: str, column: int) -> str:
        text, escape, parts = self._text, self._csv.escape, []
        self._advance(1)
        while True:
            if self.position >= len(text):
                raise self._problem("100065", f"Found end of file instead of enclosing character '{enclosure}'", column)
            character = text[self.position]
            if escape is not None and character == escape and self.position + 1 < len(text):
                parts.append(self._escaped(escape))
            elif character == enclosure:
                self._advance(1)
                if not text.startswith(enclosure, self.position):
                    break
                parts.append(enclosure)
                self._advance(1)
            elif not self._csv.multi_line and self._record_delimiter_length():
                raise self._problem(
                    "100066", "Found record delimiter inside an enclosed field although MULTI_LINE is FALSE", column
                )
            else:
                parts.append(character)
                self._advance(1)
        if self._csv.trim_space:
            self._skip_spaces()
        self._require_delimiter(column)
        return "".join(parts)

    def _require_delimiter(self, column: int) -> None:
        delimiter = self._csv.field_delimiter
        if self.position >= len(self._text) or self._record_delimiter_length():
            return
        if delimiter is not None and self._text.startswith(delimiter, self.position):
            return
        found = self._text[self.position]
        if delimiter is None:
            raise self._problem("100065", f"Found character '{found}' instead of record delimiter '\\n'", column)
        raise self._problem("100065", f"Found character '{found}' instead of field delimiter '{delimiter}'", column)

    def _escaped(self, escape: str) -> str:
        """An escape character and what it stands for."""
        following = self._text[self.position + 1]
        self._advance(2)
        return _CONTROL.get(following, following) if escape == "\\" else following

    def _bare(self) -> tuple[str, str]:
        """A field without enclosure: its raw text and its value."""
        text, begin, parts = self._text, self.position, []
        delimiter = self._csv.field_delimiter
        while self.position < len(text):
            if delimiter is not None and text.startswith(delimiter, self.position):
                break
            if self._record_delimiter_length():
                break
            if text[self.position] == self._bare_escape and self.position + 1 < len(text):
                parts.append(self._escaped(self._bare_escape))
            else:
                parts.append(text[self.position])
                self._advance(1)
        raw, value = text[begin : self.position], "".join(parts)
        if self._csv.trim_space:
            return raw.rstrip(" \t"), value.rstrip(" \t")
        return raw, value
