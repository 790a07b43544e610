"""What a session offers to query binding: rows made in Python as tables, views, finished results, running a bound query."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow

from . import cells
from .errors import SnowflakeError
from .result import Result
from .types import SnowType, column_meta, storage

if TYPE_CHECKING:
    from .catalog import Table
    from .query.select import BoundQuery
    from .session import EngineSession

_ARROW = {"fixed": pyarrow.decimal128(38, 0), "real": pyarrow.float64(), "boolean": pyarrow.bool_(), "time": pyarrow.int64()}


class RelationSupport:
    """Part of EngineSession."""

    def register_rows(self: "EngineSession", names: list[str], kinds: list[SnowType], rows: list[list[Any]]) -> str:
        """Rows in storage form as a FROM item with columns c1, c2, …; gone when the statement ends."""
        columns = []
        for index, kind in enumerate(kinds):
            values = [row[index] for row in rows]
            if kind.is_timestamp or (kind.kind == "fixed" and kind.scale == 0):
                columns.append(pyarrow.array([None if v is None else Decimal(v) for v in values], pyarrow.decimal128(38, 0)))
            elif kind.kind == "fixed":
                columns.append(pyarrow.array([None if v is None else str(v) for v in values], pyarrow.string()))
            else:
                columns.append(pyarrow.array(values, _ARROW.get(kind.kind, pyarrow.string())))
        name = f"rows_{len(self.registered)}"
        table = pyarrow.table(columns, names=[f"c{i + 1}" for i in range(len(kinds))])
        self.connection.register(name, table)
        self.registered.append(name)
        casts = ", ".join(f"CAST(c{i + 1} AS {storage(k)}) AS c{i + 1}" for i, k in enumerate(kinds))
        return f"(SELECT {casts} FROM {name})"

    def forget_registered(self: "EngineSession") -> None:
        """Drops the tables made by `register_rows`."""
        for name in self.registered:
            self.connection.unregister(name)
        self.registered.clear()

    def finished_result(self: "EngineSession", query_id: str | None) -> tuple[list[str], list[SnowType], list[list[Any]]]:
        """A result of this session for RESULT_SCAN; 000709 when it is gone."""
        result = self.finished.get(query_id or "")
        if result is None:
            raise SnowflakeError("000709", "02000", f"Statement {query_id} not found")
        kinds = []
        for column in result.columns:
            if column.type_name in ("date", "timestamp_tz", "binary"):
                raise SnowflakeError("000002", "0A000", f"Unsupported feature 'RESULT_SCAN of {column.type_name}'.")
            kinds.append(SnowType(column.type_name, column.precision or 0, column.scale or 0, column.length or 0))
        columns = [cells.decode_column(c, [row[i] for row in result.rows]) for i, c in enumerate(result.columns)]
        return [c.name for c in result.columns], kinds, [list(row) for row in zip(*columns)]

    def bind_view(self: "EngineSession", view: "Table") -> "BoundQuery":
        """The query of a view, bound with the view's own database and schema."""
        from .query.parsing import parse
        from .query.select import OutputColumn, QueryBinder

        database, schema = self.database, self.schema
        self.database, self.schema = view.database, view.schema
        try:
            parsed = parse(view.view_sql or "")
            bound = QueryBinder(self, parsed.strings, parsed.sql).bind_query(parsed.tree)
        finally:
            self.database, self.schema = database, schema
        for column, named in zip(bound.columns, view.columns):
            column.name = named.name
        bound.columns = [OutputColumn(c.name, c.type, c.nullable) for c in bound.columns]
        return bound

    def run_query(self: "EngineSession", bound: "BoundQuery", statement_type_id: int) -> Result:
        """Executes a bound query and encodes its rows."""
        kinds = [column.type for column in bound.columns]
        shown = ", ".join(cells.fetch_sql(f"o{i + 1}", kind) for i, kind in enumerate(kinds))
        rows = self.connection.execute(f"SELECT {shown} FROM ({bound.sql})").fetchall()
        metas = [column_meta(c.name, c.type, c.nullable) for c in bound.columns]
        return Result(metas, cells.encode_rows(rows, kinds), statement_type_id)
