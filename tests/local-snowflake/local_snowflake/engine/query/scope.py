"""Which columns a name may mean: the tables of a FROM clause, outer queries, select-list aliases."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from ..cast_sql import Expression
from ..errors import ambiguous_column, invalid_identifier
from ..types import SnowType


@dataclass
class SourceColumn:
    """A column of a table in FROM. `merged` ones are the right side of USING: only seen when qualified."""

    name: str
    sql: str
    type: SnowType
    nullable: bool = True
    merged: bool = False


@dataclass
class Source:
    """A table, subquery or function in FROM. `alias` is its Snowflake name, `parts` the names of a bare table."""

    alias: str
    columns: list[SourceColumn]
    parts: tuple[str, ...] = ()

    def matches(self, qualifier: tuple[str, ...]) -> bool:
        """True when `a.b.c` before a column means this source."""
        if not self.parts:
            return len(qualifier) == 1 and qualifier[0] == self.alias
        return tuple(self.parts[-len(qualifier):]) == qualifier

    def find(self, name: str) -> list[SourceColumn]:
        """The columns of this name."""
        return [column for column in self.columns if column.name == name]


@dataclass
class Scope:
    """One SELECT's names. `aliases` maps select-list aliases to their trees; `preferred` ones win over columns."""

    sources: list[Source] = field(default_factory=list)
    parent: "Scope | None" = None
    aliases: dict[str, exp.Expression] = field(default_factory=dict)
    preferred: dict[str, Expression] = field(default_factory=dict)
    expanding: set[str] = field(default_factory=set)

    def find(self, name: str, qualifier: tuple[str, ...]) -> Expression | None:
        """The column of this name in this SELECT; 002028 when two tables have it."""
        found: list[SourceColumn] = []
        for source in self.sources:
            if qualifier and not source.matches(qualifier):
                continue
            found += [c for c in source.find(name) if qualifier or not c.merged]
        if len(found) > 1:
            raise ambiguous_column(name)
        if not found:
            return None
        return Expression(found[0].sql, found[0].type, found[0].nullable, name=name)

    def find_outward(self, name: str, qualifier: tuple[str, ...]) -> Expression | None:
        """As `find`, then in the queries around this one."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.find(name, qualifier)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def positional(self, number: int, qualifier: tuple[str, ...]) -> Expression:
        """`$n`: the n-th column of the one table, or of the one named."""
        candidates = [s for s in self.sources if not qualifier or s.matches(qualifier)]
        if len(candidates) != 1 or not 1 <= number <= len(candidates[0].columns):
            raise invalid_identifier(f"${number}")
        column = candidates[0].columns[number - 1]
        return Expression(column.sql, column.type, column.nullable, name=f"${number}")
