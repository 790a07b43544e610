"""FROM: tables, WITH queries, subqueries, VALUES, FLATTEN, information_schema, staged rows, and the joins between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from ..cast_sql import Expression, literal
from ..catalog import Table, still
from ..errors import compilation, missing_object, unsupported
from ..names import read_parts
from ..tokens import TokenCursor
from ..types import INTEGER, TEXT, VARIANT
from .expressions import ExpressionBinder
from .parsing import leftover, string_value
from .scope import Scope, Source, SourceColumn

if TYPE_CHECKING:
    from .select import QueryBinder


def bind_from(queries: "QueryBinder", node: exp.Select, scope: Scope) -> str:
    """The FROM clause of a SELECT as SQL; fills the scope."""
    clause = node.args.get("from_")
    if clause is None:
        return ""
    sql, source = bind_source(queries, clause.this, scope)
    scope.sources.append(source)
    sql = f" FROM {sql}"
    for join in list(clause.this.args.get("joins") or []) + list(node.args.get("joins") or []):
        sql += _join(queries, join, scope)
    for lateral in node.args.get("laterals") or []:
        raise unsupported(f"LATERAL VIEW near {lateral.sql()[:40]}")
    return sql


def _join(queries: "QueryBinder", join: exp.Join, scope: Scope) -> str:
    leftover(join, "this", "side", "kind", "method", "on", "using")
    side, kind, method = (str(join.args.get(k) or "").upper() for k in ("side", "kind", "method"))
    sql, source = bind_source(queries, join.this, scope)
    left = list(scope.sources)
    scope.sources.append(source)
    condition = join.args.get("on")
    if method not in ("", "NATURAL") or kind not in ("", "INNER", "OUTER", "CROSS") or side not in ("", "LEFT", "RIGHT", "FULL"):
        raise unsupported(f"{method} {side} {kind} JOIN".strip())
    names = [queries.identifier(c) for c in join.args.get("using") or []]
    if method == "NATURAL":
        seen = {c.name for s in left for c in s.columns if not c.merged}
        names = [c.name for c in source.columns if c.name in seen]
    lateral = isinstance(join.this, exp.Lateral)
    if kind == "CROSS" or (condition is None and not names):
        if side:
            raise compilation("001003", "42000", f"syntax error: {side} JOIN without a condition")
        return f" CROSS JOIN {sql}" if not lateral else f", {sql}"
    word = f"{side} JOIN" if side else "JOIN"
    if names:
        return f" {word} {sql} ON {_merge(queries, names, left, source, side)}"
    return f" {word} {sql} ON {ExpressionBinder(queries, scope).condition(condition)}"


def _merge(queries: "QueryBinder", names: list[str], left: list[Source], right: Source, side: str) -> str:
    """USING: one visible column per name."""
    from . import operators

    conditions = []
    for name in names:
        ours = [c for s in left for c in s.find(name) if not c.merged]
        theirs = right.find(name)
        if len(ours) != 1 or len(theirs) != 1:
            raise compilation("000904", "42000", f"error line 1 at position 0\ninvalid identifier '{name}'")
        a, b = ours[0], theirs[0]
        compared = operators.compare(queries.session.caster, "=", Expression(a.sql, a.type), Expression(b.sql, b.type))
        conditions.append(compared.sql)
        b.merged = True
        if side in ("RIGHT", "FULL"):
            a.sql = f"coalesce({a.sql}, {b.sql})"
    return " AND ".join(conditions)


def bind_source(queries: "QueryBinder", node: exp.Expression, scope: Scope) -> tuple[str, Source]:
    """One item of FROM."""
    if isinstance(node, exp.Table):
        return _table(queries, node, scope)
    if isinstance(node, exp.Subquery):
        leftover(node, "this", "alias", "joins", "with_")
        if isinstance(node.this, exp.Table):
            return bind_source(queries, node.this, scope)
        alias = node.args.get("alias")
        bound = queries.bind_subquery(node.this, scope.parent)
        return queries.source_of(bound, queries.identifier(alias.this) if alias is not None and alias.this else "", alias)
    if isinstance(node, exp.Values):
        return _values(queries, node, scope)
    if isinstance(node, exp.Lateral):
        return _lateral(queries, node, scope)
    raise compilation("001003", "42000", f"syntax error: unexpected '{node.sql()[:60]}' in FROM")


def _alias_of(queries: "QueryBinder", node: exp.Expression) -> tuple[str | None, exp.Expression | None]:
    alias = node.args.get("alias")
    return (queries.identifier(alias.this), alias) if alias is not None and alias.this is not None else (None, alias)


def _table(queries: "QueryBinder", node: exp.Table, scope: Scope) -> tuple[str, Source]:
    leftover(node, "this", "db", "catalog", "alias", "joins")
    alias_name, alias = _alias_of(queries, node)
    if isinstance(node.this, exp.Var) or str(node.name).startswith("@"):
        if queries.stage_rows is None:
            raise unsupported("SELECT from a stage outside of COPY")
        return _staged(queries, alias_name)
    if isinstance(node.this, exp.Anonymous):
        return _function(queries, node, scope, alias_name, alias)
    parts = [queries.identifier(p) for p in (node.args.get("catalog"), node.args.get("db"), node.this) if p]
    if len(parts) == 1:
        common = queries.common_table(parts[0])
        if common is not None:
            physical, columns = common
            shown = queries.new_alias()
            seen = [SourceColumn(c.name, f"{shown}.o{i + 1}", c.type, c.nullable) for i, c in enumerate(columns)]
            return f"{physical} AS {shown}", Source(alias_name or parts[0], seen)
    return table_source(queries, parts, alias_name, alias)


def table_source(queries: "QueryBinder", parts: list[str], alias_name: str | None, alias: exp.Expression | None = None, with_row_id: Table | None = None) -> tuple[str, Source]:
    """A table, view or information_schema view by name, as this session sees it.

    With `with_row_id` it is that table, and its DuckDB row ids are selected too.
    """
    session = queries.session
    if len(parts) >= 2 and parts[-2] == "INFORMATION_SCHEMA":
        return _information_schema(queries, parts, alias_name)
    table = with_row_id or still(session.catalog.table(session, parts, "Object"))
    if table.view_sql is not None:
        bound = session.bind_view(table)
        sql, source = queries.source_of(bound, alias_name or table.name, alias)
    else:
        physical = queries.new_alias()
        selected = [column.physical for column in table.columns]
        if with_row_id is not None:
            selected += ["rowid AS row_id", "_s"]
        sql = f"(SELECT {', '.join(selected)} FROM {table.physical} WHERE {session.visible(table)}) AS {physical}"
        names = [queries.identifier(c) for c in (alias.args.get("columns") or [])] if alias is not None else []
        seen = [
            SourceColumn(names[i] if i < len(names) else c.name, f"{physical}.{c.physical}", c.type, c.nullable)
            for i, c in enumerate(table.columns)
        ]
        source = Source(alias_name or table.name, seen)
    if alias_name is None:
        source.parts = (table.database, table.schema, table.name)
    return sql, source


def _information_schema(queries: "QueryBinder", parts: list[str], alias_name: str | None) -> tuple[str, Source]:
    from ..information_schema import view_rows

    names, kinds, rows = view_rows(queries.session, parts[0] if len(parts) == 3 else None, parts[-1])
    physical = queries.session.register_rows(names, kinds, rows)
    alias = queries.new_alias()
    seen = [SourceColumn(n, f"{alias}.c{i + 1}", k) for i, (n, k) in enumerate(zip(names, kinds))]
    return f"{physical} AS {alias}", Source(alias_name or parts[-1], seen, () if alias_name else tuple(parts))


def _staged(queries: "QueryBinder", alias_name: str | None) -> tuple[str, Source]:
    rows = queries.stage_rows
    assert rows is not None
    return rows.alias, Source(alias_name or "", rows.columns)


def _values(queries: "QueryBinder", node: exp.Values, scope: Scope) -> tuple[str, Source]:
    leftover(node, "expressions", "alias")
    binder = ExpressionBinder(queries, Scope(parent=scope.parent))
    rows = [[binder.bind(v) for v in (row.expressions if isinstance(row, exp.Tuple) else [row.this])] for row in node.expressions]
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        raise compilation("001003", "42000", "syntax error: VALUES rows of different lengths")
    columns = [binder.unify([row[index] for row in rows]) for index in range(width)]
    lines = ", ".join("(" + ", ".join(columns[c][1][r] for c in range(width)) + ")" for r in range(len(rows)))
    alias_name, alias = _alias_of(queries, node)
    names = [queries.identifier(c) for c in (alias.args.get("columns") or [])] if alias is not None else []
    physical = queries.new_alias()
    listed = ", ".join(f"c{i + 1}" for i in range(width))
    seen = [SourceColumn(names[i] if i < len(names) else f"COLUMN{i + 1}", f"{physical}.c{i + 1}", columns[i][0]) for i in range(width)]
    return f"(VALUES {lines}) AS {physical}({listed})", Source(alias_name or "", seen)


def _function(queries: "QueryBinder", node: exp.Table, scope: Scope, alias_name: str | None, alias: exp.Expression | None) -> tuple[str, Source]:
    call = node.this
    name = str(call.this).upper()
    if name == "IDENTIFIER" and len(call.expressions) == 1 and isinstance(call.expressions[0], exp.Literal):
        cursor = TokenCursor(string_value(call.expressions[0], queries.strings))
        parts = read_parts(cursor, queries.ignore_case)
        cursor.finish()
        return table_source(queries, parts, alias_name, alias)
    inner = call.expressions[0] if name == "TABLE" and len(call.expressions) == 1 else None
    if isinstance(inner, exp.Anonymous):
        wanted = str(inner.this).upper()
        if wanted == "FLATTEN":
            return _flatten(queries, inner, scope, alias_name)
        if wanted == "RESULT_SCAN" and len(inner.expressions) == 1:
            return _result_scan(queries, inner.expressions[0], scope, alias_name)
        if wanted == "GENERATOR":
            return _generator(queries, inner, alias_name)
    if inner is not None and isinstance(inner, (exp.Column, exp.Literal)):
        raise unsupported("TABLE(<name>)")
    raise missing_object("Function", name)


def _result_scan(queries: "QueryBinder", node: exp.Expression, scope: Scope, alias_name: str | None) -> tuple[str, Source]:
    if isinstance(node, exp.Anonymous) and str(node.this).upper() == "LAST_QUERY_ID":
        query_id = queries.session.context_value("LAST_QUERY_ID")
    else:
        query_id = ExpressionBinder(queries, scope).text_of(node, "RESULT_SCAN")
    names, kinds, rows = queries.session.finished_result(query_id)
    physical, alias = queries.session.register_rows(names, kinds, rows), queries.new_alias()
    seen = [SourceColumn(n, f"{alias}.c{i + 1}", k) for i, (n, k) in enumerate(zip(names, kinds))]
    return f"{physical} AS {alias}", Source(alias_name or "", seen)


def _generator(queries: "QueryBinder", call: exp.Anonymous, alias_name: str | None) -> tuple[str, Source]:
    count = None
    for argument in call.expressions:
        if isinstance(argument, exp.Kwarg) and argument.this.name.upper() == "ROWCOUNT" and isinstance(argument.expression, exp.Literal):
            count = int(str(argument.expression.this))
    if count is None or len(call.expressions) != 1:
        raise unsupported("GENERATOR without ROWCOUNT => n")
    alias = queries.new_alias()
    return f"range({count}) AS {alias}", Source(alias_name or "", [])


def _lateral(queries: "QueryBinder", node: exp.Lateral, scope: Scope) -> tuple[str, Source]:
    leftover(node, "this", "alias", "view", "outer", "ordinality")
    alias_name, alias = _alias_of(queries, node)
    if isinstance(node.this, exp.Subquery):
        bound = queries.bind_subquery(node.this.this, scope)
        sql, source = queries.source_of(bound, alias_name or "", alias)
        return f"LATERAL {sql}", source
    if isinstance(node.this, exp.Anonymous) and str(node.this.this).upper() == "FLATTEN":
        return _flatten(queries, node.this, scope, alias_name)
    raise unsupported(f"LATERAL {node.this.sql()[:40]}")


def _flatten(queries: "QueryBinder", call: exp.Anonymous, scope: Scope, alias_name: str | None) -> tuple[str, Source]:
    binder = ExpressionBinder(queries, scope)
    options: dict[str, exp.Expression] = {}
    for index, argument in enumerate(call.expressions):
        if isinstance(argument, exp.Kwarg):
            options[argument.this.name.upper()] = argument.expression
        elif index == 0:
            options["INPUT"] = argument
        else:
            raise compilation("001003", "42000", "syntax error in the arguments of FLATTEN")
    unknown = set(options) - {"INPUT", "PATH", "OUTER", "RECURSIVE", "MODE"}
    if unknown or "INPUT" not in options:
        raise compilation("001003", "42000", f"syntax error: argument {sorted(unknown) or ['INPUT']} of FLATTEN")
    value = binder.bind_as(options["INPUT"], VARIANT).sql
    path = binder.text_of(options["PATH"], "FLATTEN") if "PATH" in options else ""
    mode = binder.text_of(options["MODE"], "FLATTEN").upper() if "MODE" in options else "BOTH"
    outer, recursive = (binder.condition(options[k]) if k in options else "false" for k in ("OUTER", "RECURSIVE"))
    safe = f"coalesce({value}, 'null')"
    physical = queries.new_alias()
    rows = f"sf_flatten({safe}, {literal(path)}, {outer}, {recursive}, {literal(mode)})"
    sql = f"LATERAL (SELECT u.key AS k, u.path AS p, u.index AS i, u.value AS v, u.this AS t FROM (SELECT unnest({rows}) AS u)) AS {physical}"
    seen = [
        SourceColumn("SEQ", "CAST(1 AS DECIMAL(38,0))", INTEGER), SourceColumn("KEY", f"{physical}.k", TEXT),
        SourceColumn("PATH", f"{physical}.p", TEXT), SourceColumn("INDEX", f"CAST({physical}.i AS DECIMAL(38,0))", INTEGER),
        SourceColumn("VALUE", f"{physical}.v", VARIANT), SourceColumn("THIS", f"{physical}.t", VARIANT),
    ]
    return sql, Source(alias_name or "", seen)
