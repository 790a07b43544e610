"""Arithmetic, comparison and concatenation with Snowflake's result types. NUMBER results are exact."""

from __future__ import annotations

from ..cast_sql import Caster, Expression, failure, invalid_cast
from ..errors import SnowflakeError, compilation, unsupported
from ..types import BOOLEAN, DATE, DECFLOAT, INTEGER, REAL, SnowType, fixed, show, storage, text


def mismatch(operator: str, left: Expression, right: Expression) -> SnowflakeError:
    """001065-like: the operator does not take these types."""
    return compilation("001065", "22023", f"error line 1 at position 0\nFunction {operator} cannot be used with arguments of types {show(left.type)} and {show(right.type)}")


def numeric(caster: Caster, value: Expression) -> Expression:
    """An operand of arithmetic: numbers as they are, text and VARIANT as FLOAT or NUMBER."""
    if value.type.kind in ("fixed", "real"):
        return value
    if value.type.kind == "null":
        return caster.cast(value, INTEGER)
    if value.type.kind == "text" or value.type.kind == "variant":
        return caster.cast(value, fixed(38, 5) if value.type.kind == "text" else REAL)
    if value.type.kind == "boolean":
        return caster.cast(value, fixed(1, 0))
    raise invalid_cast(value.type, INTEGER)


def arithmetic(caster: Caster, operator: str, left: Expression, right: Expression) -> Expression:
    """`left operator right` for + - * / %."""
    if "date" in (left.type.kind, right.type.kind) or left.type.is_timestamp or right.type.is_timestamp:
        return _with_dates(caster, operator, left, right)
    left, right = numeric(caster, left), numeric(caster, right)
    nullable = left.nullable or right.nullable
    if "real" in (left.type.kind, right.type.kind):
        a, b = caster.cast(left, REAL).sql, caster.cast(right, REAL).sql
        if operator in ("/", "%"):
            b = _checked_divisor(b, "DOUBLE")
        return Expression(f"({a} {operator} {b})", REAL, nullable)
    if operator in ("+", "-"):
        return _sum(caster, operator, left, right, nullable)
    if operator == "*":
        return _product(left, right, nullable)
    if operator == "%":
        kind = caster.common_type(left.type, right.type)
        b = _checked_divisor(_at_scale(right, kind.scale), storage(kind))
        return Expression(f"({_at_scale(left, kind.scale)} % {b})", kind, nullable)
    return divide(left, right, nullable)


def _at_scale(value: Expression, scale: int) -> str:
    return value.sql if value.type.scale == scale else f"CAST({value.sql} AS DECIMAL(38,{scale}))"


def _sum(caster: Caster, operator: str, left: Expression, right: Expression, nullable: bool) -> Expression:
    common = caster.common_type(left.type, right.type)
    kind = fixed(common.precision + 1, common.scale)
    return Expression(f"({_at_scale(left, kind.scale)} {operator} {_at_scale(right, kind.scale)})", kind, nullable)


def _product(left: Expression, right: Expression, nullable: bool) -> Expression:
    one, two = left.type.scale, right.type.scale
    scale = min(one + two, max(one, two, 12))
    kind = fixed(left.type.precision + right.type.precision, scale)
    if one + two <= 18:  # DuckDB refuses what does not fit 38 digits
        product = f"({left.sql} * {right.sql})"
        return Expression(product if scale == one + two else f"CAST({product} AS DECIMAL(38,{scale}))", kind, nullable)
    slow = f"CAST(sf_multiply(CAST({left.sql} AS VARCHAR), CAST({right.sql} AS VARCHAR), {scale}) AS DECIMAL(38,{scale}))"
    return Expression(slow, kind, nullable)


def _checked_divisor(sql: str, kind: str) -> str:
    error = failure("100051", "22012", "'Division by zero'")
    return f"(CASE WHEN {sql} = 0 THEN CAST({error} AS {kind}) ELSE {sql} END)"


def divide(left: Expression, right: Expression, nullable: bool = True) -> Expression:
    """Exact division: scale of the dividend plus 6 (at most 12), rounded half away from zero; 100051 by zero."""
    scale = max(left.type.scale, min(left.type.scale + 6, 12))
    whole = left.type.precision - left.type.scale + right.type.scale
    kind = fixed(min(38, whole + scale), scale)
    divisor = _checked_divisor(right.sql, storage(right.type))
    return Expression(quotient(left.sql, divisor, scale), kind, nullable)


def quotient(left: str, right: str, scale: int) -> str:
    """SQL of an exact quotient of two decimals."""
    return f"CAST(sf_divide(CAST({left} AS VARCHAR), CAST({right} AS VARCHAR), {scale}) AS DECIMAL(38,{scale}))"


def _with_dates(caster: Caster, operator: str, left: Expression, right: Expression) -> Expression:
    if operator == "-" and left.type == right.type == DATE:
        return Expression(f"CAST({left.sql} - {right.sql} AS DECIMAL(38,0))", fixed(9, 0))
    if operator == "+" and right.type == DATE:
        left, right = right, left
    if left.type == DATE and right.type.kind in ("fixed", "text", "null") and operator in ("+", "-"):
        days = caster.cast(right, INTEGER).sql
        return Expression(f"({left.sql} {operator} CAST({days} AS INTEGER))", DATE)
    raise mismatch(operator, left, right)


def comparable(caster: Caster, left: Expression, right: Expression) -> tuple[str, str, SnowType]:
    """Both sides as SQL of one comparable DuckDB type; time zones compare by instant."""
    kind = caster.compared_type(left.type, right.type)
    if kind.kind == "fixed" and left.type.kind == right.type.kind == "fixed":
        return left.sql, right.sql, kind
    if kind.kind == "timestamp_tz":
        kind = SnowType("timestamp_ltz", scale=9)
    return caster.cast(left, kind).sql, caster.cast(right, kind).sql, kind


def compare(caster: Caster, operator: str, left: Expression, right: Expression) -> Expression:
    """`left operator right` for = <> < <= > >= and the two DISTINCT FROM forms."""
    a, b, kind = comparable(caster, left, right)
    if kind == DECFLOAT and operator.startswith(("<", ">")) and operator != "<>":
        raise unsupported("the order of DECFLOAT values")
    return Expression(f"({a} {operator} {b})", BOOLEAN, left.nullable or right.nullable)


def concatenate(caster: Caster, values: list[Expression]) -> Expression:
    """`a || b`; NULL when any is NULL; BINARY when all are."""
    if values and all(value.type.kind == "binary" for value in values):
        return Expression("(" + " || ".join(value.sql for value in values) + ")", values[0].type)
    parts = [caster.cast(value, text()).sql for value in values]
    length = min(sum(max(value.type.length, 40) if value.type.kind == "text" else 40 for value in values), 16777216)
    return Expression("(" + " || ".join(parts) + ")", text(length), any(value.nullable for value in values))
