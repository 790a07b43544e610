"""The text of COPY INTO <table>, parsed. Options are read by their documented grammar; unknown ones are 001003."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..engine import SnowflakeError
from ..staging.external_parameters import ExternalParameters, build, read_encryption, read_parameter
from ..staging.file_format import read_parenthesised
from ..staging.locations import take_location
from ..staging.tokens import Tokens

LARGEST_FILE_LIST = 1000
ABORT, CONTINUE, SKIP_FILE = "ABORT_STATEMENT", "CONTINUE", "SKIP_FILE"


@dataclass
class CopyStatement:
    """Everything a COPY says. `source` is a stage location; a COPY from a URL has `external` instead."""

    table: list[str]
    columns: list[str] | None = None
    source: str = ""
    external: ExternalParameters | None = None
    select_list: str | None = None
    alias: str | None = None
    files: list[str] | None = None
    pattern: str | None = None
    format_options: dict = field(default_factory=dict)
    on_error: str = ABORT
    size_limit: int | None = None
    purge: bool = False
    force: bool = False
    return_failed_only: bool = False
    match_by_column_name: str = "NONE"


def parse_copy(sql_text: str) -> CopyStatement:
    """Reads a COPY INTO <table> statement."""
    tokens = Tokens(sql_text)
    tokens.expect("COPY", "INTO")
    if tokens.current.kind in ("location", "string"):
        raise _unsupported("COPY INTO <location>")
    statement = CopyStatement(tokens.qualified_name())
    if tokens.accept_mark("("):
        statement.columns = [tokens.identifier()]
        while tokens.accept_mark(","):
            statement.columns.append(tokens.identifier())
        tokens.expect_mark(")")
    tokens.expect("FROM")
    url = _read_source(tokens, statement)
    storage, encryption = {"URL": url} if url is not None else {}, {}
    seen: set[str] = set()
    while tokens.current.kind == "word":
        name = tokens.current.text.upper()
        if name in seen:
            raise tokens.unexpected()
        seen.add(name)
        if url is not None and name == "ENCRYPTION":
            tokens.take()
            encryption = read_encryption(tokens)
        elif url is None or name in ("URL", "ENDPOINT") or not read_parameter(tokens, storage):
            _read_option(tokens, name, statement)
        tokens.accept_mark(",")
    tokens.expect_end()
    if url is not None:
        statement.external = build(storage, encryption)
    return statement


def _read_source(tokens: Tokens, statement: CopyStatement) -> str | None:
    """A location or a transformation goes into the statement; a URL is returned."""
    if tokens.current.kind == "string" and not tokens.current.text.startswith("'@"):
        return tokens.string()
    if not tokens.accept_mark("("):
        statement.source = take_location(tokens)
        return None
    tokens.expect("SELECT")
    statement.select_list = tokens.raw_until_from()
    tokens.expect("FROM")
    statement.source = take_location(tokens)
    if tokens.current.text == "(":
        raise _unsupported("file format inside the FROM of a COPY transformation")
    tokens.accept("AS")
    if tokens.current.kind in ("word", "quoted"):
        statement.alias = tokens.identifier()
    tokens.expect_mark(")")
    return None


def _read_option(tokens: Tokens, name: str, statement: CopyStatement) -> None:
    if name not in _OPTIONS:
        raise tokens.unexpected()
    tokens.take()
    if name == "FILE_FORMAT":
        statement.format_options = read_parenthesised(tokens)
        return
    tokens.expect_mark("=")
    _OPTIONS[name](tokens, statement)


def _files(tokens: Tokens, statement: CopyStatement) -> None:
    statement.files = list(dict.fromkeys(tokens.strings()))
    if len(statement.files) > LARGEST_FILE_LIST:
        raise SnowflakeError(
            "001006",
            "42601",
            f"SQL compilation error:\ninvalid value for parameter 'FILES': more than {LARGEST_FILE_LIST} names",
        )


def _on_error(tokens: Tokens, statement: CopyStatement) -> None:
    value = (tokens.string() if tokens.current.kind == "string" else tokens.keyword()).upper()
    if value not in (ABORT, CONTINUE, SKIP_FILE):
        raise _unsupported(f"ON_ERROR = {value}")
    statement.on_error = value


def _size_limit(tokens: Tokens, statement: CopyStatement) -> None:
    statement.size_limit = tokens.integer()


def _flag(attribute: str):
    def read(tokens: Tokens, statement: CopyStatement) -> None:
        setattr(statement, attribute, tokens.boolean())

    return read


def _pattern(tokens: Tokens, statement: CopyStatement) -> None:
    statement.pattern = tokens.string()


def _match_by_column_name(tokens: Tokens, statement: CopyStatement) -> None:
    value = (tokens.string() if tokens.current.kind == "string" else tokens.keyword()).upper()
    if value not in ("NONE", "CASE_SENSITIVE", "CASE_INSENSITIVE"):
        raise _unsupported(f"MATCH_BY_COLUMN_NAME = {value}")
    statement.match_by_column_name = value


def _only(name: str, allowed: object):
    """An option of which only the value that changes nothing is taken."""

    def read(tokens: Tokens, statement: CopyStatement) -> None:
        if isinstance(allowed, bool):
            value: object = tokens.boolean()
        else:
            value = (tokens.string() if tokens.current.kind == "string" else tokens.keyword()).upper()
        if value != allowed:
            raise _unsupported(f"{name} = {str(value).upper()}")

    return read


def _refused(name: str):
    def read(tokens: Tokens, statement: CopyStatement) -> None:
        raise _unsupported(name)

    return read


_OPTIONS = {
    "FILES": _files,
    "PATTERN": _pattern,
    "FILE_FORMAT": None,
    "ON_ERROR": _on_error,
    "SIZE_LIMIT": _size_limit,
    "PURGE": _flag("purge"),
    "FORCE": _flag("force"),
    "RETURN_FAILED_ONLY": _flag("return_failed_only"),
    "MATCH_BY_COLUMN_NAME": _match_by_column_name,
    "ENFORCE_LENGTH": _only("ENFORCE_LENGTH", True),
    "TRUNCATECOLUMNS": _only("TRUNCATECOLUMNS", False),
    "LOAD_UNCERTAIN_FILES": _only("LOAD_UNCERTAIN_FILES", False),
    "VALIDATION_MODE": _refused("VALIDATION_MODE"),
    "INCLUDE_METADATA": _refused("INCLUDE_METADATA"),
    "FILE_PROCESSOR": _refused("FILE_PROCESSOR"),
}


def _unsupported(what: str) -> SnowflakeError:
    return SnowflakeError("000002", "0A000", f"Unsupported feature '{what}'.")
