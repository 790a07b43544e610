"""What the server keeps besides tables and objects: stages, file formats, integrations, load history, master keys.

One SQLite file. Nothing here knows SQL statements or HTTP.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .database import Database

LOAD_HISTORY_SECONDS = 64 * 24 * 3600
"""How long a table remembers the files it loaded (documented by Snowflake: 64 days)."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS stage (
  identity TEXT PRIMARY KEY, schema_identity TEXT NOT NULL, database TEXT NOT NULL, schema TEXT NOT NULL,
  name TEXT NOT NULL, session TEXT, properties TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS file_format (
  schema_identity TEXT NOT NULL, name TEXT NOT NULL, session TEXT, options TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS integration (name TEXT PRIMARY KEY, properties TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS load_history (
  table_identity TEXT NOT NULL, object_key TEXT NOT NULL, etag TEXT NOT NULL, loaded REAL NOT NULL,
  PRIMARY KEY (table_identity, object_key));
CREATE TABLE IF NOT EXISTS master_key (
  smk_id INTEGER PRIMARY KEY, query_id TEXT NOT NULL, key BLOB NOT NULL, created REAL NOT NULL);
"""


@dataclass(frozen=True)
class Stage:
    """A named stage; `session` is set for a temporary one. `properties` are what staging/stages.py makes of the statement."""

    identity: str
    schema_identity: str
    database: str
    schema: str
    name: str
    session: str | None
    properties: dict
    created: float


class Catalog:
    """Thread-safe access to the file. `remove_staged` deletes the objects under a prefix: they go with their stage."""

    def __init__(self, directory: Path, remove_staged: Callable[[str], None]) -> None:
        self._remove_staged = remove_staged
        self._database = Database(directory / "stages.sqlite", SCHEMA)
        self._run, self._rows = self._database.run, self._database.rows
        self._forget_temporary()

    def close(self) -> None:
        """Ends the use of the file."""
        self._database.close()

    def _forget_temporary(self) -> None:
        for (identity,) in self._rows("SELECT identity FROM stage WHERE session IS NOT NULL"):
            self.drop_stage(identity)
        self._run("DELETE FROM file_format WHERE session IS NOT NULL")

    # -- stages ---------------------------------------------------------------------------------------------------

    def create_stage(
        self, schema_identity: str, database: str, schema: str, name: str, session: str | None, properties: dict
    ) -> str:
        """Registers a stage and returns its identity, under which its objects lie."""
        identity = f"stages/{uuid.uuid4().hex}/"
        self._run(
            "INSERT INTO stage VALUES (?,?,?,?,?,?,?,?)",
            identity, schema_identity, database, schema, name, session, json.dumps(properties), time.time(),
        )  # fmt: skip
        return identity

    def find_stage(self, schema_identity: str, name: str, session: str) -> Stage | None:
        """The stage that the name means in the session: a temporary one hides a permanent one."""
        rows = self._rows(
            "SELECT * FROM stage WHERE schema_identity=? AND name=? AND (session IS NULL OR session=?)"
            " ORDER BY session IS NULL",
            schema_identity, name, session,
        )  # fmt: skip
        return _stage(rows[0]) if rows else None

    def stages_of(self, schema_identity: str, session: str) -> list[Stage]:
        """The stages of a schema that the session can see, by name."""
        rows = self._rows(
            "SELECT * FROM stage WHERE schema_identity=? AND (session IS NULL OR session=?) ORDER BY name",
            schema_identity, session,
        )  # fmt: skip
        return [_stage(row) for row in rows]

    def alter_stage(self, identity: str, properties: dict) -> None:
        """Replaces the properties of a stage."""
        self._run("UPDATE stage SET properties=? WHERE identity=?", json.dumps(properties), identity)

    def drop_stage(self, identity: str) -> None:
        """Removes a stage and everything in it."""
        self._remove_staged(identity)
        self._run("DELETE FROM stage WHERE identity=?", identity)

    def drop_schema(self, schema_identity: str) -> None:
        """Removes what a dropped schema held."""
        for (identity,) in self._rows("SELECT identity FROM stage WHERE schema_identity=?", schema_identity):
            self.drop_stage(identity)
        self._run("DELETE FROM file_format WHERE schema_identity=?", schema_identity)

    def drop_session(self, session: str) -> None:
        """Removes the temporary stages and file formats of a closed session."""
        for (identity,) in self._rows("SELECT identity FROM stage WHERE session=?", session):
            self.drop_stage(identity)
        self._run("DELETE FROM file_format WHERE session=?", session)

    # -- file formats ---------------------------------------------------------------------------------------------

    def create_file_format(self, schema_identity: str, name: str, session: str | None, options: dict) -> None:
        """Registers a named file format."""
        self._run(
            "INSERT INTO file_format VALUES (?,?,?,?,?)",
            schema_identity,
            name,
            session,
            json.dumps(options),
            time.time(),
        )

    def find_file_format(self, schema_identity: str, name: str, session: str) -> dict | None:
        """The options given when the format was made."""
        rows = self._rows(
            "SELECT options FROM file_format WHERE schema_identity=? AND name=? AND (session IS NULL OR session=?)"
            " ORDER BY session IS NULL",
            schema_identity, name, session,
        )  # fmt: skip
        return json.loads(rows[0][0]) if rows else None

    def file_formats_of(self, schema_identity: str | None, session: str) -> list[tuple[str, dict, float]]:
        """Name, options and time of creation of the formats of a schema, or of all."""
        rows = self._rows(
            "SELECT name, options, created FROM file_format WHERE (? IS NULL OR schema_identity=?)"
            " AND (session IS NULL OR session=?) ORDER BY name",
            schema_identity, schema_identity, session,
        )  # fmt: skip
        return [(name, json.loads(options), created) for name, options, created in rows]

    def drop_file_format(self, schema_identity: str, name: str, session: str) -> bool:
        """Removes a named file format; False when there is none."""
        return bool(
            self._run(
                "DELETE FROM file_format WHERE schema_identity=? AND name=? AND (session IS NULL OR session=?)",
                schema_identity,
                name,
                session,
            )  # fmt: skip
        )

    # -- storage integrations -------------------------------------------------------------------------------------

    def put_integration(self, name: str, properties: dict) -> None:
        """Registers an integration of the account, or replaces its properties."""
        self._run(
            "INSERT INTO integration VALUES (?,?,?) ON CONFLICT (name) DO UPDATE SET properties=excluded.properties",
            name, json.dumps(properties), time.time(),
        )  # fmt: skip

    def find_integration(self, name: str) -> dict | None:
        """The properties of an integration."""
        rows = self._rows("SELECT properties FROM integration WHERE name=?", name)
        return json.loads(rows[0][0]) if rows else None

    def integrations(self) -> list[tuple[str, dict, float]]:
        """Name, properties and time of creation of every integration."""
        rows = self._rows("SELECT * FROM integration ORDER BY name")
        return [(name, json.loads(properties), created) for name, properties, created in rows]

    def drop_integration(self, name: str) -> None:
        """Removes an integration."""
        self._run("DELETE FROM integration WHERE name=?", name)

    # -- load history ---------------------------------------------------------------------------------------------

    def loaded_etags(self, table_identity: str) -> dict[str, str]:
        """Object key to ETag for each file the table loaded and still remembers."""
        oldest = time.time() - LOAD_HISTORY_SECONDS
        return dict(
            self._rows(
                "SELECT object_key, etag FROM load_history WHERE table_identity=? AND loaded>=?", table_identity, oldest
            )
        )

    def remember_loads(self, table_identity: str, loaded: dict[str, str]) -> None:
        """Adds files to the load history of a table."""
        with self._database.lock:
            now = time.time()
            for key, etag in loaded.items():
                self._run("INSERT OR REPLACE INTO load_history VALUES (?,?,?,?)", table_identity, key, etag, now)

    def forget_loads(self, table_identity: str) -> None:
        """Drops the load history of a table."""
        self._run("DELETE FROM load_history WHERE table_identity=?", table_identity)

    def age_load_history(self, seconds: float) -> None:
        """Makes every remembered load older, so that a test can see the 64 days pass."""
        self._run("UPDATE load_history SET loaded = loaded - ?", seconds)

    # -- master keys ----------------------------------------------------------------------------------------------

    def add_master_key(self, smk_id: int, query_id: str, key: bytes) -> None:
        """Remembers the key that one PUT statement gave out."""
        self._run("INSERT INTO master_key VALUES (?,?,?,?)", smk_id, query_id, key, time.time())

    def master_key(self, smk_id: int) -> tuple[str, bytes] | None:
        """Query id and key of a PUT statement, by the id its material carried."""
        rows = self._rows("SELECT query_id, key FROM master_key WHERE smk_id=?", smk_id)
        return (rows[0][0], rows[0][1]) if rows else None


def _stage(row: tuple) -> Stage:
    identity, schema_identity, database, schema, name, session, properties, created = row
    return Stage(identity, schema_identity, database, schema, name, session, json.loads(properties), created)
