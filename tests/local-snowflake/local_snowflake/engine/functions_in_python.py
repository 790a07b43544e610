"""The functions that DuckDB lacks, written in Python and registered with one connection. Errors travel by number.

Every one is registered as `sf_<name>`; NULL in any argument gives NULL without a call.
"""

from __future__ import annotations

import itertools
import re
from typing import Any, Callable

import duckdb
import pyarrow

from .errors import SnowflakeError

_FAILURES: dict[int, SnowflakeError] = {}
_NUMBERS = itertools.count(1)
_MARK = re.compile("\x02([0-9]+)\x03")
_INTEGER_TYPE = "DECIMAL(38,0)"


class FunctionFailure(Exception):
    """Carries the number of a SnowflakeError through DuckDB's text-only error channel."""


def failure_behind(message: str) -> SnowflakeError | None:
    """The error that a function raised while DuckDB ran the statement."""
    match = _MARK.search(message)
    return _FAILURES.pop(int(match.group(1)), None) if match else None


def _vectorised(function: Callable[..., Any], arrow_type: pyarrow.DataType, quiet: bool) -> Callable[..., pyarrow.Array]:
    def run(*columns: pyarrow.ChunkedArray) -> pyarrow.Array:
        out = []
        try:
            for row in zip(*(column.to_pylist() for column in columns)):
                if None in row:
                    out.append(None)
                    continue
                try:
                    out.append(function(*row))
                except SnowflakeError:
                    if not quiet:
                        raise
                    out.append(None)
                except (ValueError, ArithmeticError) as error:
                    if not quiet:
                        raise SnowflakeError("100132", "22003", f"Value out of representable range: {error}") from None
                    out.append(None)
            return pyarrow.array(out, arrow_type)
        except SnowflakeError as error:
            number = next(_NUMBERS)
            if len(_FAILURES) > 1000:
                _FAILURES.clear()
            _FAILURES[number] = error
            raise FunctionFailure(f"\x02{number}\x03") from None

    return run


_ARROW = {
    "VARCHAR": pyarrow.string(), "DOUBLE": pyarrow.float64(), "BOOLEAN": pyarrow.bool_(), "INTEGER": pyarrow.int32(),
    "BIGINT": pyarrow.int64(), "BLOB": pyarrow.binary(), _INTEGER_TYPE: pyarrow.decimal128(38, 0),
}


class Function:
    """A Python function and its DuckDB signature. `tried` ones also exist as `sf_try_<name>`, NULL instead of an error."""

    def __init__(self, name: str, call: Callable[..., Any], parameters: list[str], returns: str, tried: bool = False) -> None:
        self.name = name
        self.call = call
        self.parameters = parameters
        self.returns = returns
        self.tried = tried


def register(connection: duckdb.DuckDBPyConnection, functions: list[Function]) -> None:
    """Makes the functions callable from SQL on every connection of this database."""
    for function in functions:
        arrow = _ARROW.get(function.returns)
        for prefix, quiet in (("sf_", False), ("sf_try_", True)):
            if quiet and not function.tried:
                continue
            if arrow is None:
                body, returned = _vectorised(function.call, _FLATTEN_ARROW, quiet), _flatten_type(connection)
            else:
                body, returned = _vectorised(function.call, arrow, quiet), function.returns
            connection.create_function(
                prefix + function.name, _SHAPES[len(function.parameters)](body), function.parameters, returned,
                type="arrow", null_handling="special", side_effects=function.name in ("raise", "too_long"),
            )


# DuckDB counts the parameters of a function, so each needs its own.
_SHAPES: dict[int, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    1: lambda f: lambda a: f(a),
    2: lambda f: lambda a, b: f(a, b),
    3: lambda f: lambda a, b, c: f(a, b, c),
    4: lambda f: lambda a, b, c, d: f(a, b, c, d),
    5: lambda f: lambda a, b, c, d, e: f(a, b, c, d, e),
}


_FLATTEN_ARROW = pyarrow.list_(
    pyarrow.struct([("key", pyarrow.string()), ("path", pyarrow.string()), ("index", pyarrow.int64()),
                    ("value", pyarrow.string()), ("this", pyarrow.string())])
)


def _flatten_type(connection: duckdb.DuckDBPyConnection) -> Any:
    row = connection.struct_type(
        {"key": "VARCHAR", "path": "VARCHAR", "index": "BIGINT", "value": "VARCHAR", "this": "VARCHAR"}
    )
    return connection.list_type(row)
