"""Stage locations: `@~/path`, `@[ns.]%table/path`, `@[ns.]stage/path`, quoted or not, resolved to objects."""

from __future__ import annotations

import re
from functools import partial

from ..engine import EngineSession, SnowflakeError
from ..protocol.executions import current_execution
from ..service import Service
from ..storage.catalog import Stage
from ..storage.encryption import read_plain
from .external import external_location
from .external_parameters import ExternalParameters
from .stage_location import NAMED_STAGE, TABLE_STAGE, USER_STAGE, StageLocation
from .tokens import Tokens, fold_identifier

_NAME = r'(?:"(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_$]*)'
_LOCATION = re.compile(
    rf'@(?:(?P<user>~)|(?P<namespace>(?:{_NAME}\.){{0,2}})(?:%(?P<table>{_NAME})|(?P<stage>{_NAME})|"%(?P<quoted_table>(?:[^"]|"")*)"))'
    r"(?P<path>/.*)?$",
    re.S,
)


def take_location(tokens: Tokens) -> str:
    """The text of a location at the cursor, with `@`, quotes of a quoted form removed."""
    if tokens.current.kind == "location":
        return tokens.take().text
    if tokens.current.kind == "string":
        text = tokens.string()
        if text.startswith("@"):
            return text
    raise tokens.unexpected()


def resolve_location(service: Service, session: EngineSession, text: str) -> StageLocation:
    """Finds the stage; 002003 when it does not exist."""
    match = _LOCATION.match(text)
    if match is None:
        raise SnowflakeError("001011", "42601", f"SQL compilation error:\ninvalid URL prefix found in: '{text}'")
    path = (match["path"] or "")[1:]
    if match["user"]:
        return _internal(service, USER_STAGE, f"users/{session.user.upper()}/", path)
    namespace = [fold_identifier(name) for name in re.findall(_NAME, match["namespace"])]
    table_name = fold_identifier(match["table"]) if match["table"] else None
    if match["stage"] and match["stage"].startswith('"%'):
        table_name = fold_identifier(match["stage"])[1:]
    if table_name is not None:
        table = session.resolve_table([*namespace, table_name])
        return _internal(service, TABLE_STAGE, f"tables/{table.identity}/", path)
    name = fold_identifier(match["stage"])
    stage = find_stage(service, session, [*namespace, name])
    if "external" in stage.properties:
        parameters = ExternalParameters(**stage.properties["external"])
        return external_location(service, parameters, path, {**stage.properties, "name": name})
    encrypted = stage.properties["encryption"] == "SNOWFLAKE_FULL"
    return _internal(service, NAMED_STAGE, stage.identity, path, name.lower() + "/", encrypted, stage.properties)


def _internal(
    service: Service, kind: str, root: str, path: str, listed: str = "", encrypted: bool = True, properties: dict | None = None
) -> StageLocation:
    execution = current_execution()
    settings = service.stage_places.of(execution.port if execution else None)
    root = service.stage_places.root(settings) + root
    store, encrypted = service.stage_places.store(settings), encrypted and settings.client_encryption
    reader = partial(read_plain, service.catalog, store, encrypted)
    return StageLocation(kind, root, path, listed, store, reader, encrypted, properties or {})


def find_stage(service: Service, session: EngineSession, parts: list[str], if_exists: bool = False) -> Stage | None:
    """The named stage that a name means in the session; 002003, or None with `if_exists`, when there is none."""
    database, schema, identity = session.resolve_schema(parts[:-1])
    stage = service.catalog.find_stage(identity, parts[-1], str(session.session_id))
    if stage is None and not if_exists:
        raise SnowflakeError(
            "002003",
            "02000",
            f"SQL compilation error:\nStage '{database}.{schema}.{parts[-1]}' does not exist or not authorized.",
        )
    return stage


def as_directory(path: str) -> str:
    """A path to which file names can be appended."""
    return path if not path or path.endswith("/") else path + "/"
