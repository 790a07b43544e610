"""Command line of the server, parsed into one value."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from .storage.clouds.address import CloudAddress, parse_address
from .storage.stage_settings import STAGE_CLOUDS


@dataclass
class Options:
    """Everything that can be chosen at the start. Durations are seconds."""

    port: int = 0
    more_ports: int = 0
    data: Path | None = None
    users: list[tuple[str, str]] = field(default_factory=lambda: [("DEMO", "demo")])
    public_keys: list[tuple[str, Path]] = field(default_factory=list)
    totp: list[tuple[str, str]] = field(default_factory=list)
    access_tokens: list[tuple[str, str]] = field(default_factory=list)
    oauth_clients: list[tuple[str, tuple[str, str]]] = field(default_factory=list)
    oauth_seconds: float = 600
    identities: list[tuple[str, tuple[str, str, Path]]] = field(default_factory=list)
    aws_identities: list[tuple[str, tuple[str, str]]] = field(default_factory=list)
    faults: Path | None = None
    null: bool = False
    wait_seconds: float = 45
    token_seconds: float = 3600
    master_token_seconds: float = 14400
    credential_seconds: float = 3600
    chunk_seconds: float = 21600
    chunk_bytes: int = 100_000
    idle_transaction_seconds: float = 300
    gone_transaction_seconds: float = 2
    key_bits: int = 128
    stage_cloud: str = "s3"
    client_encryption: bool = True
    kept_tokens: bool = True
    multipart_bytes: int = 209_715_200
    external_storage: dict[str, CloudAddress] = field(default_factory=dict)
    stage_storage: dict[str, CloudAddress] = field(default_factory=dict)


def _pair(text: str, separator: str) -> tuple[str, str]:
    left, found, right = text.partition(separator)
    if not left or not found or not right:
        raise argparse.ArgumentTypeError(f"{text!r} must look like NAME{separator}VALUE")
    return left, right


def _user(text: str) -> tuple[str, str]:
    return _pair(text, ":")


def _public_key(text: str) -> tuple[str, Path]:
    name, file = _pair(text, "=")
    if not Path(file).is_file():
        raise argparse.ArgumentTypeError(f"no file {file!r}")
    return name, Path(file)


def _named(text: str) -> tuple[str, str]:
    return _pair(text, "=")


def _named_pair(text: str) -> tuple[str, tuple[str, str]]:
    name, pair = _pair(text, "=")
    return name, _pair(pair, ":")


def _identity(text: str) -> tuple[str, tuple[str, str, Path]]:
    name, rest = _pair(text, "=")
    provider, rest = _pair(rest, ":")
    subject, _, file = rest.rpartition(":")
    if provider not in ("OIDC", "GCP", "AZURE") or not subject:
        raise argparse.ArgumentTypeError(f"{text!r} must look like NAME=OIDC:SUBJECT:FILE (or GCP, AZURE)")
    if not Path(file).is_file():
        raise argparse.ArgumentTypeError(f"no file {file!r}")
    return name, (provider, subject, Path(file))


def _cloud(text: str) -> tuple[str, CloudAddress]:
    try:
        return parse_address(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def parse(arguments: list[str] | None = None) -> Options:
    """Options from the command line; wrong ones end the program with status 2."""
    defaults = Options()
    parser = argparse.ArgumentParser(
        prog="local-snowflake", description="A local server that behaves like Snowflake for a loader."
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default)")
    parser.add_argument(
        "--more-ports", type=int, default=0, metavar="N", help="listen on N more free ports, so that rules can tell clients apart"
    )
    parser.add_argument("--data", type=Path, help="directory that keeps tables, stages and load history over restarts")
    parser.add_argument(
        "--user",
        type=_user,
        action="append",
        default=[],
        metavar="NAME:PASSWORD",
        help="one more user, or another password for demo",
    )
    parser.add_argument(
        "--public-key",
        type=_public_key,
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="RSA public key (PEM) of a user",
    )
    for name, kind, form, text in (
        ("totp", _named, "NAME=BASE32", "authenticator app of a user: its password logins need a passcode from then on"),
        ("access-token", _named, "NAME=TOKEN", "programmatic access token of a user"),
        ("oauth-client", _named_pair, "NAME=ID:SECRET", "OAuth client whose access tokens log a user in"),
        ("identity", _identity, "NAME=PROVIDER:SUBJECT:FILE", "workload identity of a user: tokens of OIDC, GCP or AZURE signed by this RSA key (PEM of the public half)"),
        ("aws-identity", _named_pair, "NAME=ID:SECRET", "workload identity of a user: questions to AWS signed with this key"),
    ):
        parser.add_argument(f"--{name}", type=kind, action="append", default=[], metavar=form, help=text)
    parser.add_argument("--faults", type=Path, help="JSON file with fault rules (see README.md)")
    parser.add_argument("--null", action="store_true", help="COPY and MERGE only pretend; for measuring a client")
    for name, text in (
        ("wait-seconds", "a statement that runs longer is answered with 333333"),
        ("token-seconds", "life of a session token"),
        ("master-token-seconds", "life of a master token"),
        ("oauth-seconds", "life of an OAuth access token"),
        ("credential-seconds", "life of the storage credentials of one PUT"),
        ("chunk-seconds", "life of the URL of a result chunk"),
        ("idle-transaction-seconds", "an idle transaction in the way of another is rolled back after"),
        ("gone-transaction-seconds", "the same, when its client has no connection left"),
    ):
        parser.add_argument(
            f"--{name}",
            type=float,
            default=getattr(defaults, name.replace("-", "_")),
            help=f"{text} (default %(default)s)",
        )
    parser.add_argument(
        "--chunk-bytes",
        type=int,
        default=defaults.chunk_bytes,
        help="results above this size come in chunks (default %(default)s)",
    )
    parser.add_argument(
        "--multipart-bytes",
        type=int,
        default=defaults.multipart_bytes,
        help="size from which a PUT reply asks for parts (default %(default)s)",
    )
    parser.add_argument(
        "--key-bits", type=int, choices=(128, 256), default=128, help="size of the stage master keys (default 128)"
    )
    parser.add_argument("--stage-cloud", choices=STAGE_CLOUDS, default="s3", help="the storage in which stages lie (default s3)")
    parser.add_argument("--no-client-encryption", dest="client_encryption", action="store_false", help="no stage wants its files encrypted by the client")
    parser.add_argument(
        "--external-storage", type=_cloud, action="append", default=[], metavar="CLOUD=URL",
        help="what stands for s3, azure or gcs in external stages: s3=http://KEY:SECRET@127.0.0.1:PORT; the key is that of integrations",
    )  # fmt: skip
    parser.add_argument(
        "--stage-storage", type=_cloud, action="append", default=[], metavar="CLOUD=URL",
        help="the emulator, of s3 or azure, in which the account's own stages lie instead of the server's own storage",
    )  # fmt: skip
    parser.add_argument("--no-kept-tokens", dest="kept_tokens", action="store_false", help="logins give no MFA and id tokens for later ones")
    values = vars(parser.parse_args(arguments))
    for name in ("external_storage", "stage_storage"):
        values[name] = dict(values[name])
    users = defaults.users + values.pop("user")
    renamed = {
        "public_key": "public_keys",
        "access_token": "access_tokens",
        "oauth_client": "oauth_clients",
        "identity": "identities",
        "aws_identity": "aws_identities",
    }
    return Options(users=users, **{renamed.get(name, name): value for name, value in values.items()})
