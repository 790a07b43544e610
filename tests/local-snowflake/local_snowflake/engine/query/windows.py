"""Aggregates and window functions, with Snowflake's result types and default frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from ..cast_sql import Expression
from ..errors import compilation, unknown_function, unsupported, wrong_argument_count
from ..types import ARRAY, BOOLEAN, DECFLOAT, INTEGER, OBJECT, REAL, TEXT, VARIANT, fixed, storage
from . import operators
from .parsing import leftover

if TYPE_CHECKING:
    from .expressions import ExpressionBinder

_WINDOW_ONLY = {"ROW_NUMBER", "RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST", "NTILE", "LAG", "LEAD",
                "FIRST_VALUE", "LAST_VALUE", "NTH_VALUE", "RATIO_TO_REPORT"}
_REAL_AGGREGATES = {"STDDEV": "stddev_samp", "STDDEV_SAMP": "stddev_samp", "STDDEV_POP": "stddev_pop",
                    "VARIANCE": "var_samp", "VAR_SAMP": "var_samp", "VARIANCE_SAMP": "var_samp", "VAR_POP": "var_pop",
                    "VARIANCE_POP": "var_pop", "CORR": "corr", "COVAR_POP": "covar_pop", "COVAR_SAMP": "covar_samp",
                    "SKEW": "skewness", "KURTOSIS": "kurtosis", "REGR_SLOPE": "regr_slope", "REGR_INTERCEPT": "regr_intercept"}
AGGREGATES = {"COUNT", "SUM", "AVG", "MIN", "MAX", "COUNT_IF", "MEDIAN", "PERCENTILE_CONT", "PERCENTILE_DISC",
              "APPROX_PERCENTILE", "APPROX_COUNT_DISTINCT", "HLL", "LISTAGG", "ARRAY_AGG", "OBJECT_AGG", "ANY_VALUE",
              "MIN_BY", "MAX_BY", "BOOLAND_AGG", "BOOLOR_AGG", "MODE", "ARRAY_UNIQUE_AGG", "SUM_DISTINCT",
              *_REAL_AGGREGATES}


def is_aggregate(name: str) -> bool:
    """True for names that are handled here."""
    return name in AGGREGATES or name in _WINDOW_ONLY


class _Call:
    """An aggregate call taken apart: arguments, DISTINCT, WITHIN GROUP order, OVER clause."""

    def __init__(self, binder: "ExpressionBinder", name: str, arguments: list[exp.Expression], order: str = "", over: str = "") -> None:
        self.binder = binder
        self.name = name
        self.distinct = bool(arguments) and isinstance(arguments[0], exp.Distinct)
        self.arguments = arguments[0].expressions + arguments[1:] if self.distinct else arguments
        self.order = order
        self.over = over

    def bound(self, low: int, high: int | None = None) -> list[Expression]:
        """The bound arguments; refuses another number of them."""
        if not low <= len(self.arguments) <= (high or low):
            raise wrong_argument_count(self.name, str(low), len(self.arguments))
        return [self.binder.bind(argument) for argument in self.arguments]

    def sql(self, function: str, *arguments: str, condition: str = "") -> str:
        """The DuckDB call with everything around it."""
        inside = ("DISTINCT " if self.distinct else "") + ", ".join(arguments) + self.order
        tail = f" FILTER (WHERE {condition})" if condition else ""
        return f"{function}({inside}){tail}{self.over}"


def bind_aggregate(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression], order: str = "", over: str = "") -> Expression:
    """An aggregate or window call."""
    call = _Call(binder, name, arguments, order, over)
    if name in _WINDOW_ONLY:
        if not over:
            raise compilation("002303", "42601", f"error line 1 at position 0\nInvalid function type [{name}]. Missing OVER clause.")
        return _bind_window_only(call)
    if name in _REAL_AGGREGATES:
        values = [binder.caster.cast(operators.numeric(binder.caster, v), REAL).sql for v in call.bound(1, 2)]
        return Expression(call.sql(_REAL_AGGREGATES[name], *values), REAL)
    handler = _HANDLERS.get(name)
    if handler is None:
        raise unknown_function(name)
    return handler(call)


def _count(call: _Call) -> Expression:
    if len(call.arguments) == 1 and isinstance(call.arguments[0], exp.Star):
        counted = f"count(*){call.over}"
    elif call.distinct and len(call.arguments) > 1:
        rows = [v.sql for v in call.bound(1, 99)]
        condition = " AND ".join(f"{row} IS NOT NULL" for row in rows)
        counted = call.sql("count", "(" + ", ".join(rows) + ")", condition=condition)
    else:
        values = call.bound(1, 99)
        if len(values) > 1:
            condition = " AND ".join(f"{v.sql} IS NOT NULL" for v in values)
            counted = call.sql("count", "1", condition=condition)
        else:
            counted = call.sql("count", values[0].sql)
    return Expression(f"CAST({counted} AS DECIMAL(38,0))", fixed(18, 0), False)


def _sum(call: _Call) -> Expression:
    value = operators.numeric(call.binder.caster, call.bound(1)[0])
    kind = REAL if value.type.kind == "real" else fixed(38, value.type.scale)
    return Expression(f"CAST({call.sql('sum', value.sql)} AS {storage(kind)})", kind)


def _average(call: _Call) -> Expression:
    value = operators.numeric(call.binder.caster, call.bound(1)[0])
    if value.type.kind == "real":
        return Expression(call.sql("avg", value.sql), REAL)
    total, count = call.sql("sum", value.sql), call.sql("count", value.sql)
    scale = max(value.type.scale, min(value.type.scale + 6, 12))
    quotient = operators.quotient(total, f"nullif({count}, 0)", scale)
    return Expression(quotient, fixed(38, scale))


def _same_type(function: str):
    def bind(call: _Call) -> Expression:
        value = call.bound(1)[0]
        return Expression(call.sql(function, value.sql), value.type if value.type.kind != "null" else TEXT)

    return bind


def _count_if(call: _Call) -> Expression:
    condition = call.binder.caster.cast(call.bound(1)[0], BOOLEAN).sql
    return Expression(f"CAST(count(*) FILTER (WHERE {condition}){call.over} AS DECIMAL(38,0))", fixed(18, 0), False)


def _median(call: _Call) -> Expression:
    value = operators.numeric(call.binder.caster, call.bound(1)[0])
    return _percentile(call, "0.5", value)


def _percentile(call: _Call, at: str, value: Expression) -> Expression:
    caster = call.binder.caster
    found = f"quantile_cont({caster.cast(value, REAL).sql}, {at}){call.over}"
    if value.type.kind == "real":
        return Expression(found, REAL)
    kind = fixed(38, min(value.type.scale + 3, 12))
    return Expression(f"CAST({found} AS {storage(kind)})", kind)


def _constant_fraction(call: _Call, node: exp.Expression) -> str:
    if not isinstance(node, exp.Literal) or node.is_string or not 0 <= float(str(node.this)) <= 1:
        raise compilation("001015", "22023", f"error line 1 at position 0\nargument 1 to function {call.name} needs to be constant between 0 and 1")
    return str(node.this)


def _approx_percentile(call: _Call) -> Expression:
    if len(call.arguments) != 2:
        raise wrong_argument_count(call.name, "2", len(call.arguments))
    value = operators.numeric(call.binder.caster, call.binder.bind(call.arguments[0]))
    at = _constant_fraction(call, call.arguments[1])
    return Expression(f"quantile_cont({call.binder.caster.cast(value, REAL).sql}, {at}){call.over}", REAL)


def _distinct_count(call: _Call) -> Expression:
    return Expression(f"CAST(count(DISTINCT {call.bound(1)[0].sql}){call.over} AS DECIMAL(38,0))", fixed(18, 0), False)


def _listagg(call: _Call) -> Expression:
    values = call.bound(1, 2)
    separator = call.binder.caster.cast(values[1], TEXT).sql if len(values) == 2 else "''"
    return Expression(f"coalesce({call.sql('string_agg', call.binder.caster.cast(values[0], TEXT).sql, separator)}, '')", TEXT, False)


def _array_agg(call: _Call) -> Expression:
    plain = call.bound(1)[0]
    value = call.binder.caster.cast(plain, VARIANT).sql
    call.distinct = call.distinct or call.name == "ARRAY_UNIQUE_AGG"
    if call.distinct:  # DuckDB sorts DISTINCT values by themselves only
        call.order = call.order.replace(plain.sql, value)
    listed = call.sql("list", value, condition=f"{value} IS NOT NULL")
    return Expression(f"('[' || coalesce(array_to_string({listed}, ','), '') || ']')", ARRAY, False)


def _object_agg(call: _Call) -> Expression:
    key, value = call.bound(2)
    pair = f"[{call.binder.caster.cast(key, TEXT).sql}, {call.binder.caster.cast(value, VARIANT).sql}]"
    return Expression(f"sf_object(coalesce(flatten({call.sql('list', pair)}), []), false)", OBJECT, False)


def _by(function: str):
    def bind(call: _Call) -> Expression:
        value, order = call.bound(2)
        return Expression(call.sql(function, value.sql, order.sql), value.type)

    return bind


def _boolean(function: str):
    def bind(call: _Call) -> Expression:
        return Expression(call.sql(function, call.binder.caster.cast(call.bound(1)[0], BOOLEAN).sql), BOOLEAN)

    return bind


_HANDLERS = {
    "COUNT": _count, "SUM": _sum, "AVG": _average, "MIN": _same_type("min"), "MAX": _same_type("max"),
    "ANY_VALUE": _same_type("any_value"), "MODE": _same_type("mode"), "COUNT_IF": _count_if, "MEDIAN": _median,
    "APPROX_PERCENTILE": _approx_percentile, "APPROX_COUNT_DISTINCT": _distinct_count, "HLL": _distinct_count,
    "LISTAGG": _listagg, "ARRAY_AGG": _array_agg, "ARRAY_UNIQUE_AGG": _array_agg, "OBJECT_AGG": _object_agg,
    "MIN_BY": _by("arg_min"), "MAX_BY": _by("arg_max"), "BOOLAND_AGG": _boolean("bool_and"), "BOOLOR_AGG": _boolean("bool_or"),
}


def _bind_window_only(call: _Call) -> Expression:
    name, caster = call.name, call.binder.caster
    if name in ("ROW_NUMBER", "RANK", "DENSE_RANK"):
        call.bound(0, 0)
        return Expression(f"CAST({call.sql(name.lower())} AS DECIMAL(38,0))", fixed(18, 0), False)
    if name in ("PERCENT_RANK", "CUME_DIST"):
        call.bound(0, 0)
        return Expression(call.sql(name.lower()), REAL, False)
    if name == "NTILE":
        buckets = caster.cast(call.bound(1)[0], INTEGER).sql
        return Expression(f"CAST({call.sql('ntile', f'CAST({buckets} AS BIGINT)')} AS DECIMAL(38,0))", fixed(18, 0), False)
    if name == "RATIO_TO_REPORT":
        value = operators.numeric(caster, call.bound(1)[0])
        return operators.divide(value, Expression(f"nullif({call.sql('sum', value.sql)}, 0)", value.type))
    values = call.bound(1, 3)
    arguments = [values[0].sql]
    if len(values) > 1:
        arguments.append(f"CAST({caster.cast(values[1], INTEGER).sql} AS BIGINT)")
    if len(values) > 2:
        arguments.append(caster.cast(values[2], values[0].type).sql)
    if name == "NTH_VALUE" and len(values) != 2 or name in ("FIRST_VALUE", "LAST_VALUE") and len(values) != 1:
        raise wrong_argument_count(name, "1", len(values))
    return Expression(call.sql(name.lower(), *arguments), values[0].type)


def order_items(binder: "ExpressionBinder", order: exp.Expression | None) -> str:
    """`ORDER BY …` of a window or WITHIN GROUP, NULLs placed as Snowflake places them."""
    if order is None:
        return ""
    return " ORDER BY " + ", ".join(ordered(item, order_key(binder.bind(item.this)).sql) for item in order.expressions)


def order_key(value: Expression) -> Expression:
    """A value that rows can be ordered by."""
    if value.type == DECFLOAT:
        raise unsupported("the order of DECFLOAT values")
    return value


def ordered(item: exp.Ordered, sql: str) -> str:
    """One sort key; NULL is the largest value unless the query says otherwise."""
    leftover(item, "this", "desc", "nulls_first", "_nulls_first")
    return f"{sql} {'DESC' if item.args.get('desc') else 'ASC'} NULLS {'FIRST' if item.args.get('nulls_first') else 'LAST'}"


def bind_within_group(binder: "ExpressionBinder", node: exp.WithinGroup, over: str = "") -> Expression:
    """`f(…) WITHIN GROUP (ORDER BY …)`."""
    leftover(node, "this", "expression")
    if not isinstance(node.this, exp.Anonymous):
        raise unsupported("WITHIN GROUP here")
    name, order = str(node.this.this).upper(), node.expression
    if name in ("PERCENTILE_CONT", "PERCENTILE_DISC"):
        call = _Call(binder, name, node.this.expressions, over=over)
        at = _constant_fraction(call, node.this.expressions[0])
        item = order.expressions[0]
        at = str(1 - float(at)) if item.args.get("desc") else at
        value = operators.numeric(binder.caster, binder.bind(item.this))
        if name == "PERCENTILE_DISC":
            return Expression(f"quantile_disc({value.sql}, {at}){over}", value.type)
        return _percentile(call, at, value)
    if name not in ("LISTAGG", "ARRAY_AGG"):
        raise compilation("001003", "42000", f"syntax error: WITHIN GROUP after {name}")
    return bind_aggregate(binder, name, node.this.expressions, order_items(binder, order), over)


def bind_window(binder: "ExpressionBinder", node: exp.Window) -> Expression:
    """`f(…) [IGNORE NULLS] OVER (…)`."""
    leftover(node, "this", "partition_by", "order", "spec", "over", "alias")
    inner, modifier = node.this, ""
    if isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)):
        modifier = " IGNORE NULLS" if isinstance(inner, exp.IgnoreNulls) else ""
        inner = inner.this
    if node.args.get("alias") is not None:
        raise unsupported("named windows")
    parts = []
    if node.args.get("partition_by"):
        parts.append("PARTITION BY " + ", ".join(binder.bind(item).sql for item in node.args["partition_by"]))
    parts.append(order_items(binder, node.args.get("order")).strip())
    target = inner.this if isinstance(inner, exp.WithinGroup) else inner
    if not isinstance(target, exp.Anonymous):
        raise compilation("001003", "42000", f"syntax error: OVER after '{target.sql()[:60]}'")
    name = str(target.this).upper()
    parts.append(_frame(node.args.get("spec"), name))
    over = " OVER (" + " ".join(part for part in parts if part) + ")"
    if isinstance(inner, exp.WithinGroup):
        return bind_within_group(binder, inner, over)
    if not is_aggregate(name):
        raise unknown_function(name)
    arguments = list(target.expressions)
    if arguments and isinstance(arguments[-1], (exp.IgnoreNulls, exp.RespectNulls)):
        modifier = " IGNORE NULLS" if isinstance(arguments[-1], exp.IgnoreNulls) else ""
        arguments[-1] = arguments[-1].this
    bound = bind_aggregate(binder, name, arguments, modifier, over)
    return bound


def _frame(spec: exp.WindowSpec | None, name: str) -> str:
    if spec is None:
        whole = name in ("FIRST_VALUE", "LAST_VALUE", "NTH_VALUE")
        return "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING" if whole else ""
    leftover(spec, "kind", "start", "start_side", "end", "end_side")

    def edge(value: object, side: object) -> str:
        shown = value.sql() if isinstance(value, exp.Expression) else str(value)
        if shown not in ("UNBOUNDED", "CURRENT ROW") and not shown.isdigit():
            raise unsupported("this window frame")
        return f"{shown} {side or ''}".strip()

    start = edge(spec.args["start"], spec.args.get("start_side"))
    end = spec.args.get("end")
    stop = edge(end, spec.args.get("end_side")) if end else "CURRENT ROW"
    return f"{spec.args['kind']} BETWEEN {start} AND {stop}"
