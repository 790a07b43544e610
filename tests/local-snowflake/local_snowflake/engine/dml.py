"""INSERT, UPDATE, DELETE and TRUNCATE. MERGE is in merge.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from . import changes
from .cast_sql import Expression
from .catalog import Table
from .errors import SnowflakeError, compilation
from .names import read_parts
from .query.expressions import ExpressionBinder
from .query.from_clause import bind_from, bind_source, table_source
from .query.parsing import ParsedStatement, leftover
from .query.scope import Scope
from .query.select import QueryBinder
from .result import STATEMENT_DELETE, STATEMENT_INSERT, STATEMENT_UPDATE, ColumnMeta, Result, number_column, status
from .tokens import TokenCursor

if TYPE_CHECKING:
    from .session import EngineSession

_NOT_IN_VALUES = {"PARSE_JSON", "TRY_PARSE_JSON", "OBJECT_CONSTRUCT", "ARRAY_CONSTRUCT", "TO_VARIANT", "TO_OBJECT", "TO_ARRAY"}


def counts(names: list[str], values: list[int], statement_type_id: int, **statistics: int) -> Result:
    """The one-row result of DML."""
    columns: list[ColumnMeta] = [number_column(f"number of rows {name}" if not name.startswith("number") else name, 19) for name in names]
    return Result(columns, [[str(value) for value in values]], statement_type_id, dict(statistics))


def table_parts(queries: QueryBinder, node: exp.Expression) -> list[str]:
    """The name of a DML target."""
    if not isinstance(node, exp.Table):
        raise compilation("001003", "42000", f"syntax error: unexpected '{node.sql()[:60]}'")
    if isinstance(node.this, exp.Anonymous) and str(node.this.this).upper() == "IDENTIFIER":
        cursor = TokenCursor(str(node.this.expressions[0].this))
        return read_parts(cursor, queries.ignore_case)
    return [queries.identifier(p) for p in (node.args.get("catalog"), node.args.get("db"), node.this) if p]


def insert(session: "EngineSession", parsed: ParsedStatement) -> Result:
    """INSERT [OVERWRITE] INTO … VALUES | SELECT."""
    node = parsed.tree
    leftover(node, "this", "expression", "overwrite", "with_", "hint")
    queries = QueryBinder(session, parsed.strings)
    target = node.this
    names: list[str] = []
    if isinstance(target, exp.Schema):
        names = [queries.identifier(column) for column in target.expressions]
        target = target.this
    leftover(target, "this", "db", "catalog")
    table = session.catalog.table_to_change(session, table_parts(queries, target))
    columns = changes.target_columns(table, names) if names else list(table.columns)
    source = node.expression
    if node.args.get("with_") is not None and source is not None:
        source.set("with_", node.args["with_"])
    values = {}
    if isinstance(source, exp.Values):
        source_sql, found = _values_source(session, queries, source, table, columns)
    elif source is not None:
        bound = queries.bind_query(source)
        source_sql = f"({bound.sql})"
        found = [Expression(f"o{i + 1}", c.type, c.nullable) for i, c in enumerate(bound.columns)]
    else:
        raise compilation("001003", "42000", "syntax error: INSERT without rows")
    if len(found) != len(columns):
        raise compilation("002020", "21S01", f"Insert value list does not match column list expecting {len(columns)} but got {len(found)}")
    values = {column.name: value for column, value in zip(columns, found)}
    overwrite = bool(node.args.get("overwrite"))
    with changes.writing(session, table, exclusive=overwrite) as mark:
        inserted = session.retried(lambda: _insert_body(session, table, values, source_sql, mark, overwrite))
    return counts(["inserted"], [inserted], STATEMENT_INSERT, numRowsInserted=inserted)


def _insert_body(session: "EngineSession", table: Table, values: dict[str, Expression], source_sql: str, mark: int, overwrite: bool) -> int:
    if overwrite:
        session.connection.execute(f"CREATE OR REPLACE TEMP TABLE gone AS SELECT rowid AS row_id FROM {table.physical} WHERE {session.visible(table)}")
        session.connection.execute(f"CREATE OR REPLACE TEMP TABLE source_rows AS SELECT * FROM {source_sql}")
        changes.remove_staged(session, table, mark, "SELECT row_id FROM gone")
        return changes.insert_rows(session, table, values, "source_rows", mark)
    return changes.insert_rows(session, table, values, source_sql, mark)


def _values_source(session: "EngineSession", queries: QueryBinder, source: exp.Values, table: Table, columns: list) -> tuple[str, list[Expression]]:
    leftover(source, "expressions")
    binder = ExpressionBinder(queries, Scope())
    rows = []
    for row in source.expressions:
        items = row.expressions if isinstance(row, exp.Tuple) else [row.this if isinstance(row, exp.Paren) else row]
        if len(items) != len(columns):
            raise compilation("002020", "21S01", f"Insert value list does not match column list expecting {len(columns)} but got {len(items)}")
        shown = []
        for item, column in zip(items, columns):
            if isinstance(item, exp.Var) and item.name.upper() == "DEFAULT":
                value = changes.default_value(session, table, column)
            else:
                _check_values_item(item)
                value = binder.bind(item)
            shown.append(session.caster.cast(value, column.type).sql)
        rows.append("(" + ", ".join(shown) + ")")
    listed = ", ".join(f"v{i + 1}" for i in range(len(columns)))
    return f"(VALUES {', '.join(rows)}) AS given({listed})", [Expression(f"v{i + 1}", c.type) for i, c in enumerate(columns)]


def _check_values_item(item: exp.Expression) -> None:
    for call in item.find_all(exp.Anonymous):
        if str(call.this).upper() in _NOT_IN_VALUES:
            raise compilation("002014", "22000", f"Invalid expression [{item.sql('snowflake')}] in VALUES clause")


class Target:
    """The table a DML statement changes, as a source of the query that finds the rows."""

    def __init__(self, session: "EngineSession", queries: QueryBinder, node: exp.Expression) -> None:
        leftover(node, "this", "db", "catalog", "alias")
        self.parts = table_parts(queries, node)
        self.table = session.catalog.table_to_change(session, self.parts)
        alias = node.args.get("alias")
        self.alias = queries.identifier(alias.this) if alias is not None else None
        self.sql, self.source = table_source(queries, self.parts, self.alias, with_row_id=self.table)
        self.row_id = self.sql.rsplit(" AS ", 1)[1] + ".row_id"


def assignments(queries: QueryBinder, target: Target, expressions: list[exp.Expression]) -> dict[str, exp.Expression]:
    """`SET a = …` as column name to tree."""
    found: dict[str, exp.Expression] = {}
    for item in expressions:
        if not isinstance(item, exp.EQ) or not isinstance(item.this, exp.Column):
            raise compilation("001003", "42000", f"syntax error: unexpected '{item.sql()[:60]}' after SET")
        qualifier = tuple(queries.identifier(p) for p in (item.this.args.get("catalog"), item.this.args.get("db"), item.this.args.get("table")) if p)
        name = queries.identifier(item.this.this)
        if (qualifier and not target.source.matches(qualifier)) or target.table.column(name) is None:
            raise compilation("000904", "42000", f"error line 1 at position 0\ninvalid identifier '{'.'.join((*qualifier, name))}'")
        if name in found:
            raise compilation("002025", "42S21", f"duplicate column name '{name}'")
        found[name] = item.expression
    return found


def update(session: "EngineSession", parsed: ParsedStatement) -> Result:
    """UPDATE … SET … [FROM …] [WHERE …]."""
    node = parsed.tree
    leftover(node, "this", "expressions", "from_", "where")
    queries = QueryBinder(session, parsed.strings)
    target = Target(session, queries, node.this)
    scope = Scope([target.source])
    from_sql = target.sql
    if node.args.get("from_") is not None:
        inner = Scope()
        from_sql += " CROSS JOIN " + bind_from(queries, exp.Select(from_=node.args["from_"]), inner)[6:]
        scope.sources += inner.sources
    binder = ExpressionBinder(queries, scope)
    where = f" WHERE {binder.condition(node.args['where'].this)}" if node.args.get("where") is not None else ""
    wanted = assignments(queries, target, node.expressions)
    shown = [f"{target.row_id} AS row_id"]
    for column in target.table.columns:
        sql = target.source.find(column.name)[0].sql
        if column.name in wanted:
            item = wanted[column.name]
            is_default = isinstance(item, exp.Var) and item.name.upper() == "DEFAULT"
            value = changes.default_value(session, target.table, column) if is_default else binder.bind(item)
            sql = changes.required(column, session.caster.cast(value, column.type).sql)
        shown.append(f"{sql} AS {column.physical}")
    query = f"SELECT {', '.join(shown)} FROM {from_sql}{where}"

    def body(mark: int) -> tuple[int, int]:
        session.connection.execute(f"CREATE OR REPLACE TEMP TABLE staged AS {query}")
        _, rows, multiple = _one(session, "SELECT count(*), count(DISTINCT row_id), (SELECT count(*) FROM (SELECT row_id FROM staged GROUP BY row_id HAVING count(*) > 1)) FROM staged")
        if multiple and session.parameter("ERROR_ON_NONDETERMINISTIC_UPDATE") == "true":
            raise SnowflakeError("100090", "42P18", "Duplicate row detected during DML action")
        changes.remove_staged(session, target.table, mark, "SELECT row_id FROM staged")
        changes.insert_staged(session, target.table, mark, "SELECT DISTINCT ON (row_id) * EXCLUDE (row_id) FROM staged")
        return rows, multiple

    with changes.writing(session, target.table, exclusive=True) as mark:
        rows, multiple = session.retried(lambda: body(mark))
    return counts(["updated", "number of multi-joined rows updated"], [rows, multiple], STATEMENT_UPDATE, numRowsUpdated=rows)


def _one(session: "EngineSession", sql: str) -> tuple:
    return session.connection.execute(sql).fetchone()


def delete(session: "EngineSession", parsed: ParsedStatement) -> Result:
    """DELETE FROM … [USING …] [WHERE …]."""
    node = parsed.tree
    leftover(node, "this", "using", "where")
    queries = QueryBinder(session, parsed.strings)
    target = Target(session, queries, node.this)
    scope = Scope([target.source])
    from_sql = target.sql
    for item in node.args.get("using") or []:
        sql, source = bind_source(queries, item, Scope())
        from_sql += f" CROSS JOIN {sql}"
        scope.sources.append(source)
    where = ""
    if node.args.get("where") is not None:
        where = f" WHERE {ExpressionBinder(queries, scope).condition(node.args['where'].this)}"
    query = f"SELECT DISTINCT {target.row_id} AS row_id FROM {from_sql}{where}"

    def body(mark: int) -> int:
        session.connection.execute(f"CREATE OR REPLACE TEMP TABLE staged AS {query}")
        rows = _one(session, "SELECT count(*) FROM staged")[0]
        changes.remove_staged(session, target.table, mark, "SELECT row_id FROM staged")
        return rows

    with changes.writing(session, target.table, exclusive=True) as mark:
        rows = session.retried(lambda: body(mark))
    return counts(["deleted"], [rows], STATEMENT_DELETE, numRowsDeleted=rows)


def truncate(session: "EngineSession", cursor: TokenCursor) -> Result:
    """TRUNCATE [TABLE] [IF EXISTS] name. DML: it can be rolled back; the load history goes with the rows."""
    cursor.expect("TRUNCATE")
    cursor.accept("TABLE")
    if_exists = cursor.accept("IF", "EXISTS")
    parts = read_parts(cursor, session.parameter("QUOTED_IDENTIFIERS_IGNORE_CASE") == "true")
    cursor.finish()
    table = session.catalog.find_table(session, parts)
    if table is None and if_exists:
        return status("Statement executed successfully.", STATEMENT_DELETE)
    table = session.catalog.table(session, parts)

    def body(mark: int) -> None:
        rows = f"SELECT rowid FROM {table.physical} WHERE {session.visible(table)}"
        session.connection.execute(f"CREATE OR REPLACE TEMP TABLE staged AS {rows}")
        changes.remove_staged(session, table, mark, "SELECT * FROM staged")

    with changes.writing(session, table, exclusive=True, metadata_only=True) as mark:
        session.retried(lambda: body(mark))
    session.on_commit(lambda: session.engine.announce("table_truncated", table.identity))
    return status("Statement executed successfully.", STATEMENT_DELETE)
