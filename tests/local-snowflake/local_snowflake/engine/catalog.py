"""What exists: databases, schemas, tables, views, warehouses, roles, users, grants. Names map to physical DuckDB names.

Plain data with look-ups; statements that change it are in ddl.py and its neighbours. Kept as JSON in the DuckDB file.
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .errors import compilation, missing_object, no_current_database, no_current_schema
from .names import qualified
from .types import SnowType, show

if TYPE_CHECKING:
    from .session import EngineSession


def now_nanoseconds() -> int:
    """The clock of CREATED_ON columns."""
    return time.time_ns()


@dataclass
class Column:
    """A column. `physical` is its DuckDB name; `default_sql` Snowflake SQL; `identity` is (start, step)."""

    name: str
    type: SnowType
    physical: str
    nullable: bool = True
    default_sql: str | None = None
    comment: str | None = None
    identity: tuple[int, int] | None = None

    @property
    def type_text(self) -> str:
        """As DESCRIBE TABLE writes the type."""
        return show(self.type)


ColumnInfo = Column


@dataclass
class Table:
    """A table or view. `identity` is new for every CREATE; `physical` the DuckDB table; a view has `view_sql`."""

    database: str
    schema: str
    name: str
    columns: list[Column]
    identity: str = field(default_factory=lambda: uuid.uuid4().hex)
    physical: str = ""
    kind: str = "TABLE"
    comment: str | None = None
    primary_key: list[str] = field(default_factory=list)
    primary_key_name: str | None = None
    cluster_by: str = ""
    retention_days: int = 1
    owner: str = ""
    created: int = field(default_factory=now_nanoseconds)
    next_column: int = 1
    view_sql: str | None = None
    view_columns: list[str] | None = None
    change_tracking: bool = False
    iceberg: dict[str, str] | None = None

    @property
    def is_temporary(self) -> bool:
        """Seen by one session only."""
        return self.kind == "TEMPORARY"

    @property
    def qualified_name(self) -> str:
        """`DB.SCHEMA.NAME`, quoted where needed."""
        return qualified(self.database, self.schema, self.name)

    def column(self, name: str) -> Column | None:
        """The column of this name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    def add_column(self, name: str, kind: SnowType, **more: Any) -> Column:
        """Appends a column with a fresh physical name."""
        column = Column(name, kind, f"c{self.next_column}", **more)
        self.next_column += 1
        self.columns.append(column)
        return column


TableInfo = Table


def still(table: Table) -> Table:
    """The table with a column list of its own."""
    return replace(table, columns=list(table.columns))


@dataclass
class Schema:
    """A schema and its tables."""

    database: str
    name: str
    tables: dict[str, Table] = field(default_factory=dict)
    comment: str | None = None
    identity: str = field(default_factory=lambda: uuid.uuid4().hex)
    created: int = field(default_factory=now_nanoseconds)
    owner: str = ""
    retention_days: int = 1
    transient: bool = False


@dataclass
class Database:
    """A database and its schemas."""

    name: str
    schemas: dict[str, Schema] = field(default_factory=dict)
    comment: str | None = None
    created: int = field(default_factory=now_nanoseconds)
    owner: str = ""
    retention_days: int = 1
    transient: bool = False


@dataclass
class Warehouse:
    """A warehouse; nothing runs in it. What statements make of its state is in warehouses.py."""

    name: str
    size: str = "X-Small"
    auto_suspend: int | None = 600
    auto_resume: bool = True
    state: str = "STARTED"
    comment: str | None = None
    created: int = field(default_factory=now_nanoseconds)
    owner: str = "SYSADMIN"


@dataclass
class Role:
    """A role."""

    name: str
    comment: str | None = None
    created: int = field(default_factory=now_nanoseconds)


@dataclass
class User:
    """A user; authentication is the server's business."""

    name: str
    comment: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    created: int = field(default_factory=now_nanoseconds)


@dataclass
class Grant:
    """A privilege on an object, or a role, granted to a role or user."""

    privilege: str
    on_kind: str
    on_name: str
    to_kind: str
    to_name: str
    grantor: str
    created: int = field(default_factory=now_nanoseconds)


DEFAULT_WAREHOUSE = "DEMO_WH"
"""The DEFAULT_WAREHOUSE of every user: what a login that names none gets."""


