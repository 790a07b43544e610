"""What CREATE STAGE and COPY say about the user's own storage: read from the statement and checked, without going there."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from ..engine import SnowflakeError
from ..storage.external_url import ExternalUrl, parse_url
from ..storage.user_encryption import AWS_CSE, AZURE_CSE, master_key
from .tokens import Tokens

WORDS = ("URL", "ENDPOINT", "STORAGE_INTEGRATION", "CREDENTIALS")
UNSUPPORTED = ("USE_PRIVATELINK_ENDPOINT", "AWS_ACCESS_POINT_ARN")
ENCRYPTIONS = {
    "s3": (AWS_CSE, "AWS_SSE_S3", "AWS_SSE_KMS", "NONE"),
    "azure": (AZURE_CSE, "NONE"),
    "gcs": ("GCS_SSE_KMS", "NONE"),
}
_CREDENTIALS = {"s3": {"AWS_KEY_ID", "AWS_SECRET_KEY", "AWS_TOKEN"}, "azure": {"AZURE_SAS_TOKEN"}, "gcs": set()}
_NEEDED = {"s3": {"AWS_KEY_ID", "AWS_SECRET_KEY"}, "azure": {"AZURE_SAS_TOKEN"}, "gcs": set()}


@dataclass
class ExternalParameters:
    """The user's storage as a statement gives it; in stages it is kept as JSON."""

    url: str
    endpoint: str | None = None
    integration: str | None = None
    credentials: dict[str, str] = field(default_factory=dict)
    encryption: dict[str, str] = field(default_factory=dict)

    def storable(self) -> dict:
        """In a form that JSON keeps."""
        return asdict(self)

    def parsed_url(self) -> ExternalUrl:
        """The URL's parts; 001011 when it is none."""
        url = parse_url(self.url)
        if url is None:
            raise SnowflakeError("001011", "42601", f"SQL compilation error:\ninvalid URL prefix found in: '{self.url}'")
        return url

    def check(self) -> None:
        """Which of them go together, cloud by cloud."""
        url = self.parsed_url()
        if self.integration and self.credentials:
            raise wrong("CREDENTIALS", "together with STORAGE_INTEGRATION")
        if set(self.credentials) - _CREDENTIALS[url.cloud] or (self.credentials and _NEEDED[url.cloud] - set(self.credentials)):
            raise wrong("CREDENTIALS", f"{', '.join(sorted(self.credentials))} for {url.scheme}://")
        if url.cloud == "gcs" and not self.integration:
            raise wrong("STORAGE_INTEGRATION", "none for gcs://")
        if (url.scheme == "s3compat") != bool(self.endpoint):
            raise wrong("ENDPOINT", f"{self.endpoint or 'none'} for {url.scheme}://")
        if url.scheme == "s3compat" and not self.credentials:
            raise wrong("CREDENTIALS", "none for s3compat://")
        self._check_encryption(url)

    def _check_encryption(self, url: ExternalUrl) -> None:
        kind, key = self.encryption.get("TYPE"), self.encryption.get("MASTER_KEY")
        if kind is not None and kind not in ENCRYPTIONS[url.cloud]:
            raise wrong("TYPE", kind)
        if (kind in (AWS_CSE, AZURE_CSE)) != (key is not None):
            raise wrong("MASTER_KEY", "given" if key else "none")
        if key is not None and master_key(key) is None:
            raise wrong("MASTER_KEY", "***")
        if "KMS_KEY_ID" in self.encryption and kind not in ("AWS_SSE_KMS", "GCS_SSE_KMS"):
            raise wrong("KMS_KEY_ID", "given")


def wrong(parameter: str, value: str) -> SnowflakeError:
    """001006 for a parameter."""
    return SnowflakeError("001006", "42601", f"SQL compilation error:\ninvalid value [{value}] for parameter '{parameter}'")


def read_parameter(tokens: Tokens, found: dict[str, object]) -> bool:
    """Reads one of WORDS with its value into `found`; False when the cursor is at something else."""
    if tokens.at_word(*UNSUPPORTED):
        raise SnowflakeError("000002", "0A000", f"Unsupported feature '{tokens.current.text.upper()}'.")
    if not tokens.at_word(*WORDS):
        return False
    name = tokens.current.text.upper()
    if name in found:
        raise tokens.unexpected()
    tokens.take()
    if name == "CREDENTIALS":
        found[name] = read_texts(tokens, {"AWS_KEY_ID", "AWS_SECRET_KEY", "AWS_TOKEN", "AZURE_SAS_TOKEN"})
        return True
    tokens.expect_mark("=")
    found[name] = tokens.identifier() if name == "STORAGE_INTEGRATION" else tokens.string()
    return True


def read_encryption(tokens: Tokens) -> dict[str, str]:
    """`= ( [TYPE = '…'] [MASTER_KEY = '…'] [KMS_KEY_ID = '…'] )`; the kind that a master key implies is filled in later."""
    texts = read_texts(tokens, {"TYPE", "MASTER_KEY", "KMS_KEY_ID"})
    return {name: value.upper() if name == "TYPE" else value for name, value in texts.items()}


def read_texts(tokens: Tokens, allowed: set[str]) -> dict[str, str]:
    """`= ( NAME = 'text' … )`; commas between them are optional."""
    tokens.expect_mark("=")
    tokens.expect_mark("(")
    found: dict[str, str] = {}
    while not tokens.accept_mark(")"):
        name = tokens.current.text.upper()
        if name == "AWS_ROLE":
            raise SnowflakeError("000002", "0A000", "Unsupported feature 'AWS_ROLE'.")
        if tokens.current.kind != "word" or name not in allowed or name in found:
            raise tokens.unexpected()
        tokens.take()
        tokens.expect_mark("=")
        found[name] = tokens.keyword() if tokens.current.kind == "word" and name == "TYPE" else tokens.string()
        tokens.accept_mark(",")
    return found


def build(found: dict[str, object], encryption: dict[str, str]) -> ExternalParameters:
    """Checked parameters out of what was read; `found` has a URL."""
    parameters = ExternalParameters(
        found["URL"], found.get("ENDPOINT"), found.get("STORAGE_INTEGRATION"), found.get("CREDENTIALS") or {}, encryption
    )
    if "MASTER_KEY" in encryption and "TYPE" not in encryption:
        parameters.encryption = {**encryption, "TYPE": AZURE_CSE if parameters.parsed_url().cloud == "azure" else AWS_CSE}
    parameters.check()
    return parameters
