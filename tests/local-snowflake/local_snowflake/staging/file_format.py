"""File format options: how they are written; for CSV their defaults and which combinations are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from ..engine import SnowflakeError
from .parquet_format import COMPRESSIONS as PARQUET_COMPRESSIONS
from .parquet_format import READERS as PARQUET_READERS
from .parquet_format import ParquetFormat
from .tokens import Tokens

COMPRESSIONS = ("AUTO", "GZIP", "BZ2", "BROTLI", "ZSTD", "DEFLATE", "RAW_DEFLATE", "NONE")


@dataclass(frozen=True)
class CsvFormat:
    """The options of `TYPE = CSV` with Snowflake's documented defaults. NONE is None."""

    compression: str = "AUTO"
    record_delimiter: str | None = "\n"
    field_delimiter: str | None = ","
    multi_line: bool = True
    file_extension: str | None = None
    parse_header: bool = False
    skip_header: int = 0
    skip_blank_lines: bool = False
    date_format: str = "AUTO"
    time_format: str = "AUTO"
    timestamp_format: str = "AUTO"
    binary_format: str = "HEX"
    escape: str | None = None
    escape_unenclosed_field: str | None = "\\"
    trim_space: bool = False
    field_optionally_enclosed_by: str | None = None
    null_if: tuple[str, ...] = ("\\N",)
    error_on_column_count_mismatch: bool = True
    replace_invalid_characters: bool = False
    empty_field_as_null: bool = True
    skip_byte_order_mark: bool = True
    encoding: str = "UTF8"

    def formats(self) -> dict[str, str]:
        """The options that steer casts, as the engine takes them."""
        return {
            "DATE_FORMAT": self.date_format,
            "TIME_FORMAT": self.time_format,
            "TIMESTAMP_FORMAT": self.timestamp_format,
            "BINARY_FORMAT": self.binary_format,
        }


def _none_or_string(tokens: Tokens) -> str | None:
    if tokens.accept("NONE"):
        return None
    text = tokens.string()
    return None if text.upper() == "NONE" else text


def _word_or_string(tokens: Tokens) -> str:
    return (tokens.string() if tokens.current.kind == "string" else tokens.keyword()).upper()


def _format_text(tokens: Tokens) -> str:
    return "AUTO" if tokens.accept("AUTO") else tokens.string()


def _null_if(tokens: Tokens) -> tuple[str, ...]:
    return tuple(tokens.strings()) if tokens.current.text == "(" else (tokens.string(),)


_READERS: dict[str, Callable[[Tokens], object]] = {
    "COMPRESSION": _word_or_string,
    "RECORD_DELIMITER": _none_or_string,
    "FIELD_DELIMITER": _none_or_string,
    "MULTI_LINE": Tokens.boolean,
    "FILE_EXTENSION": _none_or_string,
    "PARSE_HEADER": Tokens.boolean,
    "SKIP_HEADER": Tokens.integer,
    "SKIP_BLANK_LINES": Tokens.boolean,
    "DATE_FORMAT": _format_text,
    "TIME_FORMAT": _format_text,
    "TIMESTAMP_FORMAT": _format_text,
    "BINARY_FORMAT": _word_or_string,
    "ESCAPE": _none_or_string,
    "ESCAPE_UNENCLOSED_FIELD": _none_or_string,
    "TRIM_SPACE": Tokens.boolean,
    "FIELD_OPTIONALLY_ENCLOSED_BY": _none_or_string,
    "NULL_IF": _null_if,
    "ERROR_ON_COLUMN_COUNT_MISMATCH": Tokens.boolean,
    "REPLACE_INVALID_CHARACTERS": Tokens.boolean,
    "EMPTY_FIELD_AS_NULL": Tokens.boolean,
    "SKIP_BYTE_ORDER_MARK": Tokens.boolean,
    "ENCODING": _word_or_string,
}
ENCODINGS = {
    "UTF8": "utf-8",
    "UTF-8": "utf-8",
    "ISO88591": "latin-1",
    "ISO-8859-1": "latin-1",
    "UTF16": "utf-16",
    "UTF-16": "utf-16",
    "WINDOWS1252": "cp1252",
}


