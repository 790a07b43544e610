"""Workload identity of each provider through the official connectors, whose metadata services are played on this machine."""

from __future__ import annotations

import base64
import json
import time

import pytest
from conftest import connection_to, error_of
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from metadata_server import IDENTITY_HEADER, MetadataServer
from server_process import ServerProcess

AUDIENCES = {"OIDC": "snowflakecomputing.com", "GCP": "snowflakecomputing.com", "AZURE": "api://fd3f753b-eed3-462c-b6a7-a4b5bb650aad"}
KEY = rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def workloads(tmp_path_factory):
    file = tmp_path_factory.mktemp("keys") / "key.pub"
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    file.write_bytes(KEY.public_key().public_bytes(serialization.Encoding.PEM, form))
    identities = [part for provider in AUDIENCES for part in ("--identity", f"demo={provider}:job-1:{file}")]
    with ServerProcess(*identities, "--aws-identity", "demo=AKIDEXAMPLE:aws/secret") as server:
        yield server


@pytest.fixture(autouse=True)
def _allow_this_host(monkeypatch):
    """Without this neither connector shows an identity to a host that is not Snowflake's."""
    monkeypatch.setenv("SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES", "127.0.0.1")


def token(provider: str, subject: str = "job-1") -> str:
    claims = {"iss": "https://issuer", "sub": subject, "aud": AUDIENCES[provider], "exp": int(time.time()) + 60}
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = KEY.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def log_in(server, provider: str, **more: object) -> str:
    """The user that the connector logs in as."""
    connection = connection_to(server, password=None, authenticator="WORKLOAD_IDENTITY", workload_identity_provider=provider, **more)
    row = connection.cursor().execute("SELECT CURRENT_USER()").fetchone()
    connection.close()
    return row[0]


def test_oidc(workloads):
    assert log_in(workloads, "OIDC", token=token("OIDC")) == "DEMO"
    assert error_of(lambda: log_in(workloads, "OIDC", token=token("OIDC", "job-2")))[0] in (390144, 250001)


def test_aws(workloads, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws/secret")
    assert log_in(workloads, "AWS") == "DEMO"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    assert error_of(lambda: log_in(workloads, "AWS"))[0] in (390144, 250001)


def test_azure(workloads, monkeypatch):
    with MetadataServer({"azure": token("AZURE")}) as metadata:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{metadata.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", IDENTITY_HEADER)
        assert log_in(workloads, "AZURE") == "DEMO"
        assert metadata.asked == [AUDIENCES["AZURE"]]


def test_gcp(workloads, monkeypatch):
    with MetadataServer({"gcp": token("GCP")}) as metadata:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, metadata.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "127.0.0.1")
        assert log_in(workloads, "GCP") == "DEMO"
        assert metadata.asked == [AUDIENCES["GCP"]]
