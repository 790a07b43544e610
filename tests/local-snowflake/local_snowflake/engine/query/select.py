"""Whole queries: WITH, SELECT, FROM with joins, set operations. Every output column is called o1, o2, … in DuckDB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from ..cast_sql import Expression
from ..errors import compilation, unsupported
from ..names import fold
from ..types import NULL, SnowType
from . import functions_of_dates, functions_of_values, windows
from .expressions import ExpressionBinder
from .from_clause import bind_from
from .parsing import leftover, readable, select_item_texts
from .scope import Scope, Source, SourceColumn

if TYPE_CHECKING:
    from ..session import EngineSession

__all__ = ["BoundQuery", "OutputColumn", "QueryBinder", "functions_of_dates", "functions_of_values"]


@dataclass
class OutputColumn:
    """A column of a query's result."""

    name: str
    type: SnowType
    nullable: bool = True


@dataclass
class BoundQuery:
    """A query as DuckDB SQL; its columns are o1, o2, …"""

    sql: str
    columns: list[OutputColumn]


class QueryBinder:
    """Binds the queries of one statement for one session. `strings` are the statement's literals."""

    def __init__(self, session: "EngineSession", strings: list[str], sql: str = "", rows: Source | None = None) -> None:
        self.session = session
        self.strings = strings
        self.item_texts = select_item_texts(sql) if sql else []
        self.ignore_case = session.parameter("QUOTED_IDENTIFIERS_IGNORE_CASE") == "true"
        self.stage_rows = rows
        self._aliases = 0
        self._common: list[dict[str, tuple[str, list[OutputColumn]]]] = []

    def identifier(self, node: exp.Expression) -> str:
        """The name of an identifier node, folded as Snowflake folds it."""
        name = node.name
        if isinstance(node, exp.Identifier) and node.args.get("quoted") and not self.ignore_case:
            return name
        return fold(name)

    def new_alias(self) -> str:
        """A DuckDB alias never used before in this statement."""
        self._aliases += 1
        return f"s{self._aliases}"

    def common_table(self, name: str) -> tuple[str, list[OutputColumn]] | None:
        """The WITH query of this name, innermost first."""
        for level in reversed(self._common):
            if name in level:
                return level[name]
        return None

    # --- queries ---------------------------------------------------------------------------------------------------
    def bind_subquery(self, node: exp.Expression, outer: Scope | None) -> BoundQuery:
        """A query inside another; it may use the outer query's columns."""
        texts, self.item_texts = self.item_texts, []
        try:
            return self.bind_query(node, outer)
        finally:
            self.item_texts = texts

    def bind_query(self, node: exp.Expression, outer: Scope | None = None) -> BoundQuery:
        """Any query expression."""
        if isinstance(node, exp.Subquery):
            return self._bind_parenthesised(node, outer)
        prefix = self._bind_with(node, outer)
        try:
            if isinstance(node, exp.Select):
                bound = self._bind_select(node, outer)
            elif isinstance(node, exp.SetOperation):
                bound = self._bind_set_operation(node, outer)
            else:
                raise compilation("001003", "42000", f"syntax error: unexpected '{node.sql()[:60]}'")
        finally:
            self._common.pop()
        return BoundQuery(prefix + bound.sql, bound.columns)

    def _bind_parenthesised(self, node: exp.Subquery, outer: Scope | None) -> BoundQuery:
        leftover(node, "this", "order", "limit", "offset", "alias", "with_")
        bound = self.bind_query(node.this, outer)
        tail = self._tail(node, bound.columns, None)
        return BoundQuery(f"SELECT * FROM ({bound.sql}){tail}", bound.columns) if tail else bound

    def _bind_with(self, node: exp.Expression, outer: Scope | None) -> str:
        clause = node.args.get("with_")
        level: dict[str, tuple[str, list[OutputColumn]]] = {}
        self._common.append(level)
        if clause is None:
            return ""
        if clause.args.get("recursive"):
            raise unsupported("recursive WITH")
        shown = []
        for item in clause.expressions:
            name = self.identifier(item.args["alias"].this)
            bound = self.bind_subquery(item.this, outer)
            columns = self._renamed(bound.columns, item.args["alias"])
            physical = f"q{self.new_alias()}"
            level[name] = (physical, columns)
            shown.append(f"{physical} AS ({bound.sql})")
        return "WITH " + ", ".join(shown) + " "

    def _renamed(self, columns: list[OutputColumn], alias: exp.Expression | None) -> list[OutputColumn]:
        names = [self.identifier(c) for c in (alias.args.get("columns") or [])] if alias is not None else []
        if not names:
            return columns
        if len(names) > len(columns):
            raise compilation("002018", "42601", "Invalid column definition list")
        return [OutputColumn(n, c.type, c.nullable) for n, c in zip(names, columns)] + columns[len(names):]

    def source_of(self, bound: BoundQuery, alias_name: str, alias: exp.Expression | None) -> tuple[str, Source]:
        """A query as an item of FROM."""
        physical = self.new_alias()
        columns = self._renamed(bound.columns, alias)
        seen = [SourceColumn(c.name, f"{physical}.o{i + 1}", c.type, c.nullable) for i, c in enumerate(columns)]
        return f"({bound.sql}) AS {physical}", Source(alias_name, seen)

    # --- SELECT ----------------------------------------------------------------------------------------------------
    def _bind_select(self, node: exp.Select, outer: Scope | None) -> BoundQuery:
        leftover(node, "expressions", "from_", "joins", "laterals", "where", "group", "having", "qualify", "order", "limit",
                 "offset", "distinct", "with_", "kind", "operation_modifiers", "hint")
        scope = Scope(parent=outer)
        from_sql = bind_from(self, node, scope)
        binder = ExpressionBinder(self, scope)
        items = self._items(node, scope, binder)
        texts, self.item_texts = self.item_texts, []
        bound = [(name, item if isinstance(item, Expression) else binder.bind(item)) for name, item in items]
        self.item_texts = texts
        outputs = [OutputColumn(name, e.type, e.nullable) for name, e in bound]
        shown = ", ".join(f"{_typed(e)} AS o{i + 1}" for i, (_, e) in enumerate(bound))
        distinct = node.args.get("distinct")
        if distinct is not None and distinct.args.get("on") is not None:
            raise unsupported("DISTINCT ON")
        sql = f"SELECT {'DISTINCT ' if distinct is not None else ''}{shown}{from_sql}"
        if node.args.get("where") is not None:
            sql += f" WHERE {binder.condition(node.args['where'].this)}"
        sql += self._group(node, binder, items, bound)
        if node.args.get("having") is not None:
            sql += f" HAVING {binder.condition(node.args['having'].this)}"
        if node.args.get("qualify") is not None:
            sql += f" QUALIFY {binder.condition(node.args['qualify'].this)}"
        return BoundQuery(sql + self._tail(node, outputs, binder, items), outputs)

    def _items(self, node: exp.Select, scope: Scope, binder: ExpressionBinder) -> list[tuple[str, object]]:
        """The select list with stars spread out: (name, tree or bound column)."""
        items: list[tuple[str, object]] = []
        texts = self.item_texts if len(self.item_texts) == len(node.expressions) else []
        for index, item in enumerate(node.expressions):
            if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
                items += self._star(item, scope, binder)
            elif isinstance(item, exp.Alias):
                name = self.identifier(item.args["alias"])
                scope.aliases.setdefault(name, item.this)
                items.append((name, item.this))
            elif isinstance(item, exp.Column) and isinstance(item.this, exp.Identifier):
                items.append((self.identifier(item.this), item))
            else:
                items.append((texts[index] if texts and texts[index] else readable(item.sql("snowflake"), self.strings).upper(), item))
        if not items:
            raise compilation("001003", "42000", "syntax error: empty select list")
        return items

    def _star(self, item: exp.Expression, scope: Scope, binder: ExpressionBinder) -> list[tuple[str, object]]:
        star = item if isinstance(item, exp.Star) else item.this
        leftover(star, "except_", "rename", "replace")
        qualifier: tuple[str, ...] = ()
        if isinstance(item, exp.Column):
            qualifier = tuple(self.identifier(p) for p in (item.args.get("catalog"), item.args.get("db"), item.args.get("table")) if p)
        sources = [s for s in scope.sources if not qualifier or s.matches(qualifier)]
        if not sources:
            raise compilation("002003", "02000", f"Object '{'.'.join(qualifier)}' does not exist or not authorized." if qualifier else "SELECT with no columns")
        dropped = {self.identifier(c.this if isinstance(c, exp.Column) else c) for c in star.args.get("except_") or []}
        renamed = {self.identifier(a.this.this if isinstance(a.this, exp.Column) else a.this): self.identifier(a.args["alias"]) for a in star.args.get("rename") or []}
        replaced = {self.identifier(a.args["alias"]): a.this for a in star.args.get("replace") or []}
        found: list[tuple[str, object]] = []
        for column in (c for s in sources for c in s.columns if qualifier or not c.merged):
            if column.name in dropped:
                dropped.discard(column.name)
                continue
            value = replaced.get(column.name) or Expression(column.sql, column.type, column.nullable, name=column.name)
            found.append((renamed.get(column.name, column.name), value))
        if dropped:
            raise compilation("000904", "42000", f"error line 1 at position 0\ninvalid identifier '{sorted(dropped)[0]}'")
        return found

    def _group(self, node: exp.Select, binder: ExpressionBinder, items: list[tuple[str, object]], bound: list[tuple[str, Expression]]) -> str:
        group = node.args.get("group")
        if group is None:
            return ""
        leftover(group, "expressions", "all", "rollup", "cube", "grouping_sets")
        if group.args.get("all"):
            keys = [e.sql for (_, item), (_, e) in zip(items, bound) if isinstance(item, Expression) or not has_aggregate(item)]
            return " GROUP BY " + ", ".join(keys) if keys else ""
        parts = [self._group_key(item, binder, bound) for item in group.expressions]
        for word, label in (("rollup", "ROLLUP"), ("cube", "CUBE")):
            for entry in group.args.get(word) or []:
                parts.append(f"{label} (" + ", ".join(self._group_key(item, binder, bound) for item in entry.expressions) + ")")
        if group.args.get("grouping_sets"):
            raise unsupported("GROUPING SETS")
        return " GROUP BY " + ", ".join(parts)

    def _group_key(self, item: exp.Expression, binder: ExpressionBinder, bound: list[tuple[str, Expression]]) -> str:
        if isinstance(item, exp.Literal) and not item.is_string:
            return bound[self._position(item, len(bound))][1].sql
        return binder.bind(item).sql

    def _position(self, item: exp.Literal, count: int) -> int:
        text = str(item.this)
        if not text.isdigit() or not 1 <= int(text) <= count:
            raise compilation("000962", "42601", f"error line 1 at position 0\n[{text}] is not a valid position in the select list")
        return int(text) - 1

    # --- set operations, ORDER BY, LIMIT ---------------------------------------------------------------------------
    def _bind_set_operation(self, node: exp.SetOperation, outer: Scope | None) -> BoundQuery:
        leftover(node, "this", "expression", "distinct", "order", "limit", "offset", "with_", "by_name", "side", "kind", "on")
        if node.args.get("by_name") or node.args.get("on"):
            raise unsupported("UNION BY NAME")
        left = self.bind_query(node.this, outer)
        right = self.bind_subquery(node.expression, outer)
        if len(left.columns) != len(right.columns):
            raise compilation("001789", "42601", f"invalid number of result columns for set operator input branches, expected {len(left.columns)}, got {len(right.columns)} in branch {{2}}")
        caster = self.session.caster
        kinds = [caster.common_type(a.type, b.type) for a, b in zip(left.columns, right.columns)]
        word = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}[type(node)]
        if not node.args.get("distinct"):
            word += " ALL"
        sides = []
        for side in (left, right):
            casts = [f"{caster.cast(Expression(f'o{i + 1}', c.type), k).sql} AS o{i + 1}" for i, (c, k) in enumerate(zip(side.columns, kinds))]
            sides.append(f"SELECT {', '.join(casts)} FROM ({side.sql})")
        columns = [OutputColumn(a.name, k, a.nullable or b.nullable) for a, b, k in zip(left.columns, right.columns, kinds)]
        sql = f"({sides[0]}) {word} ({sides[1]})"
        tail = self._tail(node, columns, None)
        return BoundQuery(f"SELECT * FROM ({sql}){tail}", columns)

    def _tail(self, node: exp.Expression, outputs: list[OutputColumn], binder: ExpressionBinder | None, items: list[tuple[str, object]] | None = None) -> str:
        """ORDER BY, LIMIT and OFFSET."""
        sql, order = "", node.args.get("order")
        if order is not None:
            sql += " ORDER BY " + ", ".join(windows.ordered(i, self._order_key(i.this, outputs, binder, items)) for i in order.expressions)
        limit, offset = node.args.get("limit"), node.args.get("offset")
        if isinstance(limit, exp.Fetch):
            count = limit.args.get("count")
        else:
            count = limit.expression if limit is not None else None
        if count is not None and not isinstance(count, exp.Null):
            sql += f" LIMIT {self._count(count)}"
        if offset is not None:
            sql += f" OFFSET {self._count(offset.expression)}"
        return sql

    def _count(self, node: exp.Expression) -> str:
        if not isinstance(node, exp.Literal) or node.is_string or not str(node.this).isdigit():
            raise compilation("001003", "42000", f"syntax error: a whole number is expected after LIMIT, not '{node.sql()[:40]}'")
        return str(node.this)

    def _order_key(self, node: exp.Expression, outputs: list[OutputColumn], binder: ExpressionBinder | None, items: list[tuple[str, object]] | None) -> str:
        if isinstance(node, exp.Literal) and not node.is_string:
            return self._output_key(outputs, self._position(node, len(outputs)))
        if isinstance(node, exp.Column) and not node.table and isinstance(node.this, exp.Identifier):
            name = self.identifier(node.this)
            matches = [i for i, column in enumerate(outputs) if column.name == name]
            if matches:
                return self._output_key(outputs, matches[0])
        if items is not None:
            for index, (_, item) in enumerate(items):
                if isinstance(item, exp.Expression) and item == node:
                    return self._output_key(outputs, index)
        if binder is not None:
            return windows.order_key(binder.bind(node)).sql
        alias = Source("", [SourceColumn(c.name, f"o{i + 1}", c.type) for i, c in enumerate(outputs)])
        return windows.order_key(ExpressionBinder(self, Scope([alias])).bind(node)).sql

    def _output_key(self, outputs: list[OutputColumn], index: int) -> str:
        return windows.order_key(Expression(f"o{index + 1}", outputs[index].type)).sql


def _typed(value: Expression) -> str:
    return "CAST(NULL AS VARCHAR)" if value.type == NULL else value.sql


def has_aggregate(node: object) -> bool:
    """True when a tree calls an aggregate outside of OVER."""
    if not isinstance(node, exp.Expression) or isinstance(node, (exp.Window, exp.Subquery)):
        return False
    if isinstance(node, exp.WithinGroup) or (isinstance(node, exp.Anonymous) and str(node.this).upper() in windows.AGGREGATES):
        return True
    return any(has_aggregate(child) for child in node.iter_expressions())
