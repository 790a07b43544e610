"""What COPY needs of a session: casting texts to columns, appending rows, transforming staged rows with a SELECT list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow

from . import casts, changes
from .cast_sql import Expression
from .catalog import Column, Table, still
from .errors import SnowflakeError, compilation
from .failures import translate
from .query.parsing import parse
from .query.scope import Source, SourceColumn
from .query.select import BoundQuery, QueryBinder
from .result import STATEMENT_SELECT, Result
from .types import TEXT, VARIANT, SnowType, storage

if TYPE_CHECKING:
    from .session import EngineSession


class CopySupport:
    """Part of EngineSession."""

    def cast_text(self: "EngineSession", text: str, kind: SnowType, formats: dict[str, str]) -> object:
        """One text as a storage value of a column type; SnowflakeError 100038 and others."""
        return casts.cast_text(text, kind, formats, self.parameter("TIMEZONE"))

    def cast_column(self: "EngineSession", texts: list[str | None], kind: SnowType, formats: dict[str, str]) -> list[object]:
        """Many texts; a failure carries `row_index`."""
        zone, values = self.parameter("TIMEZONE"), []
        for index, text in enumerate(texts):
            try:
                values.append(None if text is None else casts.cast_text(text, kind, formats, zone))
            except SnowflakeError as error:
                error.row_index = index
                raise
        return values

    def append_rows(self: "EngineSession", table: Table, column_names: list[str] | None, rows: list[tuple[Any, ...]]) -> int:
        """Appends rows of storage values in the current transaction."""
        table = still(table)
        columns = changes.target_columns(table, column_names) if column_names else table.columns
        kinds = [column.type for column in columns]
        days = [[_days(v, k) for v, k in zip(row, kinds)] for row in rows]
        with changes.writing(self, table, exclusive=False) as mark:
            source = self._register_storage(kinds, days)
            values = {c.name: Expression(f"c{i + 1}", c.type) for i, c in enumerate(columns)}
            return self.retried(lambda: changes.insert_rows(self, table, values, source, mark))

    def _register_storage(self: "EngineSession", kinds: list[SnowType], rows: list[list[Any]]) -> str:
        arrays, shown = [], []
        for index, kind in enumerate(kinds):
            values = [row[index] for row in rows]
            name = f"c{index + 1}"
            if kind.kind == "date":
                arrays.append(pyarrow.array(values, pyarrow.int32()))
                shown.append(f"(DATE '1970-01-01' + {name}) AS {name}")
                continue
            if kind.kind == "binary":
                arrays.append(pyarrow.array(values, pyarrow.binary()))
            elif kind.kind in ("boolean", "real"):
                arrays.append(pyarrow.array(values, pyarrow.bool_() if kind.kind == "boolean" else pyarrow.float64()))
            else:
                arrays.append(pyarrow.array([None if v is None else str(v) for v in values], pyarrow.string()))
            shown.append(f"CAST({name} AS {storage(kind)}) AS {name}")
        physical = f"rows_{len(self.registered)}"
        self.connection.register(physical, pyarrow.table(arrays, names=[f"c{i + 1}" for i in range(len(kinds))]))
        self.registered.append(physical)
        return f"(SELECT {', '.join(shown)} FROM {physical})"

    def _register_texts(
        self: "EngineSession", columns_of_text: list[list[str | None]], alias: str | None, kind: SnowType = TEXT
    ) -> Source:
        names = [f"c{i + 1}" for i in range(len(columns_of_text))]
        physical = f"rows_{len(self.registered)}"
        arrays = [pyarrow.array(column, pyarrow.string()) for column in columns_of_text]
        self.connection.register(physical, pyarrow.table(arrays, names=names))
        self.registered.append(physical)
        return Source(physical, [SourceColumn(f"${i + 1}", f"{physical}.{n}", kind) for i, n in enumerate(names)])

    def load_text_rows(
        self: "EngineSession",
        table: Table,
        column_names: list[str] | None,
        columns_of_text: list[list[str | None]],
        formats: dict[str, str],
        select_list: str | None = None,
        alias: str | None = None,
        as_variants: bool = False,
    ) -> int:
        """COPY's fast way: casts texts (one list per `$n`) to the columns and appends them, all or nothing.

        With `select_list` the texts are `$1`, `$2`, … of that list. A failure carries `row_index` and `column_name`
        when the place is known. With `as_variants` the texts are JSON, not strings.
        """
        table = still(table)
        columns = changes.target_columns(table, column_names) if column_names else table.columns
        if not columns_of_text or not columns_of_text[0]:
            return 0
        texts = self._register_texts(columns_of_text, alias, VARIANT if as_variants else TEXT)
        bound = self._bind_rows(select_list, alias, texts) if select_list is not None else None
        if bound is None:
            source = texts.alias
            found = [Expression(f"c{i + 1}", TEXT) for i in range(len(columns_of_text))]
        else:
            source = f"({bound.sql})"
            found = [Expression(f"o{i + 1}", c.type) for i, c in enumerate(bound.columns)]
        if len(found) > len(columns) or (bound is not None and len(found) != len(columns)):
            raise compilation("002020", "21S01", f"Insert value list does not match column list expecting {len(columns)} but got {len(found)}")
        values = {c.name: self._load_cast(e, c, formats) for c, e in zip(columns, found)}
        for column in columns[len(found):]:
            values[column.name] = Expression(f"CAST(NULL AS {storage(column.type)})", column.type)
        try:
            with changes.writing(self, table, exclusive=False) as mark:
                return self.retried(lambda: changes.insert_rows(self, table, values, source, mark))
        except duckdb.Error as error:
            failure = translate(error)
            if bound is None:
                self._locate(failure, columns, columns_of_text, formats)
            raise failure from error

    def _load_cast(self: "EngineSession", value: Expression, column: Column, formats: dict[str, str]) -> Expression:
        kind = column.type
        if kind.is_semi_structured and value.type.kind == "text":
            parsed = f"sf_parse_json({value.sql}, '')"
            return Expression(parsed if kind.kind == "variant" else f"sf_check_shape({parsed}, '{kind.kind}')", kind)
        used = formats if value.type.kind == "text" else {}
        if kind.kind == "text" and value.type.kind == "text" and kind.length < 134_217_728:
            limited = f"(CASE WHEN {value.sql} IS NULL OR length({value.sql}) <= {kind.length} THEN {value.sql} ELSE sf_too_long({value.sql}) END)"
            return Expression(limited, kind)
        return self.caster.cast(value, kind, formats=used)

    def _locate(self: "EngineSession", failure: SnowflakeError, columns: list[Column], texts: list[list[str | None]], formats: dict[str, str]) -> None:
        """Finds the first row and column that do not convert, and makes the failure that one."""
        zone, worst = self.parameter("TIMEZONE"), None
        for column, cells in zip(columns, texts):
            for index, text in enumerate(cells if worst is None else cells[:worst]):
                try:
                    if text is None and not column.nullable:
                        raise SnowflakeError("100072", "22000", "NULL result in a non-nullable column")
                    if text is not None:
                        casts.cast_text(text, column.type, formats, zone)
                except SnowflakeError as error:
                    worst = index
                    failure.code, failure.sql_state, failure.message = error.code, error.sql_state, error.message
                    failure.row_index, failure.column_name = index, column.name
                    break

    def _bind_rows(self: "EngineSession", select_list: str, alias: str | None, texts: Source) -> BoundQuery:
        parsed = parse(f"SELECT {select_list} FROM @rows" + (f" {alias}" if alias else ""))
        return QueryBinder(self, parsed.strings, parsed.sql, rows=texts).bind_query(parsed.tree)

    def select_over_rows(
        self: "EngineSession",
        select_list: str,
        alias: str | None,
        rows: list[list[str | None]],
        column_count: int,
        types: list[SnowType] | None = None,
    ) -> list[tuple[Any, ...]]:
        """The SELECT list over rows of text, as storage values cast to `types`; ready for `append_rows`."""
        columns = [[row[i] if i < len(row) else None for row in rows] for i in range(column_count)]
        bound = self._bind_rows(select_list, alias, self._register_texts(columns, alias))
        kinds = types or [column.type for column in bound.columns]
        shown = []
        for index, (column, kind) in enumerate(zip(bound.columns, kinds)):
            value = self.caster.cast(Expression(f"o{index + 1}", column.type), kind).sql
            shown.append(f"({value} - DATE '1970-01-01')" if kind.kind == "date" else value)
        return self.connection.execute(f"SELECT {', '.join(shown)} FROM ({bound.sql})").fetchall()

    def query_over_rows(self: "EngineSession", select_list: str, alias: str | None, columns_of_text: list[list[str | None]]) -> Result:
        """`SELECT list FROM @stage` as a result for the client."""
        texts = self._register_texts(columns_of_text, alias)
        return self.run_query(self._bind_rows(select_list, alias, texts), STATEMENT_SELECT)


def _days(value: Any, kind: SnowType) -> Any:
    if kind.kind == "date" and hasattr(value, "toordinal"):
        return value.toordinal() - 719_163
    return value
