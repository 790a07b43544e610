"""A fresh engine for tests of SQL: statements in, plain rows out, errors by number."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from local_snowflake.engine import Engine, EngineSession, SnowflakeError


class Account:
    """An engine in memory with one session; `rows` and `refused` are the two questions tests ask."""

    def __init__(self, directory=None) -> None:
        self.engine = Engine(directory)
        self.session = self.another_session()

    def another_session(self) -> EngineSession:
        """A second session of the same account."""
        return self.engine.open_session("DEMO", None, "DEMO", "PUBLIC", "DEMO_WH", {"TIMEZONE": "UTC"})

    def run(self, *statements: str, session: EngineSession | None = None):
        """Runs statements; the last result."""
        result = None
        for statement in statements:
            result = (session or self.session).execute(statement)
        return result

    def rows(self, sql: str, session: EngineSession | None = None) -> list[list[str | None]]:
        """The cells of a query."""
        return self.run(sql, session=session).rows

    def cell(self, sql: str, session: EngineSession | None = None) -> str | None:
        """The one cell of a query with one row and column."""
        ((found,),) = self.rows(sql, session)
        return found

    def value(self, expression: str) -> str | None:
        """The cell of one expression."""
        return self.cell(f"SELECT {expression}")

    def kind(self, expression: str) -> str:
        """The result type of an expression, as `fixed(10,2)` or a bare name."""
        column = self.run(f"SELECT {expression}").columns[0]
        return f"fixed({column.precision},{column.scale})" if column.type_name == "fixed" else column.type_name

    @contextmanager
    def refused(self, code: str, state: str | None = None):
        """The statement inside fails with this number."""
        with pytest.raises(SnowflakeError) as caught:
            yield caught
        assert caught.value.code == code, caught.value
        assert state in (None, caught.value.sql_state)

    def refuse(self, sql: str, code: str, state: str | None = None, session: EngineSession | None = None) -> SnowflakeError:
        """The error of a statement that must fail with this number."""
        with self.refused(code, state) as caught:
            self.run(sql, session=session)
        return caught.value

    def close(self) -> None:
        """Closes everything."""
        self.engine.close()


@pytest.fixture
def account():
    """An account in memory."""
    made = Account()
    yield made
    made.close()
