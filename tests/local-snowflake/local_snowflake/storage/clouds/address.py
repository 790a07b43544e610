"""Where the emulator of a cloud listens, and the account's own key there: what `--external-storage` says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


BUCKETS = ("user-files", "stages")
"""What `emulators/start.py` makes in each cloud: the user's own, and that of internal stages."""


@dataclass(frozen=True)
class CloudAddress:
    """`origin` is scheme, host and port. `name` and `secret` are an access key, or a storage account and its key."""

    origin: str
    name: str | None = None
    secret: str | None = field(default=None, repr=False)


_FORM = re.compile(r"(s3|azure|gcs)=(http://)(?:([^:@/]+):([^@]+)@)?([\w.\-]+:\d+)/?")


def parse_address(text: str) -> tuple[str, CloudAddress]:
    """`s3=http://KEY:SECRET@127.0.0.1:PORT`, `azure=http://ACCOUNT:KEY@…`, `gcs=http://…`; ValueError when it is not one.

    Key and secret stand as they are, not percent-encoded.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text.rpartition('@')[2]!r} must look like s3=http://KEY:SECRET@127.0.0.1:PORT (or azure=, gcs=)")
    cloud, scheme, name, secret, host = match.groups()
    if cloud != "gcs" and name is None:
        raise ValueError(f"{cloud}= needs the key that integrations stand for: {cloud}=http://NAME:SECRET@HOST:PORT")
    return cloud, CloudAddress(scheme + host, name, secret)
