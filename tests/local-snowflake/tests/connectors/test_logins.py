"""Every login that the official connectors offer and this server verifies, beside password and key pair."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import stat
import sys
import time
import urllib.request
import webbrowser

import pytest
from conftest import IS_OLD, connection_to, error_of
from server_process import ServerProcess

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture(scope="module")
def logins():
    arguments = [
        "--user", "coder:secret", "--totp", f"coder={SECRET}", "--user", "joined:secret", "--totp", f"joined={SECRET}",
        "--access-token", "demo=the-token", "--oauth-client", "demo=client:client-secret", "--oauth-seconds", "30",
    ]  # fmt: skip
    with ServerProcess(*arguments) as server:
        yield server


def user(connection) -> str:
    row = connection.cursor().execute("SELECT CURRENT_USER()").fetchone()
    connection.close()
    return row[0]


def passcode() -> str:
    digest = hmac.new(base64.b32decode(SECRET), (int(time.time()) // 30).to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def access_token(server) -> str:
    """What the server's own provider gives the client."""
    basic = base64.b64encode(b"client:client-secret").decode()
    address = f"{server.url}/oauth/token-request"
    request = urllib.request.Request(address, b"grant_type=client_credentials", {"authorization": f"Basic {basic}"})
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)["access_token"]


def test_passcode(logins):
    coder = {"user": "coder", "password": "secret"}
    assert error_of(lambda: connection_to(logins, **coder))[0] in (394508, 250001)
    assert user(connection_to(logins, **coder, passcode=passcode())) == "CODER"
    # It was used.
    assert error_of(lambda: connection_to(logins, **coder, passcode=passcode()))[0] in (394507, 250001)


def test_passcode_in_password(logins):
    connection = connection_to(logins, user="joined", password="secret" + passcode(), passcode_in_password=True)
    assert user(connection) == "JOINED"


def test_programmatic_access_token(logins):
    right = {"password": None, "authenticator": "PROGRAMMATIC_ACCESS_TOKEN", "token": "the-token"}
    assert user(connection_to(logins, **right)) == "DEMO"
    assert error_of(lambda: connection_to(logins, **{**right, "token": "wrong"}))[0] in (394400, 250001)


def test_oauth_access_token(logins):
    right = {"password": None, "authenticator": "oauth", "token": access_token(logins)}
    assert user(connection_to(logins, **right)) == "DEMO"
    assert error_of(lambda: connection_to(logins, **{**right, "token": "wrong"}))[0] in (390303, 250001)


def test_oauth_client_credentials(logins):
    client = {
        "password": None, "authenticator": "OAUTH_CLIENT_CREDENTIALS", "oauth_client_id": "client",
        "oauth_client_secret": "client-secret", "oauth_token_request_url": f"{logins.url}/oauth/token-request",
    }  # fmt: skip
    assert user(connection_to(logins, **client)) == "DEMO"
    logged = [entry for entry in logins.requests(path="/oauth/token-request") if entry["status"] == 200]
    assert logged


@pytest.mark.skipif(not IS_OLD, reason="5.2.0 opens browsers in a way that a test cannot stand in for")
def test_a_person_at_a_browser(logins, tmp_path, monkeypatch):
    script = tmp_path / "browser"
    script.write_text(
        f"#!{sys.executable}\nimport sys, urllib.parse, urllib.request\n"
        "form = urllib.parse.urlencode({'user': 'demo', 'password': 'demo'}).encode()\n"
        "urllib.request.urlopen(sys.argv[1], form).read()\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("BROWSER", f"{script} %s &")
    monkeypatch.setitem(os.environ, "NO_PROXY", "*")
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    assert user(connection_to(logins, password=None, authenticator="externalbrowser", login_timeout=20)) == "DEMO"
