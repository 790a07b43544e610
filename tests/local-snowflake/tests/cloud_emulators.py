"""Starts `scripts/cloud-emulators` once for a test session and gives clients of what it runs."""

from __future__ import annotations

import subprocess
from pathlib import Path

from local_snowflake.storage.clouds.address import CloudAddress, parse_address
from local_snowflake.storage.clouds.azure import AzureObjects
from local_snowflake.storage.clouds.gcs import GoogleObjects
from local_snowflake.storage.clouds.s3 import S3Objects

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "cloud-emulators"
USER_FILES = "user-files"
"""The bucket, or container, that stands for the user's own."""


class CloudEmulators:
    """The running emulators; with `options` a server reaches them for external stages, with `stage_options` for its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        lines = []
        for line in self._process.stdout:
            if line.strip() == "ready":
                break
            lines.append(line.strip())
        else:
            raise RuntimeError("the emulators did not start")
        self.addresses: dict[str, CloudAddress] = dict(parse_address(line) for line in lines)
        self.options = [part for line in lines for part in ("--external-storage", line)]
        self.stage_options = [part for line in lines if line[:3] != "gcs" for part in ("--stage-storage", line)]

    def store(self, cloud: str, bucket: str = USER_FILES):
        """A client of a bucket with the account's own key."""
        address = self.addresses[cloud]
        if cloud == "s3":
            return S3Objects(address.origin, bucket, address.name, address.secret)
        if cloud == "azure":
            return AzureObjects(address.origin, address.name, bucket, account_key=address.secret)
        return GoogleObjects(address.origin, bucket)

    def url(self, cloud: str, path: str) -> str:
        """The URL of a place in the user's bucket, as statements write it."""
        host = f"{self.addresses[cloud].name}.blob.core.windows.net/" if cloud == "azure" else ""
        return f"{cloud}://{host}{USER_FILES}/{path}"

    def stop(self) -> None:
        """Ends them all."""
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()
