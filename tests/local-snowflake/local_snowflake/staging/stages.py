"""CREATE, ALTER, DROP, DESCRIBE and SHOW of named internal stages."""

from __future__ import annotations

from datetime import datetime, timezone

from ..engine import ColumnMeta, EngineSession, Result, SnowflakeError
from ..service import Service
from .file_format import build_format, read_parenthesised, storable
from .locations import missing_stage
from .results import status, table
from .tokens import Tokens

ENCRYPTIONS = ("SNOWFLAKE_FULL", "SNOWFLAKE_SSE")
EXTERNAL = ("URL", "STORAGE_INTEGRATION", "CREDENTIALS", "ENDPOINT", "USE_PRIVATELINK_ENDPOINT")


class Stages:
    """The handlers."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def create(self, session: EngineSession, sql_text: str) -> Result:
        """`CREATE [OR REPLACE] [TEMPORARY] STAGE [IF NOT EXISTS] name …`."""
        tokens, catalog = Tokens(sql_text), self._service.catalog
        tokens.expect("CREATE")
        replace = tokens.accept("OR", "REPLACE")
        tokens.accept("LOCAL") or tokens.accept("GLOBAL")
        temporary = tokens.accept("TEMP") or tokens.accept("TEMPORARY") or tokens.accept("VOLATILE")
        tokens.expect("STAGE")
        keep = tokens.accept("IF", "NOT", "EXISTS")
        parts = tokens.qualified_name()
        properties = {"encryption": "SNOWFLAKE_FULL", "file_format": {}, "comment": "", "directory": False}
        properties.update(self._properties(tokens))
        tokens.expect_end()
        database, schema, identity = session.resolve_schema(parts[:-1])
        owner = str(session.session_id)
        existing = catalog.find_stage(identity, parts[-1], owner)
        if existing and (existing.session is None) == (not temporary):
            if keep:
                return status(f"{parts[-1]} already exists, statement succeeded.")
            if not replace:
                raise SnowflakeError(
                    "002002",
                    "42710",
                    f"SQL compilation error:\nObject '{database}.{schema}.{parts[-1]}' already exists.",
                )
            catalog.drop_stage(existing.identity)
        catalog.create_stage(identity, database, schema, parts[-1], owner if temporary else None, properties)
        return status(f"Stage area {parts[-1]} successfully created.")

    def _properties(self, tokens: Tokens) -> dict:
        found: dict[str, object] = {}
        while tokens.current.kind == "word":
            if tokens.at_word(*EXTERNAL):
                raise SnowflakeError("000002", "0A000", "Unsupported feature 'external stage'.")
            if tokens.accept("ENCRYPTION"):
                found["encryption"] = self._one_of(tokens, "TYPE", ENCRYPTIONS)
            elif tokens.accept("DIRECTORY"):
                tokens.expect_mark("=")
                tokens.expect_mark("(")
                while not tokens.accept_mark(")"):
                    if not tokens.at_word("ENABLE", "AUTO_REFRESH", "REFRESH_ON_CREATE"):
                        raise tokens.unexpected()
                    name = tokens.keyword()
                    tokens.expect_mark("=")
                    value = tokens.boolean()
                    found["directory"] = value if name == "ENABLE" else found.get("directory", False)
                    tokens.accept_mark(",")
            elif tokens.accept("COMMENT"):
                tokens.expect_mark("=")
                found["comment"] = tokens.string()
            elif tokens.accept("FILE_FORMAT"):
                options = read_parenthesised(tokens)
                build_format(options)
                found["file_format"] = storable(options)
            else:
                raise tokens.unexpected()
            tokens.accept_mark(",")
        return found

    def _one_of(self, tokens: Tokens, name: str, values: tuple[str, ...]) -> str:
        tokens.expect_mark("=")
        tokens.expect_mark("(")
        tokens.expect(name)
        tokens.expect_mark("=")
        value = tokens.string() if tokens.current.kind == "string" else tokens.keyword()
        if value.upper() not in values:
            raise SnowflakeError(
                "001006", "42601", f"SQL compilation error:\ninvalid value ['{value}'] for parameter '{name}'"
            )
        tokens.expect_mark(")")
        return value.upper()

    def _find(self, session: EngineSession, parts: list[str], if_exists: bool = False):
        database, schema, identity = session.resolve_schema(parts[:-1])
        stage = self._service.catalog.find_stage(identity, parts[-1], str(session.session_id))
        if stage is None and not if_exists:
            raise missing_stage(database, schema, parts[-1])
        return stage

    def drop(self, session: EngineSession, sql_text: str) -> Result:
        """`DROP STAGE [IF EXISTS] name`."""
        tokens = Tokens(sql_text)
        tokens.expect("DROP", "STAGE")
        if_exists = tokens.accept("IF", "EXISTS")
        parts = tokens.qualified_name()
        tokens.expect_end()
        stage = self._find(session, parts, if_exists)
        if stage is None:
            return status("Drop statement executed successfully (" + parts[-1] + " already dropped).")
        self._service.catalog.drop_stage(stage.identity)
        return status(f"{parts[-1]} successfully dropped.")

    def alter(self, session: EngineSession, sql_text: str) -> Result:
        """`ALTER STAGE [IF EXISTS] name SET …` for FILE_FORMAT and COMMENT."""
        tokens = Tokens(sql_text)
        tokens.expect("ALTER", "STAGE")
        if_exists = tokens.accept("IF", "EXISTS")
        parts = tokens.qualified_name()
        tokens.expect("SET")
        if tokens.at_word("ENCRYPTION"):
            raise tokens.unexpected()
        changes = self._properties(tokens)
        tokens.expect_end()
        stage = self._find(session, parts, if_exists)
        if stage is not None:
            self._service.catalog.alter_stage(stage.identity, {**stage.properties, **changes})
        return status("Statement executed successfully.")

    def describe(self, session: EngineSession, sql_text: str) -> Result:
        """`DESCRIBE STAGE name`: one row per property."""
        tokens = Tokens(sql_text)
        tokens.take()
        tokens.expect("STAGE")
        stage = self._find(session, tokens.qualified_name())
        tokens.expect_end()
        given = stage.properties["file_format"]
        rows = []
        for name, value in {
            "TYPE": "CSV",
            **{key.upper(): value for key, value in vars(build_format()).items()},
        }.items():
            set_value = given.get(name, value)
            kind = {bool: "Boolean", int: "Integer", tuple: "List", list: "List"}.get(type(value), "String")
            rows.append(["STAGE_FILE_FORMAT", name, kind, _text(set_value), _text(value)])
        rows.append(["DIRECTORY", "ENABLE", "Boolean", _text(stage.properties["directory"]), "false"])
        return table(["parent_property", "property", "property_type", "property_value", "property_default"], rows)

    def show(self, session: EngineSession, sql_text: str) -> Result:
        """`SHOW STAGES [LIKE 'pattern'] [IN SCHEMA name]`."""
        tokens = Tokens(sql_text)
        tokens.expect("SHOW", "STAGES")
        pattern = tokens.string() if tokens.accept("LIKE") else None
        parts: list[str] = []
        if tokens.accept("IN"):
            if tokens.at_word("ACCOUNT", "DATABASE"):
                raise tokens.unexpected()
            tokens.accept("SCHEMA")
            parts = tokens.qualified_name()
        tokens.expect_end()
        _, _, identity = session.resolve_schema(parts)
        rows = []
        for stage in self._service.catalog.stages_of(identity, str(session.session_id)):
            if pattern is None or like(pattern, stage.name):
                created = datetime.fromtimestamp(stage.created, timezone.utc)
                kind = "INTERNAL TEMPORARY" if stage.session else "INTERNAL"
                rows.append([
                    f"{created.timestamp():.3f}", stage.name, stage.database, stage.schema, "", "N", "N", "SYSADMIN",
                    stage.properties["comment"], None, kind, None, None, "Y" if stage.properties["directory"] else "N", None, "ROLE",
                ])  # fmt: skip
        names = [
            "created_on",
            "name",
            "database_name",
            "schema_name",
            "url",
            "has_credentials",
            "has_encryption_key",
            "owner",
            "comment",
            "region",
            "type",
            "cloud",
            "notification_channel",
            "directory_enabled",
            "storage_integration",
            "owner_role_type",
        ]
        rows = [[*row[:13], row[13], row[14], row[15]] for row in rows]
        result = table(names, rows)
        result.columns[0] = ColumnMeta("created_on", "timestamp_ltz", precision=0, scale=3)
        return result


def like(pattern: str, name: str) -> bool:
    """SHOW's LIKE: case-insensitive, `%` and `_`."""
    import re

    expression = "".join({"%": ".*", "_": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, name, re.I | re.S) is not None


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(str, value)) + "]"
    return "NONE" if value is None else str(value)