class Catalog:
    """All objects of the account except temporary tables, which belong to their session."""

    def __init__(self) -> None:
        self.databases: dict[str, Database] = {}
        self.warehouses: dict[str, Warehouse] = {}
        self.roles: dict[str, Role] = {}
        self.users: dict[str, User] = {}
        self.grants: list[Grant] = []
        self.next_table = 1

    def fill_defaults(self) -> None:
        """The objects of a fresh account."""
        self.databases["DEMO"] = Database("DEMO", owner="SYSADMIN")
        self.databases["DEMO"].schemas["PUBLIC"] = Schema("DEMO", "PUBLIC", owner="SYSADMIN")
        self.warehouses[DEFAULT_WAREHOUSE] = Warehouse(DEFAULT_WAREHOUSE)
        self.grants.append(Grant("USAGE", "WAREHOUSE", DEFAULT_WAREHOUSE, "ROLE", "PUBLIC", "SYSADMIN"))
        for name in ("ACCOUNTADMIN", "SECURITYADMIN", "USERADMIN", "SYSADMIN", "PUBLIC"):
            self.roles[name] = Role(name)
        self.users["DEMO"] = User("DEMO")

    def new_physical_name(self) -> str:
        """A DuckDB table name never used before."""
        name = f"t{self.next_table}"
        self.next_table += 1
        return name

    def database(self, name: str) -> Database:
        """The database, or 002003."""
        found = self.databases.get(name)
        if found is None:
            raise missing_object("Database", name)
        return found

    def schema(self, database: str, name: str) -> Schema:
        """The schema, or 002003."""
        found = self.database(database).schemas.get(name)
        if found is None:
            raise missing_object("Schema", qualified(database, name))
        return found

    def complete(self, session: "EngineSession", parts: list[str]) -> tuple[str, str, str]:
        """Database, schema and name of a one- to three-part name, from the session where parts are missing."""
        if len(parts) == 3:
            return parts[0], parts[1], parts[2]
        if session.database is None:
            raise no_current_database()
        if len(parts) == 2:
            return session.database, parts[0], parts[1]
        if session.schema is None:
            raise no_current_schema()
        return session.database, session.schema, parts[0]

    def resolve_schema(self, session: "EngineSession", parts: list[str]) -> Schema:
        """The schema of a name of zero to two parts."""
        if len(parts) > 2:
            raise compilation("001003", "42000", "syntax error: too many parts in a schema name")
        if len(parts) == 2:
            return self.schema(parts[0], parts[1])
        if session.database is None:
            raise no_current_database()
        if parts:
            return self.schema(session.database, parts[0])
        if session.schema is None:
            raise no_current_schema()
        return self.schema(session.database, session.schema)

    def find_table(self, session: "EngineSession", parts: list[str]) -> Table | None:
        """The table of a name, a temporary one of the session first; None when there is none."""
        key = self.complete(session, parts)
        if key in session.temporary_tables:
            return session.temporary_tables[key]
        database = self.databases.get(key[0])
        schema = database.schemas.get(key[1]) if database else None
        return schema.tables.get(key[2]) if schema else None

    def table(self, session: "EngineSession", parts: list[str], kind: str = "Table") -> Table:
        """The table of a name, or 002003 as Snowflake words it."""
        found = self.find_table(session, parts)
        if found is None:
            if len(parts) > 1:
                database, schema, _ = self.complete(session, parts)
                self.schema(database, schema)
            raise missing_object(kind, qualified(*parts))
        return found

    def table_to_change(self, session: "EngineSession", parts: list[str]) -> Table:
        """As `table`, with its columns as they are now: ALTER TABLE elsewhere must not reach into a running statement."""
        return still(self.table(session, parts))

    # --- keeping ---------------------------------------------------------------------------------------------------
    def dump(self) -> str:
        """The whole catalog as JSON."""
        return json.dumps({
            "next_table": self.next_table,
            "databases": [asdict(database) for database in self.databases.values()],
            "warehouses": [asdict(item) for item in self.warehouses.values()],
            "roles": [asdict(item) for item in self.roles.values()],
            "users": [asdict(item) for item in self.users.values()],
            "grants": [asdict(item) for item in self.grants],
        })

    def load(self, body: str) -> None:
        """The inverse of `dump`."""
        data = json.loads(body)
        self.next_table = data["next_table"]
        for raw in data["databases"]:
            schemas = raw.pop("schemas")
            database = Database(**raw)
            self.databases[database.name] = database
            for raw_schema in schemas.values():
                tables = raw_schema.pop("tables")
                schema = Schema(**raw_schema)
                database.schemas[schema.name] = schema
                schema.tables = {name: _load_table(raw_table) for name, raw_table in tables.items()}
        self.warehouses = {raw["name"]: Warehouse(**raw) for raw in data["warehouses"]}
        self.roles = {raw["name"]: Role(**raw) for raw in data["roles"]}
        self.users = {raw["name"]: User(**raw) for raw in data["users"]}
        self.grants = [Grant(**raw) for raw in data["grants"]]


def _load_table(raw: dict[str, Any]) -> Table:
    columns = []
    for column in raw.pop("columns"):
        kind = SnowType(**column.pop("type"))
        identity = column.pop("identity")
        columns.append(Column(type=kind, identity=tuple(identity) if identity else None, **column))
    return Table(columns=columns, **raw)
