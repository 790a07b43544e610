"""Where the account's stages lie and how clients encrypt: chosen at the start, changed by tests, also port by port."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields, replace

from .clouds.address import CloudAddress
from .clouds.azure import AzureObjects
from .clouds.s3 import S3Objects
from .object_store import ObjectStore

STAGE_CLOUDS = ("s3", "azure", "gcs", "gcs-presigned")
EMULATED = ("s3", "azure")
"""Google's emulator loses the metadata that drivers write, see README.md."""
EMULATOR_BUCKET = "stages"


class WrongSettings(Exception):
    """Settings that do not exist or do not go together."""


@dataclass(frozen=True)
class StageSettings:
    """`cloud` one of STAGE_CLOUDS; `key_bits` of the stage master keys; `emulator`: not in the server's own storage."""

    cloud: str = "s3"
    key_bits: int = 128
    client_encryption: bool = True
    emulator: bool = False


class StagePlaces:
    """The settings for the clients of each port, and the storages that they mean."""

    def __init__(self, settings: StageSettings, own: ObjectStore, emulators: dict[str, CloudAddress]) -> None:
        self._own, self._emulators = own, {cloud: emulators[cloud] for cloud in EMULATED if cloud in emulators}
        self._default, self._by_port = settings, {}
        self._emulator_root = f"{uuid.uuid4().hex}/"
        self._check(settings)

    def of(self, port: int | None) -> StageSettings:
        """What holds for the clients of a port."""
        return self._by_port.get(port, self._default)

    def change(self, port: int | None, content: dict) -> None:
        """Other settings for the clients of a port, or of all that have none of their own."""
        types = {field.name: type(field.default) for field in fields(StageSettings)}
        if not isinstance(content, dict) or any(type(value) is not types.get(name) for name, value in content.items()):
            raise WrongSettings(f"the members are {types}")
        settings = replace(self.of(port), **content)
        self._check(settings)
        if port is None:
            self._default = settings
        else:
            self._by_port[port] = settings

    def _check(self, settings: StageSettings) -> None:
        if settings.cloud not in STAGE_CLOUDS or settings.key_bits not in (128, 256):
            raise WrongSettings(f"cloud is one of {STAGE_CLOUDS}, key_bits 128 or 256")
        if settings.emulator and settings.cloud not in EMULATED:
            raise WrongSettings(f"stages in an emulator are for {EMULATED}")
        if settings.emulator and settings.cloud not in self._emulators:
            raise WrongSettings(f"the server was started without --stage-storage {settings.cloud}=")

    def address(self, settings: StageSettings) -> CloudAddress:
        """The emulator that the stages lie in."""
        return self._emulators[settings.cloud]

    def root(self, settings: StageSettings) -> str:
        """What every key begins with: several servers may share an emulator."""
        return self._emulator_root if settings.emulator else ""

    def store(self, settings: StageSettings) -> ObjectStore:
        """The objects of the stages."""
        if not settings.emulator:
            return self._own
        address = self.address(settings)
        if settings.cloud == "s3":
            return S3Objects(address.origin, EMULATOR_BUCKET, address.name, address.secret)
        return AzureObjects(address.origin, address.name, EMULATOR_BUCKET, account_key=address.secret)

    def remove(self, prefix: str) -> None:
        """Deletes what lies under a prefix, in whichever storage."""
        for settings in (StageSettings(), *(StageSettings(cloud, emulator=True) for cloud in self._emulators)):
            store = self.store(settings)
            store.remove_objects([stored.key for stored in store.objects(self.root(settings) + prefix)])
