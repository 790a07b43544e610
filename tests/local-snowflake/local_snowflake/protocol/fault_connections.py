"""What fault rules do to a request's connection: read, cut, hold, reset. Knows no rules."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct

TRANSPORT = "local_snowflake.transport"
"""Scope key under which the connection itself is, see __main__.py."""


async def drain(receive, limit: int | None = None) -> None:
    """Reads the rest of a request's body, or no more than about `limit` bytes of it."""
    taken = 0
    while limit is None or taken < limit:
        message = await receive()
        taken += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return


async def read_sql(scope, receive):
    """Reads the body of a query-request for its SQL text; returns a `receive` that gives the body again."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    sent = False

    async def again():
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        encoded = any(name == b"content-encoding" and value == b"gzip" for name, value in scope["headers"])
        sql = json.loads(gzip.decompress(body) if encoded else body).get("sqlText")
    except (OSError, EOFError, ValueError, AttributeError):
        sql = None
    return again, sql if isinstance(sql, str) else None


def cutting(send, limit: int, scope):
    """A `send` that ends the connection after `limit` bytes of the body."""
    written = 0

    async def cut(message) -> None:
        nonlocal written
        if message["type"] != "http.response.body":
            await send(message)
            return
        body = message.get("body", b"")
        if written + len(body) <= limit:
            written += len(body)
            if message.get("more_body") or written < limit:
                await send(message)
                return
        await send({"type": "http.response.body", "body": body[: max(0, limit - written)], "more_body": True})
        await asyncio.sleep(0.05)
        transport = scope.get(TRANSPORT)
        if transport:
            transport.close()
        written = limit

    return cut


def holding(send, seconds: float):
    """A `send` that waits before the answer begins."""

    async def hold(message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(seconds)
        await send(message)

    return hold


def reset(scope) -> None:
    """Ends the connection with a TCP reset."""
    transport = scope.get(TRANSPORT)
    if transport is None:
        return
    plain = transport.get_extra_info("socket")
    if plain is not None:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
