"""CREATE, ALTER and DROP of named stages, internal and external."""

from __future__ import annotations

from ..engine import EngineSession, Result, SnowflakeError
from ..service import Service
from .external import check_integration
from .external_parameters import build, read_encryption, read_parameter, wrong
from .file_format import build_format, read_parenthesised, storable
from .locations import find_stage
from .results import status
from .tokens import Tokens

ENCRYPTIONS = ("SNOWFLAKE_FULL", "SNOWFLAKE_SSE")
_EXTERNAL_NAMES = {"url": "URL", "endpoint": "ENDPOINT", "integration": "STORAGE_INTEGRATION", "credentials": "CREDENTIALS"}


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
        properties = {"file_format": {}, "comment": "", "directory": False}
        properties.update(self._complete(*self._properties(tokens)))
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

    def _properties(self, tokens: Tokens) -> tuple[dict, dict, dict | None]:
        """What every stage has, what only an external one has, and the encryption if it was named."""
        found: dict[str, object] = {}
        external: dict[str, object] = {}
        encryption = None
        while tokens.current.kind == "word":
            if read_parameter(tokens, external):
                pass
            elif tokens.accept("ENCRYPTION"):
                encryption = read_encryption(tokens)
            elif tokens.accept("DIRECTORY"):
                found["directory"] = _directory(tokens)
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
        return found, external, encryption

    def _complete(self, found: dict, external: dict, encryption: dict | None) -> dict:
        """The properties of a new stage, or of an external one that was altered."""
        if "URL" in external:
            parameters = build(external, encryption or {})
            check_integration(self._service, parameters)
            return {**found, "external": parameters.storable()}
        if external:
            raise wrong(next(iter(external)), "without a URL")
        encryption = encryption or {"TYPE": "SNOWFLAKE_FULL"}
        if set(encryption) != {"TYPE"} or encryption["TYPE"] not in ENCRYPTIONS:
            raise wrong("TYPE", encryption.get("TYPE", "none"))
        return {**found, "encryption": encryption["TYPE"]}

    def drop(self, session: EngineSession, sql_text: str) -> Result:
        """`DROP STAGE [IF EXISTS] name`."""
        tokens = Tokens(sql_text)
        tokens.expect("DROP", "STAGE")
        if_exists = tokens.accept("IF", "EXISTS")
        parts = tokens.qualified_name()
        tokens.expect_end()
        stage = find_stage(self._service, session, parts, if_exists)
        if stage is None:
            return status("Drop statement executed successfully (" + parts[-1] + " already dropped).")
        self._service.catalog.drop_stage(stage.identity)
        return status(f"{parts[-1]} successfully dropped.")

    def alter(self, session: EngineSession, sql_text: str) -> Result:
        """`ALTER STAGE [IF EXISTS] name SET …`; the storage and its encryption only of an external stage."""
        tokens = Tokens(sql_text)
        tokens.expect("ALTER", "STAGE")
        if_exists = tokens.accept("IF", "EXISTS")
        parts = tokens.qualified_name()
        tokens.expect("SET")
        changes, external, encryption = self._properties(tokens)
        tokens.expect_end()
        stage = find_stage(self._service, session, parts, if_exists)
        if stage is not None:
            if external or encryption is not None:
                changes = self._changed_storage(stage.properties, changes, external, encryption)
            self._service.catalog.alter_stage(stage.identity, {**stage.properties, **changes})
        return status("Statement executed successfully.")

    def _changed_storage(self, properties: dict, changes: dict, external: dict, encryption: dict | None) -> dict:
        if "external" not in properties:
            raise wrong(next(iter(external), "ENCRYPTION"), "for an internal stage")
        old = properties["external"]
        kept = {word: old[name] for name, word in _EXTERNAL_NAMES.items() if old[name]}
        for one, other in (("STORAGE_INTEGRATION", "CREDENTIALS"), ("CREDENTIALS", "STORAGE_INTEGRATION")):
            if one in external:
                kept.pop(other, None)
        return self._complete(changes, {**kept, **external}, old["encryption"] if encryption is None else encryption)


def _directory(tokens: Tokens) -> bool:
    """`= ( ENABLE = TRUE … )`: whether the stage has a directory table."""
    tokens.expect_mark("=")
    tokens.expect_mark("(")
    enabled = False
    while not tokens.accept_mark(")"):
        if not tokens.at_word("ENABLE", "AUTO_REFRESH", "REFRESH_ON_CREATE"):
            raise tokens.unexpected()
        name = tokens.keyword()
        tokens.expect_mark("=")
        value = tokens.boolean()
        enabled = value if name == "ENABLE" else enabled
        tokens.accept_mark(",")
    return enabled
