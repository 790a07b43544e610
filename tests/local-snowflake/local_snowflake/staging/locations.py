"""Stage locations: `@~/path`, `@[ns.]%table/path`, `@[ns.]stage/path`, quoted or not, resolved to bucket keys."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..engine import EngineSession, SnowflakeError
from ..storage.catalog import Catalog
from .tokens import Tokens, fold_identifier

_NAME = r'(?:"(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_$]*)'
_LOCATION = re.compile(
    rf'@(?:(?P<user>~)|(?P<namespace>(?:{_NAME}\.){{0,2}})(?:%(?P<table>{_NAME})|(?P<stage>{_NAME})|"%(?P<quoted_table>(?:[^"]|"")*)"))'
    r"(?P<path>/.*)?$",
    re.S,
)
USER_STAGE, TABLE_STAGE, NAMED_STAGE = "user", "table", "named"


@dataclass(frozen=True)
class StageLocation:
    """A resolved location. `root` is the key prefix of the stage itself, `path` what follows it (no leading slash)."""

    kind: str
    root: str
    path: str
    listed_prefix: str
    encrypted: bool
    properties: dict = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        """Key prefix of everything the location means."""
        return self.root + self.path

    def listed_name(self, key: str) -> str:
        """The name LIST shows for a key: the stage's own name is part of it for named stages only."""
        return self.listed_prefix + key[len(self.root) :]


def take_location(tokens: Tokens) -> str:
    """The text of a location at the cursor, with `@`, quotes of a quoted form removed."""
    if tokens.current.kind == "location":
        return tokens.take().text
    if tokens.current.kind == "string":
        text = tokens.string()
        if text.startswith("@"):
            return text
    raise tokens.unexpected()


def resolve_location(session: EngineSession, catalog: Catalog, text: str) -> StageLocation:
    """Finds the stage; 002003 when it does not exist."""
    match = _LOCATION.match(text)
    if match is None:
        raise SnowflakeError("001011", "42601", f"SQL compilation error:\ninvalid URL prefix found in: '{text}'")
    path = (match["path"] or "")[1:]
    if match["user"]:
        return StageLocation(USER_STAGE, f"users/{session.user.upper()}/", path, "", catalog.client_encryption)
    namespace = [fold_identifier(name) for name in re.findall(_NAME, match["namespace"])]
    table_name = fold_identifier(match["table"]) if match["table"] else None
    if match["stage"] and match["stage"].startswith('"%'):
        table_name = fold_identifier(match["stage"])[1:]
    if table_name is not None:
        table = session.resolve_table([*namespace, table_name])
        return StageLocation(TABLE_STAGE, f"tables/{table.identity}/", path, "", catalog.client_encryption)
    name = fold_identifier(match["stage"])
    database, schema, identity = session.resolve_schema(namespace)
    stage = catalog.find_stage(identity, name, str(session.session_id))
    if stage is None:
        raise missing_stage(database, schema, name)
    return StageLocation(
        NAMED_STAGE,
        stage.identity,
        path,
        name.lower() + "/",
        catalog.client_encryption and stage.properties["encryption"] == "SNOWFLAKE_FULL",
        stage.properties,
    )


def missing_stage(database: str, schema: str, name: str) -> SnowflakeError:
    """002003 for a stage."""
    return SnowflakeError(
        "002003",
        "02000",
        f"SQL compilation error:\nStage '{database}.{schema}.{name}' does not exist or not authorized.",
    )


def as_directory(path: str) -> str:
    """A path to which file names can be appended."""
    return path if not path or path.endswith("/") else path + "/"
