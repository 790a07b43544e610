"""Snowflake's reply envelope, request bodies (plain or gzip), and the session token of a request."""

from __future__ import annotations

import gzip
import json
import re
import zlib

from starlette.requests import Request
from starlette.responses import Response

from ..engine import SnowflakeError
from .accounts import LoginRefused
from .sessions import TokenRefused


class BadRequest(Exception):
    """A request that is not of the protocol at all: HTTP 400 with this text."""


class SnowflakeReply(Response):
    """A JSON reply in the envelope."""

    media_type = "application/json"


def reply(data: object, code: str | None = None, message: str | None = None, success: bool = True) -> SnowflakeReply:
    """A reply that is not an error (333333 too is a success)."""
    content = {"data": data, "code": code, "message": message, "success": success}
    return SnowflakeReply(
        json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    )


def refusal(error: SnowflakeError | TokenRefused | LoginRefused, query_id: str | None = None) -> SnowflakeReply:
    """An error reply. Only statement errors have the details in `data`."""
    data = None
    if isinstance(error, SnowflakeError):
        line, position = getattr(error, "position", None) or (-1, -1)
        data = {
            "internalError": False,
            "unredactedFromSecureObject": False,
            "errorCode": error.code,
            "age": 0,
            "sqlState": error.sql_state,
            "queryId": query_id,
            "line": line,
            "pos": position,
            "type": "COMPILATION" if error.message.startswith("SQL compilation error") else "EXECUTION",
        }
    elif isinstance(error, LoginRefused):
        data = {
            "nextAction": "RETRY_LOGIN",
            "pwdLastSetTime": None,
            "authnMethod": "USERNAME_PASSWORD",
            "inFlightCtx": None,
        }
        if error.code.startswith("3943"):
            return reply({**data, "authnMethod": "KEYPAIR"}, "390144", error.message, False)
    return reply(data, error.code, error.message, False)


async def json_body(request: Request) -> dict:
    """The JSON object of a request body."""
    body = await request.body()
    if request.headers.get("content-encoding", "").lower() == "gzip":
        try:
            body = gzip.decompress(body)
        except (OSError, EOFError, zlib.error):
            raise BadRequest("the body is not gzip, although content-encoding says so") from None
    try:
        content = json.loads(body) if body else {}
    except ValueError:
        raise BadRequest("the body is not JSON") from None
    if not isinstance(content, dict):
        raise BadRequest("the body is not a JSON object")
    return content


def token_of(request: Request) -> str | None:
    """The token of the Authorization header, session or master."""
    match = re.fullmatch(r'Snowflake Token="([^"]*)"', request.headers.get("authorization", ""))
    return match[1] if match else None
