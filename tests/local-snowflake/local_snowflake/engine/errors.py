"""The one exception of the engine, in Snowflake's form, and constructors of the errors used often.

A code is six digits, a SQL state five characters. The message is what Snowflake writes after `code (state): `.
"""

from __future__ import annotations


class SnowflakeError(Exception):
    """A statement failed. `code` and `sql_state` are what a driver shows; `position` is (line, column) or None.

    `row_index` and `column_name` are set by bulk casts, so that COPY can name the file line.
    """

    def __init__(
        self,
        code: str,
        sql_state: str,
        message: str,
        position: tuple[int, int] | None = None,
        row_index: int | None = None,
        column_name: str | None = None,
    ) -> None:
        super().__init__(f"{code} ({sql_state}): {message}")
        self.code = code
        self.sql_state = sql_state
        self.message = message
        self.position = position
        self.row_index = row_index
        self.column_name = column_name


def compilation(code: str, sql_state: str, detail: str) -> SnowflakeError:
    """An error found before anything ran; Snowflake puts a heading line first."""
    return SnowflakeError(code, sql_state, f"SQL compilation error:\n{detail}")


def syntax_error(token: str, line: int = 1, column: int = 0) -> SnowflakeError:
    """001003: the statement is not in the grammar at this token."""
    where = f"syntax error line {line} at position {column} unexpected '{token}'."
    error = compilation("001003", "42000", where)
    error.position = (line, column)
    return error


def unsupported(what: str) -> SnowflakeError:
    """000002: a feature that this server does not have. Loud on purpose: nothing is guessed."""
    return SnowflakeError("000002", "0A000", f"Unsupported feature '{what}'.")


def missing_object(kind: str, name: str) -> SnowflakeError:
    """002003: an object that does not exist (or that the role may not see)."""
    state = "42S02" if kind in ("Table", "Object", "View") else "02000"
    return compilation("002003", state, f"{kind} '{name}' does not exist or not authorized.")


def missing_object_for_operation(kind: str, name: str) -> SnowflakeError:
    """002043: USE or another operation on an object that does not exist."""
    return compilation(
        "002043", "02000", "Object does not exist, or operation cannot be performed."
    )


def existing_object(name: str) -> SnowflakeError:
    """002002: CREATE of something that is there."""
    return compilation("002002", "42710", f"Object '{name}' already exists.")


def invalid_identifier(name: str) -> SnowflakeError:
    """000904: a column that no table in scope has."""
    return compilation("000904", "42000", f"error line 1 at position 0\ninvalid identifier '{name}'")


def ambiguous_column(name: str) -> SnowflakeError:
    """002028: a column that more than one table in scope has."""
    return compilation("002028", "42601", f"ambiguous column name '{name}'")


def unknown_function(name: str) -> SnowflakeError:
    """002140: a function that does not exist here."""
    return compilation("002140", "42601", f"Unknown function {name}")


def wrong_arguments(name: str, detail: str) -> SnowflakeError:
    """001044: a function called with arguments of types that it does not take."""
    return compilation(
        "001044", "42P13", f"error line 1 at position 0\nInvalid argument types for function '{name}': {detail}"
    )


def wrong_argument_count(name: str, expected: str, got: int) -> SnowflakeError:
    """000938/000939: too few or too many arguments."""
    return compilation(
        "000939", "22023",
        f"error line 1 at position 0\ntoo many or too few arguments for function [{name}] expected {expected}, got {got}",
    )


def null_in_required_column(column: str) -> SnowflakeError:
    """100072: NULL for a NOT NULL column."""
    return SnowflakeError("100072", "22000", "NULL result in a non-nullable column")


def no_current_database() -> SnowflakeError:
    """090105: an unqualified name while the session has no database."""
    return SnowflakeError(
        "090105", "22000",
        "Cannot perform operation. This session does not have a current database. "
        "Call 'USE DATABASE', or use a qualified name.",
    )


def no_current_schema() -> SnowflakeError:
    """090106: an unqualified name while the session has no schema."""
    return SnowflakeError(
        "090106", "22000",
        "Cannot perform operation. This session does not have a current schema. "
        "Call 'USE SCHEMA', or use a qualified name.",
    )
