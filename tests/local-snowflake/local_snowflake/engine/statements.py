"""Which module runs a statement, by its first words. Unknown first words are 001003."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from sqlglot import exp

from .errors import syntax_error, unsupported
from .query.parsing import multiple_statements, parse
from .result import STATEMENT_SELECT, Result
from .tokens import TokenCursor

if TYPE_CHECKING:
    from .session import EngineSession


def dispatch(session: "EngineSession", sql: str) -> Result:
    """Runs one statement that no plugged-in handler wanted."""
    cursor = TokenCursor(sql)
    if cursor.at_end():
        raise syntax_error("<EOF>")
    _refuse_several(cursor)
    word = cursor.tokens[0].upper
    if word in ("SELECT", "WITH", "("):
        return select(session, sql)
    if word in ("INSERT", "UPDATE", "DELETE", "MERGE"):
        return _dml(session, sql, word)
    runner = _runners().get(word)
    if runner is None:
        raise cursor.refuse()
    return runner(session, cursor)


def _refuse_several(cursor: TokenCursor) -> None:
    tokens = cursor.tokens
    if any(t.upper == ";" for t in tokens[:-1]):
        raise multiple_statements(sum(1 for t in tokens if t.upper == ";") + (tokens[-1].upper != ";"))


def select(session: "EngineSession", sql: str) -> Result:
    """A query; one that reads from something needs a warehouse."""
    from . import warehouses
    from .query.select import QueryBinder

    parsed = parse(sql)
    bound = QueryBinder(session, parsed.strings, sql).bind_query(parsed.tree)
    if parsed.tree.find(exp.Table) is not None:
        warehouses.require(session)
    return session.run_query(bound, STATEMENT_SELECT)


def _dml(session: "EngineSession", sql: str, word: str) -> Result:
    from . import dml, merge

    parsed = parse(sql)
    runner = {"INSERT": dml.insert, "UPDATE": dml.update, "DELETE": dml.delete, "MERGE": merge.merge}[word]
    if type(parsed.tree).__name__.upper() != word:
        raise unsupported(f"this form of {word}")
    return runner(session, parsed)


def _runners() -> dict[str, Callable[["EngineSession", TokenCursor], Result]]:
    from . import alter, ddl, describe, dml, grants, session_statements, show

    return {
        "CREATE": ddl.create, "DROP": ddl.drop, "ALTER": alter.alter, "COMMENT": alter.comment_on,
        "UNDROP": ddl.undrop, "TRUNCATE": dml.truncate,
        "BEGIN": session_statements.begin, "START": session_statements.begin, "COMMIT": session_statements.commit,
        "ROLLBACK": session_statements.rollback, "USE": session_statements.use,
        "SHOW": show.show, "DESC": describe.describe, "DESCRIBE": describe.describe,
        "GRANT": grants.grant, "REVOKE": grants.revoke,
    }
