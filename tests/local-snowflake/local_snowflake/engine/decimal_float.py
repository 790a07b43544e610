"""DECFLOAT: decimals of 38 digits with an exponent of their own, kept as their one canonical text.

From Snowflake's documentation: digits beyond 38 are rounded, exponents go from -16383 to 16384, there is no NaN and no
infinity. Equal values have equal texts; an order is not needed here and not known.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from .casts import NUMBER, not_numeric, numeric_out_of_range

_DIGITS = 38
_CONTEXT = Context(prec=_DIGITS, rounding=ROUND_HALF_UP, Emin=-999999, Emax=999999)


def canonical(source: str) -> str:
    """A number's text as DECFLOAT shows it: plain digits where 38 are enough, else digits and an exponent."""
    trimmed = source.strip()
    if not NUMBER.match(trimmed):
        raise not_numeric(source)
    try:
        value = _CONTEXT.create_decimal(Decimal(trimmed))
    except InvalidOperation:
        raise numeric_out_of_range(source) from None
    if not value:
        return "0"
    if not -16383 <= value.adjusted() <= 16384:
        raise numeric_out_of_range(source)
    value = value.normalize(_CONTEXT)
    digits, exponent = "".join(map(str, value.as_tuple().digits)), value.adjusted()
    if exponent < _DIGITS and len(digits) - exponent <= _DIGITS:
        return format(value, "f")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[0]}{'.' if len(digits) > 1 else ''}{digits[1:]}e{exponent}"


def of_double(value: float) -> str:
    """A double's shortest decimal."""
    return canonical(repr(value))
