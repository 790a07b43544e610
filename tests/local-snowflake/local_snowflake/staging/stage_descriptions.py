"""DESCRIBE STAGE and SHOW STAGES."""

from __future__ import annotations

from ..engine import ColumnMeta, EngineSession, Result
from ..service import Service
from ..storage.catalog import Stage
from .external_parameters import ExternalParameters
from .file_format import build_format
from .locations import find_stage
from .results import like, table, text_of
from .tokens import Tokens

_SHOWN = [
    "created_on", "name", "database_name", "schema_name", "url", "has_credentials", "has_encryption_key", "owner",
    "comment", "region", "type", "cloud", "notification_channel", "directory_enabled", "storage_integration", "owner_role_type",
]  # fmt: skip


class StageDescriptions:
    """The handlers."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def describe(self, session: EngineSession, sql_text: str) -> Result:
        """`DESCRIBE STAGE name`: one row per property."""
        tokens = Tokens(sql_text)
        tokens.take()
        tokens.expect("STAGE")
        stage = find_stage(self._service, session, tokens.qualified_name())
        tokens.expect_end()
        given, rows = stage.properties["file_format"], []
        defaults = vars(build_format({"TYPE": given.get("TYPE", "CSV")}))
        for name, value in {"TYPE": "CSV", **{key.upper(): value for key, value in defaults.items()}}.items():
            set_value = given.get(name, value)
            kind = {bool: "Boolean", int: "Integer", tuple: "List", list: "List"}.get(type(value), "String")
            rows.append(["STAGE_FILE_FORMAT", name, kind, text_of(set_value), text_of(value)])
        if "external" in stage.properties:
            rows.extend(_storage(ExternalParameters(**stage.properties["external"])))
        rows.append(["DIRECTORY", "ENABLE", "Boolean", text_of(stage.properties["directory"]), "false"])
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
        stages = self._service.catalog.stages_of(identity, str(session.session_id))
        result = table(_SHOWN, [_shown(stage) for stage in stages if pattern is None or like(pattern, stage.name)])
        result.columns[0] = ColumnMeta("created_on", "timestamp_ltz", precision=0, scale=3)
        return result


def _storage(parameters: ExternalParameters) -> list[list[str]]:
    """The rows that an external stage has beyond those of every stage. Secrets are not among them."""
    rows = [["STAGE_LOCATION", "URL", "String", f'["{parameters.url}"]', ""]]
    if parameters.endpoint:
        rows.append(["STAGE_LOCATION", "ENDPOINT", "String", parameters.endpoint, ""])
    if parameters.integration:
        rows.append(["STAGE_INTEGRATION", "STORAGE_INTEGRATION", "String", parameters.integration, ""])
    if "AWS_KEY_ID" in parameters.credentials:
        rows.append(["STAGE_CREDENTIALS", "AWS_KEY_ID", "String", parameters.credentials["AWS_KEY_ID"], ""])
    return rows


def _shown(stage: Stage) -> list[str | None]:
    properties = stage.properties
    external = ExternalParameters(**properties["external"]) if "external" in properties else None
    kind = "EXTERNAL" if external else "INTERNAL"
    return [
        f"{stage.created:.3f}", stage.name, stage.database, stage.schema, external.url if external else "",
        "Y" if external and external.credentials else "N",
        "Y" if external and "MASTER_KEY" in external.encryption else "N",
        "SYSADMIN", properties["comment"], None, f"{kind} TEMPORARY" if stage.session else kind,
        external.parsed_url().shown_cloud if external else None, None, "Y" if properties["directory"] else "N",
        external.integration if external else None, "ROLE",
    ]  # fmt: skip