def read_options(tokens: Tokens) -> dict[str, object]:
    """Options up to the closing parenthesis or the end, by upper-case name; commas between them are optional."""
    options: dict[str, object] = {}
    while tokens.current.kind == "word":
        if tokens.at_word("TYPE"):
            tokens.take()
            tokens.expect_mark("=")
            kind = _word_or_string(tokens)
            if kind not in ("CSV", "PARQUET") or (kind == "PARQUET" and options):
                raise SnowflakeError("000002", "0A000", f"Unsupported feature 'file format TYPE = {kind}'.")
            options["TYPE"] = kind
        elif tokens.at_word("FORMAT_NAME"):
            tokens.take()
            tokens.expect_mark("=")
            is_text = tokens.current.kind == "string"
            inner = Tokens(tokens.string()) if is_text else tokens
            options["FORMAT_NAME"] = inner.qualified_name()
            if is_text:
                inner.expect_end()
        else:
            name = tokens.current.text.upper()
            readers = PARQUET_READERS if options.get("TYPE") == "PARQUET" else _READERS
            if name not in readers or name in options:
                raise tokens.unexpected()
            tokens.take()
            tokens.expect_mark("=")
            options[name] = readers[name](tokens)
        tokens.accept_mark(",")
    return options


def read_parenthesised(tokens: Tokens) -> dict[str, object]:
    """`= ( … )` of a FILE_FORMAT clause, or `= name` / `= 'name'`."""
    tokens.expect_mark("=")
    if tokens.current.kind in ("word", "quoted"):
        return {"FORMAT_NAME": tokens.qualified_name()}
    if tokens.current.kind == "string":
        inner = Tokens(tokens.string())
        name = inner.qualified_name()
        inner.expect_end()
        return {"FORMAT_NAME": name}
    tokens.expect_mark("(")
    options = read_options(tokens)
    tokens.expect_mark(")")
    return options


def build_format(*layers: dict[str, object]) -> CsvFormat | ParquetFormat:
    """A checked format from option layers, later ones over earlier ones; a layer of another TYPE covers those before it."""
    kind, kept = "CSV", []
    for layer in layers:
        if layer.get("TYPE", kind) != kind:
            kind, kept = layer["TYPE"], []
        kept.append(layer)
    if kind == "PARQUET":
        return _parquet(kept)
    return _csv(kept)


def _parquet(layers: list[dict[str, object]]) -> ParquetFormat:
    names = {field.name for field in fields(ParquetFormat)}
    values = {name.lower(): value for layer in layers for name, value in layer.items() if name.lower() in names}
    made = replace(ParquetFormat(), **{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})
    if made.compression not in PARQUET_COMPRESSIONS:
        raise _wrong("COMPRESSION", made.compression)
    return made


def _csv(layers: list[dict[str, object]]) -> CsvFormat:
    names = {field.name for field in fields(CsvFormat)}
    values: dict[str, object] = {}
    for layer in layers:
        values.update({name.lower(): value for name, value in layer.items() if name.lower() in names})
    if isinstance(values.get("null_if"), list):
        values["null_if"] = tuple(values["null_if"])
    checked = replace(CsvFormat(), **values)
    _check(checked)
    return checked


def _wrong(option: str, value: object) -> SnowflakeError:
    return SnowflakeError(
        "001006", "42601", f"SQL compilation error:\ninvalid value ['{value}'] for parameter '{option}'"
    )


def _check(csv: CsvFormat) -> None:
    if csv.compression not in COMPRESSIONS:
        raise _wrong("COMPRESSION", csv.compression)
    if csv.encoding not in ENCODINGS:
        raise _wrong("ENCODING", csv.encoding)
    if csv.binary_format not in ("HEX", "BASE64", "UTF8", "UTF-8"):
        raise _wrong("BINARY_FORMAT", csv.binary_format)
    if csv.field_optionally_enclosed_by not in (None, '"', "'"):
        raise _wrong("FIELD_OPTIONALLY_ENCLOSED_BY", csv.field_optionally_enclosed_by)
    for name in ("escape", "escape_unenclosed_field"):
        if getattr(csv, name) is not None and len(getattr(csv, name)) != 1:
            raise _wrong(name.upper(), getattr(csv, name))
    for name in ("record_delimiter", "field_delimiter"):
        value = getattr(csv, name)
        if value is not None and not 1 <= len(value) <= 20:
            raise _wrong(name.upper(), value)
    if (
        csv.record_delimiter
        and csv.field_delimiter
        and (csv.record_delimiter in csv.field_delimiter or csv.field_delimiter in csv.record_delimiter)
    ):
        raise _wrong("FIELD_DELIMITER", csv.field_delimiter)
    if not csv.empty_field_as_null and csv.field_optionally_enclosed_by is None:
        raise SnowflakeError(
            "000002", "0A000", "Unsupported feature 'EMPTY_FIELD_AS_NULL = FALSE without FIELD_OPTIONALLY_ENCLOSED_BY'."
        )
    if csv.parse_header:
        raise SnowflakeError("000002", "0A000", "Unsupported feature 'PARSE_HEADER = TRUE'.")


def storable(options: dict[str, object]) -> dict[str, object]:
    """Options in a form that JSON keeps."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in options.items()
        if (name, value) != ("TYPE", "CSV")
    }
