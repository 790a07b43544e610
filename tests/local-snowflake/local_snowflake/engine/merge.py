"""MERGE: the source is read once, matched rows and new rows are staged, duplicates are 100090, then all is applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from . import changes
from .cast_sql import Expression
from .dml import Target, assignments, counts
from .errors import SnowflakeError, compilation, unsupported
from .query.expressions import ExpressionBinder
from .query.from_clause import bind_source
from .query.parsing import ParsedStatement, leftover
from .query.scope import Scope, Source, SourceColumn
from .query.select import QueryBinder
from .result import STATEMENT_MERGE, Result

if TYPE_CHECKING:
    from .session import EngineSession


class _Merge:
    """One MERGE statement, bound."""

    def __init__(self, session: "EngineSession", parsed: ParsedStatement) -> None:
        node = parsed.tree
        leftover(node, "this", "using", "on", "whens", "with_")
        self.session = session
        self.queries = QueryBinder(session, parsed.strings)
        self.target = Target(session, self.queries, node.this)
        self.table = self.target.table
        source_sql, source = bind_source(self.queries, node.args["using"], Scope())
        self.source_query = self._materialised(source_sql, source)
        self.binder = ExpressionBinder(self.queries, Scope([self.target.source, self.source]))
        self.source_binder = ExpressionBinder(self.queries, Scope([self.source]))
        self.on = self.binder.condition(node.args["on"])
        self.matched = [when for when in node.args["whens"].expressions if when.args.get("matched")]
        self.not_matched = [when for when in node.args["whens"].expressions if not when.args.get("matched")]
        for when in node.args["whens"].expressions:
            leftover(when, "matched", "condition", "then")

    def _materialised(self, source_sql: str, source: Source) -> str:
        shown = ", ".join(f"{c.sql} AS m{i + 1}" for i, c in enumerate(source.columns))
        columns = [SourceColumn(c.name, f"merge_source.m{i + 1}", c.type, c.nullable) for i, c in enumerate(source.columns)]
        self.source = Source(source.alias, columns, source.parts)
        return f"SELECT {shown} FROM {source_sql}"

    # --- rows that match -------------------------------------------------------------------------------------------
    def matched_query(self) -> str:
        """row_id, the action (index of the WHEN clause from 1, 0 for none), and the new values."""
        actions, per_column = [], {column.name: [] for column in self.table.columns}
        for index, when in enumerate(self.matched):
            condition = when.args.get("condition")
            test = self.binder.condition(condition) if condition is not None else "true"
            actions.append(f"WHEN {test} THEN {index + 1}")
            then = when.args["then"]
            if isinstance(then, exp.Update):
                leftover(then, "expressions")
                for name, tree in assignments(self.queries, self.target, then.expressions).items():
                    column = next(c for c in self.table.columns if c.name == name)
                    value = self.session.caster.cast(self.binder.bind(tree), column.type).sql
                    per_column[name].append((index + 1, changes.required(column, value)))
            elif not self._is_delete(then):
                raise unsupported(f"MERGE … WHEN MATCHED THEN {then.sql()[:40]}")
        action = f"(CASE {' '.join(actions)} ELSE 0 END)"
        shown = [f"{self.target.row_id} AS row_id", f"{action} AS action"]
        for column in self.table.columns:
            old = self.target.source.find(column.name)[0].sql
            branches = " ".join(f"WHEN {number} THEN {sql}" for number, sql in per_column[column.name])
            shown.append(f"(CASE {action} {branches} ELSE {old} END) AS {column.physical}" if branches else f"{old} AS {column.physical}")
        return f"SELECT {', '.join(shown)} FROM {self.target.sql} JOIN merge_source ON {self.on}"

    def _is_delete(self, then: exp.Expression) -> bool:
        return isinstance(then, exp.Var) and then.name.upper() == "DELETE"

    def numbers(self, deletes: bool) -> str:
        """The action numbers that delete (or update), as a SQL list."""
        found = [str(i + 1) for i, when in enumerate(self.matched) if self._is_delete(when.args["then"]) == deletes]
        return ", ".join(found) or "-1"

    # --- rows that do not match ------------------------------------------------------------------------------------
    def new_rows_source(self) -> str:
        """The source rows without a partner, with the number of the WHEN NOT MATCHED clause that takes them."""
        actions = []
        for index, when in enumerate(self.not_matched):
            condition = when.args.get("condition")
            actions.append(f"WHEN {self.source_binder.condition(condition) if condition is not None else 'true'} THEN {index + 1}")
        action = f"(CASE {' '.join(actions)} ELSE 0 END)"
        return f"SELECT merge_source.*, {action} AS action FROM merge_source ANTI JOIN {self.target.sql} ON {self.on}"

    def insert_values(self, when: exp.When) -> dict[str, Expression]:
        """Column name to value of one INSERT branch."""
        then = when.args["then"]
        if not isinstance(then, exp.Insert):
            raise unsupported(f"MERGE … WHEN NOT MATCHED THEN {then.sql()[:40]}")
        leftover(then, "this", "expression")
        names = [self.queries.identifier(c.this if isinstance(c, exp.Column) else c) for c in then.this.expressions] if isinstance(then.this, exp.Tuple) else []
        columns = changes.target_columns(self.table, names) if names else list(self.table.columns)
        values = then.expression.expressions if isinstance(then.expression, exp.Tuple) else [then.expression]
        if len(values) != len(columns):
            raise compilation("002020", "21S01", f"Insert value list does not match column list expecting {len(columns)} but got {len(values)}")
        found = {}
        for column, value in zip(columns, values):
            is_default = isinstance(value, exp.Var) and value.name.upper() == "DEFAULT"
            found[column.name] = changes.default_value(self.session, self.table, column) if is_default else self.source_binder.bind(value)
        return found


def merge(session: "EngineSession", parsed: ParsedStatement) -> Result:
    """MERGE INTO … USING … ON … WHEN …"""
    bound = _Merge(session, parsed)
    matched = bound.matched_query() if bound.matched else None
    inserts = [bound.insert_values(when) for when in bound.not_matched]
    fresh = bound.new_rows_source() if inserts else None

    def body(mark: int) -> tuple[int, int, int]:
        execute = session.connection.execute
        execute(f"CREATE OR REPLACE TEMP TABLE merge_source AS {bound.source_query}")
        inserted = updated = deleted = 0
        if fresh is not None:
            execute(f"CREATE OR REPLACE TEMP TABLE merge_new AS {fresh}")
        if matched is not None:
            execute(f"CREATE OR REPLACE TEMP TABLE staged AS SELECT * FROM ({matched}) WHERE action > 0")
            _check_duplicates(session, bound)
            counted = execute(
                f"SELECT count(DISTINCT row_id) FILTER (WHERE action IN ({bound.numbers(False)})), "
                f"count(DISTINCT row_id) FILTER (WHERE action IN ({bound.numbers(True)})) FROM staged"
            ).fetchone() or (0, 0)
            updated, deleted = counted
            if updated or deleted:
                changes.remove_staged(session, bound.table, mark, "SELECT row_id FROM staged")
            if updated:
                distinct = "" if session.parameter("ERROR_ON_NONDETERMINISTIC_MERGE") == "true" else "DISTINCT ON (row_id)"
                kept = f"SELECT {distinct} * EXCLUDE (row_id, action) FROM staged WHERE action IN ({bound.numbers(False)})"
                changes.insert_staged(session, bound.table, mark, kept)
        for index, values in enumerate(inserts):
            rows = f"(SELECT * FROM merge_new WHERE action = {index + 1}) AS merge_source"
            inserted += changes.insert_rows(session, bound.table, values, rows, mark)
        return inserted, updated, deleted

    with changes.writing(session, bound.table, exclusive=True) as mark:
        inserted, updated, deleted = session.retried(lambda: body(mark))
    names, values = [], []
    if inserts:
        names, values = ["inserted"], [inserted]
    if bound.numbers(False) != "-1":
        names, values = [*names, "updated"], [*values, updated]
    if bound.numbers(True) != "-1":
        names, values = [*names, "deleted"], [*values, deleted]
    return counts(names, values, STATEMENT_MERGE, numRowsInserted=inserted, numRowsUpdated=updated, numRowsDeleted=deleted)


def _check_duplicates(session: "EngineSession", bound: _Merge) -> None:
    """100090 when a target row meets several source rows, unless all of them delete it."""
    if session.parameter("ERROR_ON_NONDETERMINISTIC_MERGE") != "true":
        return
    found = session.connection.execute(
        f"SELECT 1 FROM staged GROUP BY row_id HAVING count(*) > 1 AND bool_or(action NOT IN ({bound.numbers(True)})) LIMIT 1"
    ).fetchone()
    if found is not None:
        raise SnowflakeError("100090", "42P18", "Duplicate row detected during DML action")
