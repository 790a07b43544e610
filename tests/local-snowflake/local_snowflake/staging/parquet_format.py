"""File format options of PARQUET, as far as loading has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .tokens import Tokens

COMPRESSIONS = ("AUTO", "SNAPPY", "NONE")


@dataclass(frozen=True)
class ParquetFormat:
    """The options with Snowflake's documented defaults. `compression` is accepted only: the file itself says how it is."""

    compression: str = "AUTO"
    binary_as_text: bool = True
    use_logical_type: bool = False
    use_vectorized_scanner: bool = False
    trim_space: bool = False
    replace_invalid_characters: bool = False
    null_if: tuple[str, ...] = ("\\N",)

    def formats(self) -> dict[str, str]:
        """The options that steer casts, as the engine takes them."""
        return {"DATE_FORMAT": "AUTO", "TIME_FORMAT": "AUTO", "TIMESTAMP_FORMAT": "AUTO", "BINARY_FORMAT": "HEX"}


def _compression(tokens: Tokens) -> str:
    return (tokens.string() if tokens.current.kind == "string" else tokens.keyword()).upper()


def _null_if(tokens: Tokens) -> tuple[str, ...]:
    return tuple(tokens.strings()) if tokens.current.text == "(" else (tokens.string(),)


READERS: dict[str, Callable[[Tokens], object]] = {
    "COMPRESSION": _compression,
    "BINARY_AS_TEXT": Tokens.boolean,
    "USE_LOGICAL_TYPE": Tokens.boolean,
    "USE_VECTORIZED_SCANNER": Tokens.boolean,
    "TRIM_SPACE": Tokens.boolean,
    "REPLACE_INVALID_CHARACTERS": Tokens.boolean,
    "NULL_IF": _null_if,
}
