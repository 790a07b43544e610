"""What opens a stage in an emulator to a client for a while: a session of AWS, a shared access signature of Azure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

from ..object_store import ObjectUnreadable
from ..signature import SignedRequest, sign
from .address import CloudAddress
from .requests import refusal, send
from .s3 import REGION

STAGE_ROLE = "arn:aws:iam::123456789012:role/stages"
"""The role whose sessions clients get; `emulators/start.py` makes it."""
_VERSION = "2021-12-02"


@dataclass(frozen=True)
class AwsSession:
    """Temporary keys."""

    key_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)


def assume_role(address: CloudAddress) -> AwsSession:
    """A session of STAGE_ROLE, asked for with the account's own key."""
    form = {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": STAGE_ROLE, "RoleSessionName": "stage"}
    body = urlencode(form).encode()
    headers = {"host": urlsplit(address.origin).netloc, "content-type": "application/x-www-form-urlencoded"}
    signed = sign(SignedRequest("POST", "/", "", headers), address.name, address.secret, REGION, body, "sts")
    reply = send(address.origin, "POST", "/", signed, body)
    if reply.status != 200:
        raise refusal(reply)
    text = reply.body.decode()
    found = [re.search(rf"<{name}>([^<]+)</{name}>", text) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
    if not all(found):
        raise ObjectUnreadable("the answer to AssumeRole has no keys")
    return AwsSession(*(match[1] for match in found))


def shared_access_signature(address: CloudAddress, container: str, valid_seconds: float) -> str:
    """A signature for everything that clients do with the blobs of a container, with the `?` before it."""
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + valid_seconds))
    permissions, resource = "racwdl", f"/blob/{address.name}/{container}"
    text = "\n".join([permissions, "", ends, resource, "", "", "https,http", _VERSION, "c", "", "", "", "", "", "", ""])
    digest = hmac.new(base64.b64decode(address.secret), text.encode(), hashlib.sha256).digest()
    parameters = {
        "sv": _VERSION, "spr": "https,http", "se": ends, "sr": "c", "sp": permissions, "sig": base64.b64encode(digest).decode(),
    }  # fmt: skip
    return "?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
