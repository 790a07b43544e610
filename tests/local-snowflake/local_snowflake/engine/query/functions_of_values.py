"""Conditional, conversion, rounding, text and VARIANT functions whose result type depends on their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from .. import types
from ..cast_sql import Expression, literal
from ..errors import compilation, wrong_arguments
from ..types import ARRAY, BINARY, BOOLEAN, DECFLOAT, INTEGER, OBJECT, REAL, TEXT, VARIANT, fixed, show, storage
from . import operators
from .function_table import get_dynamic, handles, need

if TYPE_CHECKING:
    from .expressions import ExpressionBinder


@handles("COALESCE", "NVL", "IFNULL")
def _coalesce(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 2, 2 if name != "COALESCE" else 999)
    values = [binder.bind(argument) for argument in arguments]
    kind, shown = binder.unify(values)
    return Expression(f"coalesce({', '.join(shown)})", kind, all(v.nullable for v in values))


@handles("IFF", "NVL2")
def _iff(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 3)
    values = [binder.bind(arguments[1]), binder.bind(arguments[2])]
    if name == "NVL2":
        return binder.choose([f"{binder.bind(arguments[0]).sql} IS NOT NULL"], values)
    return binder.choose([binder.condition(arguments[0])], values)


@handles("NULLIF")
def _nullif(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 2)
    left, right = binder.bind(arguments[0]), binder.bind(arguments[1])
    equal = operators.compare(binder.caster, "=", left, right).sql
    return Expression(f"(CASE WHEN {equal} THEN NULL ELSE {left.sql} END)", left.type)


@handles("EQUAL_NULL")
def _equal_null(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 2)
    found = operators.compare(binder.caster, "IS NOT DISTINCT FROM", binder.bind(arguments[0]), binder.bind(arguments[1]))
    return Expression(found.sql, BOOLEAN, False)


@handles("ZEROIFNULL", "NULLIFZERO")
def _zero_if_null(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 1)
    value = operators.numeric(binder.caster, binder.bind(arguments[0]))
    function = "coalesce" if name == "ZEROIFNULL" else "nullif"
    return Expression(f"{function}({value.sql}, CAST(0 AS {storage(value.type)}))", value.type, name == "NULLIFZERO")


@handles("DECODE")
def _decode(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 3, 999)
    value, rest = binder.bind(arguments[0]), arguments[1:]
    conditions, values = [], []
    while len(rest) >= 2:
        conditions.append(operators.compare(binder.caster, "IS NOT DISTINCT FROM", value, binder.bind(rest[0])).sql)
        values.append(binder.bind(rest[1]))
        rest = rest[2:]
    values.append(binder.bind(rest[0]) if rest else Expression("NULL", types.NULL))
    return binder.choose(conditions, values)


@handles("GREATEST", "LEAST")
def _greatest(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 1, 999)
    values = [binder.bind(argument) for argument in arguments]
    kind, shown = binder.unify(values)
    any_null = " OR ".join(f"{item} IS NULL" for item in shown)
    return Expression(f"(CASE WHEN {any_null} THEN NULL ELSE {name.lower()}({', '.join(shown)}) END)", kind)


# --- conversion ----------------------------------------------------------------------------------------------------
@handles("TO_NUMBER", "TO_DECIMAL", "TO_NUMERIC", "TRY_TO_NUMBER", "TRY_TO_DECIMAL", "TRY_TO_NUMERIC")
def _to_number(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 1, 3)
    numbers = []
    for node in arguments[1:]:
        if not isinstance(node, exp.Literal) or node.is_string or not str(node.this).isdigit():
            raise wrong_arguments(name, "precision and scale are constants; format strings are not supported here")
        numbers.append(int(str(node.this)))
    target = types.make_type("NUMBER", numbers)
    value = binder.bind(arguments[0])
    return binder.caster.cast(value, target, name.startswith("TRY_") and value.type.kind == "text")


_PLAIN = {"DOUBLE": REAL, "BOOLEAN": BOOLEAN, "DECFLOAT": DECFLOAT}


@handles(*(f"{prefix}{word}" for prefix in ("TO_", "TRY_TO_") for word in _PLAIN))
def _to_plain(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 1)
    value = binder.bind(arguments[0])
    return binder.caster.cast(value, _PLAIN[name.rpartition("_")[2]], name.startswith("TRY_") and value.type.kind == "text")


@handles("TO_CHAR", "TO_VARCHAR")
def _to_char(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 1, 2)
    value = binder.bind(arguments[0])
    if len(arguments) == 1:
        return binder.caster.cast(value, TEXT)
    if value.type.kind == "binary":
        form = binder.text_of(arguments[1], name).upper().replace("-", "")
        forms = {"HEX": "hex({})", "BASE64": "to_base64({})", "UTF8": "sf_decode_text({})"}
        if form not in forms:
            raise wrong_arguments(name, f"format {form}")
        return Expression(forms[form].format(value.sql), TEXT, value.nullable)
    if value.type.kind in ("date", "time") or value.type.is_timestamp:
        return binder.caster.cast(value, TEXT, formats={"format": literal(binder.text_of(arguments[1], name))})
    raise wrong_arguments(name, f"({show(value.type)}, VARCHAR): number formats are not supported here")


@handles("TO_BINARY", "TRY_TO_BINARY")
def _to_binary(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 1, 2)
    value = binder.bind(arguments[0])
    formats = {"BINARY_FORMAT": binder.text_of(arguments[1], name)} if len(arguments) == 2 else {}
    return binder.caster.cast(value, BINARY, name.startswith("TRY_"), formats)


@handles("TO_OBJECT", "TO_ARRAY", "AS_OBJECT", "AS_ARRAY")
def _to_shape(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 1)
    value, kind = binder.bind(arguments[0]), OBJECT if name.endswith("OBJECT") else ARRAY
    if name.startswith("AS_"):
        return Expression(f"sf_try_check_shape({binder.caster.cast(value, VARIANT).sql}, '{kind.kind}')", kind)
    if name == "TO_ARRAY" and not value.type.is_semi_structured:
        return Expression(f"('[' || {binder.caster.cast(value, VARIANT).sql} || ']')", ARRAY, value.nullable)
    return binder.caster.cast(value, kind)


@handles("HEX_ENCODE", "BASE64_ENCODE")
def _encode(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 1)
    value = binder.bind(arguments[0])
    data = value.sql if value.type.kind == "binary" else f"encode({binder.caster.cast(value, TEXT).sql})"
    return Expression(f"hex({data})" if name == "HEX_ENCODE" else f"to_base64({data})", TEXT, value.nullable)


# --- numbers -------------------------------------------------------------------------------------------------------
@handles("ROUND", "TRUNC", "TRUNCATE", "CEIL", "FLOOR")
def _round(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 1, 2)
    value = operators.numeric(binder.caster, binder.bind(arguments[0]))
    digits = 0
    if len(arguments) == 2:
        node = arguments[1].this if isinstance(arguments[1], exp.Neg) else arguments[1]
        if not isinstance(node, exp.Literal) or node.is_string or not str(node.this).isdigit():
            raise compilation("001015", "22023", f"error line 1 at position 0\nargument 2 to function {name} needs to be constant")
        digits = int(str(node.this)) * (-1 if isinstance(arguments[1], exp.Neg) else 1)
    if value.type.kind == "real":
        return _round_real(name, value, digits)
    if digits >= value.type.scale:
        return value
    scale = max(digits, 0)
    kind = fixed(value.type.precision - value.type.scale + scale + 1, scale)
    unit = f"CAST(1 AS DECIMAL(38,{scale}))" if digits >= 0 else f"CAST({10 ** -digits} AS DECIMAL(38,0))"
    if digits < 0:
        whole = f"CAST({value.sql} AS DECIMAL(38,{value.type.scale}))"
        nearest = {"ROUND": f"round({whole} / {10 ** -digits}::DOUBLE)", "CEIL": f"ceil({whole} / {10 ** -digits}::DOUBLE)",
                   "FLOOR": f"floor({whole} / {10 ** -digits}::DOUBLE)"}.get(name, f"trunc({whole} / {10 ** -digits}::DOUBLE)")
        return Expression(f"(CAST({nearest} AS DECIMAL(38,0)) * {unit})", fixed(38, 0), value.nullable)
    moved = f"CAST({value.sql} AS DECIMAL(38,{scale}))"
    if name == "ROUND":
        return Expression(moved, kind, value.nullable)
    step = f"CAST({format(10 ** -scale, f'.{scale}f')} AS DECIMAL(38,{scale}))"
    up = f"(CASE WHEN {moved} < {value.sql} THEN {moved} + {step} ELSE {moved} END)"
    down = f"(CASE WHEN {moved} > {value.sql} THEN {moved} - {step} ELSE {moved} END)"
    chosen = {"CEIL": up, "FLOOR": down}.get(name, f"(CASE WHEN {value.sql} < 0 THEN {up} ELSE {down} END)")
    return Expression(chosen, kind, value.nullable)


def _round_real(name: str, value: Expression, digits: int) -> Expression:
    if name == "ROUND":
        return Expression(f"round({value.sql}, {digits})", REAL, value.nullable)
    function = {"CEIL": "ceil", "FLOOR": "floor"}.get(name, "trunc")
    return Expression(f"({function}({value.sql} * pow(10, {digits})) / pow(10, {digits}))", REAL, value.nullable)


@handles("ABS", "SIGN")
def _absolute(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 1)
    value = operators.numeric(binder.caster, binder.bind(arguments[0]))
    if name == "SIGN":
        return Expression(f"CAST(sign({value.sql}) AS DECIMAL(38,0))", fixed(1, 0), value.nullable)
    return Expression(f"abs({value.sql})", value.type, value.nullable)


@handles("MOD")
def _modulo(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 2)
    return operators.arithmetic(binder.caster, "%", binder.bind(arguments[0]), binder.bind(arguments[1]))


@handles("DIV0", "DIV0NULL")
def _div0(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 2)
    left, right = (operators.numeric(binder.caster, binder.bind(argument)) for argument in arguments)
    divided = operators.arithmetic(binder.caster, "/", left, right)
    missing = f" OR {right.sql} IS NULL" if name == "DIV0NULL" else ""
    return Expression(f"(CASE WHEN {right.sql} = 0{missing} THEN CAST(0 AS {storage(divided.type)}) ELSE {divided.sql} END)", divided.type)


# --- text ----------------------------------------------------------------------------------------------------------
@handles("CONCAT")
def _concat(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 1, 999)
    return operators.concatenate(binder.caster, [binder.bind(argument) for argument in arguments])


@handles("CONCAT_WS")
def _concat_ws(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 2, 999)
    separator, *values = (binder.bind_as(argument, TEXT).sql for argument in arguments)
    return Expression("(" + f" || {separator} || ".join(values) + ")", TEXT)


@handles("SUBSTR", "SUBSTRING")
def _substr(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 2, 3)
    value = binder.bind(arguments[0])
    source = value.sql if value.type.kind == "binary" else binder.caster.cast(value, TEXT).sql
    start = f"CAST({binder.bind_as(arguments[1], INTEGER).sql} AS BIGINT)"
    if value.type.kind == "binary":
        raise wrong_arguments(name, "(BINARY, …) is not supported here")
    start = f"(CASE WHEN {start} = 0 THEN 1 ELSE {start} END)"
    if len(arguments) == 2:
        return Expression(f"substr({source}, {start})", TEXT, value.nullable)
    length = f"greatest(CAST({binder.bind_as(arguments[2], INTEGER).sql} AS BIGINT), 0)"
    return Expression(f"substr({source}, {start}, {length})", TEXT, value.nullable)


@handles("SPLIT_PART")
def _split_part(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 3)
    source, separator = (binder.bind_as(argument, TEXT).sql for argument in arguments[:2])
    number = f"CAST({binder.bind_as(arguments[2], INTEGER).sql} AS BIGINT)"
    return Expression(f"split_part({source}, {separator}, CASE WHEN {number} = 0 THEN 1 ELSE {number} END)", TEXT)


@handles("POSITION", "CHARINDEX")
def _position(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 2, 3)
    wanted, source = (binder.bind_as(argument, TEXT).sql for argument in arguments[:2])
    if len(arguments) == 2:
        return Expression(f"CAST(strpos({source}, {wanted}) AS DECIMAL(38,0))", fixed(18, 0))
    start = f"CAST({binder.bind_as(arguments[2], INTEGER).sql} AS BIGINT)"
    inner = f"strpos(substr({source}, {start}), {wanted})"
    return Expression(f"CAST(CASE WHEN {inner} = 0 THEN 0 ELSE {inner} + {start} - 1 END AS DECIMAL(38,0))", fixed(18, 0))


@handles("REGEXP_LIKE", "RLIKE", "REGEXP_REPLACE", "REGEXP_SUBSTR", "REGEXP_INSTR")
def _regexp(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 2, 3)
    values = [binder.bind_as(argument, TEXT).sql for argument in arguments]
    if name in ("REGEXP_LIKE", "RLIKE"):
        return Expression(f"regexp_full_match({', '.join(values)})", BOOLEAN)
    if name == "REGEXP_REPLACE":
        return Expression(f"regexp_replace({values[0]}, {values[1]}, {values[2] if len(values) == 3 else chr(39) * 2}, 'g')", TEXT)
    need(name, arguments, 2)
    found = f"regexp_extract({values[0]}, {values[1]})"
    if name == "REGEXP_SUBSTR":
        return Expression(f"(CASE WHEN regexp_matches({values[0]}, {values[1]}) THEN {found} END)", TEXT)
    return Expression(f"CAST(CASE WHEN regexp_matches({values[0]}, {values[1]}) THEN strpos({values[0]}, {found}) ELSE 0 END AS DECIMAL(38,0))", fixed(18, 0))


# --- VARIANT -------------------------------------------------------------------------------------------------------
@handles("OBJECT_CONSTRUCT", "OBJECT_CONSTRUCT_KEEP_NULL")
def _object_construct(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    keep = "true" if name.endswith("NULL") else "false"
    if len(arguments) == 1 and isinstance(arguments[0], exp.Star):
        columns = [c for source in binder.scope.sources for c in source.columns]
        parts = [p for c in columns for p in (literal(c.name), binder.caster.cast(Expression(c.sql, c.type), VARIANT).sql)]
    elif len(arguments) % 2:
        raise wrong_arguments(name, "an even number of arguments is needed")
    else:
        parts = [binder.bind_as(a, VARIANT if i % 2 else TEXT).sql for i, a in enumerate(arguments)]
    listed = f"[{', '.join(parts)}]" if parts else "CAST([] AS VARCHAR[])"
    return Expression(f"sf_object({listed}, {keep})", OBJECT, False)


@handles("ARRAY_CONSTRUCT", "ARRAY_CONSTRUCT_COMPACT")
def _array_construct(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    items = [f"coalesce({binder.bind_as(a, VARIANT).sql}, 'null')" for a in arguments]
    return Expression("('[' || " + " || ',' || ".join(items) + " || ']')" if items else "'[]'", ARRAY, False)


@handles("GET", "GET_IGNORE_CASE")
def _get(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 2)
    return get_dynamic(binder, binder.bind_as(arguments[0], VARIANT), binder.bind(arguments[1]))


@handles("SYSTEM$TYPEOF")
def _system_typeof(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 1)
    kind = binder.bind(arguments[0]).type
    size = {"fixed": "[SB16]", "text": "[LOB]", "null": "[LOB]", "timestamp_ntz": "[SB16]", "timestamp_ltz": "[SB16]",
            "timestamp_tz": "[SB16]", "date": "[SB4]", "time": "[SB8]", "real": "[DOUBLE]", "boolean": "[SB1]"}.get(kind.kind, "[LOB]")
    return Expression(literal(show(kind) + size), TEXT, False)


# --- session -------------------------------------------------------------------------------------------------------
@handles("CURRENT_DATABASE", "CURRENT_SCHEMA", "CURRENT_ROLE", "CURRENT_WAREHOUSE", "CURRENT_USER", "CURRENT_SESSION",
         "CURRENT_VERSION", "CURRENT_ACCOUNT", "CURRENT_REGION", "CURRENT_CLIENT", "LAST_QUERY_ID", "CURRENT_TRANSACTION",
         "CURRENT_SCHEMAS", "CURRENT_STATEMENT", "CURRENT_ACCOUNT_NAME", "CURRENT_ORGANIZATION_NAME")
def _context(binder: "ExpressionBinder", name: str, arguments: list[exp.Expression]) -> Expression:
    need(name, arguments, 0)
    value = binder.session.context_value(name)
    return Expression("CAST(NULL AS VARCHAR)" if value is None else literal(value), TEXT, value is None)
