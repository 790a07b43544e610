"""PUT and GET: the server only reads the statement and answers where and with what key the client moves files."""

from __future__ import annotations

from ..engine import EngineSession, Result, SnowflakeError
from ..protocol.executions import current_execution
from ..service import Service
from ..storage.encryption import issue_material, material_of
from ..storage.google import issue_url
from ..storage.object_store import ObjectUnreadable
from ..storage.stage_settings import StageSettings
from .listing import compile_pattern
from .locations import as_directory, resolve_location, take_location
from .results import table
from .stage_location import StageLocation, stage_failure
from .tokens import Tokens, unescape_string

SOURCE_COMPRESSIONS = ("AUTO_DETECT", "GZIP", "BZ2", "BZIP2", "BROTLI", "BR", "ZSTD", "DEFLATE", "RAW_DEFLATE", "NONE")
"""BZIP2 and BR are not documented, but what connectors 5 and 4 understand: each knows one of two names, and gets it back."""
DEFAULT_PARALLEL = {"PUT": 4, "GET": 10}


class Transfers:
    """The handlers."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def put(self, session: EngineSession, sql_text: str) -> Result:
        """`PUT 'file://…' @location [PARALLEL=n] [AUTO_COMPRESS=…] [SOURCE_COMPRESSION=…] [OVERWRITE=…]`."""
        source, rest = _local_file(sql_text, 3)
        tokens = Tokens(rest)
        target = take_location(tokens)
        options = _options(tokens, {"PARALLEL", "AUTO_COMPRESS", "SOURCE_COMPRESSION", "OVERWRITE"})
        execution = self._execution()
        location = self._resolve(session, target)
        prefix = location.root + as_directory(location.path)
        stage_info = self._stage_info(location, prefix, source.rpartition("/")[2])
        material = None
        if location.encrypted:
            issued = issue_material(self._service.catalog, execution.query_id, self._settings().key_bits)
            material = issued.wire(execution.session.smk_id_as_string)
        execution.file_transfer = {
            "uploadInfo": stage_info,
            "src_locations": [source],
            "parallel": options.get("PARALLEL", DEFAULT_PARALLEL["PUT"]),
            "threshold": self._service.options.multipart_bytes,
            "autoCompress": options.get("AUTO_COMPRESS", True),
            "overwrite": options.get("OVERWRITE", False),
            "sourceCompression": options.get("SOURCE_COMPRESSION", "auto_detect"),
            "clientShowEncryptionParameter": False,
            "encryptionMaterial": material,
            "stageInfo": stage_info,
            "command": "UPLOAD",
            "kind": None,
            "operation": "Node",
            "statementTypeId": 0,
        }
        return table([], [])

    def get(self, session: EngineSession, sql_text: str) -> Result:
        """`GET @location 'file://…' [PARALLEL=n] [PATTERN='…']`."""
        tokens = Tokens(sql_text)
        tokens.expect("GET")
        source = take_location(tokens)
        target, rest = _local_file(sql_text, tokens.current.start)
        options = _options(Tokens(rest), {"PARALLEL", "PATTERN"})
        execution = self._execution()
        catalog = self._service.catalog
        location = self._resolve(session, source)
        pattern = compile_pattern(options["PATTERN"]) if "PATTERN" in options else None
        files = [
            stored
            for stored in location.objects()
            if pattern is None or pattern.fullmatch(location.listed_name(stored.key))
        ]
        try:
            materials = [material_of(catalog, location.store.find_object(stored.key) or stored) for stored in files]
        except ObjectUnreadable as problem:
            raise stage_failure(str(problem)) from None
        string_ids = execution.session.smk_id_as_string
        execution.file_transfer = {
            "src_locations": [stored.key[len(location.root) :] for stored in files],
            "localLocation": target,
            "parallel": options.get("PARALLEL", DEFAULT_PARALLEL["GET"]),
            "clientShowEncryptionParameter": False,
            "encryptionMaterial": [material.wire(string_ids) for material in materials if material],
            "presignedUrls": self._presigned_urls([stored.key for stored in files]),
            "stageInfo": self._stage_info(location, location.root, None),
            "command": "DOWNLOAD",
            "kind": None,
            "operation": "Node",
            "statementTypeId": 0,
        }
        return table([], [])

    def _resolve(self, session: EngineSession, text: str) -> StageLocation:
        location = resolve_location(self._service, session, text)
        if location.is_external:
            raise stage_failure(f"{location.properties['name']} GET and PUT commands are not supported with external stage")
        return location

    def _execution(self):
        execution = current_execution()
        if execution is None or execution.statement.asynchronous:
            raise SnowflakeError("000612", "0A000", "Asynchronous execution of this statement is not supported.")
        return execution

    def _port(self) -> int:
        """The port by which the statement came: its files go the same way."""
        return self._execution().port or self._service.port

    def _settings(self) -> StageSettings:
        return self._service.stage_places.of(self._port())

    def _presigned_urls(self, keys: list[str]) -> list[str] | None:
        if self._settings().cloud != "gcs-presigned":
            return None
        return [issue_url(self._service.issuer, f"http://127.0.0.1:{self._port()}", key) for key in keys]

    def _stage_info(self, location: StageLocation, prefix: str, file_name: str | None) -> dict:
        try:
            return self._service.stage_infos.make(self._settings(), self._port(), prefix, location.encrypted, file_name)
        except ObjectUnreadable as problem:
            raise stage_failure(str(problem)) from None


def _local_file(sql_text: str, start: int) -> tuple[str, str]:
    """The path of a `file://` argument (quoted or not) after `start`, and the text behind it."""
    text = sql_text[start:].lstrip()
    if text.startswith("'"):
        tokens = Tokens(text)
        literal = tokens.current.text if tokens.current.kind == "string" else ""
        path, rest = unescape_string(literal) if literal else "", text[len(literal) :]
    else:
        path, _, rest = text.partition(" ")
        if "\n" in path or "\t" in path:
            path = text.split()[0]
            rest = text[len(path) :]
    if not path.lower().startswith("file://") or len(path) == len("file://"):
        raise SnowflakeError(
            "001003",
            "42000",
            f"SQL compilation error:\nsyntax error line 1 at position {len(sql_text) - len(text)} unexpected '{path or text[:20]}'.",
        )
    return path[len("file://") :], rest


def _options(tokens: Tokens, allowed: set[str]) -> dict:
    found: dict[str, object] = {}
    while tokens.current.kind == "word":
        name = tokens.current.text.upper()
        if name not in allowed or name in found:
            raise tokens.unexpected()
        tokens.take()
        tokens.expect_mark("=")
        if name == "PARALLEL":
            found[name] = tokens.integer()
            if not 1 <= found[name] <= 99:
                raise SnowflakeError(
                    "001006", "42601", "SQL compilation error:\ninvalid value for parameter 'PARALLEL'"
                )
        elif name == "PATTERN":
            found[name] = tokens.string()
        elif name == "SOURCE_COMPRESSION":
            value = tokens.string() if tokens.current.kind == "string" else tokens.keyword()
            if value.upper() not in SOURCE_COMPRESSIONS:
                raise SnowflakeError(
                    "001006", "42601", f"SQL compilation error:\ninvalid value ['{value}'] for parameter '{name}'"
                )
            found[name] = value
        else:
            found[name] = tokens.boolean()
    tokens.expect_end()
    return found
