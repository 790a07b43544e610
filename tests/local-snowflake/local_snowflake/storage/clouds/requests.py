"""HTTP to an object storage, and what an answer that refuses says."""

from __future__ import annotations

import http.client
import json
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..object_store import ObjectUnreadable

TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Reply:
    """An answer; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def send(origin: str, method: str, target: str, headers: dict[str, str], body: bytes | None = None) -> Reply:
    """One request on a connection of its own; `target` is path and query, percent-encoded."""
    connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, found, answer.read())
    except (OSError, http.client.HTTPException) as problem:
        raise ObjectUnreadable(f"the storage at {origin} does not answer: {type(problem).__name__}") from None
    finally:
        connection.close()


def refusal(reply: Reply) -> ObjectUnreadable:
    """A refusal in the words that Snowflake passes on: text, status, code."""
    text = reply.body.decode("utf-8", "replace")
    code, message = (re.search(rf"<{name}>([^<]*)</{name}>", text) for name in ("Code", "Message"))
    if code:
        # Azure's messages go on with a request id and a time on lines of their own
        said, named = message[1].split("\n")[0] if message else code[1], f"; Error Code: {code[1]}"
    else:
        said, named = _json_message(text) or http.client.responses.get(reply.status, "refused"), ""
    if code and code[1] == "InvalidAccessKeyId":
        return ObjectUnreadable("The AWS Access Key Id you provided is not valid.")
    return ObjectUnreadable(f"{said} (Status Code: {reply.status}{named})")


def _json_message(text: str) -> str | None:
    try:
        return str(json.loads(text)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return None
