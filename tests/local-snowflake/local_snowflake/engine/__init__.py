"""The SQL engine of the local Snowflake: statements in, results with Snowflake's cells, types and error numbers out.

What the server may use (everything else in this package is internal):

* `Engine(data_directory)`: one account. `engine.open_session(...)`, `engine.close()`, `engine.catalog` (users, roles,
  warehouses, databases), `engine.register_statement_handler(keywords, handler)`.
* `EngineSession.execute(sql_text, bindings, statement_parameters) -> Result`, `.close()`, `.database`, `.schema`,
  `.role`, `.warehouse`, `.parameters`; for COPY `.resolve_table`, `.cast_text`, `.append_rows`, `.load_text_rows`,
  `.select_over_rows`, `.storage_scope`.
* `SnowflakeError`, `Result`, `ColumnMeta`, `TableInfo`, `ColumnInfo`.
"""

from .catalog import ColumnInfo, TableInfo
from .engine import Engine
from .errors import SnowflakeError
from .result import ColumnMeta, Result
from .session import EngineSession

__all__ = [
    "ColumnInfo",
    "ColumnMeta",
    "Engine",
    "EngineSession",
    "Result",
    "SnowflakeError",
    "TableInfo",
]
