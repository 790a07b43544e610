"""URLs of external stages: `s3://`, `s3gov://`, `s3china://`, `s3compat://`, `gcs://`, `azure://`, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORMS = (
    ("s3", "AWS", re.compile(r"(?P<scheme>s3|s3gov|s3china|s3compat)://(?P<container>[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])(?:/(?P<path>.*))?", re.S)),
    ("gcs", "GCP", re.compile(r"(?P<scheme>gcs)://(?P<container>[a-z0-9][a-z0-9._\-]{1,220}[a-z0-9])(?:/(?P<path>.*))?", re.S)),
    ("azure", "AZURE", re.compile(
        r"(?P<scheme>azure)://(?P<account>[a-z0-9]{3,24})\.blob\.core\.windows\.net/(?P<container>[a-z0-9$][a-z0-9\-]{1,61}[a-z0-9])(?:/(?P<path>.*))?", re.S)),
)  # fmt: skip


@dataclass(frozen=True)
class ExternalUrl:
    """A location: `cloud` is s3, gcs or azure, `container` a bucket or container, `path` what follows it, as written."""

    text: str
    cloud: str
    shown_cloud: str
    scheme: str
    container: str
    path: str
    account: str | None = None

    @property
    def base(self) -> str:
        """The URL up to and with the slash behind the container."""
        host = f"{self.account}.blob.core.windows.net/" if self.account else ""
        return f"{self.scheme}://{host}{self.container}/"

    def is_within(self, allowed: str) -> bool:
        """Whether a location of an integration covers this one; `*` covers everything."""
        return allowed == "*" or f"{self.text.rstrip('/')}/".startswith(f"{allowed.rstrip('/')}/")


def parse_url(text: str) -> ExternalUrl | None:
    """The parts of a URL; None when it is none that Snowflake knows."""
    for cloud, shown_cloud, form in _FORMS:
        match = form.fullmatch(text)
        if match:
            groups = match.groupdict()
            return ExternalUrl(text, cloud, shown_cloud, groups["scheme"], groups["container"], groups["path"] or "", groups.get("account"))
    return None
