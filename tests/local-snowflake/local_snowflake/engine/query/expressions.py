"""One expression of a query: tree in, DuckDB SQL with a Snowflake type out. Functions are in functions_*.py."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sqlglot import exp

from .. import types
from ..cast_sql import Caster, Expression, literal
from ..errors import SnowflakeError, compilation, invalid_identifier, unknown_function, unsupported
from ..names import qualified
from ..types import BOOLEAN, NULL, REAL, TEXT, SnowType, fixed, text
from . import function_table, operators, windows
from .parsing import leftover, string_value
from .scope import Scope

if TYPE_CHECKING:
    from .select import QueryBinder

_COMPARISONS = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
                exp.NullSafeEQ: "IS NOT DISTINCT FROM", exp.NullSafeNEQ: "IS DISTINCT FROM"}
_ARITHMETIC = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
_TYPE_WORDS = {"DECIMAL": "NUMBER", "TEXT": "VARCHAR", "TIMESTAMPNTZ": "TIMESTAMP_NTZ", "TIMESTAMPLTZ": "TIMESTAMP_LTZ",
               "TIMESTAMPTZ": "TIMESTAMP_TZ", "DATETIME": "TIMESTAMP_NTZ", "UDOUBLE": "DOUBLE", "STRUCT": "OBJECT",
               "LIST": "ARRAY"}
_CONTEXT_NODES = {exp.CurrentTimestamp: "CURRENT_TIMESTAMP", exp.CurrentDate: "CURRENT_DATE", exp.CurrentTime: "CURRENT_TIME",
                  exp.CurrentUser: "CURRENT_USER", exp.CurrentRole: "CURRENT_ROLE", exp.Localtime: "CURRENT_TIME",
                  exp.Localtimestamp: "CURRENT_TIMESTAMP"}


class ExpressionBinder:
    """Binds expressions in one scope. `queries` binds the subqueries inside them."""

    def __init__(self, queries: "QueryBinder", scope: Scope) -> None:
        self.queries = queries
        self.scope = scope
        self.session = queries.session
        self.caster: Caster = queries.session.caster

    # --- entry -----------------------------------------------------------------------------------------------------
    def bind(self, node: exp.Expression) -> Expression:
        """The expression, or an error in Snowflake's form for anything unknown."""
        kind = type(node)
        if kind in _COMPARISONS:
            return self._comparison(node)
        if kind in _ARITHMETIC:
            return self._arithmetic(node)
        if kind in _CONTEXT_NODES:
            leftover(node, "this")
            return function_table.call(self, _CONTEXT_NODES[kind], [])
        handler = getattr(self, "_bind_" + kind.__name__.lower(), None)
        if handler is None:
            raise compilation("001003", "42000", f"syntax error: unsupported expression '{node.sql()[:100]}'")
        return handler(node)

    def bind_as(self, node: exp.Expression, kind: SnowType) -> Expression:
        """The expression cast to a type."""
        return self.caster.cast(self.bind(node), kind)

    def condition(self, node: exp.Expression) -> str:
        """The expression as a DuckDB condition."""
        return self.bind_as(node, BOOLEAN).sql

    def text_of(self, node: exp.Expression, function: str) -> str:
        """A constant text argument, such as a format or a date part."""
        if isinstance(node, exp.Literal) and node.is_string:
            return string_value(node, self.queries.strings)
        if isinstance(node, exp.Column) and not node.table:
            return node.name
        if isinstance(node, exp.Var):
            return node.name
        raise compilation("001015", "22023", f"error line 1 at position 0\nargument needs to be constant for function {function}: '{node.sql()[:60]}'")

    # --- leaves ----------------------------------------------------------------------------------------------------
    def _bind_literal(self, node: exp.Literal) -> Expression:
        if node.is_string:
            value = string_value(node, self.queries.strings)
            return Expression(literal(value), text(len(value) or 1), False, literal=value)
        return number_literal(str(node.this))

    def _bind_null(self, node: exp.Null) -> Expression:
        return Expression("NULL", NULL)

    def _bind_boolean(self, node: exp.Boolean) -> Expression:
        return Expression("true" if node.this else "false", BOOLEAN, False)

    def _bind_hexstring(self, node: exp.HexString) -> Expression:
        digits = str(node.this)
        return Expression(f"unhex('{digits}')", SnowType("binary", length=max(1, len(digits) // 2)), False)

    def _bind_column(self, node: exp.Column) -> Expression:
        leftover(node, "this", "table", "db", "catalog")
        qualifier = tuple(
            self.queries.identifier(part) for part in (node.args.get("catalog"), node.args.get("db"), node.args.get("table")) if part
        )
        if isinstance(node.this, exp.Parameter):
            return self._positional(node.this, qualifier)
        if isinstance(node.this, exp.Star):
            raise compilation("001003", "42000", "syntax error: unexpected '*'")
        return self.resolve(self.queries.identifier(node.this), qualifier)

    def resolve(self, name: str, qualifier: tuple[str, ...] = ()) -> Expression:
        """A column by name; select-list aliases count when no table has the name."""
        scope = self.scope
        if not qualifier and name in scope.preferred:
            return scope.preferred[name]
        found = scope.find(name, qualifier)
        if found is None and not qualifier and name in scope.aliases and name not in scope.expanding:
            scope.expanding.add(name)
            try:
                return self.bind(scope.aliases[name])
            finally:
                scope.expanding.discard(name)
        if found is None and scope.parent is not None:
            found = scope.parent.find_outward(name, qualifier)
        if found is None:
            raise invalid_identifier(types_qualified(qualifier, name))
        return found

    def _positional(self, node: exp.Parameter, qualifier: tuple[str, ...]) -> Expression:
        number = str(node.name)
        if not number.isdigit():
            raise compilation("001003", "42000", f"syntax error: session variables are not supported ('${number}')")
        return self.scope.positional(int(number), qualifier)

    def _bind_parameter(self, node: exp.Parameter) -> Expression:
        return self._positional(node, ())

    def _bind_identifier(self, node: exp.Identifier) -> Expression:
        return self.resolve(self.queries.identifier(node))

    def _bind_paren(self, node: exp.Paren) -> Expression:
        inner = self.bind(node.this)
        return Expression(f"({inner.sql})", inner.type, inner.nullable, inner.literal)

    def _bind_alias(self, node: exp.Alias) -> Expression:
        return self.bind(node.this)

    # --- operators -------------------------------------------------------------------------------------------------
    def _comparison(self, node: exp.Expression) -> Expression:
        leftover(node, "this", "expression")
        left, right = node.this, node.expression
        if isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple):
            pairs = zip(left.expressions, right.expressions)
            parts = [operators.compare(self.caster, "=", self.bind(a), self.bind(b)).sql for a, b in pairs]
            return Expression("(" + " AND ".join(parts) + ")", BOOLEAN)
        return operators.compare(self.caster, _COMPARISONS[type(node)], self.bind(left), self.bind(right))

    def _arithmetic(self, node: exp.Expression) -> Expression:
        leftover(node, "this", "expression", "typed", "safe")
        operator = _ARITHMETIC[type(node)]
        if isinstance(node.expression, exp.Interval):
            return self._interval(node, operator)
        return operators.arithmetic(self.caster, operator, self.bind(node.this), self.bind(node.expression))

    def _interval(self, node: exp.Expression, operator: str) -> Expression:
        interval = node.expression
        words = string_value(interval.this, self.queries.strings).split() if isinstance(interval.this, exp.Literal) else []
        unit = interval.args.get("unit")
        if len(words) == 1 and unit is not None:
            words.append(unit.name)
        if operator not in "+-" or len(words) != 2 or not words[0].lstrip("-").isdigit():
            raise unsupported("INTERVAL of this form")
        count = int(words[0]) * (1 if operator == "+" else -1)
        return function_table.date_add(self, words[1].rstrip(","), number_literal(str(count)), self.bind(node.this))

    def _bind_neg(self, node: exp.Neg) -> Expression:
        if isinstance(node.this, exp.Literal) and not node.this.is_string:
            return number_literal("-" + str(node.this.this))
        value = operators.numeric(self.caster, self.bind(node.this))
        return Expression(f"(- {value.sql})", value.type, value.nullable)

    def _bind_not(self, node: exp.Not) -> Expression:
        return Expression(f"(NOT {self.condition(node.this)})", BOOLEAN)

    def _bind_and(self, node: exp.And) -> Expression:
        return self._logical(node, exp.And, "AND")

    def _bind_or(self, node: exp.Or) -> Expression:
        return self._logical(node, exp.Or, "OR")

    def _logical(self, node: exp.Expression, kind: type, word: str) -> Expression:
        parts: list[str] = []
        stack = [node]
        while stack:
            current = stack.pop()
            if isinstance(current, kind):
                stack.extend((current.expression, current.this))
            else:
                parts.append(self.condition(current))
        return Expression("(" + f" {word} ".join(parts) + ")", BOOLEAN)

    def _bind_dpipe(self, node: exp.DPipe) -> Expression:
        values, current = [], node
        while isinstance(current, exp.DPipe):
            values.append(self.bind(current.expression))
            current = current.this
        values.append(self.bind(current))
        return operators.concatenate(self.caster, values[::-1])

    def _bind_is(self, node: exp.Is) -> Expression:
        leftover(node, "this", "expression")
        value = self.bind(node.this)
        other = node.expression
        negated = isinstance(other, exp.Not)
        if negated:
            other = other.this
        if isinstance(other, exp.Null):
            return Expression(f"({value.sql} IS {'NOT ' if negated else ''}NULL)", BOOLEAN, False)
        if isinstance(other, exp.Boolean):
            word = "true" if other.this else "false"
            return Expression(f"({self.caster.cast(value, BOOLEAN).sql} IS {'NOT ' if negated else ''}{word})", BOOLEAN, False)
        raise compilation("001003", "42000", f"syntax error: unexpected '{other.sql()[:40]}' after IS")

    def _bind_in(self, node: exp.In) -> Expression:
        leftover(node, "this", "expressions", "query")
        query = node.args.get("query")
        if query is not None:
            return self._in_query(node.this, query)
        if isinstance(node.this, exp.Tuple):
            rows = [" AND ".join(operators.compare(self.caster, "=", self.bind(a), self.bind(b)).sql
                                 for a, b in zip(node.this.expressions, row.expressions)) for row in node.expressions]
            return Expression("(" + " OR ".join(f"({row})" for row in rows) + ")", BOOLEAN)
        value = self.bind(node.this)
        items = [self.bind(item) for item in node.expressions]
        kind = value.type
        for item in items:
            kind = self.caster.compared_type(kind, item.type)
        shown = ", ".join(self.caster.cast(item, kind).sql for item in items)
        return Expression(f"({self.caster.cast(value, kind).sql} IN ({shown}))", BOOLEAN)

    def _in_query(self, left: exp.Expression, query: exp.Expression) -> Expression:
        bound = self.queries.bind_subquery(query, self.scope)
        values = [self.bind(item) for item in (left.expressions if isinstance(left, exp.Tuple) else [left])]
        if len(values) != len(bound.columns):
            raise compilation("002018", "42601", "Invalid number of columns in subquery")
        casts, shown = [], []
        for index, (value, column) in enumerate(zip(values, bound.columns)):
            kind = self.caster.compared_type(value.type, column.type)
            casts.append(self.caster.cast(value, kind).sql)
            shown.append(self.caster.cast(Expression(f"o{index + 1}", column.type), kind).sql)
        left_sql = casts[0] if len(casts) == 1 else "(" + ", ".join(casts) + ")"
        right_sql = shown[0] if len(shown) == 1 else "(" + ", ".join(shown) + ")"
        return Expression(f"({left_sql} IN (SELECT {right_sql} FROM ({bound.sql})))", BOOLEAN)

    def _bind_between(self, node: exp.Between) -> Expression:
        leftover(node, "this", "low", "high")
        value, low, high = self.bind(node.this), self.bind(node.args["low"]), self.bind(node.args["high"])
        first = operators.compare(self.caster, ">=", value, low).sql
        return Expression(f"({first} AND {operators.compare(self.caster, '<=', value, high).sql})", BOOLEAN)

    # --- patterns --------------------------------------------------------------------------------------------------
    def _bind_like(self, node: exp.Expression, escape: str | None = None) -> Expression:
        leftover(node, "this", "expression", "negate")
        word = "LIKE" if isinstance(node, exp.Like) else "ILIKE"
        value = self.bind_as(node.this, TEXT).sql
        patterns, joint = node.expression, " OR "
        if isinstance(patterns, (exp.Any, exp.All)):
            joint = " OR " if isinstance(patterns, exp.Any) else " AND "
            inner = patterns.this.unnest() if isinstance(patterns.this, exp.Paren) else patterns.this
            items = inner.expressions if isinstance(inner, exp.Tuple) else [inner]
        else:
            items = [patterns]
        tail = "" if escape is None else f" ESCAPE {literal(escape)}"
        parts = [f"{value} {word} {self.bind_as(item, TEXT).sql}{tail}" for item in items]
        return Expression("(" + joint.join(parts) + ")", BOOLEAN)

    _bind_ilike = _bind_like

    def _bind_escape(self, node: exp.Escape) -> Expression:
        if not isinstance(node.this, (exp.Like, exp.ILike)):
            raise compilation("001003", "42000", "syntax error: unexpected 'ESCAPE'")
        return self._bind_like(node.this, self.text_of(node.expression, "LIKE"))

    def _bind_regexplike(self, node: exp.Expression) -> Expression:
        return function_table.call(self, "REGEXP_LIKE", [node.this, node.expression])

    # --- CASE and casts --------------------------------------------------------------------------------------------
    def _bind_case(self, node: exp.Case) -> Expression:
        leftover(node, "this", "ifs", "default")
        conditions = []
        for branch in node.args["ifs"]:
            test = exp.EQ(this=node.this, expression=branch.this) if node.this is not None else branch.this
            conditions.append(self.condition(test))
        default = node.args.get("default")
        values = [self.bind(branch.args["true"]) for branch in node.args["ifs"]]
        values.append(self.bind(default) if default is not None else Expression("NULL", NULL))
        return self.choose(conditions, values)

    def choose(self, conditions: list[str], values: list[Expression]) -> Expression:
        """`CASE WHEN … END`; the last value is the ELSE."""
        kind, shown = self.unify(values)
        branches = " ".join(f"WHEN {c} THEN {v}" for c, v in zip(conditions, shown))
        return Expression(f"(CASE {branches} ELSE {shown[-1]} END)", kind, any(v.nullable for v in values))

    def unify(self, values: list[Expression]) -> tuple[SnowType, list[str]]:
        """The type all values share, and each as SQL of that type."""
        kind = NULL
        for value in values:
            kind = self.caster.common_type(kind, value.type)
        if kind.kind == "null":
            kind = TEXT
        return kind, [self.caster.cast(value, kind).sql for value in values]

    def target_type(self, node: exp.DataType) -> SnowType:
        """The Snowflake type of a type in a cast."""
        name = node.this.name if hasattr(node.this, "name") else str(node.this)
        if name == "USERDEFINED":
            raise types.unsupported_type(str(node.args.get("kind") or "").upper())
        word = _TYPE_WORDS.get(name, name)
        if word == "TIMESTAMP":
            word = self.session.parameter("TIMESTAMP_TYPE_MAPPING")
        parameters = []
        for item in node.expressions:
            inner = item.this if isinstance(item, exp.DataTypeParam) else item
            if not isinstance(inner, exp.Literal) or not str(inner.this).isdigit():
                raise unsupported("structured types")
            parameters.append(int(str(inner.this)))
        return types.make_type(word, parameters)

    def _bind_cast(self, node: exp.Expression) -> Expression:
        leftover(node, "this", "to", "safe", "requires_string", "_type")
        tried = isinstance(node, exp.TryCast)
        return self.caster.cast(self.bind(node.this), self.target_type(node.args["to"]), tried)

    _bind_trycast = _bind_cast

    # --- VARIANT ---------------------------------------------------------------------------------------------------
    def _bind_jsonextract(self, node: exp.JSONExtract) -> Expression:
        leftover(node, "this", "expression", "variant_extract", "requires_json", "only_json_types")
        steps: list[object] = []
        for part in node.expression.expressions:
            if isinstance(part, exp.JSONPathKey):
                steps.append(str(part.this))
            elif isinstance(part, exp.JSONPathSubscript) and isinstance(part.this, (int, str)):
                steps.append(part.this)
            elif not isinstance(part, exp.JSONPathRoot):
                raise compilation("001003", "42000", f"syntax error: path '{node.sql()[:60]}'")
        return function_table.get_steps(self, self.bind(node.this), steps)

    def _bind_bracket(self, node: exp.Bracket) -> Expression:
        if len(node.expressions) != 1:
            raise compilation("001003", "42000", "syntax error: one index expected in []")
        value, index = self.bind(node.this), node.expressions[0]
        if not value.type.is_semi_structured:
            raise compilation("001044", "42P13", "error line 1 at position 0\nInvalid argument types for function 'GET'")
        if isinstance(index, exp.Literal):
            step = string_value(index, self.queries.strings) if index.is_string else int(str(index.this))
            return function_table.get_steps(self, value, [step])
        return function_table.get_dynamic(self, value, self.bind(index))

    def _bind_array(self, node: exp.Array) -> Expression:
        return function_table.call(self, "ARRAY_CONSTRUCT", node.expressions)

    def _bind_struct(self, node: exp.Struct) -> Expression:
        arguments: list[exp.Expression] = []
        for pair in node.expressions:
            if not isinstance(pair, exp.PropertyEQ):
                raise compilation("001003", "42000", "syntax error in an object constant")
            arguments += [exp.Literal.string(pair.this.name), pair.expression]
        return function_table.call(self, "OBJECT_CONSTRUCT", arguments)

    # --- functions and subqueries ----------------------------------------------------------------------------------
    def _bind_anonymous(self, node: exp.Anonymous) -> Expression:
        return function_table.call(self, str(node.this).upper(), node.expressions)

    def _bind_extract(self, node: exp.Extract) -> Expression:
        return function_table.call(self, "DATE_PART", [exp.Literal.string(node.this.name), node.expression])

    def _bind_strposition(self, node: exp.Expression) -> Expression:
        leftover(node, "this", "substr", "clamp_position")
        return function_table.call(self, "POSITION", [node.args["substr"], node.this])

    def _bind_window(self, node: exp.Window) -> Expression:
        return windows.bind_window(self, node)

    def _bind_withingroup(self, node: exp.WithinGroup) -> Expression:
        return windows.bind_within_group(self, node)

    def _bind_subquery(self, node: exp.Subquery) -> Expression:
        bound = self.queries.bind_subquery(node, self.scope)
        if len(bound.columns) != 1:
            raise compilation("002018", "42601", "Invalid number of columns in scalar subquery")
        return Expression(f"({bound.sql})", bound.columns[0].type)

    _bind_select = _bind_subquery

    def _bind_exists(self, node: exp.Exists) -> Expression:
        bound = self.queries.bind_subquery(node.this, self.scope)
        return Expression(f"EXISTS ({bound.sql})", BOOLEAN, False)

    def unknown(self, name: str) -> SnowflakeError:
        """002140 for a function that is not here."""
        return unknown_function(name)


def types_qualified(qualifier: tuple[str, ...], name: str) -> str:
    """The name as Snowflake shows it in 'invalid identifier'."""
    return qualified(*qualifier, name)


def number_literal(source: str) -> Expression:
    """A numeric constant: NUMBER with just enough digits, FLOAT with an exponent or beyond 38 digits."""
    digits = source.lstrip("-").replace(".", "").lstrip("0")
    if "e" in source.lower() or len(digits) > 38:
        return Expression(f"CAST('{source}' AS DOUBLE)", REAL, False, literal=source)
    scale = len(source.partition(".")[2])
    value = format(Decimal(source), "f")
    kind = fixed(max(len(digits), scale, 1), scale)
    return Expression(f"CAST({value} AS DECIMAL(38,{scale}))" if len(digits) < 18 else f"CAST('{value}' AS DECIMAL(38,{scale}))", kind, False, literal=source)
