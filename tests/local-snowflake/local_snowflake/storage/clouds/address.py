"""Where the emulator of a cloud listens, and the account's own key there: what `--external-storage` says."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

CLOUDS = ("s3", "azure", "gcs")


@dataclass(frozen=True)
class CloudAddress:
    """`origin` is scheme, host and port. `name` and `secret` are an access key, or a storage account and its key."""

    origin: str
    name: str | None = None
    secret: str | None = field(default=None, repr=False)


def parse_address(text: str) -> tuple[str, CloudAddress]:
    """`s3=http://KEY:SECRET@127.0.0.1:PORT`, `azure=http://ACCOUNT:KEY@…`, `gcs=http://…`; ValueError when it is not one."""
    cloud, _, url = text.partition("=")
    parts = urlsplit(url)
    if cloud not in CLOUDS or parts.scheme != "http" or not parts.hostname or parts.path.strip("/"):
        raise ValueError("must look like s3=http://KEY:SECRET@127.0.0.1:PORT (or azure=, gcs=), key and secret percent-encoded")
    name, secret = (unquote(part) if part else None for part in (parts.username, parts.password))
    if cloud != "gcs" and not (name and secret):
        raise ValueError(f"{cloud}= needs the key that integrations stand for: {cloud}=http://NAME:SECRET@HOST:PORT")
    return cloud, CloudAddress(f"http://{parts.hostname}:{parts.port or 80}", name, secret)
