"""CREATE, ALTER, DROP, DESCRIBE and SHOW of storage integrations: which locations the account may read without keys."""

from __future__ import annotations

from ..engine import ColumnMeta, EngineSession, Result, SnowflakeError
from ..service import Service
from .external import allowed_locations, missing_integration
from .results import like, status, table, text_of
from .tokens import Tokens

PROVIDERS = ("S3", "S3GOV", "S3CHINA", "GCS", "AZURE")
_NEEDED = {"AZURE": "AZURE_TENANT_ID", "GCS": None}
_TEXTS = (
    "STORAGE_AWS_ROLE_ARN", "STORAGE_AWS_EXTERNAL_ID", "STORAGE_AWS_OBJECT_ACL", "AZURE_TENANT_ID", "COMMENT",
)  # fmt: skip
_LISTS = ("STORAGE_ALLOWED_LOCATIONS", "STORAGE_BLOCKED_LOCATIONS")


class Integrations:
    """The handlers."""

    def __init__(self, service: Service) -> None:
        self._catalog = service.catalog

    def create(self, session: EngineSession, sql_text: str) -> Result:
        """`CREATE [OR REPLACE] STORAGE INTEGRATION [IF NOT EXISTS] name TYPE = EXTERNAL_STAGE …`."""
        tokens = Tokens(sql_text)
        tokens.expect("CREATE")
        replace = tokens.accept("OR", "REPLACE")
        tokens.expect("STORAGE", "INTEGRATION")
        keep = tokens.accept("IF", "NOT", "EXISTS")
        name = tokens.identifier()
        found = _read(tokens)
        _check_complete(found)
        if self._catalog.find_integration(name) is not None:
            if keep:
                return status(f"{name} already exists, statement succeeded.")
            if not replace:
                raise SnowflakeError("002002", "42710", f"SQL compilation error:\nObject '{name}' already exists.")
            self._catalog.drop_integration(name)
        self._catalog.put_integration(name, found)
        return status(f"Integration {name} successfully created.")

    def alter(self, session: EngineSession, sql_text: str) -> Result:
        """`ALTER [STORAGE] INTEGRATION [IF EXISTS] name SET …`."""
        tokens = Tokens(sql_text)
        tokens.expect("ALTER")
        tokens.accept("STORAGE")
        tokens.expect("INTEGRATION")
        if_exists = tokens.accept("IF", "EXISTS")
        name = tokens.identifier()
        tokens.expect("SET")
        if tokens.at_word("TYPE", "STORAGE_PROVIDER"):
            raise tokens.unexpected()
        changes, known = _read(tokens), self._catalog.find_integration(name)
        if known is not None:
            self._catalog.put_integration(name, {**known, **changes})
        elif not if_exists:
            raise missing_integration(name)
        return status("Statement executed successfully.")

    def drop(self, session: EngineSession, sql_text: str) -> Result:
        """`DROP [STORAGE] INTEGRATION [IF EXISTS] name`."""
        tokens = Tokens(sql_text)
        tokens.expect("DROP")
        tokens.accept("STORAGE")
        tokens.expect("INTEGRATION")
        if_exists = tokens.accept("IF", "EXISTS")
        name = tokens.identifier()
        tokens.expect_end()
        if self._catalog.find_integration(name) is None:
            if not if_exists:
                raise missing_integration(name)
            return status(f"Drop statement executed successfully ({name} already dropped).")
        self._catalog.drop_integration(name)
        return status(f"{name} successfully dropped.")

    def describe(self, session: EngineSession, sql_text: str) -> Result:
        """`DESCRIBE [STORAGE] INTEGRATION name`: one row per property."""
        tokens = Tokens(sql_text)
        tokens.take()
        tokens.accept("STORAGE")
        tokens.expect("INTEGRATION")
        name = tokens.identifier()
        tokens.expect_end()
        found = self._catalog.find_integration(name)
        if found is None:
            raise missing_integration(name)
        rows = [["ENABLED", "Boolean", text_of(found["ENABLED"]), "false"], ["STORAGE_PROVIDER", "String", found["STORAGE_PROVIDER"], ""]]
        rows += [[key, "List", ",".join(found.get(key, [])), "[]"] for key in _LISTS]
        rows += [[key, "String", found[key], ""] for key in _TEXTS if key in found and key != "COMMENT"]
        rows.append(["COMMENT", "String", found.get("COMMENT", ""), ""])
        return table(["property", "property_type", "property_value", "property_default"], rows)

    def show(self, session: EngineSession, sql_text: str) -> Result:
        """`SHOW [STORAGE] INTEGRATIONS [LIKE 'pattern']`."""
        tokens = Tokens(sql_text)
        tokens.expect("SHOW")
        tokens.accept("STORAGE")
        tokens.expect("INTEGRATIONS")
        pattern = tokens.string() if tokens.accept("LIKE") else None
        tokens.expect_end()
        rows = [
            [name, "EXTERNAL_STAGE", "STORAGE", text_of(found["ENABLED"]), found.get("COMMENT", ""), f"{created:.3f}"]
            for name, found, created in self._catalog.integrations()
            if pattern is None or like(pattern, name)
        ]
        result = table(["name", "type", "category", "enabled", "comment", "created_on"], rows)
        result.columns[5] = ColumnMeta("created_on", "timestamp_ltz", precision=0, scale=3)
        return result


def _read(tokens: Tokens) -> dict[str, object]:
    """The properties up to the end of the statement."""
    found: dict[str, object] = {}
    while tokens.current.kind == "word":
        name = tokens.current.text.upper()
        if name in found or name not in ("TYPE", "STORAGE_PROVIDER", "ENABLED", *_LISTS, *_TEXTS):
            raise tokens.unexpected()
        tokens.take()
        tokens.expect_mark("=")
        if name in _LISTS:
            found[name] = allowed_locations(tokens.strings())
        elif name == "ENABLED":
            found[name] = tokens.boolean()
        elif name in _TEXTS:
            found[name] = tokens.string()
        else:
            found[name] = (tokens.string() if tokens.current.kind == "string" else tokens.keyword()).upper()
        tokens.accept_mark(",")
    tokens.expect_end()
    return found


def _check_complete(found: dict[str, object]) -> None:
    if found.get("TYPE") != "EXTERNAL_STAGE":
        raise SnowflakeError("000002", "0A000", f"Unsupported feature 'integration TYPE = {found.get('TYPE')}'.")
    provider = found.get("STORAGE_PROVIDER")
    if provider is not None and provider not in PROVIDERS:
        raise SnowflakeError("001006", "42601", f"SQL compilation error:\ninvalid value [{provider}] for parameter 'STORAGE_PROVIDER'")
    for name in ("STORAGE_PROVIDER", "ENABLED", "STORAGE_ALLOWED_LOCATIONS", _NEEDED.get(provider, "STORAGE_AWS_ROLE_ARN")):
        if name is not None and not found.get(name) and found.get(name) is not False:
            raise SnowflakeError(
                "002029", "42601", f"SQL compilation error:\nMissing option(s): [{name}]"
            )
