"""From the parameters of an external stage to its objects: integration checked, cloud chosen, client made."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

from ..engine import SnowflakeError
from ..service import Service
from ..storage.clouds.address import CloudAddress
from ..storage.clouds.azure import AzureObjects
from ..storage.clouds.gcs import GoogleObjects
from ..storage.clouds.s3 import S3Objects
from ..storage.external_url import ExternalUrl, parse_url
from ..storage.object_store import ObjectStore
from ..storage.user_encryption import master_key, read_external
from .external_parameters import ExternalParameters, wrong
from .stage_location import EXTERNAL, StageLocation

_PROVIDERS = {"s3": "S3", "s3gov": "S3GOV", "s3china": "S3CHINA", "gcs": "GCS", "azure": "AZURE"}
_LOOPBACK = ("127.0.0.1", "localhost")


def external_location(service: Service, parameters: ExternalParameters, path: str, properties: dict) -> StageLocation:
    """Where the files are; `path` is what stands behind the name of a stage."""
    url = parameters.parsed_url()
    check_integration(service, parameters)
    root = url.path
    if root and path and not root.endswith("/"):
        path = "/" + path
    store = _store(service, parameters, url)
    key = master_key(parameters.encryption.get("MASTER_KEY", ""))
    reader = partial(read_external, store, parameters.encryption.get("TYPE"), key)
    return StageLocation(EXTERNAL, root, path, url.base + root, store, reader, properties=properties)


def check_integration(service: Service, parameters: ExternalParameters) -> None:
    """The integration exists, is enabled, is of the cloud and allows the location; nothing when there is none."""
    if parameters.integration is None:
        return
    url, integration = parameters.parsed_url(), service.catalog.find_integration(parameters.integration)
    if integration is None:
        raise missing_integration(parameters.integration)
    if not integration["ENABLED"]:
        raise SnowflakeError("003129", "42601", f"SQL compilation error:\nIntegration {parameters.integration} is not enabled.")
    if integration["STORAGE_PROVIDER"] != _PROVIDERS.get(url.scheme):
        raise wrong("STORAGE_INTEGRATION", f"{parameters.integration} for {url.scheme}://")
    allowed = any(url.is_within(location) for location in integration["STORAGE_ALLOWED_LOCATIONS"])
    blocked = any(url.is_within(location) for location in integration.get("STORAGE_BLOCKED_LOCATIONS", []))
    if not allowed or blocked:
        raise SnowflakeError(
            "003127",
            "42601",
            f"SQL compilation error:\nLocation '{parameters.url}' is not allowed by integration {parameters.integration}. "
            "Please use DESC INTEGRATION to check out allowed and blocked locations.",
        )


def missing_integration(name: str) -> SnowflakeError:
    """002003 for an integration."""
    return SnowflakeError(
        "002003", "02000", f"SQL compilation error:\nIntegration '{name}' does not exist or not authorized."
    )


def _store(service: Service, parameters: ExternalParameters, url: ExternalUrl) -> ObjectStore:
    given = parameters.credentials
    if parameters.endpoint is not None:
        origin = _endpoint_origin(parameters.endpoint)
        return S3Objects(origin, url.container, given["AWS_KEY_ID"], given["AWS_SECRET_KEY"], given.get("AWS_TOKEN"))
    address = service.options.external_storage.get(url.cloud)
    if address is None:
        raise SnowflakeError("000002", "0A000", f"Unsupported feature '{url.scheme}:// without --external-storage {url.cloud}='.")
    integrated = parameters.integration is not None
    if url.cloud == "s3":
        key = (address.name, address.secret, None) if integrated else (given.get("AWS_KEY_ID"), given.get("AWS_SECRET_KEY"), given.get("AWS_TOKEN"))
        return S3Objects(address.origin, url.container, *key)
    if url.cloud == "azure":
        return _azure(address, url, given.get("AZURE_SAS_TOKEN"), integrated)
    return GoogleObjects(address.origin, url.container)


def _azure(address: CloudAddress, url: ExternalUrl, signature: str | None, integrated: bool) -> AzureObjects:
    key = address.secret if integrated and url.account == address.name else None
    return AzureObjects(address.origin, url.account, url.container, signature, key)


def _endpoint_origin(endpoint: str) -> str:
    parts = urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
    if parts.hostname not in _LOOPBACK or parts.path.strip("/"):
        raise SnowflakeError("000002", "0A000", "Unsupported feature 'an ENDPOINT that is not on this machine'.")
    return f"http://{parts.netloc}"


def allowed_locations(locations: list[str]) -> list[str]:
    """Locations of an integration, each of them `*` or a URL; 001011 for another."""
    for location in locations:
        if location != "*" and parse_url(location) is None:
            raise SnowflakeError("001011", "42601", f"SQL compilation error:\ninvalid URL prefix found in: '{location}'")
    return locations
